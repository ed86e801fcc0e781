"""Rules of exp and ln (docs/rules.md).

In the docstrings ``G`` stands for the step's hypotheses.
"""

from __future__ import annotations

from bounds.statement import Step
from bounds.terms import eq, le, lt, mk
from verify.kernel.checker import Checker, require


def rule_exp_neg_ln(c: Checker, step: Step) -> None:
    """G |- 0 < s
    --------------------
    G |- exp(-ln s) = 1/s"""
    c.count(step, 1)
    p = c.premise(step, 0).concl
    require(p.head == "lt", "expected 0 < s, got {!r}", p)
    s = p.args[1]
    c.plain(step, 0, lt(0, s))
    c.displayed(step, eq(mk("exp", -mk("ln", s)), s**-1))


def rule_exp_mono(c: Checker, step: Step) -> None:
    """G |- a <= b
    --------------------
    G |- exp(a) <= exp(b)"""
    c.count(step, 1)
    p = c.premise(step, 0).concl
    require(p.head == "le", "expected a <= b, got {!r}", p)
    a, b = p.args
    c.plain(step, 0, le(a, b))
    c.displayed(step, le(mk("exp", a), mk("exp", b)))


def rule_exp_add(c: Checker, step: Step) -> None:
    """----------------------------
    G |- exp(a) exp(b) = exp(a+b)"""
    c.count(step, 0)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "mul" and len(step.concl.args[0].args) == 2
    require(
        ok and all(x.head == "exp" for x in step.concl.args[0].args), "expected exp(a) exp(b), got {!r}", step.concl
    )
    first, second = step.concl.args[0].args
    c.displayed(step, eq(first * second, mk("exp", first.args[0] + second.args[0])))


def rule_exp_tangent(c: Checker, step: Step) -> None:
    """-------------------
    G |- 1 + a <= exp(a)"""
    c.count(step, 0)
    ok = step.concl.head == "le" and step.concl.args[1].head == "exp"
    require(ok, "expected 1 + a <= exp(a), got {!r}", step.concl)
    c.displayed(step, le(1 + step.concl.args[1].args[0], step.concl.args[1]))


def rule_exp_convex(c: Checker, step: Step) -> None:
    """G |- 0 <= s    G |- s <= 1
    --------------------------------------------------
    G |- exp(s a + (1-s) b) <= s exp(a) + (1-s) exp(b)"""
    c.count(step, 2)
    s, a, b = (step.args[k] for k in ("s", "a", "b"))
    c.plain(step, 0, le(0, s))
    c.plain(step, 1, le(s, 1))
    c.conclude(step, le(mk("exp", s * a + (1 - s) * b), s * mk("exp", a) + (1 - s) * mk("exp", b)))


def rule_exp_remainder(c: Checker, step: Step) -> None:
    """G |- v <= s x   G |- -v <= s x   G |- 0 <= s   G |- s <= 1   G |- 0 <= x
    --------------------------------------------------------------------- [the power series, term by term]
    G |- exp(v) - 1 - v <= s^2 (exp(x) - 1 - x)"""
    c.count(step, 5)
    v, s, x = (step.args[k] for k in ("v", "s", "x"))
    for k, fact in enumerate((le(v, s * x), le(-v, s * x), le(0, s), le(s, 1), le(0, x))):
        c.plain(step, k, fact)
    c.conclude(step, le(mk("exp", v) - 1 - v, s**2 * (mk("exp", x) - 1 - x)))


def rule_exp_bernstein(c: Checker, step: Step) -> None:
    """G |- 0 <= x
    --------------------------------------------- [the power series: 2 * 3^(k-2) <= k! for k >= 2]
    G |- 2 (1 - x/3) (exp(x) - 1 - x) <= x^2"""
    c.count(step, 1)
    x = step.args["x"]
    c.plain(step, 0, le(0, x))
    c.conclude(step, le(2 * (1 - x / 3) * (mk("exp", x) - 1 - x), x**2))
