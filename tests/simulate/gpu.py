"""The kernels of the engine triton, checked without a GPU.  Needs the extra ``gpu``:

    python -m tests.simulate.gpu

In three processes; every job of ``gpu_jobs`` is compared bit for bit with the compiled CPU loops, twice:

- interpreted: the kernels as Triton's interpreter runs them;
- compiled:    the kernels as Triton compiles them for sm_90; their PTX is run on arrays (``ptx``).  No instruction may
  be contracted, in the machine code neither, and threads must not meet.

What remains unchecked: what the machine code computes besides, and the GPU.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

ARCHITECTURE = 90
PARTS = 2  # processes that compile
PHILOX = "1150833019"  # 2^32 less a constant of the generator, as it stands in PTX


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """The same bits; one nan is as good as another."""
    return bool(((a.view(np.uint64) == b.view(np.uint64)) | (np.isnan(a) & np.isnan(b))).all())


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise SystemExit(f"gpu: {what}")


def nothing(_: int) -> None:
    """No progress is shown."""


# --- as Triton's interpreter runs them -------------------------------------------------------------------------------


@contextmanager
def changed(module: Any, name: str, value: Any) -> Any:
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


def interpreted() -> None:
    import torch

    from tests.simulate.gpu_jobs import LANES, jobs
    from verify.simulate.backends import compiled, fused

    count = 0
    for name, job, first in jobs():
        found = fused.run(job, first, LANES // 2, nothing, torch.device("cpu"))
        expect(same(found, compiled.run(job, first, LANES // 2, nothing)), f"interpreted: {name} has other bits")
        count += 1
    neighbours()
    devices()
    print(f"interpreted: {count} jobs have the bits of the compiled loops; other words and other lines have not")


def mutated(old: str, new: str) -> Callable[[str], Any]:
    """``fused.load`` of a changed text."""
    from verify.simulate.backends import fused

    load = fused.load

    def other(text: str) -> Any:
        expect(old in text, f"no {old!r} in a kernel")
        return load(text.replace(old, new))

    return other


def neighbours() -> None:
    """Kernels with one change compute other bits, and the engine's own comparison finds that out."""
    from tests.simulate.gpu_jobs import job
    from verify.simulate.arguments import EngineError
    from verify.simulate.backends import fused

    asked = job()
    fused.Devices("cpu").check(asked)
    for old, new in (("series + 0", "series + 2"), ("xi = noise.from_table(w1", "xi = noise.from_table(w2"),
                     ("b_sq + v7", "v7 + v6"), ("t += 1", "t += 2")):  # fmt: skip
        with changed(fused, "load", mutated(old, new)):
            try:
                fused.Devices("cpu").check(asked)
            except EngineError as error:
                expect("has other bits than the CPU in" in str(error), f"another refusal: {error}")
            else:
                raise SystemExit(f"gpu: a kernel with {new!r} for {old!r} was accepted")


def devices() -> None:
    """Blocks dealt to two devices, launches of a few steps, lanes that fill no program."""
    from tests.simulate.gpu_jobs import HP, LAWS, PROBLEM, WORST
    from verify.simulate import simulate
    from verify.simulate.backends import fused

    given: dict[str, Any] = {"hp": HP, "steps": 23, "runs": 300, "seed": 1, "delay": 5, "first": 7}
    expected = simulate(WORST, PROBLEM, LAWS["pareto"], **given)
    with changed(fused, "LAUNCH", 1000), changed(fused.Devices, "width", staticmethod(lambda job: 130)):
        found = simulate(WORST, PROBLEM, LAWS["pareto"], **given, engine="triton", device="cpu,cpu")
    arrays = ("values", "last_values", "weight_sums")
    expect(all(same(getattr(found, n), getattr(expected, n)) for n in arrays), "two devices have other bits")
    expect(found.engine == "triton, strict float64, cpu,cpu", f"another name: {found.engine}")


# --- as Triton compiles them -----------------------------------------------------------------------------------------


class StandIn:
    """In the place of a GPU's driver: enough to compile what a launch would run."""

    @staticmethod
    def get_current_target() -> Any:
        from triton.backends.compiler import GPUTarget

        return GPUTarget("cuda", ARCHITECTURE, 32)

    @staticmethod
    def get_current_device() -> int:
        return 0

    @staticmethod
    def get_current_stream(_: int) -> int:
        return 0


def build(job: Any, contract: bool = False) -> Any:
    """The kernel of a job, compiled as ``fused.launch`` would have it compiled, but not launched."""
    import torch
    from triton.runtime import driver

    from verify.simulate.backends import fused

    driver.set_active(StandIn())
    given = fused.numbers(job, 0, fused.WIDTH, torch.device("cpu")) | {"t0": 0}
    options = fused.OPTIONS | {"enable_fp_fusion": contract}
    return fused.load(fused.source(job)[1]).run(**given, **options, grid=(1,), warmup=True)


