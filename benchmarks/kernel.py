"""``kernel.cpp``, compiled for this machine and called from threads: what the engine could reach."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from counterexamples.noise import Law
from counterexamples.problems import Problem
from verify.simulate import HyperParameters
from verify.simulate.philox import low_high
from verify.simulate.sampler import Continuous, sampler

SOURCE = Path(__file__).with_name("kernel.cpp")
FLAGS = ["-O3", "-march=native", "-mprefer-vector-width=512"]
FLAGS += ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]  # strict, and free of the exceptions' state
FIELDS = ("gamma", "eta", "lam", "b0", "L", "nu", "start", "scale")


class Numbers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_double) for name in FIELDS]


def compiled() -> Any:
    """The library; ImportError where there is no compiler."""
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        raise ImportError("no C++ compiler")
    flags = [flag for flag in FLAGS if "g++" in compiler or "prefer" not in flag]
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "kernel.so")
        subprocess.run([compiler, *flags, "-shared", "-fPIC", "-o", target, str(SOURCE)], check=True)
        return ctypes.CDLL(target)


class Kernel:
    """The job with these numbers."""

    def __init__(self, problem: Problem, law: Law, hp: HyperParameters) -> None:
        drawn = sampler(law)
        if not isinstance(drawn, Continuous) or problem.shape != "huber":
            raise ValueError("expected a continuous law and the Huber function")
        self.library = compiled()
        values = {**vars(hp), **vars(problem), "scale": drawn.scale}
        self.numbers = Numbers(*(values[name] for name in FIELDS))
        self.table = np.ascontiguousarray(drawn.table.coefficients.T)

    def __call__(self, first: int, lanes: int, steps: int, seed: int) -> np.ndarray:
        """x, sum u, sum u x of every trajectory: float64 [3, lanes]; lanes a multiple of 64, steps of 4."""
        out, (k0, k1) = np.empty((3, lanes)), low_high(seed)
        word, long = ctypes.c_uint32, ctypes.c_int64
        self.library.run(
            ctypes.byref(self.numbers), ctypes.c_void_p(self.table.ctypes.data), long(self.table.shape[1]),
            ctypes.c_uint64(first), long(lanes), long(steps), word(0), word(k0), word(k1),
            ctypes.c_void_p(out.ctypes.data),
        )  # fmt: skip
        return out
