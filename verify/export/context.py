"""What the scripts of the rules share: one step, its variables, and the facts at hand."""

from __future__ import annotations

from bounds.terms import Term
from verify.export.development import Development, Known
from verify.export.text import Scope


class Context:
    """One step: its variables and the facts at hand."""

    def __init__(self, d: Development, k: int) -> None:
        self.d, self.k, self.step = d, k, d.steps[k]
        self.scope: Scope = d.scopes[k]
        self.known: Known = [(h, f"H{i}") for i, h in enumerate(self.step.hyps)]

    def premise(self, k: int, extra: Known = (), scope: Scope | None = None, known: Known | None = None) -> str:
        """Premise k, proved from the facts at hand (``known``: from these instead) and some more."""
        at = self.known if known is None else known
        return self.d.use(self.step.prem[k], self.scope if scope is None else scope, [*extra, *at])

    def fact(self, k: int) -> Term:
        return self.d.steps[self.step.prem[k]].concl

    def as_fact(
        self, k: int, wanted: Term, extra: Known = (), scope: Scope | None = None, known: Known | None = None
    ) -> str:
        """Premise k as a fact that is the same up to normal form."""
        scope = self.scope if scope is None else scope
        return self.d.coerce(self.fact(k), wanted, self.premise(k, extra, scope, known), scope)

    def at_time(self, claim: str, premise: int | None = None) -> str:
        """A claim about integers, from a premise or else from the minima of the variables."""
        if premise is None:
            return self.d.at_time(claim, self.scope)
        return self.d.from_fact("apply_time", self.step.prem[premise], self.premise(premise), claim, self.scope)

    def done(self, wanted: Term, proof: str) -> str:
        return f"exact {self.d.coerce(wanted, self.step.concl, proof, self.scope)}."

    def text(self, x: Term, scope: Scope | None = None) -> str:
        return self.d.printer.term(x, self.scope if scope is None else scope)

    def show(self, f: Term, scope: Scope | None = None) -> str:
        return self.d.printer.fact(f, self.scope if scope is None else scope)
