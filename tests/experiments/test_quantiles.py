"""Quantiles against 1/delta: a power without the clip, flat and below the certified bound with it."""

from __future__ import annotations

import math
from fractions import Fraction as F

import pytest

from verify.experiments.quantiles import DELTAS, Point, run, slopes
from verify.statistics import Band


@pytest.fixture(scope="module")
def small():
    return run(steps=3000, runs=400, seed=1)


def jumps(small, method):
    return [r for r in small.rows if r["noise"] == "jumps" and r["method"] == method]


def test_a_power_without_the_clip_and_flat_with_it(small):
    """By hand: one jump moves SGD by gamma (N/(8 delta))^(2/3), which is a power 2/3 of 1/delta."""
    text = {line.split()[2]: line for line in small.remarks if line.startswith("slope of")}
    slope = {k: float(v.split(": ")[1].split()[0]) for k, v in text.items()}
    assert abs(slope["SGD"] - 2 / 3) < 0.05
    assert all(abs(slope[k]) < 0.05 for k in slope if k != "SGD")
    assert len(slope) == 6


@pytest.mark.parametrize("method", ["SGD", "AdaGrad-Norm", "Adam-Norm"])
def test_clipped_quantiles_are_below_the_bound_and_unclipped_above_the_clipped(small, method):
    clipped, plain = jumps(small, f"Clip-{method}"), jumps(small, method)
    assert [F(r["delta"]) for r in clipped] == list(DELTAS)
    for with_clip, without in zip(clipped, plain, strict=True):
        assert float(with_clip["quantile upper"]) < float(with_clip["certified bound"])
        assert float(without["quantile lower"]) > float(with_clip["quantile upper"])
        assert not without["certified bound"]
    if method == "SGD":  # and the bound of the clipped method is no bound of the other
        assert float(plain[-1]["quantile lower"]) > 100 * float(clipped[-1]["certified bound"])


def made(power: float, width: float) -> list[Point]:
    bands = {d: float(d) ** -power for d in DELTAS}
    return [Point("made", "jumps", d, Band(q / width, q, q * width, 0, 0), None) for d, q in bands.items()]


@pytest.mark.parametrize("power", [0.0, 0.1, 2 / 3])
def test_the_slope_of_a_made_up_power(power):
    """Three decades; a factor of 1.1 on either side widens by 2 ln 1.1 / (3 ln 10)."""
    low, middle, high = slopes(made(power, 1.1))["made"]
    assert math.isclose(middle, power, abs_tol=1e-12)
    assert math.isclose(high - low, 4 * math.log(1.1) / (3 * math.log(10)), rel_tol=1e-9)
    assert not low <= power + 0.1 <= high


def test_the_text_and_bad_input(cli):
    found = cli("experiment quantiles --steps 1000 --runs 10")
    assert found.code == 2 and "--runs" in found.err and found.err.count("\n") == 1
    found = cli("experiment quantiles --alpha 1")
    assert found.code == 2 and "(1, 2]" in found.err
