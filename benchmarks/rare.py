"""What does a failure probability of 1e-6 or 1e-9 cost?  Against plain Monte Carlo, where the probability is known.

    python benchmarks/rare.py [--json] [--coverage 200]

A row: SGD in noise, last iterate on f = x^2/2, so that x_N is a constant plus a sum of noise whose law is known in
closed form (stable and Gaussian noise).  "plain" is the number of plain trajectories whose Clopper-Pearson limits at
the same confidence, 0.99, are as narrow, from the known probability; its seconds are those of a plain run of 2^18
trajectories in the same process, scaled.  ``--coverage``: how often the limits miss the truth over so many seeds, at
confidence 0.9, and how often they exclude 3/2 and 2/3 of it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scipy.special import gammaincinv

from bounds.methods import CLIP_SGD
from counterexamples.noise import Gaussian, Stable, scaled
from counterexamples.problems import quadratic
from verify.rare import Case, failure
from verify.simulate import HyperParameters, simulate
from verify.simulate.noise.stable import _Survival

INDEX = Fraction(7, 4)
LEVEL = Fraction(1, 100)


@dataclass(frozen=True)
class Row:
    name: str
    case: Case
    truth: Callable[[float], float]  # of |x_N| > x
    probability: float
    runs: int


def sgd(law, gamma: float, steps: int) -> Case:
    hp = HyperParameters(gamma=gamma)
    return Case(replace(CLIP_SGD, clipped=False), quadratic(1.0, 1.0), law, hp, steps, "last")


def two_sided(tail: Callable[[float], float], case: Case, index: float) -> Callable[[float], float]:
    """P(|x_N| > x) from P(X > y) at scale 1: x_N = (1-gamma)^N - gamma sum_j (1-gamma)^j xi_j, of the same index."""
    hp, steps = case.hp, case.steps
    if not isinstance(hp, HyperParameters):
        raise TypeError("expected a method of the theory")
    mean = (1 - hp.gamma) ** steps
    size = hp.gamma * case.law.scale * sum((1 - hp.gamma) ** (index * j) for j in range(steps)) ** (1 / index)
    return lambda x: tail((x - mean) / size) + tail((x + mean) / size)


def stable_tail(y: float) -> float:
    return float(np.exp(_Survival(float(INDEX))(np.array([math.log(y)]), True)[0][0])) / 2


def gaussian_tail(y: float) -> float:
    return math.erfc(y / math.sqrt(2)) / 2


def rows() -> list[Row]:
    stable = scaled(Stable(INDEX), Fraction(3, 2), Fraction(1))
    heavy = sgd(stable, 0.01, 100)
    longer = sgd(stable, 0.001, 1000)
    light = sgd(scaled(Gaussian(), Fraction(2), Fraction(1)), 0.01, 100)
    heavy_truth, longer_truth = (two_sided(stable_tail, case, float(INDEX)) for case in (heavy, longer))
    return [
        Row("stable, N = 100, P = 1e-6", heavy, heavy_truth, 1e-6, 20_000),
        Row("stable, N = 100, P = 1e-6", heavy, heavy_truth, 1e-6, 200_000),
        Row("stable, N = 1000, P = 1e-6", longer, longer_truth, 1e-6, 40_000),
        Row("stable, N = 100, P = 1e-9", heavy, heavy_truth, 1e-9, 20_000),
        Row("Gaussian, N = 100, P = 1e-3", light, two_sided(gaussian_tail, light, 2.0), 1e-3, 200_000),
    ]


def threshold(row: Row) -> float:
    """x with P(|x_N| > x) = the probability of the row."""
    low, high = 0.5, 1e12  # beyond the constant part
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if row.truth(middle) > row.probability else (low, middle)
    return high


def plain_runs(p: float, width: float) -> float:
    """Trajectories whose limits at count n p are ``width`` apart."""
    level, low, high = float(LEVEL) / 2, 1.0, 1e18
    for _ in range(200):
        n = math.sqrt(low * high)
        k = n * p
        apart = (gammaincinv(k + 1, 1 - level) - gammaincinv(k, level)) / n  # Poisson: p is small
        low, high = (n, high) if apart > width else (low, n)
    return high


def measure(row: Row) -> dict:
    x = threshold(row)
    case, gap = row.case, x * x / 2
    failure(case, gap, runs=row.runs // 2, seed=99)  # compiled and in the cache
    begun = time.perf_counter()
    found = failure(case, gap, runs=row.runs, seed=1, level=LEVEL)
    seconds = time.perf_counter() - begun
    plain = {"hp": case.hp, "steps": case.steps, "seed": 1}
    simulate(case.method, case.problem, case.law, runs=2**12, **plain)
    begun = time.perf_counter()
    simulate(case.method, case.problem, case.law, runs=2**18, **plain)
    rate = 2**18 / (time.perf_counter() - begun)
    width = float(found.upper - found.lower)
    needed = plain_runs(row.probability, width)
    return {
        "name": row.name, "lower": float(found.lower), "estimate": found.estimate, "upper": float(found.upper),
        "relative_width": width / row.probability, "runs": found.runs, "plain_runs": needed,
        "ratio_of_runs": found.runs / needed, "ratio_of_time": seconds * rate / needed,
    }  # fmt: skip


def coverage(row: Row, seeds: int) -> dict:
    x = threshold(row)
    p = row.probability
    found = [failure(row.case, x * x / 2, runs=row.runs, seed=s, level=Fraction(1, 10)) for s in range(seeds)]
    outside = lambda q: sum(not f.lower <= q <= f.upper for f in found)  # noqa: E731
    return {
        "name": row.name, "seeds": seeds, "missed": outside(p), "excluded_3_2": outside(1.5 * p),
        "excluded_2_3": outside(p / 1.5), "mean_of_estimates": float(np.mean([f.estimate for f in found])),
        "deviation_of_estimates": float(np.std([f.estimate for f in found])),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--coverage", type=int, default=0, metavar="SEEDS")
    options = parser.parse_args()
    report: dict = {"rows": [measure(row) for row in rows()]}
    if options.coverage:
        report["coverage"] = [coverage(row, options.coverage) for row in (rows()[0], rows()[3])]
    if options.json:
        print(json.dumps(report, sort_keys=True))
        return
    for r in report["rows"]:
        print(
            f"{r['name']:28s} [{r['lower']:.3g}, {r['upper']:.3g}] in {r['runs']} runs; plain {r['plain_runs']:.2g}, "
            f"ratio {r['ratio_of_runs']:.2g}, of time {r['ratio_of_time']:.2g}"
        )
    for c in report.get("coverage", ()):
        print(
            f"{c['name']:28s} missed in {c['missed']} of {c['seeds']} seeds at level 0.1; excluded 1.5 P in "
            f"{c['excluded_3_2']}, P/1.5 in {c['excluded_2_3']}; estimates {c['mean_of_estimates']:.4g} +- "
            f"{c['deviation_of_estimates']:.2g}"
        )


if __name__ == "__main__":
    main()
