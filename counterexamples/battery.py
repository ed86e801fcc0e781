"""The default attack: problems and laws that are hard for clipped methods, about a dozen pairs.

The nearly linear Huber function is the noiseless worst case; on it clipping turns a rare jump *towards*
x* into a drift away from it (worst near 7/10 of the jump a(1-rho) lam/(a-1) that makes the clipping-bias
bound tight), and a rare jump *away* from x*, as large as the clip lets through, is felt at once.

In R^d, d > 1, there are also pairs with noise in all directions; above ``MOST`` directions it fills a subspace of that
dimension through x_0 and x*, which the iterates never leave.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from counterexamples.moments import GRID
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
    isotropic,
    jump_law,
    no_noise,
    scaled,
    tight_jump,
)
from counterexamples.problems import (
    Problem,
    bowl,
    certify,
    double_well,
    huber,
    nearly_linear,
    plateau,
    quadratic,
    round_down,
    slope,
    steepest,
    stretched,
    well,
)

MOST = 64  # directions of isotropic noise
CONDITION = 100.0  # largest by smallest curvature of the ill-conditioned problems
HARDEST = 5 / 3  # height of the plateau / height of the steepest slope, about the hardest at the default numbers
Exact = int | float | Fraction  # a float means the dyadic rational it is


@dataclass(frozen=True)
class Instance:
    """One attack: a problem and the law of the noise added to its gradient."""

    name: str
    problem: Problem
    law: Law

    @property
    def coordinates(self) -> int:
        """How many are simulated: noise along e1 keeps the iterates on one line."""
        return self.problem.dim if self.law.isotropic else 1


def instance(problem: Problem, law: Law) -> Instance:
    """The pair, named after both."""
    return Instance(f"{problem.name} + {describe(law)}", problem, law)


@dataclass(frozen=True)
class Laws:
    """The noise laws of an attack on a method with clipping level lam and margin ||grad|| <= rho lam."""

    quiet: Law
    stable: Law
    lomax: Law
    gaussian: Law
    pareto_outward: Law
    pareto_inward: Law
    clipped_outward: Law  # the largest jump that the clip lets through
    clipped_both: Law
    tight: Law  # makes the clipping-bias bound tight
    nearly_tight: Law
    rare: Law  # strikes about one run in ten on either side


def laws(alpha: Fraction, sigma: Fraction, N: int, lam: Fraction, rho: Fraction) -> Laws:
    """Every law satisfies E|xi|^alpha <= sigma^alpha, certified; sigma > 0."""
    pareto = Pareto(default_index(Pareto, alpha))
    tight, largest = tight_jump(alpha, rho, lam), 2**30 * sigma  # beyond it a jump has probability < 2^-30

    def jumps(size: Fraction, orientation: Literal[-1, 1], symmetric: bool = False) -> Law:
        return jump_law(min(size, largest), alpha, sigma, orientation, symmetric=symmetric)

    return Laws(
        quiet=no_noise(alpha, sigma),
        stable=scaled(Stable(default_index(Stable, alpha)), alpha, sigma),
        lomax=scaled(Lomax(default_index(Lomax, alpha)), alpha, sigma),
        gaussian=scaled(Gaussian(), alpha, sigma),
        pareto_outward=scaled(pareto, alpha, sigma, OUTWARD),
        pareto_inward=scaled(pareto, alpha, sigma, INWARD),
        clipped_outward=jumps(lam, OUTWARD),
        clipped_both=jumps(lam, INWARD, symmetric=True),
        tight=jumps(tight, INWARD),
        nearly_tight=jumps(tight * Fraction(7, 10), INWARD),
        rare=rare_jump(alpha, sigma, Fraction(1, 10 * N)),
    )


def rare_jump(alpha: Fraction, sigma: Fraction, p: Fraction) -> Law:
    """A symmetric three-point law with probability p (rounded down, at least 2^-64) on each side."""
    return scaled(ThreePoint(2 * max(Fraction(math.floor(p * GRID)), Fraction(1)) / GRID), alpha, sigma)


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
    """The default list against a convex theorem: noise class (alpha, sigma), smoothness L, distance R, horizon N and
    a method with largest stepsize u, clipping level lam and margin ||grad|| <= rho lam.

    With sigma = 0 only the noiseless instances remain.
    """
    alpha, sigma, lam, rho = Fraction(alpha), Fraction(sigma), Fraction(lam), Fraction(rho)
    L_float, R_float = round_down(L), round_down(R)
    linear, basin = nearly_linear(L_float, R_float, float(u), N, dim), quadratic(L_float, R_float, dim)
    moderate = huber(L_float, R_float / 8, R_float, dim)
    if sigma == 0:
        return tuple(instance(problem, no_noise(alpha, sigma)) for problem in (linear, basin, moderate))
    noise = laws(alpha, sigma, N, lam, rho)
    pairs = (
        (linear, noise.quiet),
        (linear, noise.stable),
        (linear, noise.pareto_outward),
        (linear, noise.pareto_inward),
        (linear, noise.clipped_outward),
        (linear, noise.tight),
        (linear, noise.nearly_tight),
        (linear, noise.clipped_both),
        (linear, noise.rare),
        (basin, noise.stable),
        (moderate, noise.lomax),
        (moderate, noise.gaussian),
    )
    wide = _isotropic(
        (linear, noise.stable),
        (linear, noise.clipped_both),
        (linear, noise.rare),
        (basin, noise.stable),
        (moderate, noise.lomax),
        *([(stretched(basin, CONDITION), noise.stable), (stretched(linear, CONDITION), noise.rare)] if dim > 1 else ()),
    )
    return tuple(instance(problem, law) for problem, law in (*pairs, *wide))


def nonconvex_battery(
    alpha: Exact,
    sigma: Exact,
    L: Exact,
    Delta: Exact,
    N: int,
    u: Exact,
    lam: Exact,
    rho: Exact,
    delta: Exact,
    dim: int = 1,
) -> tuple[Instance, ...]:
    """The default list against a non-convex theorem, f(x_0) - inf f <= Delta; every problem is certified.

    Without noise the quadratic has the largest mean of squared gradients, the nearly linear function the largest
    smallest one.  With noise the plateau is the hardest: clipping rare jumps towards the minimum leaves a drift up the
    slope, on which the gradient stays large.  The slope of height (delta N)^(-1/4) with jumps of probability delta/N
    on each side is the instance on which Adam without clipping is known to fail with probability of order delta.
    """
    alpha, sigma, lam, rho, delta = (Fraction(x) for x in (alpha, sigma, lam, rho, delta))
    L, Delta = Fraction(L), Fraction(Delta)
    linear, basin = steepest(L, Delta, float(u), N, dim), bowl(L, Delta, dim)
    long = slope(L, Delta, math.sqrt(float(L) * float(Delta)) / math.sqrt(math.sqrt(float(delta) * N)), dim)
    edge = plateau(L, Delta, HARDEST * linear.nu * float(L), dim)
    dip, pair = well(L, Delta, dim), double_well(L, Delta, dim)
    for problem in (linear, basin, long, edge, dip, pair):
        certify(problem, L, Delta)
    if sigma == 0:
        return tuple(instance(p, no_noise(alpha, sigma)) for p in (linear, basin, long, edge, dip, pair))
    noise = laws(alpha, sigma, N, lam, rho)
    pairs = (
        (linear, noise.quiet),
        (linear, noise.pareto_inward),
        (linear, noise.clipped_both),
        (long, rare_jump(alpha, sigma, delta / N)),
        (basin, noise.quiet),
        (basin, noise.stable),
        (basin, noise.pareto_outward),
        (basin, noise.clipped_outward),
        (basin, noise.clipped_both),
        (edge, noise.tight),
        (edge, noise.nearly_tight),
        (edge, noise.pareto_inward),
        (edge, noise.rare),
        (dip, noise.lomax),
        (dip, noise.tight),
        (pair, noise.gaussian),
        (pair, noise.tight),
    )
    wide = _isotropic((basin, noise.stable), (edge, noise.clipped_both), (dip, noise.lomax), (pair, noise.gaussian))
    return tuple(instance(problem, law) for problem, law in (*pairs, *wide))


def _isotropic(*pairs: tuple[Problem, Law]) -> tuple[tuple[Problem, Law], ...]:
    """The same with noise in all directions, of which there is one on the line."""
    return tuple((replace(p, dim=min(p.dim, MOST)), isotropic(law)) for p, law in pairs if p.dim > 1)
