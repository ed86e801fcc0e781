"""The eager engines: ``bounds.methods.update`` itself, run on whole arrays, one step at a time.

The same words and the same IEEE operations as the compiled engine; the tests compare them bit for bit.  The loops are
written once, for numpy (``NumpyArrays``) and torch (``eager``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from bounds.methods import Method, State, update
from counterexamples.problems import axes, field, gradient, start_vector
from counterexamples.steering import factor
from verify.simulate import own, single
from verify.simulate.levels import at
from verify.simulate.metric import KEPT, METRICS, Kept, ends, keep, observed, sized, weight
from verify.simulate.noise.sampler import draw
from verify.simulate.own import OwnStep
from verify.simulate.program.ops import ArrayOps, Numbers, of_type

if TYPE_CHECKING:
    from verify.simulate.backends.compiled import Job

Tick = Callable[[int], None]
Shape = tuple[int, ...]


class Arrays(Protocol):
    """What the loops need of an array library."""

    ops: Any
    real: type  # of the numbers: np.float64 or np.float32

    def full(self, shape: Shape, value: float) -> Any:
        """A new array."""

    def noise(self, job: Job, trajectories: np.ndarray) -> Callable[[int], Any]:
        """The noise of every step, for these trajectories."""

    def call(self, step: OwnStep, x: Any, g: Any, state: Mapping[str, Any], hp: Any) -> tuple[Any, dict[str, Any]]:
        """One call of a step of one's own, on arrays whose operators round as the compiled loops do."""

    def fit(self, value: Any, shape: Shape) -> Any:
        """An array of this shape from a number or an array."""

    def doubled(self, value: Any) -> Any:
        """The array in float64."""

    def collect(self, rows: list[Any]) -> np.ndarray:
        """float64 [rows, trajectories]."""


class NumpyArrays:
    """numpy, float64 or float32."""

    ops = ArrayOps

    def __init__(self, real: type = np.float64) -> None:
        self.real = real

    def full(self, shape: Shape, value: float) -> np.ndarray:
        return np.full(shape, value, self.real)

    @staticmethod
    def noise(job: Job, trajectories: np.ndarray) -> Callable[[int], np.ndarray]:
        drawn = single.noise if job.real is np.float32 else draw
        return lambda t: drawn(job.law, t, 2 * job.stream, trajectories, job.seed, job.problem.dim)

    def call(self, step: OwnStep, x: Any, g: Any, state: Mapping[str, Any], hp: Any) -> tuple[Any, dict[str, Any]]:
        given = {name: value.view(Numbers) for name, value in state.items()}
        return own.advance(step, x.view(Numbers), g.view(Numbers), given, hp)

    def fit(self, value: Any, shape: Shape) -> np.ndarray:
        return np.array(np.broadcast_to(value, shape), self.real)

    @staticmethod
    def doubled(value: Any) -> Any:
        return value.astype(np.float64)

    @staticmethod
    def collect(rows: list[Any]) -> np.ndarray:
        return np.stack(rows)


def block(
    job: Job,
    first: int,
    lanes: int,
    tick: Tick,
    arrays: Arrays,
    added: Callable[[int], np.ndarray] | None = None,
    noise: Callable[[int], Any] | None = None,
) -> np.ndarray:
    """What ``job.rows`` names, of trajectories first .. first + lanes - 1: float64 [rows, lanes].

    ``tick`` is told after every step how many trajectory-steps were done; it may raise to give up.
    For a step of one's own, ``added``: to the noise of each step, float64 [lanes] (``company``); ``noise``: that of
    ``arrays.noise``, where it is known.
    """
    trajectories = np.arange(first, first + lanes, dtype=np.uint64)
    with np.errstate(all="ignore"):
        with of_type(arrays.real):
            if isinstance(job.method, OwnStep):
                x, *kept = _run_own(job, job.method, trajectories, tick, arrays, added, noise)
            else:
                x, *kept = _run(job, job.method, trajectories, tick, arrays)
            D = _axes(job, lanes, arrays)
        D = D if D is None else arrays.doubled(D)
        last = ends(job.problem, arrays.ops, arrays.doubled(x), D)
        return arrays.collect([*last, *(sized(row, arrays.ops, D) for row in kept)])


def _run(job: Job, method: Method, trajectories: np.ndarray, tick: Tick, arrays: Arrays) -> list[Any]:
    ops, lanes = arrays.ops, len(trajectories)
    x, noise, slope = _start(job, lanes, arrays), arrays.noise(job, trajectories), _oracle(job, lanes, arrays)
    m, kept = x * 0.0, _Kept(job, lanes, arrays)
    past = [arrays.full((lanes,), job.hp.b0 * job.hp.b0)] * job.delay  # b_{t-1}^2, .., b_{t-delay}^2
    iterates = [x] * job.delay  # x_{t-1}, .., x_{t-delay}
    for t in range(job.steps):
        hp = at(job.hp, t)
        hp.correction = float(job.corrections[t]) if method.corrected else None
        z = iterates[-1] if method.stale else x
        p = slope(z)
        u = weight(method, ops, past[0], past[-1], hp)
        kept.add(u, x, z, p)
        xi = noise(t)
        if job.steering is not None:
            xi = factor(job.steering, ops, z) * (xi * (1.0 if t < job.steering.until else 0.0))
        g = p + xi
        iterates = [x, *iterates[:-1]]
        x, m, b_sq = update(method, ops, State(x, m, past[0], past[-1]), g, hp)
        past = [b_sq, *past[:-1]]
        tick(lanes)
    return [x, *kept.rows()]


