"""How far Adam's stepsizes may rise, with and without bias correction; the rises of the correction with momentum.

The factor s_t of ``debias`` falls, then rises: all its rises up to t together are at most s_t <= sbar.
"""

from __future__ import annotations

from dataclasses import replace

from bounds.lemmas import adam, debias
from bounds.lemmas.debias import NEXT, factor, factor_le, first_le, positive, rising, sbar_sq
from bounds.lemmas.decay import SBAR
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.sums import ZERO, discharge
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import HALF, HP, N, b_sq, first_factor, largest_stepsize, t, within
from bounds.setting import factor as factor_of
from bounds.terms import Term, eq, forall, ind, le, lt, n, num, shift, time, total


def plain(method: Method) -> Method:
    """Without bias correction."""
    return replace(method, corrected=False)


# --- the correction with momentum --------------------------------------------------------------------


def rises_to(upto: Term) -> Term:
    """The sum of the rises of s from 0 to upto."""
    k = time(0, k=1)
    up = le(factor(k), factor(shift(k, 1)))
    return total("k", upto, ind(up) * (factor(shift(k, 1)) - factor(k)))


@once
def _sinks(s: Script) -> tuple[Line, Line]:
    """s_{t+1} < s_t |- the indicator of a rise at t is 0."""
    up, down = le(factor(t), factor(NEXT)), lt(factor(NEXT), factor(t))
    shut = eq(ind(up), 0)
    falls = s.combine(lt(factor(t), factor(t)), s.assume(up), s.assume(down))
    return s.cases(up, s.absurd(falls, shut), shut, s.assume(shut)), s.assume(down)


@once
def _nothing_before(s: Script) -> Line:
    """For all t: s_{t+1} < s_t => no rise before t."""

    def claim(at: Term) -> Term:
        return forall({}, (lt(factor(shift(at, 1)), factor(at)),), eq(rises_to(at), 0))

    body = rises_to(t).args[2]
    base = s.intro(s.sum_zero("k", ZERO, body), (lt(factor(shift(ZERO, 1)), factor(ZERO)),))
    later = s.assume(lt(factor(shift(t, 2)), factor(NEXT)))
    up, down = le(factor(t), factor(NEXT)), lt(factor(NEXT), factor(t))
    goal = eq(rises_to(NEXT), 0)
    again = s.absurd(s.combine(lt(factor(NEXT), factor(NEXT)), rising(s), later), goal)
    shut, falls = _sinks(s)
    still = s.combine(
        goal, s.sum_step("k", t, body), s.elim(s.assume(claim(t)), falls), (shut, factor(NEXT) - factor(t))
    )
    return s.induct("t", base, s.intro(s.cases(up, again, down, still), (later.fact,)), claim(t))


@once
def rise_le(s: Script) -> Line:
    """s_{t+1} - s_t <= rises_to(t+1) - rises_to(t)."""
    up, down = le(factor(t), factor(NEXT)), lt(factor(NEXT), factor(t))
    change = factor(NEXT) - factor(t)
    goal = le(change, rises_to(NEXT) - rises_to(t))
    step = s.sum_step("k", t, rises_to(t).args[2])
    opened = s.combine(goal, (step, -1), (s.ind_one(s.assume(up)), -1 * change))
    shut, falls = _sinks(s)
    closed = s.combine(goal, (step, -1), falls, (shut, -1 * change))
    return s.cases(up, opened, down, closed)


@once
def rises_le(s: Script) -> Line:
    """rises_to(t) <= s_t."""
    body = rises_to(t).args[2]
    claim, goal = (le(rises_to(k), factor(k)) for k in (t, NEXT))
    s.know(s.combine(le(0, factor(ZERO)), s.generalise(positive(s), "t", ZERO)))
    base = s.combine(
        le(rises_to(ZERO), factor(ZERO)), s.sum_zero("k", ZERO, body), s.generalise(positive(s), "t", ZERO)
    )
    up, down = le(factor(t), factor(NEXT)), lt(factor(NEXT), factor(t))
    change, step = factor(NEXT) - factor(t), s.sum_step("k", t, body)
    opened = s.combine(goal, s.assume(claim), step, (s.ind_one(s.assume(up)), change))
    shut, falls = _sinks(s)
    nothing = s.elim(_nothing_before(s), falls)
    closed = s.combine(goal, step, nothing, (shut, change), s.generalise(positive(s), "t", NEXT))
    return s.induct("t", base, s.cases(up, opened, down, closed), claim)


