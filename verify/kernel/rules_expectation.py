"""Rules of conditional expectation (docs/rules.md).

In the docstrings ``G`` stands for the step's hypotheses.
"""

from __future__ import annotations

from bounds.statement import Step
from bounds.terms import (
    eq,
    expect,
    inner,
    le,
    mk,
    norm,
    num,
)
from verify.kernel.checker import Checker, require
from verify.kernel.normal import KernelError


def rule_e_mono(c: Checker, step: Step) -> None:
    """G |- X <= Y    X, Y dominated
    ------------------------------- [G is F_s-measurable]
    G |- E[X|F_s] <= E[Y|F_s]"""
    head = step.concl.head
    ok = head in ("le", "eq") and all(x.head == "E" for x in step.concl.args)
    require(ok, "expected E(s, X) <= E(s, Y), got {!r}", step.concl)
    (s, x), (s2, y) = (side.args for side in step.concl.args)
    require(s is s2, "the two expectations are given different sigma-fields")
    c.predictable_hyps(step, s)
    c.plain(step, 0, mk(head, x, y))
    c.count(step, c.dominated(step, c.dominated(step, 1, x, s), y, s))


def rule_e_lin(c: Checker, step: Step) -> None:
    """X_i dominated    Z = sum c_i X_i
    ------------------------------------ [c_i and G are F_s-measurable]
    G |- E[Z|F_s] = sum c_i E[X_i|F_s]"""
    ok = step.concl.head == "eq" and step.concl.args[0].head == "E"
    require(ok, "expected E(s, Z) = sum, got {!r}", step.concl)
    s, z = step.concl.args[0].args
    c.predictable_hyps(step, s)
    at, whole, value = 0, num(0), num(0)
    for coefficient, x in step.args["parts"]:
        require(c.fields.measurable(coefficient, s), "{!r} is not F[{!r}]-measurable", coefficient, s)
        whole = whole + coefficient * x
        if x is num(1):
            value = value + coefficient
        else:
            at = c.dominated(step, at, x, s)
            value = value + coefficient * expect(s, x)
    c.count(step, at)
    residual = c.normal.difference(whole, z)
    if residual:
        raise KernelError(f"the parts do not add up to {z!r}: residual {c.normal.show(residual)}")
    c.conclude(step, eq(expect(s, z), value))


def rule_e_vec(c: Checker, step: Step) -> None:
    """G |- ||v|| <= D
    ----------------------------------- [D dominating; a and G are F_s-measurable]
    G |- <a, E[v|F_s]> = E[<a, v>|F_s]"""
    c.count(step, 1)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "inner"
    require(ok and step.concl.args[0].args[1].head == "Ev", "expected <a, Ev(s, v)> = ..., got {!r}", step.concl)
    a, ev = step.concl.args[0].args
    s, v = ev.args
    c.predictable_hyps(step, s)
    require(c.fields.measurable(a, s), "{!r} is not F[{!r}]-measurable", a, s)
    p = c.premise(step, 0).concl
    require(p.head == "le", "expected a bound of the norm of {!r}, got {!r}", v, p)
    c.plain(step, 0, le(norm(v), p.args[1]))
    require(c.fields.dominates(c.normal, p.args[1], s), "{!r} does not dominate given F[{!r}]", p.args[1], s)
    c.displayed(step, eq(inner(a, ev), expect(s, inner(a, v))))
