"""Powers with an integer exponent: b^t written exp(t ln b), for a positive b."""

from __future__ import annotations

from bounds.once import once
from bounds.script import Line, Script
from bounds.terms import Term, eq, lt, mk, n, shift


def power(base: Term, t: Term) -> Term:
    """base^t."""
    return mk("exp", n(t) * mk("ln", base))


@once
def power_step(s: Script, base: Term, t: Term) -> Line:
    """base^(t+1) = base * base^t, for a base that is a product of positive numbers."""
    log, b = mk("ln", base), mk("exp", mk("ln", base))
    inverse = s.exp_neg_ln(s.combine(lt(0, base)))
    cancel = s.exp_add(log, -log)
    one = s.combine(eq(b, base), (inverse, -1 * base * b), (cancel, base))
    split = s.exp_add(n(t) * log, log)
    return s.combine(eq(power(base, shift(t, 1)), base * power(base, t)), (split, -1), (one, power(base, t)))
