"""Momentum: the theorems are proved, true in finite models, and false neighbours are refused."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from bounds.lemmas import budget, descent, momentum, scheme
from bounds.lemmas.accumulator import stepsize_bounds
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HP, gap, largest_stepsize, m, stepsize, t, x
from bounds.terms import Term, eq, le, mk, norm, num, par, shift, sq
from bounds.theorems import convex
from tests.kernel import model, rewritten

IDS = ("convex-clip-sgd", "convex-clip-adagrad-norm", "convex-clip-adagrad-norm-delayed")
CERTIFICATES = [(i, v) for i in IDS for v in convex.MOMENTUM]  # both checkers accept them: test_proofs.py
FREEDMAN = "freedman-momentum"
refusal = partial(rewritten.refusal, variant=FREEDMAN)


def summands(term: Term) -> list[Term]:
    return [y for x in term.args for y in summands(x)] if term.head == "add" else [term]


@pytest.mark.parametrize(("theorem_id", "variant"), CERTIFICATES)
@pytest.mark.parametrize("seed", [4])
def test_every_step_is_true_in_finite_models(theorem_id: str, variant: str, seed: int) -> None:
    proof = convex.proof(theorem_id, variant)
    instance = model.make(proof.statement, seed)
    assert instance.holds(mk("and", *proof.statement.definitions.values()), {}, 1e-12).all()
    assert instance.holds(mk("and", *proof.statement.conditions.values()), {}).all()
    violated = [(k, s.rule) for k, s in enumerate(proof.steps) if instance.violation(s.hyps, s.concl) is not None]
    assert violated == []


@pytest.mark.parametrize("theorem_id", IDS)
def test_the_budget_pays_for_every_effect_of_momentum(theorem_id: str) -> None:
    """Without c L u for the first gap, or with less than it, or without the drift, the budget is refused."""
    low, high = convex.statement(theorem_id, FREEDMAN).conditions["budget"].args
    first, *rest = summands(low)
    assert first is num(1)
    for part in rest:
        less = {"budget": le(low - num("1/1000") * part, high)}
        assert "residual" in str(refusal(theorem_id, conditions=less)), part
    assert refusal(theorem_id, conditions={"budget": le(low + par("sigma"), high)}) is None
    assert len(rest) == (4 if theorem_id == "convex-clip-sgd" else 5)


@pytest.mark.parametrize("theorem_id", IDS[:2])
def test_what_c_is(theorem_id: str) -> None:
    """c = beta1/(1 - beta1): not its negative, not beta1, not without the complement."""
    for false in (-1 * HP.beta1 / par("beta1_c"), HP.beta1, HP.beta1 / 2 / par("beta1_c"), 1 / par("beta1_c")):
        assert "residual" in str(refusal(theorem_id, definitions={"momentum": eq(par("c"), false)}))
    assert "residual" in str(refusal(theorem_id, definitions={"beta1_complement": eq(par("beta1_c"), 2 - HP.beta1)}))
    assert refusal(theorem_id, definitions={"momentum": eq(par("c"), HP.beta1 / par("beta1_c"))}) is None


@pytest.mark.parametrize("theorem_id", IDS[1:])
def test_the_stepsizes_may_fall_by_1_minus_1_over_chi(theorem_id: str) -> None:
    for false in (le(num("1001/1000"), par("fall") + 1 / par("chi")), le(1, 2 * par("fall"))):
        stronger_or_other = refusal(theorem_id, conditions={"fall": false})
        assert (stronger_or_other is None) == (false.args[0] is not num(1))
    weaker = le(num("999/1000"), par("fall") + 1 / par("chi"))
    assert "residual" in str(refusal(theorem_id, conditions={"fall": weaker}))


def test_the_point_that_moves_extrapolates(monkeypatch: pytest.MonkeyPatch) -> None:
    """With y_t = x_t - c (x_t - x_{t-1}), the wrong sign of c, the recursion is refused."""

    def wrong(method: object, s: Term) -> Term:
        return x(s) - par("c") * (x(s) - x(shift(s, -1)))

    assert refusal(IDS[0]) is None
    monkeypatch.setattr(scheme, "y", wrong)
    assert "residual" in str(refusal(IDS[0]))


def test_a_stepsize_that_is_not_predictable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """gamma/b_t inside the martingale, for gamma/b_{t-1}: it depends on the current gradient."""
    theorem_id = "convex-clip-adagrad-norm"
    method = convex.method(theorem_id, FREEDMAN)

    def bounded_by(s: Script, method: Method, cap: Line) -> Line:
        positive = s.generalise(stepsize_bounds(s, method)[0], "t", shift(t, 1))
        s.know(s.combine(le(0, momentum.used(method, t)), positive))
        return s.generalise(cap, "t", shift(t, 1))

    monkeypatch.setattr(budget, "bounded_stepsize", momentum.used)
    monkeypatch.setattr(budget, "bounded_stepsize_le", bounded_by)
    assert momentum.used(method, t) is stepsize(method, shift(t, 1))
    assert "measurable" in str(refusal(theorem_id))


@pytest.mark.parametrize("theorem_id", IDS)
@pytest.mark.parametrize("seed", range(3))
def test_the_recursion_on_paths(theorem_id: str, seed: int) -> None:
    """x_t = beta1 x_{t-1} + (1 - beta1) y_t, ||m_t|| <= lam, and what a step misses is as long as its price."""
    method = convex.method(theorem_id, FREEDMAN)
    instance = model.make(convex.statement(theorem_id, FREEDMAN), seed)
    beta1 = instance.numbers["beta1"]
    for s in range(model.HORIZON):
        env = {"t": s}
        y, here = (instance.value(v, env) for v in (scheme.y(method, t), x(t)))
        np.testing.assert_allclose(here, beta1 * instance.value(x(shift(t, -1)), env) + (1 - beta1) * y, rtol=1e-10)
        assert (instance.value(norm(m(t)), env) <= instance.numbers["lam"] * (1 + 1e-12)).all()
        price = (descent.drift(method, t) - descent.drift(method, shift(t, 1))) / (2 * scheme.RADIUS)
        missed = scheme.a(method, shift(t, 1)) - descent.aimed(method)
        assert (instance.value(norm(missed), env) <= instance.value(price, env) + 1e-9).all()


def test_the_potential_of_the_gaps_is_needed() -> None:
    """In a model the distance alone can rise by more than noise and drift explain; with 2 c u gap added it cannot."""
    theorem_id = "convex-clip-sgd"
    method = convex.method(theorem_id, FREEDMAN)
    u = largest_stepsize(method)
    falls = []
    for potential in (scheme.dist_sq, descent.energy):
        before, after = (potential(method, s) for s in (t, shift(t, 1)))
        claim = le(after + 2 * u * gap(x(t)), before)
        found = False
        for seed in range(6):
            instance = model.make(convex.statement(theorem_id, FREEDMAN), seed)
            instance.noise = instance.noise * 0
            instance.numbers |= {"gamma": 0.5 / instance.numbers["L"], "beta1": 0.9, "beta1_c": 0.1, "c": 9.0}
            instance.numbers["lam"] = 1e3
            found |= any(not instance.holds(claim, {"t": s}, 1e-9).all() for s in range(model.HORIZON))
        falls.append(not found)
    assert falls == [False, True]
    assert sq(x(t)).head == "inner"
