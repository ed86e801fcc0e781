"""Stepsizes with an accumulator stay large, u <= chi u_t, for any good event (theory, section 6.3).

What makes the accumulator grow is the sum of ||gc_t||^2; on the good event it is paid by the gradients and by Z.
"""

from __future__ import annotations

from bounds.lemmas import correction
from bounds.lemmas.accumulator import (
    accumulator_floor,
    accumulator_le_sum,
    accumulator_positive,
    accumulator_weight,
    numerator_ge,
)
from bounds.lemmas.clip import condexp_sq_clip_sub_le
from bounds.lemmas.decay import SBAR
from bounds.lemmas.martingale import Gate, bare_z
from bounds.lemmas.stepsizes import chi, large, young
from bounds.lemmas.sums import T, before, discharge, sum_const, summed_le_zero
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, POWER, VARIANCE, N, largest_stepsize, p, t, theta, within
from bounds.setting import factor as factor_at
from bounds.terms import Term, both, ind, inner, le, n, norm, num, shift, total

LIMIT = le(n(T), n(N))
MORE, REST = 1 + young, 1 + 1 / young


def energy(method: Method, gain: Term, z2: Term, unit: Term) -> Term:
    """(1 + s) chi u gain + (1 + 1/s) (N u^2 V + unit z2), a bound of u^2 times the sum of ||gc_t||^2."""
    u = largest_stepsize(method)
    return MORE * chi * u * gain + REST * (n(N) * u**2 * VARIANCE + unit * z2)


def spared(method: Method, steepest: Term) -> Term:
    """(1 + s) u^2 S^2 defect, S = steepest: what (s_t/sbar) u <= chi u_t for u <= chi u_t adds to the energy."""
    return MORE * (largest_stepsize(method) * steepest) ** 2 * correction.DEFECT


def _step(s: Script, method: Method, gate: Gate, factor: Term, body: Term, paid: Line, short: Line | None) -> Line:
    """good(t), u <= chi u_t |- u^2 ||gc_t||^2 <= (1+s) chi u factor body + (1+1/s) (unit Z_t + u^2 V).

    With bias correction (s_t/sbar) u <= chi u_t, t < N |- the same with (1 + s) u^2 (1 - (s_t/sbar)^2) S^2 more, by
    ``short``: good(t) |- ||p_t|| <= S.
    """
    largest, power = largest_stepsize(method), inner(p(t), p(t))
    bare = bare_z(largest, gate.unit) * gate.unit
    spent = REST * gate.unit * (ind(gate.good) * bare_z(largest, gate.unit)) + REST * largest**2 * VARIANCE
    weak = []
    if short is not None:
        share, steepest = correction.share_sq(t), short.fact.args[1]
        before = s.combine(le(n(t), n(N)), s.assume(within(t)))
        below, at_most_one = (discharge(s, line, before) for line in correction.share_bounds(s, method))
        rest = s.combine(le(0, MORE * largest**2 * (1 - share)), (at_most_one, MORE * largest**2))
        squared = s.combine(le(power, steepest**2), (short, steepest + norm(p(t))))
        spent = spent + MORE * (largest * steepest) ** 2 * (1 - share)
        weak = [(below, MORE * largest**2 * power), (squared, MORE * largest**2 * (1 - share), rest)]
    return s.combine(
        le(largest**2 * POWER - MORE * chi * largest * factor * body - spent, 0),
        *weak,
        (paid, MORE * chi * largest),
        (s.assume(large(method)), MORE * largest * power),
        (s.ind_one(s.assume(gate.good)), -1 * REST * bare),
        (discharge(s, condexp_sq_clip_sub_le(s), gate.small), REST * largest**2),
        squares=((largest**2 * young, p(t) - theta(t) / young),),
    )


