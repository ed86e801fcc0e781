"""Distribution-free confidence band for the (1-delta)-quantile, from order statistics.

For a sample of size n with order statistics X_(1) <= .. <= X_(n) and any quantile q of order 1 - delta,

    P(X_(r) > q) <= P(Bin(n, 1-delta) <= r-1),      P(X_(s) < q) <= P(Bin(n, 1-delta) >= s),

for every distribution, continuous or not.  The ranks make both at most ``level``/2, certified.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from verify.statistics.binomial import compare_lower_tail, compare_upper_tail, first, probability


@dataclass(frozen=True)
class Band:
    """lower <= q <= upper with confidence >= 1 - level; estimate is the sample quantile.

    ``lower_rank`` 0 and ``upper_rank`` n + 1 mean that the sample is too small: -inf and +inf.
    """

    lower: float
    estimate: float
    upper: float
    lower_rank: int
    upper_rank: int


@lru_cache(maxsize=1024)
def ranks(runs: int, delta: Fraction, level: Fraction) -> tuple[int, int]:
    """The largest r and the smallest s of the module's docstring, 0 <= r <= s <= runs + 1."""
    order, half = 1 - probability("delta", delta), probability("level", level) / 2
    r = first(lambda k: compare_lower_tail(k, runs, order, half) > 0, 0, runs)
    s = first(lambda k: compare_upper_tail(k, runs, order, half) <= 0, 0, runs + 1)
    return r, s


def quantile_band(values: Sequence[float], delta: Fraction, level: Fraction) -> Band:
    """The band for the (1-delta)-quantile of the law that ``values`` were drawn from; NaN counts as +inf."""
    ordered = sorted(math.inf if math.isnan(v) else v for v in map(float, values))
    if not ordered:
        raise ValueError("values: expected at least one number, got none")
    padded = [-math.inf, *ordered, math.inf]
    r, s = ranks(len(ordered), delta, level)
    middle = math.ceil((1 - delta) * len(ordered))
    return Band(padded[r], padded[middle], padded[s], r, s)
