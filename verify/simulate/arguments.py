"""What a simulation may be asked for."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import numpy as np

from bounds.methods import Method
from counterexamples.problems import RADIAL, Problem
from verify.simulate import levels, own
from verify.simulate.correction import corrections
from verify.simulate.noise.philox import WORDS
from verify.simulate.noise.sampler import Isotropic, largest
from verify.simulate.noise.sphere import MAX_DIM, blocks
from verify.simulate.own import OwnStep
from verify.simulate.records import HyperParameters

MAX_DELAY = 64
MAX_STEPS = WORDS * 2**32


class EngineError(ValueError):
    """An engine or a device that cannot be used here."""


def check(steps: int, runs: int, first: int, seed: int, stream: int, delay: int) -> None:
    for name, value, low, high in (
        ("steps", steps, 1, MAX_STEPS),
        ("first", first, 0, 2**63 - 1),
        ("runs", runs, 1, 2**63 - 1 - first),
        ("seed", seed, 0, 2**64 - 1),
        ("stream", stream, 0, 2**31 - 1),
        ("delay", delay, 1, MAX_DELAY),
    ):
        if not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name}: expected an integer in [{low}, {high}], got {value!r}")


SIZES = 1e-140, 1e140  # whose squares are float64 numbers


def check_dimension(problem: Problem, law: Isotropic, hp: Any, steps: int, sizes: tuple[float, float] = SIZES) -> None:
    """What vectors need besides: all lengths within ``sizes``."""
    dim, longest = problem.dim, largest(law.radius)
    if dim > MAX_DIM:
        raise ValueError(f"dim: expected at most {MAX_DIM} for isotropic noise, got {dim}")
    if problem.shape not in RADIAL:
        raise ValueError(f"{problem.name}: expected noise along e1, the function is not radial")
    if steps * blocks(dim) > 2**32:
        raise ValueError(f"steps: expected at most {2**32 // blocks(dim)} in dimension {dim}, got {steps}")
    lam = np.atleast_1d(getattr(hp, "lam", math.inf))
    named = {
        "start": [problem.start],
        "nu": [problem.nu],
        "noise": [longest],
        "lam": [float(lam.min()), float(lam.max())],
    }
    for name, size in ((name, size) for name, found in named.items() for size in found):
        if size and not math.isinf(size) and not sizes[0] <= abs(size) <= sizes[1]:
            low, high = (f"{end:g}".replace("+", "") for end in sizes)
            raise ValueError(f"{name}: expected a size in [{low}, {high}] for isotropic noise, got {size!r}")


def _check_method(method: Method, hp: HyperParameters) -> None:
    for name in ("gamma", "b0", "lam"):
        values = getattr(hp, name)
        for value in values if name in levels.CHANGING and levels.changes(values) else (values,):
            if not value > 0 or (math.isinf(value) and name != "lam"):
                raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
    if not 0 <= hp.eta < math.inf:
        raise ValueError(f"eta: expected a finite number >= 0, got {hp.eta!r}")
    if not 0 <= hp.beta1 < 1:
        raise ValueError(f"beta1: expected a number in [0, 1), got {hp.beta1!r}")
    if method.accumulator == "adam" and not 0 < hp.beta2 < 1:
        raise ValueError(f"beta2: expected a number in (0, 1), got {hp.beta2!r}")


def available() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(workers: int | None) -> int:
    if workers is None:
        return available()
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers: expected an integer >= 1, got {workers!r}")
    return workers


def prepare(method: Method | OwnStep, hp: HyperParameters | Mapping[str, Any], steps: int) -> tuple[Any, np.ndarray]:
    """The hyper-parameters as attributes, floats or float64 [steps], and the bias corrections."""
    if isinstance(method, OwnStep):
        if not isinstance(hp, Mapping):
            raise ValueError(f"hp: expected a mapping of names to numbers for a step of one's own, got {hp!r}")
        own.check(method, hp)
        return SimpleNamespace(**{name: levels.floats(name, value, steps) for name, value in hp.items()}), np.empty(0)
    if not isinstance(hp, HyperParameters):
        raise ValueError(f"hp: expected HyperParameters for a method of the theory, got {hp!r}")
    for name in ("eta", "b0", "beta1", "beta2"):
        if levels.changes(getattr(hp, name)):
            raise ValueError(f"{name}: expected one number, only gamma and lam may change with time")
    _check_method(method, hp)
    numbers = {f.name: levels.floats(f.name, getattr(hp, f.name), steps) for f in fields(HyperParameters)}
    factors = corrections(hp.beta1 if method.momentum else 0.0, hp.beta2, steps if method.corrected else 0)
    return SimpleNamespace(**numbers), factors
