"""The distance instead of its square: noise is weighed by the distance that it meets (a sharper theory, section 4.1).

    D_t = energy(t) + 2 sum over s < t of u_s gap_s,    F_t = max(D_t, R^2),    G_t = F_t^(1/2)

If one step says D_{t+1} <= D_t + w_t, then G_{t+1} <= G_t + w_t/(2 G_t), as the root is concave; below R, where it is
steep, it is replaced by its tangent (R^2 + D)/(2 R).  What is proved of every time is, with q_{t+1} = q_t + w_t/G_t,

    D_t + F_t <= G_t q_t.

A martingale difference u_t <y_t - x*, th_t> is divided by G_t >= ||y_t - x*||: its range and its variance have R where
those of the square have kappa R.  u_s gap_s counts where it is >= 0 only, as it is on the good event.
"""

from __future__ import annotations

from functools import cache, cached_property

from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.scheme import C_MOMENTUM, R, a, dist_sq
from bounds.lemmas.sums import sum_nonneg
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, gap, stepsize, t, x
from bounds.terms import Term, eq, ind, inner, le, lt, num, shift, time, total

VAR, ZERO_LENGTH = "j", num(0)
EARLIER = time(0, **{VAR: 1})


def earned(method: Method, s: Term) -> Term:
    """u_s gap_s."""
    return stepsize(method, s) * gap(x(s))


def counted(method: Method, s: Term) -> Term:
    """u_s gap_s where it is >= 0, else 0."""
    return ind(le(0, earned(method, s))) * earned(method, s)


@cache
def whole(method: Method, s: Term) -> Term:
    """D_s."""
    seen = dist_sq(method, s) + 2 * total(VAR, s, counted(method, EARLIER))
    return seen + 2 * C_MOMENTUM * counted(method, shift(s, -1)) if method.momentum else seen


def floored(method: Method, s: Term) -> Term:
    """F_s."""
    return R**2 + ind(le(R**2, whole(method, s))) * (whole(method, s) - R**2)


def root(method: Method, s: Term) -> Term:
    """G_s."""
    return floored(method, s) ** HALF


def inverse(method: Method, s: Term) -> Term:
    """1/G_s."""
    return floored(method, s) ** -HALF


def direction(method: Method) -> Term:
    """R (y_t - x*)/G_t."""
    return R * inverse(method, t) * a(method)


