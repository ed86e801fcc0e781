"""The two budgets: how the noise of all steps together is bounded, and what that costs.

Each budget gives the events (high-probability facts), the energy inequality under them, and its conditions.
"""

from __future__ import annotations

from dataclasses import dataclass

from bounds.lemmas import joint, stale
from bounds.lemmas.accumulator import bounded_stepsize_le, bounded_stepsize_open
from bounds.lemmas.clip import PAST, condexp_inner_clip_sub_le, condexp_sq_clip_sub_le, inner_clip_dominated
from bounds.lemmas.concentration import (
    ERROR,
    A,
    bare_x,
    bare_z,
    freedman_x,
    freedman_z,
    gate,
    good,
    mean_progress,
    progress,
    range_x,
    range_z,
    variance_x,
    variance_z,
)
from bounds.lemmas.descent import Expense, change_cost, energy, initial, landed, one_step, total_drift
from bounds.lemmas.radial import Radial, inverse, root
from bounds.lemmas.scheme import RADIUS, R, a, kappa, near
from bounds.lemmas.smooth import norm_near
from bounds.lemmas.stale import DELAY
from bounds.lemmas.sums import T
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import BIAS, VARIANCE, N, bounded_stepsize, gap, largest_stepsize, p, stepsize, t, theta, x
from bounds.terms import Term, inner, le, lt, mk, n, num, par

q1, z1, z2, h, delta = (par(k) for k in ("q1", "z1", "z2", "h", "delta"))
A1, A2 = par("A1"), par("A2")


@dataclass(frozen=True)
class Energy:
    """The events, what one step costs under them, and sum Z <= z2 if it is known."""

    events: tuple[Line, ...]
    expense: Expense
    z_small: Line | None
    confidence: Line


def instance(s: Script, event: Line) -> Line:
    """T <= N, the event's fact |- its inequality at T."""
    return s.elim(s.assume(event.fact.args[1]), s.assume(le(n(T), n(N))), T=T)


def _budget(method: Method, spent: Term, distance: bool = False) -> Term:
    """initial + spent + drift / R^2 <= kappa^2; ``distance``: 1 + initial + spent + drift / (kappa R^2) <= 2 kappa."""
    drifting, whole = total_drift(method), initial(method) + spent
    if method.stale:
        whole = whole + DELAY * stale.price(method) * stale.path_bound(method, RADIUS**2, z2) / R**2
    if drifting is not num(0):
        whole = whole + drifting / (kappa * R**2 if distance else R**2)
    return le(1 + whole, 2 * kappa) if distance else le(whole, kappa**2)


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
    first = freedman_x(s, method, bounded, largest, bounded_stepsize_le(s, method, cap))
    second = freedman_z(s, method, largest, A)
    away, x_bare, z_bare = a(method), bare_x(method, bounded), bare_z(largest)
    bias = good(s, method, condexp_inner_clip_sub_le(s, -1 * away))
    parts = (-1, progress(method), inner_clip_dominated(s, away)), (inner(away, p(t)),)
    centred = s.e_lin(PAST, inner(-1 * away, theta(t)), *parts)
    bias = s.combine(
        le(inner(away, p(t)) - mean_progress(method), RADIUS * BIAS),
        bias,
        (centred, -1),
        (norm_near(s, method), BIAS),
    )
    noise = ((R**2, gate(method, x_bare)), (R**2 / q1, gate(method, z_bare)))
    right = energy(method, t) + noise[0][0] * noise[0][1] + noise[1][0] * noise[1][1] + error_budget(method)
    right = right + change_cost(method)
    step = s.combine(
        le(landed(method) + 2 * u * gap(x(t)), right),
        one_step(s, method, cap),
        (s.ind_one(s.assume(near(method))), -1 * (x_bare * R**2 + z_bare * (R**2 / q1))),
        *((line, -1 * bare_x(method, u) * R**2) for line in bounded_stepsize_open(s, method)),
        (bias, 2 * u),
        (cap, 2 * RADIUS * BIAS),
        (good(s, method, condexp_sq_clip_sub_le(s)), largest**2 / q1),
    )
    x_small, z_small = instance(s, first), instance(s, second)
    expense = Expense(step, noise, error_budget(method), ((x_small, R**2), (z_small, R**2 / q1)), cap, z_small)
    adaptive = z_small if method.accumulator != "none" else None
    return Energy((first, second), expense, adaptive, halves(s))


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
        "budget": _budget(method, (A1 + n(N) * joint.per_step()) / h, distance=True),
    }


def joint_energy(s: Script, method: Method, cap: Line) -> Energy:
    """One exponential supermartingale for bias and variance together, in the distance itself; Ville's inequality."""
    u, largest = stepsize(method, t), largest_stepsize(method)
    bounded = bounded_stepsize(method, t)
    event = joint.joint_event(s, method, bounded, largest, bounded_stepsize_le(s, method, cap))
    y, c = joint.exponent_of(method, bounded, largest), joint.per_step()
    w = joint.bare_w(method, bounded, largest)
    radial, errors = Radial(s, method), 2 * u * inner(a(method), theta(t))
    share = root(method, t) / R
    right = energy(method, t) + share * (R**2 / h * y) + share * (R**2 / h * c) + change_cost(method)
    step = s.combine(
        le(landed(method) + 2 * u * gap(x(t)), right),
        one_step(s, method, cap),
        (s.ind_one(s.assume(near(method))), -1 * R**2 * share * w),
        (radial.unit, errors),
        (radial.root_ge, largest**2 / (q1 * R) * ERROR),
        *((line, share * R * inverse(method, t) * errors) for line in bounded_stepsize_open(s, method)),
    )
    second = None if method.accumulator == "none" else freedman_z(s, method, largest, A2)
    z_small = None if second is None else instance(s, second)
    expense = Expense(step, ((R**2 / h, y),), R**2 / h * c, ((instance(s, event), R**2 / h),), cap, z_small, root=True)
    first = mk("exp", -A1)
    if second is None:
        return Energy((event,), expense, None, s.combine(le(first, delta), s.given("confidence")))
    confidence = s.combine(le(first + mk("exp", -A2), delta), s.given("confidence"))
    return Energy((event, second), expense, z_small, confidence)
