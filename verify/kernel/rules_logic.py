"""Rules of logic: the leaves, quantifiers, cases, both inductions (docs/rules.md).

In the docstrings ``G`` stands for the step's hypotheses.
"""

from __future__ import annotations

from fractions import Fraction

from bounds.statement import Step
from bounds.terms import (
    Term,
    both,
    eq,
    forall,
    free_variables,
    ind,
    is_vector,
    le,
    mk,
    n,
    shift,
    substitute,
    time,
    veq,
)
from verify.kernel.checker import COMPARISONS, Checker, require
from verify.kernel.normal import KernelError


def rule_given(c: Checker, step: Step) -> None:
    """---------- [name is a definition, assumption or condition of the statement]
    G |- fact"""
    c.count(step, 0)
    fact = c.statement.given(step.args["name"])
    require(fact is not None, "no definition, assumption or condition is named {!r}", step.args["name"])
    c.conclude(step, fact)  # type: ignore[arg-type]


def rule_assume(c: Checker, step: Step) -> None:
    """-------------
    G, phi |- phi"""
    c.count(step, 0)
    require(any(c.same(step.concl, h) for h in step.hyps), "{!r} is not a hypothesis", step.concl)


def rule_define(c: Checker, step: Step) -> None:
    """G |- from <= n(s)                     G |- n(s) + 1 <= from
    --------------------------------      ----------------------
    G |- process[s] = step with t := s    G |- process[s] = base"""
    process = next((p for p in c.statement.processes if p.name == step.args["name"]), None)
    if process is None:
        raise KernelError(f"no process is named {step.args['name']!r}")
    s, case = step.args["time"], step.args["case"]
    require(case in ("step", "base"), "expected case 'step' or 'base', got {!r}", case)
    if case == "step":
        value = substitute(process.step, {"t": s})
        if c.surely_nonneg(shift(s, -process.start)):
            c.count(step, 0)
        else:
            c.count(step, 1)
            c.plain(step, 0, le(process.start, n(s)))
    else:
        if process.base is None:
            raise KernelError(f"process {process.name} has no base value")
        value = process.base
        c.count(step, 1)
        c.plain(step, 0, le(n(s) + 1, process.start))
    vector = process.sort == "vector"
    atom = mk("vproc" if vector else "proc", process.name, s)
    c.conclude(step, veq(atom, value) if vector else eq(atom, value))


def rule_intro(c: Checker, step: Step) -> None:
    """G, P_1, ..., P_k |- phi
    --------------------------------- [vars not free in G]
    G |- all vars: P_1, ..., P_k => phi"""
    c.count(step, 1)
    require(step.concl.head == "all", "expected a universal conclusion, got {!r}", step.concl)
    variables, premises, fact = step.concl.args
    for var, sort in variables:
        c.natural(var)
        require(sort in ("nat", "vec"), "cannot generalise over {} of sort {!r}", var, sort)
        c.not_free(var, step.hyps)
    p = c.premise(step, 0)
    c.within(p, *step.hyps, *premises)
    c.expect_fact(p.concl, fact, "premise")


def rule_elim(c: Checker, step: Step) -> None:
    """G |- all vars: P_1, ..., P_k => phi    G |- P_i[sub]
    ---------------------------------------------------
    G |- phi[sub]"""
    general = c.premise(step, 0)
    c.within(general, *step.hyps)
    require(general.concl.head == "all", "premise 0: expected a universal fact, got {!r}", general.concl)
    variables, premises, fact = general.concl.args
    sub = dict(step.args["sub"])
    require(set(sub) == {v for v, _ in variables}, "expected values for {}", [v for v, _ in variables])
    for k, p in enumerate(premises):
        c.plain(step, 1 + k, substitute(p, sub))
    at = 1 + len(premises)
    for var, sort in variables:
        value = sub[var]
        if sort == "nat":
            require(value.head == "time", "expected a time for {}, got {!r}", var, value)
            if not c.surely_nonneg(value):
                c.plain(step, at, le(0, n(value)))
                at += 1
        else:
            require(is_vector(value), "expected a vector for {}, got {!r}", var, value)
            if sort != "vec":
                s = substitute(sort, sub)
                require(c.fields.measurable(value, s), "{!r} is not F[{!r}]-measurable", value, s)
    c.count(step, at)
    c.conclude(step, substitute(fact, sub))


