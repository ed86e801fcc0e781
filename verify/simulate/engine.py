"""Many trajectories of one method on one instance.

Trajectories are cut into blocks of lanes and steps into chunks; blocks run on Python threads (the compiled loops
release the interpreter lock), and every random word is a function of (seed, stream, trajectory, step).  Hence the
arrays of the result are the same bit for bit whatever the number of workers, and a run of more trajectories
begins with the trajectories of the shorter run.

State and noise are float64, where sums of 10^6 terms lose at most about 1e-10 in relative accuracy, or float32
(``single``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import cache, partial
from threading import Event
from typing import Any

import numpy as np

from bounds.methods import Method
from counterexamples.noise import Law
from counterexamples.problems import Problem, gap
from verify.simulate import own, single
from verify.simulate.arguments import SIZES, EngineError, check, check_dimension, prepare, threads
from verify.simulate.backends import compiled, reference
from verify.simulate.backends.compiled import Job
from verify.simulate.company import jumps
from verify.simulate.metric import ENDS, Metric, value
from verify.simulate.metric import check as check_metrics
from verify.simulate.noise.sampler import Isotropic, Planned, sampler
from verify.simulate.own import OwnStep
from verify.simulate.program.ops import ArrayOps
from verify.simulate.records import EngineName, HyperParameters, Precision, Result

TORCH_WIDTH = 2**16  # coordinates of a block of the engine torch
Progress = Callable[[int, int], None]


class _Stopped(Exception):
    """Raised inside workers when the run is given up."""


@dataclass(frozen=True)
class Engine:
    """One way to run a block of trajectories: (job, first, lanes, tick) -> float64 [rows, lanes],
    see ``Job.rows``."""

    name: str
    block: Callable[[Job, int, int, Callable[[int], None]], np.ndarray]
    width: int  # trajectories of a block
    workers: int | None = None  # blocks at a time, where that is not for the caller to say
    arrays: Any = None  # of an engine that runs ``reference.block``


ENGINES = ("compiled", "reference", "alone", "torch", "triton")
PRECISIONS: tuple[Precision, ...] = ("float64", "float32")


def ready(name: str, device: str | None = None, real: type = np.float64) -> Any:
    """What an engine computes with, on this device; EngineError if it cannot run here."""
    if name not in ("auto", *ENGINES):
        raise EngineError(f"engine: expected auto, {', '.join(ENGINES)}, got {name!r}")
    if name not in ("torch", "triton") and device not in (None, "cpu"):
        raise EngineError(f"device: the engine {name} runs on the cpu only, got {device!r}; try engine='triton'")
    try:
        if name == "torch":
            from verify.simulate.backends.eager import TorchArrays

            return TorchArrays(device or "cpu", real)
        if name == "triton":
            from verify.simulate.backends.fused import Devices

            return Devices(device or "cuda")
    except ImportError:
        extra = {"torch": "torch", "triton": "gpu"}[name]
        raise EngineError(f"engine: {name} is not installed; try pip install 'tailcert[{extra}]'") from None
    return None


def _engine(name: str, device: str | None, job: Job) -> Engine:
    if name == "triton" and job.real is not np.float64:
        raise EngineError("precision: the engine triton computes in float64; try engine='compiled'")
    found, kind = ready(name, device, job.real), job.real.__name__
    if name in ("reference", "alone"):
        arrays = reference.NumpyArrays(job.real)
        label, width = (f"numpy, {kind}", job.block[0]) if name == "reference" else (f"numpy, {kind}, one by one", 1)
        return Engine(label, partial(reference.block, arrays=arrays), width, arrays=arrays)
    if name == "torch":
        width = TORCH_WIDTH // (job.problem.dim if job.wide else 1)
        return Engine(f"torch, {kind}, {found.device}", partial(reference.block, arrays=found), width, 1, found)
    if name == "triton":
        found.check(job)
        label = f"triton, strict float64, {','.join(found.names)}"
        return Engine(label, found.block, found.width(job), len(found.names))
    return Engine(f"numba, strict {kind}", compiled.run, job.block[0])


def simulate(
    method: Method | OwnStep,
    problem: Problem,
    law: Law | Planned | Isotropic,
    *,
    hp: HyperParameters | Mapping[str, Any],
    steps: int,
    runs: int,
    seed: int,
    first: int = 0,
    stream: int = 0,
    delay: int = 1,
    metric: Metric = "gap",
    also: Sequence[str] = (),
    workers: int | None = None,
    progress: Progress | None = None,
    engine: EngineName = "auto",
    device: str | None = None,
    precision: Precision = "float64",
) -> Result:
    """Run ``runs`` independent trajectories of ``steps`` steps from x_0 = start e1.

    method:   of the theory, or an ``OwnStep``
    law:      of the noise: along e1, or ``isotropic`` in all directions of R^d, d = problem.dim <= 64; or what is drawn
              with the jumps of each trajectory, ``Planned`` or ``Isotropic`` (of a planned radius)
    hp:       what the method uses (for an ``OwnStep`` a mapping); rounded to float64 first; gamma and lam (of an
              ``OwnStep`` all) may be sequences, a number for each step (``levels``)
    first:    the number of the first trajectory; trajectories first .. first + runs - 1 are the same in every call
    seed:     64-bit key; ``stream`` < 2^31 numbers independent simulations under one seed
    delay:    d in 1 .. 64, of the stepsize (delayed methods) or of the gradient (stale ones)
    metric:   "gap" or "grad_sq", see ``metric``
    also:     metrics that are kept besides: average, best_grad_sq, max_gap, max_distance, or the other one of the two
    workers:  threads (default: the available cores); they do not influence the result
    progress: called from this thread with (done, total) trajectory-steps
    engine:   "compiled" (the default), "reference" (numpy, slow), "alone" (one trajectory at a time) or "torch"
              (eager), the same bits on the CPU; or "triton" (one kernel on a GPU), which compares itself with the first
              before it starts
    device:   of the engine torch: "cpu" (the default), "cuda", ..; of triton: "cuda" (the default), "cuda:0,cuda:1", ..
    precision: "float64", or "float32": half as long, the same words, other numbers.  How far they are off is for
              ``precision`` to compare; verdicts rest on float64 only

    Memory is proportional to ``runs``, not to ``steps`` (but for 8 bytes per step of a bias correction).  An interrupt
    stops the workers within a chunk.
    Raises ValueError for arguments out of range, NotStraightLine (a TypeError that names the line) for an ``OwnStep``
    that cannot be compiled: ``engine="reference"`` runs it on arrays, "alone" also one that branches on its data.
    """
    check(steps, runs, first, seed, stream, delay)
    also = tuple(also)
    check_metrics(metric, also, problem)
    if precision not in PRECISIONS:
        raise ValueError(f"precision: expected {' or '.join(PRECISIONS)}, got {precision!r}")
    numbers, factors = prepare(method, hp, steps)
    steering = law.steering if isinstance(law, Law) else None
    if steering is not None and isinstance(method, OwnStep):
        raise ValueError("law: expected noise that does not depend on the position for a step of one's own")
    drawn = sampler(replace(law, steering=None)) if isinstance(law, Law) else law
    job = Job(method, problem, drawn, numbers, metric, steps, delay, stream, seed, factors, steering, also)
    if problem.condition != 1 and not job.wide:
        raise ValueError(f"{problem.name}: expected isotropic noise")
    if isinstance(drawn, Isotropic):
        check_dimension(problem, drawn, numbers, steps, single.SIZES if precision == "float32" else SIZES)
    given = job
    if precision == "float32":
        job = single.cast(job)
    chosen = _engine(engine, device, job)
    on_arrays = isinstance(method, OwnStep) and engine in ("reference", "alone", "torch")
    if isinstance(method, OwnStep) and engine in ("reference", "torch"):
        short, arrays = replace(job, steps=min(steps, own.SHORT)), chosen.arrays
        known = cache(arrays.noise(short, np.arange(own.CROWD, dtype=np.uint64)))

        def among(lanes: slice, added: Callable[[int], np.ndarray]) -> np.ndarray:
            def loud(t: int) -> np.ndarray:
                return added(t)[lanes]

            def noise(t: int) -> Any:
                return known(t)[..., lanes]

            size = lanes.stop - lanes.start
            return reference.block(short, lanes.start, size, lambda n: None, arrays, loud, noise)

        own.independent(method, among)
    out, stop = np.empty((len(job.rows), runs)), Event()
    workers = chosen.workers or threads(workers)
    width = min(chosen.width, -(-runs // workers))
    starts = iter(range(0, runs, width))  # shared: each worker takes the next block
    done = [0] * workers

    def work(worker: int) -> None:
        def tick(n: int) -> None:
            done[worker] += n
            if stop.is_set():
                raise _Stopped

        for start in starts:
            lanes = min(width, runs - start)
            out[:, start : start + lanes] = chosen.block(job, first + start, lanes, tick)

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
    if isinstance(method, OwnStep) and on_arrays:  # they may influence each other late
        last = first + runs - 1
        own.same(method, out[:, -1:], chosen.block(job, last, 1, lambda n: None))
        if chosen.width > 1:
            begun = max(last - 1, 0)
            loud = np.arange(begun, begun + 3) != last
            found = reference.block(
                job, begun, 3, lambda n: None, chosen.arrays, lambda t: np.where(loud, jumps(t, 3), 0.0)
            )
            own.same(method, out[:, -1:], found[:, ~loud])
    return _result(given, out, chosen.name, precision)


def _result(job: Job, state: np.ndarray, engine: str, precision: Precision) -> Result:
    rows, method, problem = dict(zip(job.rows, state, strict=True)), job.method, job.problem
    last, weights = {name: rows[name] for name in ENDS}, rows["weights"]
    with np.errstate(all="ignore"):
        found = {name: value(name, problem, ArrayOps, rows[name], last, weights, job.steps) for name in job.metrics}
        at_end = gap(problem, ArrayOps, last["size"]) if job.metric == "gap" else last["slope"]
        ended = np.isfinite(last["size"])
        finite = ended & np.isfinite(rows[job.metric] / weights)
    return Result(
        method=_label(method),
        metric=job.metric,
        values=_numbers(finite, found.pop(job.metric)),
        last_values=_numbers(ended, at_end),
        also={name: _numbers(finite, row) for name, row in found.items()},
        weight_sums=weights,
        nonfinite=int(np.count_nonzero(~finite)),
        steps=job.steps,
        runs=len(weights),
        delay=job.delay if isinstance(method, Method) and (method.delayed or method.stale) else 1,
        seed=job.seed,
        stream=job.stream,
        engine=engine,
        precision=precision,
    )


def _numbers(valid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """inf where a trajectory left the numbers, or where its metric does at a point too far out to square."""
    return np.where(valid & ~np.isnan(values), values, np.inf)


def _label(method: Method | OwnStep) -> str:
    return method.name if isinstance(method, OwnStep) or method.clipped else f"{method.name} without clipping"
