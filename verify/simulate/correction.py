"""Adam's bias correction s_t = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1)), a deterministic factor of the stepsize.

It is computed here once for every engine by operations with the same bits on every processor.
"""

from __future__ import annotations

import numpy as np

from verify.simulate.portable import expm1, log


def corrections(beta1: float, beta2: float, steps: int) -> np.ndarray:
    """s_0 .. s_{steps-1}: float64 [steps]."""
    t = np.arange(1, steps + 1)
    one, two = (-expm1(t * log(np.array(beta))) for beta in (beta1, beta2))
    return np.sqrt(two) / one
