"""The authors' synthetic experiment (theory, section 11): AdaGrad-Norm with and without a clip on a quadratic.

f(x) = x^2/2, x_0 = 2, b0 = 3, clipping level 1/2, gamma = 2^-i for i = 0 .. 6, 10 000 iterations, 100 runs, the bands
are the 10/50/90 % quantiles of |x_t - x*|^2.  The noise has the density (3/4)(1 + |x|)^(-5/2): a symmetric Lomax law of
index 3/2, with finite moments of every order below 3/2 only.  eta = 1, or gamma^2 ("reweighted").
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, Method
from counterexamples.moments import Lomax
from counterexamples.noise import OUTWARD, Law, moment_enclosure
from counterexamples.problems import quadratic
from verify.experiments.record import Experiment, Progress, band_fields, banded, silent
from verify.report.plot import Curve, Panel
from verify.simulate import HyperParameters, simulate
from verify.statistics import Band, quantile_band

INDEX, START, B0, LEVEL = Fraction(3, 2), 2.0, 3.0, 0.5
GAMMAS = tuple(2.0**-i for i in range(7))
ORDERS = (Fraction(1, 10), Fraction(1, 2), Fraction(9, 10))
BAND_LEVEL = Fraction(1, 10)  # of each confidence band by itself
STEPS, RUNS, POINTS = 10_000, 100, 25
ALPHA = Fraction(7, 5)  # one order below 3/2, of which the moment is finite

SERIES = {  # name -> (method, eta is gamma^2)
    f"{'Clip-' if clipped else ''}AdaGrad{'D' if method.delayed else ''}-Norm{', reweighted' if reweighted else ''}": (
        replace(method, clipped=clipped),
        reweighted,
    )
    for reweighted in (False, True)
    for method in (CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED)
    for clipped in (False, True)
}


def noise() -> Law:
    """The authors' law, unscaled; E|xi|^(7/5) is certified, E|xi|^(3/2) is infinite."""
    low, high = moment_enclosure(Lomax(INDEX), 1.0, ALPHA)
    sigma = Fraction(math.ceil(float(high) ** (1 / float(ALPHA)) * 1000), 1000)
    return Law(Lomax(INDEX), 1.0, OUTWARD, ALPHA, sigma, (low, high))


def checkpoints(steps: int, points: int = POINTS) -> tuple[int, ...]:
    """About so many numbers of steps, in a geometric progression that ends at ``steps``."""
    return tuple(sorted({round(steps ** (k / (points - 1))) for k in range(points)}))


def quantiles(values: list[float]) -> tuple[Band, Band, Band]:
    """The 10/50/90 % quantiles, each with a 90 % confidence band."""
    low, middle, high = (quantile_band(values, 1 - order, BAND_LEVEL) for order in ORDERS)
    return low, middle, high


def run(*, steps: int = STEPS, runs: int = RUNS, seed: int = 0, progress: Progress = silent) -> Experiment:
    """The table and the curves; a trajectory of fewer steps begins like the longer one, so curves are re-runs."""
    law, problem, times = noise(), quadratic(1.0, START), checkpoints(steps)
    total = len(GAMMAS) * len(SERIES) * sum(times) * runs
    done = 0

    def squared(method: Method, gamma: float, reweighted: bool, n: int) -> list[float]:
        hp = HyperParameters(gamma=gamma, lam=LEVEL, eta=gamma**2 if reweighted else 1.0, b0=B0)
        found = simulate(method, problem, law, hp=hp, steps=n, runs=runs, seed=seed)
        return [2 * v for v in found.last_values.tolist()]  # |x|^2 = 2 f(x), exactly

    rows, panels = [], []
    for gamma in GAMMAS:
        curves = []
        for name, (method, reweighted) in SERIES.items():
            found = []
            for n in times:
                found.append(quantiles(squared(method, gamma, reweighted, n)))
                done += n * runs
                progress(done, total, f"{name}, gamma {gamma}")
            ends = [tuple(q[k].estimate for q in found) for k in range(3)]
            x = tuple(map(float, times))
            curves.append(Curve(name, x, ends[1], ends[0], ends[2], dashed=method.delayed))
            rows.append(_row(gamma, name, found[-1]))
        panels.append(Panel(f"gamma = {gamma}", "iterations", "|x - x*|^2", tuple(curves)))
    settings = {
        "f": "x^2/2", "x_0": "2", "b0": "3", "level": "1/2", "noise": "density (3/4)(1+|x|)^(-5/2)",
        "steps": str(steps), "runs": str(runs), "seed": str(seed),
    }  # fmt: skip
    remarks = (
        "|x_N - x*|^2: quantiles of these orders; in brackets 90 % confidence bands, each by itself",
        "noise: moments of order below 3/2 only; measured, not proved",
    )
    columns = ("gamma", "method", "10 %", "50 %", "90 %")
    return Experiment("synthetic", settings, columns, tuple(rows), remarks, tuple(panels))


def _row(gamma: float, name: str, found: tuple[Band, Band, Band]) -> dict[str, str]:
    row = {"gamma": repr(gamma), "method": name}
    for order, band in zip(("10 %", "50 %", "90 %"), found, strict=True):
        row |= {order: banded(band), **band_fields(order, band)}
    return row