@once
def rise_nonneg(s: Script) -> Line:
    """0 <= rises_to(t+1) - rises_to(t)."""
    up, down = le(factor(t), factor(NEXT)), lt(factor(NEXT), factor(t))
    change, step = factor(NEXT) - factor(t), s.sum_step("k", t, rises_to(t).args[2])
    goal = le(0, rises_to(NEXT) - rises_to(t))
    opened = s.combine(goal, (step, -1), (s.ind_one(s.assume(up)), -1 * change), s.assume(up))
    closed = s.combine(goal, (step, -1), (_sinks(s)[0], -1 * change))
    return s.cases(up, opened, down, closed)


# --- one step earlier, where s_{-1} = s_0 ------------------------------------------------------------


@once
def _at_start(s: Script) -> tuple[Line, Line]:
    """s_{-1} = s_0, written out, and no rise up to -1."""
    early = s.combine(le(n(time(-1)) + 1, 0))
    nothing = s.sum_zero("k", time(-1), rises_to(t).args[2], s.combine(le(n(time(-1)), 0)))
    return s.define("bias", time(-1), "base", early), nothing


@once
def positive_before(s: Script) -> Line:
    """0 < s_{t-1}."""
    base = s.combine(lt(0, factor(time(-1))), (_at_start(s)[0], -1))
    return s.induct("t", base, positive(s), lt(0, factor(shift(t, -1))))


@once
def changes_before(s: Script) -> tuple[Line, Line]:
    """s_t - s_{t-1} <= rises_to(t) - rises_to(t-1), which is not negative."""
    before = shift(t, -1)
    change, rise = factor(t) - factor(before), rises_to(t) - rises_to(before)
    (start, nothing), zero = _at_start(s), s.sum_zero("k", ZERO, rises_to(t).args[2])
    none = rises_to(ZERO) - rises_to(time(-1))
    falls = s.combine(le(factor(ZERO) - factor(time(-1)), none), first_le(s), (start, -1), nothing, (zero, -1))
    return (
        s.induct("t", falls, rise_le(s), le(change, rise)),
        s.induct("t", s.combine(le(0, none), nothing, (zero, -1)), rise_nonneg(s), le(0, rise)),
    )


@once
def factor_before_le(s: Script) -> Line:
    """t <= N |- s_{t-1} <= sbar."""
    limit = le(n(t), n(N))

    def claim(at: Term) -> Term:
        return forall({}, (le(n(at), n(N)),), le(factor(shift(at, -1)), SBAR))

    base = s.intro(bounds_before(s)[0], (le(n(ZERO), n(N)),))
    later = s.assume(le(n(NEXT), n(N)))
    stepped = s.intro(discharge(s, factor_le(s), s.combine(limit, later)), (later.fact,))
    return s.elim(s.induct("t", base, stepped, claim(t)), s.assume(limit))


@once
def rises_nonneg(s: Script) -> Line:
    """0 <= rises_to(t-1)."""
    start = s.combine(le(0, rises_to(time(-1))), (_at_start(s)[1], -1))
    claim = le(0, rises_to(shift(t, -1)))
    return s.induct("t", start, s.combine(le(0, rises_to(t)), s.assume(claim), changes_before(s)[1]), claim)


@once
def squares_rise(s: Script) -> Line:
    """t <= N |- s_t^2 <= s_{t-1}^2 + 2 sbar (rises_to(t) - rises_to(t-1))."""
    before = shift(t, -1)
    now, last = factor(t), factor(before)
    slow, more = changes_before(s)
    rise, signs = more.fact.args[1], (positive(s), positive_before(s))
    sign = s.combine(le(0, now + last), *signs)
    return s.combine(
        le(now * now, last * last + 2 * SBAR * rise),
        (slow, now + last, sign),
        (factor_le(s), rise, more),
        (factor_before_le(s), rise, more),
    )


@once
def bounds_before(s: Script) -> tuple[Line, Line]:
    """s_{-1} <= sbar; t <= N |- rises_to(t-1) <= sbar."""
    (start, nothing), first = _at_start(s), first_factor()
    squares = s.combine(le(first * first, SBAR * SBAR), (sbar_sq(s), -1), squares=((1, factor(N)),))
    low = le_of_sq_le(s, squares, s.combine(le(0, SBAR)))
    limit = le(n(t), n(N))

    def claim(at: Term) -> Term:
        return forall({}, (le(n(at), n(N)),), le(rises_to(shift(at, -1)), SBAR))

    base = s.intro(s.combine(le(rises_to(time(-1)), SBAR), nothing), (le(n(ZERO), n(N)),))
    later = s.assume(le(n(NEXT), n(N)))
    capped = discharge(s, factor_le(s), s.combine(limit, later))
    stepped = s.intro(s.combine(le(rises_to(t), SBAR), rises_le(s), capped), (later.fact,))
    line = s.elim(s.induct("t", base, stepped, claim(t)), s.assume(limit))
    return s.combine(le(factor(time(-1)), SBAR), start, low), line


