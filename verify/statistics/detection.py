"""What an attack can detect: the probability that a true exceedance rate p is declared VIOLATED."""

from __future__ import annotations

import math
from fractions import Fraction

from flint import ctx

from verify.statistics.binomial import check_count, compare_upper_tail, first, probability, upper_tail
from verify.statistics.sequence import excluded


def critical_count(runs: int, delta: Fraction, level: Fraction) -> int:
    """The smallest number of exceedances that is VIOLATED; runs + 1 if none is."""
    check_count(0, runs)
    delta, level = probability("delta", delta), probability("level", level)
    return first(lambda k: compare_upper_tail(k, runs, delta, level) < 0, 0, runs + 1)


def sequential_critical_count(runs: int, delta: Fraction, level: Fraction) -> int:
    """The smallest number of exceedances in ``runs`` that is VIOLATED by the confidence sequence; runs + 1 if none."""
    above = math.floor(delta * runs) + 1
    return first(lambda k: k > runs or excluded(delta, k, runs, level), min(above, runs + 1), runs + 1)


def at_least(k: int, runs: int, rate: Fraction) -> tuple[Fraction, Fraction]:
    """Certified lower <= P(Bin(runs, rate) >= k) <= upper."""
    with ctx.workprec(128):
        tail = upper_tail(k, runs, rate)
        ends = (end.man_exp() for end in (tail.lower(), tail.upper()))
        lower, upper = (Fraction(int(m)) * Fraction(2) ** int(e) for m, e in ends)
    return max(lower, Fraction(0)), min(upper, Fraction(1))


def power(rate: Fraction, runs: int, delta: Fraction, level: Fraction) -> tuple[Fraction, Fraction]:
    """Certified lower <= P(VIOLATED) <= upper when every run exceeds independently with probability ``rate``."""
    return at_least(critical_count(runs, delta, level), runs, probability("rate", rate, closed=True))


def sequential_power(rate: Fraction, runs: int, delta: Fraction, level: Fraction) -> Fraction:
    """A certified lower bound of P(VIOLATED) for the confidence sequence and at most ``runs`` runs, rate > delta.

    At the last look the count is large enough with the binomial probability, and by then the attack was SUPPORTED
    with probability at most ``level``.
    """
    k = sequential_critical_count(runs, delta, level)
    return max(at_least(k, runs, probability("rate", rate, closed=True))[0] - level, Fraction(0))
