"""What is kept of a long run: counts in fine bins and the largest values, whatever the number of trajectories.

A bin holds the floats that share sign, exponent and the first eight bits of the mantissa, so its ends differ by 1/256
or less.  Counts are exact, the ``KEPT`` largest values are exact too, and both merge: any cut into chunks gives the
same summary.  Quantiles have distribution-free bands (``verify.statistics.quantile``): exact order statistics in the
tail, ends of bins elsewhere.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from verify.statistics.quantile import Band, ranks

KEPT = 2**10
_SHIFT = np.uint64(44)
_INFINITE = 0x7FF00  # the bin of +inf, the last one


@dataclass(frozen=True)
class Summary:
    """Of ``runs`` values >= 0 (+inf where a trajectory left the numbers): bins with their counts, the largest values in
    falling order, and how many values exceed each threshold that was named before the run."""

    runs: int
    counts: tuple[tuple[int, int], ...]  # (bin, count), sorted
    largest: tuple[float, ...]
    exceeded: tuple[tuple[float, int], ...] = ()  # (threshold, count), sorted

    @property
    def sound(self) -> bool:
        """Whether counts, values and their numbers belong together."""
        counts, tail = dict(self.counts), Counter(_bins(np.array(self.largest, float)).tolist())
        full = sum(counts.values()) == self.runs and len(self.largest) == min(KEPT, self.runs)
        falling = all(a >= b for a, b in pairwise(self.largest))
        possible = all(low <= n <= high for x, n in self.exceeded for low, high in [self._between(x)])
        return full and falling and possible and all(counts.get(b, 0) >= n for b, n in tail.items())

    def like(self, other: Summary) -> bool:
        """Whether the thresholds are the same."""
        return [x for x, _ in self.exceeded] == [x for x, _ in other.exceeded]

    def above(self, threshold: float) -> tuple[int, int]:
        """Lower and upper bound of how many values exceed the threshold; equal if it was named before the run or lies
        among the largest values."""
        known = dict(self.exceeded).get(threshold)
        return self._between(threshold) if known is None else (known, known)

    def _between(self, threshold: float) -> tuple[int, int]:
        tail = sum(x > threshold for x in self.largest)
        if tail < len(self.largest) or len(self.largest) == self.runs:
            return tail, tail
        place = _bins(np.array([threshold]))[0]
        sure = sum(n for b, n in self.counts if b > place)
        return max(sure, tail), sure + sum(n for b, n in self.counts if b == place)


def summarise(values: np.ndarray, thresholds: Iterable[float] = ()) -> Summary:
    """Of an array of values >= 0; ValueError for a negative number or nan."""
    if not (values >= 0).all():
        raise ValueError("expected values >= 0")
    bins = _bins(values).astype(np.int64)
    lowest = bins.min(initial=_INFINITE)
    counts = np.bincount(bins - lowest)  # a few MiB at most, and faster than to sort
    found = np.flatnonzero(counts)
    keep = min(KEPT, len(values))
    largest = np.sort(np.partition(values, len(values) - keep)[len(values) - keep :])[::-1] if keep else values
    pairs = tuple(zip((found + lowest).tolist(), counts[found].tolist(), strict=True))
    exceeded = tuple((x, int(np.count_nonzero(values > x))) for x in sorted(set(thresholds)))
    return Summary(len(values), pairs, tuple(largest.tolist()), exceeded)


def _bins(values: np.ndarray) -> np.ndarray:
    return (values + 0.0).view(np.uint64) >> _SHIFT  # + 0.0: no -0


def merge(a: Summary, b: Summary) -> Summary:
    """The summary of both samples, with the same thresholds; commutative and associative."""
    if not a.like(b):
        raise ValueError("expected summaries with the same thresholds")
    if not a.runs or not b.runs:
        return a if a.runs else b
    counts = Counter(dict(a.counts))
    counts.update(dict(b.counts))
    largest = sorted((*a.largest, *b.largest), reverse=True)[:KEPT]
    exceeded = Counter(dict(a.exceeded))
    exceeded.update(dict(b.exceeded))
    return Summary(a.runs + b.runs, tuple(sorted(counts.items())), tuple(largest), tuple(sorted(exceeded.items())))


def empty(thresholds: Iterable[float] = ()) -> Summary:
    """Of no values."""
    return Summary(0, (), (), tuple((x, 0) for x in sorted(set(thresholds))))


def quantile(s: Summary, delta: Fraction, level: Fraction) -> Band:
    """A band for the (1 - delta)-quantile with confidence 1 - level; the estimate is the upper end of a bin, or exact.

    Raises ValueError for an empty summary.
    """
    if not s.runs:
        raise ValueError("expected at least one run")
    low, high = ranks(s.runs, delta, level)
    middle = math.ceil((1 - delta) * s.runs)
    return Band(_order(s, low, upper=False), _order(s, middle, upper=True), _order(s, high, upper=True), low, high)


def _order(s: Summary, rank: int, upper: bool) -> float:
    """The order statistic of that rank (1 is the smallest), or the end of its bin; -inf and +inf outside."""
    if rank <= 0:
        return -math.inf
    if rank > s.runs:
        return math.inf
    from_top = s.runs - rank
    if from_top < len(s.largest):
        return s.largest[from_top]
    seen = 0
    for b, n in s.counts:
        seen += n
        if seen >= rank:
            return min(_edge(min(b + 1, _INFINITE)), s.largest[-1]) if upper else _edge(b)
    raise ValueError("the counts do not add up")


def _edge(b: int) -> float:
    return float(np.array([b << int(_SHIFT)], np.uint64).view(np.float64)[0])
