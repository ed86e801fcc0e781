"""Numbers of few digits on the safe side, where any number above, or below, will do."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor


def up(x: Fraction, scale: int = 10**9) -> Fraction:
    """The first multiple of 1/scale that is not below x."""
    return Fraction(ceil(x * scale), scale)


def down(x: Fraction, scale: int = 10**9) -> Fraction:
    """The last multiple of 1/scale that is not above x."""
    return Fraction(floor(x * scale), scale)
