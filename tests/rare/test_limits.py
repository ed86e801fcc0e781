"""Counts to limits: exact where all is known, the inversion to quantiles, coverage, and the share of each limit."""

from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest

from verify.rare.allocate import allocation
from verify.rare.limits import Known, band, estimate, lower, probability, share, upper
from verify.statistics import lower_limit, upper_limit

HALF = (F(1, 2), F(1, 2))


def known(weight: F, values, **more) -> Known:
    values = np.sort(np.asarray(values, float))
    return Known((), (weight, weight), len(values), values, -math.inf, **more)


def test_limits_are_sums_of_those_of_the_strata():
    parts = [known(F(9, 10), [0, 0, 0, 1]), known(F(1, 20), [1, 2, 3])]
    level, rest = F(1, 10), F(1, 20)
    low, high = probability(parts, rest, 1.5, level)
    assert share(parts, level) == F(1, 40)
    expected = F(1, 20) * lower_limit(2, 3, F(1, 40))
    assert expected * F(999_999, 10**6) < low <= expected + F(1, 2**60)
    expected = F(9, 10) * upper_limit(0, 4, F(1, 40)) + F(1, 20) * upper_limit(2, 3, F(1, 40)) + rest
    assert expected - F(1, 2**60) <= high < expected * F(1_000_001, 10**6)
    assert estimate(parts, 1.5) == pytest.approx(1 / 20 * 2 / 3)


@pytest.mark.parametrize(("count", "runs"), [(0, 10), (10, 10), (3, 10), (9, 10), (7, 10**5), (99_900, 10**5)])
def test_limits_are_those_of_clopper_and_pearson_rounded_outward(count, runs):
    level, grid, close = F(1, 1000), F(1, 2**60), F(1, 10**6)
    low, high = lower_limit(count, runs, level), upper_limit(count, runs, level)
    assert low * (1 - close) <= lower(count, runs, level) <= low + grid
    assert high - grid <= upper(count, runs, level) <= min(high * (1 + close), F(1))


def test_what_is_exact_or_proved_needs_no_share():
    parts = [
        known(F(1, 2), [1, 2], exact=True),
        Known((), (F(1, 4),) * 2, 0, np.empty(0), -math.inf, reach=(0.0, 1.0)),
        Known((), (F(1, 4),) * 2, 0, np.empty(0), -math.inf, reach=(2.0, 3.0)),
    ]
    assert probability(parts, F(0), 1.5, F(1, 10)) == (F(1, 2), F(1, 2))
    assert probability(parts, F(0), 0.5, F(1, 10)) == (F(3, 4), F(1))  # the second one is open there
    assert share(parts, F(1, 10)) == F(1, 20)


def test_values_that_were_not_kept_count_where_they_may():
    part = Known((), (F(1), F(1)), 10, np.array([5.0, 6.0]), 4.0)
    assert part.above(5.5) == (1, 1) and part.above(4.0) == (2, 2) and part.above(3.9) == (2, 10)


def test_the_slack_of_a_choice_widens_both_ends():
    plain, wide = (known(F(1), [0, 1, 2, 3], slack=e).limits(1.5, F(1, 10)) for e in (F(0), F(1, 100)))
    assert (plain[0] - wide[0], wide[1] - plain[1]) == (F(1, 100), F(1, 100))


def brute_force(parts, rest, delta, level):
    """The band from its definition, on a fine grid."""
    points = sorted({float(v) for k in parts for v in k.values})
    grid = [-math.inf, *points]
    above = [x for x in points if probability(parts, rest, x, level)[1] < delta]
    below = [b for a, b in zip(grid, points, strict=False) if probability(parts, rest, a, level)[0] > delta]
    return max(below, default=-math.inf), min(above, default=math.inf)


@pytest.mark.parametrize("delta", [F(1, 3), F(1, 10), F(1, 50), F(1, 10**4)])
def test_the_band_is_the_inversion_of_the_limits(delta):
    rng = np.random.default_rng(4)
    parts = [known(F(9, 10), rng.exponential(size=80)), known(F(1, 10), 2 + rng.exponential(size=60).round(1))]
    low, middle, high = band(parts, F(1, 10**6), delta, F(1, 20))
    assert (low, high) == brute_force(parts, F(1, 10**6), delta, F(1, 20))
    assert low <= middle <= high and math.isinf(high) == (delta <= F(1, 50))


def test_coverage_of_limits_and_bands():
    """Three strata of known laws, 120 repetitions at level 1/5: with coverage 4/5 at most 45 misses happen with
    probability > 0.9999 (binomial); the limits of Clopper and Pearson miss less.  A truth that is off by the
    weight of a stratum is missed in nearly all of them."""
    rng = np.random.default_rng(9)
    weights, rates, runs = (F(9, 10), F(9, 100), F(1, 100)), (0.001, 0.1, 0.9), (4000, 400, 100)
    truth = sum(w * F(p) for w, p in zip(weights, rates, strict=True))
    missed = false = 0
    for _ in range(120):
        parts = [known(w, rng.random(n) < p) for w, p, n in zip(weights, rates, runs, strict=True)]
        low, high = probability(parts, F(0), 0.5, F(1, 5))
        missed += not low <= truth <= high
        false += not low <= truth + F(1, 100) <= high
    assert missed <= 45 and false >= 110


def test_allocation_spends_the_budget_where_the_width_is():
    found = allocation([0.9, 1e-5, 1e-6], [0.0, 0.1, 1.0], 100_000, 8.0)
    assert 99_000 < sum(found) < 101_000 and found[0] > 90_000 > 1000 > found[2] >= 1
    without = allocation([1e-5, 1e-6], [0.1, 1.0], 100_000, 8.0)
    assert without[0] > 80_000
