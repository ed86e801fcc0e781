"""How fast is the simulation?  Trajectory-steps per second on one job, everything measured in one run.

Job: Clip-AdaGrad-Norm on the one-dimensional Huber function with symmetric stable noise (alpha = 3/2, index 7/4).
Rows are timed in turn, five rounds, medians; every row may use all cores (``--workers``).

    python benchmarks/engine.py [--json] [--rounds 5] [--workers 2]

The limit is our own loop with the noise for free: the random words and the float64 recursion only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bounds.methods import CLIP_ADAGRAD_NORM
from counterexamples.noise import Stable, scaled
from counterexamples.problems import huber
from verify.simulate import HyperParameters, kernels, simulate
from verify.simulate.compiled import CHUNK, LANES
from verify.simulate.trace import layout

PROBLEM = huber(1.0, 0.3, 1.0)
LAW = scaled(Stable(Fraction(7, 4)), Fraction(3, 2), Fraction(1))
HP = HyperParameters(gamma=0.05, lam=5.0, eta=0.01, b0=1.0)
INDEX = 1.75
Row = Callable[[int], int]  # workers -> trajectory-steps done


def parallel(task: Callable[[int], int], workers: int) -> int:
    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(task, range(workers)))


def ours(workers: int) -> int:
    runs, steps = 2**16, 1000
    simulate(CLIP_ADAGRAD_NORM, PROBLEM, LAW, hp=HP, steps=steps, runs=runs, seed=1, workers=workers)
    return runs * steps


def limit(workers: int) -> int:
    blocks, chunks = 64, 16
    scalars = (HP.gamma, HP.eta, HP.lam, HP.beta1, HP.beta2, PROBLEM.L, PROBLEM.nu, PROBLEM.reach)
    advance = kernels.advance(CLIP_ADAGRAD_NORM, PROBLEM.shape, "gap")

    def task(worker: int) -> int:
        words, noise = np.empty((CHUNK, LANES), np.uint32), np.full((CHUNK, LANES), 0.1)
        for block in range(blocks):
            state = np.ones((len(layout(CLIP_ADAGRAD_NORM, "gap").rows), LANES))
            for chunk in range(chunks):
                kernels.fill_words(words, block * LANES, chunk * CHUNK, 0, 1, worker)
                advance(state, noise, np.empty(0), *scalars, 1, 0)
        return blocks * chunks * CHUNK * LANES

    return parallel(task, workers)


def recursion(noise: Callable[[], np.ndarray], lanes: int, steps: int, real: type) -> int:
    """The textbook vectorised loop: one array operation after the other."""
    x, b_sq = np.full(lanes, 1, real), np.full(lanes, 1, real)
    weights, weighted = np.zeros(lanes, real), np.zeros(lanes, real)
    gamma, eta, lam, nu = (real(p) for p in (HP.gamma, HP.eta, HP.lam, PROBLEM.nu))
    for _ in range(steps):
        u = gamma / np.sqrt(b_sq)
        weights += u
        weighted += u * x
        g = np.clip(np.clip(x, -nu, nu) + noise(), -lam, lam)
        b_sq += eta * g * g
        x -= gamma / np.sqrt(b_sq) * g
    return lanes * steps


def numpy_float32(workers: int) -> int:
    """Chambers-Mallows-Stuck with numpy's float32 functions and generator."""
    lanes, steps, s = 2**13, 300, np.float32(INDEX)
    scale, half, pi = np.float32(LAW.scale), np.float32(0.5), np.float32(np.pi)

    def task(worker: int) -> int:
        generator = np.random.Generator(np.random.Philox(worker))

        def noise() -> np.ndarray:
            angle = pi * (generator.random(lanes, np.float32) - half)
            wait = generator.standard_exponential(lanes, np.float32)
            tail = (np.cos((1 - s) * angle) / wait) ** ((1 - s) / s)
            return scale * (np.sin(s * angle) / np.cos(angle) ** (1 / s) * tail)

        with np.errstate(all="ignore"):
            return recursion(noise, lanes, steps, np.float32)

    return parallel(task, workers)


def scipy_float64(workers: int) -> int:
    """scipy's levy_stable sampler inside the numpy loop."""
    from scipy.stats import levy_stable

    lanes, steps = 2**13, 60

    def task(worker: int) -> int:
        generator = np.random.Generator(np.random.Philox(worker))

        def noise() -> np.ndarray:
            return LAW.scale * levy_stable.rvs(INDEX, 0, size=lanes, random_state=generator)

        return recursion(noise, lanes, steps, np.float64)

    return parallel(task, workers)


def torch_float32(workers: int) -> int:
    """Eager torch, the same operations as the numpy row."""
    import torch

    torch.set_num_threads(workers)
    lanes, steps, s = 2**16, 100, INDEX
    x, b_sq = torch.ones(lanes), torch.ones(lanes)
    weights, weighted = torch.zeros(lanes), torch.zeros(lanes)
    for _ in range(steps):
        angle = torch.pi * (torch.rand(lanes) - 0.5)
        wait = torch.empty(lanes).exponential_()
        tail = (torch.cos((1 - s) * angle) / wait) ** ((1 - s) / s)
        noise = LAW.scale * (torch.sin(s * angle) / torch.cos(angle) ** (1 / s) * tail)
        u = HP.gamma / b_sq.sqrt()
        weights += u
        weighted += u * x
        g = (x.clamp(-PROBLEM.nu, PROBLEM.nu) + noise).clamp(-HP.lam, HP.lam)
        b_sq += HP.eta * g * g
        x -= HP.gamma / b_sq.sqrt() * g
    return lanes * steps


LIMIT = "our float64 recursion and random words, noise for free"
ROWS_TO_TIME: dict[str, Row] = {
    LIMIT: limit,
    "tailcert, strict float64": ours,
    "numpy float32, textbook sampler": numpy_float32,
    "torch eager float32, textbook sampler": torch_float32,
    "numpy float64, scipy levy_stable": scipy_float64,
}


def rate(row: Row, workers: int) -> float:
    """Millions of trajectory-steps per second."""
    start = time.perf_counter()
    done = row(workers)
    return done / (time.perf_counter() - start) / 1e6


def available(rows: dict[str, Row]) -> dict[str, Row]:
    """Warm up every row (compilation, imports); rows whose library is not installed are left out."""
    usable = {}
    for name, row in rows.items():
        try:
            row(1)
        except ImportError:
            continue
        usable[name] = row
    return usable


def measure(rounds: int, workers: int) -> dict:
    rows = available(ROWS_TO_TIME)
    times: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(rounds):
        for name, row in rows.items():
            times[name].append(rate(row, workers))
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {
        "limit": LIMIT,
        "rows": [
            {"name": n, "msteps_per_s": round(m, 1), "ratio_to_limit": round(m / medians[LIMIT], 4)}
            for n, m in medians.items()
        ],
        "workers": workers,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    report = measure(options.rounds, options.workers)
    if options.json:
        print(json.dumps(report, sort_keys=True))
        return
    for row in report["rows"]:
        print(f"{row['msteps_per_s']:8.1f} M steps/s  {row['ratio_to_limit']:7.2%} of the limit  {row['name']}")


if __name__ == "__main__":
    main()
