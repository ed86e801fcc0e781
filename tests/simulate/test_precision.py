"""The comparison of float32 with float64: what is safe passes, what is not is reported, and the bands pay for it."""

import math
from dataclasses import replace
from fractions import Fraction as F
from types import SimpleNamespace

import numpy as np
import pytest
from instances import LAWS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_SGD
from counterexamples.problems import huber, quadratic
from verify.attack import judge
from verify.simulate import HyperParameters, simulate
from verify.simulate.precision import SAFE, Comparison, band, compare, differences, share
from verify.simulate.shards import Job, results
from verify.simulate.summary import quantile, summarise

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=1.0)
GOOD = Job(CLIP_ADAGRAD_NORM, huber(1.0, 0.4, 1.0), LAWS["stable"], HP, 200, 600, 5, precision="float32")
DELTA, LEVEL = (F(1, 2), F(1, 10)), F(1, 100)


def one(job, name="weighted"):
    return compare(job, DELTA)[name]


def test_a_clipped_well_scaled_job_is_safe():
    found = compare(replace(GOOD, also=("max_distance", "best_grad_sq")), DELTA)
    for c in found.values():
        assert c.safe and 0 < c.largest < 1e-5 and c.runs == 600
        assert set(c.shifts) == set(DELTA) and max(map(abs, c.shifts.values())) < 1e-5
    assert found["weighted"].unit == pytest.approx(0.4 * (1 - 0.2)) and found["max_distance"].unit == 1.0
    assert found["best_grad_sq"].unit == pytest.approx(0.16)


def test_what_is_compared_is_the_same_words():
    """Other words differ by much more than float32 does."""
    a, b = (results(replace(GOOD, seed=seed, precision="float64"), 0, 50, 1)["weighted"] for seed in (5, 6))
    assert differences(a, b, 0.32).max() > 1e-2
    c, double = one(GOOD), results(replace(GOOD, precision="float64"), 0, 600, 1)["weighted"]
    largest = differences(results(GOOD, 0, 600, 1)["weighted"], double, c.unit).max()
    assert c.largest == pytest.approx(largest, rel=1e-9)


