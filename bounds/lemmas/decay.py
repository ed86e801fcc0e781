"""Powers of beta2 that fall to 0, and what is left of 1: a correction of the accumulator's bias is made of them."""

from __future__ import annotations

from bounds.lemmas.adam import exp_log, log_le
from bounds.lemmas.sums import ZERO
from bounds.once import once
from bounds.script import Line, Script
from bounds.setting import HP, beta2_power, t
from bounds.terms import Term, eq, le, lt, mk, n, par, shift

SBAR = par("sbar")


@once
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


@once
def room_positive(s: Script) -> Line:
    """0 < 1 - beta2^(t+1)."""
    first = s.generalise(power_step(s), "t", ZERO)
    falls = power_mono(s, shift(ZERO, 1), shift(t, 1), s.combine(le(0, n(shift(t, 1)) - n(shift(ZERO, 1)))))
    return s.combine(lt(0, 1 - beta2_power(shift(t, 1))), falls, first, s.given("beta2_complement"))
