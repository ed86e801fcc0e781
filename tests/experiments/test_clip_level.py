"""The ablation of the clipping level: each level is bad where it must be, the theory's nowhere."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

from verify.experiments.clip_level import DELTAS, FACTORS, run


@pytest.fixture(scope="module")
def rows():
    return run(steps=3000, runs=200, seed=2).rows


def of(rows, noise, method, level):
    return [r for r in rows if (r["noise"], r["method"], r["level"]) == (noise, method, level)]


def number(row, end):
    return float(row[f"quantile {end}"])


def test_every_level_has_its_rows(rows):
    assert len(rows) == 2 * len(FACTORS) * (len(DELTAS) + 1)


@pytest.mark.parametrize("method", ["Clip-SGD", "Clip-AdaGrad-Norm"])
def test_the_level_of_the_theory_stays_below_its_bound_everywhere(rows, method):
    for noise in ("jumps", "biased"):
        for row in of(rows, noise, method, "theory"):
            assert number(row, "estimate") < float(row["certified"])


def test_no_clip_is_a_power_and_a_hundredfold_level_flattens(rows):
    none, large = (of(rows, "jumps", "Clip-SGD", level) for level in ("none", "100 x"))
    theory = of(rows, "jumps", "Clip-SGD", "theory")
    assert number(none[-1], "lower") > 10 ** (6 * 0.6) * number(none[0], "upper")  # six decades of delta, power 2/3
    assert all(number(a, "lower") > 1.3 * number(b, "upper") for a, b in zip(large, theory, strict=True))
    assert number(large[-1], "upper") < 2 * number(large[0], "upper")


@pytest.mark.parametrize("method", ["Clip-SGD", "Clip-AdaGrad-Norm"])
def test_a_hundredth_is_biased_and_the_others_are_not(rows, method):
    small = of(rows, "biased", method, "1/100")[0]
    for level in ("none", "100 x", "theory"):
        assert number(small, "lower") > 3 * number(of(rows, "biased", method, level)[0], "estimate")
    if method == "Clip-SGD":
        floor = F(small["certified"].removeprefix("mean > "))
        assert number(small, "estimate") > floor > F(1, 4)
