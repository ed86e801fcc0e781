"""Lemma C: the clipped estimator gc_t of p_t, when ||p_t|| <= rho lam (theory, section 1).

Every line has the hypothesis ``small(t)``: ||p_t|| <= rho lam, unless its docstring says otherwise.
"""

from __future__ import annotations

from bounds.exponents import ALPHA
from bounds.lemmas.order import le_of_sq_le, norm_add_le, norm_congr
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import BIAS, HP, K_ALPHA, ONE, TWO, VARIANCE, g, gc, p, t, theta, xi
from bounds.terms import Term, eq, expect, inner, le, lt, norm, par, shift

PAST = shift(t, -1)
lam, rho, rho1, rho2, alpha, alpha_m1 = HP.lam, *(par(k) for k in ("rho", "rho1", "rho2", "alpha", "alpha_m1"))
Pair = tuple[Line, Line]


def small() -> Term:
    """||p_t|| <= rho lam."""
    return le(norm(p(t)), rho * lam)


def _inactive(s: Script) -> tuple[Term, Line]:
    case = le(norm(g(t)), lam)
    return case, s.elim(s.given("clip_inactive"), s.assume(case), v=g(t))


def _active(s: Script) -> tuple[Term, Line]:
    case = le(lam, norm(g(t)))
    return case, s.elim(s.given("clip_active"), s.assume(case), v=g(t))


def sq_norm_clip_of_active(s: Script) -> Line:
    """||gc||^2 = lam^2 where the clip is active."""
    case, active = _active(s)
    length = norm(g(t))
    positive = s.combine(lt(0, length), s.assume(case))
    scale = s.combine(lt(0, length * length), (positive, length, positive))
    goal = eq(inner(gc(t), gc(t)), lam**2)
    return s.combine(goal, (active, length * gc(t) + lam * g(t)), scale=(length * length, scale))


@once
def norm_clip_le(s: Script) -> Line:
    """||gc|| <= lam; no hypothesis."""
    inactive_case, inactive = _inactive(s)
    active_case, _ = _active(s)
    goal = le(norm(gc(t)), lam)
    within = s.combine(goal, norm_congr(s, inactive), s.assume(inactive_case))
    squares = s.combine(le(inner(gc(t), gc(t)), lam**2), sq_norm_clip_of_active(s))
    cut = le_of_sq_le(s, squares, s.combine(le(0, lam)))
    return s.cases(inactive_case, within, active_case, cut)


@once
def norm_clip_sub_le(s: Script) -> Line:
    """(C4) ||gc - p|| <= (1 + rho) lam <= rho2 lam."""
    triangle = norm_add_le(s, gc(t), -1 * p(t))
    return s.combine(
        le(norm(theta(t)), rho2 * lam), triangle, norm_clip_le(s), s.assume(small()), (s.given("rho_plus"), lam)
    )


@once
def norm_clip_sub_le_noise(s: Script) -> Line:
    """||gc - p|| <= ||xi||: clipping is the projection on a ball that contains p."""
    inactive_case, inactive = _inactive(s)
    active_case, active = _active(s)
    goal = le(inner(theta(t), theta(t)), norm(xi(t)) ** 2)
    same = s.combine(goal, (inactive, theta(t) + xi(t)))
    length, cut = norm(g(t)), gc(t)
    # <gc, gc - p> >= lam^2 - lam ||p|| >= 0
    outward = s.combine(
        le(0, inner(cut, cut) - inner(cut, p(t))),
        (sq_norm_clip_of_active(s), -1),
        s.cauchy_schwarz(cut, p(t)),
        (norm_clip_le(s), norm(p(t))),
        (s.assume(small()), lam),
        (s.given("rho_split"), lam**2),
    )
    excess = s.combine(le(0, length - lam), s.assume(active_case))
    farther = s.combine(
        goal,
        (active, 2 * theta(t)),
        (outward, length - lam, excess),
        (outward, length - lam, excess),
        squares=((lam, g(t) - cut),),
        scale=(lam, None),
    )
    squares = s.cases(inactive_case, same, active_case, farther)
    return le_of_sq_le(s, squares, s.combine(le(0, norm(xi(t)))))


@once
def sq_norm_clip_sub_le_moment(s: Script) -> Line:
    """||gc - p||^2 <= (rho2 lam)^(2-alpha) ||xi||^alpha: min(y, z)^2 <= y^(2-alpha) z^alpha."""
    y = norm(theta(t))
    nonneg = s.combine(le(0, y))
    low = s.pow_mono(nonneg, norm_clip_sub_le(s), TWO - ALPHA)
    high = s.pow_mono(nonneg, norm_clip_sub_le_noise(s), ALPHA)
    goal = le(inner(theta(t), theta(t)), (rho2 * lam) ** (TWO - ALPHA) * norm(xi(t)) ** ALPHA)
    return s.combine(goal, (low, y**ALPHA), (high, (rho2 * lam) ** (TWO - ALPHA)))


def young(s: Script, r: Term, z: Term) -> Line:
    """r <= k_alpha z^(1-alpha) r^alpha + z, for manifestly nonnegative r and positive z."""
    scaled_z = z * alpha / alpha_m1
    scaled_r = r**ALPHA * scaled_z ** (ONE - ALPHA)
    line = s.amgm(s.combine(le(0, scaled_r)), s.combine(le(0, scaled_z)), ONE / ALPHA)
    goal = le(r, K_ALPHA * z ** (ONE - ALPHA) * r**ALPHA + z)
    return s.combine(goal, line, (s.given("alpha_minus_one"), -1 * z / alpha_m1))


