"""Arithmetic whose results contain every admitted floating-point evaluation: balls that grow with each operation.

**The model of rounding.**  u is the unit roundoff (2^-53, or 2^-24 in single precision), K = 16.  An evaluation of the
recursion is admitted if the number that it has for each operation of the recursion lies, given the numbers that it had
before, within

    a b, a / b, sqrt(a)        K u |result|
    a + b, a - b               K u (|a| + |b|)
    ||v||^2, d entries         (K + d) u ||v||^2
    beta^t                     (K + t) u beta^t
    gamma, lam, eta, b0        K u |value|             of the number that is stated
    beta1, beta2               K u

of the exact value, plus the smallest normal number of the format (underflow).  One rounding costs u, so K = 16 leaves
room for any order of the factors and of the sum in a norm, for norms of norms, fused multiply-adds, a root that is
squared again, ``lerp`` in the place of beta m + (1 - beta) g, a b that is kept instead of b^2, rounded decimals, and a
difference 1 - beta that is typed in.  It leaves no room for another method.  The balls are rigorous (Arb): an admitted
evaluation lies inside, whatever it does; a number outside belongs to no admitted evaluation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf
from types import SimpleNamespace
from typing import Any

from flint import arb

K = 16
BITS = 96  # of the balls; fewer would be as sound, and wider


@dataclass(frozen=True)
class Format:
    """A floating-point format: ``unit`` = 2^-unit_bits, ``tiny`` = 2^-tiny_bits the smallest normal number."""

    name: str
    unit_bits: int
    tiny_bits: int


DOUBLE, SINGLE = Format("float64", 53, 1022), Format("float32", 24, 126)
ROUGH = Format("float64, roughly", 47, 1022)  # a thousand roundings for each operation


class Number:
    """A real number with its rounding."""

    __slots__ = ("ball", "form")

    def __init__(self, ball: arb, form: Format) -> None:
        self.ball, self.form = ball, form

    def __add__(self, other: Any) -> Any:
        b = _ball(other)
        return NotImplemented if b is None else _rounded(self.ball + b, abs(self.ball) + abs(b), self.form)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        b = _ball(other)
        return NotImplemented if b is None else _rounded(self.ball - b, abs(self.ball) + abs(b), self.form)

    def __rsub__(self, other: Any) -> Any:
        b = _ball(other)
        return NotImplemented if b is None else _rounded(b - self.ball, abs(self.ball) + abs(b), self.form)

    def __mul__(self, other: Any) -> Any:
        b = _ball(other)
        return NotImplemented if b is None else _relative(self.ball * b, self.form)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        b = _ball(other)
        return NotImplemented if b is None else _relative(self.ball / b, self.form)

    def __rtruediv__(self, other: Any) -> Any:
        b = _ball(other)
        return NotImplemented if b is None else _relative(b / self.ball, self.form)

    def sqrt(self) -> Number:
        """Of a number >= 0: the part of the ball below 0, if there is one, holds no value."""
        ball = self.ball
        return _relative(ball.sqrt() if ball > 0 else arb(0).union(ball.upper().sqrt()), self.form)

    def power(self, t: int) -> Number:
        value = self.ball**t
        return _rounded(value, abs(value), self.form, K + t)


class Vector:
    """All parameters as one vector of ``Number``."""

    __slots__ = ("entries",)

    def __init__(self, entries: Sequence[Number]) -> None:
        self.entries = tuple(entries)

    def __add__(self, other: Vector) -> Vector:
        return Vector([a + b for a, b in zip(self.entries, other.entries, strict=True)])

    def __sub__(self, other: Vector) -> Vector:
        return Vector([a - b for a, b in zip(self.entries, other.entries, strict=True)])

    def __rmul__(self, factor: Any) -> Vector:
        return Vector([factor * a for a in self.entries])

    __mul__ = __rmul__


@cache
def _error(bits: int, count: int) -> arb:
    """The ball 0 +- count 2^-bits."""
    return arb(0, arb(count) * arb(2) ** -bits)


def _ball(x: Any) -> arb | None:
    if isinstance(x, Number):
        return x.ball
    return arb(x) if isinstance(x, int | float | arb) else None


def _rounded(value: arb, size: arb, form: Format, count: int = K) -> Number:
    return Number(value + size * _error(form.unit_bits, count) + _error(form.tiny_bits, 1), form)


def _relative(value: arb, form: Format) -> Number:
    return _rounded(value, value, form)


class BallOps:
    """``bounds.methods.Ops`` on these numbers."""

    @staticmethod
    def clip(v: Vector, lam: Number) -> Vector:
        return shrink(BallOps.sq_norm(v), lam) * v

    @staticmethod
    def sq_norm(v: Vector) -> Number:
        value = sum((a.ball * a.ball for a in v.entries), arb(0))
        return _rounded(value, abs(value), v.entries[0].form, K + len(v.entries))

    @staticmethod
    def inv_sqrt(s: Number) -> Number:
        return 1 / s.sqrt()


def shrink(sq_norm: Number, lam: Number, eps: float = 0.0) -> Number:
    """min(1, lam/(||v|| + eps)), 1 at v = 0: lam / max(||v|| + eps, lam)."""
    norm = sq_norm.sqrt()
    if eps:
        norm = norm + eps
    if not lam.ball.is_finite() or norm.ball < lam.ball:
        return Number(arb(1), lam.form)
    return lam / Number(norm.ball.max(lam.ball), lam.form)


def vector(values: Sequence[float], form: Format = DOUBLE) -> Vector:
    """Exact numbers."""
    return Vector([Number(arb(float(v)), form) for v in values])


def numbers(hp: Mapping[str, float], form: Format = DOUBLE) -> SimpleNamespace:
    """The hyper-parameters with the rounding of the model."""
    own = {}
    for name, value in hp.items():
        ball = arb(float(value))
        size = arb(1) if name in ("beta1", "beta2") else abs(ball)
        own[name] = Number(ball, form) if value in (0, inf) else _rounded(ball, size, form)
    return SimpleNamespace(**own)


def correction(t: int, hp: Any) -> Number:
    """s_t = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1))."""
    return (1 - hp.beta2.power(t + 1)).sqrt() / (1 - hp.beta1.power(t + 1))


def inside(values: Sequence[float], v: Vector) -> bool:
    """Whether all floats may be what an admitted evaluation has: they lie in the balls.

    What is not finite lies nowhere, and nothing lies in a ball that is not finite.
    """
    return all(
        abs(x) < inf and a.ball.is_finite() and a.ball.contains(arb(x)) for x, a in zip(values, v.entries, strict=True)
    )


def excess(values: Sequence[float], v: Vector) -> tuple[int, float]:
    """The entry that is farthest outside, and its distance from the middle in radii: for display only."""
    far = []
    for x, a in zip(values, v.entries, strict=True):
        usable = abs(x) < inf and a.ball.is_finite()
        far.append(float(abs(arb(x) - a.ball.mid()) / a.ball.rad()) if usable else inf)
    return max(enumerate(far), key=lambda pair: pair[1])
