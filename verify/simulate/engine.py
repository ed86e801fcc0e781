"""Many trajectories of one method on one instance.

Trajectories are cut into blocks of lanes and steps into chunks; blocks run on Python threads (the compiled loops
release the interpreter lock), and every random word is a function of (seed, stream, trajectory, step).  Hence the
arrays of the result are the same bit for bit whatever the number of workers, and a run of more trajectories
begins with the trajectories of the shorter run.

State and noise are float64; sums of 10^6 terms lose at most about 1e-10 in relative accuracy.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, fields, replace
from threading import Event
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from bounds.methods import Method
from counterexamples.noise import Law
from counterexamples.problems import Problem, gap, gradient
from counterexamples.steering import Steering
from verify.simulate import own
from verify.simulate.correction import corrections
from verify.simulate.metric import METRICS, Metric
from verify.simulate.ops import ArrayOps
from verify.simulate.own import OwnStep
from verify.simulate.philox import WORDS, low_high
from verify.simulate.records import HyperParameters, Result
from verify.simulate.sampler import Atoms, Continuous, Planned, Sampler, sampler

LANES, CHUNK = 256, 128  # trajectories and steps per compiled call: 256 KiB of noise
MAX_DELAY = 64
MAX_STEPS = WORDS * 2**32
Progress = Callable[[int, int], None]


class _Stopped(Exception):
    """Raised inside workers when the run is given up."""


def _check(steps: int, runs: int, first: int, seed: int, stream: int, delay: int) -> None:
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


def _check_method(method: Method, hp: HyperParameters) -> None:
    for name in ("gamma", "b0", "lam"):
        value = getattr(hp, name)
        if not value > 0 or (math.isinf(value) and name != "lam"):
            raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
    if not 0 <= hp.eta < math.inf:
        raise ValueError(f"eta: expected a finite number >= 0, got {hp.eta!r}")
    if not 0 <= hp.beta1 < 1:
        raise ValueError(f"beta1: expected a number in [0, 1), got {hp.beta1!r}")
    if method.accumulator == "adam" and not 0 < hp.beta2 < 1:
        raise ValueError(f"beta2: expected a number in (0, 1), got {hp.beta2!r}")


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
        first, t0 = place[:2]
        calls = law.times[first : first + X.shape[1]] - t0
        (now,) = np.nonzero((calls >= 0) & (calls < len(X)))
        X[:] = 0.0
        X[calls[now], now] = law.values[first + now]


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
    hp: Any  # float attributes: HyperParameters, or those of a step of one's own
    metric: Metric
    steps: int
    delay: int
    stream: int
    seed: int
    corrections: np.ndarray  # s_0 .. s_{steps-1}; empty without bias correction
    steering: Steering | None = None  # multiplies the noise


def _start(job: Job, lanes: int) -> tuple[Callable, np.ndarray]:
    """The compiled loop and the state it starts from."""
    from verify.simulate import kernels
    from verify.simulate.trace import SUMS, rings, rows

    method, shape = job.method, job.problem.shape
    if isinstance(method, OwnStep):
        start = [job.problem.start, *[0.0] * (SUMS - 1), *method.state.values()]
        state = np.repeat(np.array(start, float)[:, None], lanes, axis=1)
        return kernels.advance_own(method, tuple(vars(job.hp)), shape, job.metric), state
    state, ring = np.zeros((rows(method, job.delay), lanes)), rings(method, job.delay)
    state[0] = state[ring["x"]] = job.problem.start
    state[1] = state[ring["b_sq"]] = job.hp.b0 * job.hp.b0
    return kernels.advance(method, shape, job.metric, job.steering is not None), state


def _compiled_block(job: Job, first: int, lanes: int, tick: Callable[[int], None]) -> np.ndarray:
    """Final x, b^2, sum u_t, sum u_t q_t of trajectories first .. first + lanes - 1: float64 [4, lanes]."""
    from verify.simulate.trace import HYPER, PROBLEM, STEERING, SUMS

    problem, place = job.problem, (2 * job.stream, *low_high(job.seed))
    advance, state = _start(job, lanes)
    names = tuple(vars(job.hp)) if isinstance(job.method, OwnStep) else HYPER
    scalars = [*(getattr(job.hp, n) for n in names), *(getattr(problem, n) for n in PROBLEM)]
    if job.steering is not None:
        scalars += [getattr(job.steering, n) for n in STEERING]
    W, X = np.empty((CHUNK, lanes), np.uint32), np.zeros((CHUNK, lanes))
    for t in range(0, job.steps, CHUNK):
        n = min(CHUNK, job.steps - t)
        filled = -(-n // WORDS) * WORDS
        _fill(job.law, X[:filled], W[:filled], (first, t, *place))
        advance(state, X[:n], job.corrections[t : t + n], *scalars, job.delay, t)
        tick(n * lanes)
    return state[:SUMS]


def _reference_block(job: Job, first: int, lanes: int, tick: Callable[[int], None]) -> np.ndarray:
    from verify.simulate import reference

    trajectories = np.arange(first, first + lanes, dtype=np.uint64)
    if isinstance(job.method, OwnStep):
        return reference.run_own(job, job.method, trajectories, tick)
    return reference.run(job, job.method, trajectories, tick)


_ENGINES = {
    "compiled": ("numba, strict float64", _compiled_block),
    "reference": ("numpy, float64", _reference_block),
}


def available() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _workers(workers: int | None) -> int:
    if workers is None:
        return available()
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers: expected an integer >= 1, got {workers!r}")
    return workers


def _prepare(method: Method | OwnStep, hp: HyperParameters | Mapping[str, float], steps: int) -> tuple[Any, np.ndarray]:
    """The hyper-parameters as float attributes, and the bias corrections."""
    if isinstance(method, OwnStep):
        if not isinstance(hp, Mapping):
            raise ValueError(f"hp: expected a mapping of names to numbers for a step of one's own, got {hp!r}")
        own.check(method, hp)
        return SimpleNamespace(**{name: float(value) for name, value in hp.items()}), np.empty(0)
    if not isinstance(hp, HyperParameters):
        raise ValueError(f"hp: expected HyperParameters for a method of the theory, got {hp!r}")
    _check_method(method, hp)
    hp = HyperParameters(**{f.name: float(getattr(hp, f.name)) for f in fields(HyperParameters)})
    return hp, corrections(hp.beta1 if method.momentum else 0.0, hp.beta2, steps if method.corrected else 0)


def simulate(
    method: Method | OwnStep,
    problem: Problem,
    law: Law | Planned,
    *,
    hp: HyperParameters | Mapping[str, float],
    steps: int,
    runs: int,
    seed: int,
    first: int = 0,
    stream: int = 0,
    delay: int = 1,
    metric: Metric = "gap",
    workers: int | None = None,
    progress: Progress | None = None,
    engine: Literal["auto", "compiled", "reference"] = "auto",
) -> Result:
    """Run ``runs`` independent trajectories of ``steps`` steps from x_0 = start e1.

    method:   of the theory, or an ``OwnStep``
    law:      of the noise; or the one jump of each trajectory, ``Planned``
    hp:       what the method uses (for an ``OwnStep`` a mapping); rounded to float64 first
    first:    the number of the first trajectory; trajectories first .. first + runs - 1 are the same in every call
    seed:     64-bit key; ``stream`` < 2^31 numbers independent simulations under one seed
    delay:    d in 1 .. 64, of the stepsize (delayed methods) or of the gradient (stale ones)
    metric:   "gap" or "grad_sq", see ``metric``
    workers:  threads (default: the available cores); they do not influence the result
    progress: called from this thread with (done, total) trajectory-steps
    engine:   "compiled" (the default) or "reference" (numpy, slow, the same bits)

    Memory is proportional to ``runs``, not to ``steps`` (but for 8 bytes per step of a bias correction).  An interrupt
    stops the workers within a chunk.
    Raises ValueError for arguments out of range, NotStraightLine (a TypeError that names the line) for an ``OwnStep``
    that cannot be compiled: ``engine="reference"`` runs it on arrays.
    """
    _check(steps, runs, first, seed, stream, delay)
    if metric not in METRICS:
        raise ValueError(f"metric: expected {' or '.join(METRICS)}, got {metric!r}")
    if engine != "auto" and engine not in _ENGINES:
        raise ValueError(f"engine: expected auto, {', '.join(_ENGINES)}, got {engine!r}")
    numbers, factors = _prepare(method, hp, steps)
    name, block = _ENGINES["compiled" if engine == "auto" else engine]
    steering = None if isinstance(law, Planned) else law.steering
    if steering is not None and isinstance(method, OwnStep):
        raise ValueError("law: expected noise that does not depend on the position for a step of one's own")
    drawn = law if isinstance(law, Planned) else sampler(replace(law, steering=None))
    job = Job(method, problem, drawn, numbers, metric, steps, delay, stream, seed, factors, steering)
    if isinstance(method, OwnStep) and engine == "reference":
        short = replace(job, steps=min(steps, 8))
        own.independent(method, lambda ids: _reference_block(short, int(ids[0]), len(ids), lambda n: None))
    out, stop = np.empty((4, runs)), Event()
    workers = _workers(workers)
    width = min(LANES, -(-runs // workers))
    blocks = iter(range(0, runs, width))  # shared: each worker takes the next block
    done = [0] * workers

    def work(worker: int) -> None:
        def tick(n: int) -> None:
            done[worker] += n
            if stop.is_set():
                raise _Stopped

        for start in blocks:
            lanes = min(width, runs - start)
            out[:, start : start + lanes] = block(job, first + start, lanes, tick)

    with ThreadPoolExecutor(workers) as pool:
        pending = {pool.submit(work, worker) for worker in range(workers)}
        try:
            while pending:
                finished, pending = wait(pending, timeout=0.1, return_when="FIRST_EXCEPTION")
                for future in finished:
                    future.result()
                if progress is not None:
                    progress(sum(done), steps * runs)
        except BaseException:
            stop.set()
            raise
    return _result(job, out, name)


def _result(job: Job, state: np.ndarray, engine: str) -> Result:
    x, _, weights, weighted = state
    method, problem = job.method, job.problem
    with np.errstate(all="ignore"):
        average = weighted / weights
        finite = np.isfinite(x) & np.isfinite(average)
        if job.metric == "gap":
            values, last = gap(problem, ArrayOps, average), gap(problem, ArrayOps, x)
        else:
            values, last = average, ArrayOps.sq_norm(gradient(problem, ArrayOps, x))
    return Result(
        method=_label(method),
        metric=job.metric,
        values=np.where(finite, values, np.inf),
        last_values=np.where(np.isfinite(x), last, np.inf),
        weight_sums=weights,
        nonfinite=int(np.count_nonzero(~finite)),
        steps=job.steps,
        runs=len(x),
        delay=job.delay if isinstance(method, Method) and (method.delayed or method.stale) else 1,
        seed=job.seed,
        stream=job.stream,
        engine=engine,
    )


def _label(method: Method | OwnStep) -> str:
    return method.name if isinstance(method, OwnStep) or method.clipped else f"{method.name} without clipping"
