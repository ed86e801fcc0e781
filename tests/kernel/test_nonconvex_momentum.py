"""Momentum without convexity: every price it has is needed, and so is the Lipschitz gradient."""

from __future__ import annotations

import pytest

import bounds
from bounds.lemmas import nonconvex_momentum as lemmas
from bounds.setting import x
from bounds.terms import Term, forall, le, mk, norm, num, par, shift
from bounds.theorems import nonconvex
from tests.kernel.test_momentum import summands
from tests.kernel.test_mutations import outcome, scaled

SGD, ADAGRAD = "nonconvex-clip-sgd", "nonconvex-clip-adagrad-norm"
PLAIN, BOUNDED = nonconvex.MOMENTUM


@pytest.mark.parametrize(
    ("variant", "name"),
    [(PLAIN, k) for k in ("grad", "descent", "budget", "phi_small", "mix_small")] + [(BOUNDED, "freedman1")],
)
def test_conditions_are_exactly_what_is_needed(variant: str, name: str) -> None:
    """One per mille weaker is refused with a residual, stronger is accepted."""
    fact = bounds.theorem(SGD, variant).conditions[name]
    assert "residual" in str(outcome(SGD, "conditions", name, scaled(fact, 0, "999/1000"), variant))
    stronger = (scaled(fact, 0, "1001/1000"), scaled(fact, 1, "999/1000"))
    assert any(outcome(SGD, "conditions", name, f, variant) is None for f in stronger)


@pytest.mark.parametrize(
    ("theorem_id", "name", "parts"), [(SGD, "descent", 5), (SGD, "grad", 2), (ADAGRAD, "budget", 5)]
)
def test_momentum_costs_nothing_less(theorem_id: str, name: str, parts: int) -> None:
    """Each summand of a condition: a thousandth less of it is refused."""
    low, high = bounds.theorem(theorem_id, PLAIN).conditions[name].args
    found = summands(low)
    assert len(found) == parts
    for part in found:
        less = le(low - num("1/1000") * part, high)
        assert "residual" in str(outcome(theorem_id, "conditions", name, less, PLAIN)), part


def test_the_gradients_at_two_points_are_compared() -> None:
    """Without the Lipschitz gradient, or with a larger constant, there is no proof."""
    v, w = (mk("vvar", k) for k in "vw")

    def lipschitz(k: str) -> Term:
        slope = norm(mk("vapp", "grad", v) - mk("vapp", "grad", w))
        return forall({"v": "vec", "w": "vec"}, (), le(slope, num(k) * par("L") * norm(v - w)))

    assert outcome(SGD, "assumptions", "smooth_gradient", lipschitz("1"), PLAIN) is None
    assert "smooth_gradient" not in bounds.theorem(SGD, "plain").assumptions
    assert "the proof needs" in str(outcome(SGD, "assumptions", "smooth_gradient", None, PLAIN))
    assert "residual" in str(outcome(SGD, "assumptions", "smooth_gradient", lipschitz("1001/1000"), PLAIN))


def test_f_is_measured_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """With f at x_t, or at x_t - c (x_t - x_{t-1}), the recursion is refused."""
    for k in (num(0), -1 * par("c")):
        monkeypatch.setattr(lemmas, "y", lambda method, s, k=k: x(s) + k * (x(s) - x(shift(s, -1))))
        monkeypatch.setattr("bounds.lemmas.momentum.y", lemmas.y)
        fact = bounds.theorem(SGD, PLAIN).conditions["grad"]
        assert "residual" in str(outcome(SGD, "conditions", "grad", fact, PLAIN))
