"""Lower bounds: true on finite models and in simulations, refused when a constant, a factor or the noise is changed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import bounds
from bounds.lemmas import huber, jump, unclipped
from bounds.methods import Method, State, update
from bounds.statement import Statement
from bounds.terms import Term, eq, expect, forall, ind, inner, lt, mk, par, shift, time, veq
from bounds.theorems import lower
from tests.kernel import model
from verify.constants import proved
from verify.kernel.balls import Balls
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

PROOFS = [(i, v) for i in lower.IDS for v in bounds.variants(i)]
T = time(0, T=1)


@pytest.mark.parametrize(("theorem_id", "variant"), PROOFS)
def test_proved_without_any_cited_result(theorem_id: str, variant: str) -> None:
    """The leaves are the instance; nothing about the iterates is assumed."""
    _, result = proved(theorem_id, variant)
    st = result.statement
    facts = {*st.definitions, *st.assumptions, *st.conditions} - {"alpha_range_low", "alpha_range_high"}
    assert set(result.leaves) == {f"given:{k}" for k in facts} | {f"define:{p.name}" for p in st.processes}
    assert result.axioms == ()
    assert not bounds.method(theorem_id, variant).clipped  # type: ignore[union-attr]


# --- finite models ------------------------------------------------------------------------------------------


class Instance(model.Model):
    """The Huber function in the plane and the noise of the lower bound."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.noise[:, 1:] = 0

    def _object(self, head: str, a: tuple[Any, ...], env: dict[str, Any]) -> Any:
        if head == "vpar" and a[0] == "e":
            return np.tile([0.6, 0.8], (model.PATHS, 1))
        if head not in ("app", "vapp"):
            return super()._object(head, a, env)
        y, nu = self.value(a[1], env) - self.xstar, self.numbers["nu"]
        length = np.sqrt((y**2).sum(axis=1))
        if head == "vapp":
            return y * np.minimum(1.0, nu / np.maximum(length, 1e-300))[:, None]
        return np.where(length <= nu, length**2 / 2, nu * length - nu**2 / 2)


def instance(st: Statement, seed: int) -> Instance:
    rng = np.random.default_rng(seed)
    alpha, nu, sigma = float(rng.choice([1.125, 1.5, 2.0])), float(rng.uniform(0.5, 2)), float(rng.uniform(0.5, 2))
    d = float(rng.uniform(1.1, 6)) * max(1.0, nu / sigma)
    p, h = d**-alpha, sigma * d - nu
    beta1, beta2, b0, eta = (float(rng.uniform(*ends)) for ends in ((0.2, 0.7), (0.6, 0.95), (0.2, 2), (0, 2)))
    added = eta if "eta" in st.parameters else (1 - beta2) / beta2
    numbers = {
        "alpha": alpha, "nu": nu, "sigma": sigma, "D": d, "P": p, "H": h, "epsilon": nu**2 / 2, "b0": b0, "eta": eta,
        "gamma": float(rng.uniform(0.1, 10)), "beta1": beta1, "beta1_c": 1 - beta1, "beta2": beta2,
        "beta2_c": 1 - beta2, "step_growth": beta2**-0.5, "gain": math.sqrt(1 + added * (h / b0) ** 2),
    }  # fmt: skip
    e = np.array([0.6, 0.8])
    xstar = rng.normal(size=2)
    x0 = xstar + nu * float(rng.uniform(1.01, 2)) * e + rng.normal() * np.array([-0.8, 0.6])
    outcomes = np.array([sigma * d * e, -sigma * d * e, 0 * e])
    return Instance(st, numbers, {}, xstar, x0, np.eye(2), outcomes, np.array([p / 2, p / 2, 1 - p]))


@pytest.mark.parametrize(("theorem_id", "variant"), PROOFS)
@pytest.mark.parametrize("seed", range(2))
def test_every_step_is_true_in_finite_models(theorem_id: str, variant: str, seed: int) -> None:
    proof = bounds.proof(theorem_id, variant)
    found = instance(proof.statement, seed)
    wrong = [(k, s.rule, at) for k, s in enumerate(proof.steps) if (at := found.violation(s.hyps, s.concl)) is not None]
    assert wrong == []


