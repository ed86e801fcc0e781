"""Lemma C with the conditional mean E[gc_t | F_{t-1}] as a vector (theory, section 1).

The mean is tested against itself: for a bounded, predictable b, <b, E gc> = E <b, gc>.  ``small``: ||p_t|| <= rho lam.
"""

from __future__ import annotations

from bounds.lemmas.clip import (
    PAST,
    condexp_inner_clip_sub_le,
    condexp_sq_clip_sub_le,
    inner_clip_dominated,
    lam,
    norm_clip_le,
    norm_clip_sub_le,
    reflexive,
    rho2,
    sq_error_dominated,
)
from bounds.lemmas.order import norm_add_le
from bounds.script import Line, Script
from bounds.setting import BIAS, VARIANCE, gc, p, t, theta
from bounds.terms import Term, eq, expect, inner, le, lt, norm

MEAN = expect(PAST, gc(t))
BIAS_VECTOR = MEAN - p(t)
SPREAD = gc(t) - MEAN


def mean_against(s: Script, b: Term) -> Line:
    """<b, E gc> = E <b, gc>, b predictable."""
    return s.e_vec(PAST, b, gc(t), norm_clip_le(s))


def le_of_inner_le(s: Script, product: Line) -> Line:
    """||b|| <= c from <b, b> <= ||b|| c and a c that is manifestly nonnegative."""
    square, right = product.fact.args
    b, c = square.args[0], right.args[1]
    short, long = le(norm(b), c), lt(c, norm(b))
    longer = s.assume(long)
    positive = s.combine(lt(0, norm(b)), longer)
    contradiction = s.combine(lt(inner(b, b), inner(b, b)), product, (longer, norm(b), positive))
    return s.cases(short, s.assume(short), long, s.absurd(contradiction, short))


def norm_mean_le(s: Script) -> Line:
    """||E gc|| <= lam; no hypothesis."""
    pair = inner_clip_dominated(s, MEAN)
    bound = norm(MEAN) * lam
    mono = s.e_mono(PAST, pair[0], pair, reflexive(s, bound))
    constant = s.e_lin(PAST, bound, (bound,))
    return le_of_inner_le(s, s.combine(le(inner(MEAN, MEAN), bound), mean_against(s, MEAN), mono, constant))


def norm_spread_le(s: Script) -> Line:
    """(C1) ||gc - E gc|| <= 2 lam; no hypothesis."""
    return s.combine(le(norm(SPREAD), 2 * lam), norm_add_le(s, gc(t), -1 * MEAN), norm_clip_le(s), norm_mean_le(s))


def error_mean(s: Script, b: Term) -> Line:
    """<b, E gc - p> = E <b, gc - p>, b predictable."""
    pair = inner_clip_dominated(s, b)
    split = s.e_lin(PAST, inner(b, theta(t)), (1, inner(b, gc(t)), pair), (-1 * inner(b, p(t)),))
    return s.combine(eq(inner(b, BIAS_VECTOR), expect(PAST, inner(b, theta(t)))), mean_against(s, b), (split, -1))


def norm_bias_le(s: Script) -> Line:
    """(C2) small |- ||E gc - p|| <= B."""
    bound = norm(BIAS_VECTOR) * BIAS
    line = condexp_inner_clip_sub_le(s, BIAS_VECTOR)
    return le_of_inner_le(s, s.combine(le(inner(BIAS_VECTOR, BIAS_VECTOR), bound), error_mean(s, BIAS_VECTOR), line))


def norm_spread_le_bias(s: Script) -> Line:
    """(C1), sharper: small |- ||gc - E gc|| <= (1 + rho) lam + B."""
    triangle = norm_add_le(s, theta(t), -1 * BIAS_VECTOR)
    return s.combine(le(norm(SPREAD), rho2 * lam + BIAS), triangle, norm_clip_sub_le(s), norm_bias_le(s))


def condexp_sq_spread_le(s: Script) -> Line:
    """(C3) small |- E ||gc - E gc||^2 <= V, because E ||gc - E gc||^2 = E ||gc - p||^2 - ||E gc - p||^2."""
    b, error = BIAS_VECTOR, inner(theta(t), theta(t))
    seen = inner(b, theta(t))
    pair = inner_clip_dominated(s, b)
    ceiling = norm(b) * lam + norm(b) * norm(p(t))
    up = s.combine(le(seen, ceiling), pair[0], s.cauchy_schwarz(-1 * b, p(t)))
    down = s.combine(le(-seen, ceiling), pair[1], s.cauchy_schwarz(b, p(t)))
    parts = (1, error, sq_error_dominated(s)), (-2, seen, (up, down)), (inner(b, b),)
    split = s.e_lin(PAST, inner(SPREAD, SPREAD), *parts)
    return s.combine(
        le(expect(PAST, inner(SPREAD, SPREAD)), VARIANCE),
        split,
        condexp_sq_clip_sub_le(s),
        (error_mean(s, b), 2),
        squares=((1, b),),
    )
