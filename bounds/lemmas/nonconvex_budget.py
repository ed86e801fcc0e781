"""How the noise of all steps together is bounded without convexity, and what that costs (theory, section 5).

    X_t = u_t (1 - L u_t) 1{good_t} (E<p_t, gc_t> - <p_t, gc_t>) / Delta      (Adam: 0 from time N on)
    Z_t = u^2 1{good_t} (||gc_t - p_t||^2 - E||gc_t - p_t||^2) / (Delta / L)

The variance of X is at most (u V / Delta^2) sum of 1{good_t} u_t ||p_t||^2, and good_t bounds that sum.
"""

from __future__ import annotations

import functools
import operator
from dataclasses import dataclass

from bounds.lemmas import martingale
from bounds.lemmas.accumulator import (
    bounded_stepsize_le,
    bounded_stepsize_open,
    potential_end,
    potential_start,
)
from bounds.lemmas.below import (
    CEILING,
    GRAD_SQ,
    SLOPE,
    Delta,
    L,
    a0,
    excess,
    excess_nonneg,
    kappa,
    local,
    localise,
    near,
    norm_grad_le,
    progress,
    small_of_near,
    sq_norm_grad_le_excess,
)
from bounds.lemmas.budget import concentration, halves, instance
from bounds.lemmas.clip import rho2
from bounds.lemmas.concentration import A
from bounds.lemmas.martingale import Direction, Gate
from bounds.lemmas.nonconvex_descent import drift, one_step, per_step, total_drift, weight, weight_bounds
from bounds.lemmas.order import gated_le
from bounds.lemmas.sums import ZERO, T, before, sum_const, telescope
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, VARIANCE, N, bounded_stepsize, grad, largest_stepsize, p, stepsize, t, within, x
from bounds.terms import Term, eq, ind, le, n, norm, num, par, shift, substitute, total

z1, z2 = par("z1"), par("z2")
VARIANTS = ("plain", "self-bounded")


def unit_z() -> Term:
    """Delta / L, the unit of Z."""
    return Delta / L


def total_variance(method: Method, variant: str) -> Term:
    """G: N 2 L kappa^2 u^2 V / Delta, or u V kappa^2 / (a0 Delta)."""
    u = largest_stepsize(method)
    if variant == "plain":
        return n(N) * (2 * L * kappa**2 * u**2 * VARIANCE / Delta)
    return u * VARIANCE * kappa**2 / (a0 * Delta)


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
    spent = 1 + n(N) * per_step(method) / Delta + z1 + z2 / 2
    drifting = total_drift(method)
    return {
        "freedman1": le(2 * A * (total_variance(method, variant) + range_x * z1 / 3), z1**2),
        "freedman2": concentration(A, z2, range_z, variance_z),
        "budget": le(spent if drifting is num(0) else spent + drifting / Delta, kappa**2),
    }


def energy(s: Script, method: Method, variant: str, cap: Line) -> Paid:
    """before(t, T, local), T <= N, events |- near(T): one martingale for <p_t, gc_t>, one for ||th_t||^2.

    Each fails with probability at most delta/2; ``cap`` is u_t <= u.
    """
    largest, u = largest_stepsize(method), bounded_stepsize(method, t)
    small, bounded = small_of_near(s, method), bounded_stepsize_le(s, method, cap)
    gate_x, gate_z = (Gate(near(method), small, unit) for unit in (Delta, unit_z()))
    direction = Direction(p(t), norm_grad_le(s, method), weight(u), *weight_bounds(s, bounded))
    variance = martingale.variance_x_le(s, gate_x, direction)
    pay = _plain if variant == "plain" else _self_bounded
    first = martingale.freedman_x(s, gate_x, direction, *pay(s, method, direction, bounded, variance), A)
    second = martingale.freedman_z(s, gate_z, largest, A)
    x_bare, z_bare = martingale.bare_x(p(t), weight(u), Delta), martingale.bare_z(largest, unit_z())
    gated = tuple(ind(near(method)) * y for y in (x_bare, z_bare))
    factors = (a0, -1 * Delta, -1 * Delta / 2, -1 * per_step(method))
    bodies = (stepsize(method, t) * GRAD_SQ, *gated, num(1))

    def potential(at: Term) -> Term:
        return excess(x(at)) + drift(method, at)

    gains = (k * b for k, b in zip(factors, bodies, strict=True))
    ungated = martingale.bare_x(p(t), weight(stepsize(method, t)), Delta)
    step = s.combine(
        le(functools.reduce(operator.add, gains, potential(shift(t, 1)) - potential(t)), 0),
        one_step(s, method, cap),
        (s.ind_one(s.assume(near(method))), -1 * (Delta * x_bare + Delta / 2 * z_bare)),
        *((line, -1 * Delta * ungated) for line in bounded_stepsize_open(s, method)),
    )
    prefix = before("t", T, local(method))
    line = telescope(s, prefix, localise(s, method, step), potential, _start(s, method), factors, bodies)
    limit = s.assume(le(n(T), n(N)))
    x_small, z_small = instance(s, first), instance(s, second)
    last = () if total_drift(method) is num(0) else ((potential_end(s, method), SLOPE * HP.lam),)
    now = s.combine(
        near(method, T),
        line,
        (x_small, Delta),
        (z_small, Delta / 2),
        (sum_const(s, "t", num(1)), per_step(method)),
        (limit, per_step(method)),
        (s.given("budget"), Delta),
        *last,
    )
    return Paid((first, second), now, z_small if method.accumulator != "none" else None, halves(s))


