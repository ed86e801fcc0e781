"""One step of the method for smooth f without convexity, and the sum of all steps (theory, section 5).

The descent is along grad f(y_t), and y_t = x_t without momentum.
"""

from __future__ import annotations

from bounds.lemmas import accumulator, adam, rises
from bounds.lemmas import drift as drifting
from bounds.lemmas.accumulator import actual_stepsize_bounds
from bounds.lemmas.below import GRAD_SQ, SLOPE, L, a0, excess, norm_slope_le, small_of_near
from bounds.lemmas.clip import (
    PAST,
    condexp_inner_clip_sub_le,
    condexp_sq_clip_sub_le,
    inner_clip_dominated,
    lam,
    norm_clip_le,
)
from bounds.lemmas.decay import SBAR
from bounds.lemmas.drift import drifts, highest, missed, missed_le, potential
from bounds.lemmas.momentum import recursion
from bounds.lemmas.nonconvex_momentum import (
    error_price,
    forgets,
    lag,
    lag_price,
    mix,
    point,
    slope,
    split,
    step_price,
)
from bounds.lemmas.nonconvex_moves import before_bounds, grown_le, lag_sq, move_step
from bounds.lemmas.scheme import C_MOMENTUM
from bounds.lemmas.sums import T, discharge
from bounds.methods import Method
from bounds.script import Item, Line, Script
from bounds.setting import (
    BIAS,
    POWER,
    VARIANCE,
    N,
    factor,
    gc,
    largest_stepsize,
    p,
    step_of,
    stepsize,
    t,
    theta,
    within,
    x,
)
from bounds.terms import Term, expect, inner, le, n, norm, num, par, shift

phi = par("phi")
ERROR = inner(theta(t), theta(t))
MEAN_ERROR = expect(PAST, ERROR)


def descent(method: Method) -> Term:
    """<grad f(y_t), gc_t>."""
    return inner(slope(method), gc(t))


def mean_descent(method: Method) -> Term:
    """E[<grad f(y_t), gc_t> | F_{t-1}]."""
    return expect(PAST, descent(method))


# --- the part of a step that is not along gc_t with a predictable stepsize ---------------------------


def drift_price(method: Method) -> Term:
    """lam S, S = kappa (2 L Delta)^(1/2); with momentum its square counts, too: lam (S + L lam (u + highest/2))."""
    if not method.momentum:
        return SLOPE * lam
    return (SLOPE + L * lam * (largest_stepsize(method) + highest(method) / 2)) * lam


def drift(method: Method, s: Term) -> Term:
    """Its fall in step s pays for what the step misses; 0 if that is nothing."""
    return drift_price(method) * potential(method, s) if drifts(method) else num(0)


def total_drift(method: Method) -> Term:
    """An upper bound of the drift of all steps together."""
    return drift_price(method) * highest(method) if drifts(method) else num(0)


def potential_start(s: Script, method: Method) -> Line:
    """potential(0) <= highest."""
    return drifting.potential_start(s, method)


def potential_end(s: Script, method: Method) -> Line:
    """0 <= potential(T); Adam: for T <= N."""
    if not method.momentum:
        return accumulator.potential_end(s, method)
    if method.accumulator == "adam":
        return drifting.potential_end(s, method)
    sign = s.generalise(before_bounds(s, method)[0], "t", T)
    return s.combine(le(0, potential(method, T)), (sign, drifting.reach(method)))


def potential_le(s: Script, method: Method) -> Line:
    """potential(t) <= highest, with momentum; t <= N is a hypothesis with bias correction."""
    goal = le(potential(method, t), highest(method))
    if method.accumulator != "adam":
        return s.combine(goal, (before_bounds(s, method)[1], drifting.reach(method)))
    if method.corrected:
        return _corrected_potential_le(s, method, goal)
    own = () if method.delayed else (adam.potential_le(s),)
    return s.combine(goal, (grown_le(s, method)[1], C_MOMENTUM), *own)


def _corrected_potential_le(s: Script, method: Method, goal: Term) -> Line:
    largest, none, now = largest_stepsize(method) / SBAR, rises.rises_nonneg(s), factor(method, t)
    own: tuple[Item | Line, ...] = ()
    if not method.delayed:
        never = s.generalise(none, "t", shift(t, 1))
        own = (adam.potential_le(s), now, rises.positive(s)), (rises.factor_le(s), largest), (never, largest)
    return s.combine(goal, (grown_le(s, method)[1], C_MOMENTUM), (none, 2 * C_MOMENTUM * largest), *own)


