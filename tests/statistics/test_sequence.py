"""The confidence sequence: its error over all looks, computed without sampling; its limits; what it can decide."""

from fractions import Fraction as F
from math import comb

import mpmath
import pytest
from exact import ever

from verify.statistics import INCONCLUSIVE, SUPPORTED, VIOLATED, attack_status
from verify.statistics.sequence import excluded, fewest_runs, sequential_limits, sequential_status


@pytest.mark.parametrize("p", [F(1, 8), F(1, 2)])
def test_the_truth_is_ever_excluded_with_probability_at_most_level(p):
    level = F(1, 10)
    assert 0 < ever(lambda k, n: excluded(p, k, n, level), p, 150) <= level


def test_a_fixed_test_used_at_every_look_errs_more_often():
    """Negative twin: Clopper-Pearson verdicts, right at one n chosen before, are wrong more often than their level."""
    p, level = F(1, 8), F(1, 10)
    assert ever(lambda k, n: attack_status(k, n, p, level) != INCONCLUSIVE, p, 60) > 2 * level


def test_a_wrong_verdict_has_probability_at_most_level():
    """At p = delta both verdicts together are wrong with probability <= level; at p = 2 delta SUPPORTED is."""
    delta, level = F(1, 8), F(1, 10)
    at = ever(lambda k, n: sequential_status(k, n, delta, level) != INCONCLUSIVE, delta, 120)
    above = ever(lambda k, n: sequential_status(k, n, delta, level) == SUPPORTED, 2 * delta, 120)
    assert 0 < above < at <= level


def test_power():
    """At level 1/10, a rate of 4 delta is found out within 120 runs with probability above 0.98, exact."""
    delta, level = F(1, 8), F(1, 10)
    assert ever(lambda k, n: sequential_status(k, n, delta, level) == VIOLATED, 4 * delta, 120) > F(98, 100)


@pytest.mark.parametrize(("k", "n"), [(0, 10), (3, 10), (10, 10), (7, 4000), (123456, 10**7)])
def test_limits_are_the_roots_of_the_mixture(k, n):
    """An independent evaluation with 60 digits: M_n is 1/level at the limits, within their resolution."""
    level = F(1, 1000)
    low, high = sequential_limits(k, n, level)
    assert 0 <= low <= F(k, n) <= high <= 1

    with mpmath.workdps(60):

        def log_mixture(p):
            p = mpmath.mpf(p.numerator) / p.denominator
            half = mpmath.mpf(1) / 2
            prior = mpmath.log(mpmath.beta(k + half, n - k + half)) - mpmath.log(mpmath.pi)
            return prior - k * mpmath.log(p) - (n - k) * mpmath.log(1 - p)

        for end, sign in ((low, 1), (high, -1)):
            if end in (0, 1):
                assert k in (0, n)
                continue
            outer, inner = end, end + sign * F(3, 2**60)
            assert log_mixture(outer) >= mpmath.log(1000) > log_mixture(inner)


@pytest.mark.parametrize(("delta", "level"), [(F(1, 100), F(1, 10**7)), (F(1, 10**6), F(1, 20))])
def test_fewest_runs_is_the_first_that_supports(delta, level):
    n = fewest_runs(delta, level)
    assert sequential_status(0, n, delta, level) == SUPPORTED
    assert sequential_status(0, n - 1, delta, level) == INCONCLUSIVE
    assert attack_status(0, 9 * n // 10, delta, level) == SUPPORTED  # looking all the time costs runs


def test_a_martingale_in_exact_arithmetic():
    """E[M_{n+1} | k] = p M(k+1, n+1) + (1-p) M(k, n+1) = M_n(k), B(k+1/2, m+1/2)/pi written with factorials."""

    def mixture(k, n, p):
        m = n - k
        weight = F(comb(2 * k, k) * comb(2 * m, m), 4**n * comb(n, k))
        return weight / (p**k * (1 - p) ** m)

    for n in range(6):
        for k in range(n + 1):
            p = F(2, 7)
            assert p * mixture(k + 1, n + 1, p) + (1 - p) * mixture(k, n + 1, p) == mixture(k, n, p)
            assert excluded(p, k, max(n, 1), F(1, 3)) == (mixture(k, max(n, 1), p) >= 3) or n == 0


@pytest.mark.parametrize("arguments", [(F(1, 2), 1, 0, F(1, 2)), (F(1, 2), 2, 1, F(1, 2)), (F(3, 2), 0, 1, F(1, 2))])
def test_bad_numbers_are_refused(arguments):
    with pytest.raises(ValueError, match="expected"):
        excluded(*arguments)
