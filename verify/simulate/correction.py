"""Adam's bias correction s_t = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1)), a deterministic factor of the stepsize.

It is computed here once for every engine, number by number with the C library's functions, so that all engines see
the same bits.
"""

from __future__ import annotations

import math

import numpy as np


def corrections(beta1: float, beta2: float, steps: int) -> np.ndarray:
    """s_0 .. s_{steps-1}: float64 [steps]."""
    ln1, ln2 = (math.log(beta) if beta > 0 else -math.inf for beta in (beta1, beta2))
    values = (math.sqrt(-math.expm1(t * ln2)) / -math.expm1(t * ln1) for t in range(1, steps + 1))
    return np.fromiter(values, np.float64, steps)
