"""Stepsizes of all methods: positive, at most u, and the accumulator as a sum.

AdaGrad-type accumulators do not decrease, so u = gamma/b0; what is special about Adam-type ones is in ``adam``.
"""

from __future__ import annotations

from bounds.lemmas import adam, correction
from bounds.lemmas.clip import PAST
from bounds.lemmas.decay import SBAR
from bounds.lemmas.order import gated_le
from bounds.lemmas.rises import bounds_before, plain, positive_before, root_rise, root_rises
from bounds.lemmas.sums import ZERO, T, sum_mono_upto, sum_nonneg
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import (
    B0_SQ,
    DELAYED,
    HALF,
    HP,
    ONE,
    POWER,
    N,
    b_sq,
    factor,
    largest_stepsize,
    numerator,
    stepsize,
    t,
    within,
)
from bounds.terms import Term, eq, le, lt, n, num, par, shift, time, total


def _split_on_start(s: Script, index: Term, before: Line, after: Line) -> Line:
    """A fact from its proofs for index <= -1 and index >= 0."""
    return s.cases(le(n(ZERO), n(index)), after, le(n(index) + 1, n(ZERO)), before)


def accumulator_ge(s: Script) -> Line:
    """AdaGrad: b0^2 <= b_{t-1}^2 for t >= 0."""
    claim = le(B0_SQ, b_sq(PAST))
    start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
    base = s.combine(le(B0_SQ, b_sq(time(-1))), (start, -1))
    stepped = s.combine(le(B0_SQ, b_sq(t)), s.assume(claim), (s.define("b_sq", t), -1))
    return s.induct("t", base, stepped, claim)


def floor_at(s: Script, index: Term) -> Line:
    """AdaGrad: b0^2 <= b_index^2 at any time, also a negative one."""
    goal = le(B0_SQ, b_sq(index))
    early, late = le(n(index) + 1, n(ZERO)), le(n(ZERO), n(index))
    start = s.combine(goal, (s.define("b_sq", index, "base", s.assume(early)), -1))
    later = shift(index, 1)
    running = s.generalise(accumulator_ge(s), "t", later, s.combine(le(0, n(later)), s.assume(late)))
    return _split_on_start(s, index, start, running)


def delayed_accumulator_ge(s: Script) -> Line:
    """AdaGrad: b0^2 <= b_{t-d}^2 for t >= 0, d >= 1."""
    return floor_at(s, DELAYED)


def accumulator_grows(s: Script, index: Term) -> Line:
    """AdaGrad: b_{index-1}^2 <= b_index^2 at any time, also a negative one."""
    before = shift(index, -1)
    goal = le(b_sq(before), b_sq(index))
    early, late = le(n(index) + 1, n(ZERO)), le(n(ZERO), n(index))
    shut = s.assume(early)
    same = s.define("b_sq", before, "base", s.combine(le(n(before) + 1, n(ZERO)), shut))
    start = s.combine(goal, same, (s.define("b_sq", index, "base", shut), -1))
    running = s.combine(goal, (s.define("b_sq", index, "step", s.assume(late)), -1))
    return _split_on_start(s, index, start, running)


def lead(method: Method) -> Term:
    """u_s is at most this times gamma/b: 1, and beta2^(-1/2) for Adam if the stepsize is not delayed."""
    return adam.ROOT if numerator(method) is not HP.gamma else num(1)


def rise(method: Method, s: Term) -> Term:
    """A number that falls in step s by at least u_s - u_{s-1}, and is not negative until N; 0 for AdaGrad."""
    return lead(method) * root_rise(method, s) if method.accumulator == "adam" else num(0)


def stepsize_rises(s: Script, method: Method) -> Line:
    """u_t <= u_{t-1} + rise(t) - rise(t+1) for t >= 0."""
    index = DELAYED if method.delayed else PAST
    goal = le(
        stepsize(method, t),
        stepsize(method, shift(t, -1)) + rise(method, t) - rise(method, shift(t, 1)),
    )
    if method.accumulator == "adam":
        return s.combine(goal, (root_rises(s, method, index), lead(method)))
    return s.combine(goal, stepsize_falls(s, method))


