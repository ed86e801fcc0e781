"""Finite sums, by induction on the upper limit."""

from __future__ import annotations

import functools
from collections.abc import Callable

from bounds.script import Line, Script
from bounds.terms import Term, eq, forall, le, n, shift, substitute, time, total

T = time(0, T=1)
ZERO = time(0)


def before(var: str, upto: Term, fact: Term) -> Term:
    """For all var: var + 1 <= upto => fact."""
    v = time(0, **{var: 1})
    return forall({var: "nat"}, (le(n(shift(v, 1)), n(upto)),), fact)


def sum_le_of_before(s: Script, prefix: Term, claim: Term, base: Line, step: Line) -> Line:
    """``prefix |- claim`` for all T, by induction.

    ``prefix`` is ``before(v, T, fact)``; ``base`` proves claim[T := 0]; ``step`` proves claim[T := T + 1] from
    claim and fact[v := T] as hypotheses (and nothing else that mentions T).
    """
    (var, _), *_ = prefix.args[0]
    fact_now = s.elim  # the prefix at T + 1 gives the fact at T and the prefix at T
    upto = shift(T, 1)
    longer = before(var, upto, prefix.args[2])
    whole = s.assume(longer)
    here = fact_now(whole, s.combine(le(n(upto), n(upto))), **{var: T})
    v = time(0, **{var: 1})
    early = s.assume(le(n(shift(v, 1)), n(T)))
    earlier = s.elim(whole, s.combine(le(n(shift(v, 1)), n(upto)), early), **{var: v})
    shorter = s.intro(earlier, (early.fact,), **{var: "nat"})
    rule = forall({}, (prefix,), claim)
    claim_now = s.elim(s.assume(rule), shorter)
    stepped = discharge(s, discharge(s, step, here), claim_now)
    inductive = s.intro(stepped, (longer,))
    start = before(var, ZERO, prefix.args[2])
    general = s.induct("T", s.intro(base, (start,)), inductive, rule)
    return s.elim(general, s.assume(prefix))


def discharge(s: Script, line: Line, proof: Line) -> Line:
    """Replace the hypothesis ``proof.fact`` of a line by its proof."""
    if proof.fact not in line.hyps:
        raise ValueError(f"{proof.fact!r} is not a hypothesis of {line.fact!r}")
    return s.elim(s.intro(line, (proof.fact,)), proof)


def sum_const(s: Script, var: str, c: Term) -> Line:
    """sum over var < T of c = T c, c without var."""
    claim = eq(total(var, T, c), n(T) * c)
    base = s.combine(eq(total(var, ZERO, c), n(ZERO) * c), s.sum_zero(var, ZERO, c))
    stepped = s.combine(eq(total(var, shift(T, 1), c), n(shift(T, 1)) * c), s.assume(claim), s.sum_step(var, T, c))
    return s.induct("T", base, stepped, claim)


def sum_nonneg(s: Script, var: str, nonneg: Line) -> Line:
    """0 <= sum over var < T of b, from |- 0 <= b at every time var."""
    body = nonneg.fact.args[1]
    claim = le(0, total(var, T, body))
    base = s.combine(le(0, total(var, ZERO, body)), (s.sum_zero(var, ZERO, body), -1))
    here = s.generalise(nonneg, var, T)
    stepped = s.combine(le(0, total(var, shift(T, 1), body)), s.assume(claim), (s.sum_step(var, T, body), -1), here)
    return s.induct("T", base, stepped, claim)


def sum_mono(s: Script, order: Line) -> Line:
    """sum over t < T of b <= sum over t < T of c, from |- b <= c at every time t."""
    low, high = order.fact.args
    claim = le(total("t", T, low), total("t", T, high))
    zero = ((s.sum_zero("t", ZERO, body), k) for body, k in ((low, 1), (high, -1)))
    base = s.combine(le(total("t", ZERO, low), total("t", ZERO, high)), *zero)
    steps = ((s.sum_step("t", T, body), k) for body, k in ((low, 1), (high, -1)))
    grown = le(total("t", shift(T, 1), low), total("t", shift(T, 1), high))
    stepped = s.combine(grown, s.assume(claim), s.generalise(order, "t", T), *steps)
    return s.induct("T", base, stepped, claim)


def sum_mono_upto(s: Script, var: str, nonneg: Line) -> Line:
    """sum over var < T of b <= sum over var < T + k of b, k natural, from |- 0 <= b at every time var."""
    body = nonneg.fact.args[1]
    later = time(0, T=1, k=1)
    claim = le(total(var, T, body), total(var, later, body))
    base = s.combine(le(total(var, T, body), total(var, T, body)))
    here = s.generalise(nonneg, var, later)
    stepped = s.combine(
        le(total(var, T, body), total(var, shift(later, 1), body)),
        s.assume(claim),
        (s.sum_step(var, later, body), -1),
        here,
    )
    return s.induct("k", base, stepped, claim)


def summed_le_zero(s: Script, prefix: Term, under: Line, factors: tuple[Term, ...], bodies: tuple[Term, ...]) -> Line:
    """prefix |- sum of factor * (sum over t < T of body) <= 0, from fact(t) |- sum of factor * body <= 0.

    ``prefix`` is ``before("t", T, fact)``; the factors do not depend on t.
    """
    here = s.generalise(under, "t", T, s.assume(substitute(prefix.args[2], {"t": T})))

    def claim(upto: Term) -> Term:
        parts = [k * total("t", upto, b) for k, b in zip(factors, bodies, strict=True)]
        return le(functools.reduce(lambda x, y: x + y, parts), 0)

    base = s.combine(claim(ZERO), *((s.sum_zero("t", ZERO, b), k) for k, b in zip(factors, bodies, strict=True)))
    steps = ((s.sum_step("t", T, b), k) for k, b in zip(factors, bodies, strict=True))
    stepped = s.combine(claim(shift(T, 1)), s.assume(claim(T)), here, *steps)
    return sum_le_of_before(s, prefix, claim(T), base, stepped)


def telescope(
    s: Script,
    prefix: Term,
    under: Line,
    potential: Callable[[Term], Term],
    start: Line,
    factors: tuple[Term, ...],
    bodies: tuple[Term, ...],
) -> Line:
    """prefix |- potential(T) + sum of factor * (sum over t < T of body) <= c, from two lines.

    ``start``: potential(0) <= c; ``under``: fact(t) |- potential(t + 1) - potential(t) + sum of factor * body <= 0;
    ``prefix`` is ``before("t", T, fact)``; the factors and c do not depend on t.
    """
    here = s.generalise(under, "t", T, s.assume(substitute(prefix.args[2], {"t": T})))

    def claim(upto: Term) -> Term:
        parts = (k * total("t", upto, b) for k, b in zip(factors, bodies, strict=True))
        return le(functools.reduce(lambda x, y: x + y, parts, potential(upto)), start.fact.args[1])

    base = s.combine(claim(ZERO), start, *((s.sum_zero("t", ZERO, b), k) for k, b in zip(factors, bodies, strict=True)))
    steps = ((s.sum_step("t", T, b), k) for k, b in zip(factors, bodies, strict=True))
    stepped = s.combine(claim(shift(T, 1)), s.assume(claim(T)), here, *steps)
    return sum_le_of_before(s, prefix, claim(T), base, stepped)
