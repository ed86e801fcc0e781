"""One block of trajectories on the compiled loops, chunk of steps by chunk of steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bounds.methods import Method
from counterexamples.problems import Problem, axes, start_vector
from counterexamples.steering import Steering
from verify.simulate import sampler
from verify.simulate.levels import changing
from verify.simulate.metric import ENDS, KEPT, Metric, ends, sized
from verify.simulate.ops import ArrayOps
from verify.simulate.own import OwnStep
from verify.simulate.philox import WORDS, low_high, words
from verify.simulate.sampler import Atoms, Continuous, Isotropic, Planned, Sampler
from verify.simulate.sphere import coefficients
from verify.simulate.trace import Geometry

LANES, CHUNK = 256, 128  # trajectories and steps per compiled call: 256 KiB of noise


def _fill(law: Sampler, X: np.ndarray, W: np.ndarray, place: tuple) -> None:
    """One chunk of noise; ``place`` = (first trajectory, first step, stream, key low, key high)."""
    from verify.simulate import kernels

    if isinstance(law, Continuous):
        kernels.fill_words(W, *place)
        mask = np.uint32(law.table.symmetric)
        kernels.fill_table(X, W, law.table.coefficients, law.scale, mask, *place)
    elif isinstance(law, Atoms):
        kernels.fill_words(W, *place)
        kernels.fill_atoms(X, W, law.thresholds, law.values, *place)
    elif isinstance(law, Planned):
        _planned(law, X, W, place)


def _planned(law: Planned, X: np.ndarray, W: np.ndarray, place: tuple) -> None:
    """The background, drawn again where it is large, and the jumps on top."""
    first, t0, stream, low, high = place
    if isinstance(law.background, Continuous):
        _fill(law.background, X, W, place)
        seed, last = low | high << 32, np.uint32((law.cut >> 32) * 2 + 1)
        s, i = np.nonzero(last >= W)  # few: the others are not large, whatever their second word
        t, ids = s + t0, (i + first).astype(np.uint64)
        second = np.choose(t % WORDS, words(t // WORDS, stream + 1, ids, seed))
        large = sampler.place(W[s, i], second) < law.cut
        X[s[large], i[large]] = sampler.again(law.background, law.cut, t[large], stream, ids[large], seed)
    else:
        X[:] = law.background
    for times, values in zip(law.times, law.values, strict=True):
        calls = times[first : first + X.shape[1]] - t0
        (now,) = np.nonzero((calls >= 0) & (calls < len(X)))
        X[calls[now], now] = values[first + now]


def noise_block(law: Sampler, steps: int, first: int, lanes: int, seed: int, stream: int) -> np.ndarray:
    """The noise that trajectories first .. first + lanes - 1 see: float64 [steps, lanes]."""
    rows = -(-steps // WORDS) * WORDS
    X, W = np.zeros((rows, lanes)), np.empty((rows, lanes), np.uint32)
    _fill(law, X, W, (first, 0, 2 * stream, *low_high(seed)))
    return X[:steps]


@dataclass(frozen=True)
class Job:
    """What every trajectory of a run has in common."""

    method: Method | OwnStep
    problem: Problem
    law: Sampler
    hp: Any  # those of HyperParameters, or of a step of one's own: floats, or float64 [steps] (``levels``)
    metric: Metric
    steps: int
    delay: int
    stream: int
    seed: int
    corrections: np.ndarray  # s_0 .. s_{steps-1}; empty without bias correction
    steering: Steering | None = None  # multiplies the noise
    also: tuple[str, ...] = ()  # metrics that are kept besides

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric, *self.also)

    @property
    def rows(self) -> tuple[str, ...]:
        """What a block returns: the last iterate (``metric.ends``), sum u_t, what is kept for the metrics."""
        return (*ENDS, "weights", *self.metrics)

    @property
    def wide(self) -> bool:
        """Are iterates vectors?  Otherwise they stay on the line through x* and x_0."""
        return isinstance(self.law, Isotropic)

    @property
    def geometry(self) -> Geometry:
        return ("radial" if self.problem.condition == 1 else "stretched") if self.wide else "line"

    @property
    def block(self) -> tuple[int, int]:
        """Trajectories and steps per compiled call, so that state and noise fit the cache."""
        if not self.wide:
            return LANES, CHUNK
        dim = self.problem.dim
        return max(LANES // 4, LANES * 8 // max(dim, 8)), max(CHUNK // dim // WORDS, 1) * WORDS


def _start(job: Job, lanes: int) -> tuple[Callable, np.ndarray, dict[str, slice]]:
    """The compiled loop, the state it starts from, and its parts."""
    from verify.simulate import kernels, trace

    method, shape, geometry = job.method, job.problem.shape, job.geometry
    if isinstance(method, OwnStep):
        names = tuple(vars(job.hp))
        advance = kernels.advance_own(method, names, shape, job.metric, geometry, job.also, changing(job.hp))
        layout = trace.own_layout(method, vars(job.hp), job.metric, geometry, job.also)
        start = {f"state_{name}": value for name, value in method.state.items()}
    else:
        steered = job.steering is not None
        advance = kernels.advance(method, shape, job.metric, steered, geometry, job.also, changing(job.hp))
        layout = trace.layout(method, job.metric, geometry, job.also)
        start = dict.fromkeys(("b_sq", "past"), job.hp.b0 * job.hp.b0)
    parts = layout.slices(job.problem.dim, job.delay)
    start |= {name: KEPT[name].start for name in job.metrics}
    state = np.zeros((max(part.stop for part in parts.values()), lanes))
    for name in start.keys() & parts.keys():
        state[parts[name]] = start[name]
    if not job.wide:
        for name in {"x", "asked"} & parts.keys():
            state[parts[name]] = job.problem.start
        return advance, state, parts
    columns = {"x": start_vector(job.problem), "asked": start_vector(job.problem) * job.delay, "D": axes(job.problem)}
    for name in columns.keys() & parts.keys():
        state[parts[name]] = np.array(columns[name])[:, None]
    return advance, state, parts


def run(job: Job, first: int, lanes: int, tick: Callable[[int], None]) -> np.ndarray:
    """What ``job.rows`` names, of trajectories first .. first + lanes - 1: float64 [rows, lanes]."""
    from verify.simulate import kernels, trace

    problem, place = job.problem, (2 * job.stream, *low_high(job.seed))
    advance, state, parts = _start(job, lanes)
    names = tuple(vars(job.hp)) if isinstance(job.method, OwnStep) else trace.HYPER
    numbers = [*(getattr(job.hp, n) for n in names), *(getattr(problem, n) for n in trace.PROBLEM)]
    if job.steering is not None:
        numbers += [getattr(job.steering, n) for n in trace.STEERING]
    size = job.block[1]
    W, X = np.empty((size, lanes), np.uint32), np.zeros((size, lanes))
    Y = np.empty((size, problem.dim, lanes)) if job.wide else X
    for t in range(0, job.steps, size):
        n = min(size, job.steps - t)
        filled = -(-n // WORDS) * WORDS
        radius = job.law.radius if isinstance(job.law, Isotropic) else job.law
        _fill(radius, X[:filled], W[:filled], (first, t, *place))
        if job.wide:
            kernels.fill_directions(Y[:n], X[:n], coefficients(), first, t, *place)
        now = [v[t : t + n] if isinstance(v, np.ndarray) else v for v in numbers]
        advance(state, Y[:n], job.corrections[t : t + n], *now, job.delay, t, *[problem.dim] * job.wide)
        tick(n * lanes)
    with np.errstate(all="ignore"):
        D = state[parts["D"]] if "D" in parts else None
        kept = [_squeezed(state[parts[name]]) for name in ("x", "weights", *job.metrics)]
        rows = [*ends(problem, ArrayOps, kept[0], D), *(sized(v, ArrayOps, D) for v in kept[1:])]
        return np.stack(rows)


def _squeezed(v: np.ndarray) -> np.ndarray:
    return v[0] if len(v) == 1 else v
