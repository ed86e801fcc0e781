"""The two functions of logistic type: exact smoothness, slope and start, and no digits lost far out."""

import math
from dataclasses import replace
from fractions import Fraction as F
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from counterexamples.problems import (
    Rationals,
    RootsAbove,
    certify,
    double_well,
    exactly,
    gap,
    gradient,
    huber,
    largest_slope,
    plateau,
    pseudo_huber,
    quadratic,
    squareplus,
    start_gap,
    stretched,
    well,
)
from verify.simulate.program.ops import ArrayOps

L, DELTA = F(7, 5), F(1, 3)
EVEN, RISING = pseudo_huber(1.375, 0.25, 1.0), squareplus(L, DELTA, 0.3)
BOTH = pytest.mark.parametrize("problem", [EVEN, RISING], ids=lambda p: p.shape)


@BOTH
def test_convex_and_smooth(problem):
    """Difference quotients of f' on a fine grid, in rationals with roots to 200 bits: from 0 to L, and nearly L at 0;
    f - inf f is above 0, or 0 at 0."""
    p = exactly(problem)
    xs = [F(k, 16) * p.nu for k in range(-200, 201)]
    slopes, gaps = [gradient(p, Rationals, x) for x in xs], [gap(p, Rationals, x) for x in xs]
    quotients = [(b - a) / (y - x) for (a, b), (x, y) in zip(pairwise(slopes), pairwise(xs), strict=True)]
    assert min(quotients) > 0 and F(99, 100) * p.L <= max(quotients) <= p.L
    assert max(quotients) == max(quotients[198:202])
    assert (min(gaps) == gaps[200] == 0) if problem is EVEN else (0 < min(gaps) == gaps[0] < p.L * p.nu**2 / 24)
    for (x, y), (a, b), (f, g) in zip(pairwise(xs), pairwise(slopes), pairwise(gaps), strict=True):
        assert abs(g - f - (y - x) * (a + b) / 2) <= (y - x) ** 3 * p.L / p.nu / 12  # |f'''| < L/nu


@BOTH
def test_the_start_is_certified_with_roots_on_the_safe_side(problem):
    """60 digits lie between the roots rounded down and up; the start is as high as Delta lets it, within rounding."""
    with mpmath.workdps(60):
        z = mpmath.mpf(problem.start) / mpmath.mpf(problem.nu)
        s = mpmath.sqrt(1 + z * z)
        height = problem.L * mpmath.mpf(problem.nu) ** 2 * ((s - 1) if problem is EVEN else (s + z))
        below, above = (gap(exactly(problem), ops, F(problem.start)) for ops in (Rationals, RootsAbove))
        ends = sorted(mpmath.mpf(e.numerator) / e.denominator for e in (below, above))
        assert ends[0] <= height <= ends[1] and ends[1] - ends[0] < mpmath.mpf(2) ** -180
    assert start_gap(problem) == max(below, above) != min(below, above)
    assert certify(problem, F(problem.L), start_gap(problem)) is problem
    with pytest.raises(ValueError, match="exceeds Delta"):
        certify(problem, F(problem.L), start_gap(problem) - F(1, 10**70))
    with pytest.raises(ValueError, match=r"smoothness .* exceeds L"):
        certify(problem, F(problem.L) - F(1, 10**18), F(1))


@pytest.mark.parametrize("nu", [0.1, 0.3, 2.0])
def test_a_start_on_either_side(nu):
    """To the right of 0 where Delta > L nu^2, to the left where it is smaller; never above Delta, and close to it."""
    problem = squareplus(L, DELTA, nu)
    assert (problem.start > 0) == (L * F(nu) ** 2 < DELTA)
    assert DELTA * (1 - F(1, 10**14)) < start_gap(problem) <= DELTA
    assert start_gap(replace(problem, start=problem.start + abs(problem.start) * 2.0**-44)) > DELTA


def test_slopes_are_bounded_and_no_smaller_bound_holds():
    """|f'| on a wide grid, in rationals: at most the bound, and within one part in 10^4 of it."""
    for problem in (EVEN, RISING, huber(2.0, 0.5, 3.0), plateau(L, DELTA, 0.4), well(L, DELTA)):
        p, bound = exactly(problem), largest_slope(problem)
        xs = [F(k, 64) * p.nu for k in range(-256, 257)] + [s * p.nu * 10**3 for s in (1, -1)]
        largest = max(abs(gradient(p, Rationals, x)) for x in xs)
        assert largest <= bound and largest > bound * (1 - F(1, 10**4))
    assert largest_slope(quadratic(1.0, 1.0)) is largest_slope(double_well(L, DELTA)) is None


@BOTH
def test_no_digits_are_lost_far_out(problem):
    """Against rationals with roots to 200 bits; textbook formulas lose all digits at -2^30 and overflow at 1e200."""
    x = np.array([-(2.0**30), -1e3, -1.0, -1e-9, 1e-9, 1.0, 2.0**30])
    for function in (gap, gradient):
        exact = [function(exactly(problem), Rationals, F(v)) for v in x]
        found = function(problem, ArrayOps, x)
        assert all(abs(F(a) - e) <= F(1, 10**15) * abs(e) for a, e in zip(found, exact, strict=True))
        assert np.isfinite(function(problem, ArrayOps, np.array([1e200]))).all()
    z = -(2.0**30) / problem.nu
    assert math.sqrt(1 + z * z) + z == 0 < gap(RISING, ArrayOps, x)[0]


def test_who_may_be_stretched_and_who_is_radial():
    assert stretched(pseudo_huber(1.0, 0.3, 1.0, 3), 50.0).condition == 50.0
    with pytest.raises(ValueError, match="expected a Huber function"):
        stretched(squareplus(L, DELTA, 0.3, 3), 50.0)
    for make in (lambda: pseudo_huber(1.0, math.inf, 1.0), lambda: squareplus(L, DELTA, -1.0)):
        with pytest.raises(ValueError, match=r"^nu: expected a positive finite number"):
            make()
