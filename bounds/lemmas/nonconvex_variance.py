"""The variance of the first martingale without convexity, and its sum: two programs (theory, section 5).

The variance of X_t is at most (u V / Delta^2) 1{good_t} u_t ||v_t||^2, v_t = grad f(y_t).  Either ||v_t|| is bounded in
every step, or good_t bounds the sum: v_t = p_t without momentum, else ||v_t||^2 <= (1 + mix) ||p_t||^2 + (1 + 1/mix)
(L c u lam)^2.
"""

from __future__ import annotations

from bounds.lemmas.below import (
    CEILING,
    GRAD_SQ,
    Delta,
    L,
    a0,
    excess,
    excess_nonneg,
    good,
    kappa,
    near,
    of_good,
    progress,
    sq_norm_grad_le_excess,
)
from bounds.lemmas.martingale import Direction
from bounds.lemmas.nonconvex_momentum import mix, point, reach, slope
from bounds.lemmas.nonconvex_moves import apart_sq
from bounds.lemmas.order import gated_le
from bounds.lemmas.sums import ZERO, T
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import VARIANCE, N, largest_stepsize, p, stepsize, t, within
from bounds.terms import Term, eq, ind, inner, le, n, num, shift, substitute, total


def total_variance(method: Method) -> Term:
    """G: u V kappa^2 / (a0 Delta); with momentum for ||v_t||^2."""
    u = largest_stepsize(method)
    if not method.momentum:
        return u * VARIANCE * kappa**2 / (a0 * Delta)
    return u * VARIANCE / Delta**2 * ((1 + mix) * CEILING / a0 + n(N) * beside(method))


def beside(method: Method) -> Term:
    """(1 + 1/mix) u (L c u lam)^2: u_t ||v_t||^2 is at most (1 + mix) u_t ||p_t||^2 and this."""
    return (1 + 1 / mix) * largest_stepsize(method) * reach(method) ** 2


def self_bounded(s: Script, method: Method, d: Direction, cap: Line, variance: Line) -> tuple[Line, Line]:
    """E[X_t^2] <= (u V / Delta^2) 1{good_t} u_t ||v_t||^2, and what these add up to."""
    line = by_progress(s, method, d, cap, variance)
    return line, _gated_progress_le(s, method, cap, line.fact.args[1], cap.fact.args[1] * VARIANCE / Delta**2)


def by_progress(s: Script, method: Method, d: Direction, cap: Line, variance: Line) -> Line:
    """E[X_t^2] <= (u V / Delta^2) 1{good_t} u_t ||v_t||^2."""
    (u, largest), size = cap.fact.args, inner(d.v, d.v)
    spent = largest * VARIANCE / Delta**2 * (ind(good(method)) * (u * size))
    factor = VARIANCE / Delta**2 * ind(good(method)) * size
    shorter = s.combine(le(d.step, u), squares=((L, u),))
    return s.combine(
        le(variance.fact.args[0], spent),
        variance,
        (shorter, factor * largest),
        (d.cap, factor * d.step, s.combine(le(0, factor * d.step), (d.sign, factor))),
    )


