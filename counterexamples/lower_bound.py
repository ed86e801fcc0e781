"""The instance on which a method without clipping fails (theory, section 8): rational numbers, certified.

Huber function with L = 1 and threshold nu, nu^2/2 >= epsilon, started a little beyond nu.  Noise in the first oracle
call only: xi_0 = +-jump with probability P/2 each, P/2 > delta, and P jump^alpha <= sigma^alpha; later calls are exact.
With probability P/2 the first step is thrown away from x*, and the large accumulator makes the way back long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from counterexamples.moments import GRID, ThreePoint
from counterexamples.noise import Law, scaled
from counterexamples.problems import Problem, huber

BEYOND = 1 + 2.0**-10  # start / nu


@dataclass(frozen=True)
class LowerInstance:
    """``law`` is that of the first call; the others have no noise."""

    alpha: Fraction
    delta: Fraction
    epsilon: Fraction
    problem: Problem
    law: Law

    @property
    def probability(self) -> Fraction:
        """P, of a jump to either side."""
        shape = self.law.shape
        if not isinstance(shape, ThreePoint):
            raise TypeError(f"expected a three-point law, got {shape!r}")
        return shape.p

    @property
    def jump(self) -> Fraction:
        """The size of the jump."""
        return Fraction(self.law.scale)

    @property
    def nu(self) -> Fraction:
        """The threshold of the Huber function."""
        return Fraction(self.problem.nu)

    @property
    def paths(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """(xi_0, its probability): away from x*, none, towards x*."""
        side = self.probability / 2
        return (-self.jump, side), (Fraction(0), 1 - 2 * side), (self.jump, side)


def lower_instance(alpha: Fraction, delta: Fraction, epsilon: Fraction, sigma: Fraction) -> LowerInstance:
    """The instance for a failure probability just above delta; ValueError where there is none."""
    if not 0 < delta < Fraction(1, 2):
        raise ValueError(f"delta: expected a number in (0, 1/2), got {delta}")
    side = Fraction(math.floor(delta * GRID) + 1, GRID)
    if not 2 * side < 1:
        raise ValueError(f"delta: expected at most 1/2 - 2^-64, got {delta}")
    law = scaled(ThreePoint(2 * side), alpha, sigma)
    width = math.sqrt(2 * float(epsilon))
    while Fraction(width) ** 2 < 2 * epsilon:
        width = math.nextafter(width, math.inf)
    return checked(LowerInstance(alpha, delta, epsilon, huber(1.0, width, width * BEYOND), law))


def checked(found: LowerInstance) -> LowerInstance:
    """The instance itself if it is one; ValueError that names what fails."""
    if not found.probability / 2 > found.delta:
        raise ValueError(f"P/2 = {found.probability / 2} does not exceed delta = {found.delta}")
    again = scaled(found.law.shape, found.alpha, found.law.sigma)
    if found.law.scale > again.scale:
        raise ValueError(f"jump {found.law.scale!r} has E|xi|^alpha > sigma^alpha; the largest one is {again.scale!r}")
    if found.nu**2 < 2 * found.epsilon:
        raise ValueError(f"nu^2/2 = {float(found.nu**2 / 2)!r} is below epsilon = {found.epsilon}")
    if not found.jump > found.nu:
        raise ValueError(
            f"a jump of {float(found.jump):.3g} is not larger than the slope sqrt(2 epsilon) = {float(found.nu):.3g}; "
            "try a smaller epsilon or delta"
        )
    if not Fraction(found.problem.start) > found.nu:
        raise ValueError(f"start {found.problem.start!r} is not beyond nu = {found.problem.nu!r}")
    return found
