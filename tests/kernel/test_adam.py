"""Adam-type accumulators: the theorems are proved, true in finite models, and false neighbours are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from bounds.lemmas import accumulator, adam, budget, correction
from bounds.methods import State, update
from bounds.setting import b_sq, bounded_stepsize, largest_stepsize, stepsize, t, x
from bounds.terms import Term, eq, le, mk, n, num, par, shift, time
from bounds.theorems import convex
from tests.kernel import model
from tests.kernel.rewritten import refusal
from tests.kernel.test_proofs import ArrayOps
from verify import recheck
from verify.constants import proved
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps
from verify.simulate.correction import corrections

IDS = ("convex-clip-adam-norm", "convex-clip-adam-norm-delayed")
CERTIFICATES = [(i, v) for i in IDS for v in (*convex.VARIANTS, *convex.CORRECTED)] + list(
    zip(IDS, convex.BOTH, strict=True)
)
MODELS = [*CERTIFICATES, *((i, v) for i in IDS for v in convex.MOMENTUM)]
ADAM_LEAVES = {"given:beta2_complement", "given:growth"}
CORRECTION_LEAVES = {"given:correction", "given:correction_mass", "given:correction_rest"}
MOMENTUM_LEAVES = {f"given:{k}" for k in ("beta1_complement", "momentum", "memory")} | {"define:m", "define:bias"}
N = time(0, N=1)


@pytest.mark.parametrize(("theorem_id", "variant"), CERTIFICATES)
def test_both_checkers_accept_and_the_leaves_are_the_setting(
    theorem_id: str, variant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, (_, result) = encode(convex.proof(theorem_id, variant)), proved(theorem_id, variant)
    assert certificate["sha256"] == result.sha256
    budget_only = variant.split("-")[0]
    _, adagrad = proved(theorem_id.replace("adam", "adagrad"), budget_only)
    new = ADAM_LEAVES | (CORRECTION_LEAVES if variant in (*convex.CORRECTED, *convex.BOTH) else set())
    new |= MOMENTUM_LEAVES if variant in convex.BOTH else set()
    assert set(result.leaves) == set(adagrad.leaves) - {"given:fall"} | new  # Adam's stepsizes rise, too
    assert result.axioms == adagrad.axioms
    path = tmp_path / "proof.json"
    path.write_text(dumps(certificate))
    assert recheck.main([str(path)]) == 0
    assert "PROVED" in capsys.readouterr().out


@pytest.mark.parametrize("theorem_id", IDS)
def test_with_momentum_the_budget_pays_for_every_effect(theorem_id: str) -> None:
    """The first gap, the rises of the stepsizes and the drift: one per mille less of any is refused."""
    st = convex.statement(theorem_id, "freedman-momentum")
    low, high = st.conditions["budget"].args

    def refused(left: Term) -> str:
        changed = replace(st, conditions={**st.conditions, "budget": le(left, high)})
        try:
            replay(load(dumps(encode(convex.proof(theorem_id, "freedman-momentum", changed)))))
        except Refused as reason:
            return str(reason)
        return ""

    parts = [part for part in summands(low) if "c" in names(part)]
    assert len(parts) == 3
    assert all("residual" in refused(low - num("1/1000") * part) for part in parts)
    assert refused(low + par("sigma")) == ""


def summands(term: Term) -> list[Term]:
    return [y for x in term.args for y in summands(x)] if term.head == "add" else [term]


def names(term: Term) -> set[str]:
    if term.head == "par":
        return {term.args[0]}
    return {k for x in term.args if isinstance(x, Term) for k in names(x)}


@pytest.mark.parametrize(("theorem_id", "variant"), MODELS)
def test_every_step_is_true_in_finite_models(theorem_id: str, variant: str) -> None:
    proof = convex.proof(theorem_id, variant)
    instance = model.make(proof.statement, MODELS.index((theorem_id, variant)))
    assert instance.holds(mk("and", *proof.statement.definitions.values()), {}, 1e-12).all()
    assert instance.holds(mk("and", *proof.statement.conditions.values()), {}).all()
    violated = [(k, s.rule) for k, s in enumerate(proof.steps) if instance.violation(s.hyps, s.concl) is not None]
    assert violated == []


@pytest.mark.parametrize("theorem_id", IDS)
def test_the_largest_stepsize_needs_all_of_its_growth(theorem_id: str) -> None:
    """beta2^(-N/2) and nothing less: not one step less, not half the power, and not without it."""
    half = mk("exp", n(N) * num("-1/4") * mk("ln", par("beta2")))
    for false in (adam.growth(shift(N, -1)), half, num(1)):
        assert "residual" in str(refusal(theorem_id, definitions={"growth": eq(par("growth"), false)}))
    assert refusal(theorem_id, definitions={"growth": eq(par("growth"), adam.growth(N))}) is None


@pytest.mark.parametrize("theorem_id", IDS)
def test_the_weights_of_the_accumulator_sum_to_one(theorem_id: str) -> None:
    more = {"beta2_complement": eq(par("beta2_c"), 2 - par("beta2"))}
    assert "residual" in str(refusal(theorem_id, definitions=more))


@pytest.mark.parametrize("theorem_id", IDS)
def test_stepsizes_stay_large_only_up_to_the_growth(theorem_id: str) -> None:
    """chi^2 >= beta2^(-N) + ...: with 1 for beta2^(-N) it is refused, with more it is accepted."""
    low, high = convex.statement(theorem_id).conditions["chi"].args
    growth, energy = low.args
    assert "residual" in str(refusal(theorem_id, conditions={"chi": le(1 + energy, high)}))
    assert "residual" in str(refusal(theorem_id, conditions={"chi": le(par("growth") + energy, high)}))
    assert refusal(theorem_id, conditions={"chi": le(growth + growth + energy, high)}) is None


@pytest.mark.parametrize("theorem_id", IDS)
def test_early_steps_with_bias_correction_are_paid_for(theorem_id: str) -> None:
    """s_0 is about N^(-1/2) s_N: neither chi nor the number of steps may ignore it."""
    variant = "freedman-corrected"
    st = convex.statement(theorem_id, variant)
    (growth, spent), chi_sq = st.conditions["chi"].args[0].args, st.conditions["chi"].args[1]
    less = par("defect") * (par("L") * par("kappa")) ** 2 * num("1/1000")
    assert refusal(theorem_id, variant, conditions={"chi": le(growth + spent + less, chi_sq)}) is None
    assert "residual" in str(refusal(theorem_id, variant, conditions={"chi": le(growth + spent - less, chi_sq)}))
    for name, wrong in (("mass", n(N)), ("sbar", correction.correction(time(0))), ("defect", num(1))):
        key = {"mass": "correction_mass", "sbar": "correction", "defect": "correction_rest"}[name]
        assert "residual" in str(refusal(theorem_id, variant, definitions={key: eq(par(name), wrong)}))


@pytest.mark.parametrize("theorem_id", IDS)
def test_without_the_gate_at_the_horizon_no_martingale_is_bounded(
    theorem_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """u_t <= u holds for t < N only: a martingale with u_t itself has no deterministic range."""
    monkeypatch.setattr(budget, "bounded_stepsize", stepsize)
    monkeypatch.setattr(budget, "bounded_stepsize_le", lambda s, method, cap: cap)
    assert "hypothes" in str(refusal(theorem_id))


@pytest.mark.parametrize("theorem_id", IDS)
@pytest.mark.parametrize("variant", ["freedman", "freedman-corrected", "freedman-momentum-corrected"])
def test_the_statement_is_about_the_method_that_is_simulated(theorem_id: str, variant: str) -> None:
    """Running ``update`` on arrays, with the simulation's s_t, gives the values of the statement's processes."""
    method = convex.method(theorem_id, variant)
    m = model.make(convex.statement(theorem_id, variant), 2)
    values, d = m.numbers, m.integers.get("d", 1)
    factors = corrections(values["beta1"], values["beta2"], model.DEPTH)
    position, slow = np.tile(m.x0, (model.PATHS, 1)), np.zeros((model.PATHS, 2))
    history = {j: np.full((model.PATHS, 1), values["b0"] ** 2) for j in range(-d - 1, 0)}
    for s in range(model.DEPTH):
        np.testing.assert_allclose(m.value(x(t), {"t": s}), position, rtol=1e-12)
        hp = SimpleNamespace(**{k: values[k] for k in ("gamma", "lam", "beta1", "beta2")}, correction=factors[s])
        g = m.gradient(position - m.xstar) + m.noise[:, s]
        state = State(position, slow, history[s - 1], history[s - d])
        position, slow, history[s] = update(method, ArrayOps(), state, g, hp)
        np.testing.assert_allclose(m.value(b_sq(t), {"t": s}), history[s][:, 0], rtol=1e-12)


def test_the_bound_of_the_stepsize_ends_at_the_horizon() -> None:
    """In a model with little noise the accumulator decays, and beyond N the stepsize exceeds its bound."""
    st = convex.statement(IDS[0])
    method = convex.method(IDS[0], "freedman")
    bound = le(stepsize(method, t), largest_stepsize(method))
    gated = le(bounded_stepsize(method, t), largest_stepsize(method))
    m = model.make(st, 1)
    m.numbers |= {"L": 1e-6, "lam": 1e-3}
    m.hessian, m.noise = m.hessian * 0, m.noise * 0
    assert m.violation((le(n(shift(t, 1)), n(N)),), bound) is None
    assert m.violation((), bound) == {"t": model.HORIZON}
    assert m.violation((), gated) is None


@pytest.mark.parametrize("seed", range(4))
def test_the_drift_is_that_of_a_predictable_stepsize(seed: int) -> None:
    """sum of u_s - w_s over s < N is at most u, on every path, and u_s >= w_s; with u_s = gamma/b_{s-1} it is not."""
    method = convex.method(IDS[0], "freedman")
    m = model.make(convex.statement(IDS[0]), seed)
    largest, beta2 = m.value(largest_stepsize(method), {})[0], m.numbers["beta2"]
    b = [np.sqrt(m.value(b_sq(t), {"t": s})) for s in range(-1, model.HORIZON)]
    w = [m.numbers["gamma"] / x for x in b[1:]]
    u = [m.value(stepsize(method, t), {"t": s}) for s in range(model.HORIZON)]
    slack = [x - y for x, y in zip(u, w, strict=True)]
    assert all((x >= -1e-12).all() for x in slack)
    assert (sum(slack) <= largest * (1 + 1e-12)).all()
    potential = [m.value(accumulator.potential(method, t), {"t": s}) for s in range(model.HORIZON + 1)]
    falls = [p - q for p, q in pairwise(potential)]
    assert all((x <= y + 1e-12).all() for x, y in zip(slack, falls, strict=True))
    assert math.isclose(potential[0][0], largest) and (potential[-1] >= 0).all()
    assert any((math.sqrt(beta2) * x < y - 1e-12).any() for x, y in zip(u, w, strict=True))