def strict(ptx: str) -> str:
    """The first instruction that is, or may be, contracted, or that lets threads meet; "" if there is none."""
    bad = (
        r"\s(fma\S*|mad\.\S*f\d+|(?:add|sub|mul|div|sqrt|rcp)\.(?!rn\b)\S*f\d+|\S*\.(?:approx|ftz)\S*|bar\S*|shfl\S*)\s"
    )
    found = re.search(bad, ptx)
    return found[1] if found else ""


def run(ptx: str, job: Any, first: int, loose: bool = False) -> np.ndarray:
    """``compiled.run`` by the instructions of a kernel, on ``LANES`` trajectories."""
    import torch

    from tests.simulate import ptx as machine
    from tests.simulate.gpu_jobs import LANES
    from verify.simulate.backends import fused
    from verify.simulate.backends.fused_text import arguments

    given = fused.numbers(job, first, LANES, torch.device("cpu"))
    state = given["S"]
    names = [name for name in arguments(fused.source(job)[0]) if name != "WIDTH"]
    plain = {n: given[n].numpy() if isinstance(given[n], torch.Tensor) else given[n] for n in names}
    machine.run(ptx, plain, LANES // fused.WIDTH, fused.WIDTH, loose)
    return fused.result(job, state)


def precompiled(part: int) -> None:
    """Every second job, from this one on."""
    from tests.simulate import sass
    from tests.simulate.gpu_jobs import LANES, jobs
    from verify.simulate.backends import compiled

    mine = list(jobs())[part::PARTS]
    most, spilled = 0, 0
    for name, asked, first in mine:
        kernel = build(asked)
        found = strict(kernel.asm["ptx"])
        expect(not found, f"compiled: {name} has the instruction {found}")
        one_layout = len(re.findall(r"^#\w+ = #ttg", kernel.asm["ttgir"], re.M)) == 1
        expect(one_layout and not kernel.metadata.shared, f"compiled: in {name} threads exchange numbers")
        expected = compiled.run(asked, first, LANES, nothing)
        expect(same(run(kernel.asm["ptx"], asked, first), expected), f"compiled: {name} has other bits")
        more = sass.contracted(sass.disassembled(kernel.asm["cubin"]))
        expect(not more, f"compiled: the assembler contracted {more} operations of {name}")
        registers, bytes_ = sass.resources(kernel.asm["ptx"], ARCHITECTURE)
        most, spilled = max(most, registers), spilled + (bytes_ > 0)
    if part == 0:
        contraction_shows()
    else:
        report()
    print(
        f"compiled, part {part + 1} of {PARTS}: the PTX of {len(mine)} kernels for sm_{ARCHITECTURE} has the bits of "
        f"the compiled loops; nothing is contracted; at most {most} registers, {spilled} kernels spill"
    )


def contraction_shows() -> None:
    """Contracted code is refused, by its text and by its machine code, and has other bits; so has another word."""
    from tests.simulate import sass
    from tests.simulate.gpu_jobs import LANES, job
    from verify.simulate.backends import compiled

    asked = job()
    expected = compiled.run(asked, 0, LANES, nothing)
    contracted, other = build(asked, contract=True), build(asked).asm["ptx"]
    expect(strict(contracted.asm["ptx"]) != "", "a contracted kernel passed as strict")
    expect(sass.contracted(sass.disassembled(contracted.asm["cubin"])) > 0, "contracted machine code passed as strict")
    expect(not same(run(contracted.asm["ptx"], asked, 0, loose=True), expected), "contraction does not show")
    expect(PHILOX in other, "no constant of Philox in a kernel")
    expect(not same(run(other.replace(PHILOX, PHILOX[:-1] + "8"), asked, 0), expected), "another word does not show")


def report() -> None:
    """What the machine code says about speed."""
    from tests.simulate import sass
    from tests.simulate.gpu_jobs import LAWS, job

    print("computed from the machine code for an H100 at 1.98 GHz, never measured; Clip-AdaGrad-Norm on the line:")
    for name in ("stable", "two-point", "none"):
        kernel = build(job(law=LAWS[name]))
        found, (registers, spilled) = sass.bounds(kernel.asm["cubin"]), sass.resources(kernel.asm["ptx"], ARCHITECTURE)
        limit = min(found["rates"].values())
        print(f"  {name:9s} {registers} registers, {spilled} bytes spilled, {found['instructions']:.0f} instructions")
        print(f"            a step, {found['float64']:.0f} of them float64; at most {limit:.0f} G steps/s")


def main() -> None:
    tasks: dict[str, Callable[[], None]] = {"interpreted": interpreted}
    tasks |= {f"compiled{part}": partial(precompiled, part) for part in range(PARTS)}
    if sys.argv[1:]:
        tasks[sys.argv[1]]()
        return
    running = []
    for task in tasks:
        environment = os.environ | {"TRITON_INTERPRET": "1" if task == "interpreted" else "0"}
        running.append(subprocess.Popen([sys.executable, "-m", "tests.simulate.gpu", task], env=environment))
    if any([process.wait() != 0 for process in running]):  # noqa: C419 - all of them end first
        sys.exit(1)


if __name__ == "__main__":
    main()
