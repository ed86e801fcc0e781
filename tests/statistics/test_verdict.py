"""Verdicts: consistent with the limits, and their error probabilities computed exactly, not simulated."""

import math
from fractions import Fraction as F

import pytest

from verify.statistics import (
    INCONCLUSIVE,
    SUPPORTED,
    VIOLATED,
    attack_status,
    exceedances,
    lower_limit,
    sequential_status,
    split_level,
    upper_limit,
)
from verify.statistics.binomial import upper_tail_exact

DELTA, LEVEL = F(1, 100), F(1, 10**6)


@pytest.mark.parametrize("count", [0, 1, 30, 54, 55, 56, 100, 158, 159, 160, 200, 10_000])
def test_verdict_is_the_limits_verdict(count):
    runs = 10_000
    violated = lower_limit(count, runs, LEVEL) > DELTA
    supported = upper_limit(count, runs, LEVEL) <= DELTA
    expected = VIOLATED if violated else SUPPORTED if supported else INCONCLUSIVE
    assert attack_status(count, runs, DELTA, LEVEL) == expected


def test_all_three_verdicts_occur_and_are_ordered():
    seen = [attack_status(k, 10_000, DELTA, LEVEL) for k in range(0, 200)]
    assert sorted(set(seen), key=seen.index) == [SUPPORTED, INCONCLUSIVE, VIOLATED]
    assert sorted(seen, key=[SUPPORTED, INCONCLUSIVE, VIOLATED].index) == seen


@pytest.mark.parametrize(("runs", "delta", "level"), [(40, F(1, 10), F(1, 20)), (200, F(1, 20), F(1, 1000))])
def test_error_probabilities_are_at_most_the_level_exactly(runs, delta, level):
    """At p = delta (the worst case of both hypotheses): P(VIOLATED) <= level and P(SUPPORTED) <= level.
    The level is not wasted: one count less for VIOLATED would break it."""
    status = [attack_status(k, runs, delta, level) for k in range(runs + 1)]
    first_violated = status.index(VIOLATED)
    supported = status.count(SUPPORTED)
    assert upper_tail_exact(first_violated, runs, delta) <= level
    assert upper_tail_exact(first_violated - 1, runs, delta) > level
    assert 1 - upper_tail_exact(supported, runs, delta) <= level
    assert 1 - upper_tail_exact(supported + 1, runs, delta) > level


def test_no_runs_prove_nothing_much():
    assert attack_status(0, 1, DELTA, LEVEL) == attack_status(0, 1000, DELTA, LEVEL) == INCONCLUSIVE
    assert attack_status(0, 1400, DELTA, LEVEL) == SUPPORTED  # 0.99^1400 < 1e-6


def test_split_level_is_bonferroni_and_exact():
    assert sum(split_level(LEVEL, 7) for _ in range(7)) == LEVEL
    assert attack_status(159, 10_000, DELTA, LEVEL / 36) == VIOLATED
    assert attack_status(148, 10_000, DELTA, LEVEL / 36) == INCONCLUSIVE


def test_exceedances_compares_exactly():
    tenth = F(1, 10)  # the float 0.1 is above it, its predecessor below
    assert exceedances([0.1], tenth) == 1
    assert exceedances([math.nextafter(0.1, 0)], tenth) == 0
    assert exceedances([0.5], F(1, 2)) == 0
    assert exceedances([math.nan, math.inf, -math.inf], 10**300) == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: attack_status(1, 10, 0.01, LEVEL), TypeError, r"delta: expected an exact Fraction, got 0.01"),
        (lambda: attack_status(1, 10, F(1), LEVEL), ValueError, r"delta: expected a number in \(0, 1\)"),
        (lambda: attack_status(True, 10, DELTA, LEVEL), TypeError, "count: expected an int"),
        (lambda: attack_status(0, 0, DELTA, LEVEL), ValueError, "runs >= 1"),
        (lambda: split_level(LEVEL, 0), ValueError, "attacks: expected an integer >= 1"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("count", [0, 10, 40, 60, 100])
def test_runs_that_are_only_near_are_judged_at_both_ends(count):
    """VIOLATED as at delta + away, SUPPORTED as at delta - away, fixed and sequential; away 0 changes nothing."""
    delta, level, away = F(1, 20), F(1, 100), F(1, 100)
    for status in (attack_status, sequential_status):
        low, high = (status(count, 1000, d, level) for d in (delta - away, delta + away))
        expected = VIOLATED if high == VIOLATED else SUPPORTED if low == SUPPORTED else INCONCLUSIVE
        assert status(count, 1000, delta, level, away) == expected
        assert status(count, 1000, delta, level, F(0)) == status(count, 1000, delta, level)
        assert status(count, 1000, delta, level, F(1)) == INCONCLUSIVE
        with pytest.raises(ValueError, match=r"^away: expected a number >= 0, got -1"):
            status(count, 1000, delta, level, F(-1))


def test_being_away_matters_where_it_should():
    """Counts between the critical ones of delta and of delta +- away are not decided any more."""
    delta, level, away = F(1, 20), F(1, 100), F(1, 100)
    plain = [attack_status(k, 1000, delta, level) for k in range(200)]
    near = [attack_status(k, 1000, delta, level, away) for k in range(200)]
    assert near.count(SUPPORTED) < plain.count(SUPPORTED) and near.count(VIOLATED) < plain.count(VIOLATED)
    assert all(a in (b, INCONCLUSIVE) for a, b in zip(near, plain, strict=True))
