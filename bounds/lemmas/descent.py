"""One step of the method (theory, section 4).

    energy(t) = ||y_t - x*||^2 + 2 c u_{t-1} gap_{t-1}      (c = 0 without momentum)

A step aims at y_t - u_t gc_t and lands at y_{t+1} = y_t - u_t gc_t + e_t.  Since ||y_{t+1} - x*|| <= kappa R is what
the induction proves anyway, the whole price of e_t is 2 kappa R ||e_t||.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bounds.lemmas import rises
from bounds.lemmas.accumulator import lead, rise, stepsize_rises
from bounds.lemmas.clip import lam
from bounds.lemmas.concentration import ERROR
from bounds.lemmas.drift import aimed, highest, landing, potential, shares
from bounds.lemmas.order import le_of_sq_le, norm_add_le
from bounds.lemmas.scheme import (
    C_MOMENTUM,
    RADIUS,
    L,
    R,
    a,
    close,
    close_of_near,
    dist_sq,
    inside,
    inside_of_near,
    inside_step,
    near,
    near_of,
    y,
)
from bounds.lemmas.smooth import centre, gap_le, interpolation, norm_inside
from bounds.lemmas.stale import lagging_le, nu, nu1, price, window
from bounds.lemmas.sums import discharge
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import gap, largest_stepsize, p, stepsize, t, theta, within, x, xstar
from bounds.terms import Term, both, inner, le, norm, num, par, shift, substitute

q1, chi, fall = par("q1"), par("chi"), par("fall")
Noise = tuple[tuple[Term, Term], ...]


@dataclass(frozen=True)
class Expense:
    """One step: here(t) |- landed + 2 u_t gap_t <= energy(t) + sum of factor * body + extra + change_cost.

    With ``root`` the noise and what is extra come times G_t/R.
    """

    step: Line
    noise: Noise  # pairs (factor, body)
    extra: Term
    paid: tuple[tuple[Line, Term], ...]  # T <= N, events |- sum of body <= ..., with its factor
    cap: Line  # u_t <= u
    z_small: Line | None  # T <= N, event |- sum of Z <= z2
    root: bool = False


def at(term: Term, s: Term) -> Term:
    """A term in t at another time."""
    return substitute(term, {"t": s})


def here(method: Method, s: Term = t) -> Term:
    """What one step needs: near(s); with momentum near(s - 1); s < N where u bounds the stepsizes only before N."""
    found = [near(method, s)]
    if method.momentum:
        found.append(near(method, shift(s, -1)))
    if method.accumulator == "adam":
        found.append(within(s))
    return both(*found) if len(found) > 1 else found[0]


def energy(method: Method, s: Term) -> Term:
    """||y_s - x*||^2 + 2 c u_{s-1} gap_{s-1}."""
    if not method.momentum:
        return dist_sq(method, s)
    last = shift(s, -1)
    return dist_sq(method, s) + 2 * C_MOMENTUM * stepsize(method, last) * gap(x(last))


def landed(method: Method) -> Term:
    """energy(t + 1), had the step landed where it aimed."""
    reached = inner(aimed(method), aimed(method))
    return reached + 2 * C_MOMENTUM * stepsize(method, t) * gap(x(t)) if method.momentum else reached


def initial(method: Method) -> Term:
    """At least energy(0)/R^2: 1 + c L u, with what a rise of the stepsizes may add to it."""
    if not method.momentum:
        return num(1)
    first = C_MOMENTUM * L * largest_stepsize(method)
    if method.accumulator == "adam":
        return 1 + first * lead(method) + highest_rise(method) / R**2
    return 1 + first


def drift(method: Method, s: Term) -> Term:
    """2 kappa R lam potential(s); its fall pays for e_s."""
    return 2 * RADIUS * lam * potential(method, s)


def total_drift(method: Method) -> Term:
    """An upper bound of what all e_t together cost; 0 if there are none."""
    if highest(method) is num(0):
        return num(0)
    whole = 2 * RADIUS * lam * highest(method)
    return whole * fall if shares(method) else whole


def one_step(s: Script, method: Method, cap: Line) -> Line:
    """here(t) |- landed + 2 u_t gap_t <= energy(t) - 2 u_t <y_t - x*, th_t> + (u^2/q1) ||th_t||^2.

    ``cap`` is u_t <= u.
    """
    u, largest = stepsize(method, t), largest_stepsize(method)
    q, p_sq = small_step(method), inner(p(t), p(t))
    goal = le(
        landed(method) + 2 * u * gap(x(t)),
        energy(method, t) - 2 * u * inner(a(method), theta(t)) + largest**2 / q1 * ERROR + change_cost(method),
    )
    return s.combine(
        goal,
        (interpolation(s, method), 2 * u),
        *(_pull(s, method) if method.momentum else ()),
        *(_lagging(s, method, cap) if method.stale else ()),
        (s.combine(le(q + q1, 1), s.given("q_split")), u**2 * (p_sq / q + ERROR / q1)),
        (cap, u / q * p_sq),
        (cap, (largest + u) / q1 * ERROR),
        squares=(
            (u**2 * (q1 / q), p(t) - q / q1 * theta(t)),
            *(((u * nu / L, p(t) - L / nu * (x(t) - y(method, t))),) if method.stale else ()),
        ),
    )


def rise_cost(method: Method, s: Term) -> Term:
    """c L kappa^2 R^2 rise(s): what a gap costs when the stepsize rises after it."""
    if not method.momentum or method.accumulator != "adam":
        return num(0)
    return C_MOMENTUM * L * RADIUS**2 * rise(method, s)


def highest_rise(method: Method) -> Term:
    """At least rise_cost(0)."""
    if not method.momentum or method.accumulator != "adam":
        return num(0)
    return C_MOMENTUM * L * RADIUS**2 * lead(method) * rises.highest_rise(method)


def change_cost(method: Method) -> Term:
    """What a rise of the stepsizes, or the distance between y_t and x_t if x_t is stale, adds in one step."""
    lag = price(method) * window(method) if method.stale else num(0)
    return lag + rise_cost(method, t) - rise_cost(method, shift(t, 1))


def small_step(method: Method) -> Term:
    """q = L u, or L u/(1 - nu) with stale gradients: what the square of a step may take of the gradient's share."""
    q = L * largest_stepsize(method)
    return q / nu1 if method.stale else q


