"""Conditions as functions of the logarithms of the free parameters, with two derivatives (untrusted; floats).

With x = ln of the parameters a condition  sum of left <= sum of right  is  g(x) = ln(left) - ln(right) <= 0.  A sum of
monomials is a log-sum-exp of affine functions, so g is convex if the right side is one monomial and no exponential
decays; the convex part of the Hessian of g leaves out what is concave.  A condition  exp(-a) + exp(-b) <= p < 1  (a
union bound) is taken as  ln ln(1/p) - ln(-ln(left)) <= 0, which is nearly affine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, expm1, log, log1p
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from verify.constants.signomial import Atom, Condition, Conditions, Monomial, raised, times

Array = NDArray[np.float64]
LARGE = 30.0  # exponents beyond which exp(y) - 1 - y is computed relative to exp(y)
ONE = Fraction(1)
COST = "cost"  # the variable that bounds an objective with several terms
LARGEST_EXPONENT = 500.0


@dataclass(frozen=True)
class Value:
    """g, its Jacobian, and what its Hessian is made of."""

    g: Array
    jacobian: Array
    weights: Array  # of the terms in their group
    term_gradients: Array
    groups: Array
    group_gradients: Array
    slopes: Array  # of the terms with respect to their inner monomials, times these
    seconds: tuple[tuple[int, Array], ...]  # term, second derivative through the remainder
    nested: Array  # g = ln c - ln(-group): first and second derivative


class Program:
    """Minimise ``cost`` . x subject to g(x) <= 0, x the logarithms of ``variables``."""

    def __init__(self, source: Conditions) -> None:
        names, found = list(source.variables), list(source.conditions)
        if len(source.objective) > 1:
            names.append(COST)
            bound = Atom(((COST, ONE),), source.objective[0].coefficient / source.objective[0].coefficient)
            found.append(Condition("bound", source.objective, (bound,)))
            source = Conditions(tuple(names), (bound,), tuple(found))
        self.source, self.variables = source, tuple(names)
        self.index = {name: k for k, name in enumerate(names)}
        self.size = len(names)
        self.cost, self.cost_at_zero = self._row(source.objective[0].monomial), ln(source.objective[0].coefficient)
        self._compile(source.conditions)

    def _row(self, monomial: Monomial) -> Array:
        out = np.zeros(self.size)
        for name, e in monomial:
            out[self.index[name]] = float(e)
        return out

    def _compile(self, found: Sequence[Condition]) -> None:
        rows: list[Array] = []
        constants: list[float] = []
        starts: list[int] = []
        inner_rows: list[Array] = []
        inner_constants: list[float] = []
        owner: list[int] = []
        sign: list[float] = []
        self.remainders: list[tuple[int, slice, slice]] = []
        self.left: list[int] = []
        self.right: list[tuple[int, int]] = []  # (condition, group)
        self.nested: list[tuple[int, float]] = []  # (condition, ln(-ln p))

        def inside(parts: Sequence[tuple[Monomial, object]], s: float) -> slice:
            first = len(inner_rows)
            for monomial, c in parts:
                inner_rows.append(self._row(monomial))
                inner_constants.append(ln(c))
                owner.append(len(rows))
                sign.append(s)
            return slice(first, len(inner_rows))

        def group(atoms: Sequence[Atom], divisor: Atom | None) -> int:
            starts.append(len(rows))
            for atom in atoms:
                if atom.linear is None:
                    inside(atom.grow, 1.0)
                    inside(atom.decay, -1.0)
                else:
                    self.remainders.append((len(rows), inside(atom.linear, 0.0), inside(atom.grow, 0.0)))
                m = atom.monomial if divisor is None else times(atom.monomial, raised(divisor.monomial, -ONE))
                rows.append(self._row(m))
                constants.append(ln(atom.coefficient) - (0.0 if divisor is None else ln(divisor.coefficient)))
            return len(starts) - 1

        for k, c in enumerate(found):
            single = c.right[0] if len(c.right) == 1 else None
            if union_bound(c):
                self.nested.append((k, log(-ln(c.right[0].coefficient))))
                single = None
            self.left.append(group(c.left, single))
            if len(c.right) > 1:
                self.right.append((k, group(c.right, None)))
        self.A, self.b = np.array(rows), np.array(constants)
        self.starts = np.array(starts)
        self.group_of = np.repeat(np.arange(len(starts)), np.diff([*starts, len(rows)]))
        self.B = np.array(inner_rows).reshape(-1, self.size)
        self.d, self.owner, self.sign = np.array(inner_constants), np.array(owner, dtype=int), np.array(sign)
        self.names = tuple(c.name for c in found)
        self.convex = not self.right and not self.nested and not any(s < 0 for s in sign)

    def linear(self) -> Program:
        """The linear program in which every term of a condition has an equal share of the right side."""
        out = object.__new__(Program)
        out.size, out.cost, out.cost_at_zero = self.size, self.cost, self.cost_at_zero
        keep: list[int] = []
        shift: list[float] = []
        starts: list[int] = []
        for i in range(len(self.starts)):
            members = np.flatnonzero(self.group_of == i)
            fixed = [k for k in members if not self.A[k].any()]
            left = 1 - np.exp(self.b[fixed]).sum()
            moving = [k for k in members if k not in fixed]
            starts.append(len(keep))
            keep += map(int, moving)
            shift += [log(len(moving) / left) + 0.1] * len(moving)
        out.A, out.b = self.A[keep], self.b[keep] + np.array(shift)
        out.starts = out.group_of = np.arange(len(keep))
        out.left, out.right, out.nested, out.remainders = list(range(len(keep))), [], [], []
        out.B, out.convex = np.zeros((0, self.size)), True
        self.linear_starts = np.array(starts)
        return out

    def terms(self, condition: int) -> int:
        """How many terms are on the left of a condition."""
        return len(self.source.conditions[condition].left)

    def value(self, x: Array) -> Value:
        """g at x and its derivatives."""
        terms, gradients, slopes, seconds = self.A @ x + self.b, self.A, np.zeros(0), []
        if len(self.B):
            inner = np.exp(np.minimum(self.B @ x + self.d, LARGEST_EXPONENT))
            slopes = self.sign.copy()
            np.add.at(terms, self.owner, self.sign * inner)
            for k, linear, grow in self.remainders:
                value, first, second = remainder(inner[linear].sum(), inner[grow].sum())
                terms[k] += value
                slopes[linear], slopes[grow] = first
                parts = np.array([inner[s] @ self.B[s] for s in (linear, grow)])
                seconds.append((k, parts.T @ second @ parts))
            slopes = slopes * inner
            gradients = self.A.copy()
            np.add.at(gradients, self.owner, slopes[:, None] * self.B)
        top = np.maximum.reduceat(terms, self.starts)
        weights = np.exp(terms - top[self.group_of])
        sums = np.add.reduceat(weights, self.starts)
        weights /= sums[self.group_of]
        groups = top + np.log(sums)
        group_gradients = np.add.reduceat(weights[:, None] * gradients, self.starts)
        g, jacobian = groups[self.left], group_gradients[self.left]
        for k, j in self.right:
            g[k] -= groups[j]
            jacobian[k] = jacobian[k] - group_gradients[j]
        nested = np.zeros((len(self.nested), 2))
        for i, (k, log_log) in enumerate(self.nested):
            depth = -g[k]
            if depth <= 0:
                raise FloatingPointError("a failure probability above 1")
            nested[i] = 1 / depth, 1 / depth**2
            g[k], jacobian[k] = log_log - log(depth), jacobian[k] / depth
        return Value(g, jacobian, weights, gradients, groups, group_gradients, slopes, tuple(seconds), nested)

    def hessian(self, at: Value, z: Array, convex: bool) -> Array:
        """sum of z_k times the Hessian of g_k; ``convex`` leaves out the concave parts."""
        on_groups = np.zeros(len(self.starts))
        on_groups[self.left] = z
        extra = np.zeros((self.size, self.size))
        for i, (k, _) in enumerate(self.nested):
            slope, curve = at.nested[i]
            on_groups[self.left[k]] *= slope
            gradient = at.group_gradients[self.left[k]]
            extra += z[k] * curve * np.outer(gradient, gradient)
        if not convex:
            for k, j in self.right:
                on_groups[j] = -z[k]
        on_terms = on_groups[self.group_of] * at.weights
        out = at.term_gradients.T @ (on_terms[:, None] * at.term_gradients)
        out -= at.group_gradients.T @ (on_groups[:, None] * at.group_gradients) - extra
        if len(self.B):
            inner = on_terms[self.owner] * at.slopes
            if convex:
                inner = np.maximum(inner, 0)
            out += self.B.T @ (inner[:, None] * self.B)
            for k, second in at.seconds:
                out += on_terms[k] * second
        return out


GROWS, DECAYS, STEEPEST = 0.1, 0.9, 6.0  # where exponents are in the surrogate


def surrogate(source: Conditions) -> Conditions:
    """A geometric program whose solutions satisfy the conditions: every exponential is replaced by a bound of it.

    Where c <= 0.1 and d >= 0.9, exp(c - d) <= exp(-0.8); where y + d <= 6, exp(y + d) - 1 - y <= d + 11.02 (y + d)^2.
    """
    out: list[Condition] = []
    for c in source.conditions:
        if union_bound(c):
            out += [
                Condition(c.name, (number(-ln(c.right[0].coefficient) + log(len(c.left) * 1.05)),), lower(a.decay[0]))
                for a in c.left
            ]
            continue
        left: list[Atom] = []
        for a in c.left:
            if a.plain:
                left.append(a)
                continue
            grow = tuple(Atom(times(a.monomial, m), a.coefficient * k) for m, k in a.grow)
            if a.linear is not None:
                both = (*a.grow, *a.linear)
                left += grow
                left += [
                    Atom(
                        times(a.monomial, times(m, n)),
                        a.coefficient * k * j * arb((exp(STEEPEST) - 1 - STEEPEST) / STEEPEST**2),
                    )
                    for m, k in both
                    for n, j in both
                ]
                out.append(Condition(c.name, tuple(Atom(m, k) for m, k in both), (number(STEEPEST),)))
                continue
            left.append(Atom(a.monomial, a.coefficient * arb(exp(GROWS * bool(a.grow) - DECAYS * bool(a.decay)))))
            if a.grow:
                out.append(Condition(c.name, tuple(Atom(m, k) for m, k in a.grow), (number(GROWS),)))
            if a.decay:
                out.append(Condition(c.name, (number(DECAYS),), lower(a.decay[0])))
        out.append(Condition(c.name, tuple(left), c.right[:1]))
    return Conditions(source.variables, source.objective, tuple(out))


def number(x: float) -> Atom:
    return Atom((), arb(x))


def lower(part: tuple[Monomial, Any]) -> tuple[Atom, ...]:
    return (Atom(*part),)


def ln(c: Any) -> float:
    """ln of a positive ball, in floating point."""
    return float(arb(c).log())


def union_bound(c: Condition) -> bool:
    """exp(-a) + exp(-b) + ... <= p, a number below 1."""
    right = c.right[0]
    decaying = all(not a.monomial and not a.grow and a.linear is None and a.decay for a in c.left)
    return decaying and len(c.right) == 1 and not right.monomial and right.plain and bool(right.coefficient < 1)


def remainder(y: float, d: float) -> tuple[float, tuple[float, float], Array]:
    """ln(exp(y + d) - 1 - y) with its derivatives in (y, d)."""
    e = y + d
    if e > LARGE:
        small = exp(-e)
        rest = 1 - (1 + y) * small
        value, first = e + log1p(-(1 + y) * small), np.array([(1 - small) / rest, 1 / rest])
        return value, (first[0], first[1]), np.full((2, 2), 1 / rest) - np.outer(first, first)
    square = y * y / 2 * (1 + y / 3 * (1 + y / 4 * (1 + y / 5))) if y < 1e-3 else expm1(y) - y
    total = square + exp(y) * expm1(d)
    first = np.array([expm1(e), exp(e)]) / total
    return log(total), (first[0], first[1]), np.full((2, 2), exp(e) / total) - np.outer(first, first)
