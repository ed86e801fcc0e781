"""Certified Clopper-Pearson limits: on the right side exactly, and tight."""

from fractions import Fraction as F

import pytest
from scipy import stats

from verify.statistics import lower_limit, upper_limit
from verify.statistics.binomial import compare_upper_tail, upper_tail_exact
from verify.statistics.interval import RESOLUTION

LEVELS = [F(1, 20), F(1, 10**6)]
CASES = [(0, 5), (1, 5), (3, 7), (5, 5), (1, 1), (17, 40)]
STEP = F(1, RESOLUTION)


@pytest.mark.parametrize("level", LEVELS, ids=str)
@pytest.mark.parametrize(("k", "n"), CASES)
def test_limits_are_outside_and_one_grid_step_inside_is_not(k, n, level):
    """In exact rationals: P(Bin(n, lower) >= k) <= level < P(Bin(n, lower + step) >= k), and the same above."""
    lower, upper = lower_limit(k, n, level), upper_limit(k, n, level)
    if k == 0:
        assert lower == 0
    else:
        assert upper_tail_exact(k, n, lower) <= level < upper_tail_exact(k, n, lower + STEP)
    if k == n:
        assert upper == 1
    else:
        below = lambda p: 1 - upper_tail_exact(k + 1, n, p)  # noqa: E731
        assert below(upper) <= level < below(upper - STEP)


@pytest.mark.parametrize(("k", "n"), [(0, 10_000), (57, 10_000), (10_000, 10_000), (10_100, 1_000_000)])
def test_limits_agree_with_scipy_to_its_accuracy(k, n):
    level = F(1, 10**6)
    expected = stats.binomtest(k, n).proportion_ci(1 - 2e-6)
    assert float(lower_limit(k, n, level)) == pytest.approx(expected.low, rel=1e-8, abs=1e-15)
    assert float(upper_limit(k, n, level)) == pytest.approx(expected.high, rel=1e-8)


def test_equality_is_decided_exactly():
    """P(Bin(2, 1/2) >= 1) = 3/4: no ball ever separates the two sides."""
    assert compare_upper_tail(1, 2, F(1, 2), F(3, 4)) == 0
    assert compare_upper_tail(1, 2, F(1, 2), F(3, 4) + F(1, 10**30)) == -1
    assert compare_upper_tail(1, 2, F(1, 2), F(3, 4) - F(1, 10**30)) == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((1, 2, 0.05), TypeError, "level: expected an exact Fraction"),
        ((1, 2, F(0)), ValueError, r"level: expected a number in \(0, 1\)"),
        ((3, 2, F(1, 20)), ValueError, "expected runs >= 1"),
        ((1.0, 2, F(1, 20)), TypeError, "count: expected an int"),
    ],
)
def test_bad_input_is_named(arguments, error, message):
    for limit in (lower_limit, upper_limit):
        with pytest.raises(error, match=message):
            limit(*arguments)
