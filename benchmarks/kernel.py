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
from verify.simulate.backends.compiled import CHUNK
from verify.simulate.noise.philox import low_high
from verify.simulate.noise.sampler import Continuous, sampler
from verify.simulate.records import Precision
from verify.simulate.single import cubics

SOURCE = Path(__file__).with_name("kernel.cpp")
FLAGS = ["-std=c++17", "-O3", "-march=native", "-mprefer-vector-width=512"]
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


def _rows(coefficients: np.ndarray) -> np.ndarray:
    """Rows of 64 or 16 bytes, aligned to 64."""
    width = 8 if coefficients.dtype == np.float64 else 4
    room = np.zeros(len(coefficients) * width + 16, coefficients.dtype)
    begin = -room.ctypes.data % 64 // room.itemsize
    rows = room[begin : begin + len(coefficients) * width].reshape(-1, width)
    rows[:, : coefficients.shape[1]] = coefficients
    return rows


class Kernel:
    """The job with these numbers, in float64 or float32."""

    def __init__(self, problem: Problem, law: Law, hp: HyperParameters, precision: Precision = "float64") -> None:
        drawn = sampler(law)
        if not isinstance(drawn, Continuous) or problem.shape != "huber":
            raise ValueError("expected a continuous law and the Huber function")
        library, double = compiled(), precision == "float64"
        self.run, table = (library.run64 if double else library.run32), drawn.table.coefficients
        values = {**vars(hp), **vars(problem), "scale": drawn.scale}
        self.numbers = Numbers(*(values[name] for name in FIELDS))
        self.table = _rows(table if double else cubics(table))
        self.flush = 2**62 if double else CHUNK

    def __call__(self, first: int, lanes: int, steps: int, seed: int) -> np.ndarray:
        """x, sum u, sum u x of every trajectory: float64 [3, lanes]; lanes a multiple of 128, steps of 4."""
        out, (k0, k1) = np.empty((3, lanes)), low_high(seed)
        word, long = ctypes.c_uint32, ctypes.c_int64
        self.run(
            ctypes.byref(self.numbers), ctypes.c_void_p(self.table.ctypes.data), ctypes.c_uint64(first), long(lanes),
            long(steps), word(0), word(k0), word(k1), long(self.flush), ctypes.c_void_p(out.ctypes.data),
        )  # fmt: skip
        return out
