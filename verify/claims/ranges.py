"""Sets of tail indices: where a rational function of alpha is nonnegative on (1, 2], exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm

from flint import fmpq, fmpq_poly

from bounds.exponents import Exponent, Poly, bernstein

LOW, HIGH = Fraction(1), Fraction(2)


class Undecided(ValueError):
    """The sign of a polynomial on (1, 2] was not decided exactly."""


@dataclass(frozen=True)
class Interval:
    """An interval of alphas with rational ends; a point has equal, closed ends."""

    low: Fraction
    high: Fraction
    low_closed: bool
    high_closed: bool

    def __str__(self) -> str:
        if self.low == self.high:
            return f"alpha = {self.low}"
        left, right = "[" if self.low_closed else "(", "]" if self.high_closed else ")"
        return f"alpha in {left}{self.low}, {self.high}{right}"


@dataclass(frozen=True)
class Range:
    """A subset of (1, 2]: disjoint intervals in increasing order."""

    intervals: tuple[Interval, ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.intervals)) or "no alpha"

    @property
    def everything(self) -> bool:
        return self == ALL

    def __contains__(self, alpha: Fraction) -> bool:
        return any(
            i.low < alpha < i.high or (alpha == i.low and i.low_closed) or (alpha == i.high and i.high_closed)
            for i in self.intervals
        )


ALL = Range((Interval(LOW, HIGH, False, True),))
NONE = Range(())


def where_nonneg(e: Exponent) -> Range:
    """The alphas in (1, 2] with e(alpha) >= 0.

    Rational zeros are split off; what remains must have a Bernstein form of one sign, so that the sign between two
    zeros is constant and one exact evaluation decides it.  Raises ``Undecided`` otherwise.

    >>> from bounds.exponents import exponent
    >>> print(where_nonneg(exponent([-6, 5], [-2, 3])))
    alpha in [6/5, 2]
    """
    if _sign(e.den) is None:
        raise Undecided(f"the denominator of {e} may vanish in (1, 2]")
    zeros = _zeros(e.num)
    ends = sorted({LOW, HIGH, *zeros})
    out: list[Interval] = []
    for low, high in pairwise(ends):
        if e.at((low + high) / 2) >= 0:
            out.append(Interval(low, high, low != LOW, True))
        elif e.at(high) >= 0:
            out.append(Interval(high, high, True, True))
    return Range(_joined([i for i in out if i.high > LOW]))


def _joined(parts: list[Interval]) -> tuple[Interval, ...]:
    """Neighbours that touch are one interval: every inner end is a zero and belongs to the set."""
    out: list[Interval] = []
    for part in parts:
        if out and out[-1].high == part.low:
            out[-1] = Interval(out[-1].low, part.high, out[-1].low_closed, part.high_closed)
        else:
            out.append(part)
    return tuple(out)


def _zeros(p: Poly) -> list[Fraction]:
    """The zeros in [1, 2], all rational or an error."""
    if not p:
        return []
    scale = lcm(*(c.denominator for c in p))
    _, factors = fmpq_poly([fmpq(int(c * scale)) for c in p]).numer().factor()
    zeros = []
    for factor, _ in factors:
        coefficients = tuple(Fraction(int(c)) for c in factor.coeffs())
        if len(coefficients) == 2:
            root = -coefficients[0] / coefficients[1]
            if LOW <= root <= HIGH:
                zeros.append(root)
        elif len(coefficients) > 2 and _sign(coefficients) is None:
            raise Undecided(f"the polynomial with coefficients {coefficients} may have an irrational zero in (1, 2]")
    return zeros


def _sign(p: Poly) -> int | None:
    """The sign of p on (1, 2], if its Bernstein coefficients show it."""
    for sign in (1, -1):
        coefficients = bernstein(tuple(sign * c for c in p))
        if min(coefficients) >= 0 and coefficients[-1] > 0:
            return sign
    return None
