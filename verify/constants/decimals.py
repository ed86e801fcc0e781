"""Rounding of exact rationals to a few significant decimal digits, in a chosen direction."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

DIGITS = 12


class Enclosure(NamedTuple):
    """Two decimal strings; the number lies between them."""

    lower: str
    upper: str


def rounded(x: Fraction, up: bool, digits: int = DIGITS) -> Fraction:
    """The nearest number with that many significant digits that is >= x (``up``), or <= x.

    >>> rounded(Fraction(2, 3), up=True, digits=3), rounded(Fraction(-2, 3), up=True, digits=3)
    (Fraction(667, 1000), Fraction(-333, 500))
    """
    if x == 0:
        return x
    scale = Fraction(10) ** (digits - 1 - magnitude(abs(x)))
    n = x * scale
    return (-(-n.numerator // n.denominator) if up else n.numerator // n.denominator) / scale


def magnitude(x: Fraction) -> int:
    """k with 10^k <= x < 10^(k+1), for x > 0."""
    k = len(str(x.numerator)) - len(str(x.denominator))
    return k if x >= Fraction(10) ** k else k - 1


def decimal(x: Fraction) -> str:
    """The decimal expansion of a rational that has a finite one.

    >>> decimal(Fraction(3, 2)), decimal(Fraction(12, 10**30)), decimal(Fraction(10**6))
    ('1.5', '1.2e-29', '1000000')
    """
    n, places = x.numerator, 0
    while n * 10**places % x.denominator:
        places += 1
        if 2**places > x.denominator:
            raise ValueError(f"{x} has no finite decimal expansion")
    exact = Decimal(n * 10**places // x.denominator).scaleb(-places)
    return f"{exact:f}" if -8 < exact.adjusted() < 21 else str(exact).lower()


def outward(lower: Fraction, upper: Fraction, digits: int = DIGITS) -> Enclosure:
    """The shortest enclosure with that many digits that contains [lower, upper].

    >>> outward(Fraction(1, 3), Fraction(1, 3), 4)
    Enclosure(lower='0.3333', upper='0.3334')
    """
    return Enclosure(decimal(rounded(lower, False, digits)), decimal(rounded(upper, True, digits)))
