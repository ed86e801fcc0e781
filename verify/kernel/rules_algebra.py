"""Rules of algebra: combination of known facts, powers, sums (docs/rules.md).

In the docstrings ``G`` stands for the step's hypotheses.
"""

from __future__ import annotations

from collections.abc import Callable

from bounds.exponents import exponent
from bounds.statement import Step
from bounds.terms import (
    Term,
    eq,
    free_variables,
    inner,
    is_vector,
    le,
    lt,
    mk,
    n,
    norm,
    num,
    shift,
    substitute,
    time,
    total,
    veq,
)
from verify.kernel.checker import Checker, require
from verify.kernel.normal import KernelError, add, vec_add

ONE_EXPONENT = exponent([1])


def rule_combine(c: Checker, step: Step) -> None:
    """G |- c_i <= d_i    G |- 0 <= m_i
    ------------------------------------------------------------------- [see docs/rules.md]
    G |- a <= b     when  scale (b-a) = sum m_i (d_i - c_i) + squares + (something manifestly nonnegative)"""
    used: set[int] = set()

    def concluded(k: int) -> Term:
        used.add(k)
        p = c.premise(step, k)
        c.within(p, *step.hyps)
        return p.concl

    def positivity(m: Term, k: int | None) -> str:
        """ "pos", "nonneg" or "unknown", from the sign premise or manifestly."""
        if k is not None:
            fact = concluded(k)
            for head in ("lt", "le"):
                if fact.head == head and c.same(fact, mk(head, num(0), m)):
                    return "pos" if head == "lt" else "nonneg"
            raise KernelError(f"expected the sign of {m!r}, got {fact!r}")
        p = c.normal.scalar(m)
        if c.normal.manifestly_positive(p):
            return "pos"
        return "nonneg" if c.normal.manifestly_nonneg(p) else "unknown"

    goal = step.concl
    if goal.head == "veq":
        _combine_vectors(c, step, concluded)
    else:
        require(goal.head in ("le", "lt", "eq"), "combine cannot conclude {!r}", goal)
        rest, strict = c.normal.difference(*goal.args), False
        if step.args.get("scale") is not None:
            factor, k = step.args["scale"]
            require(positivity(factor, k) == "pos", "the scale {!r} is not positive", factor)
            rest = c.normal.mul(c.normal.scalar(factor), rest)
        for k, m, sign in step.args.get("items", ()):
            fact = concluded(k)
            if fact.head == "veq":
                part = c.normal.scalar(inner(m, fact.args[1] - fact.args[0]))
            else:
                require(fact.head in ("le", "lt", "eq"), "cannot combine {!r}", fact)
                part = c.normal.mul(c.normal.scalar(m), c.normal.difference(*fact.args))
                if fact.head != "eq":
                    require(goal.head != "eq", "an equation does not follow from inequalities")
                    found = positivity(m, sign)
                    require(found != "unknown", "the multiplier {!r} is not known to be nonnegative", m)
                    strict = strict or (fact.head == "lt" and found == "pos")
            rest = add(rest, part, -1)
        for coefficient, term, sign in step.args.get("squares", ()):
            require(goal.head != "eq", "an equation does not follow from squares")
            require(positivity(coefficient, sign) != "unknown", "{!r} is not known to be nonnegative", coefficient)
            square = inner(term, term) if is_vector(term) else term * term
            rest = add(rest, c.normal.scalar(coefficient * square), -1)
        if rest if goal.head == "eq" else not c.normal.manifestly_nonneg(rest):
            raise KernelError(f"{goal!r} does not follow: residual {c.normal.show(rest)}")
        if goal.head == "lt":
            strict = strict or c.normal.manifestly_positive(rest)
            require(strict, "{!r} is strict but nothing strict was used", goal)
    require(used == set(range(len(step.prem))), "every premise must be used")


def _combine_vectors(c: Checker, step: Step, concluded: Callable[[int], Term]) -> None:
    require(not step.args.get("squares") and step.args.get("scale") is None, "no squares or scale for vectors")
    rest = vec_add(c.normal.vector(step.concl.args[1]), c.normal.vector(step.concl.args[0]), -1)
    for k, m, _ in step.args.get("items", ()):
        fact = concluded(k)
        require(fact.head == "veq", "a vector equation does not follow from {!r}", fact)
        rest = vec_add(rest, c.normal.vector(m * (fact.args[1] - fact.args[0])), -1)
    if rest:
        raise KernelError(f"{step.concl!r} does not follow: residual {c.normal.show_vector(rest)}")


def rule_cauchy_schwarz(c: Checker, step: Step) -> None:
    """--------------------------
    G |- <v, w> <= ||v|| ||w||"""
    c.count(step, 0)
    ok = step.concl.head == "le" and step.concl.args[0].head == "inner"
    require(ok, "expected <v, w> <= ||v|| ||w||, got {!r}", step.concl)
    v, w = step.concl.args[0].args
    c.displayed(step, le(inner(v, w), norm(v) * norm(w)))


def rule_pow_pos(c: Checker, step: Step) -> None:
    """G |- 0 < s
    ------------
    G |- 0 < s^e"""
    c.count(step, 1)
    require(step.concl.head == "lt", "expected 0 < s^e, got {!r}", step.concl)
    power = _power(step.concl.args[1])
    c.plain(step, 0, lt(0, power.args[0]))
    c.displayed(step, lt(0, power))


