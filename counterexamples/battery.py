"""The default attack: problems and laws that are hard for clipped methods, about a dozen pairs.

The nearly linear Huber function is the noiseless worst case; on it clipping turns a rare jump *towards*
x* into a drift away from it (worst near 7/10 of the jump a(1-rho) lam/(a-1) that makes the clipping-bias
bound tight), and a rare jump *away* from x*, as large as the clip lets through, is felt at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from counterexamples.noise import (
    INWARD,
    OUTWARD,
    Gaussian,
    Law,
    Lomax,
    Pareto,
    Stable,
    ThreePoint,
    default_index,
    describe,
    jump_law,
    no_noise,
    scaled,
    tight_jump,
)
from counterexamples.problems import Problem, huber, nearly_linear, quadratic, round_down

Exact = int | float | Fraction  # a float means the dyadic rational it is


@dataclass(frozen=True)
class Instance:
    """One attack: a problem and the law of the noise added to its gradient."""

    name: str
    problem: Problem
    law: Law


def instance(problem: Problem, law: Law) -> Instance:
    """The pair, named after both."""
    return Instance(f"{problem.name} + {describe(law)}", problem, law)


def battery(
    alpha: Exact,
    sigma: Exact,
    L: Exact,
    R: Exact,
    N: int,
    u: Exact,
    lam: Exact,
    rho: Exact,
    dim: int = 1,
) -> tuple[Instance, ...]:
    """The default list for noise class (alpha, sigma), smoothness L, distance R, horizon N and a method
    with largest stepsize u, clipping level lam and margin ||grad|| <= rho lam.

    Every law satisfies E|xi|^alpha <= sigma^alpha, certified.  With sigma = 0 only the noiseless ones remain.
    """
    alpha, sigma, lam, rho = Fraction(alpha), Fraction(sigma), Fraction(lam), Fraction(rho)
    L_float, R_float = round_down(L), round_down(R)
    linear = nearly_linear(L_float, R_float, float(u), N, dim)
    bowl = quadratic(L_float, R_float, dim)
    moderate = huber(L_float, R_float / 8, R_float, dim)
    quiet = no_noise(alpha, sigma)
    if sigma == 0:
        return tuple(instance(problem, quiet) for problem in (linear, bowl, moderate))

    stable = scaled(Stable(default_index(Stable, alpha)), alpha, sigma)
    lomax = scaled(Lomax(default_index(Lomax, alpha)), alpha, sigma)
    pareto = Pareto(default_index(Pareto, alpha))
    once_per_ten_runs = ThreePoint(2 * Fraction(2**63 // (10 * N), 2**64))
    tight, largest = tight_jump(alpha, rho, lam), 2**30 * sigma  # beyond it a jump has probability < 2^-30

    def jumps(size: Fraction, orientation: Literal[-1, 1], symmetric: bool = False) -> Law:
        return jump_law(min(size, largest), alpha, sigma, orientation, symmetric=symmetric)

    pairs = (
        (linear, quiet),
        (linear, stable),
        (linear, scaled(pareto, alpha, sigma, OUTWARD)),
        (linear, scaled(pareto, alpha, sigma, INWARD)),
        (linear, jumps(lam, OUTWARD)),
        (linear, jumps(tight, INWARD)),
        (linear, jumps(tight * Fraction(7, 10), INWARD)),
        (linear, jumps(lam, INWARD, symmetric=True)),
        (linear, scaled(once_per_ten_runs, alpha, sigma)),
        (bowl, stable),
        (moderate, lomax),
        (moderate, scaled(Gaussian(), alpha, sigma)),
    )
    return tuple(instance(problem, law) for problem, law in pairs)