def rule_cases(c: Checker, step: Step) -> None:
    """G, P |- phi    G, Q |- phi
    -------------------------- [P or Q always holds]
    G |- phi"""
    c.count(step, 2)
    p, q = step.args["P"], step.args["Q"]
    require(_exhaustive(c, p, q), "not exhaustive: {!r} or {!r}", p, q)
    for k, fact in enumerate((p, q)):
        branch = c.premise(step, k)
        c.within(branch, *step.hyps, fact)
        c.expect_fact(branch.concl, step.concl, f"branch {k}")


def _exhaustive(c: Checker, p: Term, q: Term) -> bool:
    if q.head == "eq" and p.head in COMPARISONS and c.same(q, eq(ind(p), 0)):
        return True
    if p.head != "le":
        return False
    a, b = p.args
    if q.head in ("le", "lt") and c.same(q, mk(q.head, b, a)):
        return True
    return a.head == b.head == "n" and c.same(q, le(b + 1, a))


def rule_conj(c: Checker, step: Step) -> None:
    """G |- phi_1  ...  G |- phi_k
    ---------------------------
    G |- phi_1 and ... and phi_k"""
    for k in range(len(step.prem)):
        c.within(c.premise(step, k), *step.hyps)
    c.conclude(step, both(*(c.premise(step, k).concl for k in range(len(step.prem)))))


def rule_pick(c: Checker, step: Step) -> None:
    """G |- phi_1 and ... and phi_k
    ----------------------------
    G |- phi_i"""
    c.count(step, 1)
    p = c.premise(step, 0)
    c.within(p, *step.hyps)
    require(p.concl.head == "and", "expected a conjunction, got {!r}", p.concl)
    require(any(c.same(step.concl, f) for f in p.concl.args), "{!r} is not a member", step.concl)


def rule_induct(c: Checker, step: Step) -> None:
    """G |- phi[0]    G, phi |- phi[t+1]
    --------------------------------- [t natural, not free in G]
    G |- phi"""
    c.count(step, 2)
    t = step.args["t"]
    c.natural(t)
    c.not_free(t, step.hyps)
    c.plain(step, 0, substitute(step.concl, {t: time(0)}))
    p = c.premise(step, 1)
    c.within(p, *step.hyps, step.concl)
    c.expect_fact(p.concl, substitute(step.concl, {t: time(1, **{t: 1})}), "induction step")


def rule_induct_strong(c: Checker, step: Step) -> None:
    """G, H, (all t: t < T, H[t] => phi[t]) |- phi
    ------------------------------------------- [T natural, not free in G]
    G, H |- phi"""
    c.count(step, 1)
    big, small, extra = step.args["T"], step.args["t"], tuple(step.args["H"])
    c.natural(big)
    c.natural(small)
    require(big != small, "the two variables of a strong induction must differ")
    outside = tuple(h for h in step.hyps if not any(c.same(h, e) for e in extra))
    c.not_free(big, outside)
    for h in extra:
        require(any(c.same(h, g) for g in step.hyps), "{!r} is not a hypothesis of the conclusion", h)
    for fact in (*extra, step.concl):
        require(small not in free_variables(fact), "variable {} is already free in {!r}", small, fact)
    sub = {big: time(0, **{small: 1})}
    earlier = le(n(time(1, **{small: 1})), n(time(0, **{big: 1})))
    before = forall({small: "nat"}, (earlier, *(substitute(h, sub) for h in extra)), substitute(step.concl, sub))
    p = c.premise(step, 0)
    c.within(p, *step.hyps, before)
    c.expect_fact(p.concl, step.concl, "induction step")


def rule_absurd(c: Checker, step: Step) -> None:
    """G |- a <= b
    ----------- [a - b a positive constant]
    G |- anything"""
    c.count(step, 1)
    p = c.premise(step, 0)
    c.within(p, *step.hyps)
    require(p.concl.head in ("le", "lt", "eq"), "not a comparison: {!r}", p.concl)
    diff = c.normal.difference(p.concl.args[1], p.concl.args[0])  # a - b
    require(set(diff) <= {()}, "{!r} does not compare constants", p.concl)
    value = diff.get((), Fraction(0))
    absurd = {"le": value > 0, "lt": value >= 0, "eq": value != 0}[p.concl.head]
    require(absurd, "{!r} is not absurd: the difference is {}", p.concl, value)
