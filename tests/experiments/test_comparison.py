"""The comparison of the methods, and claim S9: an independent simulation, the bound by hand, a method that diverges."""

from __future__ import annotations

import math
from fractions import Fraction as F

import numpy as np
import pytest

from bounds.claims import CLAIMS
from verify.claims import NotShown
from verify.claims import tuned as s9
from verify.claims.judge import FAILS, OPEN, judge
from verify.experiments import comparison
from verify.experiments.comparison import ALL, run, setting
from verify.simulate import HyperParameters

S9 = next(c for c in CLAIMS if c.id == "S9")


@pytest.fixture(scope="module")
def small():
    return run(steps=1000, runs=2000, seed=4)


def test_there_are_ten_methods(small):
    names = {"SGD", "AdaGrad-Norm", "AdaGradD-Norm", "Adam-Norm", "AdamD-Norm"}
    assert [r["method"] for r in small.rows] == list(ALL) and set(ALL) == names | {f"Clip-{n}" for n in names}


@pytest.mark.parametrize("name", ["SGD", "AdaGrad-Norm", "AdaGradD-Norm", "Adam-Norm", "AdamD-Norm"])
def test_the_clip_certainly_helps_at_the_last_step(small, name):
    at = {r["method"]: r for r in small.rows}
    assert float(at[f"Clip-{name}"]["n = 1000 upper"]) < float(at[name]["n = 1000 lower"])
    assert float(at[f"Clip-{name}"]["n = 1000 upper"]) < 0.1 < float(at[f"Clip-{name}"]["n = 10 lower"])


def stable(rng: np.random.Generator, index: float, size: int) -> np.ndarray:
    """Chambers, Mallows and Stuck: symmetric stable of scale 1."""
    u, e = rng.uniform(-math.pi / 2, math.pi / 2, size), rng.exponential(size=size)
    first = np.sin(index * u) / np.cos(u) ** (1 / index)
    return first * (np.cos((1 - index) * u) / e) ** ((1 - index) / index)


def test_sgd_agrees_with_an_independent_simulation():
    """The fraction below each of three quantiles, 4000 runs, 5 standard deviations of the difference."""
    about, rng, runs = setting(F(3, 2), F(1, 100), 50, 1), np.random.default_rng(8), 4000
    mine = np.array(about.gaps(ALL["SGD"], HyperParameters(gamma=0.05), 50, runs, 1))
    x = np.ones(runs)
    for _ in range(50):
        x -= 0.05 * (x + about.law.scale * stable(rng, 1.75, runs))
    for p in (0.1, 0.5, 0.99):
        below = np.mean(x * x / 2 <= np.quantile(mine, p))
        assert abs(below - p) <= 5 * math.sqrt(2 * p * (1 - p) / runs)


@pytest.mark.parametrize(("gamma", "steps"), [(F(1, 100), 400), (F(1, 1000), 5000)])
def test_the_bound_by_hand_is_above_the_quantile(gamma, steps):
    about = setting(F(3, 2), F(1, 100), steps, 0)
    gaps = about.gaps(ALL["SGD"], HyperParameters(gamma=float(gamma)), steps, 2000, 1)
    assert np.quantile(gaps, 0.99) < s9.hand_bound(F(3, 2), F(1, 100), gamma, steps) ** 2 / 2


def test_the_bound_by_hand_is_its_formula_and_a_power_of_one_over_delta():
    found = s9.hand_bound(F(3, 2), F(1, 100), F(1, 1000), 5000)
    formula = 0.999**5000 + 200 ** (2 / 3) * 0.001 ** (1 / 3)
    assert formula < found < formula * (1 + 1e-5)
    small, large = (s9.hand_bound(F(3, 2), d, F(1, 10**9), 10**12) for d in (F(1, 10**4), F(1, 10**8)))
    assert math.isclose(large / small, 10 ** (4 / 1.5), rel_tol=1e-4)
    assert s9.hand_bound(F(3, 2), F(1, 100), s9.GAMMA, s9.MANY) < F(35, 1000)


def test_no_progress_by_hand_opens_the_row(monkeypatch):
    monkeypatch.setattr(s9, "MANY", 10)
    found = judge(S9)
    assert found.verdict == OPEN and "is no progress" in found.reason


def test_the_row_fails_because_sgd_converges():
    found = judge(S9)
    assert found.verdict == FAILS and "SGD converges, too" in found.reason
    assert set(found.witness["measured"]) == set(s9.METHODS)


def test_a_method_that_does_diverge_opens_the_row(monkeypatch):
    """Negative twin: with stepsizes above 2/L only, SGD diverges and nothing refutes the claim."""
    monkeypatch.setattr(comparison, "GAMMAS", (4.0,))
    with pytest.raises(NotShown, match="SGD is not seen to converge"):
        s9.witness()
    assert judge(S9).verdict == OPEN
