"""Adam's bias correction without momentum: s_t = (1 - beta2^(t+1))^(1/2), increasing, at most sbar = s_N (theory, 6.4).

    mass = sum over t < N of (s_t/sbar)^2,    defect = N - mass

The share s_t/sbar <= 1 of the largest stepsize that step t may use is at least its square, which has a closed sum.
"""

from __future__ import annotations

from bounds.lemmas.adam import BETA2_C, exp_log, log_le
from bounds.lemmas.sums import ZERO, T, discharge
from bounds.script import Line, Script
from bounds.setting import HALF, HP, N, beta2_power, correction, t, within
from bounds.terms import Term, eq, le, lt, mk, n, par, shift, total

SBAR, MASS, DEFECT = (par(k) for k in ("sbar", "mass", "defect"))
POWER_SUM = total("t", T, beta2_power(shift(t, 1)))


def share(s: Term) -> Term:
    """s_t/sbar."""
    return correction(s) / SBAR


def share_sq(s: Term) -> Term:
    """(s_t/sbar)^2, without its root."""
    return (1 - beta2_power(shift(s, 1))) / SBAR**2


def mass(upto: Term) -> Term:
    """The sum of share_sq over t < upto."""
    return (n(upto) - HP.beta2 * (1 - beta2_power(upto)) / BETA2_C) / SBAR**2


def definitions() -> dict[str, Term]:
    """sbar, mass and defect."""
    return {
        "correction": eq(SBAR, correction(N)),
        "correction_mass": eq(MASS, mass(N)),
        "correction_rest": eq(DEFECT, n(N) - MASS),
    }


def power_step(s: Script) -> Line:
    """beta2^(t+1) = beta2 beta2^t."""
    log = mk("ln", HP.beta2)
    goal = eq(beta2_power(shift(t, 1)), HP.beta2 * beta2_power(t))
    return s.combine(goal, (s.exp_add(n(t) * log, log), -1), (exp_log(s), beta2_power(t)))


def power_mono(s: Script, early: Term, late: Term, order: Line) -> Line:
    """beta2^late <= beta2^early; ``order``: 0 <= late - early."""
    log = mk("ln", HP.beta2)
    falls = s.combine(le(log, 0), log_le(s))
    return s.exp_mono(s.combine(le(n(late) * log, n(early) * log), (falls, order.fact.args[1], order)))


def room_positive(s: Script) -> Line:
    """0 < 1 - beta2^(t+1)."""
    first = s.generalise(power_step(s), "t", ZERO)
    falls = power_mono(s, shift(ZERO, 1), shift(t, 1), s.combine(le(0, n(shift(t, 1)) - n(shift(ZERO, 1)))))
    return s.combine(lt(0, 1 - beta2_power(shift(t, 1))), falls, first, s.given("beta2_complement"))


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


def share_bounds(s: Script) -> tuple[Line, Line]:
    """t <= N |- share_sq(t) <= share(t) and share_sq(t) <= 1."""
    up, positive = correction_le(s), correction_positive(s)
    root = s.pow_split(room_positive(s), HALF, HALF)
    nonneg = s.combine(le(0, correction(t) / SBAR**2), (positive, SBAR**-2))
    below = s.combine(le(share_sq(t), share(t)), (up, correction(t) / SBAR**2, nonneg), (root, -1 / SBAR**2))
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


def defect_le(s: Script) -> Line:
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
    room = s.pow_split(s.generalise(room_positive(s), "t", N), HALF, HALF)
    scale = 1 / (BETA2_C * SBAR**2)
    return s.combine(
        le(n(T) - mass(T), DEFECT),
        (bigger, scale),
        (at_t, scale),
        (at_n, -scale),
        (s.given("correction_mass"), 1),
        (s.given("correction_rest"), -1),
        (s.given("correction"), -1 * left * SBAR**-2 * (SBAR + correction(N))),
        (room, -1 * left * SBAR**-2),
    )


# --- stepsizes, from those without correction -------------------------------------------------------


def stepsize_bounds(s: Script, positive: Line, cap: Line) -> tuple[Line, Line]:
    """0 < s_t u_t, and s_t u_t <= sbar u for t < N; ``positive``: 0 < u_t, ``cap``: u_t <= u for t < N."""
    sign, u = correction_positive(s), positive.fact.args[1]
    largest = cap.fact.args[1]
    before = s.combine(le(n(t), n(N)), s.assume(within(t)))
    capped = discharge(s, correction_le(s), before)
    return (
        s.combine(lt(0, correction(t) * u), (positive, correction(t), sign)),
        s.combine(le(correction(t) * u, largest * SBAR), (cap, correction(t), sign), (capped, largest)),
    )


def potential(s: Term, plain: Term, largest: Term) -> Term:
    """s_s (potential - u) + sbar u, from the potential and the u of the method without correction."""
    return correction(s) * (plain - largest) + largest * SBAR


def potential_le(s: Script, plain: Line) -> Line:
    """potential(t) <= sbar u; ``plain``: the same without correction."""
    before, largest = plain.fact.args
    goal = le(potential(t, before, largest), largest * SBAR)
    return s.combine(goal, (plain, correction(t), correction_positive(s)))


def potential_end(s: Script, plain: Line, largest: Term) -> Line:
    """T <= N |- 0 <= potential(T); ``plain``: the same without correction."""
    sign = s.generalise(correction_positive(s), "t", T)
    capped = s.generalise(correction_le(s), "t", T, s.assume(le(n(T), n(N))))
    goal = le(0, potential(T, plain.fact.args[1], largest))
    return s.combine(goal, (plain, correction(T), sign), (capped, largest))


def actual_stepsize_bounds(s: Script, plain: tuple[Line, Line, Line], plain_le: Line) -> tuple[Line, Line, Line]:
    """0 <= s_t w_t <= s_t u_t <= s_t w_t + a fall of potential; ``plain``: the same without correction.

    ``plain_le``: potential(t) <= u without correction; s_t increases.
    """
    (nonneg, smaller, falls), positive = plain, correction_positive(s)
    w, u = smaller.fact.args
    now, later = correction(t), correction(shift(t, 1))
    one = s.combine(le(0, n(shift(t, 1)) - n(t)))
    grows = s.combine(le(0, later - now), correction_mono(s, shift(t, 1), one))
    next_le = s.generalise(plain_le, "t", shift(t, 1))
    before, largest = plain_le.fact.args
    goal = le(now * u - now * w, potential(t, before, largest) - potential(shift(t, 1), next_le.fact.args[0], largest))
    return (
        s.combine(le(0, now * w), (nonneg, now, positive)),
        s.combine(le(now * w, now * u), (smaller, now, positive)),
        s.combine(goal, (falls, now, positive), (next_le, later - now, grows)),
    )
