"""One step of the method, and the sum of all steps (theory, section 4, c = 0)."""

from __future__ import annotations

from bounds.lemmas.accumulator import actual_stepsize_bounds, potential, potential_start
from bounds.lemmas.clip import inner_clip_dominated, lam
from bounds.lemmas.concentration import ERROR, PROGRESS
from bounds.lemmas.smooth import RADIUS, L, R, gap_nonneg, interpolation, near, norm_near
from bounds.lemmas.sums import ZERO, T, before, sum_le_of_before, summed_le_zero
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import (
    N,
    a,
    dist_sq,
    gap,
    gc,
    largest_stepsize,
    p,
    step_of,
    stepsize,
    t,
    theta,
    within,
    x,
    xstar,
)
from bounds.terms import Term, both, eq, inner, le, n, norm, num, par, shift, sq, substitute, total

q1 = par("q1")
PREFIX = before("t", T, near())  # the good event so far


def at(term: Term, s: Term) -> Term:
    """A term in t at another time."""
    return substitute(term, {"t": s})


def local(method: Method, s: Term) -> Term:
    """What one step needs: near(s), and s < N where u bounds the stepsizes only before N."""
    return both(near(s), within(s)) if method.accumulator == "adam" else near(s)


def split(s: Script, method: Method, line: Line) -> tuple[Line, ...]:
    """The members of ``local``."""
    return (s.pick(line, 0), s.pick(line, 1)) if method.accumulator == "adam" else (line,)


def prefix(method: Method) -> Term:
    """``local`` so far."""
    return before("t", T, local(method, t))


def prefix_of_near(s: Script, method: Method, all_near: Line) -> Line:
    """T <= N |- ``prefix`` from PREFIX."""
    if method.accumulator != "adam":
        return all_near
    early = s.assume(le(n(shift(t, 1)), n(T)))
    inside = s.combine(within(t), early, s.assume(le(n(T), n(N))))
    return s.intro(s.conj(s.elim(all_near, early, t=t), inside), (early.fact,), t="nat")


def drift(method: Method, s: Term) -> Term:
    """2 kappa R lam potential(s) if the stepsize is not predictable, else 0; its fall pays for the drift of step s."""
    if method.accumulator == "none" or method.delayed:
        return num(0)
    return 2 * RADIUS * lam * potential(method, s)


def total_drift(method: Method) -> Term:
    """2 kappa R lam u, an upper bound of the drift of all steps together."""
    return num(0) if drift(method, t) is num(0) else 2 * RADIUS * lam * largest_stepsize(method)


def _moved(s: Script, method: Method, u: Term) -> Line:
    """||x_{t+1} - x*||^2 <= ||x_t - x*||^2 - 2 u_t <x_t - x*, gc_t> + u_t^2 ||gc_t||^2 + drift."""
    recursion = s.define("x", shift(t, 1))
    target = step_of(method, t)[0]
    moved = s.combine(eq(dist_sq(shift(t, 1)), sq(target - xstar)), (recursion, (target - xstar) + a(shift(t, 1))))
    before_drift = dist_sq(t) - 2 * u * PROGRESS + u**2 * inner(gc(t), gc(t))
    goal = le(dist_sq(shift(t, 1)), before_drift + drift(method, t) - drift(method, shift(t, 1)))
    if drift(method, t) is num(0):
        return s.combine(goal, moved)
    w = target.args[1].args[1].args[0]  # x - w gc is x + (-1) (w gc)
    sign, smaller, falls = actual_stepsize_bounds(s, method, w)
    s.know(sign)
    s.know(s.combine(le(0, u - w), smaller))
    progress = s.combine(le(PROGRESS, RADIUS * lam), inner_clip_dominated(s, a(t))[0], (norm_near(s), lam))
    return s.combine(
        goal,
        moved,
        (progress, 2 * (u - w)),
        (smaller, (u + w) * inner(gc(t), gc(t))),
        (falls, 2 * RADIUS * lam),
    )


def one_step(s: Script, method: Method, cap: Line) -> Line:
    """local(t) |- D_{t+1} + 2 u_t gap_t <= D_t - 2 u_t <x_t - x*, th_t> + (u^2/q1) ||th_t||^2 + drift.

    ``cap`` is u_t <= u.
    """
    u, largest = stepsize(method, t), largest_stepsize(method)
    q, p_sq = L * largest, inner(p(t), p(t))
    goal = le(
        dist_sq(shift(t, 1)) + 2 * u * gap(x(t)),
        dist_sq(t)
        - 2 * u * inner(a(t), theta(t))
        + largest**2 / q1 * ERROR
        + drift(method, t)
        - drift(method, shift(t, 1)),
    )
    return s.combine(
        goal,
        _moved(s, method, u),
        (interpolation(s), 2 * u),
        (s.combine(le(q + q1, 1), s.given("q_split")), u**2 * (p_sq / q + ERROR / q1)),
        (cap, u / q * p_sq),
        (cap, (largest + u) / q1 * ERROR),
        squares=((u**2 * (q1 / q), p(t) - q / q1 * theta(t)),),
    )


def telescope(
    s: Script, method: Method, step: Line, cap: Line, noise: tuple[tuple[Term, Term], ...], extra: Term
) -> Line:
    """prefix |- D_T + 2 sum u gap <= R^2 + sum of factor * (sum of body) + T extra + total_drift - drift_T.

    ``step``: local(t) |- D_{t+1} + 2 u_t gap_t <= D_t + sum of factor * body + extra + drift; ``noise`` lists the
    pairs (factor, body).
    """
    body = stepsize(method, t) * gap(x(t))
    sums = ((num(2), body), *((-1 * k, b) for k, b in noise))

    def claim(upto: Term) -> Term:
        right = R**2
        for k, b in noise:
            right = right + k * total("t", upto, b)
        right = right + n(upto) * extra + total_drift(method) - drift(method, upto)
        return le(dist_sq(upto) + 2 * total("t", upto, body), right)

    start = s.define("x", ZERO, "base", s.combine(le(n(ZERO) + 1, 1)))
    x0 = start.fact.args[1]
    moved = s.combine(eq(dist_sq(ZERO), sq(x0 - xstar)), (start, (x0 - xstar) + a(ZERO)))
    base = s.combine(
        claim(ZERO),
        moved,
        (s.given("start"), R + norm(x0 - xstar)),
        *((s.sum_zero("t", ZERO, b), k) for k, b in sums),
        *(() if total_drift(method) is num(0) else ((potential_start(s, method), 2 * RADIUS * lam),)),
    )
    facts = {f.fact: f for f in split(s, method, s.assume(local(method, T)))}
    here = s.generalise(step, "t", T, *(facts[at(h, T)] for h in step.hyps))
    steps = ((s.sum_step("t", T, b), k) for k, b in sums)
    stepped = s.combine(claim(shift(T, 1)), s.assume(claim(T)), here, *steps)
    return sum_le_of_before(s, prefix(method), claim(T), base, stepped)


def sum_gap_nonneg(s: Script, method: Method) -> Line:
    """PREFIX |- -(sum over t < T of u_t gap_t) <= 0."""
    body = stepsize(method, t) * gap(x(t))
    under = s.combine(le(-1 * body, 0), (gap_nonneg(s), stepsize(method, t)))
    return summed_le_zero(s, PREFIX, under, (num(-1),), (body,))