def test_the_models_meet_the_premise() -> None:
    """Some of the models satisfy G(T) <= budget for T >= 1, and some iterates do come back."""
    st = bounds.theorem("lower-adam-norm", "momentum")
    about = bounds.method("lower-adam-norm", "momentum")
    assert about is not None
    enough = [instance(st, seed).holds(unclipped.enough(about, time(1)), {}).all() for seed in range(12)]
    assert any(enough) and not all(enough)
    back = lt(inner(huber.e, mk("vproc", "x", time(4))), inner(huber.e, mk("vproc", "x", time(0))))
    assert any(instance(st, seed).holds(back, {}).any() for seed in range(12))


# --- the same on arrays, over long runs ---------------------------------------------------------------------


class Ops:
    """``bounds.methods.Ops`` on numbers."""

    def clip(self, v: float, lam: float) -> float:
        raise AssertionError("these methods do not clip")

    def sq_norm(self, v: float) -> float:
        return v * v

    def inv_sqrt(self, s: float) -> float:
        return 1 / math.sqrt(s)


@dataclass(frozen=True)
class Hyper:
    gamma: float
    eta: float
    beta1: float
    beta2: float
    lam: float = math.nan


def positions(about: Method, hyper: Hyper, b0: float, nu: float, jump_size: float, steps: int) -> list[float]:
    """x_0, x_1, ... in one dimension, x* = 0, x_0 = 2 nu, when the noise is -sigma D at time 0."""
    x, m, old = [2 * nu], 0.0, b0 * b0
    for t in range(steps):
        g = max(-nu, min(nu, x[-1])) - (jump_size if t == 0 else 0)
        position, m, old = update(about, Ops(), State(x[-1], m, old, old), g, hyper)
        x.append(position)
    return x


def largest_t(theorem_id: str, variant: str, numbers: dict[str, Fraction]) -> int:
    """The largest T with G(T) <= budget, by balls."""
    st, about = bounds.theorem(theorem_id, variant), bounds.method(theorem_id, variant)
    assert about is not None
    defined = {
        f.args[0].args[0]: f.args[1] for f in st.definitions.values() if f.head == "eq" and f.args[0].head == "par"
    }
    low, high = 0, 2**14
    while high - low > 1:
        middle = (low + high) // 2
        at = Balls({k: v for k, v in numbers.items() if k in st.parameters} | {"T": Fraction(middle)}, 192)
        for name, term in defined.items():
            at.define(name, term)
        low, high = (middle, high) if at.holds(unclipped.enough(about, T)) else (low, middle)
    return low


@pytest.mark.parametrize(("theorem_id", "variant"), PROOFS)
@pytest.mark.parametrize("eta", [Fraction(0), Fraction(1, 50)])
def test_the_iterates_stay_away_as_long_as_is_claimed(theorem_id: str, variant: str, eta: Fraction) -> None:
    """And with eta = 0, where every inequality of the proof is an equation, no longer than that."""
    about = bounds.method(theorem_id, variant)
    assert about is not None
    f = Fraction
    numbers = {
        "alpha": f(3, 2), "sigma": f(1), "D": f(50), "nu": f(1, 10), "gamma": f(3, 1000), "b0": f(2), "eta": eta,
        "beta1": f(9, 10), "beta2": f(999, 1000),
    }  # fmt: skip
    claimed = largest_t(theorem_id, variant, numbers)
    assert 2 < claimed < 2**13
    hyper = Hyper(*(float(numbers[k]) for k in ("gamma", "eta", "beta1", "beta2")))
    x = positions(about, hyper, 2.0, 0.1, 50.0, claimed + 3)
    assert min(x[: claimed + 2]) >= x[0] - 1e-9
    if eta == 0 and about.accumulator == "adagrad":
        assert x[claimed + 2] < x[0]


