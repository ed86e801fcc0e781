"""The weighted average xbar_T = (sum u_t x_t) / (sum u_t): it lies in the ball, and Jensen's inequality."""

from __future__ import annotations

from bounds.lemmas.scheme import RADIUS, near
from bounds.lemmas.smooth import norm_inside
from bounds.lemmas.sums import ZERO, T, before, summed_le_zero
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import ONE, f, gap, grad, stepsize, t, x, xstar
from bounds.terms import Term, eq, inner, le, lt, mk, n, norm, num, shift, total


def weight(method: Method, upto: Term) -> Term:
    """The sum of u_t over t < upto."""
    return total("t", upto, stepsize(method, t))


def average(method: Method, upto: Term) -> Term:
    """xbar: the average of x_t over t < upto with weights u_t."""
    return weight(method, upto) ** -ONE * total("t", upto, stepsize(method, t) * x(t))


@once
def weight_positive(s: Script, method: Method, positive: Line) -> Line:
    """1 <= T |- 0 < sum over t < T of u_t; ``positive``: 0 < u_t."""
    u = stepsize(method, t)
    claim = lt(0, weight(method, shift(T, 1)))
    first = s.sum_step("t", ZERO, u)
    base = s.combine(
        lt(0, weight(method, shift(ZERO, 1))),
        (first, -1),
        (s.sum_zero("t", ZERO, u), -1),
        s.generalise(positive, "t", ZERO),
    )
    stepped = s.combine(
        lt(0, weight(method, shift(T, 2))),
        s.assume(claim),
        (s.sum_step("t", shift(T, 1), u), -1),
        s.generalise(positive, "t", shift(T, 1)),
    )
    general = s.induct("T", base, stepped, claim)
    some = s.assume(le(1, n(T)))
    return s.generalise(general, "T", shift(T, -1), s.combine(le(0, n(shift(T, -1))), some))


def _averaged(s: Script, method: Method, v: Term, positive: Line) -> tuple[Line, Line]:
    """W <v, xbar> = sum of u_t <v, x_t>, and W W^-1 = 1; 1 <= T is a hypothesis."""
    w, u = weight(method, T), stepsize(method, t)
    unit = s.pow_split(weight_positive(s, method, positive), ONE, -ONE)
    vectors = total("t", T, u * x(t))
    inside = s.inner_sum(v, vectors)
    line = s.combine(
        eq(w * inner(v, average(method, T)), total("t", T, inner(v, u * x(t)))),
        inside,
        (unit, inner(v, vectors)),
    )
    return line, unit


@once
def average_inside(s: Script, method: Method, positive: Line) -> Line:
    """The good event before T, 1 <= T |- ||xbar - x*|| <= kappa R."""
    u, w = stepsize(method, t), mk("vvar", "w")
    # u_t <w, x_t - x*> <= u_t ||w|| kappa R, summed for a free vector w
    under = s.combine(
        le(u * inner(w, x(t)) - u * (inner(w, xstar) + RADIUS * norm(w)), 0),
        (s.cauchy_schwarz(w, x(t) - xstar), u),
        (norm_inside(s, method), u * norm(w)),
    )
    bodies = (inner(w, u * x(t)), u)
    summed = summed_le_zero(
        s, before("t", T, near(method)), under, (num(1), -1 * (inner(w, xstar) + RADIUS * norm(w))), bodies
    )
    away = average(method, T) - xstar
    at_average = s.elim(s.intro(summed, w="vec"), w=away)
    expanded, _ = _averaged(s, method, away, positive)
    total_weight = weight(method, T)
    weight_sign = weight_positive(s, method, positive)
    product = s.combine(
        le(inner(away, away), RADIUS * norm(away)), expanded, at_average, scale=(total_weight, weight_sign)
    )
    short, long = le(norm(away), RADIUS), lt(RADIUS, norm(away))
    longer = s.assume(long)
    squared = s.combine(
        lt(RADIUS * norm(away), norm(away) ** 2), (longer, norm(away), s.combine(lt(0, norm(away)), longer))
    )
    contradiction = s.combine(lt(norm(away) ** 2, norm(away) ** 2), squared, product)
    return s.cases(short, s.assume(short), long, s.absurd(contradiction, short))


def jensen(s: Script, method: Method, positive: Line) -> Line:
    """The good event before T, 1 <= T |- W (f(xbar) - f*) <= sum over t < T of u_t gap_t."""
    u, w = stepsize(method, t), mk("vvar", "w")
    inside = le(norm(w - xstar), RADIUS)
    tangent = s.elim(s.given("convex"), norm_inside(s, method), s.assume(inside), v=x(t), w=w)
    slope = f(w) - f(xstar) - inner(grad(w), w)
    under = s.combine(le(u * slope + u * inner(grad(w), x(t)) - u * gap(x(t)), 0), (tangent, u))
    bodies = (u, inner(grad(w), u * x(t)), u * gap(x(t)))
    summed = summed_le_zero(s, before("t", T, near(method)), under, (slope, num(1), num(-1)), bodies)
    xbar, total_weight = average(method, T), weight(method, T)
    at_average = s.elim(s.intro(summed, (inside,), w="vec"), average_inside(s, method, positive), w=xbar)
    expanded, _ = _averaged(s, method, grad(xbar), positive)
    return s.combine(le(total_weight * gap(xbar), total("t", T, u * gap(x(t)))), at_average, expanded)
