"""Rules of probability: the cited inequalities of Freedman and Ville, and the union bound (docs/rules.md)."""

from __future__ import annotations

from bounds.statement import Step
from bounds.terms import (
    Term,
    eq,
    expect,
    forall,
    free_variables,
    le,
    lt,
    mk,
    n,
    num,
    shift,
    time,
    total,
    whp,
)
from verify.kernel.checker import Checker, require
from verify.kernel.measurable import deterministic


def rule_freedman(c: Checker, step: Step) -> None:
    """E[X_t|F_{t-1}] = 0   X_t <= M   E[X_t^2|F_{t-1}] <= v_t   sum_{t<T} v_t <= G for all T <= N   2A(G + Mz/3) <= z^2
    ----------------------------------------------------------------------------------------------------------
    |- with probability >= 1 - exp(-A): sum_{t<T} X_t <= z for all T <= N"""
    t, big, horizon = step.args["t"], step.args["T"], step.args["N"]
    x, v, m, g, z, a = (step.args[k] for k in ("X", "v", "M", "G", "z", "A"))
    past = _martingale(c, step, t, big, horizon, (x, v), (m, g, z, a))
    require(c.fields.measurable(v, past), "{!r} is not F[{!r}]-measurable", v, past)
    upto, limit = time(0, **{big: 1}), le(n(time(0, **{big: 1})), n(time(0, **{horizon: 1})))
    c.plain(step, 0, eq(expect(past, x), 0))
    at = c.dominated(step, 1, x, past)
    c.plain(step, at, le(x, m))
    c.plain(step, at + 1, le(expect(past, x**2), v))
    at = c.dominated(step, at + 2, x**2, past)
    facts = (
        forall({big: "nat"}, (limit,), le(total(t, upto, v), g)),
        lt(0, m),
        le(0, g),
        lt(0, z),
        le(0, a),
        le(2 * a * (g + m * z / 3), z**2),
    )
    for k, fact in enumerate(facts):
        c.plain(step, at + k, fact)
    c.count(step, at + len(facts))
    c.conclude(step, whp(mk("exp", -a), forall({big: "nat"}, (limit,), le(total(t, upto, x), z))))


def rule_ville(c: Checker, step: Step) -> None:
    """E[exp(Y_t)|F_{t-1}] <= 1
    -------------------------------------------------------------
    |- with probability >= 1 - exp(-A): sum_{t<T} Y_t <= A for all T <= N"""
    t, big, horizon, y, a = (step.args[k] for k in ("t", "T", "N", "Y", "A"))
    past = _martingale(c, step, t, big, horizon, (y,), (a,))
    e = mk("exp", y)
    c.plain(step, 0, le(expect(past, e), 1))
    at = c.dominated(step, 1, e, past)
    c.plain(step, at, le(0, a))
    c.count(step, at + 1)
    upto = time(0, **{big: 1})
    limit = le(n(upto), n(time(0, **{horizon: 1})))
    c.conclude(step, whp(mk("exp", -a), forall({big: "nat"}, (limit,), le(total(t, upto, y), a))))


def _martingale(
    c: Checker, step: Step, t: str, big: str, horizon: str, now_known: tuple[Term, ...], constants: tuple[Term, ...]
) -> Term:
    """What freedman and ville ask of their variables; returns the time t - 1."""
    require(not step.hyps and not any(c.done[k].hyps for k in step.prem), "hypotheses are not allowed here")
    c.natural(t)
    c.natural(big)
    require(t != big and horizon in c.statement.integers, "expected two variables and a declared integer horizon")
    now = time(0, **{t: 1})
    for term in now_known:
        extra = free_variables(term) - {t} - set(c.statement.integers)
        require(not extra, "{!r} has the free variables {}", term, sorted(extra))
        require(c.fields.measurable(term, now), "{!r} is not F[{!r}]-measurable", term, now)
    for term in constants:
        constant = deterministic(term) and free_variables(term) <= set(c.statement.integers)
        require(constant, "{!r} is not deterministic", term)
    return shift(now, -1)


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
