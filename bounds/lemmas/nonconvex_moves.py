"""How far the iterates move with momentum, and how far grad f(y_t) is from grad f(x_t); see ``nonconvex_momentum``."""

from __future__ import annotations

from bounds.lemmas import adam, rises
from bounds.lemmas.accumulator import accumulator_ge, accumulator_positive, floor_at, stepsize_falls
from bounds.lemmas.clip import PAST, lam
from bounds.lemmas.decay import SBAR
from bounds.lemmas.momentum import increment, last_increment, norm_momentum_le, used
from bounds.lemmas.nonconvex_momentum import forgets, move, point, reach, rise_price, rising, slope
from bounds.lemmas.order import le_of_sq_le, norm_add_le
from bounds.lemmas.scheme import BETA1_C, C_MOMENTUM, L
from bounds.lemmas.sums import ZERO, T, discharge
from bounds.methods import Method
from bounds.once import once
from bounds.script import Item, Line, Script
from bounds.setting import (
    B0_SQ,
    HALF,
    HP,
    POWER,
    TWO,
    N,
    factor,
    gc,
    grad,
    largest_stepsize,
    m,
    p,
    stepsize,
    t,
    within,
    x,
)
from bounds.terms import Term, inner, le, lt, n, norm, num, par, shift


def _index(method: Method, s: Term) -> Term:
    """Adam: the time of the accumulator in w_s."""
    w = used(method, s)
    time_of: Term = (w.args[1] if method.corrected else w).args[1].args[0].args[1]
    return time_of


def _plain_grown_le(s: Script, method: Method) -> tuple[Line, Line]:
    """Adam: 0 <= gamma/b and gamma/b <= (gamma/b0) beta2^(-t/2), b as in w_{t-1}."""
    index = _index(method, PAST)
    return adam.used_le(s, index, _order(s, method, shift(index, 1)))


def _plain_le(s: Script, below: Line) -> Line:
    """t < N |- gamma/b <= u without bias correction; ``below``: gamma/b <= (gamma/b0) beta2^(-t/2)."""
    end = adam.growth_mono(s, t, N, s.combine(le(0, n(N) - n(t)), s.assume(within(t))))
    largest = adam.START * par("growth")
    return s.combine(le(below.fact.args[0], largest), below, (end, adam.START), (s.given("growth"), -adam.START))


@once
def grown_le(s: Script, method: Method) -> tuple[Line, Line]:
    """Adam: 0 <= w_{t-1} and w_{t-1} <= (gamma/b0) beta2^(-t/2); corrected: t <= N |- sbar times this."""
    sign, below = _plain_grown_le(s, method)
    if not method.corrected:
        return sign, below
    w, last, positive = used(method, PAST), factor(method, PAST), rises.positive_before(s)
    highest = below.fact.args[1]
    return (
        s.combine(le(0, w), (sign, last, positive)),
        s.combine(le(w, SBAR * highest), (below, last, positive), (rises.factor_before_le(s), highest)),
    )


@once
def before_bounds(s: Script, method: Method) -> tuple[Line, Line]:
    """0 <= w_{t-1} and w_{t-1} <= u; Adam: t < N |- the second."""
    w, largest = used(method, PAST), largest_stepsize(method)
    if method.accumulator == "adam":
        sign, below = grown_le(s, method)
        end = adam.growth_mono(s, t, N, s.combine(le(0, n(N) - n(t)), s.assume(within(t))))
        if method.corrected:
            below = discharge(s, below, s.combine(le(n(t), n(N)), s.assume(within(t))))
        top = adam.START * SBAR if method.corrected else adam.START
        return sign, s.combine(le(w, largest), below, (end, top), (s.given("growth"), -1 * top))
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
    """w_t is at most this times w_{t-1}, but for a bias correction."""
    return adam.ROOT if method.accumulator == "adam" else num(1)


@once
def falls(s: Script, method: Method) -> Line:
    """w_t <= w_{t-1}; Adam: w_t <= beta2^(-1/2) w_{t-1}, both without bias correction."""
    w, before = used(method, t), used(method, PAST)
    if method.accumulator == "adam":
        index = _index(method, t)
        return adam.root_grows(s, index, _order(s, method, index))
    if method.accumulator == "none":
        return s.combine(le(w, before))
    line = stepsize_falls(s, method)
    return line if method.delayed else s.generalise(line, "t", shift(t, 1))


def _plain_move_sq(s: Script, method: Method) -> Line:
    """t < N |- (gamma/b)^2 ||m_{t-1}||^2 <= (u lam)^2, b as in w_{t-1}, u without bias correction."""
    sign, below = _plain_grown_le(s, method)
    cap, old = _plain_le(s, below), m(PAST)
    root, largest = cap.fact.args
    s.know(sign)
    return s.combine(
        le(root**2 * inner(old, old), (largest * lam) ** 2),
        (norm_momentum_le(s), root**2 * (lam + norm(old))),
        (cap, lam**2 * (root + largest)),
    )


@once
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


