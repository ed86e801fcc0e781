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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import Any, Literal

import numpy as np

from bounds.methods import Method
from counterexamples.noise import Law
from counterexamples.problems import Problem
from verify.simulate.philox import WORDS, low_high
from verify.simulate.records import HyperParameters, Result
from verify.simulate.sampler import Atoms, Continuous, Sampler, sampler

LANES, CHUNK = 256, 128  # trajectories and steps per compiled call: 256 KiB of noise
MAX_DELAY = 64
MAX_STEPS = WORDS * 2**32
Progress = Callable[[int, int], None]


class _Stopped(Exception):
    """Raised inside workers when the run is given up."""


def _check(hp: Any, steps: int, runs: int, seed: int, stream: int, delay: int) -> None:
    for name, value, low, high in (
        ("steps", steps, 1, MAX_STEPS),
        ("runs", runs, 1, 2**63 - 1),
        ("seed", seed, 0, 2**64 - 1),
        ("stream", stream, 0, 2**31 - 1),
        ("delay", delay, 1, MAX_DELAY),
    ):
        if not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{name}: expected an integer in [{low}, {high}], got {value!r}")
    for name in ("gamma", "b0", "lam"):
        value = getattr(hp, name)
        if not value > 0 or (math.isinf(value) and name != "lam"):
            raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
    if not 0 <= hp.eta < math.inf:
        raise ValueError(f"eta: expected a finite number >= 0, got {hp.eta!r}")


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


def _compiled_block(
    method: Method,
    problem: Problem,
    law: Sampler,
    hp: Any,
    steps: int,
    delay: int,
    stream: int,
    first: int,
    lanes: int,
    seed: int,
    tick: Callable[[int], None],
) -> np.ndarray:
    """Final x, b^2, sum u_t, sum u_t x_t of trajectories first .. first + lanes - 1: float64 [4, lanes]."""
    from verify.simulate import kernels
    from verify.simulate.trace import ROWS

    advance = kernels.advance(method)
    state = np.zeros((ROWS + (delay if method.delayed else 0), lanes))
    state[0] = problem.R
    state[1] = state[ROWS:] = hp.b0 * hp.b0
    W, X = np.empty((CHUNK, lanes), np.uint32), np.zeros((CHUNK, lanes))
    parameters = (hp.gamma, hp.eta, hp.lam, problem.L, problem.nu)
    for t in range(0, steps, CHUNK):
        n = min(CHUNK, steps - t)
        filled = -(-n // WORDS) * WORDS
        _fill(law, X[:filled], W[:filled], (first, t, 2 * stream, *low_high(seed)))
        advance(state, X[:n], *parameters, delay, t)
        tick(n * lanes)
    return state[:ROWS]


def _reference_block(
    method: Method,
    problem: Problem,
    law: Sampler,
    hp: Any,
    steps: int,
    delay: int,
    stream: int,
    first: int,
    lanes: int,
    seed: int,
    tick: Callable[[int], None],
) -> np.ndarray:
    from verify.simulate.reference import run

    trajectories = np.arange(first, first + lanes, dtype=np.uint64)
    return run(method, problem, law, hp, steps, delay, 2 * stream, trajectories, seed, tick)


_ENGINES = {
    "compiled": ("numba, strict float64", _compiled_block),
    "reference": ("numpy, float64", _reference_block),
}


def _workers(workers: int | None) -> int:
    if workers is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers: expected an integer >= 1, got {workers!r}")
    return workers


def _gaps(problem: Problem, x: np.ndarray) -> np.ndarray:
    """``problems.gap`` on an array of coordinates; +inf where x is not finite."""
    with np.errstate(invalid="ignore", over="ignore"):
        radius = np.abs(x)
        inner = np.minimum(radius, problem.nu)
        return np.where(np.isfinite(x), problem.L * inner * (radius - inner / 2), np.inf)


def simulate(
    method: Method,
    problem: Problem,
    law: Law,
    *,
    hp: HyperParameters | Any,
    steps: int,
    runs: int,
    seed: int,
    stream: int = 0,
    delay: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    engine: Literal["auto", "compiled", "reference"] = "auto",
) -> Result:
    """Run ``runs`` independent trajectories of ``steps`` steps from x_0 = R e1.

    hp:       an object with ``gamma``, ``eta``, ``lam``, ``b0``, rounded to float64 first
    seed:     64-bit key; ``stream`` < 2^31 numbers independent simulations under one seed
    delay:    d in 1 .. 64, used by delayed methods only
    workers:  threads (default: the available cores); they do not influence the result
    progress: called from this thread with (done, total) trajectory-steps
    engine:   "compiled" (the default) or "reference" (numpy, slow, the same bits)

    Memory is proportional to ``runs``, not to ``steps``.  An interrupt stops the workers within a chunk.
    Raises ValueError for arguments out of range.
    """
    _check(hp, steps, runs, seed, stream, delay)
    if engine != "auto" and engine not in _ENGINES:
        raise ValueError(f"engine: expected auto, {', '.join(_ENGINES)}, got {engine!r}")
    hp = HyperParameters(*(float(v) for v in (hp.gamma, hp.lam, hp.eta, hp.b0)))
    name, block = _ENGINES["compiled" if engine == "auto" else engine]
    noise, out, stop = sampler(law), np.empty((4, runs)), Event()
    workers = _workers(workers)
    width = min(LANES, -(-runs // workers))
    blocks = iter(range(0, runs, width))  # shared: each worker takes the next block
    done = [0] * workers

    def work(worker: int) -> None:
        def tick(n: int) -> None:
            done[worker] += n
            if stop.is_set():
                raise _Stopped

        for first in blocks:
            lanes = min(width, runs - first)
            out[:, first : first + lanes] = block(
                method, problem, noise, hp, steps, delay, stream, first, lanes, seed, tick
            )

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
    return _result(method, problem, out, steps, runs, delay, seed, stream, name)


def _result(
    method: Method,
    problem: Problem,
    state: np.ndarray,
    steps: int,
    runs: int,
    delay: int,
    seed: int,
    stream: int,
    engine: str,
) -> Result:
    x, _, weights, weighted = state
    with np.errstate(invalid="ignore", divide="ignore"):
        average = weighted / weights
    finite = np.isfinite(x) & np.isfinite(average)
    return Result(
        method=method.name if method.clipped else f"{method.name} without clipping",
        gaps=_gaps(problem, np.where(finite, average, np.inf)),
        last_gaps=_gaps(problem, x),
        weight_sums=weights,
        nonfinite=int(np.count_nonzero(~finite)),
        steps=steps,
        runs=runs,
        delay=delay if method.delayed else 1,
        seed=seed,
        stream=stream,
        engine=engine,
    )