def _lagging(s: Script, method: Method, cap: Line) -> tuple[tuple[Line, Term], ...]:
    """u_t (L/nu) ||x_t - y_t||^2 <= price window, and nu takes its share of ||p_t||^2; with their factors."""
    u, largest, lag = stepsize(method, t), largest_stepsize(method), y(method, t) - x(t)
    return (
        (cap, L / nu * inner(lag, lag)),
        (lagging_le(s, method), L / nu * largest),
        (s.given("nu_split"), u * inner(p(t), p(t)) / L),
    )


def _pull(s: Script, method: Method) -> tuple[tuple[Any, ...], ...]:
    """c u_t (gap_t - gap_{t-1}) <= u_t <y_t - x_t, p_t> and u_t gap_{t-1} <= u_{t-1} gap_{t-1}, with their factors."""
    u, last = stepsize(method, t), shift(t, -1)
    before_inside = le_of_sq_le(s, inside_of_near(s, method, last), s.combine(le(0, RADIUS)))
    tangent = s.elim(s.given("convex"), before_inside, norm_inside(s, method), v=x(last), w=x(t))
    old = s.elim(s.given("convex"), before_inside, centre(s), v=x(last), w=xstar)
    s.know(s.combine(le(0, gap(x(last))), old, (s.given("minimiser"), -1 * (x(last) - xstar))))
    line = ((tangent, 2 * C_MOMENTUM * u),)
    if method.accumulator == "adam":
        change = rise(method, t) - rise(method, shift(t, 1))
        grows = rises.root_rise_falls(s, method)
        sign = s.combine(le(0, 2 * C_MOMENTUM * change), (grows, 2 * C_MOMENTUM * lead(method)))
    if method.accumulator == "none":
        return line
    return (
        *line,
        (stepsize_rises(s, method), 2 * C_MOMENTUM * gap(x(last))),
        *(((gap_le(s, method, last), 2 * C_MOMENTUM * change, sign),) if method.accumulator == "adam" else ()),
    )


def arrival(s: Script, method: Method) -> Line:
    """near(t+1) |- ||y_{t+1} - x*||^2 <= ||y_t - x* - u_t gc_t||^2 + the fall of the drift."""
    there, land, wanted = shift(t, 1), landing(s, method), aimed(method)
    reached, e = wanted + land.e, land.e
    squares = s.combine(le(inner(reached, reached), RADIUS**2), close_of_near(s, method, there), (land.exact, -1))
    return s.combine(
        le(dist_sq(method, there), inner(wanted, wanted) + drift(method, t) - drift(method, there)),
        land.exact,
        (s.cauchy_schwarz(e, reached), 2),
        (le_of_sq_le(s, squares, s.combine(le(0, RADIUS))), 2 * norm(e)),
        (land.short, 2 * RADIUS),
        squares=((1, e),),
    )


def near_next(s: Script, method: Method) -> Line:
    """near(t), ||y_t - x* - u_t gc_t||^2 + the fall of the drift <= kappa^2 R^2 |- near(t+1).

    Stale gradients: inside(t+1) is a hypothesis, too.
    """
    there, land, wanted = shift(t, 1), landing(s, method), aimed(method)
    length = land.short.fact.args[1]
    aim = s.assume(le(inner(wanted, wanted) + drift(method, t) - drift(method, there), RADIUS**2))
    # (kappa R)^2 - 2 kappa R l <= (kappa R - l)^2, and l <= kappa R
    nonneg = s.combine(le(0, length), land.short)
    room = s.combine(le(0, RADIUS - 2 * length), aim, squares=((1, wanted),), scale=(RADIUS, None))
    left = s.combine(le(0, RADIUS - length), room, nonneg)
    squares = s.combine(le(inner(wanted, wanted), (RADIUS - length) ** 2), aim, squares=((1, length),))
    reached = wanted + land.e
    size = s.combine(
        le(norm(reached), RADIUS), norm_add_le(s, wanted, land.e), le_of_sq_le(s, squares, left), land.short
    )
    is_close = s.combine(close(method, there), land.exact, (size, RADIUS + norm(reached)))
    if method.stale:
        return near_of(s, method, is_close, s.assume(inside(there)))
    if not method.momentum:
        return is_close
    is_inside = discharge(s, discharge(s, inside_step(s, method), is_close), inside_of_near(s, method))
    return near_of(s, method, is_close, is_inside)
