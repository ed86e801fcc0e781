"""All steps together: the sum of the inequalities of one step, and what it says about the next time.

Everything here holds under ``so_far``: the good event and stepsizes that stay large, at all earlier times.
"""

from __future__ import annotations

from bounds.lemmas.accumulator import earliest_stepsize_le, lead
from bounds.lemmas.adam import delay_positive
from bounds.lemmas.clip import lam
from bounds.lemmas.descent import (
    Expense,
    aimed,
    arrival,
    at,
    drift,
    energy,
    here,
    initial,
    landed,
    near_next,
    rise_cost,
)
from bounds.lemmas.drift import highest, lowest, potential_end, potential_start, shares
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.rises import root_rise_end, root_rise_start
from bounds.lemmas.scheme import C_MOMENTUM, RADIUS, L, R, a, close_of_near, inside, near, start, start_inside
from bounds.lemmas.smooth import centre, gap_nonneg
from bounds.lemmas.stale import DELAY, lag_sum_le, lag_sum_now_le, path_le, price, window
from bounds.lemmas.stepsizes import large
from bounds.lemmas.sums import ZERO, T, before, discharge, sum_le_of_before, summed_le_zero
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import ITERATES, N, gap, largest_stepsize, stepsize, t, within, x, xstar
from bounds.terms import Term, both, free_variables, inner, le, n, norm, num, shift, substitute, time, total

LIMIT = le(n(T), n(N))


def fact(method: Method, s: Term = t) -> Term:
    """What the induction proves of every time: the good event, and stepsizes that stay large."""
    if method.accumulator == "none":
        return near(method, s)
    known = near(method, s), large(method, s)
    return both(*known, spent(method, s)) if method.stale else both(*known)


def spent(method: Method, s: Term) -> Term:
    """2 (sum over t < s of u_t gap_t) <= kappa^2 R^2."""
    return le(2 * total("t", s, stepsize(method, t) * gap(x(t))), RADIUS**2)


def near_of_fact(s: Script, method: Method, line: Line) -> Line:
    return line if method.accumulator == "none" else s.pick(line, 0)


def members(s: Script, line: Line) -> tuple[Line, ...]:
    return tuple(s.pick(line, k) for k in range(len(line.fact.args))) if line.fact.head == "and" else (line,)


def so_far(method: Method, upto: Term) -> Term:
    """``fact`` at all times before."""
    return before("t", upto, fact(method))


def near_at(s: Script, method: Method, seen: Line, index: Term, *early: Line) -> Line:
    """near(index) from ``so_far``; ``early``: index + 1 <= its end, and 0 <= index if that is not sure."""
    return near_of_fact(s, method, s.elim(seen, *early, t=index))


def here_at(s: Script, method: Method, seen: Line, index: Term, early: Line, horizon: Line) -> Line:
    """here(index) from ``so_far``; ``horizon``: index + 1 <= N."""
    found = [near_at(s, method, seen, index, early)]
    if method.momentum:
        last = shift(index, -1)
        first, running = le(n(index), n(ZERO)), le(n(ZERO) + 1, n(index))
        begun = start(s, method, last, s.combine(le(n(last), 0), s.assume(first)))
        sooner = s.combine(le(n(shift(last, 1)), early.fact.args[1]), early)
        natural = s.combine(le(0, n(last)), s.assume(running))
        later = near_of_fact(s, method, s.elim(seen, sooner, natural, t=last))
        found.append(s.cases(first, begun, running, later))
    if method.accumulator == "adam":
        found.append(s.combine(within(index), horizon))
    return s.conj(*found) if len(found) > 1 else found[0]


def step_noise(method: Method, expense: Expense) -> tuple[tuple[Term, Term], ...]:
    """The sums that a step adds to, the distance to where the oracle is asked among them."""
    return (*expense.noise, (price(method), window(method))) if method.stale else expense.noise


def lag_paid(s: Script, method: Method, expense: Expense, later: bool) -> tuple[tuple[Line, Term], ...]:
    """so_far(T+1), T <= N (or T + 1 <= N), event |- the sum of ``window`` to T (or T + 1) is paid; with its factor."""
    if not method.stale or expense.z_small is None:
        return ()
    early = s.assume(le(n(shift(t, 1)), n(T)))
    seen = s.assume(so_far(method, shift(T, 1)))
    all_near = near_at(s, method, seen, t, s.combine(le(n(shift(t, 1)), n(shift(T, 1))), early))
    prefix = s.intro(all_near, (early.fact,), t="nat")
    whole = s.assume(spent(method, T))
    line = discharge(s, path_le(s, method, expense.cap, whole, expense.z_small), prefix)
    line = latest(s, method, sooner(s, line) if later else line)
    lag = lag_sum_le(s, method) if later else lag_sum_now_le(s, method)
    return (lag, price(method)), (line, DELAY * price(method))


