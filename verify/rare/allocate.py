"""How many trajectories each group of strata gets: it moves the width of what is said, never the guarantee.

With failure rate p in n trajectories of a group of weight w the limits are about w (sqrt(2 l p(1-p)/n) + l/n) away from
w p, l = ln(2 G/eps).  The sum over G groups is smallest, for a given sum of the n, where all derivatives agree:

    n = max( (w a/(2 mu))^(2/3), (w l/mu)^(1/2) ),     a = sqrt(2 l p(1-p)),   within a factor of 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from verify.simulate.portable import exp, log, total


def allocation(weights: Sequence[float], rates: Sequence[float], runs: int, budget: float) -> list[int]:
    """About ``runs`` trajectories in all, at least one in each group; ``budget`` is l."""

    w, p = np.array(weights), np.array(rates)
    a = np.sqrt(2 * budget * p * (1 - p))

    def wanted(log_mu: float) -> np.ndarray:
        mu = exp(np.array(log_mu))
        return np.maximum(exp(2 / 3 * log(w * a / (2 * mu))), np.sqrt(w * budget / mu))

    low, high = -700.0, 700.0  # ln mu
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if total(wanted(middle)) > runs else (low, middle)
    return [math.ceil(n) for n in wanted(high).tolist()]
