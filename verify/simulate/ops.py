"""The operations of a method on float64 arrays of coordinates (see ``counterexamples.problems``)."""

from __future__ import annotations

from typing import Any

import numpy as np


class ArrayOps:
    """``bounds.methods.Ops``, elementwise."""

    @staticmethod
    def clip(v: Any, lam: Any) -> Any:
        return np.minimum(np.maximum(v, -lam), lam)

    @staticmethod
    def sq_norm(v: Any) -> Any:
        return v * v

    @staticmethod
    def inv_sqrt(s: Any) -> Any:
        return 1.0 / np.sqrt(s)