@once
def telescope(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T+1), T <= N |- energy(T) + 2 sum u gap + drift(T) <= R^2 initial + noise + T extra + highest drift."""
    body, noise = stepsize(method, t) * gap(x(t)), step_noise(method, expense)
    sums = ((num(2), body), *((-1 * k, b) for k, b in noise))
    highest_drift = 2 * RADIUS * lam * highest(method)

    def claim(upto: Term) -> Term:
        right = R**2 * initial(method) - rise_cost(method, upto)
        for k, b in noise:
            right = right + k * total("t", upto, b)
        right = right + n(upto) * expense.extra + highest_drift - drift(method, upto)
        return le(energy(method, upto) + 2 * total("t", upto, body), right)

    zero = ((s.sum_zero("t", ZERO, b), k) for k, b in sums)
    base = s.combine(
        claim(ZERO),
        *first_distance(s, method),
        *first_gap(s, method),
        *zero,
        (potential_start(s, method), 2 * RADIUS * lam),
    )
    local = both(here(method), near(method, shift(t, 1)))
    now = s.assume(at(local, T))
    facts = {x.fact: x for x in (*members(s, s.pick(now, 0)), s.pick(now, 1))}
    step, arrive = (
        s.generalise(line, "t", T, *(facts[at(h, T)] for h in line.hyps)) for line in (expense.step, arrival(s, method))
    )
    steps = ((s.sum_step("t", T, b), k) for k, b in sums)
    stepped = s.combine(claim(shift(T, 1)), s.assume(claim(T)), step, arrive, *steps)
    line = sum_le_of_before(s, before("t", T, local), claim(T), base, stepped)
    seen, early, limit = s.assume(so_far(method, shift(T, 1))), s.assume(le(n(shift(t, 1)), n(T))), s.assume(LIMIT)
    sooner = s.combine(le(n(shift(t, 1)), n(shift(T, 1))), early)
    horizon = s.combine(le(n(shift(t, 1)), n(N)), early, limit)
    now_line = here_at(s, method, seen, t, sooner, horizon)
    following = near_at(s, method, seen, shift(t, 1), s.combine(le(n(shift(t, 2)), n(shift(T, 1))), early))
    return discharge(s, line, s.intro(s.conj(now_line, following), (early.fact,), t="nat"))


def first_distance(s: Script, method: Method) -> tuple[tuple[Line, Term] | Line, ...]:
    """What bounds ||y_0 - x*||^2 by R^2, and with momentum the rises of stepsizes that are still to come."""
    first = s.define(ITERATES[method.stale], ZERO, "base", s.combine(le(n(ZERO) + 1, 1)))
    away = first.fact.args[1] - xstar
    distance = (s.given("start"), R + norm(away))
    if not method.momentum:
        return (first, away + a(method, ZERO)), distance
    last, sum_of_both = time(-1), a(method, ZERO) + away
    second = s.define("x", last, "base", s.combine(le(n(last) + 1, 1)))
    found = (first, (1 + C_MOMENTUM) * sum_of_both), (second, -1 * C_MOMENTUM * sum_of_both), distance
    if method.accumulator != "adam":
        return found
    return (*found, (root_rise_start(s, method), C_MOMENTUM * L * RADIUS**2 * lead(method)))


def first_gap(s: Script, method: Method) -> tuple[tuple[Line, Term], ...]:
    """What bounds 2 c u_{-1} gap_{-1} by c L R^2 u, with its lead; nothing without momentum."""
    if not method.momentum:
        return ()
    last = time(-1)
    first = s.define("x", last, "base", s.combine(le(n(last) + 1, 1)))
    away = first.fact.args[1] - xstar
    inside = le_of_sq_le(s, start_inside(s, last, s.combine(le(n(last), 0))), s.combine(le(0, RADIUS)))
    smooth = s.elim(s.given("smooth"), inside, centre(s), v=x(last), w=xstar)
    convex = s.elim(s.given("convex"), inside, centre(s), v=x(last), w=xstar)
    s.know(s.combine(le(0, gap(x(last))), convex, (s.given("minimiser"), -1 * (x(last) - xstar))))
    bound = s.combine(
        le(2 * gap(x(last)), L * R**2),
        (smooth, 2),
        (s.given("minimiser"), 2 * (x(last) - xstar)),
        (first, L * (x(last) + away - xstar)),
        (s.given("start"), L * (R + norm(away))),
    )
    found = ((bound, C_MOMENTUM * largest_stepsize(method) * lead(method)),)
    if method.accumulator == "none":
        return found
    return (*found, (earliest_stepsize_le(s, method), 2 * C_MOMENTUM * gap(x(last))))


def settle(s: Script, method: Method) -> tuple[tuple[Line, Term], ...]:
    """The budget, and what the drift may cost."""
    budget = (s.given("budget"), R**2)
    if shares(method):
        return budget, (s.given("fall"), 2 * RADIUS * lam * highest(method))
    return (budget,)


def energy_le(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T+1), T <= N, events |- energy(T) + 2 sum u gap <= kappa^2 R^2."""
    return s.combine(
        le(energy(method, T) + 2 * total("t", T, stepsize(method, t) * gap(x(t))), RADIUS**2),
        telescope(s, method, expense),
        *expense.paid,
        *lag_paid(s, method, expense, False),
        (s.assume(LIMIT), expense.extra),
        *settle(s, method),
        (latest(s, method, potential_end(s, method)), 2 * RADIUS * lam),
        *rise_left(s, method, T, s.assume(LIMIT)),
    )


