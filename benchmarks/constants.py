"""How fast, and how sharp, are certified bounds?

Every row solves and certifies the bounds of one theorem on a grid of alpha, delta and N (one core; the proofs are
replayed before the clock starts).  ``loss`` is the largest relative distance from the certified upper bound to the
optimum in floating point; ``worst_s`` the slowest bound.

    python benchmarks/constants.py [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from fractions import Fraction
from itertools import product
from math import expm1
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bounds
import verify
from verify.constants.search import Problem, Program, log_of

ALPHAS = ("1.05", "1.25", "1.5", "1.75", "2")
DELTAS = ("0.1", "0.01", "1e-12", "1e-300")
STEPS = (10**2, 10**4, 10**6, 10**12, 10**18)
ONE = Fraction(1)


def optimum(theorem: str, alpha: str, delta: str, steps: int) -> float:
    """ln of the optimum relative to L R^2/2, in floating point."""
    statement = bounds.theorem(theorem)
    adaptive, delayed = "eta" in statement.parameters, "d" in statement.integers
    eta = None if adaptive else Fraction(0)
    problem = Problem(Fraction(alpha), Fraction(delta), steps, ONE, ONE, ONE, ONE, eta, adaptive and not delayed)
    return Program(problem).best().log_bound


def row(theorem: str) -> dict[str, Any]:
    verify.bound(theorem, alpha="1.5", delta="0.01", N=10)
    seconds, losses = [], []
    for alpha, delta, steps in product(ALPHAS, DELTAS, STEPS):
        start = time.perf_counter()
        found = verify.bound(theorem, alpha=alpha, delta=delta, N=steps)
        seconds.append(time.perf_counter() - start)
        losses.append(expm1(log_of(2 * found.upper_exact) - optimum(theorem, alpha, delta, steps)))
    return {
        "name": theorem,
        "bounds_per_s": round(len(seconds) / sum(seconds), 1),
        "worst_s": round(max(seconds), 4),
        "loss": float(f"{max(losses):.3g}"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    style = parser.parse_args()
    rows = [row(theorem) for theorem in bounds.theorem_ids()]
    if style.json:
        print(json.dumps({"rows": rows, "limit": "loss < 1e-6 and worst_s < 0.3"}, sort_keys=True))
        return
    for r in rows:
        print(f"{r['name']:36} {r['bounds_per_s']:8} bounds/s   worst {r['worst_s']:7} s   loss {r['loss']}")


if __name__ == "__main__":
    main()
