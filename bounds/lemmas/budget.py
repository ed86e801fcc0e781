"""The two budgets: how the noise of all steps together is bounded, and what that costs.

Each budget gives the events (high-probability facts), the energy inequality under them, and its conditions.
"""

from __future__ import annotations

from dataclasses import dataclass

from bounds.lemmas import joint
from bounds.lemmas.accumulator import bounded_stepsize_le, bounded_stepsize_open, potential_end
from bounds.lemmas.clip import PAST, condexp_inner_clip_sub_le, condexp_sq_clip_sub_le, inner_clip_dominated
from bounds.lemmas.concentration import (
    MEAN_PROGRESS,
    PROGRESS,
    A,
    bare_x,
    bare_z,
    freedman_x,
    freedman_z,
    gate,
    good,
    range_x,
    range_z,
    variance_x,
    variance_z,
)
from bounds.lemmas.descent import drift, one_step, telescope, total_drift
from bounds.lemmas.smooth import RADIUS, R, kappa, near, norm_near
from bounds.lemmas.sums import T
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import (
    BIAS,
    HP,
    VARIANCE,
    N,
    a,
    bounded_stepsize,
    dist_sq,
    gap,
    largest_stepsize,
    p,
    shift,
    stepsize,
    t,
    theta,
    x,
)
from bounds.terms import Term, inner, le, lt, mk, n, num, par, total

q1, z1, z2, h, delta = (par(k) for k in ("q1", "z1", "z2", "h", "delta"))
A1, A2 = par("A1"), par("A2")


@dataclass(frozen=True)
class Energy:
    """The events, the energy inequality (PREFIX, T <= N, events |- ...), and sum Z <= z2 if it is known."""

    events: tuple[Line, ...]
    line: Line
    z_small: Line | None
    confidence: Line


def instance(s: Script, event: Line) -> Line:
    """T <= N, the event's fact |- its inequality at T."""
    return s.elim(s.assume(event.fact.args[1]), s.assume(le(n(T), n(N))), T=T)


def _energy(s: Script, method: Method, line: Line, *spent: tuple[Line, Term]) -> Line:
    last = () if total_drift(method) is num(0) else ((potential_end(s, method), 2 * RADIUS * HP.lam),)
    goal = le(dist_sq(T) + 2 * total("t", T, stepsize(method, t) * gap(x(t))), RADIUS**2)
    return s.combine(goal, line, *spent, (s.given("budget"), R**2), *last)


def _budget(method: Method, spent: Term) -> Term:
    """1 + spent + drift / R^2 <= kappa^2."""
    drifting = total_drift(method)
    return le(1 + spent if drifting is num(0) else 1 + spent + drifting / R**2, kappa**2)


def concentration(a_level: Term, z: Term, m: Term, v: Term) -> Term:
    """2 A (N v + M z / 3) <= z^2."""
    return le(2 * a_level * (n(N) * v + m * z / 3), z**2)


# --- Freedman twice ---------------------------------------------------------------------------------


def error_budget(method: Method) -> Term:
    """What one step adds for bias and variance: 2 u kappa R B + u^2 V / q1."""
    u = largest_stepsize(method)
    return 2 * u * RADIUS * BIAS + u**2 * VARIANCE / q1


def freedman_conditions(method: Method) -> dict[str, Term]:
    u = largest_stepsize(method)
    return {
        "freedman1": concentration(A, z1, range_x(u), variance_x(u)),
        "freedman2": concentration(A, z2, range_z(u), variance_z(u)),
        "budget": _budget(method, n(N) * error_budget(method) / R**2 + z1 + z2 / q1),
    }


