"""All steps together in the joint budget: what ``progress`` says of the square, for the distance itself.

With q_T = R + (R^2 initial + noise + rises so far)/R + 2 lam (the fall of the potential so far), D_T + F_T <= G_T q_T
at all times before which every step was good; q_T <= 2 kappa R by the budget, so D_T <= 2 kappa R G_T - G_T^2
<= kappa^2 R^2.  A part e_t of a step that is not along the predictable direction costs its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bounds.lemmas.accumulator import lead
from bounds.lemmas.clip import lam
from bounds.lemmas.descent import Expense, aimed, at, energy, here, highest_rise, initial, landed, rise_cost
from bounds.lemmas.drift import highest, landing, potential, potential_end, potential_start, shares
from bounds.lemmas.order import gated_le
from bounds.lemmas.progress import (
    LIMIT,
    asked_inside,
    at_next,
    first_distance,
    first_gap,
    here_at,
    lag_paid,
    latest,
    members,
    moved,
    rise_left,
    so_far,
    sooner,
    spent_of,
    step_noise,
)
from bounds.lemmas.radial import EARLIER, VAR, Radial, counted, earned, floored, root, whole
from bounds.lemmas.rises import root_rise_falls
from bounds.lemmas.scheme import (
    C_MOMENTUM,
    RADIUS,
    L,
    R,
    apart,
    close,
    dist_sq,
    inside_of_near,
    inside_step,
    near,
    near_of,
)
from bounds.lemmas.scheme import y as iterate
from bounds.lemmas.smooth import gap_nonneg
from bounds.lemmas.stale import DELAY, lagging_le, price, window
from bounds.lemmas.sums import ZERO, T, before, discharge, sum_le_of_before, sum_mono
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import N, gap, largest_stepsize, stepsize, t, x
from bounds.terms import Term, inner, le, n, norm, num, shift, time, total

Items = Iterator[tuple[Any, ...]]


def _right(method: Method, expense: Expense, upto: Term) -> Term:
    """q R - R^2."""
    found = R**2 * initial(method) - rise_cost(method, upto)
    for k, b in step_noise(method, expense):
        found = found + k * total("t", upto, b)
    fall = highest(method) - potential(method, upto)
    return found + n(upto) * expense.extra + 2 * R * lam * fall


def _q(right: Term) -> Term:
    return R + right / R


def _aim(method: Method, expense: Expense, before_it: Term) -> Term:
    """q R - R^2 one step later, with e still to be paid for."""
    later = shift(before_it, 1)
    return _right(method, expense, later) + 2 * R * lam * (potential(method, later) - potential(method, before_it))


def _claim(method: Method, expense: Expense, upto: Term) -> Term:
    """D + F <= G q."""
    left = whole(method, upto) + floored(method, upto)
    return le(left, root(method, upto) * _q(_right(method, expense, upto)))


def _times(items: Iterable[tuple[Any, ...]], method: Method, when: Term) -> Items:
    """The items, times G/R."""
    return ((line, k * (root(method, when) / R)) for line, k in items)


def _beyond(method: Method) -> Term:
    """G_T/R - 1."""
    return (root(method, T) - R) / R


@once
def telescope(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T), T <= N |- D_T + F_T <= G_T q_T."""
    radial = Radial(s, method)
    noise, later, local = step_noise(method, expense), shift(T, 1), here(method)
    facts = {x.fact: x for x in members(s, s.assume(at(local, T)))}

    def at_now(line: Line) -> Line:
        return s.generalise(line, "t", T, *(facts[at(h, T)] for h in line.hyps))

    zero = (*((s.sum_zero("t", ZERO, b), -1 * k) for k, b in noise), (potential_start(s, method), 2 * R * lam))
    right = _right(method, expense, ZERO)
    base = radial.turn(ZERO, _begun(s, method, zero, right), _q(right), s.combine(le(R, R)))
    radial.know(T)
    radial.know(later)
    # where the step aims, with e_t still to come; then its length is paid by the fall of the potential
    e, short = at(landing(s, method).e, T), at_now(landing(s, method).short)
    aim = _aim(method, expense, T)
    left, g, there = whole(method, later) + floored(method, T), root(method, T), root(method, later)
    grown = s.combine(
        le(left, g * _q(aim) + 2 * norm(e) * there - norm(e) ** 2),
        s.assume(_claim(method, expense, T)),
        at_now(expense.step),
        at_now(_arrival(s, method, radial)),
        *_times(((s.sum_step("t", T, b), -1 * k) for k, b in noise), method, T),
        *((at_now(line), _beyond(method)) for line in _falls(s, method)),
        *_counts(s, method, radial, at_now(gap_nonneg(s, method))),
    )
    low, same = radial.at(radial.root_ge, T), radial.at(radial.squared, T)
    turned = radial.turn(later, grown, _q(aim), low, same, norm(e))
    stepped = s.combine(_claim(method, expense, later), turned, (short, 2 * there))
    line = sum_le_of_before(s, before("t", T, local), _claim(method, expense, T), base, stepped)
    seen, early, limit = s.assume(so_far(method, T)), s.assume(le(n(shift(t, 1)), n(T))), s.assume(LIMIT)
    horizon = s.combine(le(n(shift(t, 1)), n(N)), early, limit)
    return discharge(s, line, s.intro(here_at(s, method, seen, t, early, horizon), (early.fact,), t="nat"))


