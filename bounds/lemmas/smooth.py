"""Convexity and smoothness on the ball of radius kappa R around x*, at the iterate x_t.

Every line has the hypothesis ``near(method)``: the good event at time t, by which y_t and x_t lie in the ball.
"""

from __future__ import annotations

from bounds.lemmas.clip import rho
from bounds.lemmas.order import le_of_sq_le, norm_congr
from bounds.lemmas.scheme import RADIUS, L, close_of_near, inside_of_near
from bounds.methods import Method
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import HP, gap, grad, p, t, x, xstar
from bounds.terms import Term, inner, le, norm, veq

AWAY = x(t) - xstar


def norm_near(s: Script, method: Method) -> Line:
    """||y_t - x*|| <= kappa R."""
    return le_of_sq_le(s, close_of_near(s, method), s.combine(le(0, RADIUS)))


@once
def norm_inside(s: Script, method: Method) -> Line:
    """||x_t - x*|| <= kappa R."""
    return le_of_sq_le(s, inside_of_near(s, method), s.combine(le(0, RADIUS)))


def centre(s: Script) -> Line:
    """x* lies in the ball."""
    return s.combine(le(norm(xstar - xstar), RADIUS))


def norm_grad_le(s: Script, method: Method) -> Line:
    """||p_t|| <= L ||x_t - x*||."""
    lipschitz = s.elim(s.given("smooth_gradient"), norm_inside(s, method), centre(s), v=x(t), w=xstar)
    moved = s.combine(veq(p(t), p(t) - grad(xstar)), (s.given("minimiser"), 1))
    return s.combine(le(norm(p(t)), L * norm(AWAY)), norm_congr(s, moved), lipschitz)


@once
def norm_grad_le_radius(s: Script, method: Method) -> Line:
    """||p_t|| <= L kappa R."""
    return s.combine(le(norm(p(t)), L * RADIUS), norm_grad_le(s, method), (norm_inside(s, method), L))


def small_of_near(s: Script, method: Method) -> Line:
    """||p_t|| <= rho lam, by the condition (grad)."""
    return s.combine(le(norm(p(t)), rho * HP.lam), norm_grad_le_radius(s, method), s.given("grad"))


@once
def gap_nonneg(s: Script, method: Method) -> Line:
    """0 <= f(x_t) - f*."""
    convex = s.elim(s.given("convex"), norm_inside(s, method), centre(s), v=x(t), w=xstar)
    return s.combine(le(0, gap(x(t))), convex, (s.given("minimiser"), -1 * AWAY))


def gap_le(s: Script, method: Method, at: Term = t) -> Line:
    """near(at) |- f(x) - f* <= L kappa^2 R^2/2."""
    ball = inside_of_near(s, method, at)
    above = s.elim(s.given("smooth"), le_of_sq_le(s, ball, s.combine(le(0, RADIUS))), centre(s), v=x(at), w=xstar)
    goal = le(gap(x(at)), L / 2 * RADIUS**2)
    return s.combine(goal, above, (s.given("minimiser"), x(at) - xstar), (ball, L / 2))


def interpolation(s: Script, method: Method) -> Line:
    """gap_t + ||p_t||^2/(2L) <= <p_t, x_t - x*>: smooth convex interpolation through x* + p_t/L."""
    z = xstar + p(t) / L
    bound = norm_grad_le_radius(s, method)
    squares = s.combine(le(inner(z - xstar, z - xstar), RADIUS**2), (bound, (L * RADIUS + norm(p(t))) / L**2))
    inside = le_of_sq_le(s, squares, s.combine(le(0, RADIUS)))
    below = s.elim(s.given("convex"), inside, norm_inside(s, method), v=z, w=x(t))
    above = s.elim(s.given("smooth"), inside, centre(s), v=z, w=xstar)
    goal = le(gap(x(t)) + inner(p(t), p(t)) / (2 * L), inner(p(t), AWAY))
    return s.combine(goal, below, above, (s.given("minimiser"), z - xstar))


def sq_norm_grad_le_gap(s: Script, method: Method) -> Line:
    """||p_t||^2 <= 2 L gap_t: descent to x_t - p_t/L."""
    z = x(t) - p(t) / L
    squares = s.combine(
        le(inner(z - xstar, z - xstar), RADIUS**2),
        inside_of_near(s, method),
        (interpolation(s, method), 2 / L),
        (gap_nonneg(s, method), 2 / L),
    )
    inside = le_of_sq_le(s, squares, s.combine(le(0, RADIUS)))
    above = s.elim(s.given("smooth"), inside, norm_inside(s, method), v=z, w=x(t))
    below = s.elim(s.given("convex"), inside, centre(s), v=z, w=xstar)
    goal = le(inner(p(t), p(t)), 2 * L * gap(x(t)))
    return s.combine(goal, (above, 2 * L), (below, 2 * L), (s.given("minimiser"), -2 * L * (z - xstar)))