def freedman_energy(s: Script, method: Method, cap: Line) -> Energy:
    """Bias by Lemma C; one martingale for <x_t - x*, th_t>, one for ||th_t||^2, each at level delta/2."""
    u, largest = stepsize(method, t), largest_stepsize(method)
    bounded = bounded_stepsize(method, t)
    first, second = freedman_x(s, bounded, largest, bounded_stepsize_le(s, method, cap)), freedman_z(s, largest, A)
    bias = good(s, condexp_inner_clip_sub_le(s, -1 * a(t)))
    parts = (-1, PROGRESS, inner_clip_dominated(s, a(t))), (inner(a(t), p(t)),)
    centred = s.e_lin(PAST, inner(-1 * a(t), theta(t)), *parts)
    bias = s.combine(le(inner(a(t), p(t)) - MEAN_PROGRESS, RADIUS * BIAS), bias, (centred, -1), (norm_near(s), BIAS))
    noise = ((R**2, gate(bare_x(bounded))), (R**2 / q1, gate(bare_z(largest))))
    right = dist_sq(t) + noise[0][0] * noise[0][1] + noise[1][0] * noise[1][1] + error_budget(method)
    step = s.combine(
        le(dist_sq(shift(t, 1)) + 2 * u * gap(x(t)), right + drift(method, t) - drift(method, shift(t, 1))),
        one_step(s, method, cap),
        (s.ind_one(s.assume(near())), -1 * (bare_x(bounded) * R**2 + bare_z(largest) * (R**2 / q1))),
        *((line, -1 * bare_x(u) * R**2) for line in bounded_stepsize_open(s, method)),
        (bias, 2 * u),
        (cap, 2 * RADIUS * BIAS),
        (good(s, condexp_sq_clip_sub_le(s)), largest**2 / q1),
    )
    line = telescope(s, method, step, cap, noise, error_budget(method))
    x_small, z_small = instance(s, first), instance(s, second)
    limit = s.assume(le(n(T), n(N)))
    energy = _energy(s, method, line, (x_small, R**2), (z_small, R**2 / q1), (limit, error_budget(method)))
    adaptive = z_small if method.accumulator != "none" else None
    return Energy((first, second), energy, adaptive, halves(s))


def halves(s: Script) -> Line:
    """exp(-A) + exp(-A) <= delta, A = ln(2/delta)."""
    half = s.exp_neg_ln(s.combine(lt(0, 2 / delta)))
    log = half.fact.args[0].args[0]
    small = s.exp_mono(s.combine(le(-A, log), (s.given("confidence"), -1)))
    return s.combine(le(mk("exp", -A) + mk("exp", -A), delta), (small, 2), (half, 2))


# --- the joint budget -------------------------------------------------------------------------------


def joint_conditions(method: Method) -> dict[str, Term]:
    u = largest_stepsize(method)
    out = joint.conditions(u)
    failure = mk("exp", -A1)
    if method.accumulator != "none":
        out["freedman2"] = concentration(A2, z2, range_z(u), variance_z(u))
        failure = failure + mk("exp", -A2)
    return out | {
        "confidence": le(failure, delta),
        "budget": _budget(method, (A1 + n(N) * joint.per_step()) / h),
    }


def joint_energy(s: Script, method: Method, cap: Line) -> Energy:
    """One exponential supermartingale for bias and variance together; Ville's inequality."""
    u, largest = stepsize(method, t), largest_stepsize(method)
    bounded = bounded_stepsize(method, t)
    event = joint.joint_event(s, bounded, largest, bounded_stepsize_le(s, method, cap))
    y, c = joint.exponent_of(bounded, largest), joint.per_step()
    w = joint.bare_w(bounded, largest)
    step = s.combine(
        le(
            dist_sq(shift(t, 1)) + 2 * u * gap(x(t)),
            dist_sq(t) + R**2 / h * y + R**2 / h * c + drift(method, t) - drift(method, shift(t, 1)),
        ),
        one_step(s, method, cap),
        (s.ind_one(s.assume(near())), -1 * R**2 * w),
        *((line, 2 * u * inner(a(t), theta(t))) for line in bounded_stepsize_open(s, method)),
    )
    line = telescope(s, method, step, cap, ((R**2 / h, y),), R**2 / h * c)
    limit = s.assume(le(n(T), n(N)))
    energy = _energy(s, method, line, (instance(s, event), R**2 / h), (limit, R**2 / h * c))
    first = mk("exp", -A1)
    if method.accumulator == "none":
        return Energy((event,), energy, None, s.combine(le(first, delta), s.given("confidence")))
    second = freedman_z(s, largest, A2)
    confidence = s.combine(le(first + mk("exp", -A2), delta), s.given("confidence"))
    return Energy((event, second), energy, instance(s, second), confidence)
