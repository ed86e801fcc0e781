"""How far must terms be opened to see that a combination of facts is an identity?  No farther than that Coq reads them.

``a <= c`` from ``a <= b`` and ``b <= c`` needs nothing of a, b and c; a polynomial identity in a few large terms needs
nothing of these.  The search is a matter of cost alone: what Coq is given it checks in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flint import fmpq

from bounds.terms import Term, n, num, time
from verify.export.reify import Atoms
from verify.export.text import Scope, laurent, natural_power, split_difference

if TYPE_CHECKING:
    from verify.export.combine import Item
    from verify.export.development import Development

Poly = dict[tuple[tuple[str, int], ...], fmpq]  # powers of atoms, named by their texts -> coefficient
DEPTHS = (0, 1, 2, 3, 4, 6, 99)
ONE: Poly = {(): fmpq(1)}
LIMIT = 400  # terms of a polynomial


class TooLarge(Exception):
    """A polynomial that is not worth expanding."""


def opened(
    d: Development,
    scope: Scope,
    goal: Term,
    items: Sequence[Item],
    squares: Sequence[tuple[Term, Term, Any]],
    scale: tuple[Term, Any] | None,
) -> Atoms:
    """The atoms with which ``combine`` succeeds: those of the least depth, or else those of the normal form."""
    facts = [goal, *(i.fact for i in items), *(i.sign[0] for i in items if i.sign), *(s[0] for *_, s in squares if s)]
    if scale is not None and scale[1] is not None:
        facts.append(scale[1][0])
    terms = [t for f in facts for t in f.args]
    terms += [i.weight for i in items] + [t for m, x, _ in squares for t in (m, x)] + ([scale[0]] if scale else [])
    before: frozenset[Term] | None = None
    if all(f.head in ("le", "lt", "eq") for f in facts) and not any(_vector(x) for _, x, _ in squares):
        for depth in DEPTHS:
            stop = frozenset(t for x in terms for t in _leaves(x, depth))
            if stop != before and _Check(d, scope, stop).holds(goal, items, squares, scale):
                return Atoms(d, scope, stop)
            before = stop
    return Atoms(d, scope)


def _vector(x: Term) -> bool:
    return x.head in ("vpar", "vvar", "vproc", "vadd", "scale", "vapp", "vsum", "Ev")


def _leaves(x: Term, depth: int) -> Iterator[Term]:
    """The parts of a term at a depth, where a numerical factor adds none."""
    pair = split_difference(x)
    if x.head in ("q", "n"):
        return
    if x.head == "mul" and pair is None and sum(s.head != "q" for s in x.args) == 1:
        yield from _leaves(next(s for s in x.args if s.head != "q"), depth)
    elif depth and (pair is not None or x.head in ("add", "mul")):
        for s in pair or x.args:
            yield from _leaves(s, depth - 1)
    elif depth and x.head == "pow" and natural_power(x.args[1]) is not None:
        yield from _leaves(x.args[0], depth - 1)
    elif depth and x.head == "expo" and (value := laurent(x.args[0])) is not None:
        yield from _leaves(value, depth)
    else:
        yield x


class _Check:
    """The check of ``combine`` with some terms closed."""

    def __init__(self, d: Development, scope: Scope, stop: frozenset[Term]) -> None:
        self.atoms = Atoms(d, scope, stop)
        self.signs: dict[str, int] = {}
        self.cache: dict[Term, Poly] = {}

    def holds(self, goal: Term, items: Iterable[Item], squares: Iterable[Any], scale: tuple[Term, Any] | None) -> bool:
        try:
            a, b = map(self.poly, goal.args)
            factor, positive = dict(ONE), True
            if scale is not None:
                factor = self._factor(*scale)
                positive = self.positive(factor) if scale[1] is None else scale[1][0].head == "lt"
            rest, strict = _times(factor, _plus(b, a, -1)), False
            for i in items:
                difference = _plus(self.poly(i.fact.args[1]), self.poly(i.fact.args[0]), -1)
                weight = self._factor(i.weight, i.sign)
                if i.fact.head == "eq":
                    weight = self.poly(i.weight)
                elif i.sign is None and not self.nonnegative(weight):
                    return False
                elif i.fact.head == "lt":
                    strict |= self.positive(weight) if i.sign is None else i.sign[0].head == "lt"
                rest = _plus(rest, _times(weight, difference), -1)
            for c, x, sign in squares:
                weight, root = self._factor(c, sign), self.poly(x)
                if sign is None and not self.nonnegative(weight):
                    return False
                rest = _plus(rest, _times(weight, _times(root, root)), -1)
        except TooLarge:
            return False
        if goal.head == "eq":
            return positive and not rest
        return positive and self.nonnegative(rest) and (goal.head == "le" or strict or self.positive(rest))

    def _factor(self, weight: Term, sign: Any) -> Poly:
        """A multiplier, or with a proof of its sign the difference that is not negative."""
        if sign is None:
            return self.poly(weight)
        low, high = map(self.poly, sign[0].args)
        return _plus(high, low, -1)

    def nonnegative(self, p: Poly) -> bool:
        return all(c >= 0 and all(self.signs[a] or not k % 2 for a, k in m) for m, c in p.items())

    def positive(self, p: Poly) -> bool:
        return self.nonnegative(p) and any(c > 0 and all(self.signs[a] == 2 for a, _ in m) for m, c in p.items())

    def poly(self, x: Term) -> Poly:
        if x not in self.cache:
            self.cache[x] = self._poly(x)
        return self.cache[x]

    def _atom(self, x: Term) -> Poly:
        text, sign = self.atoms.known(x)
        self.signs[text] = sign
        return {((text, 1),): fmpq(1)}

    def _poly(self, x: Term) -> Poly:
        if x.head == "q":
            return {(): fmpq(*x.args[0].as_integer_ratio())} if x.args[0] else {}
        if self.atoms.closed(x):
            return self._atom(x)
        if x.head == "n":
            const, coefficients = x.args[0].args
            out: Poly = {(): fmpq(const)} if const else {}
            for v, k in coefficients:
                out = _plus(out, self._atom(n(time(0, **{v: 1}))), k)
            return out
        if x.head == "pow":
            out, base = dict(ONE), self.poly(x.args[0])
            for _ in range(natural_power(x.args[1]) or 0):
                out = _times(out, base)
            return out
        if x.head == "expo":
            return self.poly(laurent(x.args[0]) or num(0))
        out = dict(ONE) if x.head == "mul" else {}
        for s in x.args:
            out = _times(out, self.poly(s)) if x.head == "mul" else _plus(out, self.poly(s), 1)
        return out


def _plus(p: Poly, q: Poly, k: int) -> Poly:
    """p + k q"""
    out = dict(p)
    for m, c in q.items():
        total = out.get(m, fmpq(0)) + k * c
        if total:
            out[m] = total
        else:
            out.pop(m, None)
    return out


def _times(p: Poly, q: Poly) -> Poly:
    if len(p) * len(q) > LIMIT:
        raise TooLarge
    out: Poly = {}
    for m, c in p.items():
        for k, d in q.items():
            powers = dict(m)
            for a, e in k:
                powers[a] = powers.get(a, 0) + e
            mono = tuple(sorted(powers.items()))
            out[mono] = out.get(mono, fmpq(0)) + c * d
    return {m: c for m, c in out.items() if c}
