"""The operations of a method on float64 arrays: numbers [trajectories], vectors [dim, trajectories]."""

from __future__ import annotations

from typing import Any

import numpy as np


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
            total = np.zeros(v.shape[1])
            for coordinate in v:  # one after the other, as the compiled loops do
                total = total + coordinate * coordinate
            return total
        return v * v

    @staticmethod
    def norm(v: Any) -> Any:
        return np.sqrt(ArrayOps.sq_norm(v)) if np.ndim(v) == 2 else abs(v)

    @staticmethod
    def inv_sqrt(s: Any) -> Any:
        return 1.0 / np.sqrt(s)

    @staticmethod
    def ratio(a: Any, b: Any) -> Any:
        """a/b, and 0 where b is 0."""
        with np.errstate(all="ignore"):
            return np.where(b > 0, a / b, 0.0)