@once
def norm_clip_sub_oracle_le(s: Script) -> Line:
    """||gc - g|| <= k_alpha (rho1 lam)^(1-alpha) ||xi||^alpha, from (r - z)_+ <= k_alpha z^(1-alpha) r^alpha."""
    inactive_case, inactive = _inactive(s)
    active_case, active = _active(s)
    e, length, cut = gc(t) - g(t), norm(g(t)), gc(t)
    factor = K_ALPHA * (rho1 * lam) ** (ONE - ALPHA)
    goal = le(norm(e), factor * norm(xi(t)) ** ALPHA)
    nothing = s.combine(le(inner(e, e), 0), (inactive, e))
    nothing = s.combine(le(inner(e, e), (factor * norm(xi(t)) ** ALPHA) ** 2), nothing)
    zero = le_of_sq_le(s, nothing, s.combine(le(0, factor * norm(xi(t)) ** ALPHA)))
    excess = s.combine(le(0, length - lam), s.assume(active_case))
    squares = s.combine(
        le(inner(e, e), (length - lam) ** 2),
        (active, -1 * (lam * g(t) + length * cut - 2 * lam * cut)),
        (sq_norm_clip_of_active(s), (length - lam) ** 2),
        scale=(lam**2, None),
    )
    overshoot = le_of_sq_le(s, squares, excess)
    beyond = s.combine(
        goal,
        overshoot,
        norm_add_le(s, p(t), xi(t)),
        s.assume(small()),
        (s.given("rho_split"), lam),
        young(s, norm(xi(t)), rho1 * lam),
    )
    return s.cases(inactive_case, zero, active_case, beyond)


# --- domination and conditional expectation -----------------------------------------------------------


def reflexive(s: Script, y: Term) -> Pair:
    """y dominates itself, for a manifestly nonnegative y."""
    return s.combine(le(y, y)), s.combine(le(-y, y))


def inner_clip_dominated(s: Script, v: Term) -> Pair:
    """|<v, gc>| <= ||v|| lam; no hypothesis."""
    length = norm_clip_le(s)
    up = s.combine(le(inner(v, gc(t)), norm(v) * lam), s.cauchy_schwarz(v, gc(t)), (length, norm(v)))
    down = s.combine(le(-inner(v, gc(t)), norm(v) * lam), s.cauchy_schwarz(-1 * v, gc(t)), (length, norm(v)))
    return up, down


@once
def sq_error_dominated(s: Script) -> Pair:
    """||gc - p||^2 <= (lam + ||p||)^2; no hypothesis."""
    bound = lam + norm(p(t))
    y = norm(theta(t))
    short = s.combine(le(y, bound), norm_add_le(s, gc(t), -1 * p(t)), norm_clip_le(s))
    up = s.combine(le(inner(theta(t), theta(t)), bound**2), (short, y + bound))
    down = s.combine(le(-inner(theta(t), theta(t)), bound**2), squares=((1, theta(t)),))
    return up, down


def moment_line(s: Script) -> Line:
    """E[||xi||^alpha | F_{t-1}] <= sigma^alpha."""
    return s.elim(s.given("noise_moment"), t=t)


def condexp_sq_clip_sub_le(s: Script) -> Line:
    """(C3) E[||gc - p||^2 | F_{t-1}] <= V = (rho2 lam)^(2-alpha) sigma^alpha."""
    pointwise = sq_norm_clip_sub_le_moment(s)
    y = pointwise.fact.args[1]
    mono = s.e_mono(PAST, pointwise, sq_error_dominated(s), reflexive(s, y))
    c, noise = (rho2 * lam) ** (TWO - ALPHA), norm(xi(t)) ** ALPHA
    factor = s.e_lin(PAST, y, (c, noise, reflexive(s, noise)))
    goal = le(expect(PAST, inner(theta(t), theta(t))), VARIANCE)
    return s.combine(goal, mono, factor, (moment_line(s), c))


def condexp_inner_clip_sub_le(s: Script, v: Term) -> Line:
    """(C2) E[<v, gc - p> | F_{t-1}] <= ||v|| B for predictable v, B = k_alpha (rho1 lam)^(1-alpha) sigma^alpha."""
    moved, noise = inner(v, gc(t) - g(t)), inner(v, xi(t))
    c, size = norm(v) * K_ALPHA * (rho1 * lam) ** (ONE - ALPHA), norm(xi(t)) ** ALPHA
    pointwise = norm_clip_sub_oracle_le(s)
    up = s.combine(le(moved, c * size), s.cauchy_schwarz(v, gc(t) - g(t)), (pointwise, norm(v)))
    down = s.combine(le(-moved, c * size), s.cauchy_schwarz(-1 * v, gc(t) - g(t)), (pointwise, norm(v)))
    dominated_noise = (
        s.cauchy_schwarz(v, xi(t)),
        s.combine(le(-noise, norm(v) * norm(xi(t))), s.cauchy_schwarz(-1 * v, xi(t))),
    )
    split = s.e_lin(PAST, inner(v, theta(t)), (1, moved, (up, down)), (1, noise, dominated_noise), hyps=(small(),))
    centred = s.elim(s.given("noise_mean"), t=t, a=v)
    mono = s.e_mono(PAST, up, (up, down), reflexive(s, c * size))
    factor = s.e_lin(PAST, c * size, (c, size, reflexive(s, size)))
    goal = le(expect(PAST, inner(v, theta(t))), norm(v) * BIAS)
    return s.combine(goal, split, centred, mono, factor, (moment_line(s), c))
