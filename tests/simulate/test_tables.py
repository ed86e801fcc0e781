"""The tabulated quantile functions: accuracy, centring, and the moment that may not grow."""

import math
from fractions import Fraction as F

import mpmath
import numpy as np
import pytest

from counterexamples.moments import Gaussian, Lomax, OneSided, Pareto, Stable, StudentT, TwoPoint, unit_moment
from verify.simulate.noise import stable
from verify.simulate.noise.grid import one_sided
from verify.simulate.noise.tables import ERROR, evaluate, quantile, table, tabulate

mp = mpmath.mp.clone()
mp.dps = 30
PROBABILITIES = np.array([2.0**-63.3, 2.0**-21.1, 0.01, 0.4999, 0.8, 1 - 1e-9])


def stable_survival(x, index):
    """P(|X| > x) by 30-digit quadrature of the Chambers-Mallows-Stuck mixture."""
    s = mp.mpf(index.numerator) / index.denominator
    power = s / (s - 1)

    def mixture(v):
        u = 1 - v
        h = mp.sin(s * mp.pi * u / 2) / mp.sin(mp.pi * v / 2) ** (1 / s)
        return mp.exp(-((x / (h * mp.cos((1 - s) * mp.pi * u / 2) ** ((1 - s) / s))) ** power))

    breaks = [mp.mpf(10) ** -k for k in range(22, 0, -1)]
    return mp.quad(mixture, [0, *breaks, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 1])


def survival(shape, x):
    """P(|X| > x), or P(X > x) for the one-sided law, to 25 digits."""
    x = mp.mpf(float(x))
    match shape:
        case Stable(index):
            return stable_survival(x, index)
        case Gaussian():
            return mp.erfc(x / mp.sqrt(2))
        case Lomax(index):
            return (1 + x) ** -mp.mpf(float(index))
        case StudentT(index):
            n = mp.mpf(float(index))
            return mp.betainc(n / 2, mp.mpf(1) / 2, 0, n / (n + x * x), regularized=True)


@pytest.mark.parametrize(
    "shape",
    [
        Stable(F(11, 10)),
        Stable(F(31, 20)),
        Stable(F(39, 20)),
        Gaussian(),
        Lomax(F(7, 4)),
        StudentT(F(9, 4)),
        StudentT(F(200)),
    ],
    ids=str,
)
def test_table_inverts_the_exact_distribution(shape):
    """|Q_table(v) - Q(v)| <= 1e-12 max(1, Q(v)): the error in v, P(|X| > Q_table(v)) - v, times dQ/dv."""
    coefficients, h = table(shape).coefficients, 1e-6
    x = evaluate(coefficients, PROBABILITIES)
    slope = (evaluate(coefficients, PROBABILITIES * (1 - h)) - x) / (PROBABILITIES * h)
    for v, q, dq in zip(PROBABILITIES, x, slope, strict=True):
        assert abs(survival(shape, q) - mp.mpf(float(v))) * dq < 1e-12 * max(1, q), (v, q)


