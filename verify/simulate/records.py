"""What goes into a simulation and what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from verify.simulate import levels
from verify.simulate.metric import Metric

Precision = Literal["float64", "float32"]
EngineName = Literal["auto", "compiled", "reference", "alone", "torch", "triton"]
Level = Any  # a float, or a sequence of floats


@dataclass(frozen=True)
class HyperParameters:
    """gamma > 0 stepsize, lam > 0 clipping level, eta >= 0 accumulator weight, b0 > 0 initial accumulator,
    beta1 in [0, 1) momentum, beta2 in (0, 1) forgetting of the Adam-type accumulator.

    A method uses those that its recursion mentions (``bounds.methods``) and ignores the others.  gamma and lam may
    change with time: a number for each step, kept as a tuple (``levels``).
    """

    gamma: Level
    lam: Level = float("inf")
    eta: float = 1.0
    b0: float = 1.0
    beta1: float = 0.0
    beta2: float = 0.5

    def __post_init__(self) -> None:
        for name in levels.CHANGING:
            if levels.changes(getattr(self, name)):
                object.__setattr__(self, name, tuple(map(float, getattr(self, name))))


@dataclass(frozen=True)
class Result:
    """``runs`` independent trajectories of ``steps`` steps, judged by ``metric`` (see ``metric``).

    values:      the metric of x_0 .. x_{steps-1}; float64 [runs]
    last_values: f(x_steps) - f*, or ||grad f(x_steps)||^2; float64 [runs]
    weight_sums: sum_{t<steps} u_t, the denominator of the a-posteriori bound; float64 [runs]
    also:        the other metrics that were asked for; float64 [runs] by name
    precision:   of state and noise; the metric of a float32 run is that of float32 iterates, computed in float64
    nonfinite:   trajectories whose iterates left the floating-point numbers; their values are +inf

    ``seed``, ``stream``, ``steps``, ``runs``, ``delay`` and the inputs reproduce the arrays bit for bit.
    """

    method: str
    metric: Metric
    values: np.ndarray
    last_values: np.ndarray
    weight_sums: np.ndarray
    nonfinite: int
    steps: int
    runs: int
    delay: int
    seed: int
    stream: int
    engine: str
    also: Mapping[str, np.ndarray] = field(default_factory=dict)
    precision: Precision = "float64"


def join(left: Result, right: Result) -> Result:
    """Two runs of the same simulation, the right one continuing the left one, as one."""
    return replace(
        left,
        values=np.concatenate([left.values, right.values]),
        last_values=np.concatenate([left.last_values, right.last_values]),
        weight_sums=np.concatenate([left.weight_sums, right.weight_sums]),
        also={name: np.concatenate([row, right.also[name]]) for name, row in left.also.items()},
        nonfinite=left.nonfinite + right.nonfinite,
        runs=left.runs + right.runs,
    )
