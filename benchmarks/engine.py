"""How fast is the simulation?  Trajectory-steps per core-second on one job, everything measured in one run.

Job: Clip-AdaGrad-Norm on the one-dimensional Huber function with symmetric stable noise (alpha = 3/2, index 7/4).
Rows are timed in turn on one thread; the best of nine rounds counts, and rates are per second of CPU time: other work
on the machine can only slow a row down, and moves CPU time less than the clock.

    python benchmarks/engine.py [--json] [--rounds 9] [--scaling]

The limits are the same job in C++ (``kernel.cpp``), compiled for this machine, in float64 and in float32, with the same
bits (checked first).  Rows whose library is not installed are listed as not measured.
``--scaling``: our rate for few and many trajectories, steps, threads, dimensions and methods, and the time of a second
start in a new process, when all loops are cached.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.kernel import Kernel
from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_ADAM_NORM, CLIP_SGD, Method
from counterexamples.noise import Law, Stable, isotropic, scaled
from counterexamples.problems import Problem, gap, huber
from verify.simulate import HyperParameters, simulate
from verify.simulate.backends import kernels
from verify.simulate.backends.compiled import CHUNK, LANES, paged
from verify.simulate.program.ops import ArrayOps
from verify.simulate.program.trace import layout
from verify.simulate.records import Precision

ROOT = Path(__file__).resolve().parents[1]
PROBLEM = huber(1.0, 0.3, 1.0)
LAW = scaled(Stable(Fraction(7, 4)), Fraction(3, 2), Fraction(1))
HP = HyperParameters(gamma=0.05, lam=5.0, eta=0.01, b0=1.0, beta2=0.999)
INDEX, RUNS = 1.75, 2**17
Row = Callable[[], int]  # -> trajectory-steps done


def run(
    runs: int, steps: int, problem: Problem = PROBLEM, law: Law = LAW, method: Method = CLIP_ADAGRAD_NORM, **how: object
) -> int:
    simulate(method, problem, law, hp=HP, steps=steps, runs=runs, seed=1, **how)  # type: ignore[arg-type]
    return runs * steps


def ours(precision: Precision) -> Row:
    return lambda: run(RUNS, 1000, workers=1, precision=precision)


def ours_torch() -> int:
    return run(2**15, 48, engine="torch")


def by_hand(precision: Precision) -> Row:
    """The C++ kernel, after a check that its numbers are ours."""
    kernel = Kernel(PROBLEM, LAW, HP, precision)
    x, weights, weighted = kernel(0, 512, 200, seed=1)
    found = simulate(CLIP_ADAGRAD_NORM, PROBLEM, LAW, hp=HP, steps=200, runs=512, seed=1, precision=precision)
    values = gap(PROBLEM, ArrayOps, weighted / weights)
    if not np.array_equal(values, found.values) or not np.array_equal(gap(PROBLEM, ArrayOps, x), found.last_values):
        raise RuntimeError("the C++ kernel computes other numbers than the engine")

    def row() -> int:
        kernel(0, RUNS, 1000, seed=1)
        return RUNS * 1000

    return row


def noiseless() -> int:
    """Our loop with the noise for free: the random words and the recursion only."""
    blocks, chunks = 64, 16
    scalars = (HP.gamma, HP.eta, HP.lam, HP.beta1, HP.beta2, PROBLEM.L, PROBLEM.nu, PROBLEM.reach)
    advance = kernels.advance(CLIP_ADAGRAD_NORM, PROBLEM.shape, "gap", False, "line", (), (), np.float64)
    words, noise = paged((CHUNK, LANES), np.uint32), paged((CHUNK, LANES), np.float64)
    state, noise[:] = paged((len(layout(CLIP_ADAGRAD_NORM, "gap").rows), LANES), np.float64), 0.1
    for block in range(blocks):
        state[:] = 1.0
        for chunk in range(chunks):
            kernels.fill_words(words, block * LANES, chunk * CHUNK, 0, 1, 0)
            advance(state, noise, np.empty(0), *scalars, 1, 0)
    return blocks * chunks * CHUNK * LANES


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


def numpy_float32() -> int:
    """Chambers-Mallows-Stuck with numpy's float32 functions and generator."""
    lanes, steps, s = 2**13, 300, np.float32(INDEX)
    scale, half, pi = np.float32(LAW.scale), np.float32(0.5), np.float32(np.pi)
    generator = np.random.Generator(np.random.Philox(0))

    def noise() -> np.ndarray:
        angle = pi * (generator.random(lanes, np.float32) - half)
        wait = generator.standard_exponential(lanes, np.float32)
        tail = (np.cos((1 - s) * angle) / wait) ** ((1 - s) / s)
        return scale * (np.sin(s * angle) / np.cos(angle) ** (1 / s) * tail)

    with np.errstate(all="ignore"):
        return recursion(noise, lanes, steps, np.float32)


