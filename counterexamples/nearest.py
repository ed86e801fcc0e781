"""The float next to a real number: a value that every machine and every version of a library agrees on."""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, ctx

BITS = (128, 256, 512, 1024, 2048)  # of working precision, one after the other


def nearest(number: Callable[[], arb]) -> float:
    """The float to which all of the ball ``number()`` is rounded, at the first precision at which there is one.

    ArithmeticError where there is none: the number is, or seems to be, half way between two floats.
    """
    for bits in BITS:
        with ctx.workprec(bits):
            found = number()
            low, high = float(found.lower()), float(found.upper())
        if low == high:
            return low
    raise ArithmeticError(f"expected a number that rounds to one float, got {found}")
