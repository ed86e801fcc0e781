"""The quantile band: coverage computed exactly for the worst distributions, and useless samples admitted."""

import math
from fractions import Fraction as F

import pytest
from exact import ever

from verify.statistics import Band, quantile_band
from verify.statistics.binomial import upper_tail_exact
from verify.statistics.quantile import ranks


@pytest.mark.parametrize(
    ("n", "delta", "level"), [(60, F(1, 10), F(1, 20)), (500, F(1, 50), F(1, 100)), (7, F(1, 2), F(1, 4))]
)
def test_ranks_have_their_coverage_and_the_next_ranks_do_not(n, delta, level):
    """Exact binomial tails: miss probability <= level/2 on each side; a rank closer to the middle misses more."""
    r, s = ranks(n, delta, level)
    order, half = 1 - delta, level / 2
    below = lambda k: 1 - upper_tail_exact(k, n, order)  # noqa: E731  P(Bin <= k-1) = P(X_(k) > q)
    above = lambda k: upper_tail_exact(k, n, order)  # noqa: E731  P(Bin >= k) = P(X_(k) < q)
    assert below(r) <= half < below(r + 1)
    assert above(s) <= half < above(s - 1)


def test_band_picks_order_statistics():
    band = quantile_band([float(i) for i in range(1000, 0, -1)], F(1, 10), F(1, 20))
    r, s = ranks(1000, F(1, 10), F(1, 20))
    assert band == Band(float(r), 900.0, float(s), r, s)
    assert band.lower < band.estimate < band.upper


def test_small_samples_give_infinite_ends():
    band = quantile_band([1.0, 2.0], F(1, 100), F(1, 100))
    assert band.upper == math.inf and band.upper_rank == 3 and band.estimate == 2.0


def test_nan_counts_as_infinite():
    assert quantile_band([math.nan] * 100, F(1, 10), F(1, 20)).lower == math.inf


def test_empty_sample_is_refused():
    with pytest.raises(ValueError, match=r"^values: expected at least one number"):
        quantile_band([], F(1, 10), F(1, 20))


def test_a_band_that_is_looked_at_again_and_again_shares_its_level():
    """Whatever the rule for stopping, at worst at a miss; exact, with the level of one look and with its share."""
    looks, delta, level = (20, 40, 60, 80, 100), F(1, 5), F(1, 10)

    def missed(share):
        return lambda above, n: n in looks and not ranks(n, delta, share)[0] <= n - above < ranks(n, delta, share)[1]

    assert ever(missed(level / len(looks)), delta, 100) <= level < ever(missed(level), delta, 100)
