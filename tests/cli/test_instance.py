"""The options of an instance: stale gradients and bias correction are those of the recursion."""

from __future__ import annotations

from fractions import Fraction as F
from math import isclose, sqrt

import numpy as np
import pytest

from bounds.methods import CLIP_SGD
from counterexamples.noise import INWARD, OUTWARD, Gaussian, OneSided, Stable, StudentT, scaled
from counterexamples.problems import huber
from verify.simulate import HyperParameters, simulate

EXACT = "--problem quadratic --noise none --steps 6 --runs 1 --delta 0.5 --metric last --format json"


def last(cli, arguments: str) -> float:
    """f(x_6), f(x) = x^2/2 from x_0 = 1 without noise; seven digits are printed."""
    (found,) = cli(f"simulate {arguments} {EXACT}").json["quantiles"]["last"]
    return float(F(found["estimate"]))


def stale(d: int) -> F:
    """f(x_6) for x_(t+1) = x_t - x_(t-d)/4, x_j = x_0 for j < 0."""
    x = [F(1)]
    for t in range(6):
        x.append(x[t] - x[max(t - d, 0)] / 4)
    return x[-1] ** 2 / 2


def test_stale_gradients(cli):
    arguments = "clip-sgd --gamma 0.25 --delay"
    assert isclose(last(cli, f"{arguments} 2 --stale"), stale(2), rel_tol=1e-6)
    assert isclose(last(cli, f"{arguments} 2"), stale(0), rel_tol=1e-6) and stale(0) != stale(2) != stale(3)


def test_bias_correction(cli):
    x, m, b_sq = 1.0, 0.0, 1.0
    for t in range(6):
        m, b_sq = 0.5 * m + 0.5 * x, 0.75 * b_sq + 0.25 * x * x
        x -= 0.25 * sqrt(1 - 0.75 ** (t + 1)) / (1 - 0.5 ** (t + 1)) / sqrt(b_sq) * m
    arguments = "clip-adam-norm --gamma 0.25 --beta1 0.5 --beta2 0.75"
    assert isclose(last(cli, f"{arguments} --corrected"), x * x / 2, rel_tol=1e-6)
    assert not isclose(last(cli, arguments), x * x / 2, rel_tol=0.01)


@pytest.mark.parametrize(
    ("arguments", "z", "u"),
    [
        ("clip-sgd", "x_t", "gamma: the plain mean"),
        ("clip-sgd --gamma-power -1/2", "x_t", "gamma_t"),
        ("clip-sgd --stale --delay 3", "x_{max(t-3, 0)}", "gamma: the plain mean"),
        ("clip-adagrad-norm --delay 3", "x_t", "gamma/b_{t-1}, b_j = b0 for j < 0"),
        ("clip-adagrad-norm-delayed --delay 3", "x_t", "gamma/b_{t-3}, b_j = b0 for j < 0"),
        ("clip-adam-norm --corrected", "x_t", "s_t gamma/(beta2^(1/2) b_{t-1}), b_j = b0 for j < 0"),
    ],
)
def test_the_average_is_named(cli, arguments, z, u):
    """Its points and weights, those of this method: the text and the record."""
    line = f"simulate {arguments} --gamma 0.25 --steps 5 --runs 10 --delta 0.5 --metric weighted,average,grad_sq"
    weighted = f"f(xbar) - f*, xbar = sum_{{t<N}} u_t {z} / sum_{{t<N}} u_t, u_t = {u}"
    grad_sq = f"sum_{{t<N}} u_t ||grad f({z})||^2 / sum_{{t<N}} u_t, u_t = {u}"
    wanted = {"weighted": weighted, "average": f"f(x) - f*, x the plain mean of {z}, t < N", "grad_sq": grad_sq}
    assert cli(line).out.splitlines()[-3:] == [f"{name}: {words}" for name, words in wanted.items()]
    assert cli(f"{line} --format json").json["metrics"] == wanted


def test_the_named_average_is_the_one_measured(cli):
    """f(xbar) by hand, f(x) = x^2/2 without noise: the weights are gamma/b_{t-1}; with gamma/b_t it is another."""
    x, b, points, before, after = 1.0, 1.0, [], [], []
    for _ in range(6):
        points.append(x)
        before.append(1 / b)
        b = sqrt(b * b + x * x)
        after.append(1 / b)
        x -= 0.25 / b * x
    line = f"simulate clip-adagrad-norm --gamma 0.25 {EXACT.replace('last', 'weighted')}"
    found = float(cli(line).json["quantiles"]["weighted"][0]["estimate"])
    told = [np.average(points, weights=u) ** 2 / 2 for u in (before, after)]
    assert isclose(found, told[0], rel_tol=1e-6) and not isclose(found, told[1], rel_tol=1e-3)


def test_the_heading_says_so(cli):
    text = cli("simulate clip-sgd --gamma 0.25 --delay 3 --stale --steps 5 --runs 10 --delta 0.5").out
    assert text.startswith("clip-sgd (gradients 3 steps old) on nearly-linear + stable")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("clip-adam-norm-delayed --stale", "--stale: expected a stepsize without delay, got clip-adam-norm-delayed"),
        ("clip-sgd --corrected", "--corrected: expected an Adam-type method, got clip-sgd; try clip-adam-norm"),
    ],
)
def test_a_method_without_it(cli, arguments, message):
    found = cli(f"simulate {arguments} --gamma 0.1")
    assert found.code == 2 and message in found.err


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("one-sided-stable", OneSided(Stable(F(7, 4)))),
        ("one-sided-student --index 3", OneSided(StudentT(F(3)))),
        ("one-sided-gaussian", OneSided(Gaussian())),
    ],
)
def test_one_sided_noise_on_both_sides(cli, name, shape):
    """The numbers are those of Python; the other side has others."""
    options = "simulate clip-sgd --gamma 0.1 --lam 2 --problem huber --steps 9 --runs 99 --delta 0.3 --format json"
    for suffix, side in (("", OUTWARD), ("-inward", INWARD)):
        words = name.split()
        found = cli(f"{options} --noise {words[0]}{suffix} {' '.join(words[1:])}").json["quantiles"]["weighted"][0]
        for law, equal in ((scaled(shape, F(3, 2), F(1), side), True), (scaled(shape, F(3, 2), F(1), -side), False)):
            hp = HyperParameters(gamma=0.1, lam=2.0)
            values = simulate(CLIP_SGD, huber(1.0, 0.125, 1.0), law, hp=hp, steps=9, runs=99, seed=0).values
            assert isclose(float(found["estimate"]), np.sort(values)[69], rel_tol=1e-6) == equal


def test_an_index_is_for_laws_that_have_one(cli):
    found = cli("simulate clip-sgd --gamma 0.1 --noise one-sided-gaussian-inward --index 3")
    assert found.code == 2
    assert "--index: expected noise that has one, got one-sided-gaussian-inward" in found.err
