"""Momentum without convexity: every price it has is needed, and so is the Lipschitz gradient."""

from __future__ import annotations

from functools import partial

import pytest

import bounds
from bounds.lemmas import below
from bounds.lemmas import nonconvex_momentum as lemmas
from bounds.lemmas.large import spared
from bounds.setting import N, first_factor, momentum_factor, x
from bounds.terms import Term, eq, forall, le, mk, norm, num, par, shift
from bounds.theorems import nonconvex
from tests.kernel.test_momentum import summands
from tests.kernel.test_mutations import outcome, scaled

SGD, ADAGRAD, ADAM = (f"nonconvex-clip-{k}" for k in ("sgd", "adagrad-norm", "adam-norm-delayed"))
BOUNDED, EXPONENTIAL = nonconvex.MOMENTUM


@pytest.mark.parametrize(
    ("variant", "name"),
    [(EXPONENTIAL, k) for k in ("grad", "descent", "budget", "phi_small", "mix_small")] + [(BOUNDED, "freedman1")],
)
def test_conditions_are_exactly_what_is_needed(variant: str, name: str) -> None:
    """One per mille weaker is refused with a residual, stronger is accepted."""
    fact = bounds.theorem(SGD, variant).conditions[name]
    assert "residual" in str(outcome(SGD, "conditions", name, scaled(fact, 0, "999/1000"), variant))
    stronger = (scaled(fact, 0, "1001/1000"), scaled(fact, 1, "999/1000"))
    assert any(outcome(SGD, "conditions", name, f, variant) is None for f in stronger)


@pytest.mark.parametrize(
    ("theorem_id", "name", "parts"),
    [(SGD, "descent", 5), (SGD, "grad", 2), (ADAGRAD, "budget", 5)],
)
def test_momentum_costs_nothing_less(theorem_id: str, name: str, parts: int) -> None:
    """Each summand of a condition: a thousandth less of it is refused."""
    low, high = bounds.theorem(theorem_id, BOUNDED).conditions[name].args
    found = summands(low)
    assert len(found) == parts
    for part in found:
        less = le(low - num("1/1000") * part, high)
        assert "residual" in str(outcome(theorem_id, "conditions", name, less, BOUNDED)), part


def test_the_gradients_at_two_points_are_compared() -> None:
    """Without the Lipschitz gradient, or with a larger constant, there is no proof."""
    v, w = (mk("vvar", k) for k in "vw")

    def lipschitz(k: str) -> Term:
        slope = norm(mk("vapp", "grad", v) - mk("vapp", "grad", w))
        return forall({"v": "vec", "w": "vec"}, (), le(slope, num(k) * par("L") * norm(v - w)))

    assert outcome(SGD, "assumptions", "smooth_gradient", lipschitz("1"), BOUNDED) is None
    assert "smooth_gradient" not in bounds.theorem(SGD, "exponential").assumptions
    assert "the proof needs" in str(outcome(SGD, "assumptions", "smooth_gradient", None, BOUNDED))
    assert "residual" in str(outcome(SGD, "assumptions", "smooth_gradient", lipschitz("1001/1000"), BOUNDED))


def test_f_is_measured_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """With f at x_t, or at x_t - c (x_t - x_{t-1}), the recursion is refused."""
    for k in (num(0), -1 * par("c")):
        monkeypatch.setattr(lemmas, "y", lambda method, s, k=k: x(s) + k * (x(s) - x(shift(s, -1))))
        monkeypatch.setattr("bounds.lemmas.momentum.y", lemmas.y)
        fact = bounds.theorem(SGD, BOUNDED).conditions["grad"]
        assert "residual" in str(outcome(SGD, "conditions", "grad", fact, BOUNDED))


def test_stepsizes_that_rise_prolong_the_memory() -> None:
    """Adam: what is kept of ||x_t - x_{t-1}||^2 is beta1/beta2; with beta1, or with beta1 beta2, it is refused."""
    beta1, beta2 = par("beta1"), par("beta2")
    for kept, refused in ((beta1 / beta2, False), (beta1, True), (beta1 * beta2, True)):
        outcome_of = outcome(ADAM, "definitions", "kept", eq(par("kept"), 1 - kept), BOUNDED)
        assert (outcome_of is not None) == refused and (not refused or "residual" in str(outcome_of))
    assert "kept" not in bounds.theorem(ADAGRAD, BOUNDED).parameters


@pytest.mark.parametrize("open_gate", ["near", "good"])
def test_the_gate_closes_at_the_horizon(open_gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Adam: ||p_t|| <= rho lam rests on w_{t-1} <= u, for t < N only; near(t) alone does not bound the martingales."""
    if open_gate == "near":
        for module in ("below", "nonconvex_budget", "nonconvex_variance", "nonconvex_skeleton"):
            monkeypatch.setattr(f"bounds.lemmas.{module}.good", below.near)
    fact = bounds.theorem(ADAM, BOUNDED).conditions["grad"]
    reason = outcome(ADAM, "conditions", "grad", fact, BOUNDED)
    refused = reason is not None and ("hypothes" in reason or "premises" in reason)
    assert reason is None if open_gate == "good" else refused, reason


@pytest.mark.parametrize(
    ("theorem_id", "program"), [(ADAM, "exponential"), (ADAM.removesuffix("-delayed"), "self-bounded")]
)
def test_momentum_and_bias_correction_together(theorem_id: str, program: str) -> None:
    """The rises of s_t are paid for: once in the budget, and by the first and the last s_t in sbar; no less will do."""
    variant = f"{program}-momentum-corrected"
    refusal = partial(outcome, theorem_id, variant=variant)
    method, st = nonconvex.method(theorem_id, variant), bounds.theorem(theorem_id, variant)
    low, high = st.conditions["budget"].args
    part = num("1/1000") * lemmas.first_lag(method) / par("Delta")
    assert refusal("conditions", "budget", le(low + part, high)) is None
    assert "residual" in str(refusal("conditions", "budget", le(low - part, high)))
    half, first, last = first_factor().args[0].args[1], first_factor(), momentum_factor(N)
    for wrong in (first, last, (first * first + num("999/1000") * last * last) ** half):
        assert "residual" in str(refusal("definitions", "correction", eq(par("sbar"), wrong)))
    kept = eq(par("kept"), 1 - par("beta1"))
    assert "residual" in str(refusal("definitions", "kept", kept))


def test_early_rises_need_the_whole_gradient() -> None:
    """Where s_t is small chi is paid for by ||p_t|| <= S + L c u lam; S alone is refused."""
    variant = "exponential-momentum-corrected"
    method, (low, high) = nonconvex.method(ADAM, variant), bounds.theorem(ADAM, variant).conditions["chi"].args
    weight = par("beta2_c") / (par("sbar") ** 2 * par("gamma") ** 2)
    more, less = (spared(method, size) for size in (below.SLOPE + lemmas.reach(method), below.SLOPE))
    assert outcome(ADAM, "conditions", "chi", le(low, high), variant) is None
    assert "residual" in str(outcome(ADAM, "conditions", "chi", le(low - weight * (more - less), high), variant))
