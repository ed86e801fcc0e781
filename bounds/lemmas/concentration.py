"""The two martingales of the convex proof and Freedman's inequality for both (theory, section 4).

    X_t = -2 u_t 1{good_t} (<x_t - x*, gc_t> - E[<x_t - x*, gc_t> | F_{t-1}]) / R^2
    Z_t = u^2 1{good_t} (||gc_t - p_t||^2 - E[||gc_t - p_t||^2 | F_{t-1}]) / R^2

The indicator of the good event at time t makes their range and variance deterministic; no stopping time is needed.
"""

from __future__ import annotations

from bounds.lemmas.clip import (
    PAST,
    Pair,
    condexp_sq_clip_sub_le,
    inner_clip_dominated,
    norm_clip_sub_le,
    reflexive,
    rho2,
    sq_error_dominated,
)
from bounds.lemmas.freedman import Martingale, freedman, square_dominated
from bounds.lemmas.order import gated_le, inner_sq_le
from bounds.lemmas.smooth import RADIUS, R, kappa, near, norm_near, small_of_near
from bounds.lemmas.sums import T, discharge, sum_const
from bounds.script import Line, Script
from bounds.setting import HP, VARIANCE, N, a, gc, p, t, theta
from bounds.terms import Term, eq, expect, ind, inner, le, n, norm, num, par, total

lam, A = HP.lam, par("A")
PROGRESS = inner(a(t), gc(t))
MEAN_PROGRESS = expect(PAST, PROGRESS)
ERROR = inner(theta(t), theta(t))
MEAN_ERROR = expect(PAST, ERROR)


def bare_x(u: Term) -> Term:
    """X_t without its indicator."""
    return -2 * u / R**2 * (PROGRESS - MEAN_PROGRESS)


def bare_z(largest: Term) -> Term:
    """Z_t without its indicator."""
    return largest**2 / R**2 * (ERROR - MEAN_ERROR)


def gate(y: Term) -> Term:
    return ind(near()) * y


def range_x(largest: Term) -> Term:
    return 4 * kappa * largest * lam / R


def range_z(largest: Term) -> Term:
    return rho2**2 * (largest * lam / R) ** 2


def variance_x(largest: Term) -> Term:
    return 4 * kappa**2 * largest**2 * VARIANCE / R**2


def variance_z(largest: Term) -> Term:
    return range_z(largest) * largest**2 * VARIANCE / R**2


def good(s: Script, line: Line) -> Line:
    """A line under ``small()`` as a line under ``near()``."""
    return discharge(s, line, small_of_near(s))


def mean_constant(s: Script, c: Term) -> Line:
    """E[c | F_{t-1}] = c for measurable c."""
    return s.e_lin(PAST, c, (c,))


def _progress_bounds(s: Script) -> tuple[Line, Line, Line, Line]:
    """+-<a, gc> <= kappa R lam and +-E <a, gc> <= kappa R lam, on the good event."""
    up, down = inner_clip_dominated(s, a(t))
    c = up.fact.args[1]
    bound = RADIUS * lam
    close = (norm_near(s), lam)
    constant = mean_constant(s, c)
    itself = reflexive(s, c)
    mean_up = s.e_mono(PAST, up, (up, down), itself)
    low = s.combine(le(-c, PROGRESS), down)
    negative = (s.combine(le(-c, c)), s.combine(le(c, c)))
    mean_low = s.e_mono(PAST, low, negative, (up, down))
    minus = s.e_lin(PAST, -c, (-c,))
    return (
        s.combine(le(PROGRESS, bound), up, close),
        s.combine(le(-PROGRESS, bound), down, close),
        s.combine(le(MEAN_PROGRESS, bound), mean_up, constant, close),
        s.combine(le(-MEAN_PROGRESS, bound), mean_low, (minus, -1), close),
    )


