"""The inference rules.  Each function checks one step and raises ``KernelError``; docs/rules.md is the specification.

In the docstrings ``G`` stands for the step's hypotheses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bounds.exponents import exponent
from bounds.statement import Statement, Step
from bounds.terms import (
    Term,
    both,
    eq,
    expect,
    forall,
    free_variables,
    ind,
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
    whp,
)
from verify.kernel.measurable import Fields, deterministic
from verify.kernel.normal import KernelError, Normal, add, vec_add

ONE_EXPONENT = exponent([1])
COMPARISONS = ("le", "lt", "eq", "veq")


def require(condition: bool, message: str, *values: object) -> None:
    """Raise unless the condition holds; the message is formatted only then."""
    if not condition:
        raise KernelError(message.format(*values))


@dataclass
class Checker:
    """The statement, what is known about its terms, and the steps checked so far."""

    statement: Statement
    normal: Normal
    fields: Fields
    done: list[Step]

    # --- shared vocabulary of the rules ---

    def premise(self, step: Step, k: int) -> Step:
        require(k < len(step.prem), "expected at least {} premises, got {}", k + 1, len(step.prem))
        return self.done[step.prem[k]]

    def count(self, step: Step, k: int) -> None:
        require(len(step.prem) == k, "expected {} premises, got {}", k, len(step.prem))

    def same(self, f: Term, g: Term) -> bool:
        return self.normal.same(f, g)

    def expect_fact(self, found: Term, wanted: Term, what: str) -> None:
        require(self.same(found, wanted), "{}: expected {!r}, got {!r}", what, wanted, found)

    def within(self, premise: Step, *available: Term) -> None:
        """The premise's hypotheses are among the available facts."""
        for h in premise.hyps:
            if not any(h is g for g in available):
                require(any(self.same(h, g) for g in available), "hypothesis {!r} of a premise is not available", h)

    def plain(self, step: Step, k: int, wanted: Term, what: str = "premise") -> None:
        """Premise k is ``G |- wanted``."""
        p = self.premise(step, k)
        self.within(p, *step.hyps)
        self.expect_fact(p.concl, wanted, f"{what} {k}")

    def conclude(self, step: Step, wanted: Term) -> None:
        self.expect_fact(step.concl, wanted, "conclusion")

    def natural(self, var: Any) -> None:
        ok = isinstance(var, str) and var not in self.statement.integers
        require(ok, "expected a natural variable that is not a declared integer, got {!r}", var)

    def not_free(self, var: str, facts: tuple[Term, ...]) -> None:
        for h in facts:
            require(var not in free_variables(h), "variable {} is free in the hypothesis {!r}", var, h)

    def surely_nonneg(self, t: Term) -> bool:
        return self.fields.surely_nonneg(t)

    def dominated(self, step: Step, k: int, x: Term, s: Term) -> int:
        """Premises k, k+1 are ``x <= D`` and ``-x <= D`` with D dominating given F_s; the next position."""
        p = self.premise(step, k)
        require(p.concl.head == "le", "premise {}: expected a bound of {!r}, got {!r}", k, x, p.concl)
        bound = p.concl.args[1]
        self.plain(step, k, le(x, bound), "dominating premise")
        self.plain(step, k + 1, le(-x, bound), "dominating premise")
        require(self.fields.dominates(self.normal, bound, s), "{!r} does not dominate given F[{!r}]", bound, s)
        return k + 2

    def predictable_hyps(self, step: Step, s: Term) -> None:
        for h in step.hyps:
            ok = h.head in COMPARISONS and self.fields.measurable(h, s)
            require(ok, "hypothesis {!r} is not F[{!r}]-measurable", h, s)


# --- logic ------------------------------------------------------------------------------------------


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


def under_expectation(var: str, term: Any) -> bool:
    """Does the variable occur inside an E, Ev or whp?  Then "for each vector" is not "for all vectors at once"."""
    if isinstance(term, tuple):
        return any(under_expectation(var, x) for x in term)
    if not isinstance(term, Term):
        return False
    if term.head in ("E", "Ev", "whp"):
        return var in free_variables(term)
    return any(under_expectation(var, x) for x in term.args)


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


# --- algebra ----------------------------------------------------------------------------------------


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
    c.conclude(step, le(inner(v, w), norm(v) * norm(w)))


def rule_pow_pos(c: Checker, step: Step) -> None:
    """G |- 0 < s
    ------------
    G |- 0 < s^e"""
    c.count(step, 1)
    require(step.concl.head == "lt", "expected 0 < s^e, got {!r}", step.concl)
    power = _power(step.concl.args[1])
    c.plain(step, 0, lt(0, power.args[0]))
    c.conclude(step, lt(0, power))


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
    c.conclude(step, eq(first * second, mk("pow", first.args[0], first.args[1] + second.args[1])))


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
    signs = [c.premise(step, k).concl for k in (0, 1)]
    require(all(f.head == "le" for f in signs), "expected the signs of x and z")
    x, z = (f.args[1] for f in signs)
    c.plain(step, 0, le(0, x))
    c.plain(step, 1, le(0, z))
    product = mk("pow", x, theta) * mk("pow", z, rest)
    c.conclude(step, le(product, mk("expo", theta) * x + mk("expo", rest) * z))


