"""Noise laws: a shape and a scale with E|xi|^alpha <= sigma^alpha, certified.

    xi = orientation * scale * X * e1,      E xi = 0,      E|xi|^alpha = scale^alpha E|X|^alpha,

possibly times a factor of size at most 1 that depends on position and time (``steering``), or with a random direction
in the place of e1 (``isotropic``).

The scale is a float rounded *down*: the certified upper end of the moment never exceeds sigma^alpha, and
is below it by a few parts in 1e16.  Problems start at ``x_0 = +R e1`` and methods step against
``grad + xi``; hence a jump of ``xi`` in the direction ``-e1`` pushes the iterate away from x*.

- ``orientation = -1`` (outward): the law's large jumps push away from x*;
- ``orientation = +1`` (inward): they push towards x*, and clipping them leaves a drift away from x*.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from flint import arb, ctx

from counterexamples.moments import (
    GRID,
    AssumptionViolated,
    Gaussian,
    Lomax,
    OneSided,
    Pareto,
    Shape,
    Stable,
    StudentT,
    ThreePoint,
    TwoPoint,
    Zero,
    ball,
    unit_moment,
)
from counterexamples.steering import Steering, checked
from counterexamples.steering import describe as describe_steering

__all__ = [
    "INWARD",
    "OUTWARD",
    "AssumptionViolated",
    "Gaussian",
    "Law",
    "Lomax",
    "OneSided",
    "Pareto",
    "Stable",
    "StudentT",
    "ThreePoint",
    "TwoPoint",
    "Zero",
    "admit",
    "default_index",
    "describe",
    "isotropic",
    "jump_law",
    "moment_enclosure",
    "no_noise",
    "scaled",
    "steered",
    "tight_jump",
]

OUTWARD: Literal[-1] = -1
INWARD: Literal[1] = 1
PRECISION = 128  # bits of the certified enclosures


@dataclass(frozen=True)
class Law:
    """xi = orientation * scale * X, times the factor of ``steering`` if any; ``moment`` encloses
    scale^alpha E|X|^alpha and lies in [0, sigma^alpha]."""

    shape: Shape
    scale: float
    orientation: Literal[-1, 1]
    alpha: Fraction
    sigma: Fraction
    moment: tuple[Fraction, Fraction]
    steering: Steering | None = None
    isotropic: bool = False  # times a random unit vector of R^d in the place of e1


def isotropic(law: Law) -> Law:
    """xi = r U with U uniform on the sphere and independent of r = |scale X|; E xi = 0 whatever the law of r.

    ValueError for a law that depends on the position.
    """
    if law.steering is not None:
        raise ValueError(f"{describe(law)}: expected noise that does not depend on the position")
    return replace(law, orientation=OUTWARD, isotropic=True)


def steered(law: Law, steering: Steering | None) -> Law:
    """The law times a factor that depends on position and time; AssumptionViolated if the factor can exceed 1.

    ValueError for an isotropic law.
    """
    if law.isotropic and steering is not None:
        raise ValueError(f"{describe(law)}: expected noise along e1")
    return replace(law, steering=None if steering is None else checked(steering))


def admit(law: Law) -> Law:
    """The law itself if its conditional alpha-th moment is certainly <= sigma^alpha at every position and time.

    Everything is computed again from the numbers that are sampled.  Raises AssumptionViolated.
    """
    _check_class(law.alpha, law.sigma)
    if law.steering is not None:
        checked(law.steering)
    with ctx.workprec(PRECISION):
        if not _admissible(law.scale, unit_moment(law.shape, law.alpha), law.alpha, law.sigma):
            largest = scaled(law.shape, law.alpha, law.sigma).scale
            raise AssumptionViolated(
                f"{describe(law)}: E|xi|^alpha exceeds sigma^alpha at scale {law.scale!r}; the largest is {largest!r}"
            )
    return law


def _check_class(alpha: Fraction, sigma: Fraction) -> None:
    if not 1 < alpha <= 2:
        raise ValueError(f"alpha: expected a number in (1, 2], got {alpha}")
    if sigma < 0:
        raise ValueError(f"sigma: expected a number >= 0, got {sigma}")


def _dyadic(end: arb) -> Fraction:
    mantissa, exponent = end.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _enclosure(value: arb) -> tuple[Fraction, Fraction]:
    return max(_dyadic(value.lower()), Fraction(0)), _dyadic(value.upper())


def moment_enclosure(shape: Shape, scale: float, alpha: Fraction) -> tuple[Fraction, Fraction]:
    """Rationals lower <= E|scale X|^alpha <= upper, certified."""
    with ctx.workprec(PRECISION):
        return _enclosure(ball(Fraction(scale)) ** ball(alpha) * unit_moment(shape, alpha))


def _admissible(scale: float, unit: arb, alpha: Fraction, sigma: Fraction) -> bool:
    return bool(ball(Fraction(scale)) ** ball(alpha) * unit <= ball(sigma) ** ball(alpha))


def _scale(unit: arb, alpha: Fraction, sigma: Fraction) -> float:
    """A float within a few units in the last place below sigma (E|X|^alpha)^(-1/alpha), certified."""
    scale = float((ball(sigma) / unit ** ball(1 / alpha)).mid())
    while not _admissible(scale, unit, alpha, sigma):
        scale = math.nextafter(scale, 0.0)
    return scale


def no_noise(alpha: Fraction, sigma: Fraction) -> Law:
    """xi = 0, a member of every noise class."""
    return Law(Zero(), 0.0, OUTWARD, Fraction(alpha), Fraction(sigma), (Fraction(0), Fraction(0)))


def scaled(shape: Shape, alpha: Fraction, sigma: Fraction, orientation: Literal[-1, 1] = OUTWARD) -> Law:
    """The law of this shape with the largest representable scale such that E|xi|^alpha <= sigma^alpha.

    Raises AssumptionViolated if E|X|^alpha is infinite, ValueError for parameters out of range.
    """
    alpha, sigma = Fraction(alpha), Fraction(sigma)
    _check_class(alpha, sigma)
    with ctx.workprec(PRECISION):
        unit = unit_moment(shape, alpha)
        if sigma == 0 or isinstance(shape, Zero):
            return no_noise(alpha, sigma)
        scale = _scale(unit, alpha, sigma)
    return Law(shape, scale, orientation, alpha, sigma, moment_enclosure(shape, scale, alpha))


def default_index(family: type[Stable] | type[Lomax] | type[Pareto], alpha: Fraction) -> Fraction:
    """(alpha+2)/2 for the stable family, alpha + 1/4 for the Pareto and Lomax families."""
    alpha = Fraction(alpha)
    return (alpha + 2) / 2 if family is Stable else alpha + Fraction(1, 4)


def tight_jump(alpha: Fraction, rho: Fraction, lam: Fraction) -> Fraction:
    """z = alpha (1-rho) lam/(alpha-1), the jump at which the clipping-bias bound (C2) is attained as p -> 0."""
    alpha = Fraction(alpha)
    return alpha * (1 - Fraction(rho)) * Fraction(lam) / (alpha - 1)


def jump_law(
    jump: Fraction, alpha: Fraction, sigma: Fraction, orientation: Literal[-1, 1], *, symmetric: bool = False
) -> Law:
    """A two-point (or symmetric three-point) law with jumps of size ``jump``, its probability p fixed by
    E|xi|^alpha <= sigma^alpha: the largest multiple of 2^-64 that is certified.

    Where p would exceed 1/2 (``jump`` is small next to sigma), p = 1/2 and the scale grows instead.
    """
    alpha, sigma, jump = Fraction(alpha), Fraction(sigma), Fraction(jump)
    _check_class(alpha, sigma)
    if not jump > 0:
        raise ValueError(f"jump: expected a positive number, got {jump}")
    if sigma == 0:
        return no_noise(alpha, sigma)
    family = ThreePoint if symmetric else TwoPoint
    scale, half = float(jump), GRID // 2
    with ctx.workprec(PRECISION):

        def admissible(n: int) -> bool:
            return _admissible(scale, unit_moment(family(Fraction(n, GRID)), alpha), alpha, sigma)

        if admissible(half):
            return scaled(family(Fraction(1, 2)), alpha, sigma, orientation)
        n = _largest(admissible, half)
    if n == 0:
        raise ValueError(f"jump: {scale} is so large next to sigma = {sigma} that its probability is below 2^-64")
    shape = family(Fraction(n, GRID))
    return Law(shape, scale, orientation, alpha, sigma, moment_enclosure(shape, scale, alpha))


def _largest(admissible: Callable[[int], bool], end: int) -> int:
    """The largest even n in [0, end) with ``admissible(n)``, by bisection (the predicate is monotone)."""
    low, high = 0, end // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if admissible(2 * middle) else (low, middle)
    return 2 * low


def describe(law: Law) -> str:
    """A short name: family, shape parameter, and the orientation where the law is asymmetric."""
    name = _family(law)
    if law.isotropic:
        return f"isotropic {name.removesuffix(' outward')}"
    return name if law.steering is None else f"{name} [{describe_steering(law.steering)}]"


def _family(law: Law) -> str:
    side = "outward" if law.orientation == OUTWARD else "inward"
    match law.shape:
        case Zero():
            return "none"
        case Gaussian() | Stable() | Lomax() | StudentT():
            return _named(law.shape)
        case OneSided(base):
            return f"one-sided {_named(base)} {side}"
        case Pareto(index):
            return f"pareto({index}) {side}"
        case TwoPoint(p):
            return f"two-point(p={float(p):.3g}, jump={law.scale:.4g}) {side}"
        case ThreePoint(p):
            return f"three-point(p={float(p):.3g}, jump={law.scale:.4g})"


def _named(shape: Gaussian | Stable | Lomax | StudentT) -> str:
    if isinstance(shape, Gaussian):
        return "gaussian"
    family = {Stable: "stable", Lomax: "lomax", StudentT: "student-t"}[type(shape)]
    return f"{family}({shape.index})"
