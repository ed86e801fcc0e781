"""One block of trajectories on the compiled loops, chunk of steps by chunk of steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import local
from typing import Any

import numpy as np

from bounds.methods import Method
from counterexamples.problems import Problem, axes, start_vector
from counterexamples.steering import Steering
from verify.simulate.levels import changing
from verify.simulate.metric import ENDS, KEPT, Metric, ends, sized
from verify.simulate.noise import sampler
from verify.simulate.noise.philox import WORDS, low_high
from verify.simulate.noise.sampler import Atoms, Continuous, Isotropic, Planned, Sampler
from verify.simulate.noise.sphere import coefficients
from verify.simulate.own import OwnStep
from verify.simulate.program.ops import ArrayOps
from verify.simulate.program.trace import Geometry

LANES, CHUNK = 512, 64  # trajectories and steps per compiled call: 256 KiB of noise


Fill = Callable[..., None]


def filler(law: Sampler, real: type) -> Fill:
    """One chunk of noise: (X, W, first trajectory, first step, stream, key low, key high)."""
    from verify.simulate.backends import kernels, kernels32

    if isinstance(law, Continuous):
        loop = kernels32.fill_table if real is np.float32 else kernels.fill_table
        numbers = law.table.coefficients, law.scale, np.uint32(law.table.symmetric)
        return lambda X, W, *place: loop(X, W, *numbers, *place)
    if isinstance(law, Atoms):
        return partial(_atoms, law)
    if isinstance(law, Planned):
        return partial(_planned, law)
    return lambda X, W, *place: X.fill(0.0)


def _atoms(law: Atoms, X: np.ndarray, W: np.ndarray, *place: int) -> None:
    from verify.simulate.backends import kernels

    kernels.fill_words(W, *place)
    kernels.fill_atoms(X, W, law.thresholds, law.values, *place)


def _planned(law: Planned, X: np.ndarray, W: np.ndarray, *place: int) -> None:
    """The background, drawn again where it is large, and the jumps on top."""
    first, t0, stream, low, high = place
    if isinstance(law.background, Continuous):
        filler(law.background, np.float64)(X, W, *place)
        seed, k = low | high << 32, law.cut >> 32
        s, i = np.nonzero(np.uint32(2 * k + 1) >= W)  # few; for the others the second word does not matter
        edge = np.flatnonzero(W[s, i] >> np.uint32(1) == k)
        second = np.zeros(len(s), np.uint32)
        t, ids = s + t0, (i + first).astype(np.uint64)
        if len(edge):
            second[edge] = sampler.step_words(t[edge], stream + 1, ids[edge], seed)
        large = sampler.place(W[s, i], second) < law.cut
        X[s[large], i[large]] = sampler.again(law.background, law.cut, t[large], stream, ids[large], seed)
    else:
        X[:] = law.background
    mine = slice(first - law.start, first - law.start + X.shape[1])
    calls = law.times[:, mine] - t0
    jump, i = np.nonzero((calls >= 0) & (calls < len(X)))
    X[calls[jump, i], i] = law.values[:, mine][jump, i]


def _directions(real: type) -> Fill:
    """Radii get directions: (Y, R, first trajectory, first step, stream, key low, key high)."""
    from verify.simulate import single
    from verify.simulate.backends import kernels, kernels32

    if real is np.float32:
        loop, table = kernels32.fill_directions, single.normal_cubics()
    else:
        loop, table = kernels.fill_directions, coefficients()
    return lambda Y, R, *place: loop(Y, R, table, *place)


def noise_block(law: Sampler, steps: int, first: int, lanes: int, seed: int, stream: int, dim: int = 1) -> np.ndarray:
    """The noise that trajectories first .. first + lanes - 1 see: float64 [steps, lanes], of an isotropic law
    [steps, dim, lanes]."""
    if isinstance(law, Isotropic):
        radii, found = noise_block(law.radius, steps, first, lanes, seed, stream), np.empty((steps, dim, lanes))
        _directions(np.float64)(found, radii, first, 0, 2 * stream, *low_high(seed))
        return found
    rows = -(-steps // WORDS) * WORDS
    X, W = np.empty((rows, lanes)), np.empty((rows, lanes), np.uint32)
    filler(law, np.float64)(X, W, first, 0, 2 * stream, *low_high(seed))
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
    real: type = np.float64  # of state and noise; np.float32 after ``single.cast``

    @property
    def metrics(self) -> tuple[str, ...]:
        return (self.metric, *self.also)

    @property
    def rows(self) -> tuple[str, ...]:
        """What a block returns: the last iterate (``metric.ends``), sum u_t, what is kept for the metrics."""
        return (*ENDS, "weights", *self.metrics)

    @property
    def totals(self) -> tuple[str, ...]:
        """The rows that are sums over steps."""
        return ("weights", *(name for name in self.metrics if KEPT[name].mode == "+="))

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
        lanes = LANES * 8 // np.dtype(self.real).itemsize
        if not self.wide:
            return lanes, CHUNK
        dim = self.problem.dim
        return max(lanes // 4, lanes * 8 // max(dim, 8)), max(2 * CHUNK // dim // WORDS, 1) * WORDS


def start(job: Job, lanes: int, make: Callable = np.empty) -> tuple[np.ndarray, dict[str, slice]]:
    """The state that trajectories start from, [rows, lanes], in memory that is made by ``make``; and its parts."""
    from verify.simulate.program import trace

    method, geometry = job.method, job.geometry
    if isinstance(method, OwnStep):
        layout = trace.own_layout(method, vars(job.hp), job.metric, geometry, job.also)
        values = {f"state_{name}": value for name, value in method.state.items()}
    else:
        layout = trace.layout(method, job.metric, geometry, job.also)
        values = dict.fromkeys(("b_sq", "past"), job.hp.b0 * job.hp.b0)
    parts = layout.slices(job.problem.dim, job.delay)
    values |= {name: KEPT[name].start for name in job.metrics}
    state = make((max(part.stop for part in parts.values()), lanes), job.real)
    state[:] = 0.0
    for name in values.keys() & parts.keys():
        state[parts[name]] = values[name]
    if not job.wide:
        for name in {"x", "asked"} & parts.keys():
            state[parts[name]] = job.problem.start
        return state, parts
    columns = {"x": start_vector(job.problem), "asked": start_vector(job.problem) * job.delay, "D": axes(job.problem)}
    for name in columns.keys() & parts.keys():
        state[parts[name]] = np.array(columns[name])[:, None]
    return state, parts


def _advance(job: Job) -> Callable:
    """The compiled loop."""
    from verify.simulate.backends import kernels

    method, kind = job.method, (job.geometry, job.also, changing(job.hp), job.real)
    if isinstance(method, OwnStep):
        return kernels.advance_own(method, tuple(vars(job.hp)), job.problem.shape, job.metric, *kind)
    return kernels.advance(method, job.problem.shape, job.metric, job.steering is not None, *kind)


def scalars(job: Job) -> dict[str, float]:
    """The numbers that a loop is given, by name, in their order."""
    from verify.simulate.program import trace

    own = isinstance(job.method, OwnStep)
    found = {f"hp_{n}": v for n, v in vars(job.hp).items()} if own else {n: getattr(job.hp, n) for n in trace.HYPER}
    found |= {n: getattr(job.problem, n) for n in trace.PROBLEM}
    return found | ({n: getattr(job.steering, n) for n in trace.STEERING} if job.steering is not None else {})


def run(job: Job, first: int, lanes: int, tick: Callable[[int], None]) -> np.ndarray:
    """What ``job.rows`` names, of trajectories first .. first + lanes - 1: float64 [rows, lanes]."""
    from verify.simulate.backends import kernels32

    dim, place = job.problem.dim, (2 * job.stream, *low_high(job.seed))
    advance, (state, parts) = _advance(job), start(job, lanes, partial(_buffer, "S"))
    radius = job.law.radius if isinstance(job.law, Isotropic) else job.law
    fill, rows = filler(radius, job.real), WORDS if isinstance(radius, Continuous) else job.block[1]
    direct = _directions(job.real) if job.wide else None
    size, totals = job.block[1], Totals(job, lanes, parts)
    W, X = _buffer("W", (rows, lanes), np.uint32), _buffer("X", (size, lanes), job.real)
    Y = X if direct is None else _buffer("Y", (size, dim, lanes), job.real)
    numbers: Any = (job.corrections, *scalars(job).values())
    by_step = any(isinstance(v, np.ndarray) and len(v) for v in numbers)
    last = [dim] * job.wide
    for t in range(0, job.steps, size):
        n = min(size, job.steps - t)
        if n < size:
            filled = -(-n // WORDS) * WORDS
            W, X, Y = W[:filled], X[:filled], Y[:n]
        fill(X, W, first, t, *place)
        if direct is not None:
            direct(Y, X, first, t, *place)
        now = [v[t : t + n] if isinstance(v, np.ndarray) else v for v in numbers] if by_step else numbers
        advance(state, Y, *now, job.delay, t, *last)
        if len(totals.rows):
            kernels32.add_up(totals.found, state, totals.rows)
        tick(n * lanes)
    return result(job, {name: state[part] for name, part in parts.items()} | totals.parts())


def paged(shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Memory from the beginning of a page on: see ``kernels._beside``."""
    from verify.simulate.backends.kernels import PAGE

    size = math.prod(shape) * np.dtype(kind).itemsize
    room = np.empty(size + PAGE, np.uint8)
    begin = -room.__array_interface__["data"][0] % PAGE
    return room[begin : begin + size].view(kind).reshape(shape)


