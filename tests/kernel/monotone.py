"""Inequalities that hold term by term, by the signs of the parameters alone: for mutants that are true.

x <= y is seen where y is x with a nonnegative summand more, a larger constant, or a larger factor, base, exponent of e
or summand inside, up to the signs of what stands around.  Knows no rule of the kernel and no normal form.
"""

from __future__ import annotations

from collections.abc import Mapping

from bounds.exponents import Exponent
from bounds.statement import Parameter
from bounds.terms import Term, num

ZERO, ONE = num(0), num(1)


class Monotone:
    """What is seen of terms whose parameters have these signs."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.parameters = parameters

    def implies(self, f: Term, g: Term) -> bool:
        """Two inequalities: the second from the first, side by side."""
        if f.head not in ("le", "lt") or g.head not in ("le", f.head):
            return False
        return self.below(g.args[0], f.args[0]) and self.below(f.args[1], g.args[1])

    def nonnegative(self, x: Term) -> bool:
        a = x.args
        if x.head == "q":
            return bool(a[0] >= 0)
        if x.head == "par":
            return a[0] in self.parameters and self.parameters[a[0]].sign != "real"
        if x.head == "inner":
            return a[0] is a[1]
        if x.head == "pow":
            return _even(a[1]) or self.nonnegative(a[0])
        if x.head in ("add", "mul"):
            return all(map(self.nonnegative, a))
        if x.head == "sum":
            return self.nonnegative(a[2])
        return x.head in ("exp", "norm", "ind")

    def positive(self, x: Term) -> bool:
        a = x.args
        if x.head == "q":
            return bool(a[0] > 0)
        if x.head == "par":
            return a[0] in self.parameters and self.parameters[a[0]].sign == "pos"
        if x.head == "pow":
            return self.positive(a[0])
        if x.head == "mul":
            return all(map(self.positive, a))
        if x.head == "add":
            return all(map(self.nonnegative, a)) and any(map(self.positive, a))
        return x.head == "exp"

    def below(self, x: Term, y: Term) -> bool:
        """Is x <= y seen?"""
        if x is y or (x.head == y.head == "q" and x.args[0] <= y.args[0]):
            return True
        if x.head == "add" or y.head == "add":
            return self._sums(_parts("add", x, ZERO), _parts("add", y, ZERO))
        if x.head == "mul" or y.head == "mul":
            if self._products(_parts("mul", x, ONE), _parts("mul", y, ONE)):
                return True
        elif x.head == y.head == "pow" and x.args[1] == y.args[1]:
            return self._powers(x.args[0], y.args[0], x.args[1])
        elif x.head == y.head == "exp":
            return self.below(x.args[0], y.args[0])
        elif x.head == y.head == "sum" and x.args[:2] == y.args[:2]:
            return self.below(x.args[2], y.args[2])
        return self._nonpositive(x) and self.nonnegative(y)

    def _nonpositive(self, x: Term) -> bool:
        parts = _parts("mul", x, ONE)
        negative = [p for p in parts if p.head == "q" and p.args[0] < 0]
        return x is ZERO or (len(negative) == 1 and all(p is negative[0] or self.nonnegative(p) for p in parts))

    def _sums(self, x: list[Term], y: list[Term]) -> bool:
        """What both have is left out; one summand that remains on each side may grow, the others have a sign."""
        x, y = _without(x, y), _without(y, x)
        if all(map(self._nonpositive, x)) and all(map(self.nonnegative, y)):
            return True
        return any(
            self.below(p, q)
            and all(map(self._nonpositive, x[:i] + x[i + 1 :]))
            and all(map(self.nonnegative, y[:j] + y[j + 1 :]))
            for i, p in enumerate(x)
            for j, q in enumerate(y)
        )

    def _powers(self, x: Term, y: Term, e: Exponent) -> bool:
        """Is x^e <= y^e seen, for every alpha?  A negative power of 0 is 0, so what stands below must be positive."""
        if e.nonnegative():
            return self.nonnegative(x) and self.below(x, y)
        return (-e).nonnegative() and self.positive(y) and self.below(y, x)

    def _products(self, x: list[Term], y: list[Term]) -> bool:
        """What both have is left out if it is nonnegative, or turns the inequality around if one number is not."""
        left, right = _without(x, y), _without(y, x)
        shared = _without(x, left)
        low, high = (_product(left), _product(right))
        negative = sum(p.head == "q" and p.args[0] < 0 for p in shared)
        if negative > 1 or not all(p.head == "q" or self.nonnegative(p) for p in shared):
            return False
        low, high = (high, low) if negative else (low, high)
        if not shared:
            return self._one_by_one(left, right)
        return self.below(low, high)

    def _one_by_one(self, x: list[Term], y: list[Term]) -> bool:
        """Nonnegative factors, each at most its partner."""
        if len(x) > len(y):
            y = y + [ONE] * (len(x) - len(y))
        if len(y) > len(x):
            x = x + [ONE] * (len(y) - len(x))
        return all(map(self.nonnegative, (*x, *y))) and all(map(self.below, x, y))


def _parts(head: str, x: Term, neutral: Term) -> list[Term]:
    return list(x.args) if x.head == head else [] if x is neutral else [x]


def _without(x: list[Term], y: list[Term]) -> list[Term]:
    """x without what is in y, as multisets."""
    rest, out = list(y), []
    for p in x:
        if p in rest:
            rest.remove(p)
        else:
            out.append(p)
    return out


def _product(parts: list[Term]) -> Term:
    out = ONE
    for p in parts:
        out = p if out is ONE else out * p
    return out


def _even(e: Exponent) -> bool:
    return e.constant is not None and e.constant % 2 == 0
