"""The fused kernel on a GPU, against torch eager on the same device and the compiled loops on the CPU, in one run.

    python benchmarks/gpu.py [--device cuda] [--runs 4194304] [--steps 1000] [--rounds 5] [--json]

Job: Clip-AdaGrad-Norm on the one-dimensional Huber function with symmetric stable noise (alpha = 3/2, index 7/4), in
strict float64.  By the clock on the wall, best round.  Every row says whether its numbers are those of the compiled
loops, bit for bit, on the first 2^14 trajectories.  Needs a GPU and the extra ``gpu``; without them one line says so.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.engine import HP, LAW, PROBLEM
from bounds.methods import CLIP_ADAGRAD_NORM
from verify.simulate import engine, simulate
from verify.simulate.arguments import EngineError, prepare
from verify.simulate.backends.compiled import Job
from verify.simulate.noise.sampler import sampler

COMPARED = 2**14
EAGER_STEPS = 32  # torch eager is timed on these
ARRAYS = ("values", "last_values", "weight_sums")


def run(runs: int, steps: int, **how: Any) -> Any:
    return simulate(CLIP_ADAGRAD_NORM, PROBLEM, LAW, hp=HP, steps=steps, runs=runs, seed=1, **how)


def best(row: Callable[[], object], rounds: int) -> float:
    """Seconds; the first call, which compiles, does not count."""
    row()
    seen = []
    for _ in range(rounds):
        start = time.perf_counter()
        row()
        seen.append(time.perf_counter() - start)
    return min(seen)


def kernel_alone(runs: int, steps: int, device: str, rounds: int) -> float:
    """Seconds for all launches, without the start of the state and the way back."""
    import torch

    from verify.simulate.backends import fused

    numbers, corrections = prepare(CLIP_ADAGRAD_NORM, HP, steps)
    job = Job(CLIP_ADAGRAD_NORM, PROBLEM, sampler(LAW), numbers, "gap", steps, 1, 0, 1, corrections)
    given = fused.numbers(job, 0, -(-runs // fused.WIDTH) * fused.WIDTH, torch.device(device))
    return best(lambda: fused.launch(job, given, runs, lambda n: None), rounds)


def same(steps: int, **how: Any) -> bool:
    """Are the numbers of this engine those of the compiled loops?"""
    found, expected = run(COMPARED, steps, **how), run(COMPARED, steps)
    return all(np.array_equal(getattr(found, name), getattr(expected, name)) for name in ARRAYS)


def measure(runs: int, steps: int, device: str, rounds: int) -> list[dict[str, Any]]:
    engine.TORCH_WIDTH = runs  # one block: many small ones would be bound by launches
    fused, eager = {"engine": "triton", "device": device}, {"engine": "torch", "device": device}
    compared = min(steps, EAGER_STEPS)
    fused_same, eager_same = same(steps, **fused), same(compared, **eager)
    alone = kernel_alone(runs, steps, device, rounds)
    whole = best(lambda: run(runs, steps, **fused), rounds)
    torch = best(lambda: run(runs, compared, **eager), rounds)
    cores = best(lambda: run(2**17, steps), 1) * runs / 2**17
    seconds = {
        "fused kernel, launches alone": (alone, steps, fused_same),
        "fused kernel, simulate(..)": (whole, steps, fused_same),
        "torch eager, simulate(..)": (torch, compared, eager_same),
        "compiled loops, all cores": (cores, steps, True),
    }
    fastest = seconds["fused kernel, launches alone"][0] / steps
    return [
        {"name": name, "gsteps_per_second": runs * n / taken / 1e9, "ratio": fastest / (taken / n), "same_bits": equal}
        for name, (taken, n, equal) in seconds.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--runs", type=int, default=2**22)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        engine.ready("triton", options.device)
        rows = measure(options.runs, options.steps, options.device, options.rounds)
    except EngineError as error:
        print(f"gpu.py: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(rows, sort_keys=True))
        return 0
    for row in rows:
        bits = "the bits of the CPU" if row["same_bits"] else "OTHER BITS than the CPU"
        print(f"{row['gsteps_per_second']:9.3f} G steps/s  {row['ratio']:8.2%}  {row['name']}: {bits}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