def stepsize_falls(s: Script, method: Method) -> Line:
    """AdaGrad: u_t <= u_{t-1} for t >= 0."""
    index = DELAYED if method.delayed else PAST
    positive = accumulator_positive(s, floor_at(s, shift(index, -1)))
    root = s.pow_mono(positive, accumulator_grows(s, index), -HALF)
    return s.combine(le(stepsize(method, t), stepsize(method, shift(t, -1))), (root, HP.gamma))


def earliest_stepsize_le(s: Script, method: Method) -> Line:
    """u_{-1} <= lead u."""
    index = time(-1, d=-1) if method.delayed else time(-2)
    first = s.define("b_sq", index, "base", s.combine(le(n(index) + 1, n(ZERO))))
    smaller = s.pow_mono(s.combine(lt(0, B0_SQ)), s.combine(le(B0_SQ, b_sq(index)), (first, -1)), -HALF)
    largest = largest_stepsize(method)
    goal = le(stepsize(method, time(-1)), lead(method) * largest if method.accumulator == "adam" else largest)
    if method.accumulator == "adam":
        end = adam.rise_nonneg(s, ZERO, s.combine(le(0, n(N) - n(ZERO))))
        if not method.corrected:
            return s.combine(goal, (smaller, numerator(method)), (end, lead(method)))
        scale, sign = numerator(method) * factor(method, time(-1)), s.generalise(positive_before(s), "t", ZERO)
        return s.combine(
            goal,
            (smaller, scale, s.combine(le(0, scale), (sign, numerator(method)))),
            (bounds_before(s)[0], numerator(method) * par("b0") ** -ONE),
            (end, lead(method) * SBAR),
        )
    return s.combine(goal, (smaller, HP.gamma))


def accumulator_floor(s: Script, method: Method) -> Line:
    """The b^2 inside u_t is at least a positive number: b0^2, or b0^2 beta2^t."""
    if method.accumulator == "adam":
        return adam.delayed_accumulator_ge(s) if method.delayed else adam.accumulator_ge(s)
    return delayed_accumulator_ge(s) if method.delayed else accumulator_ge(s)


def accumulator_positive(s: Script, floor: Line) -> Line:
    """0 < b^2 from a manifestly positive floor of it."""
    return s.combine(lt(0, floor.fact.args[1]), floor)


def stepsize_bounds(s: Script, method: Method) -> tuple[Line, Line]:
    """0 < u_t and u_t <= u (Adam: for t < N)."""
    u, largest = stepsize(method, t), largest_stepsize(method)
    if method.accumulator == "none":
        return s.combine(lt(0, u)), s.combine(le(u, largest))
    if method.corrected:
        return correction.stepsize_bounds(s, method, *stepsize_bounds(s, plain(method)))
    floor = accumulator_floor(s, method)
    root = s.pow_pos(accumulator_positive(s, floor), -HALF)
    positive = s.combine(lt(0, u), (root, numerator(method)))
    if method.accumulator == "adam":
        return positive, adam.stepsize_le(s, method, floor)
    smaller = s.pow_mono(s.combine(lt(0, B0_SQ)), floor, -HALF)
    return positive, s.combine(le(u, largest), (smaller, HP.gamma))


def numerator_ge(s: Script, method: Method, root: Line) -> Line:
    """gamma b^(-1/2) <= numerator b^(-1/2); ``root``: 0 < b^(-1/2)."""
    size = root.fact.args[1]
    goal = le(HP.gamma * size, numerator(method) * size)
    if numerator(method) is HP.gamma:
        return s.combine(goal)
    return s.combine(goal, (adam.root_ge_one(s), HP.gamma * size, s.combine(le(0, HP.gamma * size), (root, HP.gamma))))


def bounded_stepsize_le(s: Script, method: Method, cap: Line) -> Line:
    """bounded_stepsize(t) <= u at every time; ``cap``: u_t <= u."""
    if method.accumulator != "adam":
        return cap
    return gated_le(s, within(t), cap, s.combine(le(0, largest_stepsize(method))))


