"""Two gated martingales, for any good event and any direction, and Freedman's inequality for both.

    X_t = s_t 1{good_t} (E[<v_t, gc_t> | F_{t-1}] - <v_t, gc_t>) / unit
    Z_t = u^2 1{good_t} (||gc_t - p_t||^2 - E[||gc_t - p_t||^2 | F_{t-1}]) / unit

The indicator of the good event at time t bounds their range and variance; no stopping time is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

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
from bounds.lemmas.freedman import Martingale, freedman, psi, square_dominated, supermartingale
from bounds.lemmas.order import gated_le, inner_sq_le
from bounds.lemmas.sums import T, discharge, sum_const
from bounds.script import Line, Script
from bounds.setting import HP, VARIANCE, N, gc, p, t, theta
from bounds.terms import Term, eq, expect, ind, inner, le, n, norm, num, par, total

lam = HP.lam
ERROR = inner(theta(t), theta(t))
MEAN_ERROR = expect(PAST, ERROR)


@dataclass(frozen=True)
class Gate:
    """A good event at time t that is F_{t-1}-measurable, and the unit in which X and Z are measured."""

    good: Term
    small: Line  # good |- ||p_t|| <= rho lam
    unit: Term  # deterministic, manifestly positive


@dataclass(frozen=True)
class Direction:
    """v_t and the coefficient s_t of X; both are F_{t-1}-measurable."""

    v: Term
    short: Line  # good |- ||v|| <= size, deterministic
    step: Term
    sign: Line  # 0 <= s_t
    cap: Line  # s_t <= largest, deterministic


def progress(v: Term) -> Term:
    """<v, gc_t>."""
    return inner(v, gc(t))


def bare_x(v: Term, step: Term, unit: Term) -> Term:
    """X_t without its indicator."""
    return step / unit * (expect(PAST, progress(v)) - progress(v))


def bare_z(largest: Term, unit: Term) -> Term:
    """Z_t without its indicator."""
    return largest**2 / unit * (ERROR - MEAN_ERROR)


def range_x(size: Term, largest: Term, unit: Term) -> Term:
    return 2 * size * largest * lam / unit


def range_z(largest: Term, unit: Term) -> Term:
    return (rho2 * largest * lam) ** 2 / unit


def variance_x(size: Term, largest: Term, unit: Term) -> Term:
    return (size * largest / unit) ** 2 * VARIANCE


def variance_z(largest: Term, unit: Term) -> Term:
    return range_z(largest, unit) * largest**2 * VARIANCE / unit


def _progress_bounds(s: Script, d: Direction) -> tuple[Line, Line, Line, Line]:
    """good |- +-<v, gc> <= size lam and +-E <v, gc> <= size lam."""
    y, mean = progress(d.v), expect(PAST, progress(d.v))
    up, down = inner_clip_dominated(s, d.v)
    c, bound, close = up.fact.args[1], d.short.fact.args[1] * lam, (d.short, lam)
    constant, minus = s.e_lin(PAST, c, (c,)), s.e_lin(PAST, -c, (-c,))
    mean_up = s.e_mono(PAST, up, (up, down), reflexive(s, c))
    negative = (s.combine(le(-c, c)), s.combine(le(c, c)))
    mean_low = s.e_mono(PAST, s.combine(le(-c, y), down), negative, (up, down))
    return (
        s.combine(le(y, bound), up, close),
        s.combine(le(-y, bound), down, close),
        s.combine(le(mean, bound), mean_up, constant, close),
        s.combine(le(-mean, bound), mean_low, (minus, -1), close),
    )


def _gated_pair(s: Script, good: Term, above: Line, below: Line) -> Pair:
    """|1{good} y| <= c from good |- y <= c and good |- -y <= c."""
    y, c = above.fact.args
    nonneg = s.combine(le(0, c))
    negated = gated_le(s, good, below, nonneg)
    return gated_le(s, good, above, nonneg), s.combine(le(-(ind(good) * y), c), negated)


def dominated_x(s: Script, gate: Gate, d: Direction) -> Pair:
    """|X_t| <= 2 size largest lam / unit."""
    up, down, mean_up, mean_down = _progress_bounds(s, d)
    size, largest = d.short.fact.args[1], d.cap.fact.args[1]
    y, bound, factor = bare_x(d.v, d.step, gate.unit), range_x(size, largest, gate.unit), d.step / gate.unit
    sign = s.combine(le(0, factor), (d.sign, 1 / gate.unit))
    slack = (d.cap, 2 * size * lam / gate.unit)
    above = s.combine(le(y, bound), (down, factor, sign), (mean_up, factor, sign), slack)
    below = s.combine(le(-y, bound), (up, factor, sign), (mean_down, factor, sign), slack)
    return _gated_pair(s, gate.good, above, below)


def condexp_sq_inner_le(s: Script, gate: Gate, v: Term) -> Line:
    """good |- E<v, gc>^2 - (E<v, gc>)^2 <= ||v||^2 V, for predictable v."""
    y, seen, error = progress(v), inner(v, p(t)), inner(v, theta(t))
    mean = expect(PAST, y)
    pair = inner_clip_dominated(s, v)
    square = square_dominated(s, y, pair)
    centred = s.e_lin(PAST, error**2, (1, y**2, square), (-2 * seen, y, pair), (seen**2,))
    length = inner(v, v)
    bound, wide = length * ERROR, sq_error_dominated(s)
    ceiling = length * wide[0].fact.args[1]
    bound_pair = (
        s.combine(le(bound, ceiling), (wide[0], length)),
        s.combine(le(-bound, ceiling), s.nonneg(bound), s.nonneg(ceiling)),
    )
    pointwise = inner_sq_le(s, v, theta(t))
    error_pair = (
        s.combine(le(error**2, ceiling), pointwise, bound_pair[0]),
        s.combine(le(-(error**2), ceiling), s.nonneg(ceiling), squares=((1, error),)),
    )
    mono = s.e_mono(PAST, pointwise, error_pair, bound_pair)
    factor = s.e_lin(PAST, bound, (length, ERROR, wide))
    variance = discharge(s, condexp_sq_clip_sub_le(s), gate.small)
    goal = le(expect(PAST, y**2) - mean**2, length * VARIANCE)
    return s.combine(goal, (centred, -1), mono, factor, (variance, length), squares=((1, mean - seen),))


def variance_x_le(s: Script, gate: Gate, d: Direction) -> Line:
    """E[X_t^2 | F_{t-1}] <= 1{good_t} s_t^2 ||v_t||^2 V / unit^2."""
    y = progress(d.v)
    c, mean, length = (d.step / gate.unit) ** 2, expect(PAST, y), inner(d.v, d.v)
    pair = inner_clip_dominated(s, d.v)
    whole = (ind(gate.good) * bare_x(d.v, d.step, gate.unit)) ** 2
    parts = (ind(gate.good) * c, y**2, square_dominated(s, y, pair)), (-2 * ind(gate.good) * c * mean, y, pair)
    expanded = s.e_lin(PAST, whole, *parts, (ind(gate.good) * c * mean**2,))
    sign = s.combine(le(0, c), squares=((1, d.step / gate.unit),))
    goal = le(c * (expect(PAST, y**2) - mean**2 - length * VARIANCE), 0)
    under = s.combine(goal, (condexp_sq_inner_le(s, gate, d.v), c, sign))
    gated = gated_le(s, gate.good, under, s.combine(le(0, 0)))
    return s.combine(le(expect(PAST, whole), ind(gate.good) * (c * length * VARIANCE)), expanded, gated)


def _error_cap(s: Script, gate: Gate) -> Line:
    """good |- ||gc - p||^2 <= (rho2 lam)^2."""
    short = discharge(s, norm_clip_sub_le(s), gate.small)
    return s.combine(le(ERROR, (rho2 * lam) ** 2), (short, rho2 * lam + norm(theta(t))))


def dominated_z(s: Script, gate: Gate, largest: Term) -> Pair:
    """|Z_t| <= (rho2 u lam)^2 / unit."""
    y, bound = bare_z(largest, gate.unit), range_z(largest, gate.unit)
    factor, cap = largest**2 / gate.unit, (rho2 * lam) ** 2
    size, wide = _error_cap(s, gate), sq_error_dominated(s)
    constant, zero = s.e_lin(PAST, cap, (cap,)), s.e_lin(PAST, num(0))
    mean = s.e_mono(PAST, size, wide, reflexive(s, cap))
    nonneg_mean = s.e_mono(PAST, s.nonneg(ERROR), reflexive(s, num(0)), wide)
    above = s.combine(le(y, bound), (size, factor), (nonneg_mean, factor), (zero, -1 * factor))
    below = s.combine(le(-y, bound), (mean, factor), (constant, factor), (s.nonneg(ERROR), factor))
    return _gated_pair(s, gate.good, above, below)


def variance_z_le(s: Script, gate: Gate, largest: Term) -> Line:
    """E[Z_t^2 | F_{t-1}] <= (rho2 u lam)^2 u^2 V / unit^2."""
    c, cap, pair = (largest**2 / gate.unit) ** 2, (rho2 * lam) ** 2, sq_error_dominated(s)
    square, scale = square_dominated(s, ERROR, pair), ind(gate.good) * c
    whole = (ind(gate.good) * bare_z(largest, gate.unit)) ** 2
    parts = (scale, ERROR**2, square), (-2 * scale * MEAN_ERROR, ERROR, pair), (scale * MEAN_ERROR**2,)
    expanded = s.e_lin(PAST, whole, *parts)
    pointwise = s.combine(le(ERROR**2, cap * ERROR), (_error_cap(s, gate), ERROR))
    ceiling = cap * pair[0].fact.args[1]
    wide = (
        s.combine(le(cap * ERROR, ceiling), (pair[0], cap)),
        s.combine(le(-(cap * ERROR), ceiling), (pair[1], cap)),
    )
    mono = s.e_mono(PAST, pointwise, square, wide)
    factor = s.e_lin(PAST, cap * ERROR, (cap, ERROR, pair))
    variance = discharge(s, condexp_sq_clip_sub_le(s), gate.small)
    bound = variance_z(largest, gate.unit)
    under = s.combine(
        le(c * (expect(PAST, ERROR**2) - MEAN_ERROR**2), bound),
        (mono, c),
        (factor, c),
        (variance, c * cap),
        squares=((c, MEAN_ERROR),),
    )
    gated = gated_le(s, gate.good, under, s.combine(le(0, bound)))
    return s.combine(le(expect(PAST, whole), bound), expanded, gated)


def sum_le_constant(s: Script, variance: Term) -> Line:
    """For all T <= N: the sum over t < T of a deterministic variance is at most N times it."""
    limit = le(n(T), n(N))
    line = s.combine(
        le(total("t", T, variance), n(N) * variance), sum_const(s, "t", variance), (s.assume(limit), variance)
    )
    return s.intro(line, (limit,), T="nat")


def freedman_x(
    s: Script, gate: Gate, d: Direction, variance: Line, total_variance: Line, a_level: Term, name: str = "1"
) -> Line:
    """With probability >= 1 - exp(-a_level): sum over t < T of X_t <= z1 for all T <= N.

    ``variance``: E[X_t^2 | F_{t-1}] <= v_t; ``total_variance``: for all T <= N, sum over t < T of v_t <= G.
    """
    return _freedman(s, Martingale(*differences(s, gate, d, variance), total_variance), a_level, name)


def differences(s: Script, gate: Gate, d: Direction, variance: Line) -> tuple[Term, Term, Pair, Line, Line]:
    """X_t, v_t, |X_t| <= M, E[X_t | F_{t-1}] = 0 and E[X_t^2 | F_{t-1}] <= v_t, the last one as ``variance``."""
    y = ind(gate.good) * bare_x(d.v, d.step, gate.unit)
    mean, scale = expect(PAST, progress(d.v)), ind(gate.good) * d.step / gate.unit
    parts = (-1 * scale, progress(d.v), inner_clip_dominated(s, d.v)), (scale * mean,)
    centred = s.combine(eq(expect(PAST, y), 0), s.e_lin(PAST, y, *parts))
    return y, variance.fact.args[1], dominated_x(s, gate, d), centred, variance


def exponential_x(s: Script, gate: Gate, d: Direction, variance: Line, rate: Line, a_level: Term) -> tuple[Line, Term]:
    """With probability >= 1 - exp(-a_level): sum over t < T of r X_t - psi v_t <= a_level, T <= N; and this summand."""
    x, v, pair, centred, _ = differences(s, gate, d, variance)
    of = Martingale(x, v, pair, centred, variance, variance)
    mean, dominated = supermartingale(s, of, rate)
    body = rate.fact.args[1] * x - psi(rate.fact.args[1], of.m) * v
    return s.ville((mean, *dominated, s.nonneg(a_level)), "t", "T", "N", body, a_level), body


def freedman_z(s: Script, gate: Gate, largest: Term, a_level: Term, name: str = "2") -> Line:
    """With probability >= 1 - exp(-a_level): sum over t < T of Z_t <= z2 for all T <= N."""
    y, scale = ind(gate.good) * bare_z(largest, gate.unit), ind(gate.good) * largest**2 / gate.unit
    parts = (scale, ERROR, sq_error_dominated(s)), (-1 * scale * MEAN_ERROR,)
    centred = s.combine(eq(expect(PAST, y), 0), s.e_lin(PAST, y, *parts))
    variance = variance_z_le(s, gate, largest)
    constant = sum_le_constant(s, variance.fact.args[1])
    of = Martingale(y, variance.fact.args[1], dominated_z(s, gate, largest), centred, variance, constant)
    return _freedman(s, of, a_level, name)


def _freedman(s: Script, of: Martingale, a_level: Term, name: str) -> Line:
    """The conditions z1 and freedman1 (or 2) give the quantile."""
    z = par(f"z{name}")
    quantile = s.combine(le(2 * a_level * (of.g + of.m * z / 3), z**2), s.given(f"freedman{name}"))
    return freedman(s, of, z, a_level, quantile)
