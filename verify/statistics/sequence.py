"""An anytime-valid confidence sequence for a Bernoulli rate: look as often as you like, stop when decided.

Under rate p the mixture of likelihood ratios over a Beta(1/2, 1/2) prior,

    M_n(p) = int q^k (1-q)^(n-k) dBeta(q) / (p^k (1-p)^(n-k)) = B(k + 1/2, n - k + 1/2) / (B(1/2, 1/2) p^k (1-p)^(n-k)),

k exceedances in the first n runs, is a nonnegative martingale from 1.  By Ville's inequality

    C_n = { p : M_n(p) < 1/level }     contains the true p for all n at once with probability >= 1 - level.

C_n is an interval around k/n, because log M_n is convex in p with its minimum there.  (Robbins 1970; Howard, Ramdas,
McAuliffe, Sekhon, Ann. Statist. 2021, Proposition 7.)  Decisions are certified in balls: "excluded" is only said if it
is certain, and limits are rounded outward.
"""

from __future__ import annotations

from fractions import Fraction

from flint import arb, ctx

from verify.statistics.binomial import ball, check_count, first, probability
from verify.statistics.interval import RESOLUTION
from verify.statistics.verdict import INCONCLUSIVE, SUPPORTED, VIOLATED, shifted

_PRECISIONS = (64, 128, 256)  # bits; still undecided: not excluded
_HALF = arb(0.5)


def excluded(rate: Fraction, exceedances: int, runs: int, level: Fraction) -> bool:
    """Whether M_n(rate) >= 1/level certainly: then ``rate`` lies outside C_n."""
    check_count(exceedances, runs)
    rate, level = probability("rate", rate, closed=True), probability("level", level)
    others = runs - exceedances
    if rate in (0, 1):
        return bool(exceedances) if rate == 0 else bool(others)
    for precision in _PRECISIONS:
        with ctx.workprec(precision):
            mixture = (
                (_HALF + exceedances).lgamma() + (_HALF + others).lgamma() - arb(runs + 1).lgamma() - arb.pi().log()
            )
            null = exceedances * ball(rate).log() + others * ball(1 - rate).log()
            evidence = mixture - null + ball(level).log()
            if evidence >= 0:
                return True
            if evidence < 0:
                return False
    return False


def sequential_status(exceedances: int, runs: int, delta: Fraction, level: Fraction, away: Fraction | int = 0) -> str:
    """The verdict about P(exceedance) <= delta, valid whenever it is asked.

    VIOLATED if C_n lies above delta, SUPPORTED if it lies below, INCONCLUSIVE otherwise; the probability that any
    look ever gives a wrong VIOLATED or SUPPORTED is at most ``level``.  ``away``: see ``verdict``.
    """
    low, high = shifted(delta, away)
    if exceedances > high * runs and excluded(high, exceedances, runs, level):
        return VIOLATED
    if low > 0 and exceedances < low * runs and excluded(low, exceedances, runs, level):
        return SUPPORTED
    return INCONCLUSIVE


def sequential_limits(exceedances: int, runs: int, level: Fraction) -> tuple[Fraction, Fraction]:
    """Rational ends of an interval that contains C_n, each within 2^-60 of C_n's."""

    def inside(m: int) -> bool:
        return not excluded(Fraction(m, RESOLUTION), exceedances, runs, level)

    centre = exceedances * RESOLUTION // runs
    if not inside(centre):  # k/n between two grid points and C_n shorter than their distance
        return Fraction(centre, RESOLUTION), Fraction(centre + 1, RESOLUTION)
    low = first(inside, 0, centre)
    high = first(lambda m: not inside(m), centre, RESOLUTION + 1) if not inside(RESOLUTION) else RESOLUTION + 1
    return Fraction(max(low - 1, 0), RESOLUTION), Fraction(min(high, RESOLUTION), RESOLUTION)


def fewest_runs(delta: Fraction, level: Fraction) -> int:
    """The number of runs after which no exceedance at all is SUPPORTED."""
    low, high = 1, 2
    while not excluded(delta, 0, high, level):
        low, high = high, 2 * high
    return first(lambda n: excluded(delta, 0, n, level), low, high)
