"""The smallest `freedman` bound of a convex theorem, derived by hand: an independent check of the general search.

With tau = u lam/R, q = L u, y = N (sigma/lam)^alpha the bound is chi kappa^2 L R^2/(2 N q).  At the optimum

    (grad)      q kappa = rho tau, so y = N (sigma rho/(L R kappa))^alpha,  rho1 = 1 - rho,  rho2 = 1 + rho,  q1 = 1 - q
    (freedman)  z1 = c1 tau and z2 = c2 tau^2, the positive roots of z^2 = 2A(G + M z/3)
    (budget)    P tau + Q tau^2/(1 - q) = kappa^2 - 1,  Q = rho2^(2-alpha) y + c2: a quadratic in tau with
                P = 2 kappa k_alpha rho1^(1-alpha) y + c1 + [2 kappa (1 - 1/chi) if drift], chi by iteration
    (chi)       chi^2 = 1 + h (sqrt(chi q) kappa + sqrt(Q) tau)^2,  h = eta R^2/gamma^2

so that only kappa and rho are left.  Without drift the program is geometric: the logarithm of the bound is convex in
ln kappa and ln(rho/kappa), its minimum over rho is convex in ln kappa, and golden sections cannot miss the minimum.
Quantities without a natural scale are kept as logarithms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import exp, expm1, inf, log, log1p, sqrt

GOLDEN = (sqrt(5) - 1) / 2
TOLERANCE = 1e-5  # of ln(kappa - 1) and ln(rho/(1 - rho)): near its minimum the bound is quadratic in them
KAPPA = (-9.0, 9.0)  # where ln(kappa - 1) is searched
RHO_HIGH, RHO_SPAN = 20.0, 500.0  # the highest ln(rho/(1 - rho)), and how far down to search
LOG_Y_MAX = 300.0


@dataclass(frozen=True)
class Problem:
    """The numbers of a bound; ``eta`` None is the reweighted (gamma/R)^2; ``drift``: AdaGrad that is not delayed."""

    alpha: Fraction
    delta: Fraction
    N: int
    L: Fraction
    R: Fraction
    sigma: Fraction
    b0: Fraction
    eta: Fraction | None
    drift: bool


@dataclass(frozen=True)
class Point:
    """Where all conditions hold with equality; logarithms in floats."""

    kappa: float
    log_rho: float
    log_q: float
    log_z1: float
    log_z2: float
    log_energy: float  # of Q tau^2 = S_V + z2
    log_chi: float
    log_bound: float  # of the bound divided by L R^2/2


def log_of(x: Fraction) -> float:
    """ln x for a rational of any size; -inf at 0."""
    return log(x.numerator) - log(x.denominator) if x else -inf


def log_add(x: float, y: float) -> float:
    """ln(e^x + e^y)."""
    high = max(x, y)
    return high if high == -inf else high + log1p(exp(min(x, y) - high))


class Program:
    """The reduced program of a problem."""

    def __init__(self, problem: Problem) -> None:
        p = self.problem = problem
        self.a, self.am1 = float(p.alpha), float(p.alpha - 1)
        self.A = log_of(2 / p.delta)
        self.log_k = log_of(p.alpha - 1) * self.am1 - self.a * log(self.a)
        self.log_n = log(p.N)
        self.log_noise = log_of(p.sigma / (p.L * p.R))
        self.log_weight = log_of((p.eta or 0) * (p.L * p.R / p.b0) ** 2)  # of h q^2, for an eta that is given

    def point(self, kappa: float, log_rho: float, log_rho1: float, slack: float = 0.0) -> Point:
        """All other variables from kappa and rho (rho1 = 1 - rho); the budget is left a relative slack."""
        log_r, log_rho2 = log_rho - log(kappa), log1p(exp(log_rho))
        y = exp(self.log_n + self.a * (self.log_noise + log_r))
        s_v = exp((2 - self.a) * log_rho2) * y
        c1 = self._quantile(4 * kappa, 4 * kappa**2 * s_v)
        c2 = self._quantile(exp(2 * log_rho2), exp(2 * log_rho2) * s_v)
        square, gain, r = s_v + c2, kappa**2 - 1, exp(log_r)
        fixed, fall, before = 2 * kappa * exp(self.log_k - self.am1 * log_rho1) * y + c1, 0.0, inf
        while abs(fall - before) > 1e-13:
            linear = fixed + 2 * kappa * fall
            root = sqrt((linear - gain * r) ** 2 + 4 * gain * square)
            log_tau = log(2 * gain / (linear + gain * r + root)) + log1p(-slack)
            log_q, log_energy = log_r + log_tau, log(square) + 2 * log_tau
            log_chi = self.log_chi(kappa, log_q, log_energy)
            fall, before = self.problem.drift * -expm1(-log_chi), fall
        log_bound = log_chi + 2 * log(kappa) - self.log_n - log_q
        return Point(kappa, log_rho, log_q, log(c1) + log_tau, log(c2) + 2 * log_tau, log_energy, log_chi, log_bound)

    def _quantile(self, m: float, g: float) -> float:
        """The positive root z of z^2 = 2A(g + m z/3)."""
        half = self.A * m / 3
        return half + sqrt(half**2 + 2 * self.A * g)

    def log_chi(self, kappa: float, log_q: float, log_energy: float) -> float:
        """The root of chi^2 = 1 + h (sqrt(chi q) kappa + sqrt(energy))^2: a contraction by 1/2 in ln chi."""
        p = self.problem
        if p.eta == 0:
            return 0.0
        log_h = 0.0 if p.eta is None else self.log_weight - 2 * log_q
        slope, offset = (log_h + log_q) / 2 + log(kappa), (log_h + log_energy) / 2
        now, before = max(0.0, offset, 2 * slope), inf
        while abs(now - before) > 1e-13 * (1 + abs(now)):
            now, before = log_add(0.0, 2 * log_add(slope + now / 2, offset)) / 2, now
        return now

    def best(self) -> Point:
        """The minimum of the bound over kappa and rho."""
        high = min(RHO_HIGH, (LOG_Y_MAX - self.log_n) / self.a - self.log_noise)

        def at(k: float, x: float) -> Point:  # rho/(1 - rho) = e^x
            log_rho1 = -log_add(0.0, x)
            return self.point(1 + exp(k), x + log_rho1, log_rho1)

        def best_rho(k: float) -> Point:
            return at(k, golden(lambda x: at(k, x).log_bound, high - RHO_SPAN, high))

        return best_rho(golden(lambda k: best_rho(k).log_bound, *KAPPA))


def golden(f: Callable[[float], float], low: float, high: float) -> float:
    """The minimiser of a unimodal function."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = f(left), f(right)
    while high - low > TOLERANCE:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = f(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = f(right)
    return (low + high) / 2