@once
def advance(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T+1), T+1 <= N, events |- landed + 2 sum u gap + drift(T) <= kappa^2 R^2 + drift at least, sum to T."""
    later, body = shift(T, 1), stepsize(method, t) * gap(x(t))
    seen, limit = s.assume(so_far(method, later)), s.assume(le(n(later), n(N)))
    now = here_at(s, method, seen, T, s.combine(le(n(later), n(later))), limit)
    facts = {x.fact: x for x in members(s, now)}
    step = s.generalise(expense.step, "t", T, *(facts[at(h, T)] for h in expense.step.hyps))
    line = sooner(s, telescope(s, method, expense))
    paid = ((at_next(s, p_line, limit), k) for p_line, k in expense.paid)
    sums = ((num(2), body), *((-1 * k, b) for k, b in step_noise(method, expense)))
    return s.combine(
        le(
            at(landed(method), T) + 2 * total("t", later, body) + drift(method, T),
            RADIUS**2 + 2 * RADIUS * lam * lowest(method),
        ),
        line,
        step,
        *((s.sum_step("t", T, b), k) for k, b in sums),
        *paid,
        *lag_paid(s, method, expense, True),
        (limit, expense.extra),
        *settle(s, method),
        *rise_left(s, method, later, limit),
    )


def rise_left(s: Script, method: Method, at_: Term, limit: Line) -> tuple[tuple[Line, Term], ...]:
    """0 <= rise(at), with its factor; ``limit``: at <= N."""
    if not method.momentum or method.accumulator != "adam":
        return ()
    left = root_rise_end(s, method, at_, s.combine(le(0, n(N) - n(at_)), limit))
    return ((left, C_MOMENTUM * L * RADIUS**2 * lead(method)),)


def at_next(s: Script, line: Line, limit: Line) -> Line:
    """A line under T <= N, at T + 1."""
    return s.generalise(line, "T", shift(T, 1), limit)


def sum_gap_nonneg(s: Script, method: Method) -> Line:
    """so_far(T) |- -(sum over t < T of u_t gap_t) <= 0."""
    body, known = stepsize(method, t) * gap(x(t)), s.assume(fact(method))
    under = s.combine(le(-1 * body, 0), (gap_nonneg(s, method), stepsize(method, t)))
    under = discharge(s, under, near_of_fact(s, method, known))
    return summed_le_zero(s, so_far(method, T), under, (num(-1),), (body,))


def latest(s: Script, method: Method, line: Line) -> Line:
    """A line under near(T) or large(T), or both, under so_far(T+1)."""
    whole = s.elim(s.assume(so_far(method, shift(T, 1))), s.combine(le(n(shift(T, 1)), n(shift(T, 1)))), t=T)
    parts = members(s, whole) if method.accumulator != "none" else (whole,)
    for part in parts:
        if part.fact in line.hyps:
            line = discharge(s, line, part)
    return line


def _aimed_gap_nonneg(s: Script, method: Method) -> tuple[tuple[Line, Term], ...]:
    """0 <= the gap in ``landed`` at T, with its factor."""
    if not method.momentum:
        return ()
    gap_now = latest(s, method, s.generalise(gap_nonneg(s, method), "t", T, s.assume(near(method, T))))
    return ((gap_now, 2 * C_MOMENTUM * stepsize(method, T)),)


def spent_le(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T), T <= N, events |- 2 sum over t < T of u_t gap_t <= kappa^2 R^2."""
    left = (latest(s, method, sooner(s, potential_end(s, method))), 2 * RADIUS * lam)
    return spent_of(s, method, advance(s, method, expense), left)