def test_with_many_degrees_of_freedom_a_student_law_is_nearly_normal():
    """Up to 1/n, and to 1e-13 with the terms in 1/n and 1/n^2 (Abramowitz and Stegun 26.7.5), also in the far tail."""
    v, n = np.array([2.0**-63.3, 1e-9, 0.01, 0.3, 0.9]), 10**9
    x, z = (quantile(shape)[0](v) for shape in (StudentT(F(n)), Gaussian()))
    first, second = (z**3 + z) / (4 * n), (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
    assert np.all(abs(x - (z + first + second)) < 1e-13) and np.all(abs(x - z) > 1e-11)


def test_both_ways_to_integrate_agree(monkeypatch):
    """By parts on few nodes, and as a whole: near index 1 and where one takes over from the other."""
    v = np.array([1e-18, 1e-9, 0.01, 0.3, 0.7, 0.999])
    for index in (1.02, 1.15, 1.25):
        monkeypatch.setattr(stable, "SHARP", 0.0)
        parts = stable.abs_quantile(v, index)
        monkeypatch.setattr(stable, "SHARP", np.inf)
        np.testing.assert_allclose(parts, stable.abs_quantile(v, index), rtol=2e-12)


def test_the_far_tail_near_index_one_is_that_of_its_power_law():
    """x^s P(|X| > x) -> 2 Gamma(s) sin(pi s/2)/pi, up to x^-s: 1e-19 here; the constant of the next index is seen."""
    s, v = 1.001, 2.0**-63.3
    limits = [2 * math.gamma(k) * math.sin(math.pi * k / 2) / math.pi for k in (s, 1.002)]
    found = v * evaluate(table(Stable(F(1001, 1000))).coefficients, np.array([v]))[0] ** s
    assert found == pytest.approx(limits[0], rel=1e-12) and abs(found / limits[1] - 1) > 1e-5


def test_an_index_too_near_to_one_is_refused():
    """In one line and without much work; 1.00001 is drawn, and near to the Cauchy law."""
    with pytest.raises(ArithmeticError, match="the sampler's table has error nan, expected <= 1e-09"):
        table(Stable(1 + F(1, 10**6)))
    drawn = evaluate(table(Stable(1 + F(1, 10**5))).coefficients, PROBABILITIES[2:])
    np.testing.assert_allclose(drawn, np.tan(np.pi / 2 * (1 - PROBABILITIES[2:])), rtol=1e-4, atol=1e-9)


def test_a_rough_function_is_refused_by_the_accuracy_check():
    from verify.simulate.noise.tables import _error

    smooth, rough = (lambda v: v**-0.5), (lambda v: v**-0.5 + (v > 0.3))
    assert _error(tabulate(smooth), smooth) < ERROR < _error(tabulate(rough), rough)


def grid_mean(function, cells=2**18):
    """The mean over the sampler's grid of v: the first cells one by one, then Gauss-Legendre in log v (where the
    midpoint rule of the grid is exact to 1e-12)."""
    fine = ((np.arange(cells) + 0.5) * 2.0**-63, 2.0**-63)
    x, w = np.polynomial.legendre.leggauss(40)
    edges = np.linspace(np.log(cells * 2.0**-63), 0, 400)
    half = np.diff(edges)[:, None] / 2
    v = np.exp((edges[:-1, None] + half) + half * x)
    return float(np.sum(function(fine[0])) * fine[1] + np.sum(function(v) * v * half * w))


@pytest.mark.parametrize("index", [F(5, 4), F(27, 20), F(7, 4), F(9, 4)], ids=str)
def test_pareto_is_centred_as_sampled(index):
    """The mean of the discretised law vanishes; with the textbook centre b/(b-1) it would not."""
    sampled, _ = quantile(Pareto(index))
    assert abs(grid_mean(sampled)) < 2e-9
    if index == F(5, 4):
        textbook = grid_mean(lambda v: v ** (-1 / float(index)) - float(index / (index - 1)))
        assert -6e-4 < textbook < -5e-4


@pytest.mark.parametrize("alpha", [F(101, 100), F(11, 10), F(3, 2), F(2)], ids=str)
@pytest.mark.parametrize("family", [Pareto, Lomax])
def test_discretisation_never_raises_the_moment(alpha, family):
    shape = family(alpha + F(1, 4))
    sampled, _ = quantile(shape)
    moment = grid_mean(lambda v: np.abs(sampled(v)) ** float(alpha))
    exact = float(unit_moment(shape, alpha))
    assert 0.5 * exact < moment <= exact * (1 + 1e-9)


@pytest.mark.parametrize("base", [Stable(F(7, 4)), StudentT(F(2)), Gaussian()], ids=str)
def test_one_sided_tables_do_not_raise_the_moment(base):
    """Their mean over the grid vanishes, by another sum than theirs; that of the size does not."""
    centred, size = (
        (lambda v: evaluate(one_sided(base).coefficients, v)),
        lambda v: evaluate(table(base).coefficients, v),
    )
    assert abs(grid_mean(centred)) < 2e-9 < 0.5 < grid_mean(size)
    moment = grid_mean(lambda v: np.abs(centred(v)) ** 1.5)
    exact = float(unit_moment(OneSided(base), F(3, 2)))
    assert 0.99 * exact < moment <= exact * (1 + 1e-6)


def test_discrete_shapes_have_no_table():
    with pytest.raises(TypeError, match="continuous noise shape"):
        table(TwoPoint(F(1, 2)))