def _run_own(
    job: Job,
    step: OwnStep,
    trajectories: np.ndarray,
    tick: Tick,
    arrays: Arrays,
    added: Callable[[int], np.ndarray] | None,
    noise: Callable[[int], Any] | None,
) -> list[Any]:
    """The same for a step of one's own: u_t = 1."""
    lanes = len(trajectories)
    x, noise, slope = _start(job, lanes, arrays), noise or arrays.noise(job, trajectories), _oracle(job, lanes, arrays)
    state = {name: arrays.full(shape, step.state[name]) for name, shape in _shapes(job, step, x, arrays).items()}
    kept = _Kept(job, lanes, arrays)
    for t in range(job.steps):
        p = slope(x)
        kept.add(1.0, x, x, p)
        xi = noise(t)
        if added is not None:
            more = arrays.fit(added(t), (lanes,))
            xi = arrays.ops.where(more != 0, xi + more, xi)
        found, after = arrays.call(step, x, p + xi, state, at(job.hp, t))
        x = arrays.fit(found, x.shape)
        state = {name: arrays.fit(value, state[name].shape) for name, value in after.items()}
        tick(lanes)
    return [x, *kept.rows()]


class _Kept:
    """The weights and what the metrics keep; float32 sums over the steps of ``Job.block`` are added up in float64."""

    def __init__(self, job: Job, lanes: int, arrays: Arrays) -> None:
        self.job, self.arrays, self.ops, self.D = job, arrays, arrays.ops, _axes(job, lanes, arrays)
        vector = (job.problem.dim, lanes) if job.wide else (lanes,)
        starts = {"weights": Kept("+="), **{name: KEPT[name] for name in job.metrics}}
        self.start = {name: arrays.full(vector if k.vector else (lanes,), k.start) for name, k in starts.items()}
        self.kept, self.totals = dict(self.start), dict[str, Any]()
        self.size, self.seen = job.block[1] if job.real is np.float32 else job.steps + 1, 0

    def add(self, u: Any, x: Any, z: Any, p: Any) -> None:
        self.kept["weights"] = self.kept["weights"] + u
        for name in self.job.metrics:
            q = observed(name, self.job.problem, self.ops, x, z, p, self.D)
            self.kept[name] = keep(KEPT[name].mode, self.ops, self.kept[name], u * q if name in METRICS else q)
        self.seen += 1
        if self.seen % self.size == 0:
            for name in self.job.totals:
                self.totals[name] = self._total(name)
                self.kept[name] = self.start[name]

    def _total(self, name: str) -> Any:
        found = self.arrays.doubled(self.kept[name])
        return self.totals[name] + found if name in self.totals else found

    def rows(self) -> list[Any]:
        return [self._total(name) for name in self.kept]


def _shapes(job: Job, step: OwnStep, x: Any, arrays: Arrays) -> dict[str, Shape]:
    """Of the parts of the state: vectors are what the step makes vectors."""
    shapes: dict[str, Shape] = dict.fromkeys(step.state, x.shape[-1:])
    while True:
        state = {name: arrays.full(shape, step.state[name]) for name, shape in shapes.items()}
        _, after = arrays.call(step, x, x, state, at(job.hp, 0))
        wide = {name: x.shape for name, value in after.items() if len(getattr(value, "shape", ())) == 2}
        if all(shapes[name] == x.shape for name in wide):
            return shapes
        shapes |= wide


def _start(job: Job, lanes: int, arrays: Arrays) -> Any:
    """x_0 of every trajectory."""
    if not job.wide:
        return arrays.full((lanes,), job.problem.start)
    return _columns(start_vector(job.problem), lanes, arrays)


def _axes(job: Job, lanes: int, arrays: Arrays) -> Any:
    """D of a stretched problem."""
    return _columns(axes(job.problem), lanes, arrays) if job.geometry == "stretched" else None


def _columns(values: list[float], lanes: int, arrays: Arrays) -> Any:
    found = arrays.full((len(values), lanes), 0.0)
    for j, value in enumerate(values):
        found[j] = value
    return found


def _oracle(job: Job, lanes: int, arrays: Arrays) -> Callable[[Any], Any]:
    """The gradient of the problem."""
    D = _axes(job, lanes, arrays)
    if not job.wide:
        return lambda z: gradient(job.problem, arrays.ops, z)
    return lambda z: field(job.problem, arrays.ops, z, D)