# --- gamma/b, or s gamma/b --------------------------------------------------------------------------


def _plain_rises(s: Script, index: Term, order: Line) -> Line:
    """gamma b_index^(-1/2) <= gamma b_{index-1}^(-1/2) + adam.rise(t) - rise(t+1); ``order``: 0 <= t - index."""
    old, new = (HP.gamma * b_sq(k) ** -HALF for k in (shift(index, -1), index))
    highest = adam.used_le(s, shift(index, -1), order)[1]
    more = s.combine(le(0, adam.ROOT - 1), adam.root_ge_one(s))
    goal = le(new, old + adam.rise(t) - adam.rise(shift(t, 1)))
    return s.combine(
        goal, adam.root_grows(s, index, order), (highest, adam.ROOT - 1, more), (adam.growth_step(s), -adam.START)
    )


def root_rise(method: Method, s: Term) -> Term:
    """Adam: the same for gamma/b, with bias correction s gamma/b."""
    if not method.corrected:
        return adam.rise(s)
    largest = largest_stepsize(plain(method))
    return SBAR * adam.rise(s) + largest * (SBAR - rises_to(shift(s, -1)))


def highest_rise(method: Method) -> Term:
    """At least root_rise(0)."""
    u = largest_stepsize(method)
    return 2 * u if method.corrected else u


@once
def root_rises(s: Script, method: Method, index: Term) -> Line:
    """gamma/b_index <= gamma/b_{index-1} + the fall of root_rise(t), index <= t; with s_t and s_{t-1} if corrected.

    Corrected: t < N is a hypothesis.
    """
    order = s.combine(le(0, n(t) - n(index)))
    line = _plain_rises(s, index, order)
    if not method.corrected:
        return line
    before = shift(index, -1)
    old, new = (HP.gamma * b_sq(k) ** -HALF for k in (before, index))
    now, last = factor_of(method, t), factor_of(method, shift(t, -1))
    limit = s.combine(le(n(t), n(N)), s.assume(within(t)))
    sign, grown = adam.used_le(s, before, order)
    capped = discharge(s, debias.factor_le(s), limit)
    slow, more = changes_before(s)
    end = adam.growth_mono(s, t, N, s.combine(le(0, n(N) - n(t)), limit))
    room = adam.rise(t) - adam.rise(shift(t, 1))
    largest = largest_stepsize(plain(method))
    low = s.combine(le(old, largest), grown, (end, adam.START), (s.given("growth"), -adam.START))
    return s.combine(
        le(now * new, last * old + root_rise(method, t) - root_rise(method, shift(t, 1))),
        (line, now, debias.positive(s)),
        (capped, room, room_nonneg(s)),
        (slow, old, sign),
        (low, more.fact.args[1], more),
    )


def room_nonneg(s: Script) -> Line:
    """0 <= adam.rise(t) - adam.rise(t+1)."""
    later = shift(t, 1)
    grows = adam.growth_mono(s, t, later, s.combine(le(0, n(later) - n(t))))
    return s.combine(le(0, adam.rise(t) - adam.rise(later)), (grows, adam.START))


@once
def root_rise_falls(s: Script, method: Method) -> Line:
    """0 <= root_rise(t) - root_rise(t+1)."""
    room = room_nonneg(s)
    if not method.corrected:
        return room
    largest = largest_stepsize(plain(method))
    goal = le(0, root_rise(method, t) - root_rise(method, shift(t, 1)))
    return s.combine(goal, (room, SBAR), (changes_before(s)[1], largest))


@once
def root_rise_start(s: Script, method: Method) -> Line:
    """root_rise(0) <= highest_rise - s_{-1} gamma/b0, s_{-1} = 1 if not corrected."""
    top = adam.START * (SBAR if method.corrected else num(1))
    goal = le(root_rise(method, ZERO), highest_rise(method) - top)
    if not method.corrected:
        return s.combine(goal)
    nothing = s.sum_zero("k", time(-1), rises_to(t).args[2], s.combine(le(n(time(-1)), 0)))
    return s.combine(goal, (nothing, -1 * largest_stepsize(plain(method))))


def root_rise_end(s: Script, method: Method, at: Term, before_end: Line) -> Line:
    """0 <= root_rise(at); ``before_end``: 0 <= N - at."""
    left = adam.rise_nonneg(s, at, before_end)
    if not method.corrected:
        return left
    limit = s.combine(le(n(at), n(N)), before_end)
    rises = s.generalise(bounds_before(s)[1], "t", at, limit)
    largest = largest_stepsize(plain(method))
    return s.combine(le(0, root_rise(method, at)), (left, SBAR), (rises, largest))
