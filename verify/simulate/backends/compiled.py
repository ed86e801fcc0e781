"""One block of trajectories on the compiled loops, chunk of steps by chunk of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from verify.simulate.noise.sampler import Atoms, Continuous, Isotropic, Nothing, Planned, Sampler
from verify.simulate.noise.sphere import coefficients
from verify.simulate.own import OwnStep
from verify.simulate.program.ops import ArrayOps
from verify.simulate.program.trace import Geometry

LANES, CHUNK = 512, 64  # trajectories and steps per compiled call: 256 KiB of noise


def _fill(law: Sampler, X: np.ndarray, W: np.ndarray, place: tuple) -> None:
    """One chunk of noise; ``place`` = (first trajectory, first step, stream, key low, key high)."""
    from verify.simulate.backends import kernels, kernels32

    if isinstance(law, Continuous):
        mask = np.uint32(law.table.symmetric)
        fill_table = kernels32.fill_table if X.dtype == np.float32 else kernels.fill_table
        fill_table(X, W, law.table.coefficients, law.scale, mask, *place)
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


def _direct(Y: np.ndarray, R: np.ndarray, place: tuple) -> None:
    """Radii get directions."""
    from verify.simulate import single
    from verify.simulate.backends import kernels, kernels32

    if Y.dtype == np.float32:
        kernels32.fill_directions(Y, R, single.normal_cubics(), *place)
    else:
        kernels.fill_directions(Y, R, coefficients(), *place)


def noise_block(law: Sampler, steps: int, first: int, lanes: int, seed: int, stream: int, dim: int = 1) -> np.ndarray:
    """The noise that trajectories first .. first + lanes - 1 see: float64 [steps, lanes], of an isotropic law
    [steps, dim, lanes]."""
    if isinstance(law, Isotropic):
        from verify.simulate.backends import kernels

        radii, found = noise_block(law.radius, steps, first, lanes, seed, stream), np.empty((steps, dim, lanes))
        kernels.fill_directions(found, radii, coefficients(), first, 0, 2 * stream, *low_high(seed))
        return found
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


def start(job: Job, lanes: int) -> tuple[np.ndarray, dict[str, slice]]:
    """The state that trajectories start from, [rows, lanes], and its parts."""
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
    state = np.zeros((max(part.stop for part in parts.values()), lanes), job.real)
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
    advance, (state, parts), numbers = _advance(job), start(job, lanes), scalars(job).values()
    radius = job.law.radius if isinstance(job.law, Isotropic) else job.law
    size, totals = job.block[1], Totals(job, lanes, parts)
    W, X = _buffer("W", (size, lanes), np.uint32), _buffer("X", (size, lanes), job.real)
    if isinstance(radius, Nothing):
        X[:] = 0.0
    Y = _buffer("Y", (size, dim, lanes), job.real) if job.wide else X
    for t in range(0, job.steps, size):
        n = min(size, job.steps - t)
        filled = -(-n // WORDS) * WORDS
        _fill(radius, X[:filled], W[:filled], (first, t, *place))
        if job.wide:
            _direct(Y[:n], X[:n], (first, t, *place))
        now = (v[t : t + n] if isinstance(v, np.ndarray) else v for v in (job.corrections, *numbers))
        advance(state, Y[:n], *now, job.delay, t, *[dim] * job.wide)
        if len(totals.rows):
            kernels32.add_up(totals.found, state, totals.rows)
        tick(n * lanes)
    return result(job, {name: state[part] for name, part in parts.items()} | totals.parts())


_local = local()


def _buffer(name: str, shape: tuple[int, ...], kind: type) -> np.ndarray:
    """Scratch of this thread: fresh memory for every block costs a tenth of the time."""
    found = getattr(_local, name, None)
    if found is None or found.shape != shape or found.dtype != kind:
        found = np.empty(shape, kind)
        setattr(_local, name, found)
    return found


class Totals:
    """Where float32 sums are added up in float64; float64 sums stay in the state."""

    def __init__(self, job: Job, lanes: int, parts: Mapping[str, slice]) -> None:
        self.names = {name: parts[name] for name in job.totals} if job.real is np.float32 else {}
        self.rows = np.array([row for part in self.names.values() for row in range(part.start, part.stop)], np.int64)
        self.found = np.zeros((len(self.rows), lanes))

    def parts(self) -> dict[str, np.ndarray]:
        return {name: self.found[np.isin(self.rows, range(p.start, p.stop))] for name, p in self.names.items()}


def result(job: Job, state: Mapping[str, np.ndarray]) -> np.ndarray:
    """The rows of a block's result, from the parts of the final state."""
    with np.errstate(all="ignore"):
        found = {name: _squeezed(part.astype(np.float64)) for name, part in state.items()}
        D = state.get("D")
        kept = (sized(found[name], ArrayOps, D) for name in ("weights", *job.metrics))
        return np.stack([*ends(job.problem, ArrayOps, found["x"], D), *kept])


def _squeezed(v: np.ndarray) -> np.ndarray:
    return v[0] if len(v) == 1 else v
