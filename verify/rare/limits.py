"""From counts in strata to limits of a probability or a quantile that hold whatever the method does.

With weights w_s (exact), counts of independent trajectories in every group s of strata, and one-sided Clopper-Pearson
limits L_s <= p_s <= U_s at level eps/(2 S) each, S the number of groups that are sampled,

    sum_s w_s L_s  <=  P(metric > x)  <=  sum_s w_s U_s + rest      with confidence 1 - eps,

for any x that is fixed in advance.  Both sides fall with x, so the quantile q of order 1 - delta has the band

    [ sup { x : lower(x) > delta },  inf { x : upper(x) < delta } ]     with the same confidence:

were q below its lower end there would be an x > q with lower(x) > delta >= P(metric > q), against the limits at q; and
in the same way above, with P(metric >= q) >= delta.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np

from verify.rare.strata import Stratum
from verify.statistics.binomial import compare_lower_tail, compare_upper_tail, first
from verify.statistics.interval import lower_limit, upper_limit

ZERO, ONE = Fraction(0), Fraction(1)
SLACK = (1e-9, 1e-6)  # of a guess, relative


@lru_cache(maxsize=4096)
def lower(count: int, runs: int, level: Fraction) -> Fraction:
    """At most the lower Clopper-Pearson limit, certified; the limit itself but for some 1e-9 of it, or 2^-60."""
    guess = _guess(count, runs, float(level))
    for slack in SLACK:
        p = Fraction(guess * (1 - slack))
        if 0 < p < 1 and compare_upper_tail(count, runs, p, level) <= 0:
            return p
    return lower_limit(count, runs, level)


@lru_cache(maxsize=4096)
def upper(count: int, runs: int, level: Fraction) -> Fraction:
    """At least the upper Clopper-Pearson limit, certified, and as close."""
    guess = _guess(runs - count, runs, float(level))
    for slack in SLACK:
        p = 1 - Fraction(guess * (1 - slack)) if count > runs // 2 else Fraction((1 - guess) * (1 + slack))
        if 0 < p < 1 and compare_lower_tail(count, runs, p, level) <= 0:
            return p
    return upper_limit(count, runs, level)


def _guess(count: int, runs: int, level: float) -> float:
    """The lower limit in floats, not certified."""
    from scipy.special import betaincinv

    return float(betaincinv(count, runs - count + 1, level)) if count else 0.0


@dataclass(frozen=True)
class Known:
    """What is known of a group of strata.

    weight: encloses the probability of the group
    runs:   trajectories; 0: none was run
    exact:  they are all there are, equally likely
    values: those of them that were kept, in rising order; the others do not exceed ``floor``
    slack:  the trajectories have the law of the group up to this, in total variation
    reach:  ends between which the metric is proved to be
    """

    strata: tuple[Stratum, ...]
    weight: tuple[Fraction, Fraction]
    runs: int
    values: np.ndarray
    floor: float
    exact: bool = False
    slack: Fraction = ZERO
    reach: tuple[float, float] = (-math.inf, math.inf)

    def above(self, x: float) -> tuple[int, int]:
        """Lower and upper bound of how many values exceed x; equal from the floor on."""
        seen = len(self.values) - int(np.searchsorted(self.values, x, side="right"))
        return seen, seen + (self.runs - len(self.values) if x < self.floor else 0)

    def limits(self, x: float, level: Fraction) -> tuple[Fraction, Fraction]:
        """L <= P(metric > x | group) <= U, each wrong with probability at most ``level``."""
        if x >= self.reach[1]:
            return ZERO, ZERO
        if x < self.reach[0]:
            return ONE, ONE
        if not self.runs:
            return ZERO, ONE
        few, many = self.above(x)
        if self.exact:
            return Fraction(few, self.runs), Fraction(many, self.runs)
        low, high = lower(few, self.runs, level), upper(many, self.runs, level)
        return max(low - self.slack, ZERO), min(high + self.slack, ONE)

    def rough(self, x: float, level: float) -> tuple[float, float]:
        """``limits`` in floats, not certified: to find out where to look."""
        if self.exact or not self.runs or x >= self.reach[1] or x < self.reach[0]:
            settled = self.limits(x, ONE / 2)
            return float(settled[0]), float(settled[1])
        few, many = self.above(x)
        return _guess(few, self.runs, level), 1 - _guess(self.runs - many, self.runs, level)


def share(known: Sequence[Known], level: Fraction) -> Fraction:
    """The level of each one-sided limit."""
    return level / (2 * max(sum(1 for k in known if k.runs and not k.exact), 1))


def probability(known: Sequence[Known], rest: Fraction, x: float, level: Fraction) -> tuple[Fraction, Fraction]:
    """Limits of P(metric > x), certified, with confidence 1 - ``level`` for every x fixed in advance."""
    pairs = [(k.weight, k.limits(x, share(known, level))) for k in known]
    return sum((w[0] * p[0] for w, p in pairs), ZERO), min(sum((w[1] * p[1] for w, p in pairs), rest), ONE)


def estimate(known: Sequence[Known], x: float) -> float:
    """The unbiased estimate of P(metric > x) in the strata that are known."""
    found = 0.0
    for k in known:
        settled = x >= k.reach[1] or x < k.reach[0] or not k.runs
        p = float(k.limits(x, ONE / 2)[0]) if settled else k.above(x)[0] / k.runs
        found += float(sum(k.weight)) / 2 * p
    return found


def band(known: Sequence[Known], rest: Fraction, delta: Fraction, level: Fraction) -> tuple[float, float, float]:
    """(lower, estimate, upper) of the (1 - delta)-quantile; -inf or +inf where nothing is certain."""
    ends = [x for k in known for x in k.reach if math.isfinite(x)]
    points = np.unique(np.concatenate([*(k.values for k in known), np.array(ends, float)]))
    one = float(share(known, level))

    def rough(i: int, side: int) -> float:
        total = sum(float(sum(k.weight)) / 2 * k.rough(points[i], one)[side] for k in known)
        return total + (float(rest) if side else 0.0)

    def at(i: int, side: int) -> Fraction:
        return probability(known, rest, float(points[i]) if i >= 0 else -math.inf, level)[side]

    last = len(points)
    top = first(lambda i: rough(i, 1) < delta, 0, last)
    while top < last and not at(top, 1) < delta:
        top += 1
    low = first(lambda i: not rough(i, 0) > delta, 0, last)
    while low >= 0 and not at(low - 1, 0) > delta:  # all x < points[low] have the counts of points[low - 1] or more
        low -= 1
    middle = first(lambda i: estimate(known, float(points[i])) <= delta, 0, last)
    padded = [*points.tolist(), math.inf]
    return (padded[low] if low >= 0 else -math.inf), padded[middle], padded[top]
