"""The authors' experiment against an independent simulation, and its noise against closed forms."""

from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest

from counterexamples.moments import AssumptionViolated, unit_moment
from verify.experiments.synthetic import GAMMAS, SERIES, checkpoints, noise, run
from verify.simulate.noise.sampler import draw, sampler

ORDERS = {"10 %": 0.1, "50 %": 0.5, "90 %": 0.9}


def independent(name: str, gamma: float, steps: int, runs: int) -> np.ndarray:
    """|x_N|^2 of the authors' recursion, written anew, with another generator and |xi| = U^(-2/3) - 1."""
    rng = np.random.default_rng(11)
    x, b_sq = np.full(runs, 2.0), np.full(runs, 9.0)
    eta = gamma**2 if "reweighted" in name else 1.0
    for _ in range(steps):
        xi = (rng.random(runs) ** (-2 / 3) - 1) * rng.choice([-1.0, 1.0], runs)
        g = x + xi
        if name.startswith("Clip-"):
            g = g * np.minimum(1, 0.5 / np.abs(g))
        before = b_sq
        b_sq = b_sq + eta * g * g
        x = x - gamma * g / np.sqrt(before if "AdaGradD" in name else b_sq)
    return x * x


STEPS, RUNS = 40, 1000


@pytest.fixture(scope="module")
def small():
    return run(steps=STEPS, runs=RUNS, seed=5)


@pytest.mark.parametrize("name", SERIES)
def test_quantiles_agree_with_an_independent_simulation(small, name):
    """Level: 24 comparisons at 5 standard deviations of the difference of two fractions."""
    row = next(r for r in small.rows if r["method"] == name and r["gamma"] == "0.0625")
    other = independent(name, 0.0625, STEPS, RUNS)
    for order, p in ORDERS.items():
        below = np.mean(other <= float(row[f"{order} estimate"]))
        assert abs(below - p) <= 5 * math.sqrt(2 * p * (1 - p) / RUNS)


def test_another_method_is_told_apart(small):
    """Negative twin: the clipped quantiles are not those without a clip, nor those of the other accumulator."""
    for name, twin in (("AdaGrad-Norm", "Clip-AdaGrad-Norm"), ("AdaGrad-Norm", "AdaGrad-Norm, reweighted")):
        row = next(r for r in small.rows if r["method"] == name and r["gamma"] == "0.0625")
        below = np.mean(independent(twin, 0.0625, STEPS, RUNS) <= float(row["50 % estimate"]))
        assert abs(below - 0.5) > 0.1


def test_the_noise_is_the_authors():
    """P(|xi| > x) = (1 + x)^(-3/2), unscaled; the moment of order 3/2 is infinite."""
    law, n = noise(), 200_000
    xi = draw(sampler(law), 0, 0, np.arange(n, dtype=np.uint64), 3)
    for x in (0.1, 1.0, 10.0, 100.0):
        p = (1 + x) ** -1.5
        assert abs(np.mean(np.abs(xi) > x) - p) <= 5 * math.sqrt(p / n)
    assert float(law.moment[1]) <= float(law.sigma) ** float(law.alpha)
    with pytest.raises(AssumptionViolated):
        unit_moment(law.shape, F(3, 2))


def test_curves_end_at_the_table_and_begin_at_the_start(small):
    assert checkpoints(10_000)[0] == 1 and checkpoints(10_000)[-1] == 10_000
    assert len(small.panels) == len(GAMMAS) and len(small.rows) == len(GAMMAS) * len(SERIES)
    for panel, gamma in zip(small.panels, GAMMAS, strict=True):
        for curve in panel.curves:
            row = next(r for r in small.rows if r["gamma"] == repr(gamma) and r["method"] == curve.label)
            assert repr(curve.y[-1]) == row["50 % estimate"] and curve.low[-1] <= curve.y[-1] <= curve.high[-1]
