"""Numbers as a table prints them."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from verify.decimals import finite, rounded

NUMERAL = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:e(-?[1-9][0-9]*))?")


def printed(x: Fraction, digits: int) -> str:
    """``x`` >= 0 rounded up to exactly so many significant digits; trailing zeros are digits and stay.

    >>> printed(Fraction(1, 3), 4), printed(Fraction("0.26"), 4), printed(Fraction("0.99999"), 3)
    ('0.3334', '0.2600', '1.00')
    >>> printed(Fraction(123456), 4), printed(Fraction(1, 3 * 10**7), 2), printed(Fraction(0), 4)
    ('1.235e5', '3.4e-8', '0')
    """
    if x == 0:
        return "0"
    up = Decimal(finite(rounded(x, True, digits)))
    places = digits - 1 - up.adjusted()
    if places >= 0 and up.adjusted() >= -4:
        return f"{up:.{places}f}"
    return f"{up:.{digits - 1}e}".replace("e+", "e")


def last_unit(text: str) -> tuple[Fraction, int]:
    """One unit in the last digit of a printed number, and how many significant digits it has.

    ValueError for any other text.

    >>> last_unit("0.2600"), last_unit("1.235e5")
    ((Fraction(1, 10000), 4), (Fraction(100, 1), 4))
    """
    whole, places, exponent = parts(text)
    return Fraction(10) ** (exponent - len(places)), len((whole + places).lstrip("0"))


def parts(text: str) -> tuple[str, str, int]:
    """The digits before the point, those after it, and the exponent."""
    found = NUMERAL.fullmatch(text)
    if found is None or len(text) > 100:
        raise ValueError(f"{text[:40]!r} is no printed number")
    return found[1], found[2] or "", int(found[3] or 0)


def count(n: int) -> str:
    """A number of steps as one writes it: count(10000) is '1e4', count(2500000) is '25e5', count(250) is '250'."""
    digits = str(n)
    zeros = len(digits) - len(digits.rstrip("0"))
    return f"{digits[:-zeros]}e{zeros}" if zeros >= 3 else digits
