"""Terms and facts: the language in which statements and proofs are written.

A term is a head and a tuple of arguments, interned, so equal terms are identical objects.  Sorts:

    time    ("time", const, ((variable, coefficient), ...))      an affine integer expression
    scalar  ("q", Fraction) ("par", name) ("n", time) ("proc", name, time) ("add", s, ...) ("mul", s, ...)
            ("pow", s, Exponent) ("expo", Exponent) ("inner", v, w) ("norm", v) ("app", f, v)
            ("sum", variable, time, s) ("E", time, s) ("ind", fact) ("exp", s) ("ln", s)
    vector  ("vpar", name) ("vvar", name) ("vproc", name, time) ("vadd", v, ...) ("scale", s, v)
            ("vapp", f, v) ("vsum", variable, time, v) ("Ev", time, v)
    fact    ("le", s, s) ("lt", s, s) ("eq", s, s) ("veq", v, v)
            ("and", fact, ...) ("all", ((name, sort), ...), (fact, ...), fact) ("whp", s, fact)

``("sum", j, T, s)`` is the sum over 0 <= j < T; ``("E", t, s)`` is E[s | F_t]; ``("n", t)`` is the
integer t as a real number; ``("expo", e)`` is the value of an exponent at alpha.  The sort of a quantified
variable is "nat" (an integer >= 0), "vec" (any vector), or a time t: an F_t-measurable vector.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from bounds.exponents import Exponent, fixed

SCALAR_HEADS = frozenset(
    [
        "q",
        "par",
        "n",
        "proc",
        "add",
        "mul",
        "pow",
        "expo",
        "inner",
        "norm",
        "app",
        "sum",
        "E",
        "ind",
        "exp",
        "ln",
    ]
)
VECTOR_HEADS = frozenset(["vpar", "vvar", "vproc", "vadd", "scale", "vapp", "vsum", "Ev"])
FACT_HEADS = frozenset(["le", "lt", "eq", "veq", "and", "all", "whp"])
BINDERS = frozenset(("sum", "vsum"))


class Term:
    """An interned node; compare with ``is``.  Arithmetic operators build new terms."""

    __slots__ = ("args", "head")
    head: str
    args: tuple[Any, ...]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("terms are immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its parts: what comes back is the interned term."""
        return mk, (self.head, *self.args)

    def __add__(self, other: Any) -> Term:
        return _sum(self, _lift(other, self))

    def __radd__(self, other: Any) -> Term:
        return _sum(_lift(other, self), self)

    def __neg__(self) -> Term:
        return num(-1) * self

    def __sub__(self, other: Any) -> Term:
        return self + (-_lift(other, self))

    def __rsub__(self, other: Any) -> Term:
        return _lift(other, self) + (-self)

    def __mul__(self, other: Any) -> Term:
        other = other if isinstance(other, Term) else num(other)
        if is_vector(other):
            return mk("scale", self, other)
        return mk("scale", other, self) if is_vector(self) else mk("mul", self, other)

    def __rmul__(self, other: Any) -> Term:
        return num(other) * self

    def __truediv__(self, other: Any) -> Term:
        return self * (_inverse(other) if isinstance(other, Term) else num(Fraction(1) / Fraction(other)))

    def __rtruediv__(self, other: Any) -> Term:
        return _inverse(self) if other == 1 else num(other) * _inverse(self)

    def __pow__(self, e: int | Fraction | Exponent) -> Term:
        return mk("pow", self, e if isinstance(e, Exponent) else fixed(e))

    def __repr__(self) -> str:
        from bounds.show import text

        return text(self)


_TABLE: dict[tuple[Any, ...], Term] = {}


def mk(head: str, *args: Any) -> Term:
    """The interned term (head, args)."""
    key = (head, *args)
    term = _TABLE.get(key)
    if term is None:
        term = object.__new__(Term)
        object.__setattr__(term, "head", head)
        object.__setattr__(term, "args", args)
        _TABLE[key] = term
    return term


def is_vector(term: Term) -> bool:
    return term.head in VECTOR_HEADS


def _inverse(x: Term) -> Term:
    """1/x; a power of a parameter is inverted in its exponent, to read better."""
    if x.head == "pow" and x.args[0].head == "par":
        return mk("pow", x.args[0], -x.args[1])
    return x**-1


def _lift(x: Any, like: Term) -> Term:
    if isinstance(x, Term):
        return x
    if is_vector(like):
        raise TypeError(f"cannot add the number {x!r} to a vector")
    return num(x)


def _sum(a: Term, b: Term) -> Term:
    if is_vector(a) != is_vector(b):
        raise TypeError("cannot add a scalar and a vector")
    return mk("vadd" if is_vector(a) else "add", a, b)


# --- constructors -----------------------------------------------------------------------------------


def num(x: int | str | Fraction) -> Term:
    """An exact rational.  Floats are refused: they are not what they print."""
    if isinstance(x, float):
        raise TypeError(f"expected an exact number, got the float {x!r}; write a string or a Fraction")
    return _num(x)


@cache
def _num(x: int | str | Fraction) -> Term:
    return mk("q", Fraction(x))


def time(const: int = 0, **coefs: int) -> Term:
    """The integer expression const + sum of coefficient * variable: ``time(-1, t=1)`` is t - 1."""
    return mk("time", const, tuple(sorted((v, c) for v, c in coefs.items() if c)))


def shift(t: Term, k: int) -> Term:
    """The time t + k."""
    return mk("time", t.args[0] + k, t.args[1])


