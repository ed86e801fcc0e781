"""Momentum without convexity (theory, section 5): the oracle is asked at x_t, f is measured at y_t.

    y_t = x_t + c D_t,    D_t = x_t - x_{t-1},    ||grad f(y_t) - p_t|| <= L c ||D_t||
    ||D_{t+1}||^2 <= beta1 ||D_t||^2 + (1 - beta1) u_t^2 ||gc_t||^2

so the sum of all ||D_t||^2 is at most the sum of u_t^2 ||gc_t||^2: a multiple of ||D_t||^2 is part of the energy.
Adam's stepsizes may rise by beta2^(-1/2) in a step: beta1/beta2 for beta1, and the sum may be larger by ``echo``.
"""

from __future__ import annotations

from bounds.lemmas import adam
from bounds.lemmas.accumulator import accumulator_ge, accumulator_positive, floor_at, stepsize_falls
from bounds.lemmas.clip import PAST, lam
from bounds.lemmas.momentum import increment, last_increment, norm_momentum_le, used
from bounds.lemmas.order import le_of_sq_le, norm_add_le
from bounds.lemmas.scheme import BETA1_C, C_MOMENTUM, L, y
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import B0_SQ, HALF, HP, POWER, TWO, N, gc, grad, largest_stepsize, m, p, stepsize, t, within, x
from bounds.terms import Term, eq, inner, le, lt, n, norm, num, par, shift

mix, split, KEPT = par("mix"), par("split"), par("kept")


def definitions(method: Method) -> dict[str, Term]:
    """kept = 1 - beta1/beta2, where stepsizes may rise."""
    return {"kept": eq(KEPT, 1 - HP.beta1 / HP.beta2)} if _rising(method) else {}


def _rising(method: Method) -> bool:
    return method.momentum and method.accumulator == "adam"


def forgets(method: Method) -> Term:
    """1 - beta1, or 1 - beta1/beta2: the share of ||D_t||^2 that is forgotten in a step."""
    return KEPT if _rising(method) else BETA1_C


def _echo(method: Method, price: Term) -> Term:
    """price (1 - beta1)/forgets."""
    return price * (BETA1_C / KEPT) if _rising(method) else price


def point(method: Method, s: Term = t) -> Term:
    """y_s, where f is measured; x_s without momentum."""
    return y(method, s)


def slope(method: Method) -> Term:
    """grad f(y_t), the direction of the descent; p_t without momentum."""
    return grad(point(method))


def move(s: Term = t) -> Term:
    """D_s = x_s - x_{s-1}."""
    return x(s) - x(shift(s, -1))


def reach(method: Method) -> Term:
    """L c u lam, at least ||grad f(y_t) - p_t||; 0 without momentum."""
    return L * C_MOMENTUM * largest_stepsize(method) * lam if method.momentum else num(0)


def lag_price(method: Method) -> Term:
    """What ||D_t||^2 costs: u (1 + L u) (L c)^2 / (2 mix), because the descent is along grad f(y_t), not p_t."""
    u = largest_stepsize(method)
    return u * (1 + L * u) * (L * C_MOMENTUM) ** 2 / (2 * mix)


def lag(method: Method, s: Term) -> Term:
    """The part of the energy that pays for it; 0 without momentum."""
    return lag_price(method) / forgets(method) * inner(move(s), move(s)) if method.momentum else num(0)


def step_price(method: Method) -> Term:
    """What u_t^2 ||gc_t||^2 adds to ``lag`` in a step."""
    return _echo(method, lag_price(method))


def error_price(method: Method) -> Term:
    """What u^2 ||gc_t - p_t||^2 costs, in units of L/2; 1 without momentum."""
    if not method.momentum:
        return num(1)
    u = largest_stepsize(method)
    return 1 + mix + _echo(method, L * u * (1 + L * u) * C_MOMENTUM**2 / mix) * (1 + 1 / split)


def gradient_price(method: Method) -> Term:
    """The share of u_t ||p_t||^2 that momentum costs."""
    return mix / 2 + largest_stepsize(method) * step_price(method) * (1 + split)


# --- how far the iterates move -----------------------------------------------------------------------


def grown_le(s: Script, method: Method) -> tuple[Line, Line]:
    """Adam: 0 <= w_{t-1} and w_{t-1} <= (gamma/b0) beta2^(-t/2)."""
    index = used(method, PAST).args[1].args[0].args[1]
    return adam.used_le(s, index, _order(s, method, shift(index, 1)))


def before_bounds(s: Script, method: Method) -> tuple[Line, Line]:
    """0 <= w_{t-1} and w_{t-1} <= u; Adam: t < N |- the second."""
    w, largest = used(method, PAST), largest_stepsize(method)
    if method.accumulator == "adam":
        sign, below = grown_le(s, method)
        end = adam.growth_mono(s, t, N, s.combine(le(0, n(N) - n(t)), s.assume(within(t))))
        return sign, s.combine(le(w, largest), below, (end, adam.START), (s.given("growth"), -adam.START))
    if method.accumulator == "none":
        return s.combine(le(0, w)), s.combine(le(w, largest))
    floor = floor_at(s, w.args[1].args[0].args[1]) if method.delayed else accumulator_ge(s)
    root = s.pow_pos(accumulator_positive(s, floor), -HALF)
    smaller = s.pow_mono(s.combine(lt(0, B0_SQ)), floor, -HALF)
    return s.combine(le(0, w), (root, HP.gamma)), s.combine(le(w, largest), (smaller, HP.gamma))


