"""Interval arithmetic on rationals, every operation rounded outward (standard library only).

A value is an exact ``Fraction`` for as long as it can be a short one, else an interval whose ends have few bits.
``up`` chooses the direction of a rounding: a function with that argument returns a number that is >= the exact
result if ``up``, else one that is <= it.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import NamedTuple

EXACT_BITS = 4096  # rationals longer than this become intervals
LIMIT = 1 << 16  # exp is not evaluated above


class Unclear(Exception):
    """The question cannot be decided at this precision."""


class Interval(NamedTuple):
    lo: Fraction
    hi: Fraction


Value = Fraction | Interval


def over(n: int, d: int, up: bool) -> int:
    """n / d for d > 0, rounded to an integer."""
    return -(-n // d) if up else n // d


def scaled(x: Fraction, places: int, up: bool) -> int:
    """2^places x, rounded to an integer."""
    return over(x.numerator << max(places, 0), x.denominator << max(-places, 0), up)


def rounded(x: Fraction, bits: int, up: bool) -> Fraction:
    """x with about that many significant bits."""
    places = bits - x.numerator.bit_length() + x.denominator.bit_length()
    return Fraction(scaled(x, places, up) << max(-places, 0), 1 << max(places, 0))


def exp(x: Fraction, bits: int, up: bool) -> Fraction:
    """e^x: for x >= 0, Taylor's series at t = x / 2^k < 2^-7, then k squarings."""
    if x < -LIMIT:
        return Fraction(up, 1 << LIMIT)
    if x < 0:
        return 1 / exp(-x, bits, not up)
    if x > LIMIT:
        raise Unclear(f"exp of a number above {LIMIT}")
    k = max(x.numerator.bit_length() - x.denominator.bit_length() + 8, 0)
    w = bits + k + 24
    t, term, total = scaled(x, w - k, up), 1 << w, 1 << w
    for i in range(1, w // 7 + 3):
        term = over(term * t, i << w, up)
        total += term
    total += term if up else 0  # the tail: each further term is less than half of the one before
    power = Fraction(total, 1 << w)
    for _ in range(k):
        power = rounded(power * power, w, up)
    return power


def atanh(t: Fraction, w: int, up: bool) -> int:
    """2^w atanh(t) for 0 <= t <= 1/3: the series t + t^3/3 + ..., its tail at most twice its next power."""
    power, square, total = scaled(t, w, up), scaled(t * t, w, up), 0
    for k in range(w // 3 + 2):
        total += over(power, 2 * k + 1, up)
        power = over(power * square, 1 << w, up)
    return total + 2 * power if up else total


@cache
def ln2(w: int, up: bool) -> int:
    return 2 * atanh(Fraction(1, 3), w, up)


def ln(x: Fraction, bits: int, up: bool) -> Fraction:
    """ln x for x > 0: with x = f 2^k and 1 <= f < 2, it is k ln 2 + 2 atanh((f - 1)/(f + 1))."""
    w, k = bits + 16, x.numerator.bit_length() - x.denominator.bit_length()
    k -= x < Fraction(2) ** k
    f = x / Fraction(2) ** k
    return Fraction(k * ln2(w, up == (k >= 0)) + 2 * atanh((f - 1) / (f + 1), w, up), 1 << w)


class Arithmetic:
    """Operations on values with about ``bits`` significant bits in the ends of intervals."""

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def interval(self, x: Value) -> Interval:
        lo, hi = x if isinstance(x, Interval) else (x, x)
        return Interval(rounded(lo, self.bits, False), rounded(hi, self.bits, True))

    def _exact(self, x: Fraction) -> Value:
        short = max(x.numerator.bit_length(), x.denominator.bit_length()) <= EXACT_BITS
        return x if short else self.interval(x)

    def add(self, x: Value, y: Value) -> Value:
        if isinstance(x, Fraction) and isinstance(y, Fraction):
            return self._exact(x + y)
        a, b = self.interval(x), self.interval(y)
        return self.interval(Interval(a.lo + b.lo, a.hi + b.hi))

    def mul(self, x: Value, y: Value) -> Value:
        if isinstance(x, Fraction) and isinstance(y, Fraction):
            return self._exact(x * y)
        if 0 in (x, y):
            return Fraction(0)
        products = [s * t for s in self.interval(x) for t in self.interval(y)]
        return self.interval(Interval(min(products), max(products)))

    def inverse(self, x: Value) -> Value:
        if self.sign(x) == 0:
            raise ZeroDivisionError("inverse of 0")
        return self._exact(1 / x) if isinstance(x, Fraction) else self.interval(Interval(1 / x.hi, 1 / x.lo))

    def sign(self, x: Value) -> int:
        """The sign of x, when it is certain."""
        lo, hi = ((end > 0) - (end < 0) for end in (x if isinstance(x, Interval) else (x, x)))
        if lo != hi:
            raise Unclear("the sign is not decided")
        return lo

    def less_equal(self, x: Value, y: Value) -> bool:
        """Whether x <= y, when it is certain either way."""
        a, b = (z if isinstance(z, Interval) else Interval(z, z) for z in (x, y))
        if a.hi > b.lo and a.lo <= b.hi:
            raise Unclear("the comparison is not decided")
        return a.hi <= b.lo

    def less(self, x: Value, y: Value) -> bool:
        """Whether x < y, when it is certain either way."""
        return not self.less_equal(y, x)

    def exp(self, x: Value) -> Value:
        if x == 0:
            return Fraction(1)
        a = self.interval(x)
        return self.interval(Interval(exp(a.lo, self.bits, False), exp(a.hi, self.bits, True)))

    def ln(self, x: Value) -> Value:
        if self.sign(x) <= 0:
            raise ZeroDivisionError("ln of a number <= 0")
        if x == 1:
            return Fraction(0)
        a = self.interval(x)
        return self.interval(Interval(ln(a.lo, self.bits, False), ln(a.hi, self.bits, True)))

    def power(self, x: Value, e: Fraction) -> Value:
        """x^e; 0^0 = 1; refuses 0 to a negative power and a negative number to a power that is no integer."""
        if e == 0:
            return Fraction(1)
        if e.denominator == 1 and abs(e) <= 1 << 20:
            base = x if e > 0 else self.inverse(x)
            out: Value = Fraction(1)
            for digit in bin(abs(e.numerator))[2:]:
                out = self.mul(out, out)
                out = self.mul(out, base) if digit == "1" else out
            return out
        s = self.sign(x)
        if s > 0:
            return self.exp(self.mul(e, self.ln(x)))
        if s < 0 or e < 0:
            raise ZeroDivisionError(f"a number {'< 0' if s < 0 else '= 0'} to the power {e}")
        return Fraction(0)