def clipped_sum_le(
    s: Script,
    method: Method,
    gate: Gate,
    all_good: Line,
    factor: Term,
    paid: Line,
    total_body: Line,
    z_small: Line,
    short: Line | None = None,
) -> Line:
    """before(t, T, u <= chi u_t), T <= N |- u^2 (sum of ||gc_t||^2) <= energy.

    ``paid``: good(t) |- u_t ||p_t||^2 <= factor body;  for T <= N: ``all_good`` is before(t, T, good), ``total_body``
    is sum of body <= ceiling, and ``z_small`` is sum of Z <= z2.  With bias correction
    ``short``: good(t) |- ||p_t|| <= S.
    """
    largest, body, ceiling = largest_stepsize(method), total_body.fact.args[0].args[2], total_body.fact.args[1]
    early = s.assume(le(n(shift(t, 1)), n(T)))
    grown = s.elim(s.assume(before("t", T, large(method))), early, t=t)
    known = [s.elim(all_good, early, t=t), grown]
    if short is not None:
        known.append(s.combine(within(t), early, s.assume(LIMIT)))
    fact = both(*(line.fact for line in known))
    prefix = s.intro(s.conj(*known), (early.fact,), t="nat")
    under = _step(s, method, gate, factor, body, paid, short)
    for k in range(len(known)):
        under = discharge(s, under, s.pick(s.assume(fact), k))
    per_step = REST * largest**2 * VARIANCE
    factors = [largest**2, -1 * MORE * chi * largest * factor, -1 * REST * gate.unit, -1 * per_step]
    bodies = [POWER, body, ind(gate.good) * bare_z(largest, gate.unit), num(1)]
    whole, weak = energy(method, factor * ceiling, z_small.fact.args[1], gate.unit), []
    if short is not None:
        spare = MORE * (largest * short.fact.args[1]) ** 2
        factors[-1] = factors[-1] - spare
        factors.append(spare)
        bodies.append(correction.share_sq(t))
        whole = whole + spared(method, short.fact.args[1])
        weak = [
            (sum_const(s, "t", num(1)), spare),
            (correction.share_sum(s), -1 * spare),
            (correction.defect_le(s, method), spare),
        ]
    summed = discharge(s, summed_le_zero(s, before("t", T, fact), under, tuple(factors), tuple(bodies)), prefix)
    return s.combine(
        le(largest**2 * total("t", T, POWER), whole),
        summed,
        *weak,
        (total_body, MORE * chi * largest * factor),
        (z_small, REST * gate.unit),
        (sum_const(s, "t", num(1)), per_step),
        (s.assume(LIMIT), per_step),
    )


def stepsize_large(s: Script, method: Method, clipped: Line) -> Line:
    """For all t <= N: u <= chi u_t, by strong induction; ``clipped`` as in ``clipped_sum_le``."""
    largest = largest_stepsize(method)
    earlier = s.assume(s.strong_hypothesis(large(method, T), "T", "t", (LIMIT,)))
    early = s.assume(le(n(shift(t, 1)), n(T)))
    horizon = s.combine(le(n(t), n(N)), early, s.assume(LIMIT))
    prefix = s.intro(s.elim(earlier, early, horizon, t=t), (early.fact,), t="nat")
    accumulated = accumulator_le_sum(s, method)
    top = HP.gamma * SBAR if method.corrected else HP.gamma
    scale = (top / largest) ** 2
    capped = s.combine(
        le(accumulated.fact.args[0], chi**2 * scale),
        accumulated,
        (discharge(s, clipped, prefix), accumulator_weight(method) / largest**2),
        (s.given("chi"), scale),
    )
    positive = accumulator_positive(s, s.generalise(accumulator_floor(s, method), "t", T))
    root = s.pow_mono(positive, capped, -HALF)
    least = numerator_ge(s, method, s.pow_pos(positive, -HALF))
    factors: tuple[tuple[Line, Term] | tuple[Line, Term, Line], ...] = (least, chi), (root, chi * HP.gamma)
    if method.corrected:
        share, sign = chi * factor_at(method, T), s.generalise(correction.positive(s, method), "t", T)
        positive = s.combine(le(0, share), (sign, chi))
        scaled = s.combine(le(0, share * HP.gamma), (positive, HP.gamma))
        factors = (least, share, positive), (root, share * HP.gamma, scaled)
    now = s.combine(large(method, T), *factors)
    always = s.induct_strong("T", "t", now, (LIMIT,))
    inside = s.assume(le(n(t), n(N)))
    return s.intro(s.generalise(always, "T", t, inside), (inside.fact,), t="nat")