# --- one step ----------------------------------------------------------------------------------------


def _moved(s: Script, method: Method, cap: Line) -> Line:
    """f(y_{t+1}) <= f(y_t) - u_t <grad f(y_t), gc_t> + (L/2) u_t^2 ||gc_t||^2 + drift."""
    if method.momentum:
        return _moved_with_momentum(s, method, cap)
    u = stepsize(method, t)
    here, there, target = x(t), x(shift(t, 1)), step_of(method, t)[0]
    smooth = s.elim(s.given("smooth"), v=there, w=here)
    turned = p(t) + L / 2 * ((target - here) + (there - here))
    item = (s.define("x", shift(t, 1)), turned)
    goal = _moved_goal(method)
    if not drifts(method):
        return s.combine(goal, smooth, item)
    w = target.args[1].args[1].args[0]  # x - w gc is x + (-1) (w gc)
    sign, smaller, falls = actual_stepsize_bounds(s, method, w)
    s.know(sign)
    s.know(s.combine(le(0, u - w), smaller))
    toward = inner_clip_dominated(s, p(t))[0]
    toward = s.combine(le(descent(method), SLOPE * lam), toward, (norm_slope_le(s, method), lam))
    return s.combine(goal, smooth, item, (toward, u - w), (smaller, L / 2 * (u + w) * POWER), (falls, SLOPE * lam))


def _moved_goal(method: Method) -> Term:
    u, later = stepsize(method, t), shift(t, 1)
    left = excess(point(method)) - u * descent(method) + L / 2 * u**2 * POWER
    return le(excess(point(method, later)), left + drift(method, t) - drift(method, later))


def _moved_with_momentum(s: Script, method: Method, cap: Line) -> Line:
    here, there, u = point(method), point(method, shift(t, 1)), stepsize(method, t)
    smooth = s.elim(s.given("smooth"), v=there, w=here)
    aimed = -1 * (u * gc(t)) + missed(method)
    turned = ((slope(method), num(1)), (there - here, L / 2), (aimed, L / 2))
    items = [(recursion(s, method, v), k) for v, k in turned]
    if not drifts(method):
        return s.combine(_moved_goal(method), smooth, *items)
    e, largest, short = missed(method), largest_stepsize(method), missed_le(s, method)
    end = potential_end(s, method)
    sign = s.generalise(end, "T", shift(t, 1), *(s.assume(within(t)) for _ in end.hyps))
    top = potential_le(s, method)
    if method.corrected:
        top = discharge(s, top, s.combine(le(n(t), n(N)), s.assume(within(t))))
    length = s.combine(le(norm(e), lam * highest(method)), short, (top, lam), (sign, lam))
    return s.combine(
        _moved_goal(method),
        smooth,
        *items,
        s.cauchy_schwarz(slope(method), e),
        (norm_slope_le(s, method), norm(e)),
        (s.cauchy_schwarz(-1 * gc(t), e), L * u),
        (norm_clip_le(s), L * u * norm(e)),
        (cap, L * lam * norm(e)),
        (length, L / 2 * norm(e)),
        (short, SLOPE + L * lam * (largest + highest(method) / 2)),
    )


def per_step(method: Method) -> Term:
    """What one step adds for bias and variance: u B^2/(2 phi) + error_price L u^2 V/2."""
    u = largest_stepsize(method)
    spread = L / 2 * u**2 * VARIANCE
    return u * BIAS**2 / (2 * phi) + (error_price(method) * spread if method.momentum else spread)


def weight(u: Term) -> Term:
    """u_t (1 - L u_t), the coefficient of <grad f(y_t), gc_t - p_t>: the square of the step takes part of it back."""
    return u * (1 - L * u)


def weight_bounds(s: Script, cap: Line) -> tuple[Line, Line]:
    """0 <= u_t (1 - L u_t) <= u; ``cap`` is u_t <= u."""
    u, largest = cap.fact.args
    short = s.combine(le(0, 1 - L * u), (cap, L), s.given("q_small"))
    sign = s.combine(le(0, weight(u)), (short, u))
    return sign, s.combine(le(weight(u), largest), cap, squares=((L, u),))


