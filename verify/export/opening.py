"""The atoms of the terms of a step that Coq has to open all the way, and why some of them are equal.

A search of cost alone, as in ``closing.py``: an atom that is missing here, or an equality, Coq looks for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bounds.terms import Term, inner, is_vector, n, num, substitute, time
from verify.export.text import laurent, natural_power
from verify.kernel.normal import ONE, Normal, factor


@dataclass(frozen=True)
class Equality:
    """``Same`` scalars or ``Vsame`` vectors, seen from their insides, or a scalar that is ``Zero``."""

    tag: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Atoms:
    """The atoms of some terms, one for each value, and the equalities with the others, in the order of their proofs."""

    scalars: tuple[Term, ...]
    vectors: tuple[Term, ...]
    equal: tuple[Equality, ...]


class Opening:
    """Atoms, by normal form."""

    def __init__(self, normal: Normal) -> None:
        self.normal = normal
        self.parts: dict[Term, tuple[Term, ...]] = {}
        self.proofs: dict[tuple[Term, ...], tuple[Equality, ...]] = {}

    def atoms(self, terms: Iterable[Term]) -> Atoms:
        """Those of all these terms together."""
        first = dict[Any, Term]()
        equal = dict[Equality, None]()
        for x in dict.fromkeys(p for t in terms for p in self._parts(t)):
            if x.head in ("exp", "norm") and self.normal.scalar(x) in ({}, ONE):
                equal |= dict.fromkeys(self._proof(x))
            elif (one := first.setdefault(self._value(x), x)) is not x:
                equal |= dict.fromkeys(self._proof(x, one))
        scalars, vectors = (tuple(x for x in first.values() if is_vector(x) == kind) for kind in (False, True))
        return Atoms(scalars, vectors, tuple(equal))

    def _value(self, x: Term) -> Any:
        """The same for equal atoms."""
        if is_vector(x):
            return (True, *self.normal.vector(x))
        return (False, *self.normal.scalar(x)) if x.head != "q" else x

    def _proof(self, *terms: Term) -> tuple[Equality, ...]:
        """That an atom equals another, or is exp(0) or norm(0): what must be known of their insides, and this."""
        if terms not in self.proofs:
            try:
                inside = [s for x in terms for s in _inside(x, terms[-1])]
            except ValueError:  # a bound variable would be captured
                inside = []
            first = self.atoms(inside).equal
            if len(terms) == 1:
                self.proofs[terms] = (*first, Equality("Zero", (inside[0],)))
            else:
                self.proofs[terms] = (*first, Equality("Vsame" if is_vector(terms[0]) else "Same", terms))
        return self.proofs[terms]

    def _parts(self, x: Term) -> tuple[Term, ...]:
        if x not in self.parts:
            self.parts[x] = tuple(dict.fromkeys(self._opened(x)))
        return self.parts[x]

    def _opened(self, x: Term) -> Iterator[Term]:
        """The atoms of a term as it is written, from left to right."""
        head, a = x.head, x.args
        if head == "n":
            yield from (n(time(0, **{v: 1})) for v, _ in a[0].args[1])
        elif head in ("add", "mul", "vadd", "scale", "inner"):
            for s in a:
                yield from self._parts(s)
        elif head == "pow" and (natural_power(a[1]) is not None or not self._closed(x)):
            yield from self._parts(a[0])
            if natural_power(a[1]) is None:
                yield from self._primes(a[0])
        elif head == "expo" and (value := laurent(a[0])) is not None:
            yield from self._parts(value)
        elif head != "q":
            yield x
            if head == "norm" and self.normal.scalar(x):
                yield from self._parts(a[0])

    def _closed(self, x: Term) -> bool:
        """Is a power an atom?"""
        return any(self.normal.kind(atom) == "pow" for mono in self.normal.scalar(x) for atom, _ in mono)

    def _primes(self, base: Term) -> Iterator[Term]:
        """Of the rational factor of a term that is brought to a power."""
        for c in self.normal.scalar(base).values():
            for number in (c.numerator, c.denominator):
                yield from (num(p) for p, _ in factor(number))


def _inside(x: Term, like: Term) -> Sequence[Term]:
    """The terms inside an atom, its bound variable named as in another."""
    head, a = x.head, x.args
    if head == "norm":
        return (inner(a[0], a[0]),)
    if head == "ind":
        return tuple(reversed(a[0].args))
    if head in ("sum", "vsum"):
        return (substitute(a[2], {a[0]: time(0, **{like.args[0]: 1})}),)
    return tuple(s for s in a if isinstance(s, Term) and s.head != "time")