def time_sub(s: Term, t: Term) -> Term:
    """The time s - t."""
    coefs = dict(s.args[1])
    for v, c in t.args[1]:
        coefs[v] = coefs.get(v, 0) - c
    return mk("time", s.args[0] - t.args[0], tuple(sorted((v, c) for v, c in coefs.items() if c)))


def par(name: str) -> Term:
    return mk("par", name)


def n(t: Term) -> Term:
    return mk("n", t)


def inner(v: Term, w: Term) -> Term:
    return mk("inner", v, w)


def norm(v: Term) -> Term:
    return mk("norm", v)


def sq(v: Term) -> Term:
    """||v||^2 for a vector, v^2 for a scalar."""
    return mk("inner", v, v) if is_vector(v) else v**2


def total(var: str, upto: Term, body: Term) -> Term:
    """The sum of body over 0 <= var < upto."""
    return mk("vsum" if is_vector(body) else "sum", var, upto, body)


def expect(t: Term, body: Term) -> Term:
    """E[body | F_t], of a scalar or of a vector."""
    return mk("Ev" if is_vector(body) else "E", t, body)


def ind(fact: Term) -> Term:
    return mk("ind", fact)


def le(a: Any, b: Any) -> Term:
    return mk("le", _scalar(a), _scalar(b))


def lt(a: Any, b: Any) -> Term:
    return mk("lt", _scalar(a), _scalar(b))


def eq(a: Any, b: Any) -> Term:
    return mk("eq", _scalar(a), _scalar(b))


def veq(v: Term, w: Term) -> Term:
    return mk("veq", v, w)


def both(*facts: Term) -> Term:
    """All of the facts."""
    return mk("and", *facts)


def forall(variables: Mapping[str, Any], premises: tuple[Term, ...], fact: Term) -> Term:
    """For all variables: if the premises hold then the fact holds."""
    return mk("all", tuple(variables.items()), tuple(premises), fact)


def whp(failure: Any, fact: Term) -> Term:
    """With probability at least 1 - failure the fact holds."""
    return mk("whp", _scalar(failure), fact)


def _scalar(x: Any) -> Term:
    return x if isinstance(x, Term) else num(x)


# --- traversal --------------------------------------------------------------------------------------


def subterms(term: Term) -> Iterator[Term]:
    """The immediate subterms (bound variable names and sorts' times included as they stand)."""
    for a in term.args:
        if isinstance(a, Term):
            yield a
        elif term.head == "all" and isinstance(a, tuple):
            for x in a:
                if isinstance(x, Term):
                    yield x
                elif isinstance(x[1], Term):
                    yield x[1]


@cache
def free_variables(term: Term) -> frozenset[str]:
    """The free integer and vector variables of a term or fact; kept, as the terms are."""
    if term.head == "time":
        return frozenset(v for v, _ in term.args[1])
    if term.head == "vvar":
        return frozenset((term.args[0],))
    if term.head in BINDERS:
        var, upto, body = term.args
        return free_variables(upto) | (free_variables(body) - {var})
    inside = frozenset().union(*(free_variables(s) for s in subterms(term)), frozenset())
    return inside - {v for v, _ in term.args[0]} if term.head == "all" else inside


def substitute(term: Term, sub: Mapping[str, Term]) -> Term:
    """Simultaneous substitution of times and vectors for variables; a capture raises ValueError."""
    free = free_variables(term)
    return term if free.isdisjoint(sub) else _substitute(term, frozenset((v, t) for v, t in sub.items() if v in free))


@cache
def _substitute(term: Term, values: frozenset[tuple[str, Term]]) -> Term:
    """The same for variables that are free in the term; kept, as the terms are."""
    sub = dict(values)
    if term.head == "time":
        const: int = term.args[0]
        coefs: dict[str, int] = {}
        for v, c in term.args[1]:
            if v in sub:
                if sub[v].head != "time":
                    raise ValueError(f"variable {v} is an integer, got the vector {sub[v]!r}")
                const += c * sub[v].args[0]
                for w, k in sub[v].args[1]:
                    coefs[w] = coefs.get(w, 0) + c * k
            else:
                coefs[v] = coefs.get(v, 0) + c
        return mk("time", const, tuple(sorted((v, c) for v, c in coefs.items() if c)))
    if term.head == "vvar":
        out = sub[term.args[0]]
        if not is_vector(out):
            raise ValueError(f"variable {term.args[0]} is a vector, got {out!r}")
        return out
    if term.head in BINDERS:
        var, upto, body = term.args
        inside = _under(sub, (var,), free_variables(body))
        return mk(term.head, var, substitute(upto, sub), substitute(body, inside))
    if term.head == "all":
        variables, premises, fact = term.args
        names = tuple(v for v, _ in variables)
        free = frozenset().union(free_variables(fact), *(free_variables(p) for p in premises))
        free |= frozenset().union(*(free_variables(s) for _, s in variables if isinstance(s, Term)), frozenset())
        inside = _under(sub, names, free)
        return mk(
            "all",
            tuple((v, substitute(s, inside) if isinstance(s, Term) else s) for v, s in variables),
            tuple(substitute(p, inside) for p in premises),
            substitute(fact, inside),
        )
    return mk(term.head, *(substitute(a, sub) if isinstance(a, Term) else a for a in term.args))


def _under(sub: Mapping[str, Term], bound: tuple[str, ...], free: frozenset[str]) -> dict[str, Term]:
    inside = {v: t for v, t in sub.items() if v not in bound and v in free}
    for v, t in inside.items():
        if free_variables(t) & set(bound):
            raise ValueError(f"substituting {t!r} for {v} is captured by the bound variable {bound}")
    return inside
