"""From the cost of one step to the conclusion: induction over time, averages (theory, sections 4 and 6.3)."""

from __future__ import annotations

from typing import Any

from bounds.lemmas import correction, progress, radial_progress
from bounds.lemmas.average import average, average_inside, jensen, weight
from bounds.lemmas.budget import Energy
from bounds.lemmas.descent import energy
from bounds.lemmas.progress import LIMIT, fact, near_at, so_far
from bounds.lemmas.scheme import RADIUS, start
from bounds.lemmas.smooth import centre
from bounds.lemmas.stepsizes import chi, large, stepsize_large
from bounds.lemmas.sums import ZERO, T, before, discharge, sum_const, summed_le_zero
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import N, gap, largest_stepsize, stepsize, t, x, xstar
from bounds.terms import Term, forall, free_variables, le, n, num, shift, substitute, total


def bound(method: Method) -> Term:
    """chi kappa^2 R^2 / (2 N u); chi = 1 for SGD; mass for N with bias correction."""
    steps = correction.MASS if method.corrected else n(N)
    plain = RADIUS**2 / (2 * steps * largest_stepsize(method))
    return plain if method.accumulator == "none" else chi * plain


def conclusions(method: Method) -> tuple[Term, ...]:
    """What holds together with probability at least 1 - delta; the last one is the bound."""
    u = stepsize(method, t)
    radius = forall({"T": "nat"}, (LIMIT,), le(energy(method, T) + 2 * total("t", T, u * gap(x(t))), RADIUS**2))
    some = le(1, n(T))
    posterior = forall({"T": "nat"}, (some, LIMIT), le(2 * weight(method, T) * gap(average(method, T)), RADIUS**2))
    final = le(gap(average(method, N)), bound(method))
    if method.accumulator == "none":
        return radius, posterior, final
    steps = forall({"t": "nat"}, (le(n(t), n(N)),), large(method))
    return radius, posterior, steps, final


def conclude(s: Script, method: Method, positive: Line, known: Energy) -> Line:
    """events |- all conclusions; ``positive``: 0 < u_t."""
    ways = _ways(known)
    always = _induction(s, method, known)
    seen, seen_now = _seen(s, method, always, T), _seen(s, method, always, shift(T, 1))
    all_near = _all_near(s, method, seen)
    radius = discharge(s, ways.energy_le(s, method, known.expense), seen_now)
    spent = discharge(s, ways.spent_le(s, method, known.expense), seen)
    doubled, posterior = _posterior(s, method, positive, all_near, spent)
    facts, steps = [s.intro(radius, (LIMIT,), T="nat"), posterior], None
    if method.accumulator != "none":
        before_end = s.assume(le(n(t), n(N)))
        large_line = s.generalise(s.pick(always, 1), "T", t, before_end)
        steps = s.intro(large_line, (before_end.fact,), t="nat")
        facts.append(steps)
    return s.conj(*facts, _final(s, method, positive, all_near, doubled, steps))


def _ways(known: Energy) -> Any:
    """How steps add up: squares of distances, or distances."""
    return radial_progress if known.expense.root else progress


def _induction(s: Script, method: Method, known: Energy) -> Line:
    """T <= N, events |- ``fact`` at T: the good event and large stepsizes, by strong induction."""
    limit, ways = s.assume(LIMIT), _ways(known)
    earlier = s.assume(s.strong_hypothesis(fact(method, T), "T", "t", (LIMIT,)))
    early = s.assume(le(n(shift(t, 1)), n(T)))
    horizon = s.combine(le(n(t), n(N)), early, limit)
    seen = s.intro(s.elim(earlier, early, horizon, t=t), (early.fact,), t="nat")
    first, running = le(n(T), n(ZERO)), le(n(ZERO) + 1, n(T))
    natural = s.combine(le(0, n(shift(T, -1))), s.assume(running))
    following, proved = ways.near_following(s, method, known.expense), {so_far(method, T): seen, LIMIT: limit}
    steps: tuple[Line, ...] = ()
    if known.z_small is not None:
        spent = discharge(s, ways.spent_le(s, method, known.expense), seen)
        still = discharge(s, stepsize_large(s, method, spent, known.z_small), _without_spent(s, method, seen))
        steps = (still, spent) if method.stale else (still,)
        proved[large(method, T)] = still
    moving = [substitute(h, {"T": shift(T, -1)}) for h in following.hyps if "T" in free_variables(h)]
    later = s.generalise(following, "T", shift(T, -1), *(proved[h] for h in moving), natural)
    near_now = s.cases(first, start(s, method, T, s.assume(first)), running, later)
    now = s.conj(near_now, *steps) if steps else near_now
    return s.induct_strong("T", "t", now, (LIMIT,))


def _without_spent(s: Script, method: Method, seen: Line) -> Line:
    """near and large at all t < T."""
    if not method.stale:
        return seen
    early = s.assume(le(n(shift(t, 1)), n(T)))
    now = s.elim(seen, early, t=t)
    return s.intro(s.conj(s.pick(now, 0), s.pick(now, 1)), (early.fact,), t="nat")