def _begun(s: Script, method: Method, zero: Iterable[tuple[Any, ...]], right: Term) -> Line:
    """D_0 + R^2 <= R q_0; ``zero``: what the sums and the potential on the right begin with."""
    goal, last = le(whole(method, ZERO) + R**2, R * _q(right)), time(-1)
    items = (*first_distance(s, method), (s.sum_zero(VAR, ZERO, counted(method, EARLIER)), 2), *zero)
    if not method.momentum:
        return s.combine(goal, *items)
    bound = C_MOMENTUM * L * R**2 * largest_stepsize(method) * lead(method)
    most = s.combine(le(2 * C_MOMENTUM * earned(method, last), bound), *first_gap(s, method))
    counted_le = gated_le(s, le(0, earned(method, last)), most, s.combine(le(0, bound)))
    return s.combine(goal, *items, counted_le)


def _arrival(s: Script, method: Method, radial: Radial) -> Line:
    """||y_{t+1} - x*||^2 <= ||y_t - x* - u_t gc_t||^2 + 2 ||e_t|| G_{t+1} - ||e_t||^2."""
    there, land, wanted = shift(t, 1), landing(s, method), aimed(method)
    reached, e = wanted + land.e, land.e
    same = s.combine(le(inner(reached, reached), dist_sq(method, there)), (land.exact, -1))
    return s.combine(
        le(dist_sq(method, there), inner(wanted, wanted) + 2 * norm(e) * root(method, there) - norm(e) ** 2),
        land.exact,
        (s.cauchy_schwarz(e, reached), 2),
        (radial.length_le(same, there), 2 * norm(e)),
    )


def _falls(s: Script, method: Method) -> tuple[Line, ...]:
    """0 <= what a step pays for rises and for stale gradients."""
    found = []
    if highest_rise(method) is not num(0):
        fall = rise_cost(method, t) - rise_cost(method, shift(t, 1))
        found.append(s.combine(le(0, fall), (root_rise_falls(s, method), C_MOMENTUM * L * RADIUS**2 * lead(method))))
    if method.stale:
        lag = iterate(method, t) - x(t)
        line = s.combine(le(0, window(method)), lagging_le(s, method), squares=((1, lag),), scale=(DELAY, None))
        found.append(s.combine(le(0, price(method) * window(method)), (line, price(method))))
    return tuple(found)


def _counts(s: Script, method: Method, radial: Radial, positive: Line) -> Iterator[tuple[Line, Term]]:
    """What u_T gap_T adds to D_{T+1}, and with momentum what u_{T-1} gap_{T-1} is in D_T; positive: 0 <= gap_T."""
    yield s.sum_step(VAR, T, counted(method, EARLIER)), num(2)
    now = radial.counted_is(T, positive)
    yield now, num(2)
    if method.momentum:
        yield now, 2 * C_MOMENTUM
        yield radial.earned_le(shift(T, -1)), 2 * C_MOMENTUM


def _settle(s: Script, method: Method) -> tuple[tuple[Line, Term], ...]:
    """The budget, and what the drift may cost."""
    budget = (s.given("budget"), R**2)
    if shares(method):
        return budget, (s.given("fall"), 2 * R * lam * highest(method))
    return (budget,)


def _most(s: Script, right: Term, items: Iterable[tuple[Any, ...]]) -> Line:
    """q <= 2 kappa R."""
    return s.combine(le(_q(right), 2 * RADIUS), *((line, k / R) for line, k in items))


def _inside(s: Script, radial: Radial, when: Term) -> tuple[tuple[Line, int], tuple[int, Term]]:
    """2 kappa R G - F <= kappa^2 R^2: an item and a square."""
    return (radial.at(radial.squared, when), 1), (1, root(radial.method, when) - RADIUS)


def _shorter(s: Script, method: Method, line: Line) -> Line:
    """A line under so_far(T), under so_far(T+1)."""
    seen, early = s.assume(so_far(method, shift(T, 1))), s.assume(le(n(shift(t, 1)), n(T)))
    sooner_line = s.elim(seen, s.combine(le(n(shift(t, 1)), n(shift(T, 1))), early), t=t)
    return discharge(s, line, s.intro(sooner_line, (early.fact,), t="nat"))