def _start(s: Script, method: Method) -> Line:
    """f(x_0) - fmin + drift_0 <= Delta + total drift; x_0 is the start by definition of the process."""
    base = s.define("x", ZERO, "base", s.combine(le(n(ZERO) + 1, 1)))
    x0 = base.fact.args[1]
    moved = x(ZERO) - x0
    smooth = s.elim(s.given("smooth"), v=x(ZERO), w=x0)
    drifting = () if total_drift(method) is num(0) else ((potential_start(s, method), SLOPE * HP.lam),)
    goal = le(excess(x(ZERO)) + drift(method, ZERO), Delta + total_drift(method))
    return s.combine(goal, smooth, s.given("start"), (base, grad(x0) + L / 2 * moved), *drifting)


def _plain(s: Script, method: Method, d: Direction, cap: Line, variance: Line) -> tuple[Line, Line]:
    """E[X_t^2] <= 2 L kappa^2 u^2 V / Delta, by ||p_t|| <= kappa (2 L Delta)^(1/2), and N times it in total."""
    largest, c = largest_stepsize(method), VARIANCE / Delta**2
    bound = martingale.variance_x(SLOPE, largest, Delta)
    sign = s.combine(le(0, c * GRAD_SQ * (d.step + largest)), (d.sign, c * GRAD_SQ))
    under = s.combine(
        le(c * d.step**2 * GRAD_SQ, bound),
        (d.cap, c * GRAD_SQ * (d.step + largest), sign),
        (d.short, c * largest**2 * (SLOPE + norm(p(t)))),
    )
    constant = gated_le(s, near(method), under, s.combine(le(0, bound)))
    line = s.combine(le(variance.fact.args[0], bound), variance, constant)
    return line, martingale.sum_le_constant(s, bound)


def _self_bounded(s: Script, method: Method, d: Direction, cap: Line, variance: Line) -> tuple[Line, Line]:
    """E[X_t^2] <= (u V / Delta^2) 1{good_t} u_t ||p_t||^2, and what these add up to."""
    u, largest = cap.fact.args
    c = largest * VARIANCE / Delta**2
    spent = c * (ind(near(method)) * (u * GRAD_SQ))
    factor = VARIANCE / Delta**2 * ind(near(method)) * GRAD_SQ
    shorter = s.combine(le(d.step, u), squares=((L, u),))
    line = s.combine(
        le(variance.fact.args[0], spent),
        variance,
        (shorter, factor * largest),
        (d.cap, factor * d.step, s.combine(le(0, factor * d.step), (d.sign, factor))),
    )
    return line, _gated_progress_le(s, method, cap, spent, c)


def _gated_progress_le(s: Script, method: Method, cap: Line, spent: Term, c: Term) -> Line:
    """For all T <= N: c (sum over t < T of 1{good_t} u_t ||p_t||^2) <= c kappa^2 Delta / a0.

    Where good_T holds, a0 times the sum up to T is at most kappa^2 Delta - excess_T, and the term at T is at most
    2 q excess_T, q = L u, with 2 q a0 <= 2 q - q^2 <= 1.  Where it fails, the sum does not grow.
    """
    (u, largest), good = cap.fact.args, near(method)
    smaller = _ungated(s, method, c, u, spent)
    ceiling = CEILING / a0
    small_q = s.combine(
        le(2 * L * largest * a0, 1), (s.given("descent"), 2 * L * largest), squares=((1, 1 - L * largest),)
    )
    s.know(excess_nonneg(s, x(t)))
    last = s.combine(
        le(progress(method) + u * GRAD_SQ, ceiling),
        (sq_norm_grad_le_excess(s, x(t)), u),
        (cap, 2 * L * excess(x(t))),
        (small_q, excess(x(t)) / a0),
        (s.assume(good), 1 / a0),
    )
    now, shut = near(method, T), eq(ind(near(method, T)), 0)
    goal, claim = (le(total("t", upto, spent), c * ceiling) for upto in (shift(T, 1), T))
    added, here = s.sum_step("t", T, spent), substitute(c * (u * GRAD_SQ), {"t": T})
    opened = s.combine(
        goal, added, smaller, (s.generalise(last, "t", T, s.assume(now)), c), (s.ind_one(s.assume(now)), here)
    )
    closed = s.combine(goal, s.assume(claim), added, (s.assume(shut), here))
    base = s.combine(le(total("t", ZERO, spent), c * ceiling), s.sum_zero("t", ZERO, spent))
    always = s.induct("T", base, s.cases(now, opened, shut, closed), claim)
    limit = le(n(T), n(N))
    return s.intro(always, (limit,), T="nat")


def _ungated(s: Script, method: Method, c: Term, u: Term, spent: Term) -> Line:
    """sum over t < T of c 1{good_t} u_t ||p_t||^2 <= c (sum of u_t ||p_t||^2), with or without a gate at N in u_t."""
    whole = stepsize(method, t)
    gain = whole * GRAD_SQ
    opened = s.combine(le(whole, whole))
    if u is not whole:
        opened = gated_le(s, within(t), opened, s.nonneg(whole))
    shorter = s.combine(le(c * (u * GRAD_SQ), c * gain), (opened, c * GRAD_SQ))
    termwise = gated_le(s, near(method), shorter, s.nonneg(c * gain))
    claim, goal = (le(total("t", upto, spent), c * total("t", upto, gain)) for upto in (T, shift(T, 1)))
    zeros = s.sum_zero("t", ZERO, spent), (s.sum_zero("t", ZERO, gain), -1 * c)
    base = s.combine(le(total("t", ZERO, spent), c * total("t", ZERO, gain)), *zeros)
    steps = s.sum_step("t", T, spent), (s.sum_step("t", T, gain), -1 * c)
    stepped = s.combine(goal, s.assume(claim), *steps, s.generalise(termwise, "t", T))
    return s.induct("T", base, stepped, claim)
