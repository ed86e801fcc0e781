"""From a count to a verdict about the claim P(metric > bound) <= delta.

VIOLATED      the certified lower confidence limit exceeds delta,    P(VIOLATED) <= level if the claim is true;
SUPPORTED     the certified upper confidence limit is <= delta,      P(SUPPORTED) <= level if it is false;
INCONCLUSIVE  otherwise.

At most one of the two errors can be made, so each limit is one-sided at the full ``level``.

``away``: where the runs that were counted are only within this distance, in total variation, of runs of the claim,
their rate is within ``away`` of the claim's: VIOLATED is decided at delta + away, SUPPORTED at delta - away.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from verify.statistics.binomial import check_count, compare_lower_tail, compare_upper_tail, probability

SUPPORTED, VIOLATED, INCONCLUSIVE = "SUPPORTED", "VIOLATED", "INCONCLUSIVE"


def attack_status(exceedances: int, runs: int, delta: Fraction, level: Fraction, away: Fraction | int = 0) -> str:
    """The verdict; decided exactly, by inverting the tests at p = delta.

    lower limit > delta  iff  P(Bin(runs, delta) >= exceedances) < level,
    upper limit <= delta iff  P(Bin(runs, delta) <= exceedances) <= level.
    """
    check_count(exceedances, runs)
    delta, level = probability("delta", delta), probability("level", level)
    low, high = shifted(delta, away)
    if high < 1 and compare_upper_tail(exceedances, runs, high, level) < 0:
        return VIOLATED
    if low > 0 and compare_lower_tail(exceedances, runs, low, level) <= 0:
        return SUPPORTED
    return INCONCLUSIVE


def shifted(delta: Fraction, away: Fraction | int) -> tuple[Fraction, Fraction]:
    """delta - away and delta + away; ValueError for a negative distance."""
    if away < 0:
        raise ValueError(f"away: expected a number >= 0, got {away}")
    return delta - away, delta + away


def split_level(level: Fraction, attacks: int) -> Fraction:
    """The level of each of ``attacks`` verdicts such that all are right with probability >= 1 - level
    (Bonferroni: no independence is assumed)."""
    if isinstance(attacks, bool) or not isinstance(attacks, int) or attacks < 1:
        raise ValueError(f"attacks: expected an integer >= 1, got {attacks!r}")
    return probability("level", level) / attacks


def exceedances(values: Iterable[float], bound: Fraction | int) -> int:
    """How many values exceed the exact ``bound``; NaN and +inf exceed everything.

    A float exceeds a rational iff it exceeds the largest float not above that rational.
    """
    threshold = float(bound)
    if Fraction(threshold) > bound:
        threshold = math.nextafter(threshold, -math.inf)
    return sum(not value <= threshold for value in map(float, values))
