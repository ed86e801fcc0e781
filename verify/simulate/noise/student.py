"""The quantile function of |T| for Student's law with n degrees of freedom, by continued fractions.

The density of |T| is 2p/x with p = q^(1/2) (1+q)^(-(n+1)/2) / B(n/2, 1/2), q = x^2/n, so for both probabilities P

    P = 2p/s,      s = |d log P/d log x|,

and by Gauss's fraction F(a, c; z) = 1/2F1(a, 1; c; z) = 1 + k_1 z/(1 + k_2 z/(1 + ..)),

    P(|T| > x):     s = n q/(1+q) F(1/2, n/2 + 1; -1/q),
    P(|T| <= x):    s = F((n+1)/2, 3/2; q/(1+q)),
    k_2m = -m (c-a+m-1) / ((c+2m-2) (c+2m-1)),      k_2m+1 = -(a+m) (c+m-1) / ((c+2m-1) (c+2m)).

Both log P are concave in log x, because log|T| has a log-concave density.  So Newton's method goes to the solution
without a turn from where a larger function has the value: 2 f(0) x for P(|T| <= x), for P(|T| > x) its power law.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import arb

from counterexamples.moments import ball
from counterexamples.nearest import nearest
from verify.simulate.portable import exp, log, log1p

FAR = 0.1  # where one goes over into the other
CLOSE = 1e-8  # the step of Newton's method after which nothing is left to do
MOST = 10_000


def _fraction(a: float, c: float, z: np.ndarray) -> np.ndarray:
    """F, from the front (Lentz)."""
    found = up = np.ones_like(z)
    down = np.zeros_like(z)
    for j in range(1, MOST):
        m = j // 2
        k = -((a + m) * (c + m - 1) if j % 2 else m * (c - a + m - 1)) / ((c + j - 2) * (c + j - 1))
        up, down = 1 + k * z / up, 1 / (1 + k * z * down)
        found = found * (up * down)
        if (abs(up * down - 1) < 2.0**-50).all():
            return found
    raise ArithmeticError(f"expected a continued fraction that converges, got a = {a}, c = {c}")


def _solve(target: np.ndarray, y: np.ndarray, n: float, at_0: float, tail: bool) -> np.ndarray:
    """x with log P = target, from a first y = log x."""
    step = np.full_like(y, np.inf)
    while (abs(step) > CLOSE).any():
        q = exp(2 * y) / n
        if tail:
            slope = n * q / (1 + q) * _fraction(0.5, n / 2 + 1, -1 / q)
        else:
            slope = _fraction((n + 1) / 2, 1.5, q / (1 + q))
        value = at_0 + y - (n + 1) / 2 * log1p(q) - log(slope)
        step = (target - value) / (-slope if tail else slope)
        y = y + step
    return exp(y)


def abs_quantile(v: np.ndarray, index: Fraction) -> np.ndarray:
    """x with P(|T| > x) = v, for v in [2^-64, 1); absolute error below 1e-12 max(1, x)."""

    def log_density() -> arb:
        return (ball((index + 1) / 2).gamma() / ball(index / 2).gamma() * 2 / (ball(index) * arb.pi()).sqrt()).log()

    n, at_0 = float(index), nearest(log_density)  # of the density of |T| at 0
    power = at_0 + (n - 1) / 2 * log(np.array(n))  # x^n P(|T| > x) rises to e^power
    far = v < FAR
    x = np.empty_like(v)
    x[far] = _solve(log(v[far]), (power - log(v[far])) / n, n, at_0, True)
    x[~far] = _solve(log(1 - v[~far]), log(1 - v[~far]) - at_0, n, at_0, False)
    return x