def mean_descent_ge(s: Script, method: Method) -> Line:
    """near(t) |- <grad f(y_t), p_t> - ||grad f(y_t)|| B <= E[<grad f(y_t), gc_t> | F_{t-1}]."""
    v = slope(method)
    bias = discharge(s, condexp_inner_clip_sub_le(s, -1 * v), small_of_near(s, method))
    parts = (-1, descent(method), inner_clip_dominated(s, v)), (inner(v, p(t)),)
    centred = s.e_lin(PAST, inner(-1 * v, theta(t)), *parts)
    return s.combine(le(inner(v, p(t)) - norm(v) * BIAS, mean_descent(method)), bias, (centred, -1))


def one_step(s: Script, method: Method, cap: Line, share: Term = a0) -> Line:
    """local(t) |- the energy at t + 1 is at most that at t, plus noise, per_step and drift; ``share`` is a0, or more.

    f(y_{t+1}) + lag_{t+1} + a0 u_t ||p_t||^2 <= f(y_t) + lag_t - u_t (1 - L u_t) (<v, gc_t> - E<v, gc_t>)
                  + error_price (L/2) u^2 (||th_t||^2 - E||th_t||^2) + per_step + drift,       v = grad f(y_t).
    """
    u, largest, later = stepsize(method, t), largest_stepsize(method), shift(t, 1)
    price = error_price(method) * L / 2 if method.momentum else L / 2
    right = excess(point(method)) - weight(u) * (descent(method) - mean_descent(method))
    right = right + price * largest**2 * (ERROR - MEAN_ERROR)
    variance = discharge(s, condexp_sq_clip_sub_le(s), small_of_near(s, method))
    return s.combine(
        le(
            excess(point(method, later)) + share * (u * GRAD_SQ) + lag(method, later) - lag(method, t),
            right + per_step(method) + drift(method, t) - drift(method, later),
        ),
        _moved(s, method, cap),
        (mean_descent_ge(s, method), weight(u), weight_bounds(s, cap)[0]),
        (s.given("descent"), u * GRAD_SQ),
        (cap, L / 2 * u * GRAD_SQ),
        (cap, BIAS**2 / (2 * phi)),
        (cap, price * (u + largest) * ERROR),
        (s.nonneg(u), L * u * norm(slope(method)) * BIAS),
        (variance, price * largest**2),
        *(_lagging(s, method, cap) if method.momentum else ()),
        squares=(
            (u * phi / 2, norm(slope(method)) - BIAS / phi),
            *(_lagging_squares(s, method) if method.momentum else ()),
        ),
    )


def _lagging(s: Script, method: Method, cap: Line) -> tuple[tuple[Line, Term] | tuple[Line, Term, Line], ...]:
    """What D_t costs: its own price, and ||gc_t||^2 by ||p_t||^2 and ||th_t||^2; with their factors."""
    u, largest, price = stepsize(method, t), largest_stepsize(method), lag_price(method)
    apart = slope(method) - p(t)
    spent = inner(apart, apart)
    return (
        (cap, spent / (2 * mix) * (1 + L * (u + largest))),
        (lag_sq(s, method), largest * (1 + L * largest) / (2 * mix)),
        (move_step(s, method), price / forgets(method)),
        (cap, step_price(method) * (1 + split) * u * GRAD_SQ),
        (s.combine(le(mix, 1), s.given("mix_small")), u * phi / (2 * mix) * spent),
        (s.nonneg(u), phi * mix / 2 * GRAD_SQ),
    )


def _lagging_squares(s: Script, method: Method) -> tuple[tuple[Term, Term] | tuple[Term, Term, Line], ...]:
    """Young's inequality for <p_t, e>, <e, th_t> and ||gc_t||^2, e = grad f(y_t) - p_t; each with its weight."""
    u, apart = stepsize(method, t), slope(method) - p(t)
    rest = s.combine(le(0, u * (1 - phi) * mix / 2), (s.given("phi_small"), u * mix / 2))
    return (
        (u * (1 - phi) * mix / 2, p(t) + apart / mix, rest),
        (L * u**2 * mix / 2, theta(t) + apart / mix),
        (step_price(method) * u**2 * split, p(t) - theta(t) / split),
    )
