"""The part of a step that is not along the clipped gradient with a predictable stepsize (theory, sections 3 and 6.1).

    y_{t+1} = y_t - u_t gc_t + e_t,    e_t = (u_t - w_t) gc_t + c (w_{t-1} - w_t) m_{t-1},   w_t the actual stepsize
    ||e_t|| <= lam (potential(t) - potential(t+1)),   so the sum of all ||e_t|| telescopes

The first part is 0 if the stepsize is delayed (u_t = w_t), the second without momentum (c = 0); both for Clip-SGD.
"""

from __future__ import annotations

from dataclasses import dataclass

from bounds.lemmas import accumulator, adam, rises
from bounds.lemmas.accumulator import actual_stepsize_bounds, stepsize_falls
from bounds.lemmas.clip import PAST, lam, norm_clip_le
from bounds.lemmas.momentum import norm_momentum_le, recursion, same_root, used
from bounds.lemmas.order import le_of_sq_le, norm_add_le
from bounds.lemmas.scheme import C_MOMENTUM, a, dist_sq
from bounds.lemmas.stepsizes import chi, large
from bounds.lemmas.sums import ZERO, T
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import (
    B0_SQ,
    DELAYED,
    HALF,
    HP,
    ITERATES,
    N,
    b_sq,
    factor,
    gc,
    largest_stepsize,
    m,
    step_of,
    stepsize,
    t,
    xstar,
)
from bounds.terms import Term, eq, inner, le, lt, n, norm, num, shift, sq, time


@dataclass(frozen=True)
class Landing:
    """||y_{t+1} - x*||^2 = ||(y_t - x* - u_t gc_t) + e_t||^2, and how long e_t is."""

    e: Term
    exact: Line
    short: Line  # ||e_t|| <= lam (potential(t) - potential(t + 1))


def aimed(method: Method) -> Term:
    """y_t - x* - u_t gc_t."""
    return a(method) - stepsize(method, t) * gc(t)


def drifts(method: Method) -> bool:
    """Is some e_t different from 0?"""
    return method.accumulator != "none" and (method.momentum or not method.delayed)


def shares(method: Method) -> bool:
    """Is the drift bounded by how far stepsizes fall while they stay above u/chi?"""
    return drifts(method) and method.accumulator == "adagrad"


def reach(method: Method) -> Term:
    """e_t has the length of a change of the stepsize times this times lam: c, and 1 more if not delayed."""
    if not method.momentum:
        return num(1)
    return C_MOMENTUM if method.delayed else 1 + C_MOMENTUM


def potential(method: Method, s: Term) -> Term:
    """A number that falls in step s by at least ||e_s||/lam."""
    if not drifts(method):
        return num(0)
    if not method.momentum:
        return accumulator.potential(method, s)
    if method.accumulator == "adam":
        moving = C_MOMENTUM * (used(method, shift(s, -1)) + 2 * rises.root_rise(method, s))
        return moving if method.delayed else accumulator.potential(method, s) + moving
    return reach(method) * stepsize(method, shift(s, -1) if method.delayed else s)


def highest(method: Method) -> Term:
    """At least potential(0)."""
    if not drifts(method):
        return num(0)
    u = largest_stepsize(method)
    if method.momentum and method.accumulator == "adam":
        moving = C_MOMENTUM * (2 * rises.highest_rise(method))
        return moving if method.delayed else (2 * u if method.corrected else u) + moving
    return reach(method) * u if method.momentum else u


def lowest(method: Method) -> Term:
    """At most potential(T), as long as the stepsizes stay large."""
    return highest(method) / chi if shares(method) else num(0)


@once
def potential_start(s: Script, method: Method) -> Line:
    """potential(0) <= highest."""
    goal = le(potential(method, ZERO), highest(method))
    if not drifts(method):
        return s.combine(goal)
    if not method.momentum:
        return accumulator.potential_start(s, method)
    if method.accumulator == "adam":
        return _rising_start(s, method, goal)
    if method.delayed:
        return s.combine(goal, (accumulator.earliest_stepsize_le(s, method), reach(method)))
    cap = s.generalise(accumulator.stepsize_bounds(s, method)[1], "t", ZERO)
    return s.combine(goal, (cap, reach(method)))


