"""Jobs for the kernels of the engine triton: every method, kind of noise, shape, metric and corner of the words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np

from bounds.methods import CLIP_ADAGRAD_NORM, METHODS
from counterexamples.noise import isotropic, steered
from counterexamples.problems import (
    ONE_MINIMISER,
    double_well,
    huber,
    plateau,
    pseudo_huber,
    quadratic,
    squareplus,
    stretched,
    well,
)
from counterexamples.steering import KINDS, steer
from tests.simulate.instances import LAWS, UNCLIPPED, VARIANTS
from verify.simulate import HyperParameters, OwnStep
from verify.simulate.arguments import prepare
from verify.simulate.backends.compiled import Job
from verify.simulate.functions import clip, maximum, minimum, norm, sq_norm, sqrt, where
from verify.simulate.noise.philox import words
from verify.simulate.noise.sampler import Atoms, Isotropic, Planned, sampler
from verify.simulate.noise.tables import REFINED

HP = HyperParameters(gamma=0.05, lam=0.7, eta=0.01, b0=0.9, beta1=0.8, beta2=0.99)
PROBLEM = huber(1.3, 0.4, 1.0)
SHAPES = (
    PROBLEM, quadratic(1.0, 2.0), plateau(F(1), F(2), 0.7), well(F(1), F(2)), double_well(F(1), F(2)),
    pseudo_huber(1.0, 0.4, 1.0), squareplus(F(1), F(2), 0.5),
)  # fmt: skip
ALSO = ("average", "best_grad_sq", "max_gap", "max_distance")
LANES = 256
WORST = VARIANTS["stale-delayed-momentum"]


def job(method: Any = CLIP_ADAGRAD_NORM, law: Any = LAWS["stable"], problem: Any = PROBLEM, **changes: Any) -> Job:
    """A job of nine steps (two blocks of words and one step) unless ``changes`` say otherwise."""
    given = {"metric": "gap", "steps": 9, "delay": 1, "stream": 3, "seed": 2**63 + 5, "hp": HP, "also": ()} | changes
    numbers, corrections = prepare(method, given.pop("hp"), given["steps"])
    steering = getattr(law, "steering", None)
    drawn = law if isinstance(law, Planned | Atoms | Isotropic) else sampler(replace(law, steering=None))
    return Job(method, problem, drawn, numbers, corrections=corrections, steering=steering, **given)


def _own(x: Any, g: Any, state: Any, hp: Any) -> Any:
    t = state["t"] + 1
    v = maximum(0.99 * state["v"], norm(g) ** 3) + minimum(sq_norm(g), 1.0) + norm(g) ** 4
    step = where(t < 3, clip(g, hp.lam), g / (sqrt(v) + 1e-8)) + where(t == 4, 1.0, -0.3) / (1 + v)
    m = 0.9 * state["m"] + g
    return x - hp.lr / (1 + v) * step + 0.3 / (3 + v) - abs(m) ** 3 / 1e3, {"t": t, "v": v, "m": m}


OWN = OwnStep(_own, {"t": 0.0, "v": 0.0, "m": 0.0})


def jobs() -> Iterator[tuple[str, Job, int]]:
    """Name, job, number of the first of ``LANES`` trajectories."""
    for name, method in (METHODS | VARIANTS | UNCLIPPED).items():
        yield name, job(method), 0
        if method.delayed or method.stale:
            yield f"{name}, delay 3", job(method, delay=3, steps=10), 0
    yield "delay 64", job(WORST, LAWS["two-point"], delay=64, steps=70), 0
    for name, law in LAWS.items():
        yield name, job(law=law, steps=11), 0
        yield f"{name} in R^5", job(law=isotropic(law), problem=huber(1.3, 0.4, 1.0, 5)), 0
    for shape in SHAPES:
        also = ALSO[: 4 if shape.shape in ONE_MINIMISER else 3]
        for metric in ("gap", "grad_sq"):
            yield f"{shape.name}, {metric}", job(problem=shape, metric=metric, also=also, steps=5), 0
    for shape in (SHAPES[2], SHAPES[5]):
        wide = job(WORST, isotropic(LAWS["stable"]), replace(shape, dim=3), also=ALSO, steps=5)
        yield f"{shape.name} in R^3", wide, 0
    ill = stretched(huber(1.3, 0.4, 1.0, 4), 50.0)
    yield "ill-conditioned", job(VARIANTS["stale"], isotropic(LAWS["stable"]), ill, delay=2), 0
    yield "R^64", job(VARIANTS["adam-corrected"], isotropic(LAWS["two-point"]), replace(PROBLEM, dim=64), steps=2), 0
    for kind in KINDS:
        yield f"steered, {kind}", job(WORST, steered(LAWS["two-point"], steer(kind, 0.4, 0.2, until=7)), delay=2), 0
    times, values = np.arange(2 * LANES + 6).reshape(2, -1) ** 2 % 9, np.linspace(-5, 5, 2 * LANES + 6).reshape(2, -1)
    yield "planned", job(law=Planned(times, values, 0.1, start=100)), 103
    radius = Isotropic(Planned(times, abs(values)))
    yield "planned in R^3", job(law=radius, problem=replace(PROBLEM, dim=3)), 3
    changing = replace(HP, gamma=np.linspace(0.05, 0.02, 9), lam=np.linspace(0.5, 0.9, 9))
    yield "changing levels", job(WORST, hp=changing, delay=2), 0
    yield "own step", job(OWN, LAWS["pareto"], hp={"lr": 0.3, "lam": 2.0}), 0
    varying = {"lr": np.linspace(0.3, 0.1, 9), "lam": 2.0}
    yield "changing own step", job(OWN, LAWS["pareto"], hp=varying), 0
    wide = job(OWN, isotropic(LAWS["pareto"]), replace(PROBLEM, dim=3), hp={"lr": 0.3, "lam": 2.0})
    yield "own step in R^3", wide, 0
    yield from _corners()


def _corners() -> Iterator[tuple[str, Job, int]]:
    """Second words, and words of large numbers."""
    asked = job(law=LAWS["pareto"], steps=8)
    ids = np.arange(2**16, dtype=np.uint64)
    drawn = np.concatenate([words(block, 2 * asked.stream, ids, asked.seed) for block in range(2)])
    (refined,) = np.nonzero((drawn >> np.uint32(1) < REFINED).any(axis=0))
    yield "refined words, one-sided", asked, int(refined[0])
    yield "refined words, symmetric", job(steps=8), int(refined[1])
    first, second = (int(words(0, 6 + k, ids[:8], asked.seed)[2, 7]) for k in (0, 1))
    for cut in (first << 32 | second, (first << 32 | second) + 1):
        law = Atoms(np.array([cut, 2**64 - 2**40], np.uint64), np.array([2.0, -1.0, 0.5]))
        yield f"second words decide, {cut & 1}", job(law=law, steps=4), 0
    yield "ids across 2^32", job(), 2**32 - 100
    yield "large numbers", job(law=isotropic(LAWS["stable"]), problem=replace(PROBLEM, dim=2), stream=2**31 - 1), 2**62
    yield "three steps after a block", job(steps=7), 0
    yield "no whole block", job(steps=3), 0
