"""Stepsizes of AdaGrad-type methods stay large: u <= chi u_t on the good event (theory, section 6.3)."""

from __future__ import annotations

from bounds.lemmas.accumulator import (
    accumulator_floor,
    accumulator_le_sum,
    accumulator_positive,
    accumulator_weight,
    numerator_ge,
)
from bounds.lemmas.clip import condexp_sq_clip_sub_le
from bounds.lemmas.concentration import bare_z, gate, good
from bounds.lemmas.smooth import L, R, gap_nonneg, near, sq_norm_grad_le_gap
from bounds.lemmas.sums import T, before, discharge, sum_const, summed_le_zero
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, POWER, VARIANCE, N, gap, largest_stepsize, p, stepsize, t, theta, x
from bounds.terms import Term, both, le, n, num, par, shift, substitute

chi, young = par("chi"), par("young")


def chi_condition(method: Method, energy: Term) -> Term:
    """growth^2 + accumulator_weight * energy <= chi^2; ``energy`` bounds (growth/b0)^2 times the sum of ||gc_t||^2."""
    start = par("growth") ** 2 if method.accumulator == "adam" else num(1)
    return le(start + accumulator_weight(method) * energy, chi**2)


def large(method: Method, s: Term = t) -> Term:
    """u <= chi u_s."""
    return substitute(le(largest_stepsize(method), chi * stepsize(method, t)), {"t": s})


def clipped_energy_le(s: Script, method: Method) -> Line:
    """near(t), u <= chi u_t |- u^2 ||gc_t||^2 <= (1+s) 2 q chi u_t gap_t + (1+1/s)(R^2 Z_t + u^2 V)."""
    u, largest = stepsize(method, t), largest_stepsize(method)
    s.know(gap_nonneg(s))
    more, rest = 1 + young, 1 + 1 / young
    bare = bare_z(largest) * R**2
    goal = le(
        largest**2 * POWER
        - more * 2 * L * largest * chi * (u * gap(x(t)))
        - rest * R**2 * gate(bare_z(largest))
        - rest * largest**2 * VARIANCE,
        0,
    )
    return s.combine(
        goal,
        (sq_norm_grad_le_gap(s), largest**2 * more),
        (s.assume(large(method)), 2 * more * L * largest * gap(x(t))),
        (s.ind_one(s.assume(near())), -1 * rest * bare),
        (good(s, condexp_sq_clip_sub_le(s)), largest**2 * rest),
        squares=((largest**2 * young, p(t) - theta(t) / young),),
    )


def stepsize_large(s: Script, method: Method, all_near: Line, bounded: Line, z_small: Line) -> Line:
    """T <= N |- u <= chi u_T, by strong induction.

    For T <= N: ``all_near`` is before(t, T, near), ``bounded`` is 2 sum u gap <= kappa^2 R^2, ``z_small`` sum Z <= z2.
    """
    u, largest = stepsize(method, t), largest_stepsize(method)
    limit = le(n(T), n(N))
    before_now = s.assume(s.strong_hypothesis(large(method, T), "T", "t", (limit,)))
    early = s.assume(le(n(shift(t, 1)), n(T)))
    horizon = s.combine(le(n(t), n(N)), early, s.assume(limit))
    earlier = s.elim(before_now, early, horizon, t=t)
    fact = both(near(), large(method))
    prefix = s.intro(s.conj(s.elim(all_near, early, t=t), earlier), (early.fact,), t="nat")
    under = clipped_energy_le(s, method)
    for k in range(2):
        under = discharge(s, under, s.pick(s.assume(fact), k))
    more, rest = 1 + young, 1 + 1 / young
    factors = (
        largest**2,
        -1 * more * 2 * L * largest * chi,
        -1 * rest * R**2,
        -1 * rest * largest**2 * VARIANCE,
    )
    bodies = (POWER, u * gap(x(t)), gate(bare_z(largest)), num(1))
    energy = discharge(s, summed_le_zero(s, before("t", T, fact), under, factors, bodies), prefix)
    accumulated = accumulator_le_sum(s, method)
    b_sq_t = accumulated.fact.args[0]
    ceiling = (chi * HP.gamma / largest) ** 2
    scale = accumulator_weight(method) / largest**2
    capped = s.combine(
        le(b_sq_t, ceiling),
        accumulated,
        (energy, scale),
        (bounded, scale * more * L * largest * chi),
        (z_small, scale * rest * R**2),
        (sum_const(s, "t", num(1)), scale * rest * largest**2 * VARIANCE),
        (s.assume(limit), scale * rest * largest**2 * VARIANCE),
        (s.given("chi"), (HP.gamma / largest) ** 2),
    )
    positive = accumulator_positive(s, s.generalise(accumulator_floor(s, method), "t", T))
    root = s.pow_mono(positive, capped, -HALF)
    least = numerator_ge(s, method, s.pow_pos(positive, -HALF))
    now = s.combine(large(method, T), (least, chi), (root, chi * HP.gamma))
    return s.induct_strong("T", "t", now, (limit,))