def _seen(s: Script, method: Method, always: Line, upto: Term) -> Line:
    """T <= N |- ``so_far``, up to T or T + 1."""
    early = s.assume(le(n(shift(t, 1)), n(upto)))
    horizon = s.combine(le(n(t), n(N)), early, s.assume(LIMIT))
    return s.intro(s.generalise(always, "T", t, horizon), (early.fact,), t="nat")


def _all_near(s: Script, method: Method, seen: Line) -> Line:
    """The good event at all t < T, from ``so_far``."""
    early = s.assume(le(n(shift(t, 1)), n(T)))
    return s.intro(near_at(s, method, seen, t, early), (early.fact,), t="nat")


def weight_ge(s: Script, method: Method, steps: Line | None) -> Line:
    """T <= N |- T u <= chi (sum over t < T of u_t); ``steps``: for all t <= N, u <= chi u_t (None: SGD, chi = 1).

    With bias correction: mass(T) for T.
    """
    largest, total_weight = largest_stepsize(method), weight(method, T)
    if steps is None:
        return s.combine(le(n(T) * largest, total_weight), (sum_const(s, "t", largest), -1))
    early = s.assume(le(n(shift(t, 1)), n(T)))
    horizon = s.combine(le(n(t), n(N)), early, s.assume(LIMIT))
    prefix = s.intro(s.elim(steps, horizon, t=t), (early.fact,), t="nat")
    if method.corrected:
        return _corrected_weight_ge(s, method, prefix, horizon)
    under = s.combine(le(largest * 1 - chi * stepsize(method, t), 0), s.assume(large(method)))
    bodies = (num(1), stepsize(method, t))
    line = discharge(s, summed_le_zero(s, prefix.fact, under, (largest, -1 * chi), bodies), prefix)
    return s.combine(le(n(T) * largest, chi * total_weight), line, (sum_const(s, "t", num(1)), -1 * largest))


def _corrected_weight_ge(s: Script, method: Method, prefix: Line, horizon: Line) -> Line:
    """T <= N |- mass(T) u <= chi (sum over t < T of u_t)."""
    largest, u, early = largest_stepsize(method), stepsize(method, t), prefix.fact.args[1]
    both_facts = s.conj(s.elim(prefix, s.assume(early[0]), t=t), horizon)
    fact, body = s.assume(both_facts.fact), correction.share_sq(t)
    below = discharge(s, correction.share_bounds(s, method)[0], s.pick(fact, 1))
    under = s.combine(le(largest * body - chi * u, 0), s.pick(fact, 0), (below, largest))
    line = summed_le_zero(s, before("t", T, fact.fact), under, (largest, -1 * chi), (body, u))
    line = discharge(s, line, s.intro(both_facts, early, t="nat"))
    goal = le(correction.mass(T) * largest, chi * weight(method, T))
    return s.combine(goal, line, (correction.share_sum(s), -1 * largest))


def at_horizon(s: Script, line: Line) -> Line:
    """A line that holds for 1 <= T and T <= N, at T = N."""
    one = s.generalise(s.combine(le(1, n(t) + 1)), "t", shift(N, -1))
    bounds = {le(1, n(T)): one, LIMIT: s.combine(le(n(N), n(N)))}
    return s.generalise(line, "T", N, *(bounds[h] for h in line.hyps if h in bounds))


def _final(s: Script, method: Method, positive: Line, all_near: Line, doubled: Line, steps: Line | None) -> Line:
    """f(xbar_N) - f* <= bound, from 2 W (f(xbar) - f*) <= kappa^2 R^2 and the size of W."""
    largest, xbar = largest_stepsize(method), average(method, T)
    inside = discharge(s, average_inside(s, method, positive), all_near)
    convex = s.elim(s.given("convex"), inside, centre(s), v=xbar, w=xstar)
    s.know(s.combine(le(0, gap(xbar)), convex, (s.given("minimiser"), -1 * (xbar - xstar))))
    factor = num(1) if steps is None else chi
    size = weight_ge(s, method, steps)
    count = correction.mass(T) if method.corrected else n(T)
    product = s.combine(
        le(2 * count * largest * gap(xbar), factor * RADIUS**2), (size, 2 * gap(xbar)), (doubled, factor)
    )
    last = at_horizon(s, product)  # divide by 2 T u, at T = N
    at_n = substitute(gap(xbar), {"T": N})
    if not method.corrected:
        return s.combine(le(at_n, bound(method)), last, scale=(2 * n(N) * largest, None))
    total_share = (s.given("correction_mass"), 2 * largest * at_n)
    return s.combine(le(at_n, bound(method)), last, total_share, scale=(2 * correction.MASS * largest, None))


def _posterior(s: Script, method: Method, positive: Line, all_near: Line, spent: Line) -> tuple[Line, Line]:
    """2 W (f(xbar) - f*) <= kappa^2 R^2 for 1 <= T <= N, and the same for all such T."""
    average_gap = discharge(s, jensen(s, method, positive), all_near)
    goal = le(2 * weight(method, T) * gap(average(method, T)), RADIUS**2)
    line = s.combine(goal, (average_gap, 2), spent)
    return line, s.intro(line, (le(1, n(T)), le(n(T), n(N))), T="nat")