def scipy_float64() -> int:
    """scipy's levy_stable sampler inside the numpy loop."""
    from scipy.stats import levy_stable

    lanes, generator = 2**13, np.random.Generator(np.random.Philox(0))

    def noise() -> np.ndarray:
        return LAW.scale * levy_stable.rvs(INDEX, 0, size=lanes, random_state=generator)

    return recursion(noise, lanes, 60, np.float64)


def torch_float32() -> int:
    """Eager torch on one thread, the same operations as the numpy row."""
    import torch

    torch.set_num_threads(1)
    lanes, steps, s = 2**15, 100, INDEX
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


def jax_float32() -> Row:
    """jax on the CPU, all steps in one compiled loop; the same operations.  ImportError without jax."""
    import jax
    import jax.numpy as jnp

    lanes, steps, s = 2**15, 100, INDEX

    def step(t: int, state: tuple) -> tuple:
        x, b_sq, weights, weighted, key = state
        key, one, two = jax.random.split(key, 3)
        angle = jnp.pi * (jax.random.uniform(one, (lanes,)) - 0.5)
        tail = (jnp.cos((1 - s) * angle) / jax.random.exponential(two, (lanes,))) ** ((1 - s) / s)
        noise = LAW.scale * (jnp.sin(s * angle) / jnp.cos(angle) ** (1 / s) * tail)
        u = HP.gamma / jnp.sqrt(b_sq)
        g = jnp.clip(jnp.clip(x, -PROBLEM.nu, PROBLEM.nu) + noise, -HP.lam, HP.lam)
        after = b_sq + HP.eta * g * g
        return x - HP.gamma / jnp.sqrt(after) * g, after, weights + u, weighted + u * x, key

    one, zero = jnp.ones(lanes), jnp.zeros(lanes)
    loop = jax.jit(lambda key: jax.lax.fori_loop(0, steps, step, (one, one, zero, zero, key)))

    def row() -> int:
        jax.block_until_ready(loop(jax.random.key(0)))
        return lanes * steps

    return row


LIMIT, LIMIT32 = "C++ by hand, strict float64, the same bits", "C++ by hand, strict float32, the same bits"
ROWS: dict[str, Callable[[], Row]] = {
    LIMIT: lambda: by_hand("float64"),
    "tailcert, strict float64": lambda: ours("float64"),
    LIMIT32: lambda: by_hand("float32"),
    "tailcert, strict float32": lambda: ours("float32"),
    "tailcert, float64, noise for free": lambda: noiseless,
    "numpy float32, textbook sampler": lambda: numpy_float32,
    "torch eager float32, textbook sampler": lambda: torch_float32,
    "jax float32, compiled loop, textbook sampler": jax_float32,
    "numpy float64, scipy levy_stable": lambda: scipy_float64,
    "tailcert, engine torch, same bits": lambda: ours_torch,
}


def rates(row: Row) -> tuple[float, float]:
    """Millions of trajectory-steps per second of CPU time, and by the clock."""
    clock, cpu = time.perf_counter(), time.process_time()
    done = row() / 1e6
    return done / (time.process_time() - cpu), done / (time.perf_counter() - clock)