@once
def spent_of(s: Script, method: Method, advanced: Line, *left: tuple[Line, Term]) -> Line:
    """``spent_le`` from the line of ``advance``, and what its goal has besides landed and the sum."""
    body = stepsize(method, t) * gap(x(t))
    first, running, later = le(n(T), n(ZERO)), le(n(ZERO) + 1, n(T)), shift(T, 1)
    reached = at(inner(aimed(method), aimed(method)), T)
    line = s.combine(
        le(2 * total("t", later, body), RADIUS**2),
        advanced,
        *_aimed_gap_nonneg(s, method),
        s.nonneg(reached),
        *left,
    )
    natural = s.combine(le(0, n(shift(T, -1))), s.assume(running))
    past = s.generalise(line, "T", shift(T, -1), *moved(s, line, shift(T, -1)), natural)
    nothing = s.combine(past.fact, (s.sum_zero("t", T, body, s.assume(first)), 2))
    return s.cases(first, nothing, running, past)


def moved(s: Script, line: Line, to: Term) -> list[Line]:
    """The hypotheses of a line that mention T, at another time, assumed."""
    return [s.assume(substitute(h, {"T": to})) for h in line.hyps if "T" in free_variables(h)]


def sooner(s: Script, line: Line) -> Line:
    """A line under T <= N under T + 1 <= N."""
    limit = s.combine(LIMIT, s.assume(le(n(shift(T, 1)), n(N))))
    return discharge(s, line, limit) if LIMIT in line.hyps else line


def near_following(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T+1), T+1 <= N, events |- near(T+1); with momentum large(T+1) is a hypothesis, too."""
    later = shift(T, 1)

    def next_time(line: Line) -> Line:
        return s.generalise(line, "T", later, *moved(s, line, later))

    wanted = at(inner(aimed(method), aimed(method)), T)
    aim = s.combine(
        le(wanted + drift(method, T) - drift(method, later), RADIUS**2),
        advance(s, method, expense),
        *_aimed_gap_nonneg(s, method),
        (next_time(sum_gap_nonneg(s, method)), 2),
        (next_time(potential_end(s, method)), 2 * RADIUS * lam),
    )
    following = near_next(s, method)
    here_now = latest(s, method, s.assume(near(method, T)))
    facts = {here_now.fact: here_now, aim.fact: aim}
    if method.corrected:
        facts[within(T)] = s.assume(within(T))
    if method.stale:
        facts[inside(later)] = asked_inside(s, method)
    return s.generalise(following, "t", T, *(facts[at(h, T)] for h in following.hyps))


def asked_inside(s: Script, method: Method) -> Line:
    """so_far(T+1) |- ||x_{T+1} - x*||^2 <= kappa^2 R^2, because x_{T+1} = y_{T+1-d}."""
    later, asked = shift(T, 1), time(1, T=1, d=-1)
    first, running = le(n(asked), n(ZERO)), le(n(ZERO) + 1, n(asked))
    begun = start(s, method, asked, s.assume(first))
    earlier = s.combine(le(n(shift(asked, 1)), n(later)), delay_positive(s))
    seen = s.assume(so_far(method, later))
    known = near_at(s, method, seen, asked, earlier, s.combine(le(0, n(asked)), s.assume(running)))
    good = s.cases(first, begun, running, known)
    is_close = discharge(s, close_of_near(s, method, asked), good)
    moved = s.define("x", later)
    both_sides = x(later) + moved.fact.args[1] - 2 * xstar
    return s.combine(inside(later), is_close, (moved, both_sides))
