"""Adam's bias correction (theory, 6.4): s_t = (1 - beta2^(t+1))^(1/2), increasing, at most sbar = s_N; with momentum it
has another factor and another bound, see ``debias``.

    mass = sum over t < N of (s_t/sbar)^2,    defect = N - mass

The share s_t/sbar <= 1 of the largest stepsize that step t may use is at least its square, which has a closed sum; with
momentum (1 - beta2^(t+1))/sbar^2 is still less.
"""

from __future__ import annotations

from bounds.lemmas import debias
from bounds.lemmas.adam import BETA2_C, log_le
from bounds.lemmas.decay import SBAR, power_mono, power_step, room_positive
from bounds.lemmas.rises import rise_le, rise_nonneg, rises_le, rises_to
from bounds.lemmas.sums import ZERO, T, discharge
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, N, beta2_power, correction, factor, t, within
from bounds.terms import Term, eq, le, lt, mk, n, par, shift, total

MASS, DEFECT = par("mass"), par("defect")


def share(method: Method, s: Term) -> Term:
    """s_t/sbar."""
    return factor(method, s) / SBAR


def share_sq(s: Term) -> Term:
    """(1 - beta2^(t+1))/sbar^2: (s_t/sbar)^2 without its root; with momentum less."""
    return (1 - beta2_power(shift(s, 1))) / SBAR**2


def mass(upto: Term) -> Term:
    """The sum of share_sq over t < upto."""
    return (n(upto) - HP.beta2 * (1 - beta2_power(upto)) / BETA2_C) / SBAR**2


def definitions(method: Method) -> dict[str, Term]:
    """sbar, mass and defect."""
    return {
        "correction": debias.definition() if method.momentum else eq(SBAR, correction(N)),
        "correction_mass": eq(MASS, mass(N)),
        "correction_rest": eq(DEFECT, n(N) - MASS),
    }


def correction_positive(s: Script) -> Line:
    """0 < s_t."""
    return s.pow_pos(room_positive(s), HALF)


def correction_mono(s: Script, late: Term, order: Line) -> Line:
    """s_t <= s_late; ``order``: 0 <= late - t."""
    later = shift(late, 1)
    falls = power_mono(s, shift(t, 1), later, s.combine(le(0, n(later) - n(shift(t, 1))), order))
    room = room_positive(s)
    grows = s.combine(le(room.fact.args[1], 1 - beta2_power(later)), falls)
    nonneg = s.combine(le(0, room.fact.args[1]), room)
    return s.pow_mono(nonneg, grows, HALF)


def correction_le(s: Script) -> Line:
    """t <= N |- s_t <= sbar."""
    line = correction_mono(s, N, s.combine(le(0, n(N) - n(t)), s.assume(le(n(t), n(N)))))
    return s.combine(le(correction(t), SBAR), line, (s.given("correction"), -1))


def positive(s: Script, method: Method) -> Line:
    """0 < s_t."""
    return debias.positive(s) if method.momentum else correction_positive(s)


def factor_le(s: Script, method: Method) -> Line:
    """t <= N |- s_t <= sbar."""
    return debias.factor_le(s) if method.momentum else correction_le(s)


def room_le(s: Script, method: Method) -> Line:
    """1 - beta2^(N+1) <= sbar^2."""
    if method.momentum:
        return debias.room_le(s)
    root = s.pow_split(s.generalise(room_positive(s), "t", N), HALF, HALF)
    goal = le(root.fact.args[1], SBAR * SBAR)
    return s.combine(goal, (root, -1), (s.given("correction"), -1 * (SBAR + correction(N))))


def share_bounds(s: Script, method: Method) -> tuple[Line, Line]:
    """t <= N |- share_sq(t) <= share(t) and share_sq(t) <= 1."""
    if method.momentum:
        return debias.share_bounds(s)
    up, sign = correction_le(s), correction_positive(s)
    root = s.pow_split(room_positive(s), HALF, HALF)
    nonneg = s.combine(le(0, correction(t) / SBAR**2), (sign, SBAR**-2))
    below = s.combine(le(share_sq(t), share(method, t)), (up, correction(t) / SBAR**2, nonneg), (root, -1 / SBAR**2))
    return below, s.combine(le(share_sq(t), 1), below, (up, 1 / SBAR))


def share_sum(s: Script) -> Line:
    """sum over t < T of share_sq(t) = mass(T)."""
    body, later = share_sq(t), shift(T, 1)
    claim = eq(total("t", T, body), mass(T))
    base = s.combine(eq(total("t", ZERO, body), mass(ZERO)), s.sum_zero("t", ZERO, body))
    step = s.generalise(power_step(s), "t", T)
    stepped = s.combine(
        eq(total("t", later, body), mass(later)),
        s.assume(claim),
        s.sum_step("t", T, body),
        (step, -1 / (BETA2_C * SBAR**2)),
        (s.given("beta2_complement"), -1 * beta2_power(later) / (BETA2_C * SBAR**2)),
    )
    return s.induct("T", base, stepped, claim)


