"""Moments of one-sided laws: against quadrature and the closed form of the Pareto law; what the balls contain."""

from fractions import Fraction as F
from math import inf, nextafter

import mpmath
import numpy as np
import pytest
from flint import arb, ctx

from counterexamples import one_sided
from counterexamples.moments import Gaussian, Lomax, OneSided, Pareto, Stable, StudentT, ball, unit_moment
from counterexamples.noise import INWARD, OUTWARD, AssumptionViolated, describe, moment_enclosure, scaled
from verify.simulate.noise.stable import abs_quantile

mp = mpmath.mp.clone()
mp.dps = 25


def normal(p):
    return 2 ** (p / 2) * ((1 + p) / 2).gamma() / arb.pi().sqrt()


def lomax(index):
    return lambda p: (1 + p).gamma() * (ball(index) - p).gamma() / ball(index).gamma()


def by_quadrature(density, alpha, decay):
    """int ||y| - m|^alpha, y = m e^s on both sides of m."""
    a = mp.mpf(alpha.numerator) / alpha.denominator
    m = mp.quad(lambda s: mp.exp(2 * s) * density(mp.exp(s)), [-60, -8, 0, 8, 60, 300])
    below = mp.quad(lambda y: (m - y) ** a * density(y), [0, m / 2, m])
    far = 60 / decay
    above = mp.quad(lambda s: mp.exp((a + 1) * s) * density(m + mp.exp(s)), [-60, -8, 0, 8, 9 + far / 4, 9 + far])
    return below + above


@pytest.mark.parametrize("alpha", [F(11, 10), F(2)], ids=str)
def test_normal_and_student_against_quadrature(alpha):
    def student(n):
        norm = 2 * mp.gamma((n + 1) / 2) / (mp.sqrt(n * mp.pi) * mp.gamma(n / 2))
        return lambda y: norm * (1 + y * y / n) ** (-(n + 1) / 2)

    densities = {Gaussian(): lambda y: 2 * mp.npdf(y), StudentT(F(3)): student(mp.mpf(3))}
    for base, density in densities.items():
        decay = 3 - float(alpha)
        found = unit_moment(OneSided(base), alpha)
        assert abs(by_quadrature(density, alpha, decay) / float(found.mid()) - 1) < 1e-13, base


@pytest.mark.parametrize(("alpha", "index"), [(F(3, 2), F(7, 4)), (F(6, 5), F(27, 20))])
def test_stable_against_the_quantile_function(alpha, index):
    """int_0^1 |Q(v) - m|^alpha dv in log v; below 2^-64 the tail is a power, v^(-1/index)."""
    x, w = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(np.log(2.0**-64), 0, 100)
    half = np.diff(edges)[:, None] / 2
    v = np.exp((edges[:-1, None] + half) + half * x)
    q, weights = abs_quantile(v.ravel(), float(index)).reshape(v.shape), v * half * w
    rest, a, s = 2.0**-64, float(alpha), float(index)
    m = np.sum(q * weights) + abs_quantile(np.array([rest]), s)[0] * rest / (1 - 1 / s)
    tail = abs_quantile(np.array([rest]), s)[0] ** a * rest / (1 - a / s)
    found = unit_moment(OneSided(Stable(index)), alpha)
    assert np.sum(np.abs(q - m) ** a * weights) + tail == pytest.approx(float(found.mid()), rel=1e-5)


@pytest.mark.parametrize("alpha", [F(101, 100), F(3, 2), F(2)], ids=str)
def test_the_formula_gives_the_closed_form_of_the_pareto_law(alpha):
    """A Pareto law is a one-sided Lomax law; the moment of the Lomax law itself is another."""
    index = alpha + F(1, 4)
    with ctx.workprec(128):
        found, exact = one_sided.moment(lomax(index), ball(alpha)), unit_moment(Pareto(index), alpha)
        assert found.overlaps(exact) and found.rad() < 1e-19 * found.mid()
        assert not found.overlaps(unit_moment(Lomax(index), alpha))


def test_second_moments_are_variances():
    with ctx.workprec(128):
        assert unit_moment(OneSided(Gaussian()), F(2)).overlaps(1 - 2 / arb.pi())
        assert unit_moment(OneSided(Stable(F(2))), F(2)).overlaps(2 - 4 / arb.pi())
        assert unit_moment(OneSided(StudentT(F(3))), F(2)).overlaps(3 - 12 / arb.pi() ** 2)
        assert not unit_moment(OneSided(StudentT(F(3))), F(2)).overlaps(unit_moment(OneSided(StudentT(F(4))), F(2)))


def test_what_is_cut_off_is_in_the_ball(monkeypatch):
    """Cut at 3, not 80, the ball is wide and contains the moment; without the bound of the rest it misses it."""
    exact = unit_moment(OneSided(Gaussian()), F(3, 2))
    monkeypatch.setattr(one_sided, "CUT", 3)
    wide = one_sided.moment(normal, arb(1.5))
    assert wide.overlaps(exact) and wide.rad() > 1e-3
    assert not arb(wide.mid()).overlaps(exact) and abs(wide.mid() - exact) > 1e-5


@pytest.mark.parametrize("base", [Gaussian(), Stable(F(7, 4)), StudentT(F(2))], ids=str)
@pytest.mark.parametrize("alpha", [F(3, 2)], ids=str)
def test_scale_is_admissible_and_the_next_floats_are_not(base, alpha):
    sigma = F(13, 10)
    law = scaled(OneSided(base), alpha, sigma)
    with ctx.workprec(128):
        assert ball(law.moment[1]) <= ball(sigma) ** ball(alpha)
        too_large = nextafter(nextafter(law.scale, inf), inf)
        assert ball(moment_enclosure(law.shape, too_large, alpha)[0]) > ball(sigma) ** ball(alpha)


def test_infinite_moments_and_other_laws_are_refused():
    with pytest.raises(AssumptionViolated, match="need index > 3/2"):
        scaled(OneSided(Stable(F(3, 2))), F(3, 2), F(1))
    with pytest.raises(AssumptionViolated, match="need index > 3/2 degrees of freedom"):
        scaled(OneSided(StudentT(F(149, 100))), F(3, 2), F(1))
    assert scaled(OneSided(StudentT(F(151, 100))), F(3, 2), F(1)).scale > 0
    with pytest.raises(TypeError, match="the one-sided Lomax law is Pareto"):
        scaled(OneSided(Lomax(F(7, 4))), F(3, 2), F(1))


def test_the_side_is_in_the_name():
    names = {describe(scaled(OneSided(Gaussian()), F(3, 2), F(1), side)) for side in (OUTWARD, INWARD)}
    assert names == {"one-sided gaussian outward", "one-sided gaussian inward"}
