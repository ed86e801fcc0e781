"""One block of trajectories on a GPU: the kernel of ``fused_text``, compiled by Triton, a chunk of steps a launch.

Strict: contraction is switched off, and Triton divides and takes square roots in float64 as IEEE 754 says.  Without a
GPU the kernels run in Triton's interpreter, TRITON_INTERPRET=1, on arrays: the same text with the same bits, slowly.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from queue import SimpleQueue
from threading import Lock
from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl

from verify.simulate.arguments import EngineError
from verify.simulate.backends import compiled
from verify.simulate.backends import fused_noise as noise
from verify.simulate.backends.compiled import Job
from verify.simulate.backends.fused_text import Kind, arguments, kernel_source
from verify.simulate.backends.translate import Step, translate
from verify.simulate.levels import changing
from verify.simulate.noise.philox import WORDS
from verify.simulate.noise.sampler import Atoms, Continuous, Isotropic, Planned
from verify.simulate.noise.sphere import coefficients
from verify.simulate.own import OwnStep
from verify.simulate.program import trace

WIDTH = 128  # lanes of a program, one for each thread
LAUNCH = 2**32  # trajectory-steps of a launch
CHECKED = 17  # steps that are compared with the CPU
INSTEAD = "try engine='compiled'"
OPTIONS: dict[str, Any] = {"num_warps": WIDTH // 32, "num_stages": 1, "enable_fp_fusion": False}
INTERPRETED = triton.knobs.runtime.interpret
_ALONE = Lock()  # the interpreter does not run on two threads


def source(job: Job) -> tuple[Step, str]:
    """The recorded step of a job, and the text of its kernel."""
    method, shape, geometry, varying = job.method, job.problem.shape, job.geometry, changing(job.hp)
    if isinstance(method, OwnStep):
        loop = trace.own_source(method, vars(job.hp), shape, job.metric, "advance", geometry, job.also, varying)
    else:
        steered = job.steering is not None
        loop = trace.source(method, shape, job.metric, "advance", steered, geometry, job.also, varying)
    step = translate(loop, job.problem.dim, job.delay)
    return step, kernel_source(step, _kind(job), job.problem.dim if job.wide else 0)


def _kind(job: Job) -> Kind:
    match job.law.radius if isinstance(job.law, Isotropic) else job.law:
        case Continuous():
            return "table"
        case Atoms():
            return "atoms"
        case Planned(background=Continuous()):
            raise EngineError(f"law: the engine triton has no noise given its large draws; {INSTEAD}")
        case Planned():
            return "planned"
    return "nothing"


@lru_cache(maxsize=256)
def load(text: str) -> Any:
    """The kernel of a text; Triton reads the text again, as lines of a file that exists in ``linecache`` only."""
    name = f"<kernel {sha256(text.encode()).hexdigest()[:16]}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, Any] = {"triton": triton, "tl": tl, "noise": noise, "__name__": __name__}
    exec(compile(text, name, "exec"), space)
    return space["kernel"]


class Devices:
    """The GPUs that blocks are dealt to: "cuda", or several with commas between; EngineError if one is not there."""

    def __init__(self, names: str) -> None:
        self.names = [_present(name.strip()) for name in names.split(",")]
        self.free: SimpleQueue[torch.device] = SimpleQueue()
        for name in self.names:
            self.free.put(torch.device(name))

    def block(self, job: Job, first: int, lanes: int, tick: Callable[[int], None]) -> np.ndarray:
        """``compiled.run``, on a device that is free."""
        device = self.free.get()
        try:
            with _ALONE if INTERPRETED else nullcontext():
                return run(job, first, lanes, tick, device)
        finally:
            self.free.put(device)

    @staticmethod
    def width(job: Job) -> int:
        """The trajectories of a block: at most 2^22, and 2 GiB of state."""
        rows = len(compiled.start(job, 1)[0]) + job.problem.dim * job.wide
        return min(2**22, 2**28 // rows // WIDTH * WIDTH)

    def check(self, job: Job) -> None:
        """EngineError unless each device has the bits of the compiled loops, on a few steps of a few trajectories."""
        law = job.law.radius if isinstance(job.law, Isotropic) else job.law
        first, lanes = (law.start, min(WIDTH, law.times.shape[1])) if isinstance(law, Planned) else (0, WIDTH)
        short = replace(job, steps=min(job.steps, CHECKED), corrections=job.corrections[:CHECKED])
        expected = compiled.run(short, first, lanes, lambda n: None)
        for name in self.names:
            found = run(short, first, lanes, lambda n: None, torch.device(name))
            other = ((found != expected) & ~(np.isnan(found) & np.isnan(expected))).any(axis=0).sum()
            if other:
                raise EngineError(f"engine: {name} has other bits than the CPU in {other} of {lanes} runs; {INSTEAD}")


def _present(name: str) -> str:
    if name == "cpu" and INTERPRETED:
        return name
    kind, _, number = name.partition(":")
    if kind != "cuda" or not (name == kind or number.isdecimal()):
        raise EngineError(f"device: expected cuda or cuda:0,cuda:1,.. for the engine triton, got {name!r}; {INSTEAD}")
    if int(number or 0) >= torch.cuda.device_count():
        raise EngineError(f"device: {name} was asked for, and torch sees {torch.cuda.device_count()} GPUs; {INSTEAD}")
    return name


def run(job: Job, first: int, lanes: int, tick: Callable[[int], None], device: torch.device) -> np.ndarray:
    """``compiled.run`` on one device."""
    given = numbers(job, first, -(-lanes // WIDTH) * WIDTH, device)
    launch(job, given, lanes, tick)
    return result(job, given["S"][:, :lanes])


def launch(job: Job, given: dict[str, Any], lanes: int, tick: Callable[[int], None]) -> None:
    """All steps, on the arguments of ``numbers``; the state in there is advanced, and complete at the end."""
    kernel, device, padded = load(source(job)[1]), given["S"].device, given["lanes"]
    size = max(LAUNCH // padded // WORDS, 1) * WORDS
    for t in range(0, job.steps, size):
        n = min(size, job.steps - t)
        with torch.cuda.device(device) if device.type == "cuda" else nullcontext():
            kernel[(padded // WIDTH,)](**given | {"t0": t, "steps": n}, **OPTIONS)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
        tick(n * lanes)


def result(job: Job, state: torch.Tensor) -> np.ndarray:
    """The rows of a block's result from its final state."""
    parts = compiled.start(job, 1)[1]
    return compiled.result(job, {name: state[part].cpu().numpy() for name, part in parts.items()})


