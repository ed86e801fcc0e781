"""Certified Clopper-Pearson limits (Clopper and Pearson, Biometrika 1934).

After ``count`` exceedances in ``runs`` independent runs with unknown probability p,

    lower_limit = sup { p : P(Bin(runs, p) >= count) < level },   P(lower_limit > p) <= level,
    upper_limit = inf { p : P(Bin(runs, p) <= count) < level },   P(upper_limit < p) <= level.

Both are one-sided at ``level``.  They are returned as dyadic rationals rounded outward, within 2^-60: the lower one
never above, the upper one never below the exact limit.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from verify.statistics.binomial import (
    check_count,
    compare_lower_tail,
    compare_upper_tail,
    first,
    probability,
)

RESOLUTION = 2**60


def _near(predicate: Callable[[int], bool], guess: float) -> int:
    """``first`` on [0, RESOLUTION]; an uncertified guess of the answer / RESOLUTION only saves evaluations."""
    centre = int(min(max(guess, 0.0), 1.0) * RESOLUTION)
    radius = max(centre >> 40, 1)
    while radius < RESOLUTION:
        left, right = max(centre - radius, 0), min(centre + radius, RESOLUTION)
        if not (left and predicate(left)) and predicate(right):
            return first(predicate, left, right)
        radius <<= 8
    return first(predicate, 0, RESOLUTION)


def lower_limit(count: int, runs: int, level: Fraction) -> Fraction:
    """One-sided lower confidence limit for the exceedance probability."""
    from scipy.special import betaincinv

    check_count(count, runs)
    level = probability("level", level)
    if count == 0:
        return Fraction(0)

    def excluded(m: int) -> bool:  # true from the first grid point above the limit on
        return compare_upper_tail(count, runs, Fraction(m, RESOLUTION), level) > 0

    guess = betaincinv(count, runs - count + 1, float(level))
    return Fraction(_near(excluded, guess) - 1, RESOLUTION)


def upper_limit(count: int, runs: int, level: Fraction) -> Fraction:
    """One-sided upper confidence limit for the exceedance probability."""
    from scipy.special import betaincinv

    check_count(count, runs)
    level = probability("level", level)
    if count == runs:
        return Fraction(1)

    def covers(m: int) -> bool:
        return compare_lower_tail(count, runs, Fraction(m, RESOLUTION), level) <= 0

    guess = 1 - betaincinv(runs - count, count + 1, float(level))
    return Fraction(_near(covers, guess), RESOLUTION)
