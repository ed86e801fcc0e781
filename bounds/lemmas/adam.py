"""Adam-type accumulators: b_t^2 >= beta2 b_{t-1}^2, so a stepsize grows at most by beta2^(-1/2) a step (theory, 6.2).

growth(s) = beta2^(-s/2),    b0^2 growth(t)^-2 <= b_{t-1}^2,    gamma/b_{t-1} <= (gamma/b0) growth(t)
"""

from __future__ import annotations

from bounds.exponents import exponent
from bounds.lemmas.clip import PAST
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.sums import ZERO, T
from bounds.methods import Method
from bounds.once import once
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
    gc,
    largest_stepsize,
    numerator,
    stepsize,
    t,
    within,
)
from bounds.terms import Term, eq, inner, le, lt, mk, n, num, par, shift, time, total

BETA2_C = par("beta2_c")
ROOT = HP.beta2**-HALF
START = HP.gamma / par("b0")
_INVERSE_SQ = exponent([-2])
_LOG = num("-1/2") * mk("ln", HP.beta2)


def growth(s: Term) -> Term:
    """beta2^(-s/2), as exp(-(s/2) ln beta2)."""
    return mk("exp", n(s) * _LOG)


def floor(s: Term) -> Term:
    """b0^2 beta2^s, below which the accumulator cannot fall in s steps."""
    return B0_SQ * growth(s) ** _INVERSE_SQ


def definitions() -> dict[str, Term]:
    """beta2_c = 1 - beta2 and growth = beta2^(-N/2)."""
    return {"beta2_complement": eq(BETA2_C, 1 - HP.beta2), "growth": eq(par("growth"), growth(N))}


# --- powers of beta2 --------------------------------------------------------------------------------


def _inverse(s: Script) -> Line:
    """exp(-ln beta2) = 1/beta2."""
    return s.exp_neg_ln(s.combine(lt(0, HP.beta2)))


@once
def growth_step(s: Script) -> Line:
    """growth(t+1) = beta2^(-1/2) growth(t)."""
    first = mk("exp", _LOG)
    root = s.combine(eq(first, ROOT), s.exp_add(_LOG, _LOG), _inverse(s), scale=(first + ROOT, None))
    return s.combine(eq(growth(shift(t, 1)), ROOT * growth(t)), (s.exp_add(n(t) * _LOG, _LOG), -1), (root, growth(t)))


def exp_log(s: Script) -> Line:
    """exp(ln beta2) = beta2."""
    log = mk("ln", HP.beta2)
    itself = mk("exp", log)
    return s.combine(eq(itself, HP.beta2), (s.exp_add(log, -log), HP.beta2), (_inverse(s), -HP.beta2 * itself))


@once
def log_le(s: Script) -> Line:
    """ln beta2 <= -(1 - beta2), from 1 + ln beta2 <= beta2."""
    log = mk("ln", HP.beta2)
    return s.combine(le(log, -BETA2_C), s.exp_tangent(log), exp_log(s), s.given("beta2_complement"))


def log_nonneg(s: Script) -> Line:
    """0 <= -(1/2) ln beta2."""
    return s.combine(le(0, _LOG), (log_le(s), "1/2"))


def growth_mono(s: Script, early: Term, late: Term, order: Line) -> Line:
    """growth(early) <= growth(late); ``order``: 0 <= late - early."""
    return s.exp_mono(s.combine(le(n(early) * _LOG, n(late) * _LOG), (log_nonneg(s), order.fact.args[1], order)))


def root_ge_one(s: Script) -> Line:
    """1 <= beta2^(-1/2)."""
    first = s.generalise(growth_step(s), "t", ZERO)
    return s.combine(le(1, ROOT), s.exp_tangent(_LOG), log_nonneg(s), first)


# --- the accumulator from below ---------------------------------------------------------------------


@once
def accumulator_ge(s: Script) -> Line:
    """b0^2 beta2^t <= b_{t-1}^2 for t >= 0."""
    claim = le(floor(t), b_sq(PAST))
    start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
    base = s.combine(le(floor(ZERO), b_sq(time(-1))), (start, -1))
    now, later = growth(t), growth(shift(t, 1))
    inverse_squares = B0_SQ * (ROOT * now + later) * (ROOT * now * later) ** _INVERSE_SQ
    stepped = s.combine(
        le(floor(shift(t, 1)), b_sq(t)),
        (s.assume(claim), HP.beta2),
        (s.define("b_sq", t), -1),
        (s.given("beta2_complement"), POWER),
        (growth_step(s), -1 * inverse_squares),
    )
    return s.induct("t", base, stepped, claim)


