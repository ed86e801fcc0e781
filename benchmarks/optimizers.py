"""Which optimizers survive heavy tails?  torch's own, and third-party ones where installed, with and without a clip.

    python benchmarks/optimizers.py [--json] [--steps 1000] [--runs 8192] [--only NAME]

Each is run against the certified bound of convex-clip-adagrad-norm-delayed at alpha 1.5, delta 0.01, sigma 0.1, with
the stepsize below; "clipped" is the same optimizer behind torch.nn.utils.clip_grad_norm_ at the theorem's clipping
level.  A speed is the ratio of the chosen path to the one-by-one loop, measured in the same run.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import verify
from verify.optimizers import paths, world
from verify.optimizers.check import Check
from verify.optimizers.subject import subject
from verify.optimizers.tails import worst
from verify.target import instances

LR = 0.1
COLUMNS = (
    "name", "lr", "plain_status", "plain_exceeds", "plain_noise", "clipped_status", "clipped_exceeds", "path",
    "ratio_to_loop",
)  # fmt: skip
OPTIMIZERS: dict[str, tuple[str, dict[str, float]]] = {
    "SGD": ("torch.optim:SGD", {"lr": LR}),
    "SGD, momentum 0.9": ("torch.optim:SGD", {"lr": LR, "momentum": 0.9}),
    "Adam": ("torch.optim:Adam", {"lr": LR}),
    "AdamW": ("torch.optim:AdamW", {"lr": LR}),
    "Adagrad": ("torch.optim:Adagrad", {"lr": LR}),
    "RMSprop": ("torch.optim:RMSprop", {"lr": LR}),
    "NAdam": ("torch.optim:NAdam", {"lr": LR}),
    "RAdam": ("torch.optim:RAdam", {"lr": LR}),
    "Adadelta": ("torch.optim:Adadelta", {"lr": 1.0}),
    "Adamax": ("torch.optim:Adamax", {"lr": LR}),
    "Lion (lion-pytorch)": ("lion_pytorch:Lion", {"lr": LR / 10}),
    "AdamW, schedule-free (schedulefree)": ("schedulefree:AdamWScheduleFree", {"lr": LR}),
}


def behind_a_clip(make: Callable, level: float) -> Callable:
    """The same optimizer, its gradients clipped first."""

    def clipped(params: Any) -> Any:
        optimizer = make(params)
        step = optimizer.step

        def clip_and_step() -> None:
            torch.nn.utils.clip_grad_norm_(params, level, foreach=False)
            step()

        optimizer.step = clip_and_step
        return optimizer

    return clipped


def speed(make: Callable, check: Check) -> float:
    """Trajectories per second of the chosen path over those of the loop."""
    if check.path == "loop":
        return 1.0
    instance = instances(check.target)[1]
    x0, noise = world.start(instance.problem, 1), world.noise(instance.law, 200, 0, 2048, 0, 0)
    who, runner = subject(make), {"vmap": paths.vmapped, "vmap-decomposed": paths.decomposed}[check.path]
    seconds = []
    for run, lanes in ((runner, 2048), (paths.loop, 4)):
        begun = time.perf_counter()
        run(who, instance.problem, x0, noise[:, :lanes])
        seconds.append((time.perf_counter() - begun) / lanes)
    return seconds[1] / seconds[0]


def rows(only: str | None, **numbers: Any) -> Iterator[dict[str, Any]]:
    for name, (spec, options) in OPTIMIZERS.items():
        if only is not None and only not in name:
            continue
        module, _, attribute = spec.partition(":")
        try:
            make = partial(getattr(import_module(module), attribute), **options)
        except ImportError:
            continue
        plain = verify.check_optimizer(make, **numbers)
        level = float(plain.target.lam)
        clipped = verify.check_optimizer(behind_a_clip(make, level), **numbers)
        yield {
            "name": name,
            "lr": options["lr"],
            "path": plain.path,
            "ratio_to_loop": round(speed(make, plain)),
            **{f"plain_{key}": value for key, value in short(plain).items()},
            **{f"clipped_{key}": value for key, value in short(clipped).items()},
        }


def short(check: Check) -> dict[str, Any]:
    """The verdict and the worst instance."""
    if not check.rows:
        return {"status": check.status, "exceeds": check.fatal, "noise": "", "growth": ""}
    row = worst(check.rows)
    growth = check.growth.kind if check.growth is not None else ""
    return {
        "status": check.status,
        "exceeds": f"{100 * row.violations / row.runs:.2g} %",
        "noise": row.noise,
        "growth": growth,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=8192)
    parser.add_argument("--only")
    options = parser.parse_args()
    found = []
    for row in rows(options.only, steps=options.steps, runs=options.runs):
        found.append(row)
        if not options.json:
            print("|", " | ".join(str(row[column]) for column in COLUMNS), "|", flush=True)
    if options.json:
        print(json.dumps({"rows": found, "limit": "the one-by-one loop"}, sort_keys=True))


if __name__ == "__main__":
    main()