_local = local()


def _buffer(name: str, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Scratch of this thread: fresh memory for every block costs a tenth of the time."""
    found = getattr(_local, name, None)
    if found is None or found.shape != shape or found.dtype != kind:
        found = paged(shape, kind)
        setattr(_local, name, found)
    return found


class Totals:
    """Where float32 sums are added up in float64; float64 sums stay in the state."""

    def __init__(self, job: Job, lanes: int, parts: Mapping[str, slice]) -> None:
        self.names = {name: parts[name] for name in job.totals} if job.real is np.float32 else {}
        self.rows = np.array([row for part in self.names.values() for row in range(part.start, part.stop)], np.int64)
        self.found = np.zeros((len(self.rows), lanes))

    def parts(self) -> dict[str, np.ndarray]:
        stops = np.cumsum([p.stop - p.start for p in self.names.values()])[:-1]
        return dict(zip(self.names, np.split(self.found, stops), strict=True)) if self.names else {}


def result(job: Job, state: Mapping[str, np.ndarray]) -> np.ndarray:
    """The rows of a block's result, from the parts of the final state."""
    with np.errstate(all="ignore"):
        found = {name: _squeezed(part.astype(np.float64)) for name, part in state.items()}
        D = state.get("D")
        kept = (sized(found[name], ArrayOps, D) for name in ("weights", *job.metrics))
        return np.stack([*ends(job.problem, ArrayOps, found["x"], D), *kept])


def _squeezed(v: np.ndarray) -> np.ndarray:
    return v[0] if len(v) == 1 else v
