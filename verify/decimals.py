"""Rationals as decimals, rounded to the side that is asked for; never through a float."""

from __future__ import annotations

import math
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


def finite(x: Fraction) -> str:
    """The decimal expansion of a rational that has a finite one; ValueError for any other.

    >>> finite(Fraction(3, 2)), finite(Fraction(12, 10**30)), finite(Fraction(10**6))
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
    return Enclosure(finite(rounded(lower, False, digits)), finite(rounded(upper, True, digits)))


def decimal(x: Fraction, digits: int = 5, up: bool = True) -> str:
    """``x`` with so many significant decimal digits, never below x (``up``) or never above it.

    >>> decimal(Fraction(1, 3)), decimal(Fraction(1, 3), up=False), decimal(Fraction(-2, 3)), decimal(Fraction(10**9))
    ('0.33334', '0.33333', '-0.66666', '1000000000')
    >>> decimal(Fraction(1, 3 * 10**7), 3), decimal(Fraction(99999, 10**5), 2), decimal(Fraction(10**15 + 1), 3)
    ('3.34e-8', '1', '1.01e15')
    """
    if x == 0:
        return "0"
    sign, size = ("-", -x) if x < 0 else ("", x)
    place = magnitude(size) - digits + 1  # of the last digit kept
    scaled = size / Fraction(10) ** place
    whole = -(-scaled.numerator // scaled.denominator) if up == (x > 0) else scaled.numerator // scaled.denominator
    return sign + _write(whole, place)


def shown(x: float | str | Fraction, digits: int, up: bool) -> str:
    """``decimal`` of a number that may be infinite.

    >>> shown(float("inf"), 3, True), shown(0.25, 1, False), shown("0.25", 1, True)
    ('inf', '0.2', '0.3')
    """
    return str(x) if math.isinf(float(x)) else decimal(Fraction(x), digits, up)


def within(low: float | str | Fraction, high: float | str | Fraction, digits: int = 3) -> str:
    """An interval, its ends rounded outward.

    >>> within(0.12349, "0.5671")
    '[0.123, 0.568]'
    """
    return f"[{shown(low, digits, up=False)}, {shown(high, digits, up=True)}]"


def plain(x: Fraction) -> str:
    """An exact rational as a decimal if it is a short one, else as a ratio.

    >>> plain(Fraction(1, 100)), plain(Fraction(1, 3)), plain(Fraction(10000))
    ('0.01', '1/3', '10000')
    """
    for digits in (6, 12, 30):
        text = decimal(x, digits)
        if Fraction(text) == x:
            return text
    return str(x)


def _write(whole: int, place: int) -> str:
    """whole * 10^place; trailing zeros dropped, an exponent where plain digits would be long."""
    while whole and whole % 10 == 0:
        whole, place = whole // 10, place + 1
    digits = str(whole)
    point = len(digits) + place  # position of the decimal point after the first digit's start
    if place >= 0 and point <= 12:
        return digits + "0" * place
    if 0 < point <= 12:
        return f"{digits[:point]}.{digits[point:]}"
    if -4 <= point <= 0:
        return "0." + "0" * -point + digits
    return f"{digits[0]}{'.' + digits[1:] if len(digits) > 1 else ''}e{point - 1}"
