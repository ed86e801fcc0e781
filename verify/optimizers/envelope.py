"""Arithmetic that contains every reasonable floating-point evaluation: balls that grow with each operation.

Model of rounding: the result of an operation a * b, a / b, sqrt(a) is off by at most K u relatively, that of a + b by
at most K u (|a| + |b|), that of ||v||^2 in d entries by (K + d) u relatively; u = 2^-53, K = 16.  That leaves room for
any order of evaluation, fused operations, a root that is squared again, ``lerp``, and a factor moved from one place to
another; it leaves no room for another method.  The balls are rigorous: what is computed within the model lies inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb

K = 16
UNIT = {"float64": 2.0**-53, "float32": 2.0**-24}


@dataclass(frozen=True)
class Number:
    """A real number with its rounding."""

    ball: arb
    unit: float

    def _like(self, other: Any) -> arb:
        return other.ball if isinstance(other, Number) else arb(other)

    def _rounded(self, value: arb, size: arb) -> Number:
        return Number(value + arb(0, 1) * (size * (K * self.unit)).upper(), self.unit)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Vector):
            return NotImplemented
        o = self._like(other)
        return self._rounded(self.ball + o, abs(self.ball) + abs(o))

    __radd__ = __add__

    def __neg__(self) -> Number:
        return Number(-self.ball, self.unit)

    def __sub__(self, other: Any) -> Any:
        return self + (-other if isinstance(other, Number) else Number(-arb(other), self.unit))

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Vector):
            return NotImplemented
        value = self.ball * self._like(other)
        return self._rounded(value, abs(value))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Number:
        value = self.ball / self._like(other)
        return self._rounded(value, abs(value))

    def __rtruediv__(self, other: Any) -> Number:
        return Number(self._like(other), self.unit) / self

    def sqrt(self) -> Number:
        value = self.ball.max(arb(0)).sqrt()  # a ball around a sum of squares may reach below 0
        return self._rounded(value, abs(value))


@dataclass(frozen=True)
class Vector:
    """The parameters of all tensors as one vector."""

    entries: tuple[Number, ...]

    def __add__(self, other: Any) -> Vector:
        return Vector(tuple(a + b for a, b in zip(self.entries, other.entries, strict=True)))

    def __sub__(self, other: Vector) -> Vector:
        return Vector(tuple(a - b for a, b in zip(self.entries, other.entries, strict=True)))

    def __mul__(self, other: Any) -> Vector:
        """By a number, or entry by entry."""
        if isinstance(other, Vector):
            return Vector(tuple(a * b for a, b in zip(self.entries, other.entries, strict=True)))
        return Vector(tuple(a * other for a in self.entries))

    __rmul__ = __mul__


def vector(values: Sequence[float], dtype: str = "float64") -> Vector:
    """Exact floats."""
    return Vector(tuple(Number(arb(float(v)), UNIT[dtype]) for v in values))


class BallOps:
    """``bounds.methods.Ops`` on these numbers."""

    @staticmethod
    def clip(v: Vector, lam: Any) -> Vector:
        return v * shrink(BallOps.sq_norm(v), lam)

    @staticmethod
    def sq_norm(v: Vector) -> Number:
        unit = v.entries[0].unit
        total = sum((a.ball * a.ball for a in v.entries), arb(0))
        value = total.max(arb(0))
        return Number(value + arb(0, 1) * (value * ((K + len(v.entries)) * unit)).upper(), unit)

    @staticmethod
    def inv_sqrt(s: Number) -> Number:
        return 1 / s.sqrt()


def shrink(norm_sq: Number, lam: Any) -> Number:
    """min(1, lam/||v||), 1 at v = 0: lam / max(||v||, lam)."""
    level = lam.ball if isinstance(lam, Number) else arb(lam)
    if not level.is_finite():
        return Number(arb(1), norm_sq.unit)
    norm = norm_sq.sqrt()
    return level / Number(norm.ball.max(level), norm.unit)


def inside(values: Sequence[float], v: Vector) -> bool:
    """Whether every float may be what a correct evaluation gives: it lies in the ball.  nan lies nowhere, and nothing
    lies in a ball that is not finite."""
    return all(
        abs(x) < float("inf") and a.ball.is_finite() and a.ball.contains(arb(x))
        for x, a in zip(values, v.entries, strict=True)
    )