@once
def potential_end(s: Script, method: Method) -> Line:
    """lowest <= potential(T); large(T) is a hypothesis for AdaGrad, T <= N for Adam."""
    goal = le(lowest(method), potential(method, T))
    if not drifts(method):
        return s.combine(goal)
    if method.momentum and method.accumulator == "adam":
        return _rising_end(s, method, goal)
    if not shares(method):
        return accumulator.potential_end(s, method)
    k = reach(method)
    falls = ((s.generalise(stepsize_falls(s, method), "t", T), k),) if method.delayed else ()
    return s.combine(goal, (s.assume(large(method, T)), k / chi), *falls)


def _last_root(method: Method, s: Term) -> Term:
    """b^2 inside w_{s-1}."""
    w = used(method, shift(s, -1))
    return (w.args[1] if method.corrected else w).args[1].args[0]


def _rising_start(s: Script, method: Method, goal: Term) -> Line:
    first = _last_root(method, ZERO)
    base = s.define("b_sq", first.args[1], "base", s.combine(le(n(first.args[1]) + 1, n(ZERO))))
    root = s.pow_mono(s.combine(lt(0, B0_SQ)), s.combine(le(B0_SQ, first), (base, -1)), -HALF)
    own = () if method.delayed else (accumulator.potential_start(s, method),)
    start = rises.root_rise_start(s, method)
    if not method.corrected:
        return s.combine(goal, (root, C_MOMENTUM * HP.gamma), (start, 2 * C_MOMENTUM), *own)
    scale, sign = C_MOMENTUM * HP.gamma * factor(method, time(-1)), s.generalise(rises.positive_before(s), "t", ZERO)
    return s.combine(
        goal,
        (root, scale, s.combine(le(0, scale), (sign, C_MOMENTUM * HP.gamma))),
        (rises.bounds_before(s)[0], C_MOMENTUM * adam.START),
        (start, 2 * C_MOMENTUM),
        *own,
    )


def _rising_end(s: Script, method: Method, goal: Term) -> Line:
    limit = s.assume(le(n(T), n(N)))
    end = rises.root_rise_end(s, method, T, s.combine(le(0, n(N) - n(T)), limit))
    own = () if method.delayed else (accumulator.potential_end(s, method),)
    index = _last_root(method, t).args[1]
    order = s.combine(le(0, n(t) - n(index) - 1), *(() if not method.delayed else (adam.delay_positive(s),)))
    positive = s.combine(lt(0, b_sq(index)), adam.accumulator_ge_at(s, index, order))
    sign, scale = s.generalise(s.pow_pos(positive, -HALF), "t", T), C_MOMENTUM * HP.gamma
    if not method.corrected:
        return s.combine(goal, (sign, scale), (end, 2 * C_MOMENTUM), *own)
    last, before = scale * factor(method, shift(T, -1)), s.generalise(rises.positive_before(s), "t", T)
    return s.combine(goal, (sign, last, s.combine(le(0, last), (before, scale))), (end, 2 * C_MOMENTUM), *own)


@once
def landing(s: Script, method: Method) -> Landing:
    """What e_t is, by the recursion of the method."""
    return _with_momentum(s, method) if method.momentum else _without(s, method)


def _without(s: Script, method: Method) -> Landing:
    u, target = stepsize(method, t), step_of(method, t)[0]
    moved = target - xstar
    item = (s.define(ITERATES[method.stale], shift(t, 1)), moved + a(method, shift(t, 1)))
    if not drifts(method):
        nothing = 0 * gc(t)
        exact = s.combine(eq(dist_sq(method, shift(t, 1)), sq(aimed(method) + nothing)), item)
        return Landing(nothing, exact, _stretched(s, num(0), s.combine(le(0, num(0))), gc(t), norm_clip_le(s)))
    w = target.args[1].args[1].args[0]  # x - w gc is x + (-1) (w gc)
    _, smaller, falls = actual_stepsize_bounds(s, method, w)
    e = (u - w) * gc(t)
    exact = s.combine(eq(dist_sq(method, shift(t, 1)), sq(aimed(method) + e)), item)
    length = _stretched(s, u - w, s.combine(le(0, u - w), smaller), gc(t), norm_clip_le(s))
    fall = lam * (potential(method, t) - potential(method, shift(t, 1)))
    return Landing(e, exact, s.combine(le(norm(e), fall), length, (falls, lam)))