def accumulator_ge_at(s: Script, index: Term, order: Line) -> Line:
    """b0^2 beta2^t <= b_index^2 for t >= 0; ``order``: 0 <= t - (index + 1)."""
    if index is PAST:
        return accumulator_ge(s)
    goal = le(floor(t), b_sq(index))
    early, late = le(n(index) + 1, n(ZERO)), le(n(ZERO), n(index))
    start = s.define("b_sq", index, "base", s.assume(early))
    unit = growth_mono(s, ZERO, t, s.combine(le(0, n(t))))
    falls = s.pow_mono(s.combine(lt(0, growth(ZERO))), unit, _INVERSE_SQ)
    start = s.combine(goal, (start, -1), (falls, B0_SQ))
    upto = shift(index, 1)
    running = s.generalise(accumulator_ge(s), "t", upto, s.combine(le(0, n(upto)), s.assume(late)))
    slower = growth_mono(s, upto, t, order)
    falls = s.pow_mono(s.combine(lt(0, growth(upto))), slower, _INVERSE_SQ)
    running = s.combine(goal, running, (falls, B0_SQ))
    return s.cases(late, running, early, start)


def delay_positive(s: Script) -> Line:
    """0 <= d - 1."""
    return s.generalise(s.combine(le(0, n(time(0, k=1)))), "k", time(-1, d=1))


def delayed_accumulator_ge(s: Script) -> Line:
    """b0^2 beta2^t <= b_{t-d}^2 for t >= 0, d >= 1."""
    return accumulator_ge_at(s, DELAYED, s.combine(le(0, n(t) - n(shift(DELAYED, 1))), delay_positive(s)))


# --- stepsizes --------------------------------------------------------------------------------------


def stepsize_le(s: Script, method: Method, lowest: Line) -> Line:
    """t < N |- u_t <= u = gamma beta2^(-N/2)/b0; ``lowest``: b0^2 beta2^t <= the b^2 inside u_t."""
    root = s.pow_mono(s.combine(lt(0, floor(t))), lowest, -HALF)
    end = t if method.delayed else shift(t, 1)
    later = growth_mono(s, end, N, s.combine(le(0, n(N) - n(end)), s.assume(within(t))))
    return s.combine(
        le(stepsize(method, t), largest_stepsize(method)),
        (root, numerator(method)),
        *(() if method.delayed else ((growth_step(s), -START),)),
        (later, START),
        (s.given("growth"), -START),
    )


def potential(s: Term) -> Term:
    """w_{s-1} + u - (gamma/b0) growth(s): it falls by at least u_s - w_s, because w grows at most as growth does."""
    u = START * par("growth")
    return HP.gamma * b_sq(shift(s, -1)) ** -HALF + u - START * growth(s)


def potential_le(s: Script) -> Line:
    """potential(t) <= u."""
    root = s.pow_mono(s.combine(lt(0, floor(t))), accumulator_ge(s), -HALF)
    return s.combine(le(potential(t), START * par("growth")), (root, HP.gamma))


def potential_end(s: Script) -> Line:
    """T <= N |- 0 <= potential(T)."""
    root = s.generalise(s.pow_pos(s.combine(lt(0, b_sq(PAST)), accumulator_ge(s)), -HALF), "t", T)
    later = growth_mono(s, T, N, s.combine(le(0, n(N) - n(T)), s.assume(le(n(T), n(N)))))
    return s.combine(le(0, potential(T)), (root, HP.gamma), (later, START), (s.given("growth"), -START))


def _unit(s: Script, positive: Line) -> Line:
    """b (b^(-1/2))^2 = 1."""
    b = positive.fact.args[1]
    root = b**-HALF
    return s.combine(eq(b * root**2, 1), (s.pow_split(positive, -HALF, -HALF), b), s.pow_split(positive, ONE, -ONE))


def inv_sqrt_le(s: Script, decays: Line, positive: Line, positive_new: Line) -> Line:
    """new^(-1/2) <= beta2^(-1/2) old^(-1/2) from beta2 old <= new, 0 < old and 0 < new."""
    old, new = positive.fact.args[1], positive_new.fact.args[1]
    root, before = new**-HALF, ROOT * old**-HALF
    squares = s.combine(
        le(root**2, before**2),
        (decays, root**2 * before**2, s.combine(le(0, root**2 * before**2), squares=((1, root * before),))),
        (_unit(s, positive_new), before**2),
        (_unit(s, positive), -1 * root**2),
    )
    return le_of_sq_le(s, squares, s.combine(le(0, before), (s.pow_pos(positive, -HALF), ROOT)))