class Radial:
    """The facts about D, F and G at time t, without hypotheses."""

    def __init__(self, s: Script, method: Method) -> None:
        self.s, self.method = s, method

    def at(self, line: Line, when: Term) -> Line:
        """A line without hypotheses at another time."""
        return self.s.generalise(line, "t", when)

    def counted_nonneg(self, when: Term = t) -> Line:
        """0 <= counted."""
        s, value = self.s, earned(self.method, when)
        fact, goal = le(0, value), le(0, counted(self.method, when))
        shut = eq(ind(fact), 0)
        up = s.combine(goal, (s.assume(fact), ind(fact)))
        return s.cases(fact, up, shut, s.combine(goal, (s.assume(shut), -1 * value)))

    def earned_le(self, when: Term = t) -> Line:
        """u gap <= counted."""
        s, value = self.s, earned(self.method, when)
        fact, below, goal = le(0, value), le(value, 0), le(value, counted(self.method, when))
        one = s.combine(goal, (s.ind_one(s.assume(fact)), -1 * value))
        return s.cases(fact, one, below, s.combine(goal, s.assume(below), self.counted_nonneg(when)))

    def counted_is(self, when: Term, positive: Line) -> Line:
        """counted = u gap, from 0 <= gap; 0 <= u is known."""
        s, value = self.s, earned(self.method, when)
        sign = s.combine(le(0, value), (positive, stepsize(self.method, when)))
        return s.combine(eq(counted(self.method, when), value), (s.ind_one(sign), value))

    @cached_property
    def dist_le(self) -> Line:
        """||y_t - x*||^2 <= D_t."""
        s = self.s
        earlier = sum_nonneg(s, VAR, self.at(self.counted_nonneg(), EARLIER))
        last = ((self.counted_nonneg(shift(t, -1)), 2 * C_MOMENTUM),) if self.method.momentum else ()
        goal = le(dist_sq(self.method), whole(self.method, t))
        return s.combine(goal, (s.generalise(earlier, "T", t), 2), *last)

    @cached_property
    def above_floor(self) -> Line:
        """R^2 <= F_t."""
        s, d = self.s, whole(self.method, t)
        goal, far = le(R**2, floored(self.method, t)), le(R**2, d)
        shut = eq(ind(far), 0)
        up = s.combine(goal, (s.assume(far), ind(far)))
        return s.cases(far, up, shut, s.combine(goal, (s.assume(shut), -1 * (d - R**2))))

    @cached_property
    def whole_le(self) -> Line:
        """D_t <= F_t."""
        s, d, f = self.s, whole(self.method, t), floored(self.method, t)
        far, close = le(R**2, d), le(d, R**2)
        beyond = s.combine(le(d, f), (s.ind_one(s.assume(far)), -1 * (d - R**2)))
        within = s.combine(le(d, f), s.assume(close), self.above_floor)
        return s.cases(far, beyond, close, within)

    @cached_property
    def positive(self) -> Line:
        """0 < F_t."""
        return self.s.combine(lt(0, floored(self.method, t)), self.above_floor)

    @cached_property
    def root_ge(self) -> Line:
        """R <= G_t."""
        s = self.s
        line = s.pow_mono(s.combine(le(0, R**2)), self.above_floor, HALF)
        return s.combine(le(R, root(self.method, t)), line)

    @cached_property
    def squared(self) -> Line:
        """G_t G_t = F_t."""
        g = root(self.method, t)
        return self.s.combine(eq(g * g, floored(self.method, t)), self.s.pow_split(self.positive, HALF, HALF))

    @cached_property
    def unit(self) -> Line:
        """G_t (1/G_t) = 1."""
        return self.s.combine(
            eq(root(self.method, t) * inverse(self.method, t), 1), self.s.pow_split(self.positive, HALF, -HALF)
        )

    @cached_property
    def short(self) -> Line:
        """||R (y_t - x*)/G_t|| <= R."""
        s, v, i = self.s, direction(self.method), inverse(self.method, t)
        g = root(self.method, t)
        share = R**2 * i**2
        squares = s.combine(
            le(inner(v, v), R**2),
            (self.dist_le, share),
            (self.whole_le, share),
            (self.squared, -1 * share),
            (self.unit, R**2 * (g * i + 1)),
        )
        return le_of_sq_le(s, squares, s.combine(le(0, R)))

    def length_le(self, squares: Line, when: Term) -> Line:
        """||v|| <= G from ||v||^2 <= ||y - x*||^2 at ``when``."""
        s, g, v = self.s, root(self.method, when), squares.fact.args[0].args[0]
        parts = (self.at(self.dist_le, when), self.at(self.whole_le, when), (self.at(self.squared, when), -1))
        under = s.combine(le(inner(v, v), g * g), squares, *parts)
        return le_of_sq_le(s, under, s.combine(le(0, g), self.at(self.root_ge, when)))

    def know(self, when: Term) -> None:
        """0 <= G and 0 <= G - R may be used as multipliers."""
        s, line = self.s, self.at(self.root_ge, when)
        g = line.fact.args[1]
        s.know(s.combine(le(0, g), line))
        s.know(s.combine(le(0, g - R), line))

    def turn(
        self, when: Term, line: Line, q: Term, low: Line, same: Line | None = None, move: Term = ZERO_LENGTH
    ) -> Line:
        """D + F <= G (q + 2 l) at ``when``, l = ``move``, from ``line``: D + g^2 <= g q + 2 l G - l^2.

        ``low``: R <= g; ``same``: g g = what stands for g^2 in the line, if it is not g^2 itself.
        """
        s, d, f, big = self.s, whole(self.method, when), floored(self.method, when), root(self.method, when)
        g, moved = low.fact.args[1], q + 2 * move
        squared, root_ge = self.at(self.squared, when), self.at(self.root_ge, when)
        known = () if same is None else ((same, num(1)),)
        goal, far, close = le(d + f, big * moved), le(R**2, d), le(d, R**2)
        shut = eq(ind(far), 0)
        # beyond R: F = D, and 2 g G + (G - g - l)^2 = D + g^2 + l^2 - 2 l G + 2 l g
        one = s.ind_one(s.assume(far))
        steep = s.combine(lt(0, g), low)
        exact = (one, d - R**2), (squared, num(1)), *known
        top = s.combine(le(2 * big, moved), line, *exact, squares=((1, big - g - move),), scale=(g, steep))
        sign = s.combine(le(0, big), root_ge)
        beyond = s.combine(goal, (top, big, sign), (one, -1 * (d - R**2)), (squared, -2))
        # within: F = R^2 and G = R; (R^2 + D)/R <= (g^2 + D)/g, as (g - R) (R g - D) >= 0
        flat_root = s.combine(le(big * big, R * R), squared, (s.assume(shut), d - R**2))
        root_le = le_of_sq_le(s, flat_root, s.combine(le(0, R)))
        room = s.combine(le(0, R * g - d), (low, R), s.assume(close))
        flat = s.combine(
            le(d + R**2, R * moved),
            (line, R),
            *((k, m * R) for k, m in known),
            (low, R * g - d, room),
            (low, 2 * R * move),
            (root_le, 2 * R * move),
            squares=((R, move),),
            scale=(g, steep),
        )
        away = a(self.method, when)
        q_nonneg = s.combine(le(0, moved), flat, self.at(self.dist_le, when), squares=((1, away),), scale=(R, None))
        within = s.combine(goal, flat, (root_ge, moved, q_nonneg), (s.assume(shut), d - R**2))
        return s.cases(far, beyond, close, s.cases(far, beyond, shut, within))
