"""What is asked about: a method on a problem in a noise, and the number by which a trajectory is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.methods import Method
from counterexamples.noise import Law, describe
from counterexamples.problems import Problem
from verify.simulate.engine import simulate
from verify.simulate.metric import KEPT, Metric
from verify.simulate.noise.sampler import Atoms, Continuous, Isotropic, Nothing, Planned, sampler
from verify.simulate.own import OwnStep
from verify.simulate.records import HyperParameters

Radius = Nothing | Continuous | Atoms | Planned
Tick = Callable[[int], None]
METRIC_NAMES = ("weighted", "last", *(name for name in KEPT if name != "gap"))


@dataclass(frozen=True)
class Case:
    """A method at its numbers on a problem, N steps.

    metric: "weighted" is f(xbar) - f* with the weights u_t of ``simulate.metric`` (there "gap"), "last" is
            f(x_N) - f*; the others as there
    """

    method: Method | OwnStep
    problem: Problem
    law: Law
    hp: HyperParameters | Mapping[str, float]
    steps: int
    metric: str = "weighted"
    delay: int = 1

    @property
    def drawn(self) -> Nothing | Continuous | Atoms:
        """What is drawn in every call, of an isotropic law the radius; ValueError for steered noise."""
        if self.metric not in METRIC_NAMES:
            raise ValueError(f"metric: expected one of {', '.join(METRIC_NAMES)}, got {self.metric!r}")
        found = sampler(self.law)
        radius = found.radius if isinstance(found, Isotropic) else found
        if isinstance(radius, Planned):
            raise ValueError(f"{describe(self.law)}: expected noise that is drawn afresh in every call")
        return radius

    def values(
        self, radius: Radius, first: int, runs: int, seed: int, stream: int, workers: int | None, tick: Tick
    ) -> np.ndarray:
        """The metric of trajectories first .. first + runs - 1 whose noise is drawn by ``radius``; +inf where the
        iterates left the numbers."""
        noise: Any = Isotropic(radius) if self.law.isotropic else radius
        done = 0

        def progress(now: int, _: int) -> None:
            nonlocal done
            tick(now - done)
            done = now

        main: Metric = "grad_sq" if self.metric == "grad_sq" else "gap"
        extra = () if self.metric in ("weighted", "last", "grad_sq") else (self.metric,)
        found = simulate(
            self.method, self.problem, noise, hp=self.hp, steps=self.steps, runs=runs, first=first, seed=seed,
            stream=stream, delay=self.delay, metric=main, also=extra, workers=workers, progress=progress,
        )  # fmt: skip
        if self.metric == "last":
            return found.last_values
        return found.also[self.metric] if extra else found.values