# --- mutations ----------------------------------------------------------------------------------------------


def outcome(theorem_id: str, variant: str, of: Statement | None = None) -> str | None:
    """None if the proof is accepted, else the reason for refusal."""
    try:
        replay(load(dumps(encode(lower.proof(theorem_id, variant, of)))))
    except Refused as refusal:
        return str(refusal)
    return None


budget, cap, spent = unclipped.budget, unclipped.cap, unclipped.spent
STRONGER: dict[str, tuple[str, Callable[..., Term], set[str]]] = {
    "twice the steps": ("budget", lambda about: 2 * budget(about), set(lower.VARIANTS)),
    "without the factor 1 - beta1": ("budget", lambda about: budget(about) / unclipped.complement(about), {"momentum"}),
    "a slower way back": ("cap", lambda about, s: cap(about, s) - unclipped.nu / 1000, set(lower.VARIANTS)),
    "one step more": ("spent", lambda about, upto: spent(about, shift(upto, -1)), set(lower.VARIANTS)),
}


@pytest.mark.parametrize("what", sorted(STRONGER))
@pytest.mark.parametrize(("theorem_id", "variant"), PROOFS)
def test_a_stronger_claim_is_refused(theorem_id: str, variant: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name, mutant, affected = STRONGER[what]
    assert outcome(theorem_id, variant) is None
    monkeypatch.setattr(unclipped, name, mutant)
    refused = outcome(theorem_id, variant)
    assert (refused is None) == (variant not in affected), refused
    if refused is not None:
        assert "residual" in refused or "not the statement's conclusion" in refused


def test_a_gain_without_delay_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """K belongs to delayed stepsizes only."""
    monkeypatch.setattr(unclipped, "gain", lambda _: Fraction(11, 10) * unclipped.ONE)
    assert "residual" in str(outcome("lower-adagrad-norm", "plain"))


E, XI, X0 = huber.e, mk("vproc", "xi", time(0)), mk("vpar", "x0")
OTHER = veq(XI, unclipped.sigma * unclipped.D * E)
MUTANTS = {
    "the jump points to x*": ("assumptions", "noise_down", eq(expect(time(-1), ind(OTHER)), par("P") / 2)),
    "the noise goes on": (
        "assumptions",
        "noise_later",
        forall({"t": "nat"}, (), veq(mk("vproc", "xi", time(1, t=1)), E)),
    ),
    "half the probability": ("assumptions", "noise_down", eq(expect(time(-1), ind(jump.DOWN)), par("P") / 4)),
    "a larger jump": (
        "assumptions",
        "noise_first",
        veq(XI, 2 * unclipped.sigma * unclipped.D * (ind(OTHER) - ind(jump.DOWN)) * E),
    ),
    "a longer direction": ("assumptions", "unit", eq(mk("norm", E), 2)),
    "the start inside": ("assumptions", "start", lt(par("nu") / 2, inner(E, X0 - mk("vpar", "xstar")))),
    "H too large": ("definitions", "escape", eq(par("H"), unclipped.sigma * unclipped.D)),
    "P too large": ("definitions", "probability", eq(par("P"), 2 * unclipped.D**-bounds.exponents.ALPHA)),
    "a finer accuracy": ("definitions", "accuracy", eq(par("epsilon"), par("nu") ** 2)),
    "a gradient that is not capped": (
        "definitions",
        "grad_outside",
        forall({"v": "vec"}, (huber.OUTSIDE,), veq(mk("vapp", "grad", huber.V), huber.Y)),
    ),
}


@pytest.mark.parametrize("what", sorted(MUTANTS))
def test_every_part_of_the_instance_is_needed(what: str) -> None:
    group, name, fact = MUTANTS[what]
    st = bounds.theorem("lower-adagrad-norm", "plain")
    changed = replace(st, **{group: {**getattr(st, group), name: fact}})
    refused = str(outcome("lower-adagrad-norm", "plain", changed))
    assert "residual" in refused or "expected" in refused, refused