def rule_ind_one(c: Checker, step: Step) -> None:
    """G |- F
    ---------------
    G |- ind(F) = 1"""
    c.count(step, 1)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "ind"
    require(ok, "expected ind(F) = 1, got {!r}", step.concl)
    c.plain(step, 0, step.concl.args[0].args[0])
    c.conclude(step, eq(step.concl.args[0], 1))


def rule_exp_neg_ln(c: Checker, step: Step) -> None:
    """G |- 0 < s
    --------------------
    G |- exp(-ln s) = 1/s"""
    c.count(step, 1)
    p = c.premise(step, 0).concl
    require(p.head == "lt", "expected 0 < s, got {!r}", p)
    s = p.args[1]
    c.plain(step, 0, lt(0, s))
    c.conclude(step, eq(mk("exp", -mk("ln", s)), s**-1))


def rule_exp_mono(c: Checker, step: Step) -> None:
    """G |- a <= b
    --------------------
    G |- exp(a) <= exp(b)"""
    c.count(step, 1)
    p = c.premise(step, 0).concl
    require(p.head == "le", "expected a <= b, got {!r}", p)
    a, b = p.args
    c.plain(step, 0, le(a, b))
    c.conclude(step, le(mk("exp", a), mk("exp", b)))


def rule_exp_add(c: Checker, step: Step) -> None:
    """----------------------------
    G |- exp(a) exp(b) = exp(a+b)"""
    c.count(step, 0)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "mul" and len(step.concl.args[0].args) == 2
    require(
        ok and all(x.head == "exp" for x in step.concl.args[0].args), "expected exp(a) exp(b), got {!r}", step.concl
    )
    first, second = step.concl.args[0].args
    c.conclude(step, eq(first * second, mk("exp", first.args[0] + second.args[0])))


def rule_exp_tangent(c: Checker, step: Step) -> None:
    """-------------------
    G |- 1 + a <= exp(a)"""
    c.count(step, 0)
    ok = step.concl.head == "le" and step.concl.args[1].head == "exp"
    require(ok, "expected 1 + a <= exp(a), got {!r}", step.concl)
    c.conclude(step, le(1 + step.concl.args[1].args[0], step.concl.args[1]))


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
    c.conclude(step, veq(s, num(0) * s) if is_vector(s) else eq(s, 0))


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
    c.conclude(step, veq(s, value) if is_vector(s) else eq(s, value))


def rule_inner_sum(c: Checker, step: Step) -> None:
    """------------------------------------------------- [j not free in v]
    G |- <v, vsum(j<T, w)> = sum(j<T, <v, w>)"""
    c.count(step, 0)
    ok = step.concl.head == "eq" and step.concl.args[0].head == "inner"
    require(ok and step.concl.args[0].args[1].head == "vsum", "expected <v, vsum> = sum, got {!r}", step.concl)
    v, s = step.concl.args[0].args
    var, upto, body = s.args
    require(var not in free_variables(v), "the bound variable {} is free in {!r}", var, v)
    c.conclude(step, eq(inner(v, s), total(var, upto, inner(v, body))))


def _power(x: Term) -> Term:
    if x.head != "pow":
        raise KernelError(f"expected a power, got {x!r}")
    return x


def _sum_of(x: Term) -> Term:
    if x.head not in ("sum", "vsum"):
        raise KernelError(f"expected a sum, got {x!r}")
    return x


# --- expectation ------------------------------------------------------------------------------------


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
    c.conclude(step, eq(inner(a, ev), expect(s, inner(a, v))))


# --- probability ------------------------------------------------------------------------------------


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


RULES: dict[str, Callable[[Checker, Step], None]] = {
    "given": rule_given,
    "assume": rule_assume,
    "define": rule_define,
    "intro": rule_intro,
    "elim": rule_elim,
    "cases": rule_cases,
    "conj": rule_conj,
    "pick": rule_pick,
    "induct": rule_induct,
    "induct_strong": rule_induct_strong,
    "absurd": rule_absurd,
    "combine": rule_combine,
    "cauchy_schwarz": rule_cauchy_schwarz,
    "pow_pos": rule_pow_pos,
    "pow_split": rule_pow_split,
    "pow_mono": rule_pow_mono,
    "amgm": rule_amgm,
    "ind_one": rule_ind_one,
    "exp_neg_ln": rule_exp_neg_ln,
    "exp_mono": rule_exp_mono,
    "exp_add": rule_exp_add,
    "exp_tangent": rule_exp_tangent,
    "exp_convex": rule_exp_convex,
    "exp_remainder": rule_exp_remainder,
    "sum_zero": rule_sum_zero,
    "sum_step": rule_sum_step,
    "inner_sum": rule_inner_sum,
    "E_mono": rule_e_mono,
    "E_lin": rule_e_lin,
    "E_vec": rule_e_vec,
    "freedman": rule_freedman,
    "ville": rule_ville,
    "whp": rule_whp,
}
