"""How fast are certified bounds?

Every row solves and certifies the bounds of one theorem on a grid of alpha, delta and N (one core; the proofs are
replayed before the clock starts).  ``solves_per_s`` counts the solver alone, from the conditions at the numbers to a
point; ``bounds_per_s`` is all of ``verify.bound`` over all variants; ``worst_s`` is the slowest bound.

    python benchmarks/constants.py [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import bounds
import verify
from verify.constants.parameters import program_of
from verify.constants.solver import solve

ALPHAS = ("1.05", "1.25", "1.5", "1.75", "2")
DELTAS = ("0.1", "0.01", "1e-12", "1e-300")
STEPS = (10**2, 10**4, 10**6, 10**12, 10**18)
ONES = {k: Fraction(1) for k in ("L", "R", "sigma", "b0", "d", "Delta")} | {"fmin": Fraction(0)}


def solver_rate(theorem: str) -> float:
    """Solves per second of the default variant."""
    statement = bounds.theorem(theorem)
    known = statement.parameters.keys() | statement.integers.keys()
    programs = []
    for alpha, delta, steps in product(ALPHAS, DELTAS, STEPS):
        numbers = ONES | {"alpha": Fraction(alpha), "delta": Fraction(delta), "N": Fraction(steps)}
        numbers["beta2"] = 1 - Fraction(1, steps)
        programs.append(program_of(statement, {k: x for k, x in numbers.items() if k in known}))
    start = time.perf_counter()
    for program in programs:
        solve(program, 1e-9)
    return len(programs) / (time.perf_counter() - start)


def row(theorem: str) -> dict[str, Any]:
    verify.bound(theorem, alpha="1.5", delta="0.01", N=10, Delta=1)
    seconds = []
    for alpha, delta, steps in product(ALPHAS, DELTAS, STEPS):
        start = time.perf_counter()
        verify.bound(theorem, alpha=alpha, delta=delta, N=steps, Delta=1)
        seconds.append(time.perf_counter() - start)
    return {
        "name": theorem,
        "solves_per_s": round(solver_rate(theorem), 1),
        "bounds_per_s": round(len(seconds) / sum(seconds), 1),
        "worst_s": round(max(seconds), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    style = parser.parse_args()
    ids = [i for kind in ("convex", "nonconvex") for i in bounds.theorem_ids(kind)]
    rows = [row(theorem) for theorem in ids]
    if style.json:
        print(json.dumps({"rows": rows, "limit": "worst_s < 0.6"}, sort_keys=True))
        return
    for r in rows:
        print(f"{r['name']:40} {r['solves_per_s']:7} solves/s {r['bounds_per_s']:7} bounds/s   worst {r['worst_s']} s")


if __name__ == "__main__":
    main()
