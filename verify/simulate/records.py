"""What goes into a simulation and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HyperParameters:
    """gamma > 0 stepsize, lam > 0 clipping level, eta >= 0 accumulator weight, b0 > 0 initial accumulator."""

    gamma: float
    lam: float = float("inf")
    eta: float = 1.0
    b0: float = 1.0


@dataclass(frozen=True)
class Result:
    """``runs`` independent trajectories of ``steps`` steps.

    gaps:        f(xbar) - f*, xbar = sum_{t<steps} u_t x_t / sum_{t<steps} u_t (``metric``); float64 [runs]
    last_gaps:   f(x_steps) - f*; float64 [runs]
    weight_sums: sum_{t<steps} u_t, the denominator of the a-posteriori bound; float64 [runs]
    nonfinite:   trajectories whose iterates left the floating-point numbers; their gaps are +inf

    ``seed``, ``stream``, ``steps``, ``runs``, ``delay`` and the inputs reproduce the arrays bit for bit.
    """

    method: str
    gaps: np.ndarray
    last_gaps: np.ndarray
    weight_sums: np.ndarray
    nonfinite: int
    steps: int
    runs: int
    delay: int
    seed: int
    stream: int
    engine: str
