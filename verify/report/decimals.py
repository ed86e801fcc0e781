"""Rationals as decimals, rounded to the side that is asked for; never through a float."""

from __future__ import annotations

import math
from fractions import Fraction

from verify.constants.decimals import magnitude


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
