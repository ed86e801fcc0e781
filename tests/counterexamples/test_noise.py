"""Moments against 30-digit quadrature; membership of the noise class, and the nearest law outside it."""

from fractions import Fraction as F
from math import inf, nextafter

import mpmath
import pytest
from flint import ctx

from counterexamples.moments import ball, unit_moment
from counterexamples.noise import (
    INWARD,
    OUTWARD,
    AssumptionViolated,
    Gaussian,
    Lomax,
    Pareto,
    Stable,
    StudentT,
    ThreePoint,
    TwoPoint,
    Zero,
    default_index,
    describe,
    jump_law,
    moment_enclosure,
    scaled,
    tight_jump,
)

mp = mpmath.mp.clone()
mp.dps = 30
ALPHAS = [F(11, 10), F(3, 2), F(19, 10), F(2)]


def line(decay):
    """Break points of the real line for an integrand that decays like exp(-decay |s|) or faster."""
    far = 75 / decay
    return [-far, -far / 4, -far / 16, -4, 0, 4, far / 16 + 5, far / 4 + 5, far + 5]


def half_line(density, a, decay):
    """int_0^inf x^a density(x) dx with x = e^s."""
    return mp.quad(lambda s: mp.exp((a + 1) * s) * density(mp.exp(s)), line(decay))


def by_quadrature(shape, alpha):
    """E|X|^alpha from the density, or for stable laws (alpha < 2) from the characteristic function:
    |x|^a = (2/pi) Gamma(1+a) sin(pi a/2) int_0^inf (1 - cos(x t)) t^(-1-a) dt."""
    a = mp.mpf(alpha.numerator) / alpha.denominator
    if isinstance(shape, Gaussian):
        return 2 * mp.quad(lambda x: x**a * mp.npdf(x), [0, 1, 4, 12, 30])
    b = mp.mpf(shape.index.numerator) / shape.index.denominator
    if isinstance(shape, Stable):
        integral = mp.quad(lambda s: -mp.expm1(-mp.exp(b * s)) * mp.exp(-a * s), line(min(a, b - a)))
        return 2 / mp.pi * mp.gamma(1 + a) * mp.sin(mp.pi * a / 2) * integral
    if isinstance(shape, Lomax):
        return half_line(lambda x: b * (1 + x) ** (-b - 1), a, b - a)
    if isinstance(shape, StudentT):
        norm = 2 * mp.gamma((b + 1) / 2) / (mp.sqrt(b * mp.pi) * mp.gamma(b / 2))
        return norm * half_line(lambda x: (1 + x * x / b) ** (-(b + 1) / 2), a, b - a)
    mu = b / (b - 1)
    below = mp.quad(lambda x: (mu - x) ** a * b * x ** (-b - 1), [1, (1 + mu) / 2, mu])
    return below + half_line(lambda x: b * (mu + x) ** (-b - 1), a, b - a)


def shapes(alpha):
    yield Gaussian()
    if alpha < 2:
        yield Stable(default_index(Stable, alpha))
        yield Stable(F(2))
    for family in (Lomax, Pareto, StudentT):
        yield family(alpha + F(1, 4))
        yield family(F(4))


@pytest.mark.parametrize("alpha", ALPHAS, ids=str)
def test_moment_formulas_against_quadrature(alpha):
    for shape in shapes(alpha):
        with ctx.workprec(128):
            exact = mp.mpf(str(unit_moment(shape, alpha).mid().str(30, radius=False)))
        assert abs(by_quadrature(shape, alpha) / exact - 1) < mp.mpf(10) ** -18, shape


def test_a_wrong_moment_formula_is_seen_by_the_quadrature():
    """The nearest false formula: the stable moment without the factor Gamma(1 - alpha/index)."""
    shape, alpha = Stable(F(7, 4)), F(3, 2)
    wrong = float(unit_moment(shape, alpha) / ball(1 - alpha / shape.index).gamma())
    assert abs(float(by_quadrature(shape, alpha)) / wrong - 1) > 0.1


def test_normal_limits_of_the_stable_family():
    assert 2 in unit_moment(Stable(F(2)), F(2))
    assert 1 in unit_moment(Gaussian(), F(2))


