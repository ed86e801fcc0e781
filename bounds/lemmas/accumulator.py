"""Stepsizes of AdaGrad-type methods: positive, at most u = gamma/b0, and the accumulator as a sum."""

from __future__ import annotations

from bounds.lemmas.clip import PAST
from bounds.lemmas.sums import ZERO, T, sum_mono_upto, sum_nonneg
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, b_sq, gc, largest_stepsize, stepsize, t
from bounds.terms import Term, eq, inner, le, lt, n, par, shift, time, total

B0_SQ = par("b0") ** 2
DELAYED = time(0, t=1, d=-1)
POWER = inner(gc(t), gc(t))


def _split_on_start(s: Script, index: Term, before: Line, after: Line) -> Line:
    """A fact from its proofs for index <= -1 and index >= 0."""
    return s.cases(le(n(ZERO), n(index)), after, le(n(index) + 1, n(ZERO)), before)


def accumulator_ge(s: Script) -> Line:
    """b0^2 <= b_{t-1}^2 for t >= 0."""
    claim = le(B0_SQ, b_sq(PAST))
    start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
    base = s.combine(le(B0_SQ, b_sq(time(-1))), (start, -1))
    stepped = s.combine(le(B0_SQ, b_sq(t)), s.assume(claim), (s.define("b_sq", t), -1))
    return s.induct("t", base, stepped, claim)


def delayed_accumulator_ge(s: Script) -> Line:
    """b0^2 <= b_{t-d}^2 for t >= 0, d >= 1."""
    goal = le(B0_SQ, b_sq(DELAYED))
    early, late = le(n(DELAYED) + 1, n(ZERO)), le(n(ZERO), n(DELAYED))
    start = s.combine(goal, (s.define("b_sq", DELAYED, "base", s.assume(early)), -1))
    later = shift(DELAYED, 1)
    running = s.generalise(accumulator_ge(s), "t", later, s.combine(le(0, n(later)), s.assume(late)))
    return _split_on_start(s, DELAYED, start, running)


def stepsize_bounds(s: Script, method: Method) -> tuple[Line, Line]:
    """0 < u_t and u_t <= u."""
    u, largest = stepsize(method, t), largest_stepsize(method)
    if method.accumulator == "none":
        return s.combine(lt(0, u)), s.combine(le(u, largest))
    floor = delayed_accumulator_ge(s) if method.delayed else accumulator_ge(s)
    positive = accumulator_positive(s, floor)
    root = s.pow_pos(positive, -HALF)
    smaller = s.pow_mono(s.combine(lt(0, B0_SQ)), floor, -HALF)
    return s.combine(lt(0, u), (root, HP.gamma)), s.combine(le(u, largest), (smaller, HP.gamma))


def accumulator_positive(s: Script, floor: Line) -> Line:
    """0 < b^2 from b0^2 <= b^2."""
    return s.combine(lt(0, floor.fact.args[1]), floor)


def actual_stepsize_bounds(s: Script, w: Term) -> tuple[Line, Line, Line]:
    """Not delayed, w_t = gamma/b_t: 0 <= w_t, w_t <= u_t and u_{t+1} <= w_t."""
    old, new = b_sq(PAST), w.args[1].args[0]
    positive = accumulator_positive(s, accumulator_ge(s))
    grows = s.combine(le(old, new))
    shrinks = s.pow_mono(positive, grows, -HALF)
    positive_new = s.combine(lt(0, new), positive)
    root = s.pow_pos(positive_new, -HALF)
    reaches = s.combine(le(new, b_sq(t)), (s.define("b_sq", t), -1))
    following = s.pow_mono(positive_new, reaches, -HALF)
    gamma = HP.gamma
    return (
        s.combine(le(0, w), (root, gamma)),
        s.combine(le(w, gamma * old**-HALF), (shrinks, gamma)),
        s.combine(le(gamma * b_sq(t) ** -HALF, w), (following, gamma)),
    )


def accumulator_as_sum(s: Script) -> Line:
    """b_{T-1}^2 = b0^2 + eta sum over t < T of ||gc_t||^2."""
    claim = eq(b_sq(shift(T, -1)), B0_SQ + HP.eta * total("t", T, POWER))
    start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
    nothing = s.sum_zero("t", ZERO, POWER)
    base = s.combine(eq(b_sq(time(-1)), B0_SQ + HP.eta * total("t", ZERO, POWER)), start, (nothing, -1 * HP.eta))
    stepped = s.combine(
        eq(b_sq(T), B0_SQ + HP.eta * total("t", shift(T, 1), POWER)),
        s.assume(claim),
        s.define("b_sq", T),
        (s.sum_step("t", T, POWER), -1 * HP.eta),
    )
    return s.induct("T", base, stepped, claim)


def accumulator_le_sum(s: Script, method: Method) -> Line:
    """The b^2 inside u_T is at most b0^2 + eta sum over t < T of ||gc_t||^2."""
    whole = accumulator_as_sum(s)
    bound = B0_SQ + HP.eta * total("t", T, POWER)
    if not method.delayed:
        return s.combine(le(b_sq(shift(T, -1)), bound), whole)
    index = time(0, T=1, d=-1)
    goal = le(b_sq(index), bound)
    # b_{T-d}^2 is the sum over t < T - d + 1, and d - 1 >= 0 more terms make it the sum over t < T
    late = s.assume(le(n(ZERO), n(index)))
    later = shift(index, 1)
    natural = s.combine(le(0, n(later)), late)
    upto = s.generalise(whole, "T", later, natural)
    growing = s.generalise(sum_mono_upto(s, "t", s.combine(le(0, POWER))), "k", time(-1, d=1))
    growing = s.generalise(growing, "T", later, natural)
    running = s.combine(goal, upto, (growing, HP.eta))
    early = s.define("b_sq", index, "base", s.assume(le(n(index) + 1, n(ZERO))))
    power_sum = sum_nonneg(s, "t", s.combine(le(0, POWER)))
    start = s.combine(goal, early, (power_sum, HP.eta))
    return _split_on_start(s, index, start, running)
