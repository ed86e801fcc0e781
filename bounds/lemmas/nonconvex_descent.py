"""One step of the method for smooth f without convexity, and the sum of all steps (theory, section 5; beta1 = 0)."""

from __future__ import annotations

from bounds.lemmas.accumulator import actual_stepsize_bounds, potential
from bounds.lemmas.below import GRAD_SQ, SLOPE, L, a0, excess, norm_grad_le, small_of_near
from bounds.lemmas.clip import PAST, condexp_inner_clip_sub_le, condexp_sq_clip_sub_le, inner_clip_dominated
from bounds.lemmas.sums import discharge
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import BIAS, HP, VARIANCE, gc, largest_stepsize, p, step_of, stepsize, t, theta, x
from bounds.terms import Term, expect, inner, le, norm, num, par, shift

phi = par("phi")
PROGRESS = inner(p(t), gc(t))
MEAN_PROGRESS = expect(PAST, PROGRESS)
ERROR = inner(theta(t), theta(t))
MEAN_ERROR = expect(PAST, ERROR)


def drift(method: Method, s: Term) -> Term:
    """kappa (2 L Delta)^(1/2) lam potential(s) if the stepsize is not predictable, else 0; it pays for the drift."""
    if method.accumulator == "none" or method.delayed:
        return num(0)
    return SLOPE * HP.lam * potential(method, s)


def total_drift(method: Method) -> Term:
    """kappa (2 L Delta)^(1/2) lam u, an upper bound of the drift of all steps together."""
    return num(0) if drift(method, t) is num(0) else SLOPE * HP.lam * largest_stepsize(method)


def _moved(s: Script, method: Method) -> Line:
    """f(x_{t+1}) <= f(x_t) - u_t <p_t, gc_t> + (L/2) u_t^2 ||gc_t||^2 + drift."""
    u, power = stepsize(method, t), inner(gc(t), gc(t))
    here, there, target = x(t), x(shift(t, 1)), step_of(method, t)[0]
    smooth = s.elim(s.given("smooth"), v=there, w=here)
    turned = p(t) + L / 2 * ((target - here) + (there - here))
    item = (s.define("x", shift(t, 1)), turned)
    goal = le(
        excess(there),
        excess(here) - u * PROGRESS + L / 2 * u**2 * power + drift(method, t) - drift(method, shift(t, 1)),
    )
    if drift(method, t) is num(0):
        return s.combine(goal, smooth, item)
    w = target.args[1].args[1].args[0]  # x - w gc is x + (-1) (w gc)
    sign, smaller, falls = actual_stepsize_bounds(s, method, w)
    s.know(sign)
    s.know(s.combine(le(0, u - w), smaller))
    toward = inner_clip_dominated(s, p(t))[0]
    toward = s.combine(le(PROGRESS, SLOPE * HP.lam), toward, (norm_grad_le(s, method), HP.lam))
    return s.combine(goal, smooth, item, (toward, u - w), (smaller, L / 2 * (u + w) * power), (falls, SLOPE * HP.lam))


def per_step(method: Method) -> Term:
    """What one step adds for bias and variance: u B^2/(2 phi) + L u^2 V/2."""
    u = largest_stepsize(method)
    return u * BIAS**2 / (2 * phi) + L / 2 * u**2 * VARIANCE


def weight(u: Term) -> Term:
    """u_t (1 - L u_t), the coefficient of <p_t, gc_t - p_t>: the square of the step takes part of it back."""
    return u * (1 - L * u)


def weight_bounds(s: Script, cap: Line) -> tuple[Line, Line]:
    """0 <= u_t (1 - L u_t) <= u; ``cap`` is u_t <= u."""
    u, largest = cap.fact.args
    short = s.combine(le(0, 1 - L * u), (cap, L), s.given("q_small"))
    sign = s.combine(le(0, weight(u)), (short, u))
    return sign, s.combine(le(weight(u), largest), cap, squares=((L, u),))


def mean_progress_ge(s: Script, method: Method) -> Line:
    """near(t) |- ||p_t||^2 - ||p_t|| B <= E[<p_t, gc_t> | F_{t-1}]."""
    bias = discharge(s, condexp_inner_clip_sub_le(s, -1 * p(t)), small_of_near(s, method))
    parts = (-1, PROGRESS, inner_clip_dominated(s, p(t))), (GRAD_SQ,)
    centred = s.e_lin(PAST, inner(-1 * p(t), theta(t)), *parts)
    return s.combine(le(GRAD_SQ - norm(p(t)) * BIAS, MEAN_PROGRESS), bias, (centred, -1))


def one_step(s: Script, method: Method, cap: Line) -> Line:
    """local(t) |- the energy at t + 1 is at most that at t, plus noise, per_step and drift.

    f(x_{t+1}) + a0 u_t ||p_t||^2 <= f(x_t) - u_t (1 - L u_t) (<p_t, gc_t> - E<p_t, gc_t>)
                                     + (L/2) u^2 (||th_t||^2 - E||th_t||^2) + per_step + drift.
    """
    u, largest = stepsize(method, t), largest_stepsize(method)
    right = excess(x(t)) - weight(u) * (PROGRESS - MEAN_PROGRESS) + L / 2 * largest**2 * (ERROR - MEAN_ERROR)
    variance = discharge(s, condexp_sq_clip_sub_le(s), small_of_near(s, method))
    return s.combine(
        le(
            excess(x(shift(t, 1))) + a0 * (u * GRAD_SQ),
            right + per_step(method) + drift(method, t) - drift(method, shift(t, 1)),
        ),
        _moved(s, method),
        (mean_progress_ge(s, method), weight(u), weight_bounds(s, cap)[0]),
        (s.given("descent"), u * GRAD_SQ),
        (cap, L / 2 * u * GRAD_SQ),
        (cap, BIAS**2 / (2 * phi)),
        (cap, L / 2 * (u + largest) * ERROR),
        (s.nonneg(u), L * u * norm(p(t)) * BIAS),
        (variance, L / 2 * largest**2),
        squares=((u * phi / 2, norm(p(t)) - BIAS / phi),),
    )
