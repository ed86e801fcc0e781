"""A hundred instances in one call: how long they take, and that their loops are compiled once.

    python benchmarks/battery.py [--json] [--runs 1e6] [--steps 1000] [--precision float64]

Clip-AdaGrad-Norm on Huber functions of ten widths, in stable noise of ten indices, each with stepsize, level and
initial accumulator of its own.  "compiled": loops that were compiled or read from the cache, for the first instance
and for the other ninety-nine.  The rate is trajectory-steps per second by the clock and per second of CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bounds.methods import CLIP_ADAGRAD_NORM
from counterexamples.noise import Stable, scaled
from counterexamples.problems import huber
from verify.simulate import HyperParameters
from verify.simulate.backends import kernels
from verify.simulate.shards import Job, run_all

ALPHA = Fraction(3, 2)


def jobs(runs: int, steps: int, precision: str) -> list[Job]:
    """Ten widths x ten indices, every number different."""
    laws = [scaled(Stable(ALPHA + Fraction(k + 1, 25)), ALPHA, Fraction(1)) for k in range(10)]
    return [
        Job(
            CLIP_ADAGRAD_NORM, huber(1.0, 0.1 + 0.1 * (k // 10), 1.0), laws[k % 10],
            HyperParameters(gamma=0.05 + k / 2000, lam=2.0 + k / 10, eta=0.01, b0=1.0 + k / 100),
            steps, runs, seed=k, precision=precision,  # type: ignore[arg-type]
        )
        for k in range(100)
    ]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=float, default=1e6)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--precision", choices=("float64", "float32"), default="float64")
    options = parser.parse_args()
    battery = jobs(int(options.runs), options.steps, options.precision)
    run_all(jobs(1, 1, options.precision)[:1])
    first = kernels._loop.cache_info().misses
    clock, cpu = time.perf_counter(), time.process_time()
    found = run_all(battery)
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    total = sum(summaries[0].runs for summaries in found) * options.steps
    report = {
        "instances": len(battery), "runs_each": int(options.runs), "steps": options.steps, "total": total,
        "precision": options.precision, "threads": os.cpu_count(), "seconds": clock, "cpu_seconds": cpu,
        "million_steps_per_second": total / clock / 1e6, "million_steps_per_cpu_second": total / cpu / 1e6,
        "compiled": [first, kernels._loop.cache_info().misses - first],
    }  # fmt: skip
    if options.json:
        print(json.dumps(report, indent=2))
        return 0
    print(
        f"{len(battery)} instances x {report['runs_each']} trajectories x {options.steps} steps in {clock:.1f} s on "
        f"{os.cpu_count()} threads ({cpu:.1f} CPU s), {options.precision}: {report['million_steps_per_second']:.0f} M "
        f"steps/s, {report['million_steps_per_cpu_second']:.0f} M per CPU second; loops compiled: {first} for the "
        f"first, {report['compiled'][1]} for the others"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
