"""The two martingales of the convex proof (theory, section 4): ``bounds.lemmas.martingale`` in the direction y_t - x*.

X_t = -2 u_t 1{near_t} (<y_t - x*, gc_t> - E[<y_t - x*, gc_t> | F_{t-1}]) / R^2
Z_t = u^2 1{near_t} (||gc_t - p_t||^2 - E[||gc_t - p_t||^2 | F_{t-1}]) / R^2
"""

from __future__ import annotations

from bounds.lemmas import martingale
from bounds.lemmas.clip import rho2
from bounds.lemmas.martingale import ERROR, MEAN_ERROR, Direction, Gate
from bounds.lemmas.order import gated_le
from bounds.lemmas.scheme import RADIUS, R, a, close_of_near, kappa, near
from bounds.lemmas.smooth import norm_near, small_of_near
from bounds.lemmas.sums import discharge
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HP, VARIANCE, t
from bounds.terms import Term, expect, ind, inner, le, par, shift

lam, A = HP.lam, par("A")


def progress(method: Method) -> Term:
    """<y_t - x*, gc_t>."""
    return martingale.progress(a(method))


def mean_progress(method: Method) -> Term:
    """E[<y_t - x*, gc_t> | F_{t-1}]."""
    return expect(shift(t, -1), progress(method))


def bare_x(method: Method, u: Term) -> Term:
    """X_t without its indicator."""
    return -2 * u / R**2 * (progress(method) - mean_progress(method))


def bare_z(largest: Term) -> Term:
    """Z_t without its indicator."""
    return largest**2 / R**2 * (ERROR - MEAN_ERROR)


def gate(method: Method, y: Term) -> Term:
    return ind(near(method)) * y


def range_x(largest: Term) -> Term:
    return 4 * kappa * largest * lam / R


def range_z(largest: Term) -> Term:
    return rho2**2 * (largest * lam / R) ** 2


def variance_x(largest: Term) -> Term:
    return 4 * kappa**2 * largest**2 * VARIANCE / R**2


def variance_z(largest: Term) -> Term:
    return range_z(largest) * largest**2 * VARIANCE / R**2


def good(s: Script, method: Method, line: Line) -> Line:
    """A line under ``small()`` as a line under ``near(method)``."""
    return discharge(s, line, small_of_near(s, method))


def _gate(s: Script, method: Method) -> Gate:
    return Gate(near(method), small_of_near(s, method), R**2)


def freedman_x(s: Script, method: Method, u: Term, largest: Term, cap: Line) -> Line:
    """With probability >= 1 - exp(-A): sum over t < T of X_t <= z1 for all T <= N; ``cap`` is u_t <= u."""
    doubled = s.combine(le(2 * u, 2 * largest), (cap, 2))
    d = Direction(a(method), norm_near(s, method), 2 * u, s.combine(le(0, 2 * u), (s.nonneg(u), 2)), doubled)
    variance, bound = martingale.variance_x_le(s, _gate(s, method), d), variance_x(largest)
    c = 4 * VARIANCE / R**4
    under = s.combine(
        le(c * u**2 * inner(a(method), a(method)), bound),
        (close_of_near(s, method), c * u**2),
        (cap, c * RADIUS**2 * (u + largest)),
    )
    constant = s.combine(
        le(variance.fact.args[0], bound), variance, gated_le(s, near(method), under, s.combine(le(0, bound)))
    )
    return martingale.freedman_x(s, _gate(s, method), d, constant, martingale.sum_le_constant(s, bound), A)


def freedman_z(s: Script, method: Method, largest: Term, a_level: Term) -> Line:
    """With probability >= 1 - exp(-a_level): sum over t < T of Z_t <= z2 for all T <= N."""
    return martingale.freedman_z(s, _gate(s, method), largest, a_level)
