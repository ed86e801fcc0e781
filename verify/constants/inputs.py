"""Exact numbers from the caller: int, Fraction, or a string such as "1.5", "1e-6", "3/2"; never a float."""

from __future__ import annotations

import re
from fractions import Fraction

DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
RATIO = re.compile(r"[+-]?[0-9]+/0*[1-9][0-9]*")
MAX_DIGITS = 100  # of a numerator or denominator
TINY_DELTA = 400  # the same for delta
FINITE = 'a finite number such as "1.5" or "3/2"'


class BadInput(ValueError):
    """A number that cannot be used: what was expected, what was given, what to try."""


def exact(name: str, x: object, digits: int = MAX_DIGITS, expected: str = FINITE) -> Fraction:
    """The rational number that was written."""
    if isinstance(x, float):
        raise TypeError(f'{name}: expected an exact number, got the float {x!r}; write a string such as "{x!r}"')
    if isinstance(x, bool) or not isinstance(x, int | Fraction | str):
        raise TypeError(f'{name}: expected an int, a Fraction or a string such as "1.5", got {type(x).__name__}')
    if isinstance(x, str):
        written = x.strip()
        if len(written) > 2 * digits or not (DECIMAL.fullmatch(written) or RATIO.fullmatch(written)):
            raise BadInput(f"{name}: expected {expected}, got {_short(x)}")
        x = written
    value = Fraction(x)
    if max(abs(value.numerator), value.denominator) > 10**digits:
        raise BadInput(
            f"{name}: expected at most {digits} digits above and below the fraction bar; try a rounder number"
        )
    return value


def alpha(x: object) -> Fraction:
    value = exact("alpha", x)
    return _within("alpha", value, 1 < value <= 2, "a tail index in (1, 2]", "1.5")


def delta(x: object) -> Fraction:
    value = exact("delta", x, TINY_DELTA)
    return _within("delta", value, 0 < value < 1, "a probability in (0, 1)", "0.01")


def positive(name: str, x: object) -> Fraction:
    value = exact(name, x)
    return _within(name, value, value > 0, "a number > 0", "1")


def nonnegative(name: str, x: object, expected: str = "a number >= 0") -> Fraction:
    value = exact(name, x, expected=expected)
    return _within(name, value, value >= 0, expected, "1")


def share(name: str, x: object, positive: bool = False) -> Fraction:
    """A number in [0, 1), or in (0, 1)."""
    value = exact(name, x)
    good = 0 < value < 1 if positive else 0 <= value < 1
    return _within(name, value, good, f"a number in {'(' if positive else '['}0, 1)", "0.9")


def count(name: str, x: object) -> int:
    """An integer >= 1."""
    value = exact(name, x)
    return int(_within(name, value, value >= 1 and value.denominator == 1, "an integer >= 1", "10000"))


def _within(name: str, value: Fraction, good: bool, expected: str, example: str) -> Fraction:
    if not good:
        raise BadInput(f'{name}: expected {expected}, got {_short(str(value))}; try {name}="{example}"')
    return value


def _short(x: str) -> str:
    return repr(x if len(x) <= 40 else x[:37] + "...")