def defect_le(s: Script, method: Method) -> Line:
    """T <= N |- T - mass(T) <= defect: it grows by 1 - share_sq, which is not negative before N.

    beta2^(T+1) = beta2^(N+1) exp(-(N-T) ln beta2) >= beta2^(N+1) (1 + (N-T) (1-beta2)).
    """
    log, left = mk("ln", HP.beta2), n(N) - n(T)
    limit = s.combine(le(0, left), s.assume(le(n(T), n(N))))
    first, last = beta2_power(shift(T, 1)), beta2_power(shift(N, 1))
    bigger = s.combine(
        le(last * (1 + left * BETA2_C), first),
        (s.exp_tangent(-left * log), last),
        s.exp_add(n(shift(N, 1)) * log, -left * log),
        (log_le(s), left * last, s.combine(le(0, left * last), (limit, last))),
    )
    at_t, at_n = (s.generalise(power_step(s), "t", v) for v in (T, N))
    scale = 1 / (BETA2_C * SBAR**2)
    return s.combine(
        le(n(T) - mass(T), DEFECT),
        (bigger, scale),
        (at_t, scale),
        (at_n, -scale),
        (s.given("correction_mass"), 1),
        (s.given("correction_rest"), -1),
        (room_le(s, method), left * SBAR**-2, s.combine(le(0, left * SBAR**-2), (limit, SBAR**-2))),
    )


# --- stepsizes, from those without correction -------------------------------------------------------


def stepsize_bounds(s: Script, method: Method, positive_u: Line, cap: Line) -> tuple[Line, Line]:
    """0 < s_t u_t, and s_t u_t <= sbar u for t < N; ``positive_u``: 0 < u_t, ``cap``: u_t <= u for t < N."""
    sign, u, now = positive(s, method), positive_u.fact.args[1], factor(method, t)
    largest = cap.fact.args[1]
    before = s.combine(le(n(t), n(N)), s.assume(within(t)))
    capped = discharge(s, factor_le(s, method), before)
    return (
        s.combine(lt(0, now * u), (positive_u, now, sign)),
        s.combine(le(now * u, largest * SBAR), (cap, now, sign), (capped, largest)),
    )


def potential(method: Method, s: Term, plain: Term, largest: Term) -> Term:
    """s_s (potential - u) + sbar u, from the potential and the u of the method without correction.

    With momentum s_s potential + u (sbar - the rises of s so far): s may also fall.
    """
    if method.momentum:
        return factor(method, s) * plain + largest * (SBAR - rises_to(s))
    return factor(method, s) * (plain - largest) + largest * SBAR


def potential_le(s: Script, method: Method, plain: Line) -> Line:
    """potential(0) <= sbar u, with momentum 2 sbar u; ``plain``: potential(t) <= u without correction."""
    before, largest = plain.fact.args
    if not method.momentum:
        goal = le(potential(method, t, before, largest), largest * SBAR)
        return s.generalise(s.combine(goal, (plain, factor(method, t), positive(s, method))), "t", ZERO)
    here, start = factor(method, ZERO), s.generalise(plain, "t", ZERO)
    sign = s.generalise(positive(s, method), "t", ZERO)
    nothing = s.sum_zero("k", ZERO, rises_to(t).args[2])
    low = s.generalise(factor_le(s, method), "t", ZERO, s.combine(le(n(ZERO), n(N))))
    goal = le(potential(method, ZERO, start.fact.args[0], largest), 2 * (largest * SBAR))
    return s.combine(goal, (start, here, sign), (nothing, -1 * largest), (low, largest))


def potential_end(s: Script, method: Method, plain: Line, largest: Term) -> Line:
    """T <= N |- 0 <= potential(T); ``plain``: the same without correction."""
    sign = s.generalise(positive(s, method), "t", T)
    capped = s.generalise(factor_le(s, method), "t", T, s.assume(le(n(T), n(N))))
    goal = le(0, potential(method, T, plain.fact.args[1], largest))
    rises = ((s.generalise(rises_le(s), "t", T), largest),) if method.momentum else ()
    return s.combine(goal, (plain, factor(method, T), sign), (capped, largest), *rises)


def actual_stepsize_bounds(
    s: Script, method: Method, plain: tuple[Line, Line, Line], plain_le: Line, plain_end: Line
) -> tuple[Line, Line, Line]:
    """0 <= s_t w_t <= s_t u_t <= s_t w_t + a fall of potential; ``plain``: the same without correction.

    ``plain_le``: potential(t) <= u without correction; ``plain_end``, where s may also fall: T <= N |- 0 <= it at T.
    """
    (nonneg, smaller, falls), sign = plain, positive(s, method)
    w, u = smaller.fact.args
    now, later = factor(method, t), factor(method, shift(t, 1))
    next_le = s.generalise(plain_le, "t", shift(t, 1))
    (after, largest), before = next_le.fact.args, plain_le.fact.args[0]
    fall = potential(method, t, before, largest) - potential(method, shift(t, 1), after, largest)
    goal = le(now * u - now * w, fall)
    if method.momentum:
        next_nonneg = s.generalise(plain_end, "T", shift(t, 1), s.assume(within(t)))
        grows = rise_nonneg(s)
        more = [(rise_le(s), after, next_nonneg), (next_le, grows.fact.args[1], grows)]
    else:
        one = s.combine(le(0, n(shift(t, 1)) - n(t)))
        grows = s.combine(le(0, later - now), correction_mono(s, shift(t, 1), one))
        more = [(next_le, later - now, grows)]
    return (
        s.combine(le(0, now * w), (nonneg, now, sign)),
        s.combine(le(now * w, now * u), (smaller, now, sign)),
        s.combine(goal, (falls, now, sign), *more),
    )
