"""Digests of the numbers that runs are made of, and of what numpy and the C library make of the same nodes, as JSON."""

import hashlib
import json
import math
from dataclasses import replace
from fractions import Fraction as F

import numpy as np

from bounds.methods import CLIP_ADAM_NORM
from counterexamples.battery import nonconvex_battery
from counterexamples.moments import Gaussian, Lomax, Pareto, Stable, StudentT
from counterexamples.noise import isotropic, scaled
from counterexamples.problems import axes, huber, stretched
from verify.rare.allocate import allocation
from verify.simulate import HyperParameters, Result, simulate
from verify.simulate.correction import corrections
from verify.simulate.noise.grid import one_sided
from verify.simulate.noise.pieces import nodes
from verify.simulate.noise.tables import quantile, tabulate
from verify.simulate.single import cubics

OFF = {  # what numpy, its linear algebra and glibc may use of a processor: nothing that is not in all of them
    "OPENBLAS_CORETYPE": "Nehalem",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX2_Usable,-FMA_Usable",
}


def features() -> list[str]:
    """Those of this processor that numpy has code for and can do without."""
    from numpy._core import _multiarray_umath as core

    return [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]


def digest(x: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()


def ours() -> dict[str, np.ndarray]:
    """Tables of all laws, computed here and not read from disk; of the slow ones the values at some nodes."""
    v = (2.0 ** -np.arange(1.0, 65)[:, None] * (1.5 + nodes() / 2)).ravel()[::5]
    found = {f"stable {s}": quantile(Stable(s))[0](v) for s in (F(1001, 1000), F(11, 10), F(3, 2), F(19, 10))}
    laws = Gaussian(), StudentT(F(9, 4)), StudentT(F(1000)), Lomax(F(7, 4)), Pareto(F(7, 4))
    found |= {str(law): tabulate(quantile(law)[0]) for law in laws}
    found["float32"] = cubics(found[str(Gaussian())])
    found["one-sided"] = one_sided(StudentT(F(9, 4))).coefficients
    found["bias corrections"] = corrections(0.9, 0.999, 1000)
    found["axes"] = np.array(axes(stretched(huber(1.0, 0.4, 1.0, 64), 50.0)))
    problems = nonconvex_battery(F(3, 2), F(1), F(1), F(1), 1000, 0.01, F(3), F(1, 2), F(1, 100))
    found["problems"] = np.array([case.problem.nu for case in problems])
    found["a run"] = run().values
    found["allocation"] = np.array(allocation([0.5, 0.01, 1e-5], [0.0, 0.1, 0.4], 10**9, 7.0))
    return found


def run() -> Result:
    """All of that together, in R^4."""
    method, hp = replace(CLIP_ADAM_NORM, corrected=True), HyperParameters(gamma=0.05, lam=3.0, beta1=0.8, beta2=0.99)
    law, problem = scaled(StudentT(F(9, 4)), F(3, 2), F(1)), stretched(huber(1.0, 0.4, 1.0, 4), 50.0)
    return simulate(method, problem, isotropic(law), hp=hp, steps=20, runs=100, seed=1, engine="reference")


def theirs() -> dict[str, np.ndarray]:
    """The same functions of numpy and of the C library, and linear algebra."""
    y, m = np.linspace(-30, 30, 10_001), np.sin(np.arange(1024.0)).reshape(32, 32)
    found = {"numpy": np.exp(y), "inverse": np.linalg.inv(m + np.eye(32)), "product": m @ m}
    return found | {"C": np.array([math.exp(x) for x in y])}


if __name__ == "__main__":
    print(json.dumps([{name: digest(x) for name, x in made().items()} for made in (ours, theirs)]))
