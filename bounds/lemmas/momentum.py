"""Momentum: the recursion of y_t = x_t + c (x_t - x_{t-1}), c = beta1/(1 - beta1) (theory, section 6.1).

x_{t+1} - x_t = -w_t m_t,   y_{t+1} = y_t - w_t gc_t + c (w_{t-1} - w_t) m_{t-1},   ||m_t|| <= lam
"""

from __future__ import annotations

from bounds.lemmas.accumulator import accumulator_floor, accumulator_positive
from bounds.lemmas.clip import PAST, lam, norm_clip_le
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.scheme import BETA1_C, C_MOMENTUM, momentum_share, y
from bounds.lemmas.sums import ZERO
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import HALF, HP, ONE, b_sq, factor, gc, m, step_of, stepsize, t, x
from bounds.terms import Term, eq, inner, le, lt, n, norm, shift, substitute, time


def used(method: Method, s: Term) -> Term:
    """w_s, the stepsize of the method."""
    if method.accumulator == "none" or method.delayed:
        return stepsize(method, s)
    root = HP.gamma * b_sq(s) ** -HALF
    return factor(method, s) * root if method.corrected else root


@once
def norm_momentum_le(s: Script) -> Line:
    """||m_{t-1}|| <= lam, by induction: m_t is an average of m_{t-1} and gc_t."""
    claim, zero = le(norm(m(PAST)), lam), time(-1)
    nothing = s.define("m", zero, "base", s.combine(le(n(zero) + 1, 0)))
    squares = s.combine(le(inner(m(zero), m(zero)), lam**2), (nothing, m(zero)))
    base = le_of_sq_le(s, squares, s.combine(le(0, lam)))
    updated = s.define("m", t)
    value, old, cut = updated.fact.args[1], m(PAST), gc(t)
    rest = lam**2 + HP.beta1 * inner(old, old) - (1 - HP.beta1) * inner(cut, cut) - 2 * HP.beta1 * inner(old, cut)
    squares = s.combine(
        le(inner(m(t), m(t)), lam**2),
        (updated, m(t) + value),
        (s.assume(claim), HP.beta1 * (lam + norm(old))),
        (norm_clip_le(s), BETA1_C * (lam + norm(cut))),
        (s.given("beta1_complement"), rest),
        squares=((HP.beta1 * BETA1_C, old - cut),),
    )
    return s.induct("t", base, le_of_sq_le(s, squares, s.combine(le(0, lam))), claim)


@once
def increment(s: Script, method: Method, v: Term) -> Line:
    """<v, x_{t+1} - x_t> = -w_t <v, m_t>."""
    w, later = used(method, t), shift(t, 1)
    moved, updated = s.define("x", later), s.define("m", t)
    value = updated.fact.args[1]
    goal = eq(inner(v, x(later) - x(t)), -w * inner(v, m(t)))
    actual = step_of(method, t)[0].args[1].args[1].args[0]  # x - w m is x + (-1) (w m)
    items = ((moved, v), (updated, w * v))
    if actual is w:
        return s.combine(goal, *items)
    return s.combine(goal, *items, (same_root(s, method, actual), -1 * inner(v, value)))


def same_root(s: Script, method: Method, actual: Term) -> Line:
    """gamma (b_t^2 written out)^(-1/2) = gamma (b_t^2)^(-1/2): both are positive, with the same square."""
    w = used(method, t)
    new, old = (root.args[1].args[0] for root in ((actual.args[1], w.args[1]) if method.corrected else (actual, w)))
    value = s.define("b_sq", t)
    positive_old = accumulator_positive(s, s.generalise(accumulator_floor(s, method), "t", shift(t, 1)))
    positive_new = s.combine(lt(0, new), value, positive_old)
    r, q = new**-HALF, old**-HALF
    unit_new, unit_old = (
        s.combine(eq(b * b**-HALF * b**-HALF, 1), (s.pow_split(p, -HALF, -HALF), b), s.pow_split(p, ONE, -ONE))
        for b, p in ((new, positive_new), (old, positive_old))
    )
    size = s.combine(lt(0, r + q), s.pow_pos(positive_new, -HALF), s.pow_pos(positive_old, -HALF))
    root = s.combine(
        eq(r, q),
        (unit_old, -1 * r**2),
        (unit_new, q**2),
        (value, r**2 * q**2),
        scale=(r + q, size),
    )
    return s.combine(eq(actual, w), (root, HP.gamma * factor(method, t) if method.corrected else HP.gamma))


def last_increment(s: Script, method: Method, v: Term) -> Line:
    """<v, x_t - x_{t-1}> = -w_{t-1} <v, m_{t-1}>, also at t = 0, where both sides are 0."""
    w = used(method, PAST)
    goal = eq(inner(v, x(t) - x(PAST)), -w * inner(v, m(PAST)))
    first, running = le(n(t), n(ZERO)), le(n(ZERO) + 1, n(t))
    early = s.assume(first)
    here = s.define("x", t, "base", s.combine(le(n(t) + 1, 1), early))
    before = s.define("x", PAST, "base", s.combine(le(n(PAST) + 1, 1), early))
    nothing = s.define("m", PAST, "base", s.combine(le(n(PAST) + 1, 0), early))
    start = s.combine(goal, (here, v), (before, -1 * v), (nothing, w * v))
    line = increment(s, method, substitute(v, {"t": shift(t, 1)}))
    later = s.generalise(line, "t", PAST, s.combine(le(0, n(PAST)), s.assume(running)))
    return s.cases(first, start, running, later)


@once
def recursion(s: Script, method: Method, v: Term) -> Line:
    """<v, y_{t+1}> = <v, y_t - w_t gc_t + c (w_{t-1} - w_t) m_{t-1}>."""
    w, before, c = used(method, t), used(method, PAST), C_MOMENTUM
    old, cut = inner(v, m(PAST)), inner(v, gc(t))
    target = y(method, t) - w * gc(t) + c * (before - w) * m(PAST)
    return s.combine(
        eq(inner(v, y(method, shift(t, 1))), inner(v, target)),
        (increment(s, method, v), 1 + c),
        (last_increment(s, method, v), -1 * c),
        (s.define("m", t), (-1 * (1 + c) * w) * v),
        (s.given("momentum"), (1 + c) * BETA1_C * w * old),
        (momentum_share(s), -1 * w * (c * old + cut)),
        (s.given("beta1_complement"), (1 + c) * w * cut),
    )
