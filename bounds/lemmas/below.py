"""Smoothness and a lower bound of f, without convexity (theory, section 5); y_t = x_t without momentum.

The good event at time t is the energy inequality itself, up to then:

    f(y_t) - fmin + a0 sum_{i<t} u_i ||p_i||^2 <= kappa^2 Delta.
"""

from __future__ import annotations

from bounds.lemmas.clip import rho
from bounds.lemmas.nonconvex_momentum import point, slope
from bounds.lemmas.nonconvex_moves import norm_grad_le
from bounds.lemmas.order import le_of_sq_le
from bounds.lemmas.sums import T, discharge, sum_nonneg
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import HALF, HP, N, f, grad, p, stepsize, t, within
from bounds.terms import Term, both, eq, ind, inner, le, mk, n, norm, num, par, shift, substitute, total

L, Delta, kappa, fmin, a0 = (par(k) for k in ("L", "Delta", "kappa", "fmin", "a0"))
CEILING = kappa**2 * Delta
SLOPE = kappa * (2 * L * Delta) ** HALF
GRAD_SQ = inner(p(t), p(t))


def excess(v: Term) -> Term:
    """f(v) - fmin."""
    return f(v) - fmin


def progress(method: Method, upto: Term = t) -> Term:
    """The sum of u_i ||p_i||^2 over i < upto."""
    i = mk("time", 0, (("i", 1),))
    return total("i", upto, substitute(stepsize(method, t) * GRAD_SQ, {"t": i}))


def near(method: Method, s: Term = t) -> Term:
    """The good event at one time."""
    return le(excess(point(method, s)) + a0 * progress(method, s), CEILING)


def local(method: Method, s: Term = t) -> Term:
    """What one step needs: near(s), and s < N where u bounds the stepsizes only before N."""
    return both(near(method, s), within(s)) if method.accumulator == "adam" else near(method, s)


def good(method: Method, s: Term = t) -> Term:
    """What opens the gates of the martingales, one comparison: near(s), with s < N where near(s) is not enough."""
    if not (method.momentum and method.accumulator == "adam"):
        return near(method, s)
    return le(1, ind(near(method, s)) * ind(within(s)))


def good_now(s: Script, method: Method) -> Line:
    """near(t), and t < N if that matters |- good(t)."""
    is_near = s.assume(near(method))
    if good(method) is is_near.fact:
        return is_near
    before_end, both_parts = s.assume(within(t)), ind(is_near.fact) * ind(within(t))
    return s.combine(le(1, both_parts), (s.ind_one(is_near), -1 * ind(within(t))), (s.ind_one(before_end), -1))


def of_good(s: Script, method: Method, line: Line, at: Term = t) -> Line:
    """A line under near(at) and at < N as a line under good(at)."""
    parts = near(method, at), within(at)
    if good(method, at) is parts[0]:
        return line
    for fact, other in (parts, parts[::-1]):
        if fact in line.hyps:
            shut = s.assume(eq(ind(fact), 0))
            nothing = s.combine(le(1, num(0)), s.assume(good(method, at)), (shut, ind(other)))
            part = s.cases(fact, s.assume(fact), shut.fact, s.absurd(nothing, fact))
            line = discharge(s, line, part)
    return line


def localise(s: Script, method: Method, line: Line) -> Line:
    """A line under near(t) and t < N as a line under local(t)."""
    if method.accumulator != "adam":
        return line
    for k in range(2):
        part = s.pick(s.assume(local(method)), k)
        line = discharge(s, line, part) if part.fact in line.hyps else line
    return line


def all_local(s: Script, method: Method, all_near: Line) -> Line:
    """T <= N |- before(t, T, local) from before(t, T, near)."""
    if method.accumulator != "adam":
        return all_near
    early = s.assume(le(n(shift(t, 1)), n(T)))
    inside = s.combine(within(t), early, s.assume(le(n(T), n(N))))
    return s.intro(s.conj(s.elim(all_near, early, t=t), inside), (early.fact,), t="nat")


def excess_nonneg(s: Script, v: Term) -> Line:
    """0 <= f(v) - fmin."""
    return s.combine(le(0, excess(v)), s.elim(s.given("bounded_below"), v=v))


def sq_norm_grad_le_excess(s: Script, v: Term) -> Line:
    """||grad f(v)||^2 <= 2 L (f(v) - fmin): descent to v - grad f(v)/L."""
    g = grad(v)
    lower = v - g / L
    descent = s.elim(s.given("smooth"), v=lower, w=v)
    return s.combine(le(inner(g, g), 2 * L * excess(v)), (descent, 2 * L), (excess_nonneg(s, lower), 2 * L))


def progress_nonneg(s: Script, method: Method) -> Line:
    """0 <= sum over t < T of u_t ||p_t||^2, at T := t."""
    line = sum_nonneg(s, "t", s.nonneg(stepsize(method, t) * GRAD_SQ))
    return s.generalise(line, "T", t)


@once
def norm_slope_le(s: Script, method: Method) -> Line:
    """near(t) |- ||grad f(y_t)|| <= kappa (2 L Delta)^(1/2)."""
    squares = s.combine(
        le(inner(slope(method), slope(method)), SLOPE**2),
        sq_norm_grad_le_excess(s, point(method)),
        (s.assume(near(method)), 2 * L),
        (progress_nonneg(s, method), 2 * L * a0),
    )
    return le_of_sq_le(s, squares, s.combine(le(0, SLOPE)))


@once
def small_of_near(s: Script, method: Method) -> Line:
    """near(t) |- ||p_t|| <= rho lam, by the condition (grad)."""
    line = norm_grad_le(s, method, norm_slope_le(s, method))
    return s.combine(le(norm(p(t)), rho * HP.lam), line, s.given("grad"))