def energy_le(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T+1), T <= N, events |- ||y_T - x*||^2 + 2 c u_{T-1} gap_{T-1} + 2 sum u gap <= kappa^2 R^2."""
    radial = Radial(s, method)
    radial.know(T)
    items = (
        *expense.paid,
        *lag_paid(s, method, expense, False),
        (s.assume(LIMIT), expense.extra),
        *_settle(s, method),
        (latest(s, method, potential_end(s, method)), 2 * R * lam),
        *rise_left(s, method, T, s.assume(LIMIT)),
    )
    most, (flat, square) = _most(s, _right(method, expense, T), items), _inside(s, radial, T)
    return s.combine(
        le(energy(method, T) + 2 * total("t", T, stepsize(method, t) * gap(x(t))), RADIUS**2),
        _shorter(s, method, telescope(s, method, expense)),
        (most, root(method, T)),
        flat,
        *_uncounted(s, method, radial),
        squares=(square,),
    )


def _uncounted(s: Script, method: Method, radial: Radial) -> Iterator[tuple[Line, Term]]:
    """What turns the parts of D_T into those of the energy."""
    yield sum_mono(s, radial.earned_le()), num(2)
    if method.momentum:
        yield radial.earned_le(shift(T, -1)), 2 * C_MOMENTUM


@once
def _advance(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T+1), T+1 <= N, events |- landed + 2 sum u gap <= kappa^2 R^2, sum to T."""
    radial = Radial(s, method)
    later, body = shift(T, 1), stepsize(method, t) * gap(x(t))
    seen, limit = s.assume(so_far(method, later)), s.assume(le(n(later), n(N)))
    now = here_at(s, method, seen, T, s.combine(le(n(later), n(later))), limit)
    facts = {x.fact: x for x in members(s, now)}
    radial.know(T)

    def at_now(line: Line) -> Line:
        return s.generalise(line, "t", T, *(facts[at(h, T)] for h in line.hyps))

    items = (
        *((at_next(s, line, limit), k) for line, k in expense.paid),
        *lag_paid(s, method, expense, True),
        (limit, expense.extra),
        *_settle(s, method),
        (latest(s, method, sooner(s, potential_end(s, method))), 2 * R * lam),
        *rise_left(s, method, later, limit),
    )
    most, (flat, square) = _most(s, _aim(method, expense, T), items), _inside(s, radial, T)
    return s.combine(
        le(at(landed(method), T) + 2 * total("t", later, body), RADIUS**2),
        _shorter(s, method, sooner(s, telescope(s, method, expense))),
        at_now(expense.step),
        (s.sum_step("t", T, body), 2),
        *_times(((s.sum_step("t", T, b), -1 * k) for k, b in step_noise(method, expense)), method, T),
        *((at_now(line), _beyond(method)) for line in _falls(s, method)),
        (most, root(method, T)),
        flat,
        *_uncounted(s, method, radial),
        squares=(square,),
    )


def spent_le(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T), T <= N, events |- 2 sum over t < T of u_t gap_t <= kappa^2 R^2."""
    return spent_of(s, method, _advance(s, method, expense))


def near_following(s: Script, method: Method, expense: Expense) -> Line:
    """so_far(T+1), T+1 <= N, events |- near(T+1); large(T+1) is a hypothesis, too, where it bounds the drift."""
    radial = Radial(s, method)
    later = shift(T, 1)
    radial.know(later)

    def next_time(line: Line) -> Line:
        return s.generalise(line, "T", later, *moved(s, line, later))

    limit = s.assume(le(n(later), n(N)))
    items = (
        *((at_next(s, line, limit), k) for line, k in expense.paid),
        *lag_paid(s, method, expense, True),
        (limit, expense.extra),
        *_settle(s, method),
        (next_time(potential_end(s, method)), 2 * R * lam),
        *rise_left(s, method, later, limit),
    )
    most, (flat, square) = _most(s, _right(method, expense, later), items), _inside(s, radial, later)
    is_close = s.combine(
        at(close(method), later),
        next_time(telescope(s, method, expense)),
        radial.at(radial.dist_le, later),
        (most, root(method, later)),
        flat,
        squares=(square,),
    )
    if not apart(method):
        return is_close
    if method.stale:
        return near_of(s, method, is_close, asked_inside(s, method))
    inside_now = latest(s, method, s.generalise(inside_of_near(s, method), "t", T, s.assume(near(method, T))))
    step = inside_step(s, method)
    facts = {inside_now.fact: inside_now, is_close.fact: is_close}
    is_inside = s.generalise(step, "t", T, *(facts[at(h, T)] for h in step.hyps))
    return near_of(s, method, is_close, is_inside)
