"""How far must terms be opened to see that a combination of facts is an identity?  No farther than that Coq reads them.

``a <= c`` from ``a <= b`` and ``b <= c`` needs nothing of a, b and c; a polynomial identity in a few large terms needs
nothing of these.  The search is a matter of cost alone: what Coq is given it checks in any case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from flint import fmpq

from bounds.statement import Statement, Step
from bounds.terms import Term, is_vector, n, num, time
from verify.export.text import laurent, natural_power, split_difference

Mono = frozenset[tuple[Term, int]]  # powers of atoms
Poly = dict[Mono, fmpq]
DEPTHS = (0, 1, 2, 3, 4, 6, 99)
ONE: Poly = {frozenset(): fmpq(1)}
LIMIT = 400  # terms of a polynomial
FIELD = 2**61 - 1  # a prime


class TooLarge(Exception):
    """A polynomial that is not worth expanding."""


@dataclass(frozen=True)
class Summand:
    """A known ``low <= high`` (or < or =), or a square, with a multiplier or the fact that gives its sign."""

    weight: Term
    sign: Term | None
    fact: Term | None = None
    root: Term | None = None

    @property
    def strict(self) -> bool:
        return self.fact is not None and self.fact.head == "lt"

    @property
    def equation(self) -> bool:
        return self.fact is not None and self.fact.head == "eq"


class Closing:
    """The search, for certificates in which a name means the same."""

    def __init__(self) -> None:
        self.signs: dict[str, str] = {}
        self.times: dict[str, int] = {}  # minima of integers, levels of processes
        self.points = Points()
        self.open = _Check(self.signs, frozenset(), self.points)  # nothing is closed but what is no polynomial
        self.known: dict[Any, list[Term] | None] = {}

    def admits(self, st: Statement) -> bool:
        """Does a statement give every name the meaning that it has here?  Then its names are known from now on."""
        signs = {name: p.sign for name, p in st.parameters.items()}
        signs |= {name: "pos" if low else "nonneg" for name, (low, _) in st.integers.items()}
        times = {name: low for name, (low, _) in st.integers.items()}
        times |= {p.name: p.level for p in st.processes} | {st.noise: 0}
        if self.signs | signs != signs | self.signs or self.times | times != times | self.times:
            return False
        self.signs |= signs
        self.times |= times
        return True

    def terms(self, step: Step, fact: Callable[[int], Term]) -> list[Term] | None:
        """The sums and products that may stay closed for ``combine``; None: more than polynomials is needed."""

        def sign(k: int | None) -> Term | None:
            return None if k is None else fact(k)

        summands = [Summand(m, sign(s), fact(k)) for k, m, s in step.args.get("items", ())]
        summands += [Summand(m, sign(s), None, x) for m, x, s in step.args.get("squares", ())]
        scale = step.args.get("scale")
        factor = Summand(num(1), None) if scale is None else Summand(scale[0], sign(scale[1]))
        key = (step.concl, factor, *summands)
        if key not in self.known:
            self.known[key] = self._search(step.concl, summands, factor)
        return self.known[key]

    def _search(self, goal: Term, summands: list[Summand], factor: Summand) -> list[Term] | None:
        facts = [goal, *(f for s in (*summands, factor) for f in (s.fact, s.sign) if f is not None)]
        if any(f.head not in ("le", "lt", "eq") for f in facts) or any(s.root and is_vector(s.root) for s in summands):
            return None
        zero = self.open.vanishes(goal, summands, factor)
        if not zero and (goal.head == "eq" or not self.open.holds(goal, summands, factor, zero)):
            return None
        terms = dict.fromkeys(t for f in facts for t in f.args)
        terms |= dict.fromkeys(t for s in (*summands, factor) for t in (s.weight, s.root) if t is not None)
        before: frozenset[Term] | None = None
        for depth in DEPTHS:
            leaves = dict.fromkeys(t for x in terms for t in _leaves(x, depth))
            stop = frozenset(leaves)
            check = _Check(self.signs, stop, self.points) if stop else self.open
            same = zero and stop != before and check.vanishes(goal, summands, factor)
            if stop != before and same == zero and check.holds(goal, summands, factor, zero):
                return list(leaves)
            before = stop
        return None


class Points:
    """A number for each atom: two polynomials that agree there are taken to be equal."""

    def __init__(self) -> None:
        self.random = Random(0)
        self.known: dict[Term, int] = {}

    def __call__(self, x: Term) -> int:
        if x not in self.known:
            self.known[x] = self.random.randrange(FIELD)
        return self.known[x]


def _polynomial(x: Term) -> bool:
    """Could a term be opened?"""
    if x.head == "pow":
        return natural_power(x.args[1]) is not None
    return x.head in ("add", "mul", "q", "n") or (x.head == "expo" and laurent(x.args[0]) is not None)


@cache
def _leaves(x: Term, depth: int) -> tuple[Term, ...]:
    """The parts of a term at a depth that could be opened there; a numerical factor adds no depth."""
    if x.head in ("q", "n"):
        return ()
    if x.head == "mul" and sum(s.head != "q" for s in x.args) == 1:
        return _leaves(next(s for s in x.args if s.head != "q"), depth)
    if not _polynomial(x):
        return ()
    if not depth:
        return (x,)
    if x.head == "pow":
        return _leaves(x.args[0], depth - 1)
    if x.head == "expo":
        return _leaves(laurent(x.args[0]) or num(0), depth)
    return tuple(dict.fromkeys(t for s in split_difference(x) or x.args for t in _leaves(s, depth - 1)))


class _Check:
    """The check of ``combine`` with some terms closed."""

    def __init__(self, signs: Mapping[str, str], stop: frozenset[Term], points: Points) -> None:
        self.signs, self.stop, self.points = signs, stop, points
        self.polynomials: dict[Term, Poly] = {}
        self.values: dict[Term, int] = {}

    def vanishes(self, goal: Term, summands: list[Summand], factor: Summand) -> bool:
        """Is the rest zero?"""
        rest = self._factor_at(factor) * self._difference_at(goal)
        for s in summands:
            value = self._factor_at(s)
            if s.fact is not None:
                value *= self._difference_at(s.fact)
            if s.root is not None:
                value *= self.value(s.root) ** 2
            rest -= value
        return rest % FIELD == 0

    def holds(self, goal: Term, summands: list[Summand], factor: Summand, zero: bool) -> bool:
        """Does the rule apply?  ``zero``: the rest is known to be zero."""
        if goal.head == "eq":
            return zero
        try:
            if not (self._head(factor, lt=True) and all(self._head(s) for s in summands if not s.equation)):
                return False
            strict = any(s.strict and self._head(s, lt=True) for s in summands)
            if zero:
                return goal.head == "le" or strict
            rest = self._rest(goal, summands, factor)
        except TooLarge:
            return False
        return self.nonnegative(rest) and (goal.head == "le" or strict or self.positive(rest))

    def _head(self, s: Summand, lt: bool = False) -> bool:
        """Is a multiplier known to be nonnegative, or positive?"""
        if s.sign is not None:
            return not lt or s.sign.head == "lt"
        if s.weight.head == "q":
            return s.weight.args[0] > 0 or (not lt and s.weight.args[0] == 0)
        poly = self.poly(s.weight)
        return self.positive(poly) if lt else self.nonnegative(poly)

    def nonnegative(self, p: Poly) -> bool:
        return all(c >= 0 and all(self._sign(a) or not k % 2 for a, k in m) for m, c in p.items())

    def positive(self, p: Poly) -> bool:
        return self.nonnegative(p) and any(c > 0 and all(self._sign(a) == 2 for a, _ in m) for m, c in p.items())

    # --- atoms ---

    def closed(self, x: Term) -> bool:
        return x.head not in ("q", "n") and (x in self.stop or not _polynomial(x))

    def _sign(self, x: Term) -> int:
        """2: positive, 1: not negative, 0: unknown; seen from the term alone."""
        if x.head == "par":
            return {"pos": 2, "nonneg": 1}.get(self.signs[x.args[0]], 0)
        if x.head == "n":
            return 2 if self.signs.get(x.args[0].args[1][0][0]) == "pos" else 1
        if x.head == "exp":
            return 2
        if x.head in ("norm", "ind") or (x.head == "pow" and natural_power(x.args[1]) is None):
            return 1
        return int(x.head == "inner" and x.args[0] is x.args[1])

    # --- at a point ---

    def _factor_at(self, s: Summand) -> int:
        return self.value(s.weight) if s.sign is None else self._difference_at(s.sign)

    def _difference_at(self, fact: Term) -> int:
        return self.value(fact.args[1]) - self.value(fact.args[0])

    def value(self, x: Term) -> int:
        if x not in self.values:
            self.values[x] = self._value(x) % FIELD
        return self.values[x]

    def _value(self, x: Term) -> int:
        if x.head == "q":
            q = x.args[0]
            return int(q.numerator) if q.denominator == 1 else int(q.numerator) * pow(int(q.denominator), -1, FIELD)
        if self.closed(x):
            return self.points(x)
        if x.head == "n":
            const, coefficients = x.args[0].args
            return int(const) + sum(k * self.points(n(time(0, **{v: 1}))) for v, k in coefficients)
        if x.head == "pow":
            return pow(self.value(x.args[0]), natural_power(x.args[1]) or 0, FIELD)
        if x.head == "expo":
            return self.value(laurent(x.args[0]) or num(0))
        out = 1 if x.head == "mul" else 0
        for s in x.args:
            out = out * self.value(s) % FIELD if x.head == "mul" else out + self.value(s)
        return out

    # --- as polynomials ---

    def _rest(self, goal: Term, summands: list[Summand], factor: Summand) -> Poly:
        rest = _times(self._factor(factor), self._difference(goal))
        for s in summands:
            value = self._factor(s)
            if s.fact is not None:
                value = _times(value, self._difference(s.fact))
            if s.root is not None:
                root = self.poly(s.root)
                value = _times(value, _times(root, root))
            rest = _plus(rest, value, -1)
        return rest

    def _factor(self, s: Summand) -> Poly:
        return self.poly(s.weight) if s.sign is None else self._difference(s.sign)

    def _difference(self, fact: Term) -> Poly:
        return _plus(self.poly(fact.args[1]), self.poly(fact.args[0]), -1)

    def poly(self, x: Term) -> Poly:
        if x not in self.polynomials:
            self.polynomials[x] = self._poly(x)
        return self.polynomials[x]

    def _poly(self, x: Term) -> Poly:
        if x.head == "q":
            return {frozenset(): fmpq(*x.args[0].as_integer_ratio())} if x.args[0] else {}
        if self.closed(x):
            return {frozenset([(x, 1)]): fmpq(1)}
        if x.head == "n":
            const, coefficients = x.args[0].args
            out: Poly = {frozenset(): fmpq(const)} if const else {}
            for v, k in coefficients:
                out = _plus(out, {frozenset([(n(time(0, **{v: 1})), 1)]): fmpq(1)}, k)
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


def _product(m: Mono, k: Mono) -> Mono:
    if not m or not k:
        return m or k
    powers = dict(m)
    for a, e in k:
        powers[a] = powers.get(a, 0) + e
    return frozenset(powers.items())


def _times(p: Poly, q: Poly) -> Poly:
    if len(p) * len(q) > LIMIT:
        raise TooLarge
    out: Poly = {}
    for m, c in p.items():
        for k, d in q.items():
            mono = _product(m, k)
            out[mono] = out.get(mono, fmpq(0)) + c * d
    return {m: c for m, c in out.items() if c}