def _shrinks(s: Script, method: Method, lower: Line) -> tuple[Line, tuple[Item, ...], Term]:
    """w_t <= u_t;  w_t^2 ||m_{t-1}||^2 <= growth^2 w_{t-1}^2 ||m_{t-1}||^2 as items, with factor beta1; and nothing.

    Corrected, t < N: with growth^2 2 sbar (u lam/sbar)^2 rise more, and the rise of s at t.  ``lower`` is ``falls``.
    """
    w, before, u, old = used(method, t), used(method, PAST), stepsize(method, t), m(PAST)
    if not method.corrected:
        smaller = s.combine(le(w, u), *(() if w is u else (lower,)))
        return smaller, ((lower, HP.beta1 * (w + growth(method) * before) * inner(old, old)),), num(0)
    now, positive = factor(method, t), rises.positive(s)
    smaller = s.combine(le(w, u), *(() if w is u else ((lower, now, positive),)))
    more, (root, highest) = rises.changes_before(s)[1], lower.fact.args
    rise = more.fact.args[1]
    limit = s.combine(le(n(t), n(N)), s.assume(within(t)))
    sign = _plain_grown_le(s, method)[0]
    sign = s.combine(le(0, root + highest), (sign, growth(method)), s.generalise(sign, "t", shift(t, 1)))
    share = 2 * SBAR * HP.beta1 * growth(method) ** TWO
    size = HP.beta1 * now * now * inner(old, old)
    sign = s.combine(le(0, size * (root + highest)), (sign, size))
    return (
        smaller,
        (
            (lower, size * (root + highest), sign),
            (discharge(s, rises.squares_rise(s), limit), HP.beta1 * highest**2 * inner(old, old)),
            (_plain_move_sq(s, method), share * rise, s.combine(le(0, share * rise), (more, share))),
        ),
        rise,
    )


def move_step(s: Script, method: Method) -> Line:
    """||D_{t+1}||^2 <= (1 - forgets) ||D_t||^2 + (1 - beta1) u_t^2 ||gc_t||^2.

    Corrected, t < N: with rise_price times the rise of s at t more.
    """
    w, before, u, old, new, cut = used(method, t), used(method, PAST), stepsize(method, t), m(PAST), m(t), gc(t)
    next_move, updated, lower = move(shift(t, 1)), s.define("m", t), falls(s, method)
    nonneg = before_bounds(s, method)[0]
    s.know(nonneg)
    s.know(s.generalise(nonneg, "t", shift(t, 1)))
    smaller, shrinks, rise = _shrinks(s, method, lower)
    rest = HP.beta1 * inner(old, old) - (1 - HP.beta1) * inner(cut, cut) - 2 * HP.beta1 * inner(old, cut)
    right = (1 - forgets(method)) * inner(move(), move()) + BETA1_C * u**2 * POWER
    right = right + rise_price(method) * rise if method.corrected else right
    return s.combine(
        le(inner(next_move, next_move), right),
        increment(s, method, next_move),
        (increment(s, method, new), -1 * w),
        (updated, w**2 * (new + updated.fact.args[1])),
        (s.given("beta1_complement"), w**2 * rest),
        (s.given("kept" if rising(method) else "beta1_complement"), inner(move(), move())),
        *shrinks,
        (last_increment(s, method, move()), -1 * HP.beta1 * growth(method) ** TWO),
        (last_increment(s, method, old), HP.beta1 * growth(method) ** TWO * before),
        (smaller, BETA1_C * (w + u) * POWER),
        squares=((HP.beta1 * BETA1_C * w**2, old - cut),),
    )


# --- the rises of a bias correction -------------------------------------------------------------------


def lag_start(s: Script) -> Line:
    """0 <= the rises up to -1."""
    return s.generalise(rises.rises_nonneg(s), "t", ZERO)


def lag_end(s: Script) -> Line:
    """T <= N |- the rises up to T - 1 are at most sbar."""
    return s.generalise(rises.bounds_before(s)[1], "t", T, s.assume(le(n(T), n(N))))


# --- how far the two gradients are apart -------------------------------------------------------------


@once
def lag_sq(s: Script, method: Method) -> Line:
    """||grad f(y_t) - p_t||^2 <= (L c)^2 ||D_t||^2."""
    here, asked = point(method), x(t)
    line = s.elim(s.given("smooth_gradient"), v=here, w=asked)
    apart, size = line.fact.args
    return s.combine(
        le(inner(grad(here) - p(t), grad(here) - p(t)), (L * C_MOMENTUM) ** 2 * inner(move(), move())),
        (line, apart + size),
    )


@once
def apart_sq(s: Script, method: Method) -> Line:
    """||grad f(y_t) - p_t||^2 <= (L c u lam)^2."""
    line, away = lag_sq(s, method), slope(method) - p(t)
    return s.combine(le(inner(away, away), reach(method) ** 2), line, (move_sq(s, method), (L * C_MOMENTUM) ** 2))


@once
def norm_grad_le(s: Script, method: Method, slope_le: Line) -> Line:
    """||p_t|| <= S + L c u lam; ``slope_le``: ||grad f(y_t)|| <= S."""
    if not method.momentum:
        return slope_le
    away = p(t) - slope(method)
    squares = s.combine(le(inner(away, away), reach(method) ** 2), apart_sq(s, method))
    lag_le = le_of_sq_le(s, squares, s.combine(le(0, reach(method))))
    size = slope_le.fact.args[1]
    return s.combine(le(norm(p(t)), size + reach(method)), norm_add_le(s, slope(method), away), slope_le, lag_le)
