"""Random terms, and their values at points: what normal forms, substitution and measurability must respect.

The points are the awkward ones: parameters and vectors that are 0, empty sums, alpha = 2.  What the rules leave open (a
negative power of 0, a fractional power of a negative number, ln of a number <= 0) has an arbitrary but fixed value.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
from mpmath import mpf

import bounds
from bounds.exponents import ALPHA, exponent
from bounds.statement import Parameter, Statement
from bounds.terms import Term, expect, ind, inner, mk, n, norm, num, par, subterms, time, total

DIGITS, ZERO, LARGEST = 40, mpf(10) ** -26, mpf(10) ** 12
_GIVEN = bounds.theorem("convex-clip-adagrad-norm-delayed")
STATEMENT: Statement = replace(
    _GIVEN,
    parameters={**_GIVEN.parameters, "u": Parameter("nonneg", ""), "r": Parameter("real", "")},
    integers={**_GIVEN.integers, "M": (0, "")},
)
EXPONENTS = (
    *(exponent([e]) for e in (0, 1, 2, 3, 17, -1, -2, Fraction(1, 2), Fraction(-1, 2), Fraction(5, 3))),
    *(ALPHA, exponent([2, -1]), exponent([-2, 1]), exponent([-1, 1]), exponent([1, -1])),
    *(exponent([-1, 1], [0, 1]), exponent([1], [0, 1]), exponent([0, 0, 1])),
)
NUMBERS = (0, 1, -1, 2, 12, Fraction(1, 2), Fraction(-3, 4), Fraction(8, 27))
VARIABLES = ("t", "j", "k", "i")


class OutOfRange(Exception):
    """A value too large to be compared."""


class Terms:
    """A source of random terms."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def time(self, names: tuple[str, ...] = VARIABLES) -> Term:
        chosen = self.rng.sample(names, self.rng.randint(0, 2))
        return time(self.rng.randint(-2, 2), **{v: self.rng.choice((1, 1, -1, 2)) for v in chosen})

    def vector(self, depth: int) -> Term:
        x = self.rng.random()
        if depth <= 0 or x < 0.3:
            return self.rng.choice((mk("vpar", "xstar"), mk("vpar", "x0"), mk("vvar", "v")))
        if x < 0.6:
            return self.vector(depth - 1) + self.vector(depth - 1)
        return (
            self.scalar(depth - 1) * self.vector(depth - 1) if x < 0.85 else mk("vapp", "grad", self.vector(depth - 1))
        )

    def scalar(self, depth: int) -> Term:
        """About parameters, vectors, functions and sums: everything that has a normal form of its own."""
        choice, s, v = self.rng.choice, lambda: self.scalar(depth - 1), lambda: self.vector(depth - 1)
        if depth <= 0 or self.rng.random() < 0.25:
            names = [par(name) for name in ("sigma", "b0", "u", "r", "alpha")]
            return choice([*names, *(n(time(0, **{k: 1})) for k in ("N", "M", "k")), *map(num, NUMBERS)])
        heads = {
            "add": 4,
            "mul": 5,
            "pow": 6,
            "expo": 1,
            "inner": 2,
            "norm": 2,
            "app": 1,
            "exp": 1,
            "ln": 1,
            "ind": 1,
            "sum": 1,
        }
        head = self.rng.choices(list(heads), list(heads.values()))[0]
        if head in ("add", "mul"):
            return mk(head, s(), s())
        if head in ("pow", "expo"):
            return mk(head, *([s()] if head == "pow" else []), choice(EXPONENTS))
        if head in ("inner", "norm", "app"):
            return {"inner": lambda: inner(v(), v()), "norm": lambda: norm(v()), "app": lambda: mk("app", "f", v())}[
                head
            ]()
        if head in ("exp", "ln"):
            return mk(head, s())
        if head == "ind":
            return ind(mk(choice(("le", "lt", "eq")), s(), s()))
        return total("j", choice((time(2), time(0, M=1), time(1, k=1))), n(time(0, j=1)) * s())

    def random(self, depth: int) -> Term:
        """About processes, noise and expectations at all times, under sums."""
        x = self.rng.random()
        if depth <= 0 or x < 0.3:
            names = (*VARIABLES, "N", "d")
            noise, iterate = (norm(mk("vproc", name, self.time(names))) for name in ("xi", "x"))
            return self.rng.choice(
                (noise, iterate, mk("proc", "b_sq", self.time(names)), expect(self.time(names), noise))
            )
        if x < 0.7:
            return total(self.rng.choice(VARIABLES), self.time((*VARIABLES, "N", "d")), self.random(depth - 1))
        return self.random(depth - 1) + self.random(depth - 1)

    def fact(self, depth: int) -> Term:
        """About integer variables, free and bound."""
        x = self.rng.random()
        if depth <= 0 or x < 0.5:
            return mk(self.rng.choice(("le", "lt", "eq")), self.whole(depth - 1), self.whole(depth - 1))
        names = self.rng.sample(VARIABLES, self.rng.randint(1, 2))
        return mk("all", tuple((v, "nat") for v in names), (self.fact(depth - 2),), self.fact(depth - 1))

    def whole(self, depth: int) -> Term:
        x = self.rng.random()
        if depth <= 0 or x < 0.3:
            return n(self.time())
        if x < 0.7:
            return total(self.rng.choice(VARIABLES), self.time(), self.whole(depth - 1))
        return self.whole(depth - 1) * self.whole(depth - 1) if x < 0.8 else ind(self.fact(0))

    def point(self) -> dict[str, Any]:
        """Admissible values, many of them on the edge."""
        choice = self.rng.choice
        out: dict[str, Any] = {
            name: (choice((mpf(0), mpf(1), mpf(-3) / 2)), choice((mpf(0), mpf(2)))) for name in ("x0", "xstar", "v")
        }
        out |= {"N": choice((1, 2, 3)), "M": choice((0, 0, 3)), "k": choice((0, 1, 2))}
        out |= {"b0": choice((mpf(1) / 2, mpf(2))), "r": choice((mpf(-3) / 2, mpf(0), mpf(2)))}
        out |= {name: choice((mpf(0), mpf(3) / 4)) for name in ("sigma", "u")}
        tail = choice((Fraction(2), Fraction(3, 2), Fraction(10001, 10000)))
        return out | {"tail": tail, "alpha": _number(tail)}


