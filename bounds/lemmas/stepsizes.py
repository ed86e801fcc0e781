"""Stepsizes of AdaGrad-type methods stay large: u <= chi u_t on the good event (theory, section 6.3)."""

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
from bounds.lemmas.concentration import bare_z, gate, good
from bounds.lemmas.decay import SBAR
from bounds.lemmas.scheme import RADIUS, L, R, near
from bounds.lemmas.smooth import gap_le, gap_nonneg, sq_norm_grad_le_gap
from bounds.lemmas.sums import T, before, discharge, sum_const, summed_le_zero
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, POWER, VARIANCE, N, gap, largest_stepsize, p, stepsize, t, theta, within, x
from bounds.setting import factor as factor_at
from bounds.terms import Term, both, le, n, num, par, shift, substitute

chi, young = par("chi"), par("young")


def chi_condition(method: Method, energy: Term) -> Term:
    """growth^2 + accumulator_weight energy/sbar^2 <= chi^2; ``energy``: bound of u^2 sum ||gc_t||^2 / gamma^2."""
    start = par("growth") ** 2 if method.accumulator == "adam" else num(1)
    if method.corrected:
        energy = energy / SBAR**2
    return le(start + accumulator_weight(method) * energy, chi**2)


def large(method: Method, s: Term = t) -> Term:
    """u <= chi u_s, or (s_s/sbar) u <= chi u_s with bias correction."""
    largest = largest_stepsize(method)
    share = largest * correction.share(method, t) if method.corrected else largest
    return substitute(le(share, chi * stepsize(method, t)), {"t": s})


def spared(method: Method) -> Term:
    """q^2 kappa^2 R^2, by which a gap below L kappa^2 R^2/2 enters where (s_t/sbar) u <= chi u_t is weak."""
    return (L * largest_stepsize(method) * RADIUS) ** 2


def _weak(s: Script, method: Method) -> tuple[tuple[Line, Term] | tuple[Line, Term, Line], ...]:
    """near(t), t < N |- u gap_t <= (s_t/sbar) u gap_t + (1 - (s_t/sbar)^2) u L kappa^2 R^2/2, as items."""
    before = s.combine(le(n(t), n(N)), s.assume(within(t)))
    below, at_most_one = (discharge(s, line, before) for line in correction.share_bounds(s, method))
    rest = s.combine(le(0, 1 - correction.share_sq(t)), at_most_one)
    factor = 2 * (1 + young) * L * largest_stepsize(method) ** 2
    positive = s.combine(le(0, factor * (1 - correction.share_sq(t))), (rest, factor))
    return (below, factor * gap(x(t))), (gap_le(s, method), factor * (1 - correction.share_sq(t)), positive)


def clipped_energy_le(s: Script, method: Method) -> Line:
    """near(t), u <= chi u_t |- u^2 ||gc_t||^2 <= (1+s) 2 q chi u_t gap_t + (1+1/s)(R^2 Z_t + u^2 V)."""
    u, largest = stepsize(method, t), largest_stepsize(method)
    s.know(gap_nonneg(s, method))
    more, rest = 1 + young, 1 + 1 / young
    bare = bare_z(largest) * R**2
    bound = (
        largest**2 * POWER
        - more * 2 * L * largest * chi * (u * gap(x(t)))
        - rest * R**2 * gate(method, bare_z(largest))
        - rest * largest**2 * VARIANCE
    )
    if method.corrected:
        bound = bound - more * spared(method) * (1 - correction.share_sq(t))
    return s.combine(
        le(bound, 0),
        *(_weak(s, method) if method.corrected else ()),
        (sq_norm_grad_le_gap(s, method), largest**2 * more),
        (s.assume(large(method)), 2 * more * L * largest * gap(x(t))),
        (s.ind_one(s.assume(near(method))), -1 * rest * bare),
        (good(s, method, condexp_sq_clip_sub_le(s)), largest**2 * rest),
        squares=((largest**2 * young, p(t) - theta(t) / young),),
    )


def stepsize_large(s: Script, method: Method, bounded: Line, z_small: Line) -> Line:
    """T <= N |- u <= chi u_T, from near(t) and u <= chi u_t for all t < T.

    ``bounded`` is 2 sum u gap <= kappa^2 R^2, ``z_small`` sum Z <= z2.
    """
    u, largest = stepsize(method, t), largest_stepsize(method)
    limit = le(n(T), n(N))
    seen, early = s.assume(before("t", T, both(near(method), large(method)))), s.assume(le(n(shift(t, 1)), n(T)))
    earlier = s.elim(seen, early, t=t)
    known = [s.pick(earlier, k) for k in range(2)]
    if method.corrected:
        known.append(s.combine(within(t), early, s.assume(limit)))
    fact = both(*(line.fact for line in known))
    prefix = s.intro(s.conj(*known), (early.fact,), t="nat")
    under = clipped_energy_le(s, method)
    for k in range(len(known)):
        under = discharge(s, under, s.pick(s.assume(fact), k))
    more, rest = 1 + young, 1 + 1 / young
    constant = rest * largest**2 * VARIANCE
    factors = [largest**2, -1 * more * 2 * L * largest * chi, -1 * rest * R**2, -1 * constant]
    bodies = [POWER, u * gap(x(t)), gate(method, bare_z(largest)), num(1)]
    top, spare = HP.gamma, num(0)
    if method.corrected:
        top, spare = HP.gamma * SBAR, more * spared(method)
        factors[-1] = -1 * (constant + spare)
        factors.append(spare)
        bodies.append(correction.share_sq(t))
    energy = discharge(s, summed_le_zero(s, before("t", T, fact), under, tuple(factors), tuple(bodies)), prefix)
    accumulated = accumulator_le_sum(s, method)
    b_sq_t = accumulated.fact.args[0]
    ceiling = (chi * top / largest) ** 2
    scale = accumulator_weight(method) / largest**2
    capped = s.combine(
        le(b_sq_t, ceiling),
        accumulated,
        (energy, scale),
        (bounded, scale * more * L * largest * chi),
        (z_small, scale * rest * R**2),
        (sum_const(s, "t", num(1)), scale * (constant + spare)),
        (s.assume(limit), scale * constant),
        (s.given("chi"), (top / largest) ** 2),
        *(
            ((correction.share_sum(s), -1 * scale * spare), (correction.defect_le(s, method), scale * spare))
            if method.corrected
            else ()
        ),
    )
    positive = accumulator_positive(s, s.generalise(accumulator_floor(s, method), "t", T))
    root = s.pow_mono(positive, capped, -HALF)
    least = numerator_ge(s, method, s.pow_pos(positive, -HALF))
    if method.corrected:
        factor, sign = chi * factor_at(method, T), s.generalise(correction.positive(s, method), "t", T)
        positive = s.combine(le(0, factor), (sign, chi))
        gamma = s.combine(le(0, factor * HP.gamma), (positive, HP.gamma))
        return s.combine(large(method, T), (least, factor, positive), (root, factor * HP.gamma, gamma))
    return s.combine(large(method, T), (least, chi), (root, chi * HP.gamma))
