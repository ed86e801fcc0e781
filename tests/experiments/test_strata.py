"""Stratified quantiles against exhaustive enumeration; planned jumps in both engines."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from itertools import combinations, product

import numpy as np
import pytest

from bounds.methods import CLIP_SGD, METHODS
from counterexamples.problems import huber
from verify.experiments.strata import Case, jump_law_for, quantile
from verify.simulate import HyperParameters, simulate
from verify.simulate.noise.sampler import Planned

N, DELTA, ALPHA = 25, F(1, 50), F(3, 2)
HP = HyperParameters(gamma=0.05, lam=2.0)
PROBLEM = huber(1.0, 0.1, 1.0)
SGD = Case(replace(CLIP_SGD, clipped=False), PROBLEM, HP, N)


@pytest.mark.parametrize("name", METHODS)
def test_planned_jumps_are_the_same_in_both_engines(name):
    rng = np.random.default_rng(2)
    law = Planned(rng.integers(0, 300, (1, 40)), rng.normal(size=(1, 40)) * 30)
    numbers = {"hp": HyperParameters(gamma=0.01, lam=3.0, beta2=0.99), "steps": 300, "seed": 0}
    whole = simulate(METHODS[name], PROBLEM, law, runs=40, **numbers)
    slow = simulate(METHODS[name], PROBLEM, law, runs=40, engine="reference", **numbers)
    part = simulate(METHODS[name], PROBLEM, law, runs=9, first=31, **numbers)
    assert np.array_equal(whole.values, slow.values) and np.array_equal(whole.values[31:], part.values)
    assert len(set(whole.values)) == 40


def gap_of(jumps: dict[int, float], lam: float) -> float:
    """f(xbar) - f* of SGD with these jumps, written anew."""
    x, total = 1.0, 0.0
    for t in range(N):
        total += x
        g = max(-0.1, min(x, 0.1)) + jumps.get(t, 0.0)
        x -= 0.05 * max(-lam, min(g, lam))
    mean = abs(total / N)
    return mean**2 / 2 if mean <= 0.1 else 0.1 * (mean - 0.05)


def exact_quantile(p: F, z: float, lam: float) -> tuple[float, float]:
    """Bounds of the (1-DELTA)-quantile by enumeration of all paths of at most two jumps."""
    paths = []
    for k in range(3):
        for places in combinations(range(N), k):
            for signs in product((-z, z), repeat=k):
                weight = (p / 2) ** k * (1 - p) ** (N - k)
                paths.append((gap_of(dict(zip(places, signs, strict=True)), lam), weight))
    rest = 1 - sum(w for _, w in paths)
    paths.sort(reverse=True)

    def at(budget: F) -> float:
        for value, weight in paths:
            budget -= weight
            if budget < 0:
                return value
        raise AssertionError

    return at(DELTA), at(DELTA - rest)


@pytest.mark.parametrize("clipped", [False, True])
def test_the_band_holds_the_exact_quantile(clipped):
    """Level 1e-6 of a wrong band; the band is narrow, so that the quantile of half the jumps is outside."""
    law = jump_law_for(DELTA, N, ALPHA)
    about = replace(SGD, method=replace(CLIP_SGD, clipped=clipped))
    band = quantile(about, law, DELTA, 4000, 7, F(1, 10**6))
    lam = 2.0 if clipped else float("inf")
    low, high = exact_quantile(law.shape.p, law.scale, lam)
    assert band.lower <= high * (1 + 1e-12) and low <= band.upper * (1 + 1e-12)
    other, _ = exact_quantile(law.shape.p / 2, law.scale, lam)
    assert other < band.lower * (1 - 1e-12)


@pytest.mark.parametrize("delta", [F(1, 10), F(0)])
def test_a_delta_that_is_not_rare_is_refused(delta):
    with pytest.raises(ValueError, match=r"expected a number in \(0, 1/20\]"):
        jump_law_for(delta, N, ALPHA)