def at(t: Term, point: Mapping[str, Any]) -> int:
    return int(t.args[0] + sum(c * point[v] for v, c in t.args[1]))


def value(t: Term, point: Mapping[str, Any]) -> Any:
    """A number, or a pair of numbers for a vector."""
    out = _value(t, point)
    if any(abs(x) > LARGEST for x in (out if isinstance(out, tuple) else (out,))):
        raise OutOfRange
    return out


def holds(fact: Term, point: Mapping[str, Any]) -> bool:
    """Quantified variables go over 0, 1, 2."""
    if fact.head == "all":
        variables, premises, inside = fact.args
        points = [dict(point)]
        for v, _ in variables:
            points = [{**p, v: k} for p in points for k in range(3)]
        return all(holds(inside, p) or not all(holds(f, p) for f in premises) for p in points)
    x, y = (value(side, point) for side in fact.args)
    return bool({"le": x <= y + ZERO, "lt": x < y - ZERO, "eq": abs(x - y) < ZERO}[fact.head])


def latest(t: Term, point: Mapping[str, Any], levels: Mapping[str, int]) -> int:
    """The time at which the term is known, by looking at every summand."""
    head, a = t.head, t.args
    if head in ("proc", "vproc"):
        return max(-1, at(a[1], point) + levels[a[0]])
    if head in ("E", "Ev"):
        return max(-1, at(a[0], point))
    if head in ("sum", "vsum"):
        return max((latest(a[2], {**point, a[0]: j}, levels) for j in range(at(a[1], point))), default=-1)
    return max((latest(x, point, levels) for x in subterms(t) if x.head != "time"), default=-1)


def _number(x: Fraction) -> Any:
    return mpf(x.numerator) / x.denominator


def _any(*what: object) -> Any:
    """An arbitrary number in (-1, 3), the same for the same arguments."""
    text = repr([mpmath.nstr(x if abs(x) > ZERO else mpf(0), 18) if isinstance(x, mpf) else str(x) for x in what])
    return mpf(int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")) / 2**30 - 1


def _power(x: Any, e: Fraction) -> Any:
    x = x if abs(x) > ZERO else mpf(0)
    if e == 0:
        return mpf(1)
    if (x == 0 and e < 0) or (x < 0 and e.denominator != 1):
        return _any("power", x, e)
    return x ** (int(e) if e.denominator == 1 else _number(e))


def _value(t: Term, point: Mapping[str, Any]) -> Any:
    head, a = t.head, t.args
    if head in ("q", "expo"):
        return _number(a[0] if head == "q" else a[0].at(point["tail"]))
    if head in ("par", "vpar", "vvar"):
        return point[a[0]]
    if head == "n":
        return mpf(at(a[0], point))
    if head in ("sum", "vsum"):
        return sum((value(a[2], {**point, a[0]: j}) for j in range(at(a[1], point))), mpf(0))
    if head == "ind":
        return mpf(holds(a[0], point))
    parts = [value(x, point) for x in subterms(t)]
    if head in ("add", "mul"):
        return mpmath.fsum(parts) if head == "add" else mpmath.fprod(parts)
    if head == "vadd":
        return tuple(map(mpmath.fsum, zip(*parts, strict=True)))
    if head == "scale":
        return tuple(parts[0] * x for x in parts[1])
    if head in ("inner", "norm"):
        square = sum(x * y for x, y in zip(parts[0], parts[-1], strict=True))
        return square if head == "inner" else mpmath.sqrt(square)
    if head in ("app", "vapp"):
        return _any(*parts[0]) if head == "app" else (_any(1, *parts[0]), _any(2, *parts[0]))
    if head == "pow":
        return _power(parts[0], a[1].at(point["tail"]))
    if head == "ln":
        return mpmath.log(parts[0]) if parts[0] > ZERO else _any("ln", parts[0])
    if parts[0] > 25:
        raise OutOfRange
    return mpmath.exp(parts[0])
