"""What the same proof gives with the constants and the logarithm of the literature, for comparison.

The literature bounds the clipping bias by 2^alpha sigma^alpha lam^(1-alpha), the variance by 18 sigma^alpha
lam^(2-alpha) (where ||grad f|| <= lam/2), and takes a union over the iterations: A = ln(4 (N+1)/delta).  The free
numbers are then chosen as well as they can be.  This is a search in floating point: an estimate, never a bound.
"""

from __future__ import annotations

import math
from fractions import Fraction


def literature_bound(alpha: Fraction, delta: Fraction, N: int, L: Fraction, R: Fraction, sigma: Fraction) -> float:
    """kappa^2 R^2/(2 N gamma) for Clip-SGD, minimised over kappa, gamma and lam; inf if nothing is feasible."""
    import numpy as np
    from scipy.optimize import minimize

    a, s = float(alpha), float(sigma / (L * R))  # units in which L = R = 1
    log_a = _logarithm(N, delta)

    def budget(v: np.ndarray) -> float:
        kappa, gamma, lam = (math.exp(float(x)) for x in v)
        tau, rare = gamma * lam, N * (s / lam) ** a if s else 0.0
        bias, variance = 2**a * tau * rare, 18 * tau**2 * rare
        first = _root(4 * kappa * tau * log_a, 4 * kappa**2 * variance * log_a)
        window = 2.25 * tau**2
        errors = variance + _root(window * log_a, window * variance * log_a)
        return float(kappa**2 - 1 - 2 * kappa * bias - first - errors / (1 - gamma))

    best = math.inf
    for scale in (0.3, 1.0, 3.0):
        level = max(4.0, scale * s * (N / log_a) ** (1 / a))
        start = np.log([1.6, 0.03 / (log_a * level), level])
        found = minimize(
            lambda v: 2 * v[0] - v[1],
            start,
            bounds=[(0.0, 5.0), (-80.0, -0.01), (-50.0, 80.0)],
            constraints=[
                {"type": "ineq", "fun": budget},
                {"type": "ineq", "fun": lambda v: v[2] - v[0] - math.log(2)},
            ],
            method="SLSQP",
            options={"maxiter": 500, "ftol": 1e-12},
        )
        if budget(found.x) >= -1e-6 and found.x[2] - found.x[0] >= math.log(2) - 1e-6:
            best = min(best, float(np.exp(found.fun)) / (2 * N))
    return best * float(L * R**2)


def literature_nonconvex(
    alpha: Fraction, delta: Fraction, N: int, L: Fraction, Delta: Fraction, sigma: Fraction
) -> float:
    """kappa^2 Delta/(a0 N gamma) for Clip-SGD without convexity, minimised likewise, also over phi."""
    import numpy as np
    from scipy.optimize import minimize

    slope = math.sqrt(float(L * Delta))  # units in which L = Delta = 1
    a, s = float(alpha), float(sigma) / slope
    log_a = _logarithm(N, delta)

    def rest(v: np.ndarray) -> float:
        return float(1 - math.exp(v[3]) / 2 - math.exp(v[1]) / 2)

    def budget(v: np.ndarray) -> float:
        kappa, gamma, lam, phi = (math.exp(float(x)) for x in v)
        tau, rare = gamma * lam, N * (s / lam) ** a if s else 0.0
        bias, variance = (2**a * tau * rare) ** 2 / (N * gamma), 18 * tau**2 * rare
        first = _root(2 * 2**0.5 * kappa * tau * log_a, 2 * kappa**2 * variance * log_a)
        window = 2.25 * tau**2
        errors = variance + _root(window * log_a, window * variance * log_a)
        return float(kappa**2 - 1 - bias / (2 * phi) - first - errors / 2)

    def goal(v: np.ndarray) -> float:
        return float(2 * v[0] - v[1] - math.log(max(rest(v), 1e-9)))

    def short(v: np.ndarray) -> float:
        return float(v[2] - v[0] - math.log(2 * 2**0.5))

    best = math.inf
    for scale in (0.1, 0.3, 1.0, 3.0):
        level = max(6.0, scale * (s**a * math.sqrt(N) / log_a) ** (1 / (2 * a - 1)))
        start = np.log([1.6, 0.03 / (log_a * level), level, 0.4])
        found = minimize(
            goal,
            start,
            bounds=[(0.0, 5.0), (-80.0, -0.5), (-50.0, 80.0), (-6.0, -0.01)],
            constraints=[{"type": "ineq", "fun": fun} for fun in (budget, short, lambda v: rest(v) - 1e-3)],
            method="SLSQP",
            options={"maxiter": 500, "ftol": 1e-12},
        )
        if budget(found.x) >= -1e-6 and short(found.x) >= -1e-6:
            best = min(best, math.exp(goal(found.x)) / N)
    return best * slope**2


def _logarithm(N: int, delta: Fraction) -> float:
    """ln(4 (N+1)/delta), also where the quotient leaves the floats."""
    return math.log(4 * (N + 1) * delta.denominator) - math.log(delta.numerator)


def _root(m: float, g: float) -> float:
    """M A/3 + ((M A/3)^2 + 2 G A)^(1/2)."""
    return m / 3 + math.sqrt((m / 3) ** 2 + 2 * g)
