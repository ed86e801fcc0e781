"""Power: the planted violation is found with the probability that was computed."""

from fractions import Fraction as F

import numpy as np
import pytest
from exact import ever

from verify.statistics import (
    VIOLATED,
    attack_status,
    critical_count,
    power,
    sequential_critical_count,
    sequential_power,
    sequential_status,
)
from verify.statistics.binomial import upper_tail_exact

DELTA, LEVEL = F(1, 100), F(1, 10**6)


def test_critical_count_is_the_first_violated_one():
    k = critical_count(10_000, DELTA, LEVEL)
    assert attack_status(k, 10_000, DELTA, LEVEL) == VIOLATED != attack_status(k - 1, 10_000, DELTA, LEVEL)


def test_too_few_runs_never_violate():
    assert critical_count(2, DELTA, LEVEL) == 3
    assert power(F(1, 2), 2, DELTA, LEVEL) == (0, 0)


@pytest.mark.parametrize("rate", [F(1, 10), F(1, 4), F(0), F(1)], ids=str)
def test_power_encloses_the_exact_tail(rate):
    runs, delta, level = 80, F(1, 10), F(1, 100)
    lower, upper = power(rate, runs, delta, level)
    assert lower <= upper_tail_exact(critical_count(runs, delta, level), runs, rate) <= upper
    assert upper - lower < F(1, 10**30)


def test_power_is_the_level_at_delta_and_large_at_twice_delta():
    assert power(DELTA, 10_000, DELTA, LEVEL)[1] <= LEVEL
    assert power(2 * DELTA, 10_000, DELTA, LEVEL)[0] > F(99, 100)


def test_sequential_power_is_a_lower_bound_and_close():
    """Against the exact probability of VIOLATED at any of all looks, by recursion over the counts."""
    runs, delta, level, rate = 150, F(1, 10), F(1, 20), F(3, 10)
    k = sequential_critical_count(runs, delta, level)
    assert sequential_status(k, runs, delta, level) == VIOLATED != sequential_status(k - 1, runs, delta, level)
    exact = ever(lambda k, n: sequential_status(k, n, delta, level) == VIOLATED, rate, runs)
    assert exact - F(1, 10) < sequential_power(rate, runs, delta, level) <= exact


def test_planted_violations_are_found_as_often_as_computed():
    """H0: the computed power 0.565 is right; 4000 experiments of 1000 runs, seed fixed, six standard deviations:
    level 2e-9; a power that is off by 0.1 is seen with probability > 0.999."""
    runs, delta, level, rate, experiments = 1000, F(1, 20), F(1, 1000), F(3, 40), 4000
    counts = np.random.default_rng(11).binomial(runs, float(rate), experiments)
    found = sum(attack_status(int(k), runs, delta, level) == VIOLATED for k in counts) / experiments
    computed = float(power(rate, runs, delta, level)[0])
    spread = 6 * (computed * (1 - computed) / experiments) ** 0.5
    assert abs(found - computed) < spread < 0.05
