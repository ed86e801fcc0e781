"""Exponents: rational functions of the tail index ``alpha`` over Q, exact.

Powers such as ``lam^(1-alpha)`` or ``A^((alpha-1)/alpha)`` have exponents in Q(alpha); the domain of
``alpha`` is the half-open interval (1, 2].  Signs on that domain are decided by Bernstein coefficients,
which is a sufficient, exact test (no sampling).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import comb, lcm

Poly = tuple[Fraction, ...]  # coefficients, low degree first, no trailing zero


def _trim(p: Iterable[Fraction]) -> Poly:
    c = list(p)
    while c and c[-1] == 0:
        c.pop()
    return tuple(c)


def _add(p: Poly, q: Poly) -> Poly:
    n = max(len(p), len(q))
    return _trim((p[i] if i < len(p) else Fraction(0)) + (q[i] if i < len(q) else Fraction(0)) for i in range(n))


def _mul(p: Poly, q: Poly) -> Poly:
    out = [Fraction(0)] * (len(p) + len(q))
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            out[i + j] += a * b
    return _trim(out)


def _divmod(p: Poly, q: Poly) -> tuple[Poly, Poly]:
    rest, quot = list(p), [Fraction(0)] * max(len(p) - len(q) + 1, 0)
    while len(rest) >= len(q):
        c, k = rest[-1] / q[-1], len(rest) - len(q)
        quot[k] = c
        for i, b in enumerate(q):
            rest[k + i] -= c * b
        rest = list(_trim(rest))
    return _trim(quot), tuple(rest)


def _gcd(p: Poly, q: Poly) -> Poly:
    while q:
        p, q = q, _divmod(p, q)[1]
    return p


def bernstein(p: Poly) -> tuple[Fraction, ...]:
    """Bernstein coefficients of ``p`` on [1, 2]; all nonnegative implies ``p >= 0`` there."""
    n = len(p) - 1
    shifted = [sum((p[k] * comb(k, j) for k in range(j, n + 1)), Fraction(0)) for j in range(n + 1)]
    return tuple(
        sum((shifted[j] * Fraction(comb(i, j), comb(n, j)) for j in range(i + 1)), Fraction(0)) for i in range(n + 1)
    )


@dataclass(frozen=True)
class Exponent:
    """A reduced rational function num(alpha)/den(alpha), den monic.  Build with ``exponent``."""

    num: Poly
    den: Poly

    def __hash__(self) -> int:
        """That of the pair (num, den), computed once."""
        known: int | None = self.__dict__.get("_hash")
        if known is None:
            known = hash((self.num, self.den))
            object.__setattr__(self, "_hash", known)
        return known

    def __add__(self, other: Exponent) -> Exponent:
        return _sum(self, other)

    def __neg__(self) -> Exponent:
        return Exponent(tuple(-c for c in self.num), self.den)

    def __sub__(self, other: Exponent) -> Exponent:
        return self + (-other)

    def __mul__(self, other: Exponent) -> Exponent:
        return _product(self, other)

    def __truediv__(self, other: Exponent) -> Exponent:
        return _reduced(_mul(self.num, other.den), _mul(self.den, other.num))

    @property
    def constant(self) -> Fraction | None:
        """The value if it does not depend on alpha, else None."""
        if len(self.den) == 1 and len(self.num) <= 1:
            return self.num[0] if self.num else Fraction(0)
        return None

    def split(self) -> tuple[Exponent, Exponent]:
        """The polynomial part and the proper fraction whose sum it is."""
        whole, rest = _divmod(self.num, self.den)
        return _reduced(whole, (Fraction(1),)), _reduced(rest, self.den)

    def at(self, alpha: Fraction) -> Fraction:
        """The exact value at a rational alpha."""
        value = [sum((c * alpha**k for k, c in enumerate(p)), Fraction(0)) for p in (self.num, self.den)]
        return value[0] / value[1]

    def nonnegative(self) -> bool:
        """True only if the value is >= 0 for every alpha in (1, 2] (sufficient test)."""
        return _nonnegative(self)

    def __str__(self) -> str:
        """With whole coefficients: 2/3 alpha would read as 2/(3 alpha) or as (2/3) alpha."""
        common = lcm(*(c.denominator for c in (*self.num, *self.den)))
        num, den = (_show(tuple(c * common for c in p)) for p in (self.num, self.den))
        if den == "1":
            return num
        return f"({num})/({den})" if len(self.num) > 1 or len(self.den) > 1 else f"{num}/{den}"


# The same few exponents occur again and again; the records are immutable, so results may be kept.


@lru_cache(maxsize=2**16)
def _sum(a: Exponent, b: Exponent) -> Exponent:
    return _reduced(_add(_mul(a.num, b.den), _mul(b.num, a.den)), _mul(a.den, b.den))


@lru_cache(maxsize=2**16)
def _product(a: Exponent, b: Exponent) -> Exponent:
    return _reduced(_mul(a.num, b.num), _mul(a.den, b.den))


@lru_cache(maxsize=2**16)
def _nonnegative(e: Exponent) -> bool:
    if not e.num:
        return True
    for sign in (1, -1):
        den = bernstein(tuple(sign * c for c in e.den))
        if min(den) >= 0 and den[-1] > 0:
            return min(bernstein(tuple(sign * c for c in e.num))) >= 0
    return False


@lru_cache(maxsize=2**16)
def _reduced(num: Poly, den: Poly) -> Exponent:
    if not den:
        raise ZeroDivisionError("exponent with zero denominator")
    if not num:
        return Exponent((), (Fraction(1),))
    g = _gcd(num, den)
    num, den = _divmod(num, g)[0], _divmod(den, g)[0]
    lead = den[-1]
    return Exponent(tuple(c / lead for c in num), tuple(c / lead for c in den))


def exponent(num: Iterable[int | str | Fraction], den: Iterable[int | str | Fraction] = (1,)) -> Exponent:
    """num(alpha)/den(alpha) from coefficients, low degree first: ``exponent([1, -1])`` is 1 - alpha."""
    return _reduced(_trim(Fraction(c) for c in num), _trim(Fraction(c) for c in den))


@lru_cache(maxsize=2**16)
def fixed(value: int | Fraction) -> Exponent:
    """The exponent that is this number for every alpha."""
    return exponent([value])


def _show(p: Poly) -> str:
    powers = ("", "alpha", *(f"alpha^{k}" for k in range(2, len(p) + 1)))
    out = ""
    for k, c in reversed(list(enumerate(p))):
        if c:
            body = powers[k] if k and abs(c) == 1 else f"{abs(c)} {powers[k]}" if k else f"{abs(c)}"
            out += ("-" if c < 0 else "+" if out else "") + body
    return out or "0"


ALPHA = exponent([0, 1])
