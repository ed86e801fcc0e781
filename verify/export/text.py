"""Terms and facts as Coq text; the names that a certificate's objects bear there.

Every name gets a prefix by its kind (``p_lam``, ``i_N``, ``v_x0``, ``f_grad``, ``X_x``, ``n_t``, ``u_v``), so that
no name of a certificate can be mistaken for one of Coq or of the library.  ``w`` is the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from bounds.exponents import Exponent
from bounds.terms import Term, free_variables, num, par, subterms

Scope = Mapping[str, Any]  # variable -> "nat", "vec" or a time (a random vector measurable at it)


class Unsupported(ValueError):
    """A term that has no counterpart in the Coq library."""


def natural_power(e: Exponent) -> int | None:
    """The exponent as one of 0..16, which are products; None for any other."""
    c = e.constant
    return c.numerator if c is not None and c.denominator == 1 and 0 <= c.numerator <= 16 else None


def rational(q: Fraction) -> str:
    """The text of ``qval``: an integer or a quotient of two."""
    top = str(q.numerator) if q.numerator >= 0 else f"({q.numerator})"
    return top if q.denominator == 1 else f"({top} / {q.denominator})"


def exponent_text(e: Exponent) -> str:
    """An exponent as a real number in p_alpha."""
    top = _polynomial(e.num)
    return top if len(e.den) == 1 else f"({top} / {_polynomial(e.den)})"


def _polynomial(coefficients: Iterable[Fraction]) -> str:
    parts = []
    for k, c in enumerate(coefficients):
        if c:
            power = ("", "p_alpha", f"p_alpha ^ {k}")[min(k, 2)]
            parts.append(rational(c) if not k else power if c == 1 else f"{rational(c)} * {power}")
    out = " + ".join(parts) or "0"
    return f"({out})" if len(parts) != 1 or " " in out else out


def laurent(e: Exponent) -> Term | None:
    """The value of an exponent as a polynomial in alpha and 1/alpha, if its denominator is a power of alpha."""
    if any(e.den[:-1]):
        return None
    k = len(e.den) - 1
    terms = [num(c) * par("alpha") ** (j - k) if j != k else num(c) for j, c in enumerate(e.num) if c]
    out = terms[0] if terms else num(0)
    for t in terms[1:]:
        out = out + t
    return out


def integer(var: str, integers: Iterable[str]) -> str:
    return f"i_{var}" if var in integers else f"n_{var}"


def split_difference(x: Term) -> tuple[Term, Term] | None:
    """(a, b) when x is written as a + (-1) b."""
    if x.head == "add" and len(x.args) == 2:
        second = x.args[1]
        if second.head == "mul" and second.args[0] is num(-1) and len(second.args) == 2:
            return x.args[0], second.args[1]
    return None


def ordered(t: Term, integers: Iterable[str]) -> list[tuple[str, int]]:
    """The variables of a time: t, which recursions are about, then the others, and declared integers last."""
    return sorted(t.args[1], key=lambda vk: (vk[0] in integers, vk[0] != "t", vk[0]))


class Printer:
    """Text relative to the declared integers."""

    def __init__(self, integers: Iterable[str]) -> None:
        self.integers = frozenset(integers)
        self.cache: dict[Any, str] = {}

    def variable(self, var: str) -> str:
        return integer(var, self.integers)

    def time(self, t: Term) -> str:
        """An integer expression, to be read in Z."""
        const, coefs = t.args[0], ordered(t, self.integers)
        parts = [self.variable(v) if k == 1 else f"{k} * {self.variable(v)}" for v, k in coefs]
        if const or not parts:
            parts.append(str(const))
        out = " + ".join(parts)
        return f"({out})%Z" if len(parts) > 1 or const < 0 or "*" in out else out if coefs else f"{out}%Z"

    def real(self, t: Term) -> str:
        """The same as a real number."""
        const, coefs = t.args[0], ordered(t, self.integers)
        parts = [
            f"IZR {self.variable(v)}" if k == 1 else f"{rational(Fraction(k))} * IZR {self.variable(v)}"
            for v, k in coefs
        ]
        if const or not parts:
            parts.append(rational(Fraction(const)))
        return f"({' + '.join(parts)})" if len(parts) > 1 or coefs else parts[0]

    def term(self, x: Term, scope: Scope) -> str:
        free = free_variables(x)
        key = (x, tuple((v, kind) for v, kind in scope.items() if kind != "nat" and v in free))
        if key not in self.cache:
            self.cache[key] = self._term(x, scope)
        return self.cache[key]

    def _term(self, x: Term, scope: Scope) -> str:
        head, a = x.head, x.args
        if head == "q":
            return rational(a[0])
        if head == "par":
            return f"p_{a[0]}"
        if head == "n":
            return self.real(a[0])
        if head in ("add", "mul"):
            pair = split_difference(x)
            if pair is not None:
                return f"({self.term(pair[0], scope)} - {self.term(pair[1], scope)})"
            return self._fold(f" {'+' if head == 'add' else '*'} ", [self.term(s, scope) for s in a])
        if head == "pow":
            k = natural_power(a[1])
            base = self.term(a[0], scope)
            return f"({base} ^ {k})" if k is not None else f"(pw {base} {exponent_text(a[1])})"
        if head == "expo":
            value = laurent(a[0])
            return exponent_text(a[0]) if value is None else self.term(value, scope)
        if head in ("inner", "vadd", "scale"):
            out = self.term(a[-1], scope)
            for s in reversed(a[:-1]):
                out = f"({head} {self.term(s, scope)} {out})"
            return out
        if head in ("norm", "exp", "ln"):
            return f"({head} {self.term(a[0], scope)})"
        if head in ("proc", "vproc"):
            return f"(X_{a[0]} {self.time(a[1])} w)"
        if head in ("app", "vapp"):
            return f"(f_{a[0]} {self.term(a[1], scope)})"
        if head in ("sum", "vsum"):
            return f"({'Rsum' if head == 'sum' else 'Vsum'} {self.time(a[1])} {self.body(x, scope)})"
        if head in ("E", "Ev"):
            return f"({head} {self.time(a[0])} (fun w => {self.term(a[1], scope)}) w)"
        if head == "ind":
            if a[0].head not in ("le", "lt", "eq", "veq"):
                raise Unsupported(f"the indicator of {a[0]!r}")
            left, right = (self.term(s, scope) for s in a[0].args)
            return f"(ind_{a[0].head} {left} {right})"
        if head == "vpar":
            return f"v_{a[0]}"
        if head == "vvar":
            return f"u_{a[0]}" if scope.get(a[0]) == "vec" else f"(u_{a[0]} w)"
        raise Unsupported(f"a term with head {head}")

    def body(self, x: Term, scope: Scope) -> str:
        """The summand of a sum as a function of its bound variable."""
        var, _, summand = x.args
        return f"(fun n_{var} => {self.term(summand, {**scope, var: 'nat'})})"

    def _fold(self, op: str, parts: list[str]) -> str:
        out = parts[0]
        for p in parts[1:]:
            out = f"({out}{op}{p})"
        return out

    def fact(self, f: Term, scope: Scope) -> str:
        head, a = f.head, f.args
        if head in ("le", "lt", "eq", "veq"):
            relation = {"le": "<=", "lt": "<"}.get(head, "=")
            return f"{self.term(a[0], scope)} {relation} {self.term(a[1], scope)}"
        if head == "and":
            return " /\\ ".join(f"({self.fact(x, scope)})" for x in a)
        if head == "whp":
            return f"WHP {self.term(a[0], scope)} (fun w => {self.fact(a[1], scope)})"
        inner_scope = {**scope, **dict(a[0])}
        binders = "".join(self.binder(v, inner_scope) for v, _ in a[0])
        premises = "".join(f"({self.fact(p, inner_scope)}) -> " for p in a[1])
        return f"{binders}{premises}({self.fact(a[2], inner_scope)})"

    def binder(self, var: str, scope: Scope) -> str:
        """``forall`` one quantified variable, with what is known about it."""
        sort = scope[var]
        if sort == "nat":
            return f"forall n_{var} : Z, (0 <= n_{var})%Z -> "
        if sort == "vec":
            return f"forall u_{var} : V, "
        return f"forall u_{var} : Omega -> V, MeasV {self.time(sort)} u_{var} -> "


@cache
def random(x: Term) -> bool:
    """Does the text of a term or fact mention the outcome w?"""
    if x.head == "whp":
        return False
    if x.head in ("proc", "vproc", "E", "Ev"):
        return True
    if x.head == "all" and any(isinstance(s, Term) for _, s in x.args[0]):
        return True
    return any(random(s) for s in subterms(x))