def bounded_stepsize_open(s: Script, method: Method) -> tuple[Line, ...]:
    """t < N |- the indicator in bounded_stepsize(t) is 1; nothing if there is none."""
    return (s.ind_one(s.assume(within(t))),) if method.accumulator == "adam" else ()


# --- the stepsize that is not predictable -----------------------------------------------------------


def potential(method: Method, s: Term) -> Term:
    """Not delayed: between 0 and u until N, and its fall in step s is at least u_s - w_s."""
    if method.corrected:
        return correction.potential(method, s, potential(plain(method), s), largest_stepsize(plain(method)))
    return adam.potential(s) if method.accumulator == "adam" else stepsize(method, s)


def potential_start(s: Script, method: Method) -> Line:
    """potential(0) <= u; 2 u with momentum and bias correction."""
    if method.corrected:
        return correction.potential_le(s, method, adam.potential_le(s))
    if method.accumulator == "adam":
        return s.generalise(adam.potential_le(s), "t", ZERO)
    return s.generalise(stepsize_bounds(s, method)[1], "t", ZERO)


def potential_end(s: Script, method: Method) -> Line:
    """T <= N |- 0 <= potential(T)."""
    if method.corrected:
        return correction.potential_end(s, method, adam.potential_end(s), largest_stepsize(plain(method)))
    if method.accumulator == "adam":
        return adam.potential_end(s)
    positive = s.generalise(stepsize_bounds(s, method)[0], "t", T)
    return s.combine(le(0, stepsize(method, T)), positive)


def actual_stepsize_bounds(s: Script, method: Method, w: Term) -> tuple[Line, Line, Line]:
    """Not delayed, w_t = gamma/b_t: 0 <= w_t, w_t <= u_t and u_t - w_t <= potential(t) - potential(t+1)."""
    if method.corrected:
        inner = actual_stepsize_bounds(s, plain(method), w.args[1])
        return correction.actual_stepsize_bounds(s, method, inner, adam.potential_le(s), adam.potential_end(s))
    if method.accumulator == "adam":
        return adam.actual_stepsize_bounds(s, w)
    old, new = b_sq(PAST), w.args[1].args[0]
    positive = accumulator_positive(s, accumulator_ge(s))
    grows = s.combine(le(old, new))
    shrinks = s.pow_mono(positive, grows, -HALF)
    positive_new = s.combine(lt(0, new), positive)
    root = s.pow_pos(positive_new, -HALF)
    reaches = s.combine(le(new, b_sq(t)), (s.define("b_sq", t), -1))
    following = s.pow_mono(positive_new, reaches, -HALF)
    gamma, u = HP.gamma, stepsize(method, t)
    falls = le(u - w, potential(method, t) - potential(method, shift(t, 1)))
    return (
        s.combine(le(0, w), (root, gamma)),
        s.combine(le(w, u), (shrinks, gamma)),
        s.combine(falls, (following, gamma)),
    )


# --- the accumulator from above ---------------------------------------------------------------------


def accumulator_weight(method: Method) -> Term:
    """What one squared clipped gradient adds to the accumulator: eta, or 1 - beta2."""
    return adam.BETA2_C if method.accumulator == "adam" else HP.eta


def accumulator_as_sum(s: Script) -> Line:
    """AdaGrad: b_{T-1}^2 = b0^2 + eta sum over t < T of ||gc_t||^2."""
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
    """The b^2 inside u_T is at most b0^2 + accumulator_weight times the sum over t < T of ||gc_t||^2."""
    weight = accumulator_weight(method)
    whole = adam.accumulator_le(s) if method.accumulator == "adam" else accumulator_as_sum(s)
    bound = B0_SQ + weight * total("t", T, POWER)
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
    running = s.combine(goal, upto, (growing, weight))
    early = s.define("b_sq", index, "base", s.assume(le(n(index) + 1, n(ZERO))))
    power_sum = sum_nonneg(s, "t", s.combine(le(0, POWER)))
    start = s.combine(goal, early, (power_sum, weight))
    return _split_on_start(s, index, start, running)