def dominated_x(s: Script, u: Term, largest: Term, cap: Line) -> Pair:
    """|X_t| <= 4 kappa tau; ``cap``: u_t <= u (and 0 <= u_t is known)."""
    y, bound = bare_x(u), range_x(largest)
    up, down, mean_up, mean_down = _progress_bounds(s)
    factor = 2 * u / R**2
    slack = (cap, 4 * RADIUS * lam / R**2)
    positive = s.combine(le(0, bound))
    above = s.combine(le(y, bound), (down, factor), (mean_up, factor), slack)
    below = s.combine(le(-y, bound), (up, factor), (mean_down, factor), slack)
    return gated_le(s, near(), above, positive), _minus_gated(s, below, positive, y)


def _minus_gated(s: Script, below: Line, positive: Line, y: Term) -> Line:
    line = gated_le(s, near(), below, positive)
    return s.combine(le(-gate(y), positive.fact.args[1]), line)


def variance_x_le(s: Script, u: Term, largest: Term, cap: Line) -> Line:
    """E[X_t^2 | F_{t-1}] <= 4 u^2 kappa^2 V / R^2."""
    m, scale, seen = MEAN_PROGRESS, 4 * u**2 / R**4 * ind(near()), inner(a(t), p(t))
    pair = inner_clip_dominated(s, a(t))
    square = square_dominated(s, PROGRESS, pair)
    whole = gate(bare_x(u)) ** 2
    expanded = s.e_lin(PAST, whole, (scale, PROGRESS**2, square), (-2 * scale * m, PROGRESS, pair), (scale * m**2,))
    # E<a, gc>^2 - (E<a, gc>)^2 <= E<a, gc - p>^2 <= ||a||^2 V on the good event
    error = inner(a(t), theta(t))
    centred = s.e_lin(PAST, error**2, (1, PROGRESS**2, square), (-2 * seen, PROGRESS, pair), (seen**2,))
    bound = inner(a(t), a(t)) * ERROR
    pointwise = inner_sq_le(s, a(t), theta(t))
    wide = sq_error_dominated(s)
    distance = inner(a(t), a(t))
    ceiling = wide[0].fact.args[1]
    bound_pair = (
        s.combine(le(bound, distance * ceiling), (wide[0], distance)),
        s.combine(le(-bound, distance * ceiling), s.nonneg(bound), s.nonneg(distance * ceiling)),
    )
    error_pair = (
        s.combine(le(error**2, distance * ceiling), pointwise, bound_pair[0]),
        s.combine(le(-(error**2), distance * ceiling), s.nonneg(distance * ceiling), squares=((1, error),)),
    )
    mono = s.e_mono(PAST, pointwise, error_pair, bound_pair)
    factor = s.e_lin(PAST, bound, (distance, ERROR, wide))
    variance = good(s, condexp_sq_clip_sub_le(s))
    under = s.combine(
        le(4 * u**2 / R**4 * (expect(PAST, PROGRESS**2) - m**2), variance_x(largest)),
        (centred, -4 * u**2 / R**4),
        (mono, 4 * u**2 / R**4),
        (factor, 4 * u**2 / R**4),
        (variance, 4 * u**2 / R**4 * distance),
        (s.assume(near()), 4 * u**2 / R**4 * VARIANCE),
        (cap, 4 * kappa**2 / R**2 * VARIANCE * (u + largest)),
        squares=((4 * u**2 / R**4, m - seen),),
    )
    gated = gated_le(s, near(), under, s.combine(le(0, variance_x(largest))))
    return s.combine(le(expect(PAST, whole), variance_x(largest)), expanded, gated)


def _error_cap(s: Script) -> Line:
    """||gc - p||^2 <= (rho2 lam)^2 on the good event."""
    short = good(s, norm_clip_sub_le(s))
    return s.combine(le(ERROR, (rho2 * lam) ** 2), (short, rho2 * lam + norm(theta(t))))


def dominated_z(s: Script, largest: Term) -> Pair:
    """|Z_t| <= rho2^2 tau^2."""
    y, bound = bare_z(largest), range_z(largest)
    factor, cap = largest**2 / R**2, (rho2 * lam) ** 2
    size = _error_cap(s)
    wide = sq_error_dominated(s)
    constant = mean_constant(s, cap)
    mean = s.e_mono(PAST, size, wide, reflexive(s, cap))
    nonneg_mean = s.e_mono(PAST, s.nonneg(ERROR), reflexive(s, num(0)), wide)
    zero = s.e_lin(PAST, num(0))
    positive = s.combine(le(0, bound))
    above = s.combine(le(y, bound), (size, factor), (nonneg_mean, factor), (zero, -1 * factor))
    below = s.combine(le(-y, bound), (mean, factor), (constant, factor), (s.nonneg(ERROR), factor))
    return gated_le(s, near(), above, positive), _minus_gated(s, below, positive, y)