def available() -> tuple[dict[str, Row], list[str]]:
    """Every row, warmed up (compilation, imports), and those whose library or compiler is not there."""
    usable, missing = {}, []
    for name, make in ROWS.items():
        try:
            row = make()
            row()
        except ImportError:
            missing.append(name)
            continue
        usable[name] = row
    return usable, missing


def measure(rounds: int) -> dict:
    """Rates, and how many times as fast our two engines are."""
    rows, missing = available()
    seen: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(rounds):
        for name, row in rows.items():
            seen[name].append(rates(row)[0])
    top = {name: max(found) for name, found in seen.items()}
    double, single = (top[f"tailcert, strict {kind}"] for kind in ("float64", "float32"))
    found = [
        {"name": name, "msteps_per_core_second": round(m, 2),
         "float64_times": round(double / m, 3), "float32_times": round(single / m, 3)}
        for name, m in top.items()
    ]  # fmt: skip
    return {"rows": found, "not_measured": missing}


def second_start(precision: Precision) -> tuple[float, float]:
    """Seconds of CPU time and by the clock for a first small run in a new process; byte code, loops and the table of
    the law are on disk by now."""
    code = f"from benchmarks.engine import run; run(256, 100, precision={precision!r})"
    keeping = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, clock = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=keeping, check=True)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return cpu, time.perf_counter() - clock


def scaling(rounds: int) -> list[dict]:
    """Our rate, per second of CPU time and by the clock, when one thing grows."""
    cases = {f"{2**k} trajectories, 1000 steps": {"runs": 2**k, "steps": 1000} for k in (8, 11, 14, 17)}
    cases |= {f"4096 trajectories, {n} steps": {"runs": 4096, "steps": n} for n in (100, 1000, 10_000)}
    cases |= {
        f"{n} threads, 2^16 trajectories, 1000 steps": {"runs": 2**16, "steps": 1000, "workers": n}
        for n in range(1, (os.cpu_count() or 1) + 1)
    }
    for kind in ("float64", "float32"):
        cases |= {
            f"R^{d}, {6400 // d} steps, {kind}": {
                "runs": 2**15, "steps": 6400 // d, "problem": replace(PROBLEM, dim=d), "law": isotropic(LAW),
                "precision": kind,
            }
            for d in (1, 4, 16, 64)
        }  # fmt: skip
        cases |= {
            f"{method.name}, 1000 steps, {kind}": {"runs": RUNS, "steps": 1000, "method": method, "precision": kind}
            for method in (CLIP_SGD, CLIP_ADAM_NORM)
        }
    out = []
    for name, case in cases.items():
        how = {"workers": 1, **case}
        row = lambda how=how: run(**how)  # noqa: E731
        row()
        cpu, clock = (max(found) for found in zip(*(rates(row) for _ in range(rounds)), strict=True))
        out.append({"name": name, "msteps_per_core_second": round(cpu, 2), "msteps_per_second": round(clock, 2)})
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    report = measure(options.rounds)
    if options.scaling:
        report["scaling"] = scaling(options.rounds)
        starts = {kind: [second_start(kind) for _ in range(5)] for kind in ("float64", "float32")}
        report["second_start_s"] = {
            kind: {"cpu": min(cpu for cpu, _ in found), "clock": min(clock for _, clock in found)}
            for kind, found in starts.items()
        }
    if options.json:
        print(json.dumps(report, sort_keys=True))
        return
    print("M steps/core-s   float64 is   float32 is   as fast as")
    for row in report["rows"]:
        times = f"{row['float64_times']:8.2f} x   {row['float32_times']:8.2f} x"
        print(f"{row['msteps_per_core_second']:14.1f} {times}    {row['name']}")
    for name in report["not_measured"]:
        print(f"             - not measured: {name}")
    for row in report.get("scaling", ()):
        per_core, clock = row["msteps_per_core_second"], row["msteps_per_second"]
        print(f"{per_core:8.2f} M steps/core-s  {clock:8.2f} by the clock  {row['name']}")
    for kind, found in report.get("second_start_s", {}).items():
        print(f"{found['cpu']:8.2f} s of CPU time   {found['clock']:8.2f} s by the clock  second start, {kind}")


if __name__ == "__main__":
    main()
