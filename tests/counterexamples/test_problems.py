"""The problem family: start, gradient, gap, and the noiseless worst case."""

import math
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from counterexamples.problems import (
    Rationals,
    bowl,
    certify,
    double_well,
    exactly,
    gap,
    gradient,
    huber,
    nearly_linear,
    plateau,
    quadratic,
    round_down,
    slope,
    start_gap,
    steepest,
    well,
)

L, DELTA = Fraction(7, 5), Fraction(1, 3)
NONCONVEX = [
    bowl(L, DELTA),
    slope(L, DELTA, 0.2),
    steepest(L, DELTA, 1e-3, 5000),
    plateau(L, DELTA, 0.4),
    well(L, DELTA),
    double_well(L, DELTA),
]
PROBLEMS = [quadratic(2.0, 3.0), huber(2.0, 0.5, 3.0), nearly_linear(1.0, 1.0, 1e-3, 100), *NONCONVEX]


def ids(problem):
    return f"{problem.name}-{problem.shape}"


@pytest.mark.parametrize("problem", PROBLEMS, ids=ids)
@pytest.mark.parametrize("x", [-3.0, -0.3, 0.1, 1.0, 2.5])
def test_gradient_is_the_derivative_of_the_gap(problem, x):
    h = 2.0**-20
    quotient = (gap(problem, Rationals, x + h) - gap(problem, Rationals, x - h)) / (2 * h)
    assert gradient(problem, Rationals, x) == pytest.approx(quotient, rel=1e-5, abs=1e-8)


def test_convex_problems_start_at_distance_R_from_the_minimiser_zero():
    for problem in PROBLEMS[:3]:
        assert gap(problem, Rationals, 0.0) == 0 < start_gap(problem)
        assert problem.start == (1.0 if problem.name == "nearly-linear" else 3.0)


def kinks(problem):
    """Where f' may bend, and a grid around; exact."""
    p = exactly(problem)
    nu = Fraction(1) if math.isinf(p.nu) else p.nu
    bends = {s * k for s in (1, -1) for k in (nu, 2 * nu, p.reach - nu / 2, p.reach + nu / 2)}
    return p, sorted(bends | {Fraction(k, 8) * nu for k in range(-80, 81)})


@pytest.mark.parametrize("problem", NONCONVEX, ids=ids)
def test_smoothness_and_minimum_are_exact(problem):
    """Difference quotients of f' in Q: at most L between any two neighbours, and L somewhere (the well reaches L at 0
    only); f - inf f >= 0, and 0 somewhere."""
    p, xs = kinks(problem)
    slopes = [gradient(p, Rationals, x) for x in xs]
    quotients = [abs(b - a) / (y - x) for (a, b), (x, y) in zip(pairwise(slopes), pairwise(xs), strict=True)]
    gaps = [gap(p, Rationals, x) for x in xs]
    reached = p.L if problem.shape != "well" else p.L * Fraction(96, 100)
    assert reached <= max(quotients) <= p.L <= L
    assert min(gaps) == 0 and all(g >= 0 for g in gaps)


@pytest.mark.parametrize("problem", NONCONVEX, ids=ids)
def test_the_gap_is_the_exact_integral_of_the_gradient(problem):
    """By the trapezoidal rule, exact between the kinks of a piecewise linear f'; for the well up to its error."""
    p, xs = kinks(problem)
    for x, y in pairwise(xs):
        area = (y - x) * (gradient(p, Rationals, x) + gradient(p, Rationals, y)) / 2
        error = abs(gap(p, Rationals, y) - gap(p, Rationals, x) - area)
        assert error <= (0 if problem.shape != "well" else (y - x) ** 3 * 6 * p.L / p.nu / 12)


@pytest.mark.parametrize("problem", NONCONVEX, ids=ids)
def test_the_start_is_certified_and_tight(problem):
    assert certify(problem, L, DELTA) is problem
    assert DELTA * (1 - Fraction(1, 10**14)) < start_gap(problem) <= DELTA


@pytest.mark.parametrize("problem", NONCONVEX, ids=ids)
def test_a_problem_outside_the_class_is_refused(problem):
    """Negative twins: the nearest smaller constants, and a start a little further out."""
    with pytest.raises(ValueError, match=r"smoothness .* exceeds L"):
        certify(problem, Fraction(problem.L) - Fraction(1, 10**18), DELTA)
    with pytest.raises(ValueError, match="exceeds Delta"):
        certify(problem, L, start_gap(problem) - Fraction(1, 10**30))
    further = replace(problem, start=problem.start * (1 + 2.0**-48), reach=problem.reach * (1 + 2.0**-48))
    with pytest.raises(ValueError, match="exceeds Delta"):
        certify(further, L, DELTA)


def test_a_plateau_whose_ends_overlap_is_refused():
    overlapping = replace(plateau(L, DELTA, 0.4), reach=0.4)
    with pytest.raises(ValueError, match=r"reach .* is below 3/2"):
        certify(overlapping, L, Fraction(10))


def test_only_the_shapes_that_claim_it_are_convex():
    """The others have a falling f' somewhere."""
    falling = {}
    for problem in NONCONVEX:
        p, xs = kinks(problem)
        values = [gradient(p, Rationals, x) for x in xs]
        falling[problem.shape] = any(b < a for a, b in pairwise(values))
    assert falling == {"huber": False, "plateau": True, "well": True, "double-well": True}


def squares(problem, u, N):
    """Gradient descent with constant stepsize u, without noise: f'(x_t)^2, t < N."""
    x, found = problem.start, []
    for _ in range(N):
        p = gradient(problem, Rationals, x)
        found.append(p * p)
        x -= u * p
    return found


def test_the_steepest_slope_keeps_all_gradients_large():
    """Delta/(u (N-1) + 1/(2L)) at every step; on slopes 5 % higher or lower some gradient is smaller."""
    u, N = 1e-2, 1000
    worst = float(DELTA) / (u * (N - 1) + 0.5 / float(L))
    assert squares(steepest(L, DELTA, u, N), u, N) == pytest.approx([worst] * N, rel=1e-9)
    for factor in (0.95, 1.05):
        assert min(squares(slope(L, DELTA, factor * math.sqrt(worst)), u, N)) < worst * 0.95


@pytest.mark.parametrize("problem", NONCONVEX, ids=ids)
def test_the_bowl_has_the_largest_mean_of_squares(problem):
    u, N = 1e-2, 1000
    rate = float(L) * u
    largest = float(DELTA) / (u * N * (1 - rate / 2))
    mean = sum(squares(problem, u, N)) / N
    if problem.name == "quadratic":
        assert mean == pytest.approx(largest * (1 - (1 - rate) ** (2 * N)), rel=1e-12)
    assert mean <= largest


def test_smoothness_is_L_and_no_smaller():
    problem = huber(2.0, 0.5, 3.0)
    inside, across = (0.1, 0.4), (0.4, 0.6)
    slopes = [
        abs(gradient(problem, Rationals, b) - gradient(problem, Rationals, a)) / (b - a) for a, b in (inside, across)
    ]
    assert slopes[0] == pytest.approx(2.0) and slopes[1] < 2.0


def gap_of_average(problem, u, N):
    """Gradient descent with constant stepsize u, without noise."""
    x, total = problem.start, 0.0
    for _ in range(N):
        total += x
        x -= u * gradient(problem, Rationals, x)
    return gap(problem, Rationals, total / N)


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
