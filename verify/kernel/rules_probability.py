"""Rules of probability: Ville's inequality, the one cited result, and the union bound (docs/rules.md)."""

from __future__ import annotations

from bounds.statement import Step
from bounds.terms import expect, forall, free_variables, le, mk, n, num, shift, time, total, whp
from verify.kernel.checker import Checker, require
from verify.kernel.measurable import deterministic


def rule_ville(c: Checker, step: Step) -> None:
    """E[exp(Y_t)|F_{t-1}] <= 1
    -------------------------------------------------------------
    |- with probability >= 1 - exp(-A): sum_{t<T} Y_t <= A for all T <= N"""
    t, big, horizon, y, a = (step.args[k] for k in ("t", "T", "N", "Y", "A"))
    integers = set(c.statement.integers)
    require(not step.hyps and not any(c.done[k].hyps for k in step.prem), "hypotheses are not allowed here")
    c.natural(t)
    c.natural(big)
    require(t != big and horizon in integers, "expected two variables and a declared integer horizon")
    now = time(0, **{t: 1})
    past = shift(now, -1)
    extra = free_variables(y) - {t} - integers
    require(not extra, "{!r} has the free variables {}", y, sorted(extra))
    require(c.fields.measurable(y, now), "{!r} is not F[{!r}]-measurable", y, now)
    require(deterministic(a) and free_variables(a) <= integers, "{!r} is not deterministic", a)
    e = mk("exp", y)
    c.plain(step, 0, le(expect(past, e), 1))
    at = c.dominated(step, 1, e, past)
    c.plain(step, at, le(0, a))
    c.count(step, at + 1)
    upto = time(0, **{big: 1})
    limit = le(n(upto), n(time(0, **{horizon: 1})))
    c.conclude(step, whp(mk("exp", -a), forall({big: "nat"}, (limit,), le(total(t, upto, y), a))))


def rule_whp(c: Checker, step: Step) -> None:
    """|- whp(e_i, phi_i)    phi_1, ..., phi_k |- phi    |- sum e_i <= e
    -----------------------------------------------------------------
    |- whp(e, phi)"""
    require(not step.hyps, "hypotheses are not allowed here")
    require(step.concl.head == "whp", "expected a high-probability conclusion, got {!r}", step.concl)
    k = len(step.prem) - 2
    require(k >= 1, "expected at least one high-probability premise")
    events, failure = [], num(0)
    for i in range(k):
        p = c.premise(step, i)
        require(not p.hyps and p.concl.head == "whp", "premise {}: expected |- whp(e, phi), got {!r}", i, p.concl)
        failure = failure + p.concl.args[0]
        events.append(p.concl.args[1])
    p = c.premise(step, k)
    c.within(p, *events)
    c.expect_fact(p.concl, step.concl.args[1], "premise")
    c.plain(step, k + 1, le(failure, step.concl.args[0]))
