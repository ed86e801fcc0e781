"""Adam's bias correction with momentum: what is said of s_t holds of the simulation's factors, and no less will do."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from bounds.setting import HP, N, first_factor, momentum_factor
from bounds.terms import eq, le, num, par
from bounds.theorems import convex
from tests.kernel import rewritten
from tests.kernel.test_momentum import summands
from verify.simulate.correction import corrections

ID, VARIANT = "convex-clip-adam-norm-delayed", "freedman-momentum-corrected"
refusal = partial(rewritten.refusal, ID, VARIANT)
HALF = first_factor().args[0].args[1]


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.5), (0.99, 0.9999), (0.1, 0.11), (0.9, 0.91)])
def test_the_factors_fall_then_rise(beta1: float, beta2: float) -> None:
    """No factor exceeds sbar, a rise is followed by a rise, and all rises together are at most the last factor."""
    steps = 4000
    s = np.array(corrections(beta1, beta2, steps + 1))
    sbar = math.hypot(math.sqrt(1 - beta2) / (1 - beta1), s[steps])
    change = np.diff(s)
    falls = change < -1e-12 * s[:-1]  # by more than rounding
    assert (s <= sbar * (1 + 1e-12)).all()
    assert (np.diff(falls.astype(int)) <= 0).all()
    assert (np.maximum(change, 0).cumsum() <= s[1:] * (1 + 1e-12)).all()


def test_the_last_factor_alone_is_no_bound() -> None:
    """With beta1 = 0.99, beta2 = 0.999 the first factor is the largest; sbar = s_N is refused, and so is sbar = s_0."""
    s = corrections(0.99, 0.999, 4000)
    assert s[0] > 3 * s[-1]
    first, last = first_factor(), momentum_factor(N)
    for wrong in (last, first, (first * first + num("999/1000") * last * last) ** HALF):
        assert "residual" in str(refusal(definitions={"correction": eq(par("sbar"), wrong)}))


def test_the_memory_of_the_accumulator_is_the_longer_one() -> None:
    """A rise is followed by a rise because beta1 <= beta2; beta1 <= 1.001 beta2 is refused."""
    assert "residual" in str(refusal(conditions={"memory": le(HP.beta1, num("1001/1000") * HP.beta2)}))
    assert refusal(conditions={"memory": le(HP.beta1, HP.beta2)}) is None


def test_the_budget_pays_for_falls_and_rises() -> None:
    """A thousandth less of any summand of the budget is refused."""
    low, high = convex.statement(ID, VARIANT).conditions["budget"].args
    found = summands(low)[1:]
    assert len(found) == 6
    for part in found[1:2] + found[-1:]:
        assert "residual" in str(refusal(conditions={"budget": le(low - num("1/1000") * part, high)})), part