def rule_pow_split(c: Checker, step: Step) -> None:
    """G |- 0 < s
    ---------------------------
    G |- s^e1 s^e2 = s^(e1+e2)"""
    c.count(step, 1)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "mul" and len(step.concl.args[0].args) == 2
    require(ok, "expected s^e1 * s^e2 = s^(e1+e2), got {!r}", step.concl)
    first, second = (_power(x) for x in step.concl.args[0].args)
    require(first.args[0] is second.args[0], "the two powers have different bases")
    c.plain(step, 0, lt(0, first.args[0]))
    c.displayed(step, eq(first * second, mk("pow", first.args[0], first.args[1] + second.args[1])))


def rule_pow_mono(c: Checker, step: Step) -> None:
    """G |- 0 <= a   G |- a <= b                 G |- 0 < a   G |- a <= b
    ------------------------- [e >= 0]        ------------------------- [e <= 0]
    G |- a^e <= b^e                           G |- b^e <= a^e"""
    c.count(step, 2)
    require(step.concl.head == "le", "expected a^e <= b^e, got {!r}", step.concl)
    left, right = (_power(x) for x in step.concl.args)
    e = left.args[1]
    require(e == right.args[1], "the two powers have different exponents")
    if e.nonnegative():
        a, b = left.args[0], right.args[0]
        c.plain(step, 0, le(0, a))
    else:
        require((-e).nonnegative(), "the sign of the exponent {} is not constant on (1,2]", e)
        a, b = right.args[0], left.args[0]
        c.plain(step, 0, lt(0, a))
    c.plain(step, 1, le(a, b))


def rule_amgm(c: Checker, step: Step) -> None:
    """G |- 0 <= x    G |- 0 <= z
    ------------------------------------------------------- [0 <= theta <= 1]
    G |- x^theta z^(1-theta) <= theta x + (1-theta) z"""
    c.count(step, 2)
    theta = step.args["theta"]
    rest = ONE_EXPONENT - theta
    require(theta.nonnegative() and rest.nonnegative(), "theta = {} is not in [0, 1] on (1,2]", theta)
    left = step.concl.args[0] if step.concl.head == "le" else step.concl
    ok = left.head == "mul" and [x.head for x in left.args] == ["pow", "pow"]
    require(
        ok and [y.args[1] for y in left.args] == [theta, rest],
        "expected x^({}) z^({}) <= ..., got {!r}",
        theta,
        rest,
        step.concl,
    )
    x, z = (y.args[0] for y in left.args)
    c.plain(step, 0, le(0, x))
    c.plain(step, 1, le(0, z))
    c.conclude(step, le(left, mk("expo", theta) * x + mk("expo", rest) * z))


def rule_ind_one(c: Checker, step: Step) -> None:
    """G |- F
    ---------------
    G |- ind(F) = 1"""
    c.count(step, 1)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "ind"
    require(ok, "expected ind(F) = 1, got {!r}", step.concl)
    c.plain(step, 0, step.concl.args[0].args[0])
    c.displayed(step, eq(step.concl.args[0], 1))


def rule_sum_zero(c: Checker, step: Step) -> None:
    """G |- n(T) <= 0
    ---------------------
    G |- sum(j<T, b) = 0"""
    s = _sum_of(step.concl.args[0])
    if s.args[1] is time(0):
        c.count(step, 0)
    else:
        c.count(step, 1)
        c.plain(step, 0, le(n(s.args[1]), 0))
    c.displayed(step, veq(s, num(0) * s) if is_vector(s) else eq(s, 0))


def rule_sum_step(c: Checker, step: Step) -> None:
    """G |- 0 <= n(T)
    ------------------------------------------
    G |- sum(j<T+1, b) = sum(j<T, b) + b[j:=T]"""
    s = _sum_of(step.concl.args[0])
    var, upto, body = s.args
    before = shift(upto, -1)
    if c.surely_nonneg(before):
        c.count(step, 0)
    else:
        c.count(step, 1)
        c.plain(step, 0, le(0, n(before)))
    value = total(var, before, body) + substitute(body, {var: before})
    c.displayed(step, veq(s, value) if is_vector(s) else eq(s, value))


def rule_inner_sum(c: Checker, step: Step) -> None:
    """------------------------------------------------- [j not free in v]
    G |- <v, vsum(j<T, w)> = sum(j<T, <v, w>)"""
    c.count(step, 0)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "inner"
    require(ok and step.concl.args[0].args[1].head == "vsum", "expected <v, vsum> = sum, got {!r}", step.concl)
    v, s = step.concl.args[0].args
    var, upto, body = s.args
    require(var not in free_variables(v), "the bound variable {} is free in {!r}", var, v)
    c.displayed(step, eq(inner(v, s), total(var, upto, inner(v, body))))


def _power(x: Term) -> Term:
    if x.head != "pow":
        raise KernelError(f"expected a power, got {x!r}")
    return x


def _sum_of(x: Term) -> Term:
    if x.head not in ("sum", "vsum"):
        raise KernelError(f"expected a sum, got {x!r}")
    return x
