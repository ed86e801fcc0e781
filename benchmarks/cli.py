"""How long does a user wait?  Whole-process wall times of the commands, medians, each with its limit.

    python benchmarks/cli.py [--json] [--rounds 5] [--quick]

A row passes if its median is at most its limit.  ``--quick`` leaves out the default ``bound-check`` (about a minute).
Every command runs once before it is timed (compiled code is cached on disk, as it is for a user's second run).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERIFY = (sys.executable, "-m", "verify.cli")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def seconds(command: tuple[str, ...]) -> float:
    """Wall time of one process; an exit code other than 0 is an error."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - start


def rows(folder: str, quick: bool) -> dict[str, tuple[tuple[str, ...], float]]:
    """name -> (command, limit in seconds); the certificates are written to ``folder`` first."""
    subprocess.run((*VERIFY, "prove", "--out", folder), check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    certificates = map(str, sorted(Path(folder).glob("*.json")))
    out = {
        "python, doing nothing": ((sys.executable, "-c", ""), 0.15),
        "verify --help": ((*VERIFY, "--help"), 0.15),
        "verify prove": ((*VERIFY, "prove"), 5.0),
        "verify recheck, all certificates": ((*VERIFY, "recheck", *certificates), 3.0),
        "verify bound-check --alpha 1.5 --runs 0": ((*VERIFY, "bound-check", "--alpha", "1.5", "--runs", "0"), 10.0),
    }
    if not quick:
        out["verify bound-check --alpha 1.5"] = ((*VERIFY, "bound-check", "--alpha", "1.5"), 60.0)
        for name in ("synthetic", "quantiles", "clip-level", "comparison"):
            out[f"verify experiment {name}"] = ((*VERIFY, "experiment", name), 60.0)
    return out


def measure(rounds: int, quick: bool) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        table = rows(folder, quick)
        times: dict[str, list[float]] = {name: [] for name in table}
        for command, _ in table.values():
            seconds(command)
        for _ in range(rounds):
            for name, (command, _) in table.items():
                if len(times[name]) < 1 or sum(times[name]) < 60:  # the long ones fewer times
                    times[name].append(seconds(command))
    return {
        "limit": "seconds of wall time, whole process",
        "rows": [
            {"name": name, "seconds": round(statistics.median(t), 3), "limit_s": table[name][1], "rounds": len(t)}
            for name, t in times.items()
        ],
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    report = measure(options.rounds, options.quick)
    slow = [row for row in report["rows"] if row["seconds"] > row["limit_s"]]
    if options.json:
        print(json.dumps(report, sort_keys=True))
    else:
        for row in report["rows"]:
            print(f"{row['seconds']:8.3f} s  limit {row['limit_s']:5.2f} s  {row['name']}")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
