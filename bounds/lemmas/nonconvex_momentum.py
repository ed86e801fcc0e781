"""Momentum without convexity (theory, section 5): the oracle is asked at x_t, f is measured at y_t; what that costs.

    y_t = x_t + c D_t,    D_t = x_t - x_{t-1},    ||grad f(y_t) - p_t|| <= L c ||D_t||
    ||D_{t+1}||^2 <= beta1 ||D_t||^2 + (1 - beta1) u_t^2 ||gc_t||^2

so the sum of all ||D_t||^2 is at most the sum of u_t^2 ||gc_t||^2: a multiple of ||D_t||^2 is part of the energy.
Adam's stepsizes may rise by beta2^(-1/2) in a step: beta1/beta2 for beta1, and the sum may be larger by ``echo``.
A bias correction s_t rises, too, early by much in one step; but all rises of s_t^2 together are at most 2 sbar^2, and
what a rise adds to ||D_t||^2 is at most its share of (u lam/sbar)^2: paid once, by ``first_lag``.
"""

from __future__ import annotations

from bounds.lemmas.clip import lam
from bounds.lemmas.decay import SBAR
from bounds.lemmas.rises import rises_to
from bounds.lemmas.scheme import BETA1_C, C_MOMENTUM, L, y
from bounds.methods import Method
from bounds.setting import HP, grad, largest_stepsize, t, x
from bounds.terms import Term, eq, inner, num, par, shift

mix, split, KEPT = par("mix"), par("split"), par("kept")


def definitions(method: Method) -> dict[str, Term]:
    """kept = 1 - beta1/beta2, where stepsizes may rise."""
    return {"kept": eq(KEPT, 1 - HP.beta1 / HP.beta2)} if rising(method) else {}


def rising(method: Method) -> bool:
    return method.momentum and method.accumulator == "adam"


def forgets(method: Method) -> Term:
    """1 - beta1, or 1 - beta1/beta2: the share of ||D_t||^2 that is forgotten in a step."""
    return KEPT if rising(method) else BETA1_C


def _echo(method: Method, price: Term) -> Term:
    """price (1 - beta1)/forgets."""
    return price * (BETA1_C / KEPT) if rising(method) else price


def point(method: Method, s: Term = t) -> Term:
    """y_s, where f is measured; x_s without momentum."""
    return y(method, s)


def slope(method: Method) -> Term:
    """grad f(y_t), the direction of the descent; p_t without momentum."""
    return grad(point(method))


def move(s: Term = t) -> Term:
    """D_s = x_s - x_{s-1}."""
    return x(s) - x(shift(s, -1))


def reach(method: Method) -> Term:
    """L c u lam, at least ||grad f(y_t) - p_t||; 0 without momentum."""
    return L * C_MOMENTUM * largest_stepsize(method) * lam if method.momentum else num(0)


def lag_price(method: Method) -> Term:
    """What ||D_t||^2 costs: u (1 + L u) (L c)^2 / (2 mix), because the descent is along grad f(y_t), not p_t."""
    u = largest_stepsize(method)
    return u * (1 + L * u) * (L * C_MOMENTUM) ** 2 / (2 * mix)


def lag(method: Method, s: Term) -> Term:
    """The part of the energy that pays for it; 0 without momentum."""
    if not method.momentum:
        return num(0)
    size = inner(move(s), move(s))
    if method.corrected:
        size = size + rise_price(method) * (SBAR - rises_to(shift(s, -1)))
    return lag_price(method) / forgets(method) * size


def rise_price(method: Method) -> Term:
    """What a rise of the bias correction adds to ||D_t||^2: 2 (beta1/beta2) (u lam)^2/sbar."""
    return 2 * (HP.beta1 / HP.beta2) * (largest_stepsize(method) * lam) ** 2 / SBAR


def first_lag(method: Method) -> Term:
    """At least ``lag`` at 0: what all rises of the bias correction together cost; 0 without."""
    if not method.momentum or not method.corrected:
        return num(0)
    return lag_price(method) / forgets(method) * (rise_price(method) * SBAR)


def step_price(method: Method) -> Term:
    """What u_t^2 ||gc_t||^2 adds to ``lag`` in a step."""
    return _echo(method, lag_price(method))


def error_price(method: Method) -> Term:
    """What u^2 ||gc_t - p_t||^2 costs, in units of L/2; 1 without momentum."""
    if not method.momentum:
        return num(1)
    u = largest_stepsize(method)
    return 1 + mix + _echo(method, L * u * (1 + L * u) * C_MOMENTUM**2 / mix) * (1 + 1 / split)


def gradient_price(method: Method) -> Term:
    """The share of u_t ||p_t||^2 that momentum costs."""
    return mix / 2 + largest_stepsize(method) * step_price(method) * (1 + split)
