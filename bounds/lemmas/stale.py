"""Stale gradients (theory, section 7): the oracle is asked at x_t = y_{t-d}, and y_t moves, y_{t+1} = y_t - w_t gc_t.

P(t) = sum over i < t of u_i^2 ||gc_i||^2,     ||y_t - y_{t-d}||^2 <= d (P(t) - P(t-d)),
sum over t <= T of (P(t) - P(t-d)) <= d P(T)
"""

from __future__ import annotations

from bounds.lemmas.accumulator import actual_stepsize_bounds
from bounds.lemmas.clip import condexp_sq_clip_sub_le
from bounds.lemmas.concentration import bare_z, gate, good
from bounds.lemmas.scheme import L, R, near
from bounds.lemmas.smooth import gap_nonneg, sq_norm_grad_le_gap
from bounds.lemmas.sums import ZERO, T, before, discharge, sum_const, sum_mono_upto, sum_nonneg, summed_le_zero
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import DELAYED, VARIANCE, N, gap, gc, largest_stepsize, p, step_of, stepsize, t, theta, x, y
from bounds.terms import Term, eq, le, n, num, par, shift, sq, substitute, time, total

nu, nu1, share = par("nu"), par("nu1"), par("share")
MORE, REST = 1 + share, 1 + 1 / share
DELAY = n(time(0, d=1))
BACK = time(-1, t=1, k=-1)  # t - 1 - k


def power(method: Method, s: Term) -> Term:
    """u_s^2 ||gc_s||^2."""
    return stepsize(method, s) ** 2 * sq(gc(s))


def path(method: Method, s: Term) -> Term:
    """P(s)."""
    return total("i", s, power(method, time(0, i=1)))


def window(method: Method, s: Term = t) -> Term:
    """P(s) - P(s - d)."""
    return path(method, s) - path(method, substitute(s, {"t": time(0, t=1, d=-1)}))


def price(method: Method) -> Term:
    """(L u/nu) d, the factor of ``window`` in one step."""
    return L * largest_stepsize(method) / nu * DELAY


# --- how far the oracle lags behind -----------------------------------------------------------------


def _one_move(s: Script, method: Method) -> Line:
    """||y_{t+1} - y_t||^2 <= u_t^2 ||gc_t||^2."""
    u, target, moved = stepsize(method, t), step_of(method, t)[0], y(shift(t, 1)) - y(t)
    w = target.args[1].args[1].args[0]  # y - w gc is y + (-1) (w gc)
    sign, smaller, _ = actual_stepsize_bounds(s, method, w)
    s.know(sign)
    return s.combine(
        le(sq(moved), power(method, t)),
        (s.define("y", shift(t, 1)), target - y(t) + moved),
        (smaller, (u + w) * sq(gc(t))),
    )


def _move(s: Script, method: Method, index: Term) -> Line:
    """||y - y of one step before||^2 <= the last term of P, at any time, also one <= 0."""
    last, here = shift(index, -1), path(method, index)
    goal = le(sq(y(index) - y(last)), here - path(method, last))
    early, late = s.assume(le(n(last) + 1, n(ZERO))), s.assume(le(n(ZERO), n(last)))
    moved = s.generalise(_one_move(s, method), "t", last, s.combine(le(0, n(last)), late))
    running = s.combine(goal, moved, (s.sum_step("i", last, here.args[2], late), -1))
    here_base, last_base = (s.define("y", i, "base", s.combine(le(n(i) + 1, 1), early)) for i in (index, last))
    nothing, less = (s.sum_zero("i", i, here.args[2], s.combine(le(n(i), 0), early)) for i in (index, last))
    away = y(index) - y(last)
    start = s.combine(goal, (here_base, away), (last_base, -1 * away), (nothing, -1), less)
    return s.cases(late.fact, running, early.fact, start)


def lag_le(s: Script, method: Method) -> Line:
    """||y_t - y_{t-d}||^2 <= d (P(t) - P(t-d)), by induction on the delay."""
    before_last, size = shift(BACK, -1), n(time(1, k=1))
    claim = le(sq(y(t) - y(BACK)), size * (path(method, t) - path(method, BACK)))
    base = s.combine(substitute(claim, {"k": ZERO}), _move(s, method, t))
    far, near_by = y(t) - y(BACK), y(BACK) - y(before_last)
    stepped = s.combine(
        substitute(claim, {"k": time(1, k=1)}),
        (s.assume(claim), size + 1),
        (_move(s, method, BACK), size * (size + 1)),
        squares=((1, far - size * near_by),),
        scale=(size, None),
    )
    return s.generalise(s.induct("k", base, stepped, claim), "k", time(-1, d=1))


def lagging_le(s: Script, method: Method) -> Line:
    """||y_t - x_t||^2 <= d (P(t) - P(t-d))."""
    lag, early = y(t) - x(t), le(n(t), n(ZERO))
    goal, later, both = le(sq(lag), DELAY * window(method)), le(n(ZERO) + 1, n(t)), lag + y(t) - y(DELAYED)
    line, first = lag_le(s, method), s.assume(early)
    running = s.combine(goal, line, (s.define("x", t, "step", s.assume(later)), -1 * both))
    here = s.define("x", t, "base", s.combine(le(n(t) + 1, 1), first))
    back = s.define("y", DELAYED, "base", s.combine(le(n(DELAYED) + 1, 1), first))
    start = s.combine(goal, line, (here, -1 * both), (back, both))
    return s.cases(early, start, later, running)


