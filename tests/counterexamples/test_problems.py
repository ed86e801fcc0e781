"""The problem family: start, gradient, gap, and the noiseless worst case."""

import math
from fractions import Fraction

import pytest

from counterexamples.problems import gap, gradient, huber, nearly_linear, quadratic, round_down


class Scalars:
    @staticmethod
    def clip(v, lam):
        return max(-lam, min(v, lam))


PROBLEMS = [quadratic(2.0, 3.0), huber(2.0, 0.5, 3.0), nearly_linear(1.0, 1.0, 1e-3, 100)]


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
@pytest.mark.parametrize("x", [-3.0, -0.3, 0.1, 1.0, 2.5])
def test_gradient_is_the_derivative_of_the_gap(problem, x):
    h = 2.0**-20
    slope = (gap(problem, x + h) - gap(problem, x - h)) / (2 * h)
    assert gradient(problem, Scalars, x) == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_minimiser_is_zero_and_start_is_at_distance_R(problem):
    assert gap(problem, 0.0) == 0 and gap(problem, problem.R) > 0
    assert gap(problem, math.inf) == gap(problem, math.nan) == math.inf


def test_smoothness_is_L_and_no_smaller():
    problem = huber(2.0, 0.5, 3.0)
    inside, across = (0.1, 0.4), (0.4, 0.6)
    slopes = [abs(gradient(problem, Scalars, b) - gradient(problem, Scalars, a)) / (b - a) for a, b in (inside, across)]
    assert slopes[0] == pytest.approx(2.0) and slopes[1] < 2.0


def gap_of_average(problem, u, N):
    """Gradient descent with constant stepsize u, without noise."""
    x, total = problem.R, 0.0
    for _ in range(N):
        total += x
        x -= u * gradient(problem, Scalars, x)
    return gap(problem, total / N)


@pytest.mark.parametrize(("L", "R", "u", "N"), [(1.0, 1.0, 1e-2, 1000), (2.0, 3.0, 0.1, 7), (1.0, 1.0, 1e-3, 100)])
def test_nearly_linear_gap_of_the_average_is_the_worst_case(L, R, u, N):
    problem = nearly_linear(L, R, u, N)
    worst = gap_of_average(problem, u, N)
    assert worst == pytest.approx(R * R / (2 * (u * (N - 1) + 1 / L)), rel=1e-12)
    for factor in (0.95, 1.05):  # the neighbouring slopes are easier
        assert gap_of_average(huber(L, factor * problem.nu, R), u, N) < worst


def test_round_down_never_exceeds():
    assert Fraction(round_down(Fraction(1, 10))) <= Fraction(1, 10) < Fraction(0.1)
    assert round_down(Fraction(1, 2)) == 0.5


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: quadratic(0.0, 1.0), "L"),
        (lambda: quadratic(1.0, math.inf), "R"),
        (lambda: huber(1.0, math.nan, 1.0), "nu"),
        (lambda: quadratic(1.0, 1.0, 0), "dim"),
    ],
)
def test_bad_parameters_are_named(make, name):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        make()
