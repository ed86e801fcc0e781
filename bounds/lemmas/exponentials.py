"""Exponentials of numbers between numbers: from one inequality near 0, squared again and again and rounded."""

from __future__ import annotations

from fractions import Fraction

from bounds.lemmas.rounding import down, up
from bounds.script import Line, Script
from bounds.terms import Term, eq, le, mk, num

TIMES = 10  # how often an argument is halved
DIGITS = 10**12


def above(x: Fraction) -> Fraction:
    """A rational >= exp(x), x >= 0: what ``exp_le`` proves."""
    return _above(x)[-1]


def below(x: Fraction) -> Fraction:
    """A rational <= exp(x), x >= 0: what ``exp_ge`` proves."""
    return _below(x)[-1]


def _above(x: Fraction) -> list[Fraction]:
    small = x / 2**TIMES
    found = [up(1 + small + small**2 / (2 - 2 * small / 3), DIGITS)]
    for _ in range(TIMES):
        found.append(up(found[-1] ** 2, DIGITS))
    return found


def _below(x: Fraction) -> list[Fraction]:
    found = [down(1 + x / 2**TIMES, DIGITS)]
    for _ in range(TIMES):
        found.append(down(found[-1] ** 2, DIGITS))
    return found


def exp_le(s: Script, x: Fraction) -> Line:
    """exp(x) <= above(x): exp(y) <= 1 + y + y^2/(2 - 2y/3) at y = x/2^10, then squares."""
    bounds, small = _above(x), x / 2**TIMES
    series = s.exp_bernstein(s.combine(le(0, num(small))))
    line = s.combine(le(exp(small), bounds[0]), (series, 1 / (2 - 2 * small / 3)))
    for k, bound in enumerate(bounds[1:]):
        half, whole = small * 2**k, small * 2 ** (k + 1)
        line = s.combine(le(exp(whole), bound), (_doubled(s, half), -1), (line, exp(half) + bounds[k]))
    return line


def exp_ge(s: Script, x: Fraction) -> Line:
    """below(x) <= exp(x): 1 + y <= exp(y) at y = x/2^10, then squares."""
    bounds, small = _below(x), x / 2**TIMES
    line = s.combine(le(bounds[0], exp(small)), s.exp_tangent(num(small)))
    for k, bound in enumerate(bounds[1:]):
        half, whole = small * 2**k, small * 2 ** (k + 1)
        line = s.combine(le(bound, exp(whole)), (_doubled(s, half), 1), (line, exp(half) + bounds[k]))
    return line


def exp_neg_le(s: Script, x: Fraction) -> Line:
    """exp(-x) <= 1/below(x)."""
    least, minus = below(x), exp(-x)
    unit = s.exp_add(num(x), num(-x))  # exp(x) exp(-x) = 1
    return s.combine(le(minus, 1 / least), (exp_ge(s, x), minus / least), (unit, 1 / least))


def exp(x: Fraction) -> Term:
    return mk("exp", num(x))


def _doubled(s: Script, x: Fraction) -> Line:
    """exp(x) exp(x) = exp(2 x)."""
    return s.combine(eq(exp(x) * exp(x), exp(2 * x)), s.exp_add(num(x), num(x)))