def _order(s: Script, method: Method, index: Term) -> Line:
    """0 <= t - index."""
    return s.combine(le(0, n(t) - n(index)), *((adam.delay_positive(s),) if method.delayed else ()))


def growth(method: Method) -> Term:
    """w_t is at most this times w_{t-1}."""
    return adam.ROOT if method.accumulator == "adam" else num(1)


def falls(s: Script, method: Method) -> Line:
    """w_t <= w_{t-1}; Adam: w_t <= beta2^(-1/2) w_{t-1}."""
    w, before = used(method, t), used(method, PAST)
    if method.accumulator == "adam":
        index = w.args[1].args[0].args[1]
        return adam.root_grows(s, index, _order(s, method, index))
    if method.accumulator == "none":
        return s.combine(le(w, before))
    line = stepsize_falls(s, method)
    return line if method.delayed else s.generalise(line, "t", shift(t, 1))


def move_sq(s: Script, method: Method) -> Line:
    """||D_t||^2 <= (u lam)^2."""
    w, largest, old = used(method, PAST), largest_stepsize(method), m(PAST)
    nonneg, cap = before_bounds(s, method)
    s.know(nonneg)
    return s.combine(
        le(inner(move(), move()), (largest * lam) ** 2),
        last_increment(s, method, move()),
        (last_increment(s, method, old), -1 * w),
        (norm_momentum_le(s), w**2 * (lam + norm(old))),
        (cap, lam**2 * (w + largest)),
    )


def move_step(s: Script, method: Method) -> Line:
    """||D_{t+1}||^2 <= (1 - forgets) ||D_t||^2 + (1 - beta1) u_t^2 ||gc_t||^2."""
    w, before, u, old, new, cut = used(method, t), used(method, PAST), stepsize(method, t), m(PAST), m(t), gc(t)
    next_move, updated, lower = move(shift(t, 1)), s.define("m", t), falls(s, method)
    nonneg = before_bounds(s, method)[0]
    s.know(nonneg)
    s.know(s.generalise(nonneg, "t", shift(t, 1)))
    smaller = s.combine(le(w, u), *(() if w is u else (lower,)))
    rest = HP.beta1 * inner(old, old) - (1 - HP.beta1) * inner(cut, cut) - 2 * HP.beta1 * inner(old, cut)
    return s.combine(
        le(inner(next_move, next_move), (1 - forgets(method)) * inner(move(), move()) + BETA1_C * u**2 * POWER),
        increment(s, method, next_move),
        (increment(s, method, new), -1 * w),
        (updated, w**2 * (new + updated.fact.args[1])),
        (s.given("beta1_complement"), w**2 * rest),
        (s.given("kept" if _rising(method) else "beta1_complement"), inner(move(), move())),
        (lower, HP.beta1 * (w + growth(method) * before) * inner(old, old)),
        (last_increment(s, method, move()), -1 * HP.beta1 * growth(method) ** TWO),
        (last_increment(s, method, old), HP.beta1 * growth(method) ** TWO * before),
        (smaller, BETA1_C * (w + u) * POWER),
        squares=((HP.beta1 * BETA1_C * w**2, old - cut),),
    )


# --- how far the two gradients are apart -------------------------------------------------------------


def lag_sq(s: Script, method: Method) -> Line:
    """||grad f(y_t) - p_t||^2 <= (L c)^2 ||D_t||^2."""
    here, asked = point(method), x(t)
    line = s.elim(s.given("smooth_gradient"), v=here, w=asked)
    apart, size = line.fact.args
    return s.combine(
        le(inner(grad(here) - p(t), grad(here) - p(t)), (L * C_MOMENTUM) ** 2 * inner(move(), move())),
        (line, apart + size),
    )


def apart_sq(s: Script, method: Method) -> Line:
    """||grad f(y_t) - p_t||^2 <= (L c u lam)^2."""
    line, away = lag_sq(s, method), slope(method) - p(t)
    return s.combine(le(inner(away, away), reach(method) ** 2), line, (move_sq(s, method), (L * C_MOMENTUM) ** 2))


def norm_grad_le(s: Script, method: Method, slope_le: Line) -> Line:
    """||p_t|| <= S + L c u lam; ``slope_le``: ||grad f(y_t)|| <= S."""
    if not method.momentum:
        return slope_le
    away = p(t) - slope(method)
    squares = s.combine(le(inner(away, away), reach(method) ** 2), apart_sq(s, method))
    lag_le = le_of_sq_le(s, squares, s.combine(le(0, reach(method))))
    size = slope_le.fact.args[1]
    return s.combine(le(norm(p(t)), size + reach(method)), norm_add_le(s, slope(method), away), slope_le, lag_le)
