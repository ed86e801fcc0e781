"""How the noise of all steps together is bounded without convexity, and what that costs (theory, section 5).

X_t = u_t (1 - L u_t) 1{good_t} (E<v_t, gc_t> - <v_t, gc_t>) / Delta,    v_t = grad f(y_t)    (Adam: 0 from N on)
Z_t = u^2 1{good_t} (||gc_t - p_t||^2 - E||gc_t - p_t||^2) / (Delta / L)
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bounds.lemmas import martingale
from bounds.lemmas.accumulator import (
    bounded_stepsize_le,
    bounded_stepsize_open,
)
from bounds.lemmas.below import (
    GRAD_SQ,
    SLOPE,
    Delta,
    L,
    a0,
    excess,
    good,
    good_now,
    kappa,
    local,
    localise,
    near,
    norm_slope_le,
    of_good,
    small_of_near,
)
from bounds.lemmas.budget import concentration, halves, instance
from bounds.lemmas.clip import rho2
from bounds.lemmas.concentration import A
from bounds.lemmas.decay import SBAR
from bounds.lemmas.freedman import psi, psi_nonneg
from bounds.lemmas.martingale import Direction, Gate
from bounds.lemmas.nonconvex_descent import (
    drift,
    drift_price,
    one_step,
    per_step,
    potential_end,
    potential_start,
    total_drift,
    weight,
    weight_bounds,
)
from bounds.lemmas.nonconvex_momentum import (
    error_price,
    first_lag,
    forgets,
    lag,
    lag_price,
    move,
    point,
    slope,
)
from bounds.lemmas.nonconvex_moves import lag_end, lag_start
from bounds.lemmas.nonconvex_variance import along_le, beside, by_progress, self_bounded, stretched, total_variance
from bounds.lemmas.scheme import C_MOMENTUM
from bounds.lemmas.sums import ZERO, T, before, sum_const, telescope
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, VARIANCE, N, bounded_stepsize, grad, largest_stepsize, stepsize, t
from bounds.terms import Term, ind, inner, le, lt, n, num, par, shift, time

z1, z2, h = par("z1"), par("z2"), par("h")
SELF_BOUNDED, EXPONENTIAL = "self-bounded", "exponential"
VARIANTS = (SELF_BOUNDED, EXPONENTIAL)


def unit_z() -> Term:
    """Delta / L, the unit of Z."""
    return Delta / L


@dataclass(frozen=True)
class Paid:
    """The events, near(T) under them by the energy inequality, and sum Z <= z2 if it is known."""

    events: tuple[Line, Line]
    line: Line
    z_small: Line | None
    confidence: Line


def conditions(method: Method, variant: str) -> dict[str, Term]:
    """The concentration of X and Z, and the budget."""
    u = largest_stepsize(method)
    range_x, range_z = 2 * kappa * (2 * L / Delta) ** HALF * u * HP.lam, L * (rho2 * u * HP.lam) ** 2 / Delta
    variance_z = range_z * L * u**2 * VARIANCE / Delta
    error = error_price(method) * z2 / 2 if method.momentum else z2 / 2
    exponential = variant.startswith(EXPONENTIAL)
    spent = 1 + n(N) * _each(method, variant) / Delta + (A / h if exponential else z1) + error
    drifting = total_drift(method)
    if first_lag(method) is not num(0):
        spent = spent + first_lag(method) / Delta
    first = {} if exponential else {"freedman1": le(2 * A * (total_variance(method) + range_x * z1 / 3), z1**2)}
    return {
        **first,
        "freedman2": concentration(A, z2, range_z, variance_z),
        "budget": le(spent if drifting is num(0) else spent + drifting / Delta, kappa**2),
    }


def _each(method: Method, variant: str) -> Term:
    """What one step adds for bias and variance."""
    if not variant.startswith(EXPONENTIAL) or not method.momentum:
        return per_step(method)
    return per_step(method) + tilt(method) * beside(method)


def tilt(method: Method) -> Term:
    """What the variance of X takes of u_t ||v_t||^2: psi u V/(h Delta)."""
    u = largest_stepsize(method)
    return psi(h, martingale.range_x(SLOPE, u, Delta)) * (u * VARIANCE) / (h * Delta)


def energy(s: Script, method: Method, variant: str, cap: Line) -> Paid:
    """before(t, T, local), T <= N, events |- near(T): one martingale for <p_t, gc_t>, one for ||th_t||^2.

    Each fails with probability at most delta/2; ``cap`` is u_t <= u.
    """
    largest, u = largest_stepsize(method), bounded_stepsize(method, t)
    small, bounded = of_good(s, method, small_of_near(s, method)), bounded_stepsize_le(s, method, cap)
    gate_x, gate_z = (Gate(good(method), small, unit) for unit in (Delta, unit_z()))
    v = slope(method)
    direction = Direction(v, of_good(s, method, norm_slope_le(s, method)), weight(u), *weight_bounds(s, bounded))
    variance = martingale.variance_x_le(s, gate_x, direction)
    x_bare, z_bare = martingale.bare_x(v, weight(u), Delta), martingale.bare_z(largest, unit_z())
    gated = tuple(ind(good(method)) * y for y in (x_bare, z_bare))
    exponential = variant.startswith(EXPONENTIAL)
    if exponential:
        spread = by_progress(s, method, direction, bounded, variance)
        first, of_x = martingale.exponential_x(s, gate_x, direction, spread, s.combine(lt(0, h)), A)
        unit_x, share = Delta / h, a0 + stretched(method, tilt(method))
    else:
        first = martingale.freedman_x(s, gate_x, direction, *self_bounded(s, method, direction, bounded, variance), A)
        of_x, unit_x, share = gated[0], Delta, a0
    second = martingale.freedman_z(s, gate_z, largest, A)
    of_z = error_price(method) * Delta / 2 if method.momentum else Delta / 2
    each = _each(method, variant)
    factors = (a0, -1 * unit_x, -1 * of_z, -1 * each)
    bodies = (stepsize(method, t) * GRAD_SQ, of_x, gated[1], num(1))

    def potential(at: Term) -> Term:
        energy_at = excess(point(method, at)) + drift(method, at)
        return energy_at + lag(method, at) if method.momentum else energy_at

    gains = (k * b for k, b in zip(factors, bodies, strict=True))
    ungated = martingale.bare_x(v, weight(stepsize(method, t)), Delta)
    step = s.combine(
        le(functools.reduce(operator.add, gains, potential(shift(t, 1)) - potential(t)), 0),
        one_step(s, method, cap, share),
        (s.ind_one(good_now(s, method)), -1 * (Delta * x_bare + of_z * z_bare)),
        *((line, -1 * Delta * ungated) for line in bounded_stepsize_open(s, method)),
        *(_tilted(s, method, u, cap) if exponential else ()),
    )
    prefix = before("t", T, local(method))
    line = telescope(s, prefix, localise(s, method, step), potential, _start(s, method), factors, bodies)
    limit = s.assume(le(n(T), n(N)))
    x_small, z_small = instance(s, first), instance(s, second)
    last = [] if total_drift(method) is num(0) else [(potential_end(s, method), drift_price(method))]
    if first_lag(method) is not num(0):
        last.append((lag_end(s), first_lag(method) / SBAR))
    now = s.combine(
        near(method, T),
        line,
        (x_small, unit_x),
        (z_small, of_z),
        (sum_const(s, "t", num(1)), each),
        (limit, each, _each_nonneg(s, method, each)),
        (s.given("budget"), Delta),
        *last,
        squares=((lag_price(method) / forgets(method), move(T)),) if method.momentum else (),
    )
    return Paid((first, second), now, z_small if method.accumulator != "none" else None, halves(s))


def _each_nonneg(s: Script, method: Method, each: Term) -> Line:
    """0 <= what one step adds."""
    if each is per_step(method):
        return s.combine(le(0, each))
    return s.combine(le(0, each), (tilt_nonneg(s, method), beside(method)))


def _tilted(s: Script, method: Method, u: Term, cap: Line) -> Iterator[tuple[Any, ...]]:
    """What X pays for is what the step has, as the gates are open; with momentum ||v_t||^2 is bounded by ||p_t||^2."""
    v, whole = slope(method), stepsize(method, t)
    yield s.ind_one(good_now(s, method)), tilt(method) * (u * inner(v, v))
    yield from ((line, tilt(method) * (whole * inner(v, v))) for line in bounded_stepsize_open(s, method))
    if method.momentum:
        yield along_le(s, method, cap), tilt(method), tilt_nonneg(s, method)


def tilt_nonneg(s: Script, method: Method) -> Line:
    """0 <= psi u V/(h Delta)."""
    u = largest_stepsize(method)
    return s.combine(
        le(0, tilt(method)),
        (psi_nonneg(s, h, martingale.range_x(SLOPE, u, Delta)), u * VARIANCE / (h * Delta)),
    )


def _start(s: Script, method: Method) -> Line:
    """f(x_0) - fmin + drift_0 <= Delta + total drift; x_0 is the start by definition of the process."""
    base = s.define("x", ZERO, "base", s.combine(le(n(ZERO) + 1, 1)))
    x0, first = base.fact.args[1], point(method, ZERO)
    turned = grad(x0) + L / 2 * (first - x0)
    smooth = s.elim(s.given("smooth"), v=first, w=x0)
    drifting = () if total_drift(method) is num(0) else ((potential_start(s, method), drift_price(method)),)
    left = excess(first) + drift(method, ZERO)
    if not method.momentum:
        goal = le(left, Delta + total_drift(method))
        return s.combine(goal, smooth, s.given("start"), (base, turned), *drifting)
    last = time(-1)
    before = s.define("x", last, "base", s.combine(le(n(last) + 1, 1)))
    of_lag, whole = lag_price(method) / forgets(method) * move(ZERO), Delta + total_drift(method)
    if first_lag(method) is not num(0):
        whole = whole + first_lag(method)
        drifting = (*drifting, (lag_start(s), first_lag(method) / SBAR))
    goal = le(left + lag(method, ZERO), whole)
    items = (base, (1 + C_MOMENTUM) * turned + of_lag), (before, -1 * (C_MOMENTUM * turned + of_lag))
    return s.combine(goal, smooth, s.given("start"), *items, *drifting)
