"""From the energy inequality to the conclusion: induction over time, stepsizes, the mean (theory, sections 5 and 6.3).

``energy`` is the line  before(t, T, local), T <= N, events |- near(T)  that the budget provides.
"""

from __future__ import annotations

from bounds.lemmas import correction
from bounds.lemmas.average import weight, weight_positive
from bounds.lemmas.below import (
    CEILING,
    GRAD_SQ,
    Delta,
    L,
    a0,
    all_local,
    excess_nonneg,
    good,
    good_now,
    near,
    norm_slope_le,
    of_good,
    progress,
    progress_nonneg,
    small_of_near,
)
from bounds.lemmas.large import clipped_sum_le, stepsize_large
from bounds.lemmas.martingale import Gate
from bounds.lemmas.nonconvex_momentum import point
from bounds.lemmas.nonconvex_moves import norm_grad_le
from bounds.lemmas.skeleton import LIMIT, at_horizon, weight_ge
from bounds.lemmas.stepsizes import chi, large
from bounds.lemmas.sums import T, discharge
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import ONE, N, largest_stepsize, stepsize, t, within
from bounds.terms import Term, forall, le, n, num, shift, substitute, total


def mean(method: Method, upto: Term) -> Term:
    """The u-weighted mean of ||p_t||^2 over t < upto."""
    return weight(method, upto) ** -ONE * progress(method, upto)


def bound(method: Method) -> Term:
    """chi kappa^2 Delta / (a0 N u); chi = 1 for SGD; mass for N with bias correction."""
    steps = correction.MASS if method.corrected else n(N)
    plain = CEILING / (a0 * steps * largest_stepsize(method))
    return plain if method.accumulator == "none" else chi * plain


def conclusions(method: Method) -> tuple[Term, ...]:
    """What holds together with probability at least 1 - delta; the last one is the bound."""
    energy = forall({"T": "nat"}, (LIMIT,), near(method, T))
    final = le(mean(method, N), bound(method))
    if method.accumulator == "none":
        return energy, final
    return energy, forall({"t": "nat"}, (le(n(t), n(N)),), large(method)), final


def conclude(s: Script, method: Method, positive: Line, energy: Line, z_small: Line | None) -> Line:
    """events |- all conclusions; ``positive``: 0 < u_t, ``z_small``: T <= N, event |- sum Z <= z2."""
    now = _induction(s, method, energy)
    facts, steps = [s.intro(now, (LIMIT,), T="nat")], None
    if z_small is not None:
        steps = stepsize_large(s, method, _clipped(s, method, now, z_small))
        facts.append(steps)
    return s.conj(*facts, _final(s, method, positive, now, steps))


def _induction(s: Script, method: Method, energy: Line) -> Line:
    """T <= N and the events |- near(T): the good event persists, by strong induction."""
    limit = s.assume(LIMIT)
    earlier = s.assume(s.strong_hypothesis(near(method, T), "T", "t", (LIMIT,)))
    early = s.assume(le(n(shift(t, 1)), n(T)))
    horizon = s.combine(le(n(t), n(N)), early, limit)
    prefix = s.intro(s.elim(earlier, early, horizon, t=t), (early.fact,), t="nat")
    return s.induct_strong("T", "t", discharge(s, energy, all_local(s, method, prefix)), (LIMIT,))


def _clipped(s: Script, method: Method, now: Line, z_small: Line) -> Line:
    """before(t, T, u <= chi u_t), T <= N |- u^2 (sum of ||gc_t||^2) <= (1 + s) chi u kappa^2 Delta / a0 + ..."""
    early, limit = s.assume(le(n(shift(t, 1)), n(T))), s.assume(LIMIT)
    horizon = s.combine(le(n(t), n(N)), early, limit)
    opened = s.generalise(now, "T", t, horizon)
    if good(method) is not opened.fact:
        inside = s.combine(within(t), early, limit)
        opened = discharge(s, discharge(s, good_now(s, method), opened), inside)
    all_good = s.intro(opened, (early.fact,), t="nat")
    gain = stepsize(method, t) * GRAD_SQ
    spent = s.combine(
        le(total("t", T, gain), CEILING / a0), (now, 1 / a0), (excess_nonneg(s, point(method, T)), 1 / a0)
    )
    gate = Gate(good(method), of_good(s, method, small_of_near(s, method)), Delta / L)
    short = of_good(s, method, norm_grad_le(s, method, norm_slope_le(s, method))) if method.corrected else None
    return clipped_sum_le(s, method, gate, all_good, num(1), s.combine(le(gain, 1 * gain)), spent, z_small, short)


def _final(s: Script, method: Method, positive: Line, now: Line, steps: Line | None) -> Line:
    """mean <= bound at N: a0 N u mean <= chi a0 W mean = chi a0 (sum of u_t ||p_t||^2) <= chi kappa^2 Delta."""
    w, some = weight(method, T), s.generalise(progress_nonneg(s, method), "t", T)
    above = weight_positive(s, method, positive)
    inverse, unit = s.pow_pos(above, -ONE), s.pow_split(above, ONE, -ONE)
    value = mean(method, T)
    s.know(s.combine(le(0, value), (some, w**-ONE, inverse)))
    factor = num(1) if steps is None else chi
    size = weight_ge(s, method, steps)
    count = correction.mass(T) if method.corrected else n(T)
    product = s.combine(
        le(a0 * count * largest_stepsize(method) * value, factor * CEILING),
        (size, a0 * value),
        (unit, factor * a0 * progress(method, T)),
        (now, factor),
        (excess_nonneg(s, point(method, T)), factor),
    )
    last = at_horizon(s, product)
    goal = substitute(le(value, bound(method)), {"T": N})
    if not method.corrected:
        return s.combine(goal, last, scale=(a0 * n(N) * largest_stepsize(method), None))
    share = (s.given("correction_mass"), a0 * largest_stepsize(method) * goal.args[0])
    return s.combine(goal, last, share, scale=(a0 * correction.MASS * largest_stepsize(method), None))