def numbers(job: Job, first: int, padded: int, device: torch.device) -> dict[str, Any]:
    """The arguments of a launch of the kernel, for all steps; ``padded`` is a multiple of ``WIDTH``."""
    kinds, zero = arguments(source(job)[0]), {"*fp64": None, "fp64": 0.0}
    state = torch.from_numpy(compiled.start(job, 1)[0]).to(device).repeat(1, padded)
    given = {name: zero.get(kind, 0) for name, kind in kinds.items()} | dict.fromkeys("CYAB", state)  # any, if unused
    given |= _scalars(job, device) | _law(job, first, padded, device)
    given |= {"lanes": padded, "first": first, "series": 2 * job.stream, "seed": job.seed, "delay": job.delay}
    if len(job.corrections):
        given["C"] = torch.from_numpy(job.corrections).to(device)
    if job.wide:
        given["Y"] = torch.empty((job.problem.dim, padded), dtype=torch.float64, device=device)
    return given | {"S": state, "steps": job.steps, "WIDTH": WIDTH}


def _scalars(job: Job, device: torch.device) -> dict[str, Any]:
    """The parameters of the loop; those that change with time are arrays, under the names that they have there."""
    found = compiled.scalars(job)
    arrays = {n: torch.from_numpy(v).to(device) for n, v in found.items() if isinstance(v, np.ndarray)}
    return {n: v for n, v in found.items() if n not in arrays} | {f"all_{n}": v for n, v in arrays.items()}


def _columns(table: np.ndarray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(table.T.copy()).to(device)


def _law(job: Job, first: int, padded: int, device: torch.device) -> dict[str, Any]:
    """The arguments that the law of the noise fills."""
    law = job.law.radius if isinstance(job.law, Isotropic) else job.law
    found: dict[str, Any] = {}
    if isinstance(job.law, Isotropic):
        found["B"] = _columns(coefficients(), device)
    if isinstance(law, Continuous):
        table = _columns(law.table.coefficients, device)
        found |= {"A": table, "scale": law.scale, "sign_mask": int(law.table.symmetric)}
    elif isinstance(law, Atoms):
        found |= {"cut_a": int(law.thresholds[0]), "cut_b": int(law.thresholds[1])}
        found |= {f"value_{name}": float(value) for name, value in zip("abc", law.values, strict=True)}
    elif isinstance(law, Planned):
        mine = slice(first - law.start, first - law.start + padded)
        here = [rows[:, mine].astype(np.float64) for rows in (law.values, law.times)]
        fill = ((0, 0), (0, padded - here[0].shape[1]))
        found["A"] = torch.from_numpy(np.stack([np.pad(rows, fill) for rows in here])).to(device)
        found |= {"jumps": len(law.times), "value_a": float(law.background)}  # type: ignore[arg-type]
    return found