def missed(method: Method) -> Term:
    """e_t with momentum."""
    w = used(method, t)
    return (stepsize(method, t) - w) * gc(t) + C_MOMENTUM * (used(method, PAST) - w) * m(PAST)


def _with_momentum(s: Script, method: Method) -> Landing:
    there, here = a(method, shift(t, 1)), aimed(method) + missed(method)
    exact = s.combine(
        eq(dist_sq(method, shift(t, 1)), sq(here)), recursion(s, method, there), recursion(s, method, here)
    )
    return Landing(missed(method), exact, missed_le(s, method))


@once
def missed_le(s: Script, method: Method) -> Line:
    """||e_t|| <= lam (potential(t) - potential(t+1)), with momentum."""
    w, before, later, e = used(method, t), used(method, PAST), shift(t, 1), missed(method)
    fall = lam * (potential(method, t) - potential(method, later))
    if not drifts(method):
        nothing = _stretched(s, num(0), s.combine(le(0, num(0))), gc(t), norm_clip_le(s))
        return s.combine(le(norm(e), fall), nothing)
    pulled, size = C_MOMENTUM * m(PAST), C_MOMENTUM * lam
    squares = s.combine(
        le(inner(pulled, pulled), size**2), (norm_momentum_le(s), C_MOMENTUM**2 * (lam + norm(m(PAST))))
    )
    short = le_of_sq_le(s, squares, s.combine(le(0, size)))
    if method.accumulator == "adam":
        return _rising_length(s, method, e, pulled, short)
    if method.delayed:
        falls = stepsize_falls(s, method)
    else:
        pulled, size = gc(t) + pulled, lam + size
        short = s.combine(le(norm(pulled), size), norm_add_le(s, gc(t), C_MOMENTUM * m(PAST)), norm_clip_le(s), short)
        falls = s.generalise(stepsize_falls(s, method), "t", later)
    length = _stretched(s, before - w, s.combine(le(0, before - w), falls), pulled, short)
    return s.combine(le(norm(e), fall), length)


def _rising_length(s: Script, method: Method, e: Term, pulled: Term, short: Line) -> Line:
    """||e_t|| <= lam times the fall of the potential, where stepsizes may also rise."""
    w, before, later, u = used(method, t), used(method, PAST), shift(t, 1), stepsize(method, t)
    index = DELAYED if method.delayed else t
    change, room = before - w, rises.root_rise(method, t) - rises.root_rise(method, later)
    up, grows = rises.root_rises(s, method, index), rises.root_rise_falls(s, method)
    most = change + 2 * room
    high = s.combine(le(0, most - change), (grows, 2))
    low = s.know(s.combine(le(0, most + change), (up, 2)))
    size = short.fact.args[1]
    total = s.know(s.combine(le(0, most), (high, "1/2"), (low, "1/2")))
    squares = s.combine(
        le(inner(change * pulled, change * pulled), (most * size) ** 2),
        (high, (most + change) * inner(pulled, pulled)),
        (short, most**2 * (size + norm(pulled))),
    )
    moved = le_of_sq_le(s, squares, s.combine(le(0, most * size), (total, size)))
    goal = le(norm(e), lam * (potential(method, t) - potential(method, later)))
    if method.delayed:
        return s.combine(goal, moved)
    actual = step_of(method, t)[0].args[1].args[1].args[0]  # x - w m is x + (-1) (w m)
    same, (_, smaller, falls) = same_root(s, method, actual), actual_stepsize_bounds(s, method, actual)
    positive = s.combine(le(0, u - w), smaller, (same, -1))
    own = _stretched(s, u - w, positive, gc(t), norm_clip_le(s))
    return s.combine(goal, norm_add_le(s, (u - w) * gc(t), change * pulled), own, moved, (falls, lam), (same, lam))


def _stretched(s: Script, k: Term, nonneg: Line, v: Term, short: Line) -> Line:
    """||k v|| <= k size from 0 <= k and ||v|| <= size."""
    size = short.fact.args[1]
    growing = s.combine(le(0, size), short)
    squares = s.combine(le(inner(k * v, k * v), (k * size) ** 2), (short, k**2 * (size + norm(v))))
    return le_of_sq_le(s, squares, s.combine(le(0, k * size), (growing, k, nonneg)))