UNSAFE = {
    "diverges beyond 2^128 without a clip": {
        "method": replace(CLIP_SGD, clipped=False), "problem": quadratic(1.0, 1.0), "hp": replace(HP, gamma=3.0)
    },
    "squares of 1e20 overflow": {
        "method": replace(CLIP_ADAGRAD_NORM, clipped=False), "problem": quadratic(1.0, 1e20),
        "hp": replace(HP, gamma=1e20, eta=1.0),
    },
    "squares of 1e-30 underflow": {"problem": huber(1.0, 0.4, 1e-30), "hp": replace(HP, b0=1e-30, lam=1e-30)},
    "a forgetting of 1e-9 is none in float32": {
        "method": replace(CLIP_ADAGRAD_NORM, accumulator="adam"), "hp": replace(HP, beta2=1 - 1e-9, b0=1e-6, lam=10.0),
    },
}  # fmt: skip
SAFE_TWINS = {
    "diverges beyond 2^128 without a clip": {"hp": replace(HP, gamma=1.0)},
    "squares of 1e20 overflow": {"problem": quadratic(1.0, 1.0), "hp": replace(HP, eta=1.0)},
    "squares of 1e-30 underflow": {"problem": huber(1.0, 0.4, 1.0), "hp": HP},
    "a forgetting of 1e-9 is none in float32": {"hp": replace(HP, beta2=1 - 1e-3, b0=1e-6, lam=10.0)},
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_float32_cannot_do_is_reported_and_its_neighbour_is_safe(name):
    bad = one(replace(GOOD, **UNSAFE[name]))
    assert not bad.safe and bad.largest > SAFE
    good = one(replace(GOOD, **UNSAFE[name] | SAFE_TWINS[name]))
    assert good.safe and good.largest < SAFE


def test_infinities_differ_from_numbers_only():
    a, b = np.array([1.0, math.inf, math.inf, 0.0, 2.0]), np.array([1.0, math.inf, 5.0, 0.0, 3.0])
    assert differences(a, b, 1.0).tolist() == differences(b, a, 1.0).tolist() == [0.0, 0.0, 1.0, 0.0, 0.25]
    assert differences(a, b, 0.0)[3] == 0.0


def test_the_band_pays_for_the_difference():
    """Y32 = Y64 + 1/100, Y64 uniform on 10^5 points: the plain band misses the median of Y64, the paid one holds it."""
    exact = (np.arange(10**5) + 0.5) / 10**5
    s = summarise(exact + 0.01)
    largest = float(differences(exact + 0.01, exact, 1.0).max())
    assert largest == pytest.approx(0.01, rel=0.02)
    paid, plain = band(s, Comparison(10**5, 1.0, largest, {}), F(1, 2), LEVEL), quantile(s, F(1, 2), LEVEL)
    assert paid.lower < 0.5 < paid.upper < 0.55 and plain.lower > 0.5
    assert paid.estimate == plain.estimate


def test_few_comparisons_leave_the_tail_unknown():
    """h = ln 200/n, with n = 530 about 1/100: nothing is known above the 99th percentile, though nothing differed."""
    s = summarise((np.arange(10**5) + 0.5) / 10**5)
    h = math.log(200) / 530
    for delta, known in ((F(h * 1.01), True), (F(h * 0.99), False)):
        found = band(s, Comparison(530, 1.0, 0.0, {}), delta, LEVEL)
        assert (found.upper < math.inf) == known
        assert 1 - 2.5 * h < found.lower < 1 - float(delta) - 0.5 * h
    hopeless = band(s, Comparison(10**5, 1.0, 1.0, {}), F(1, 2), LEVEL)
    assert (hopeless.lower, hopeless.upper) == (0.0, math.inf)


def test_the_number_of_comparisons():
    assert [share(n) for n in (100, 2**14, 2**18, 2**20, 10**12)] == [100, 2**14, 2**14, 2**16, 2**20]


def test_a_verdict_never_rests_on_float32():
    result = simulate(CLIP_SGD, huber(1.0, 0.4, 1.0), LAWS["none"], hp=HP, steps=2, runs=2, seed=0, precision="float32")
    instance = SimpleNamespace(problem=huber(1.0, 0.4, 1.0), law=LAWS["none"])
    target = SimpleNamespace(upper=1.0, delta=F(1, 2), N=2)
    with pytest.raises(ValueError, match=r"^huber: expected a run in float64, got float32"):
        judge(target, instance, result, LEVEL, None)
    assert judge(target, instance, replace(result, precision="float64"), LEVEL, None).violations == 0


COMMAND = ("simulate", "clip-sgd", "--steps", "100", "--runs", "3000", "--delta", "0.5,0.1", "--precision", "float32")


def test_the_record_of_a_run(cli):
    usual = ("--gamma", "0.05", "--lam", "3", "--format", "json")
    found = cli(*COMMAND, *usual)
    record = found.json
    assert found.code == 0 and record["precision"]["state"] == "float32"
    for name in ("weighted", "last"):
        c = record["precision"]["compared"][name]
        assert c["safe"] and c["runs"] == 3000 and 0 < float(c["largest_difference"]) < 1e-5
        assert set(c["quantile_shifts"]) == {"1/2", "1/10"}
    double = cli(*COMMAND, *usual, "--precision", "float64").json
    assert double["precision"] == {"state": "float64"}
    for a, b in zip(record["quantiles"]["last"], double["quantiles"]["last"], strict=True):
        assert float(a["lower"]) <= float(b["lower"]) <= float(b["upper"]) <= float(a["upper"])


def test_an_unsafe_run_says_so(cli):
    found = cli(*COMMAND, "--gamma", "3", "--problem", "quadratic", "--steps", "200")
    assert found.code == 3 and "NOT SAFE, run it with --precision float64" in found.out
    assert cli(*COMMAND, "--gamma", "1", "--problem", "quadratic", "--lam", "3").code == 0


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (
            ["--engine", "triton", "--device", "cpu"],
            "precision: the engine triton computes in float64; try engine='compiled'",
        ),
        (["--engine", "compiled", "--device", "cuda"], "device: the engine compiled runs on the cpu only, got 'cuda'"),
        (["--threshold", "0.1"], "--threshold: counts are exact in float64 only"),
    ],
)
def test_what_does_not_go_together_is_one_line(cli, extra, message):
    found = cli(*COMMAND, "--gamma", "0.05", *extra)
    assert found.code == 2 and message in found.err and found.out == ""
