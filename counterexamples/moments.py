"""Exact absolute moments E|X|^alpha of the noise shapes at scale 1, as Arb balls.

Every closed form is checked against 30-digit quadrature in the tests.  A moment is *finite* only under
a condition on the shape; where it fails, the law violates the noise assumption and is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeVar

from flint import acb, arb, ctx, fmpq

from counterexamples import one_sided

GRID = 2**64  # jump probabilities are multiples of 1/GRID, so that a sampler can realise them exactly


class AssumptionViolated(ValueError):
    """The law has no finite alpha-th moment: it is outside the theorem's noise class."""


@dataclass(frozen=True)
class Zero:
    """X = 0."""


@dataclass(frozen=True)
class Gaussian:
    """Standard normal."""


@dataclass(frozen=True)
class Stable:
    """Symmetric stable of index in (1, 2]: characteristic function exp(-|z|^index); 2 is N(0, 2)."""

    index: Fraction


@dataclass(frozen=True)
class Lomax:
    """Symmetric two-sided Lomax: density (index/2) (1 + |x|)^(-index-1)."""

    index: Fraction


@dataclass(frozen=True)
class Pareto:
    """Centred one-sided Pareto: X = U^(-1/index) - index/(index-1), U uniform on (0, 1)."""

    index: Fraction


@dataclass(frozen=True)
class StudentT:
    """Student's t with ``index`` degrees of freedom."""

    index: Fraction


@dataclass(frozen=True)
class TwoPoint:
    """X = 1 with probability p in (0, 1/2], -p/(1-p) otherwise; p is a multiple of 2^-64."""

    p: Fraction


@dataclass(frozen=True)
class ThreePoint:
    """X = 1 and -1 with probability p/2 each, 0 otherwise; p/2 in (0, 1/2) is a multiple of 2^-64."""

    p: Fraction


@dataclass(frozen=True)
class OneSided:
    """X = |Y| - E|Y|: the one-sided, centred version of a symmetric law Y.

    The size |Y| makes any of them one-sided in the sense of ``Pareto``, which is that version of ``Lomax``: large jumps
    to one side only, -E|Y| the smallest value.  For stable laws the totally skewed one is another candidate, but it is
    not one-sided: for an index above 1 it takes every negative value, and at index 2 it is the symmetric normal law.
    """

    base: Gaussian | Stable | StudentT


Shape = Zero | Gaussian | Stable | Lomax | Pareto | StudentT | OneSided | TwoPoint | ThreePoint
Number = TypeVar("Number", arb, acb)


def ball(value: int | Fraction) -> arb:
    """The ball of an exact rational."""
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def _require(finite: bool, shape: Shape, alpha: Fraction, condition: str) -> None:
    if not finite:
        raise AssumptionViolated(f"{shape}: E|X|^{alpha} is infinite; need {condition}")


def _check_probability(p: Fraction, largest: Fraction) -> None:
    if not 0 < p <= largest or (p * GRID).denominator != 1:
        raise ValueError(f"p: expected a multiple of 2^-64 in (0, {largest}], got {p}")


def _stable(index: Fraction, p: Number) -> Number:
    # 2^p Gamma((1+p)/2) Gamma(1-p/s) / (sqrt(pi) Gamma(1-p/2)); the Gammas cancel at s = 2
    common = 2**p * ((1 + p) / 2).gamma() / arb.pi().sqrt()
    if index == 2:
        return common
    return common * (1 - p / ball(index)).gamma() * (1 - p / 2).rgamma()


def _gaussian(p: Number) -> Number:
    # a stable law of index 2 is N(0, 2)
    return _stable(Fraction(2), p) / 2 ** (p / 2)


def _student(index: Fraction, p: Number) -> Number:
    # n^(p/2) Gamma((p+1)/2) Gamma((n-p)/2) / (sqrt(pi) Gamma(n/2))
    gammas = ((p + 1) / 2).gamma() * ((ball(index) - p) / 2).gamma() / ball(index / 2).gamma()
    return ball(index) ** (p / 2) * gammas / arb.pi().sqrt()


def _absolute(shape: Gaussian | Stable | StudentT, p: Number) -> Number:
    """E|Y|^p of a symmetric law, for real and complex p."""
    match shape:
        case Gaussian():
            return _gaussian(p)
        case Stable(index):
            return _stable(index, p)
        case StudentT(index):
            return _student(index, p)
    raise TypeError(f"expected a normal, stable or Student law, got {shape!r}; the one-sided Lomax law is Pareto")


@lru_cache(maxsize=256)
def _one_sided(base: Gaussian | Stable | StudentT, alpha: Fraction) -> arb:
    with ctx.workprec(one_sided.BITS):  # what is kept must not depend on who asked first
        return one_sided.moment(lambda p: _absolute(base, p), ball(alpha))


def _lomax(index: Fraction, alpha: Fraction) -> arb:
    # Gamma(a+1) Gamma(b-a) / Gamma(b)
    return ball(alpha + 1).gamma() * ball(index - alpha).gamma() / ball(index).gamma()


def _pareto(index: Fraction, alpha: Fraction) -> arb:
    # mu^(a-b) [b Beta(a+1, b-a) + b^-a/(a+1) 2F1(b+1, a+1; a+2; 1/b)], mu = b/(b-1)
    b, a = index, alpha
    beta = ball(a + 1).gamma() * ball(b - a).gamma() / ball(b + 1).gamma()
    inner = ball(1 / b).hypgeom_2f1(ball(b + 1), ball(a + 1), ball(a + 2))
    return ball(b / (b - 1)) ** ball(a - b) * (ball(b) * beta + inner / (ball(b) ** ball(a) * ball(a + 1)))


def _two_point(p: Fraction, alpha: Fraction) -> arb:
    # p + (1-p) (p/(1-p))^a = p (1 + (p/(1-p))^(a-1))
    return ball(p) * (1 + ball(p / (1 - p)) ** ball(alpha - 1))


def unit_moment(shape: Shape, alpha: Fraction) -> arb:
    """A ball containing E|X|^alpha, 1 < alpha <= 2, at the current working precision.

    Raises AssumptionViolated where the moment is infinite, ValueError for parameters outside the family.
    """
    match shape:
        case Zero():
            return arb(0)
        case Gaussian():
            return _gaussian(ball(alpha))
        case Stable(index):
            if not 1 < index <= 2:
                raise ValueError(f"stable index: expected a number in (1, 2], got {index}")
            _require(index > alpha or index == 2, shape, alpha, f"index > {alpha} (or index 2, the normal law)")
            return _stable(index, ball(alpha))
        case Lomax(index):
            _require(index > alpha, shape, alpha, f"index > {alpha}")
            return _lomax(index, alpha)
        case Pareto(index):
            _require(index > alpha, shape, alpha, f"index > {alpha}")
            return _pareto(index, alpha)
        case StudentT(index):
            _require(index > alpha, shape, alpha, f"index > {alpha} degrees of freedom")
            return _student(index, ball(alpha))
        case OneSided(base):
            _absolute(base, ball(1))  # refuses other laws
            unit_moment(base, alpha)  # refuses infinite moments
            return _one_sided(base, alpha)
        case TwoPoint(p):
            _check_probability(p, Fraction(1, 2))
            return _two_point(p, alpha)
        case ThreePoint(p):
            _check_probability(p / 2, Fraction(1, 2) - Fraction(1, GRID))
            return ball(p)
    raise TypeError(f"expected a noise shape, got {shape!r}")