def actual_stepsize_bounds(s: Script, w: Term) -> tuple[Line, Line, Line]:
    """Not delayed, w_t = gamma/b_t, u_t = gamma beta2^(-1/2)/b_{t-1}: 0 <= w_t <= u_t <= w_t + a fall of potential."""
    old, new = b_sq(PAST), w.args[1].args[0]
    lowest = accumulator_ge(s)
    positive = s.combine(lt(0, old), lowest)
    decays = s.combine(le(HP.beta2 * old, new), (s.given("beta2_complement"), POWER))
    positive_new = s.combine(lt(0, new), decays, (positive, HP.beta2))
    sign = s.pow_pos(positive_new, -HALF)
    smaller = inv_sqrt_le(s, decays, positive, positive_new)
    reaches = s.combine(le(new, b_sq(t)), (s.define("b_sq", t), -1))
    following = s.pow_mono(positive_new, reaches, -HALF)
    highest = s.pow_mono(s.combine(lt(0, floor(t))), lowest, -HALF)
    more = s.combine(le(0, ROOT - 1), root_ge_one(s))
    gamma = HP.gamma
    u = gamma * ROOT * old**-HALF
    return (
        s.combine(le(0, w), (sign, gamma)),
        s.combine(le(w, u), (smaller, gamma)),
        s.combine(
            le(u - w, potential(t) - potential(shift(t, 1))),
            (following, gamma),
            (highest, gamma * (ROOT - 1), s.combine(le(0, gamma * (ROOT - 1)), (more, gamma))),
            (growth_step(s), -START),
        ),
    )


# --- the accumulator from above ---------------------------------------------------------------------


def accumulator_le(s: Script) -> Line:
    """b_{T-1}^2 <= b0^2 + (1 - beta2) sum over t < T of ||gc_t||^2."""

    def claim(upto: Term) -> Term:
        return le(b_sq(shift(upto, -1)), B0_SQ + BETA2_C * total("t", upto, POWER))

    start = s.define("b_sq", time(-1), "base", s.combine(le(n(time(-1)) + 1, 0)))
    base = s.combine(claim(ZERO), start, (s.sum_zero("t", ZERO, POWER), -1 * BETA2_C))
    lowest = s.generalise(accumulator_ge(s), "t", T)
    stepped = s.combine(
        claim(shift(T, 1)),
        s.assume(claim(T)),
        s.define("b_sq", T),
        (lowest, BETA2_C),
        (s.sum_step("t", T, POWER), -1 * BETA2_C),
        (s.given("beta2_complement"), b_sq(shift(T, -1)) - inner(gc(T), gc(T))),
    )
    return s.induct("T", base, stepped, claim(T))


# --- momentum: stepsizes may rise, but no faster than growth ---------------------------------------


def rise(s: Term) -> Term:
    """u - (gamma/b0) growth(s): it falls in step s by at least what a stepsize can rise."""
    return START * par("growth") - START * growth(s)


def rise_nonneg(s: Script, at: Term, before_end: Line) -> Line:
    """0 <= rise(at); ``before_end``: 0 <= N - at."""
    return s.combine(le(0, rise(at)), (growth_mono(s, at, N, before_end), START), (s.given("growth"), -START))


def root_grows(s: Script, index: Term, order: Line) -> Line:
    """gamma b_index^(-1/2) <= beta2^(-1/2) gamma b_{index-1}^(-1/2); ``order``: 0 <= t - index."""
    before = shift(index, -1)
    old, new, gamma = b_sq(before), b_sq(index), HP.gamma
    positive = s.combine(lt(0, old), accumulator_ge_at(s, before, order))
    goal = le(gamma * new**-HALF, ROOT * (gamma * old**-HALF))
    early, late = le(n(index) + 1, n(ZERO)), le(n(ZERO), n(index))
    natural = index is t
    step = s.define("b_sq", index) if natural else s.define("b_sq", index, "step", s.assume(late))
    cut = inner(gc(index), gc(index))
    decays = s.combine(le(HP.beta2 * old, new), (step, -1), (s.given("beta2_complement"), cut))
    positive_new = s.combine(lt(0, new), decays, (positive, HP.beta2))
    running = s.combine(goal, (inv_sqrt_le(s, decays, positive, positive_new), gamma))
    if natural:
        return running
    shut = s.assume(early)
    same = s.define("b_sq", index, "base", shut)
    earlier = s.define("b_sq", before, "base", s.combine(le(n(before) + 1, n(ZERO)), shut))
    slower = s.pow_mono(positive, s.combine(le(old, new), earlier, (same, -1)), -HALF)
    sign = s.combine(le(0, gamma * old**-HALF), (s.pow_pos(positive, -HALF), gamma))
    start = s.combine(goal, (slower, gamma), (root_ge_one(s), gamma * old**-HALF, sign))
    return s.cases(late, running, early, start)


def used_le(s: Script, index: Term, order: Line) -> tuple[Line, Line]:
    """0 <= gamma b_index^(-1/2) and gamma b_index^(-1/2) <= (gamma/b0) growth(t); ``order``: 0 <= t - (index + 1)."""
    lowest = accumulator_ge_at(s, index, order)
    w = HP.gamma * b_sq(index) ** -HALF
    sign = s.pow_pos(s.combine(lt(0, b_sq(index)), lowest), -HALF)
    root = s.pow_mono(s.combine(lt(0, floor(t))), lowest, -HALF)
    return s.combine(le(0, w), (sign, HP.gamma)), s.combine(le(w, START * growth(t)), (root, HP.gamma))
