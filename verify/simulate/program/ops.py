"""The operations of a method on float64 or float32 arrays: numbers [trajectories], vectors [dim, trajectories]."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

REAL: ContextVar[type] = ContextVar("REAL", default=np.float64)  # what a choice between two literals becomes


@contextmanager
def of_type(real: type) -> Iterator[None]:
    """Inside: numbers are float64 or float32."""
    before = REAL.set(real)
    try:
        yield
    finally:
        REAL.reset(before)


class Numbers(np.ndarray):
    """What a step of one's own is given: an array whose third and fourth powers are products from the left, as in the
    compiled loops (numpy's ``power`` rounds otherwise)."""

    def __pow__(self, power: Any, modulo: None = None) -> Any:
        if not isinstance(power, int | float) or power not in (3, 4):
            return super().__pow__(power)
        square = self * self
        return square * self if power == 3 else square * self * self


class ArrayOps:
    """``bounds.methods.Ops``; an array with two axes is a vector for each trajectory, anything else numbers."""

    @staticmethod
    def clip(v: Any, lam: Any) -> Any:
        if np.ndim(v) == 2:
            size = ArrayOps.norm(v)
            return v * np.where(size <= lam, 1.0, lam / size)
        return np.minimum(np.maximum(v, -lam), lam)

    @staticmethod
    def sq_norm(v: Any) -> Any:
        if np.ndim(v) == 2:
            squares = v * v
            total = np.zeros_like(squares[0])
            for square in squares:  # one after the other, as the compiled loops do
                total += square
            return total
        return v * v

    @staticmethod
    def norm(v: Any) -> Any:
        return np.sqrt(ArrayOps.sq_norm(v)) if np.ndim(v) == 2 else abs(v)

    @staticmethod
    def sqrt(v: Any) -> Any:
        return np.sqrt(v)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        if isinstance(a, int | float) and isinstance(b, int | float):
            a = REAL.get()(a)
        return np.where(condition, a, b).view(Numbers)

    @staticmethod
    def inv_sqrt(s: Any) -> Any:
        return 1.0 / np.sqrt(s)

    @staticmethod
    def ratio(a: Any, b: Any) -> Any:
        """a/b, and 0 where b is 0."""
        with np.errstate(all="ignore"):
            return np.where(b > 0, a / b, 0.0)