def _path_mono(s: Script, method: Method) -> Line:
    """P(T-1-k) <= P(T)."""
    index, body = time(-1, T=1, k=-1), path(method, T).args[2]
    goal = le(path(method, index), path(method, T))
    i = time(0, i=1)
    positive = s.combine(le(0, body), squares=((1, stepsize(method, i) * gc(i)),))
    early, late = s.assume(le(n(index) + 1, n(ZERO))), s.assume(le(n(ZERO), n(index)))
    growing = s.generalise(sum_mono_upto(s, "i", positive), "k", time(1, k=1))
    running = s.generalise(growing, "T", index, s.combine(le(0, n(index)), late))
    nothing = s.sum_zero("i", index, body, s.combine(le(n(index), 0), early))
    start = s.combine(goal, nothing, sum_nonneg(s, "i", positive))
    return s.cases(late.fact, s.combine(goal, running), early.fact, start)


def _telescoped(s: Script, method: Method) -> Line:
    """sum over t < T of P(t-k) - P(t-1-k) = P(T-1-k)."""
    body = path(method, shift(BACK, 1)) - path(method, BACK)
    index, terms = time(-1, T=1, k=-1), path(method, T).args[2]
    claim = eq(total("t", T, body), path(method, index))
    first = time(-1, k=-1)
    nothing = s.sum_zero("i", first, terms, s.combine(le(n(first), 0)))
    base = s.combine(substitute(claim, {"T": ZERO}), s.sum_zero("t", ZERO, body), (nothing, -1))
    stepped = s.combine(substitute(claim, {"T": shift(T, 1)}), s.assume(claim), s.sum_step("t", T, body))
    return s.induct("T", base, stepped, claim)


def lag_sum_le(s: Script, method: Method) -> Line:
    """sum over t <= T of P(t) - P(t-d) <= d P(T), by induction on the delay."""
    later, k = shift(T, 1), time(0, k=1)

    def lag(s_: Term) -> Term:
        return path(method, t) - path(method, substitute(BACK, {"k": s_}))

    def claim(s_: Term) -> Term:
        return le(total("t", later, lag(s_)), n(shift(s_, 1)) * path(method, T))

    ends = s.generalise(_telescoped(s, method), "T", later)  # = P(T - k)
    first = s.generalise(ends, "k", ZERO)
    base = s.combine(claim(ZERO), first)
    following = s.generalise(ends, "k", shift(k, 1))
    one_more = following.fact.args[0].args[2]
    bodies = lag(shift(k, 1)), lag(k), one_more
    trivial = s.combine(le(0, n(t)))
    under = s.combine(le(bodies[0] - bodies[1] - bodies[2], 0), (s.assume(trivial.fact), 0))
    prefix = s.intro(trivial, before("t", T, trivial.fact).args[1], t="nat")
    split = discharge(s, summed_le_zero(s, prefix.fact, under, (num(1), num(-1), num(-1)), bodies), prefix)
    split = s.generalise(split, "T", later)
    stepped = s.combine(claim(shift(k, 1)), s.assume(claim(k)), split, following, _path_mono(s, method))
    return s.generalise(s.induct("k", base, stepped, claim(k)), "k", time(-1, d=1))


def lag_sum_now_le(s: Script, method: Method) -> Line:
    """sum over t < T of P(t) - P(t-d) <= d P(T)."""
    body = window(method)
    grows = s.generalise(_path_mono(s, method), "k", time(-1, d=1))
    goal = le(total("t", T, body), DELAY * path(method, T))
    return s.combine(goal, lag_sum_le(s, method), (s.sum_step("t", T, body), -1), grows)


# --- what it costs ----------------------------------------------------------------------------------


def path_bound(method: Method, spent: Term, z: Term) -> Term:
    """(1+s) L u spent + (1+1/s) (R^2 z + N u^2 V) >= P(T), where 2 (sum of u gap) <= spent and (sum of Z) <= z."""
    u = largest_stepsize(method)
    return MORE * L * u * spent + REST * (R**2 * z + n(N) * u**2 * VARIANCE)


def path_le(s: Script, method: Method, cap: Line, spent: Line, z_small: Line) -> Line:
    """before(t, T, near), T <= N |- P(T) <= path_bound.

    ``cap``: u_t <= u; ``spent``: 2 (sum of u gap) <= ...; ``z_small``: sum of Z <= ....
    """
    u, largest = stepsize(method, t), largest_stepsize(method)
    s.know(gap_nonneg(s, method))
    bare = bare_z(largest) * R**2
    loss = 2 * MORE * L * largest
    bodies = (power(method, t), u * gap(x(t)), gate(method, bare_z(largest)), num(1))
    factors = (num(1), -1 * loss, -1 * REST * R**2, -1 * REST * largest**2 * VARIANCE)
    goal = bodies[0] - loss * bodies[1] - REST * R**2 * bodies[2] - REST * largest**2 * VARIANCE
    error = sq(theta(t))
    under = s.combine(
        le(goal, 0),
        (sq_norm_grad_le_gap(s, method), MORE * u**2),
        (cap, 2 * MORE * L * u * gap(x(t))),
        (cap, REST * (largest + u) * error),
        (s.ind_one(s.assume(near(method))), -1 * REST * bare),
        (good(s, method, condexp_sq_clip_sub_le(s)), REST * largest**2),
        squares=((u**2 * share, p(t) - theta(t) / share),),
    )
    summed = summed_le_zero(s, before("t", T, near(method)), under, factors, bodies)
    return s.combine(
        le(path(method, T), path_bound(method, spent.fact.args[1], z_small.fact.args[1])),
        summed,
        (spent, MORE * L * largest),
        (z_small, REST * R**2),
        (sum_const(s, "t", num(1)), REST * largest**2 * VARIANCE),
        (s.assume(le(n(T), n(N))), REST * largest**2 * VARIANCE),
    )