@pytest.mark.parametrize("alpha", ALPHAS, ids=str)
def test_scale_is_admissible_and_the_next_floats_are_not(alpha):
    sigma = F(13, 10)
    for shape in [*shapes(alpha), TwoPoint(F(1, 64)), ThreePoint(F(1, 32))]:
        law = scaled(shape, alpha, sigma)
        lower, upper = law.moment
        with ctx.workprec(128):
            assert ball(upper) <= ball(sigma) ** ball(alpha)
            too_large = nextafter(nextafter(law.scale, inf), inf)
            assert ball(moment_enclosure(shape, too_large, alpha)[0]) > ball(sigma) ** ball(alpha)
        assert lower <= upper and float(upper - lower) < 1e-30


@pytest.mark.parametrize("family", [Stable, Lomax, Pareto, StudentT])
@pytest.mark.parametrize("alpha", [F(11, 10), F(3, 2)], ids=str)
def test_index_alpha_is_refused_and_slightly_above_is_accepted(family, alpha):
    with pytest.raises(AssumptionViolated, match=r"E\|X\|\^.* is infinite; need index >"):
        scaled(family(alpha), alpha, F(1))
    with pytest.raises(AssumptionViolated):
        scaled(family(alpha - F(1, 20)), alpha, F(1))
    assert scaled(family(alpha + F(1, 1000)), alpha, F(1)).scale > 0


def test_stable_index_two_is_admissible_at_alpha_two_only_for_the_normal_law():
    assert scaled(Stable(F(2)), F(2), F(1)).scale == pytest.approx(0.5**0.5)
    with pytest.raises(AssumptionViolated):
        scaled(Stable(F(199, 100)), F(2), F(1))


@pytest.mark.parametrize(
    ("alpha", "sigma", "shape"),
    [
        (F(1), F(1), Gaussian()),
        (F(21, 10), F(1), Gaussian()),
        (F(3, 2), F(-1), Gaussian()),
        (F(3, 2), F(1), Stable(F(21, 10))),
        (F(3, 2), F(1), TwoPoint(F(2, 3))),
        (F(3, 2), F(1), TwoPoint(F(1, 3))),  # not a multiple of 2^-64
    ],
)
def test_parameters_out_of_range_are_refused(alpha, sigma, shape):
    with pytest.raises(ValueError, match="expected a"):
        scaled(shape, alpha, sigma)


def test_no_noise_is_a_law():
    assert scaled(Gaussian(), F(3, 2), F(0)).shape == Zero()
    assert describe(scaled(Zero(), F(3, 2), F(1))) == "none"


@pytest.mark.parametrize("alpha", ALPHAS, ids=str)
@pytest.mark.parametrize("symmetric", [False, True])
def test_jump_law_keeps_the_jump_and_uses_up_the_moment(alpha, symmetric):
    law = jump_law(F(20), alpha, F(1), INWARD, symmetric=symmetric)
    assert law.scale == 20.0 and law.moment[1] <= 1
    wider = type(law.shape)(law.shape.p + F(2, 2**64))
    assert moment_enclosure(wider, law.scale, alpha)[1] > 1


def test_jump_smaller_than_sigma_becomes_a_fair_coin():
    law = jump_law(F(1, 2), F(3, 2), F(1), OUTWARD)
    assert law.shape == TwoPoint(F(1, 2)) and law.scale == pytest.approx(1)


def test_impossibly_large_jump_is_refused():
    with pytest.raises(ValueError, match="probability is below"):
        jump_law(F(10) ** 30, F(3, 2), F(1), OUTWARD)


@pytest.mark.parametrize("alpha", ALPHAS, ids=str)
def test_tight_jump_attains_the_bias_bound(alpha):
    """Theory, section 1: mu = rho lam e, jump z: |E clip - mu| / (k_a ((1-rho) lam)^(1-a) s^a)
    = 1/(1 + (p/(1-p))^(a-1)); at any other jump the ratio is smaller."""
    rho, lam = F(1, 4), F(8)

    def ratio(z, p):
        with ctx.workprec(256):
            bias = p * (rho * lam + z - lam)  # exactly: only the jump is clipped
            s_a = ball(z) ** ball(alpha) * unit_moment(TwoPoint(p), alpha)
            k_a = ball(alpha - 1) ** ball(alpha - 1) / ball(alpha) ** ball(alpha)
            return float(ball(bias) / (k_a * ball((1 - rho) * lam) ** ball(1 - alpha) * s_a))

    p = F(1, 2**50)
    z = tight_jump(alpha, rho, lam)
    predicted = 1 / (1 + float(p / (1 - p)) ** (float(alpha) - 1))
    assert ratio(z, p) == pytest.approx(predicted, rel=1e-12)
    assert ratio(z * F(9, 10), p) < ratio(z, p) > ratio(z * F(11, 10), p)
