"""What an attack can detect: the probability that a true exceedance rate p is declared VIOLATED."""

from __future__ import annotations

from fractions import Fraction

from flint import ctx

from verify.statistics.binomial import check_count, compare_upper_tail, first, probability, upper_tail


def critical_count(runs: int, delta: Fraction, level: Fraction) -> int:
    """The smallest number of exceedances that is VIOLATED; runs + 1 if none is."""
    check_count(0, runs)
    delta, level = probability("delta", delta), probability("level", level)
    return first(lambda k: compare_upper_tail(k, runs, delta, level) < 0, 0, runs + 1)


def power(rate: Fraction, runs: int, delta: Fraction, level: Fraction) -> tuple[Fraction, Fraction]:
    """Certified lower <= P(VIOLATED) <= upper when every run exceeds independently with probability ``rate``."""
    rate = probability("rate", rate, closed=True)
    k = critical_count(runs, delta, level)
    with ctx.workprec(128):
        tail = upper_tail(k, runs, rate)
        ends = (end.man_exp() for end in (tail.lower(), tail.upper()))
        lower, upper = (Fraction(int(m)) * Fraction(2) ** int(e) for m, e in ends)
    return max(lower, Fraction(0)), min(upper, Fraction(1))
