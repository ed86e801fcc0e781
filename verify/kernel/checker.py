"""What the rules share: the checked steps, and how premises, hypotheses and conclusions are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bounds.statement import Statement, Step
from bounds.terms import (
    Term,
    free_variables,
    le,
)
from verify.kernel.measurable import Fields
from verify.kernel.normal import KernelError, Normal

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

    def displayed(self, step: Step, wanted: Term) -> None:
        """The rule is read off its conclusion, which is the very term, not another with the same normal form."""
        require(step.concl is wanted, "conclusion: expected exactly {!r}, got {!r}", wanted, step.concl)

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


def under_expectation(var: str, term: Any) -> bool:
    """Does the variable occur inside an E, Ev or whp?  Then "for each vector" is not "for all vectors at once"."""
    if isinstance(term, tuple):
        return any(under_expectation(var, x) for x in term)
    if not isinstance(term, Term):
        return False
    if term.head in ("E", "Ev", "whp"):
        return var in free_variables(term)
    return any(under_expectation(var, x) for x in term.args)
