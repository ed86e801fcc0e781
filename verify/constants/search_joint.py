"""Good free parameters for the joint budget (theory, section 4.1; untrusted, like ``verify.constants.search``).

With M = 2 h tau kappa and e0 = M tau rho2^2/(2 kappa q1) the conditions are tight at

    (grad)     q kappa = rho tau, so y = N (sigma/lam)^alpha = N (sigma rho/(L R kappa))^alpha
    (entries)  K = max{ (exp(M rho2 + e0) - 1 - M rho2)/rho2^alpha,  k_alpha M^alpha C^(1-alpha) }
    (margin)   C = 1 - exp(-M (1 + rho) + e0) - 2 M rho > 0,   e0 <= M (1 - rho),   rho <= 1/2
    (budget)   (A1 + K y)/h [+ 2 kappa tau if drift] = kappa^2 - 1, solved for tau by iteration
    (split)    exp(-A1) = (1 - share) delta, exp(-A2) = share delta (SGD: no second event)

so kappa, rho, M and the share are left.  The program is not geometric; Nelder-Mead from a few starts finds the minimum
of independent solves.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import exp, expm1, inf, isfinite, log, log1p, sqrt

from verify.constants.decimals import rounded
from verify.constants.search import SLACK, Problem, Program, from_log, log_of, shared_parameters

MINUS_LOG_SHARE = 20.0  # of delta for the second event when it costs nothing (eta = 0)
STARTS = ((-0.5, -3.0, 0.0, -4.0), (0.5, -5.0, -0.7, -2.5), (-1.5, -1.0, 0.5, -6.0))
INFEASIBLE = 1e6
STEEP = 600.0  # beyond this exponents overflow and nothing is near an optimum


@dataclass(frozen=True)
class Point:
    """Where the conditions hold with equality, in floats."""

    kappa: float
    rho: float
    log_tau: float
    log_h: float
    log_k: float
    c: float
    a1: float
    a2: float
    log_z2: float
    log_energy: float
    log_chi: float
    log_q: float
    log_bound: float  # of the bound divided by L R^2/2


class JointProgram:
    """The reduced program; ``second``: AdaGrad, whose stepsizes need a second event."""

    def __init__(self, problem: Problem, second: bool) -> None:
        self.problem, self.second = problem, second
        self.base = Program(problem)
        self.log_delta = log_of(problem.delta)

    def levels(self, log_share: float) -> tuple[float, float]:
        """(A1, A2)."""
        if not self.second:
            return -self.log_delta, -self.log_delta
        return -self.log_delta - log1p(-exp(log_share)), -self.log_delta - log_share

    def point(self, kappa: float, rho: float, m: float, log_share: float, slack: float = 0.0) -> Point | None:
        """All other variables; None where the conditions cannot hold."""
        base, drift = self.base, float(self.problem.drift)
        if rho <= 0 or log_share > -1e-9:
            return None
        a1, a2 = self.levels(log_share)
        rho2 = 1 + rho
        log_y = base.log_n + base.a * (base.log_noise + log(rho / kappa))
        if m * rho2 > STEEP or log_y > STEEP:
            return None
        y, gain, log_tau = exp(log_y), (kappa**2 - 1) * (1 - slack), -inf
        for _ in range(200):  # tau enters e0 and q1 weakly: a contraction
            tau = exp(log_tau)
            q1 = 1 - rho * tau / kappa
            if q1 <= 0:
                return None
            e0 = m * tau * rho2**2 / (2 * kappa * q1)
            c = 1 - exp(-m * (1 + rho) + e0) - 2 * m * rho
            if c <= 0 or e0 > m * (1 - rho):
                return None
            first = (expm1(m * rho2 + e0) - m * rho2) / rho2**base.a
            log_k = max(log(first), base.log_k + base.a * log(m) - base.am1 * log(c)) if first > 0 else inf
            if not isfinite(log_k):
                return None
            spent = (a1 + exp(log_k) * y) * 2 * kappa / m + 2 * kappa * drift
            before, log_tau = log_tau, log(gain / spent)
            if abs(log_tau - before) < 1e-14:
                break
        s_v = exp((2 - base.a) * log(rho2)) * y
        half = a2 * rho2**2 / 3
        c2 = half + sqrt(half**2 + 2 * a2 * rho2**2 * s_v)
        log_q, log_energy = log(rho / kappa) + log_tau, log(s_v + c2) + 2 * log_tau
        log_chi = base.log_chi(kappa, log_q, log_energy) if self.second else 0.0
        log_bound = log_chi + 2 * log(kappa) - base.log_n - log_q
        log_h = log(m / (2 * kappa)) - log_tau
        return Point(
            kappa, rho, log_tau, log_h, log_k, c, a1, a2, log(c2) + 2 * log_tau, log_energy, log_chi, log_q, log_bound
        )

    def best(self) -> tuple[float, float, float, float]:
        """The best (kappa, rho, M, ln share) found."""
        from scipy.optimize import minimize

        free_share = self.second and self.problem.eta != 0

        def decode(v: list[float]) -> tuple[float, float, float, float]:
            share = -log1p(exp(-v[3])) if free_share and v[3] > -STEEP else -MINUS_LOG_SHARE
            return 1 + exp(min(v[0], 50.0)), 0.5 / (1 + exp(min(-v[1], STEEP))), exp(min(v[2], 50.0)), share

        def cost(v: list[float]) -> float:
            found = self.point(*decode(v))
            return INFEASIBLE if found is None else found.log_bound

        size = 4 if free_share else 3
        seen = self.base.best()
        warm = (log(seen.kappa - 1), seen.log_rho, 0.0, -4.0)
        options = {"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000, "maxfev": 4000}
        runs = [minimize(cost, start[:size], method="Nelder-Mead", options=options) for start in (warm, *STARTS)]
        found = min(runs, key=lambda run: run.fun)
        if found.fun >= INFEASIBLE:
            raise ValueError("the joint budget has no feasible point in range")
        return decode(list(found.x))


def candidates(problem: Problem, second: bool) -> list[dict[str, Fraction]]:
    """Free parameters to try in turn, the best first; raises ``ArithmeticError`` or ``ValueError`` out of range."""
    program = JointProgram(problem, second)
    best = program.best()
    return [exact_parameters(program, best, slack) for slack in SLACK]


def exact_parameters(
    program: JointProgram, best: tuple[float, float, float, float], slack: float
) -> dict[str, Fraction]:
    """Short decimals near the point, rounded to the side on which the conditions are easier."""
    p = program.problem
    kappa, rho = rounded(Fraction(best[0]), True, 10), rounded(Fraction(best[1]), False, 10)
    point = program.point(float(kappa), float(rho), best[2], best[3], slack)
    if point is None:
        raise ValueError("the joint budget is not feasible near its optimum")
    more, less = Fraction(1 + slack / 8), Fraction(1 - slack / 64)  # K depends on C, so C keeps less slack
    return shared_parameters(p, kappa, rho, point, more) | {
        "h": rounded(from_log(point.log_h), False),
        "K": rounded(from_log(point.log_k) * more, True),
        "C": rounded(Fraction(point.c) * less, False),
        "A1": _level(point.a1),
        "A2": _level(point.a2),
    }


def _level(a: float) -> Fraction:
    """A little above a float ln(1/probability)."""
    return rounded(Fraction(a) * (1 + Fraction(1, 10**13)) + Fraction(1, 10**14), True, 15)