def variance_z_le(s: Script, largest: Term) -> Line:
    """E[Z_t^2 | F_{t-1}] <= rho2^2 tau^2 u^2 V / R^2."""
    scale, m = largest**4 / R**4 * ind(near()), MEAN_ERROR
    pair = sq_error_dominated(s)
    square = square_dominated(s, ERROR, pair)
    whole = gate(bare_z(largest)) ** 2
    expanded = s.e_lin(PAST, whole, (scale, ERROR**2, square), (-2 * scale * m, ERROR, pair), (scale * m**2,))
    cap = (rho2 * lam) ** 2
    pointwise = s.combine(le(ERROR**2, cap * ERROR), (_error_cap(s), ERROR))
    ceiling = cap * pair[0].fact.args[1]
    wide = (
        s.combine(le(cap * ERROR, ceiling), (pair[0], cap)),
        s.combine(le(-(cap * ERROR), ceiling), (pair[1], cap)),
    )
    mono = s.e_mono(PAST, pointwise, square, wide)
    factor = s.e_lin(PAST, cap * ERROR, (cap, ERROR, pair))
    variance = good(s, condexp_sq_clip_sub_le(s))
    c = largest**4 / R**4
    under = s.combine(
        le(c * (expect(PAST, ERROR**2) - m**2), variance_z(largest)),
        (mono, c),
        (factor, c),
        (variance, c * cap),
        squares=((c, m),),
    )
    gated = gated_le(s, near(), under, s.combine(le(0, variance_z(largest))))
    return s.combine(le(expect(PAST, whole), variance_z(largest)), expanded, gated)


def _sum_le(s: Script, variance: Term) -> Line:
    """sum over t < T of a constant variance <= N times it, for T <= N."""
    limit = le(n(T), n(N))
    line = s.combine(
        le(total("t", T, variance), n(N) * variance), sum_const(s, "t", variance), (s.assume(limit), variance)
    )
    return s.intro(line, (limit,), T="nat")


def freedman_x(s: Script, u: Term, largest: Term, cap: Line) -> Line:
    """With probability >= 1 - exp(-A): sum over t < T of X_t <= z1 for all T <= N."""
    y = gate(bare_x(u))
    m, scale = MEAN_PROGRESS, -2 * u / R**2 * ind(near())
    mean = s.e_lin(PAST, y, (scale, PROGRESS, inner_clip_dominated(s, a(t))), (-1 * scale * m,))
    centred = s.combine(eq(expect(PAST, y), 0), mean)
    pair = dominated_x(s, u, largest, cap)
    return _freedman(s, centred, pair, variance_x_le(s, u, largest, cap), "1", A)


def freedman_z(s: Script, largest: Term, a_level: Term) -> Line:
    """With probability >= 1 - exp(-a_level): sum over t < T of Z_t <= z2 for all T <= N."""
    y = gate(bare_z(largest))
    m, scale = MEAN_ERROR, largest**2 / R**2 * ind(near())
    mean = s.e_lin(PAST, y, (scale, ERROR, sq_error_dominated(s)), (-1 * scale * m,))
    centred = s.combine(eq(expect(PAST, y), 0), mean)
    return _freedman(s, centred, dominated_z(s, largest), variance_z_le(s, largest), "2", a_level)


def _freedman(s: Script, centred: Line, pair: Pair, variance: Line, which: str, a_level: Term) -> Line:
    y, v, z = centred.fact.args[0].args[1], variance.fact.args[1], par(f"z{which}")
    of = Martingale(y, v, pair, centred, variance, _sum_le(s, v))
    quantile = s.combine(le(2 * a_level * (of.g + of.m * z / 3), z**2), s.given(f"freedman{which}"))
    return freedman(s, of, z, a_level, quantile)