def _gated_progress_le(s: Script, method: Method, cap: Line, spent: Term, c: Term) -> Line:
    """For all T <= N: c (sum over t < T of 1{good_t} u_t ||v_t||^2) <= c kappa^2 Delta / a0.

    Where good_T holds, a0 times the sum up to T is at most kappa^2 Delta - excess_T, and the term at T is at most
    2 q excess_T, q = L u, with 2 q a0 <= 2 q - q^2 <= 1.  Where it fails, the sum does not grow.  With momentum both
    sides have what ``beside`` adds.
    """
    (u, largest), here, v = cap.fact.args, point(method), slope(method)
    smaller = _ungated(s, method, c, cap, spent)
    ceiling, gain = CEILING / a0, u * inner(v, v)
    small_q = s.combine(
        le(2 * L * largest * a0, 1), (s.given("descent"), 2 * L * largest), squares=((1, 1 - L * largest),)
    )
    s.know(excess_nonneg(s, here))
    more = ((excess_nonneg(s, here), mix / a0),) if method.momentum else ()
    last = s.combine(
        le(stretched(method, progress(method)) + gain, stretched(method, ceiling)),
        (sq_norm_grad_le_excess(s, here), u),
        (cap, 2 * L * excess(here)),
        (small_q, excess(here) / a0),
        (s.assume(near(method)), stretched(method, 1 / a0)),
        *more,
    )

    def bound(upto: Term) -> Term:
        whole = c * stretched(method, ceiling)
        return whole + c * (n(upto) * beside(method)) if method.momentum else whole

    now, shut = good(method, T), eq(ind(good(method, T)), 0)
    goal, claim = (le(total("t", upto, spent), bound(upto)) for upto in (shift(T, 1), T))
    last_now = of_good(s, method, s.generalise(last, "t", T, s.assume(near(method, T))), T)
    added, added_gain = s.sum_step("t", T, spent), substitute(c * gain, {"t": T})
    opened = s.combine(goal, added, smaller, (last_now, c), (s.ind_one(s.assume(now)), added_gain))
    closed = s.combine(goal, s.assume(claim), added, (s.assume(shut), added_gain))
    base = s.combine(le(total("t", ZERO, spent), bound(ZERO)), s.sum_zero("t", ZERO, spent))
    always = s.induct("T", base, s.cases(now, opened, shut, closed), claim)
    limit = le(n(T), n(N))
    if method.momentum:
        always = s.combine(le(total("t", T, spent), bound(N)), always, (s.assume(limit), c * beside(method)))
    return s.intro(always, (limit,), T="nat")


def stretched(method: Method, y: Term) -> Term:
    """(1 + mix) y; y without momentum."""
    return (1 + mix) * y if method.momentum else y


def along_le(s: Script, method: Method, cap: Line) -> Line:
    """With momentum: u_t ||v_t||^2 <= (1 + mix) u_t ||p_t||^2 + beside; ``cap`` is u_t <= u."""
    u, v, size = cap.fact.args[0], slope(method), apart_sq(s, method)
    return s.combine(
        le(u * inner(v, v), (1 + mix) * (u * GRAD_SQ) + beside(method)),
        (size, u * (1 + 1 / mix)),
        (cap, (1 + 1 / mix) * size.fact.args[1]),
        squares=((u * mix, p(t) - (v - p(t)) / mix),),
    )


def _ungated(s: Script, method: Method, c: Term, cap: Line, spent: Term) -> Line:
    """sum over t < T of c 1{good_t} u_t ||v_t||^2 <= c (sum of u_t ||p_t||^2), with or without a gate at N in u_t.

    With momentum: (1 + mix) times this, and what ``beside`` adds.
    """
    u, whole, v = cap.fact.args[0], stepsize(method, t), slope(method)
    gain = whole * GRAD_SQ
    opened = s.combine(le(whole, whole))
    if u is not whole:
        opened = gated_le(s, within(t), opened, s.nonneg(whole))
    right = c * stretched(method, gain)
    if method.momentum:
        goal = le(c * (u * inner(v, v)), right + c * beside(method))
        shorter = s.combine(goal, (opened, c * (1 + mix) * GRAD_SQ), (along_le(s, method, cap), c))
        right = right + c * beside(method)
    else:
        shorter = s.combine(le(c * (u * GRAD_SQ), c * gain), (opened, c * GRAD_SQ))
    termwise = gated_le(s, good(method), of_good(s, method, shorter), s.nonneg(right))

    def claim(upto: Term) -> Term:
        sums = c * stretched(method, total("t", upto, gain))
        return le(total("t", upto, spent), sums + c * (n(upto) * beside(method)) if method.momentum else sums)

    factor = -1 * c * stretched(method, num(1))
    base = s.combine(claim(ZERO), s.sum_zero("t", ZERO, spent), (s.sum_zero("t", ZERO, gain), factor))
    steps = s.sum_step("t", T, spent), (s.sum_step("t", T, gain), factor)
    stepped = s.combine(claim(shift(T, 1)), s.assume(claim(T)), *steps, s.generalise(termwise, "t", T))
    return s.induct("T", base, stepped, claim(T))
