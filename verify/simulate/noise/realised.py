"""The law that is really drawn: its alpha-th moment and its mean, certified.

A sampler is a finite list of numbers: a polynomial on an even grid of each piece (``tables``), or atoms with exact
probabilities.  So E|X'|^alpha and E X' of the numbers that come out, rounding included, are finite sums, and they are
bounded here in ball arithmetic from the very coefficients the sampler uses.  Nothing is assumed of the exact law.

On a piece P = c (1 + w), |w| <= r: |P|^alpha = |c|^alpha sum_{k<K} binom(alpha, k) w^k up to r^K/(1 - r), a polynomial
in z, whose mean over the grid is exact (``grid``).  Where w is not small, next to a zero of P, the
piece is halved.  For noise in all directions of R^d, d <= 64, the moment of the radius is multiplied by what the
rounding of the direction can add.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

from flint import arb, arb_poly, ctx

from counterexamples.moments import AssumptionViolated, ball
from counterexamples.noise import Law
from counterexamples.steering import checked
from verify.kernel.balls import ends
from verify.simulate.noise.grid import PRECISION, mean, pieces
from verify.simulate.noise.sampler import Atoms, Continuous, Drawn, Isotropic, Nothing, Planned, sampler
from verify.simulate.noise.sphere import MAX_DIM
from verify.simulate.noise.tables import Table

UNIT = Fraction(1, 2**53)  # relative error of one operation
UNDERFLOW = Fraction(1, 2**1075)  # absolute error of one product
OPERATIONS = 14  # of Horner's rule, generously
SMALL = Fraction(1, 8)  # the largest r that is not halved
HALVINGS = 24
PRECISE = 50  # the series stops when r^K < 2^-50


@dataclass(frozen=True)
class Realised:
    """E||xi'||^alpha <= moment and ||E xi'|| <= mean for the numbers xi' that the sampler returns.

    ``distance``: some law of the class, centred exactly, is as near as this in total variation, given the past.  With
    mu = E[xi' | past], draw xi' with probability 1 - q and -sigma mu/||mu|| otherwise, q = ||mu||/(||mu|| + sigma): the
    mean is (1 - q) mu - q sigma mu/||mu|| = 0, the moment (1 - q) E||xi'||^alpha + q sigma^alpha <= sigma^alpha.  So N
    steps with the numbers drawn differ from N steps with that noise with probability N ``distance`` at most.
    """

    moment: Fraction
    mean: Fraction
    distance: Fraction = Fraction(0)


def _size(polynomial: arb_poly) -> arb:
    """A bound of |P(z)|, |z| <= 1/2."""
    return sum((abs(c) / 2**m for m, c in enumerate(polynomial.coeffs())), arb(0))


def _power(polynomial: arb_poly, error: arb, n: int, alpha: Fraction, depth: int = 0) -> arb:
    """An upper bound of the mean of (|P| + error)^alpha over n midpoints (n a power of 2)."""
    c = abs(polynomial[0]) + error
    rest = polynomial - polynomial[0]
    r = _size(rest) / c if c > 0 else arb(1)
    if not r <= ball(SMALL):
        if depth == HALVINGS or n == 1:
            return (_size(polynomial) + error) ** ball(alpha)
        halves = (polynomial(arb_poly([ball(Fraction(side, 4)), arb(0.5)])) for side in (-1, 1))
        return sum((_power(half, error, n // 2, alpha, depth + 1) for half in halves), arb(0)) / 2
    w = rest * (1 / (c if polynomial[0] > 0 else -c))
    terms = max(2, math.ceil(-PRECISE / math.log2(float(r.upper())))) if r > 0 else 2
    series = arb_poly([0])
    for coefficient in reversed(_binomials(alpha, terms)):
        series = series * w + coefficient
    return c ** ball(alpha) * (mean(series, n) + r**terms / (1 - r))


@lru_cache(maxsize=256)
def _binomials(alpha: Fraction, terms: int) -> list[arb]:
    """binom(alpha, k), k < terms; the others are at most 1 in size because alpha <= 2."""
    found = [Fraction(1)]
    for k in range(terms - 1):
        found.append(found[-1] * (alpha - k) / (k + 1))
    return [ball(b) for b in found]


@lru_cache(maxsize=256)
def _of_table(table: Table, alpha: Fraction) -> tuple[arb, arb]:
    """The moment and the size of the mean at scale 1."""
    with ctx.workprec(PRECISION):  # what is kept must not depend on who asked first
        moment, centre, slack = arb(0), arb(0), arb(0)
        for polynomial, n, probability in pieces(table):
            error = _size(polynomial) * ball(OPERATIONS * UNIT)
            moment += _power(polynomial, error, n, alpha) * ball(probability)
            centre += mean(polynomial, n) * ball(probability)
            slack += (error + _size(polynomial) * ball(UNIT)) * ball(probability)
        return moment, arb(0) if table.symmetric else abs(centre) + slack


def _of_continuous(law: Continuous, alpha: Fraction) -> tuple[arb, arb]:
    moment, centre = _of_table(law.table, alpha)
    scale = abs(arb(law.scale)) * ball(1 + UNIT)
    return scale ** ball(alpha) * moment, scale * centre


def _of_atoms(law: Atoms, alpha: Fraction) -> tuple[arb, arb]:
    cuts = [0, *(int(cut) for cut in law.thresholds), 2**64]
    atoms = [
        (Fraction(high - low, 2**64), Fraction(float(value)))
        for (low, high), value in zip(pairwise(cuts), law.values, strict=True)
    ]
    moment = sum((ball(p) * ball(abs(v)) ** ball(alpha) for p, v in atoms if v), arb(0))
    return moment, ball(abs(sum((p * v for p, v in atoms), Fraction(0))))


def _of_directions(radial: Fraction, alpha: Fraction) -> Realised:
    """From E|r|^alpha to E||xi||^alpha, by ``sphere`` and Minkowski's inequality; the mean is 0."""
    with ctx.workprec(PRECISION):
        root = ball(radial) ** ball(1 / alpha) + ball(Fraction(1, 2**1000)) if radial else arb(0)
        moment = ((1 + ball(UNIT)) ** (MAX_DIM + 8) * root) ** ball(alpha)
        return Realised(ends(moment)[1], Fraction(0))


def bounds_of(law: Drawn | Planned, alpha: Fraction) -> Realised:
    """Certified bounds for whatever the sampler returns; 1 < alpha <= 2.  ValueError for planned jumps."""
    if isinstance(law, Planned):
        raise ValueError("law: expected noise that is drawn afresh in every call, got planned jumps")
    if isinstance(law, Nothing):
        return Realised(Fraction(0), Fraction(0))
    if isinstance(law, Isotropic):
        return _of_directions(bounds_of(law.radius, alpha).moment, alpha)
    with ctx.workprec(PRECISION):
        pair = _of_continuous(law, alpha) if isinstance(law, Continuous) else _of_atoms(law, alpha)
        moment, centre = (ends(value)[1] for value in pair)
    return Realised(moment, centre)


@lru_cache(maxsize=256)
def realised(law: Law) -> Realised:
    """The certified moment and conditional mean of the numbers drawn for a law, steered or not.

    A steered number is fl(D' xi') with |D'| <= 1: rounding is monotone, so it is no larger than |xi'|, and its
    conditional mean is D' E xi' up to 2^-53 E|xi'| and an underflow.  Raises AssumptionViolated unless
    E|xi'|^alpha <= sigma^alpha is certain.
    """
    found = bounds_of(sampler(replace(law, steering=None)), law.alpha)
    if law.steering is not None:
        checked(law.steering)
        found = replace(found, mean=found.mean + UNIT * law.sigma + UNDERFLOW)
    with ctx.workprec(PRECISION):
        if not ball(found.moment) <= ball(law.sigma) ** ball(law.alpha):
            raise AssumptionViolated(
                f"{law.shape}: the numbers drawn have E|xi|^{law.alpha} <= {float(found.moment)!r} only, "
                f"expected at most {law.sigma}^{law.alpha}"
            )
    return replace(found, distance=_rounded_up(found.mean / law.sigma) if found.mean else Fraction(0))


def _rounded_up(value: Fraction) -> Fraction:
    """A multiple of 2^-100, for short arithmetic."""
    return Fraction(math.ceil(value * 2**100), 2**100)
