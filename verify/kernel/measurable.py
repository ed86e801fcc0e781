"""Which sigma-field a term belongs to: computed from the term, never promised (docs/rules.md)."""

from __future__ import annotations

from collections.abc import Mapping

from bounds.exponents import ALPHA
from bounds.statement import Statement
from bounds.terms import BINDERS, Term, mk, norm, shift, substitute, subterms, time, time_sub
from verify.kernel.normal import Normal, as_exponent, nonnegative


class Fields:
    """Measurability relative to a statement."""

    def __init__(self, statement: Statement) -> None:
        self.minima = {name: low for name, (low, _) in statement.integers.items()}
        self.levels = {p.name: p.level for p in statement.processes} | {statement.noise: 0}
        self.noise = statement.noise

    def surely_nonneg(self, t: Term) -> bool:
        """t >= 0 whatever the values of its variables (natural, or with a declared minimum)."""
        const, coefs = t.args
        return all(k >= 0 for _, k in coefs) and const + sum(k * self.minima.get(v, 0) for v, k in coefs) >= 0

    def measurable(self, term: Term, s: Term, uppers: Mapping[str, Term] | None = None) -> bool:
        """Is a scalar or vector term F_s-measurable?  ``uppers``: bound variable -> exclusive upper time."""
        uppers = uppers or {}
        head = term.head
        if head in ("proc", "vproc"):
            latest = shift(term.args[1], self.levels[term.args[0]])
            return self.surely_nonneg(time_sub(s, _latest(latest, uppers)))
        if head in ("E", "Ev"):
            return self.surely_nonneg(time_sub(s, _latest(term.args[0], uppers)))
        if head == "vvar" or head in ("all", "and", "whp"):
            return False
        if head in BINDERS:
            var, upto, body = term.args
            return self.measurable(body, s, {**uppers, var: _latest(upto, uppers)})
        return all(self.measurable(x, s, uppers) for x in subterms(term) if x.head != "time")

    def dominates(self, normal: Normal, bound: Term, s: Term) -> bool:
        """Is the bound a sum of monomials c m ||xi_{s+1}||^p, m F_s-measurable, 0 <= p <= alpha?"""
        noise_norm = normal.scalar(norm(mk("vproc", self.noise, shift(s, 1))))
        ((((atom, _),), _),) = noise_norm.items()
        return all(
            (nonnegative(e) and (ALPHA - as_exponent(e)).nonnegative())
            if a == atom
            else self.measurable(normal.term(a), s)
            for m in normal.scalar(bound)
            for a, e in m
        )


def _latest(t: Term, uppers: Mapping[str, Term]) -> Term:
    """The largest value of a time over its bound variables 0 <= j < upper.

    All at once: no upper mentions a bound variable, but it may mention a free one of the same name.
    """
    extreme = {v: shift(uppers[v], -1) if k > 0 else time(0) for v, k in t.args[1] if v in uppers}
    return substitute(t, extreme)


def deterministic(term: Term) -> bool:
    """No process, noise, expectation or vector variable inside."""
    if term.head in ("proc", "vproc", "E", "Ev", "vvar", "all", "and", "whp"):
        return False
    return all(deterministic(x) for x in subterms(term))
