"""What a closed form for every tail index needs: numbers as parameters, A from below, k_alpha against two numbers."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from bounds.exponents import ALPHA
from bounds.script import Line, Script
from bounds.setting import K_ALPHA, ONE, TWO
from bounds.terms import Term, eq, le, lt, mk, num, par

A, delta = par("A"), par("delta")
LEAST = Fraction(69, 100)  # A = ln(2/delta) > ln 2 > 69/100
UP, DOWN = par("alpha") - 1, 2 - par("alpha")


class Known:
    """Parameters that are defined to be numbers, by the definitions named ``NAME_is``."""

    def __init__(self, s: Script, values: Mapping[str, Fraction]) -> None:
        self.s, self.values = s, values
        self.is_ = {name: s.given(f"{name}_is") for name in values}

    def square(self, name: str) -> Line:
        """name^2 = its number^2."""
        value = self.values[name]
        return self.s.combine(eq(par(name) ** 2, value**2), (self.is_[name], par(name) + value))

    def inverse(self, name: str) -> Line:
        """1/name = 1/its number."""
        value = self.values[name]
        return self.s.combine(eq(par(name) ** -1, 1 / value), (self.is_[name], -1 * par(name) ** -1 / value))


def definitions(values: Mapping[str, Fraction]) -> dict[str, Term]:
    """The definitions that ``Known`` reads."""
    return {f"{name}_is": eq(par(name), value) for name, value in values.items()}


def know_range(s: Script) -> None:
    """0 <= alpha - 1 and 0 <= 2 - alpha may be used as multipliers."""
    s.know(s.combine(le(0, UP), s.given("alpha_range_low")))
    s.know(s.combine(le(0, DOWN), s.given("alpha_range_high")))


def inverse_a_le(s: Script) -> Line:
    """1/A <= 100/69: if A <= x = 69/100, 1/2 < exp(-x) <= exp(-A) = delta/2, as exp(x) <= 1 + x + x^2/(2 - 2x/3)."""
    x, e = num(LEAST), mk("exp", num(LEAST))
    most = 1 + LEAST + LEAST**2 / (2 - 2 * LEAST / 3)
    series = s.exp_bernstein(s.combine(le(0, x)))
    small = s.combine(le(e, most), (series, 1 / (2 - 2 * LEAST / 3)))
    unit = s.exp_add(x, -x)  # exp(x) exp(-x) = 1
    half = s.exp_neg_ln(s.combine(lt(0, 2 / delta)))
    below = s.assume(le(A, x))
    reach = s.combine(le(-x, half.fact.args[0].args[0]), below, (s.given("confidence"), -1))
    thin = s.combine(le(mk("exp", -x), delta / 2), s.exp_mono(reach), half)
    room = s.combine(
        le(1, most / 2),
        (unit, -1),
        (small, mk("exp", -x)),
        (thin, most),
        (s.given("delta_range"), most / 2),
    )
    goal = le(LEAST, A)
    above = s.assume(lt(x, A))
    least = s.cases(le(A, x), s.absurd(room, goal), lt(x, A), s.combine(goal, above))
    return s.combine(le(A**-1, 1 / LEAST), (least, A**-1 / LEAST))


def k_alpha_le(s: Script, a: Fraction, b: Fraction) -> Line:
    """k_alpha a^(alpha-1) b^(2-alpha) <= max(b, a/4), with equality at both ends of the range of alpha for one of a, b.

    k_alpha = ((alpha-1)/alpha)^(alpha-1)/alpha, so by the weighted means the left side is at most
    ((alpha-1)^2 a + (2-alpha) alpha b)/alpha^2, and (alpha-1)^2 4 + (2-alpha) alpha = alpha^2 - 2 (alpha-1)(2-alpha).
    """
    alpha, alpha_m1 = par("alpha"), par("alpha_m1")
    most = max(b, a / 4)
    high, low = s.nonneg(UP), s.nonneg(DOWN)
    mean = s.amgm(s.combine(le(0, alpha_m1 * a / alpha)), s.combine(le(0, b)), ALPHA - ONE)
    chord = UP**2 * a + DOWN * alpha * b
    top = s.combine(
        le(chord, most * alpha**2),
        (low, (most - b) * alpha),
        (high, 2 * most * DOWN, s.combine(le(0, 2 * most * DOWN), (low, 2 * most))),
        squares=((4 * most - a, UP),),
    )
    left = K_ALPHA * num(a) ** (ALPHA - ONE) * num(b) ** (TWO - ALPHA)
    same = s.given("alpha_minus_one")
    return s.combine(
        le(left, most),
        (mean, alpha**-1),
        (same, UP * a * alpha**-2),
        (top, alpha**-2),
    )
