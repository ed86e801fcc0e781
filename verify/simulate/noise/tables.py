"""One sampler for every continuous law: the quantile function as a table of polynomials.

A sample is ``X = Q(v)`` (one-sided laws) or ``X = ±Q(v)`` with a fair sign (symmetric laws), where

    v = (k + 1/2) 2^-31                         k < 2^31 from the first word,
    v = (k + (r + 1/2) 2^-32) 2^-31             if k < 2^16: r < 2^32 from a second word,

so the tail is resolved down to v = 2^-64.  ``Q`` is tabulated on 32 equal pieces of each binary octave
[2^-j-1, 2^-j), 64 octaves, by polynomials of degree 5 interpolating at Chebyshev points: ``Q`` is analytic
away from v = 0 and the error is of relative order 130^-6.  Its coefficients have the same bits on every processor: they
are made of ``portable`` operations, and of balls that round to one float (``nearest``).

The moment and the mean of what comes out are certified from the table itself in ``realised``; why they are right:

Accuracy (tested against closed forms and 30-digit quadrature): |Q_table - Q| <= 1e-12 max(1, |Q|) for the default
indices; a table worse than ``ERROR`` is refused.

The law that is simulated stays in the noise class.  It is a discretisation, so it has lighter tails than the exact
law, and never a larger alpha-th moment:
- Q is convex (the density decreases), so a midpoint value is at most the mean of Q over its cell, and cell means are
  a conditional expectation: E|X'|^alpha <= E|X|^alpha by Jensen's inequality.  Symmetric laws are centred by the sign.
- The one-sided Pareto law is centred at the mean of its *discretised* quantile function, a difference of Hurwitz zeta
  values, not at b/(b-1): its mean is zero up to the table's error.  (Without this it would be off by 6e-9 at index
  1.75, 5e-4 at 1.25.)  Its moment is again the smaller one (computed in the tests).
- A scale reduced by the factor 1 - ``ERROR`` pays for the table's error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from flint import arb

from counterexamples.moments import Gaussian, Lomax, Pareto, Shape, Stable, StudentT, ball
from counterexamples.nearest import nearest
from verify.simulate.noise import stable, student
from verify.simulate.noise.kept import kept
from verify.simulate.noise.pieces import DEGREE, PIECE_BITS, PIECES, nodes, polynomials
from verify.simulate.portable import exp, expm1, log

OCTAVES = 64
REFINED = 2**16  # first words below 2 * REFINED are refined by a second word
ERROR = 1e-9


@dataclass(frozen=True, eq=False)
class Table:
    """coefficients[32 j + i, m]: of z^m, z in [-1/2, 1/2), on piece i of the octave [2^(j-64), 2^(j-63))."""

    coefficients: np.ndarray
    symmetric: bool


def _octaves() -> np.ndarray:
    return np.ldexp(1.0, -np.arange(OCTAVES, 0, -1))


def tabulate(quantile: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The coefficients of a quantile function of the survival probability v in [2^-64, 1)."""
    v = _octaves()[:, None] * (1.5 + nodes() / 2)
    values = quantile(v.ravel()).reshape(v.shape)
    return polynomials(values).reshape(OCTAVES * PIECES, DEGREE + 1)


def evaluate(coefficients: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Q(v): the same operations in the same order as the compiled sampler."""
    bits = v.view(np.uint64)
    piece = (bits >> np.uint64(52 - PIECE_BITS)) - np.uint64((1023 - OCTAVES) * PIECES)
    mantissa = bits << np.uint64(12 + PIECE_BITS) >> np.uint64(12) | np.uint64(0x3FF0000000000000)
    z = mantissa.view(np.float64) - 1.5
    rows = coefficients[piece.astype(np.int64)]
    value = rows[..., DEGREE]
    for m in range(DEGREE - 1, -1, -1):
        value = value * z + rows[..., m]
    return value


def _discrete_mean(index: Fraction) -> float:
    """E v^(-1/index) over the grid of v described above: two Hurwitz zeta differences."""
    half, first, fine, coarse = Fraction(1, 2), 2**16, 2**48, 2**31

    def total(cell: int, start: int, stop: int) -> arb:
        s = ball(1 / index)
        zeta = s.zeta(ball(start + half)) - s.zeta(ball(stop + half))
        return ball(Fraction(1, 2**cell)) ** (1 - s) * zeta

    return nearest(lambda: total(63, 0, fine) + total(31, first, coarse))


def _gaussian(v: np.ndarray, size: int) -> np.ndarray:
    """x with P(|X| > x) = v, X normal of variance ``size``."""
    found = (nearest(lambda v=v: arb(2 * size).sqrt() * arb(v).erfcinv()) for v in v.tolist())  # type: ignore[misc]
    return np.fromiter(found, float, len(v))


def quantile(shape: Shape) -> tuple[Callable[[np.ndarray], np.ndarray], bool]:
    """(Q, symmetric): X = ±Q(v) for symmetric shapes, X = Q(v) otherwise."""
    match shape:
        case Stable(index) if index < 2:
            return (lambda v: stable.abs_quantile(v, float(index))), True
        case Gaussian() | Stable():
            size = 1 if isinstance(shape, Gaussian) else 2
            return (lambda v: _gaussian(v, size)), True
        case Lomax(index):
            return (lambda v: expm1(log(v) * float(-1 / index))), True
        case Pareto(index):
            mean = _discrete_mean(index)
            return (lambda v: exp(log(v) * float(-1 / index)) - mean), False
        case StudentT(index):
            return (lambda v: student.abs_quantile(v, index)), True
    raise TypeError(f"expected a continuous noise shape, got {shape!r}")


def _error(coefficients: np.ndarray, exact: Callable[[np.ndarray], np.ndarray]) -> float:
    """The largest |Q_table - Q| / max(1, |Q|) between the nodes, a few points per octave."""
    v = (_octaves()[:, None] * (1 + np.array([0.003, 0.12, 0.37, 0.62, 0.88, 0.997]))).ravel()
    expected = exact(v)
    return float(np.max(np.abs(evaluate(coefficients, v) - expected) / np.maximum(1, np.abs(expected))))


@lru_cache(maxsize=256)
def table(shape: Shape) -> Table:
    """The table of a continuous shape, that of a stable or normal law from disk if it is there (``kept``);
    ArithmeticError if it misses the accuracy ``ERROR``."""
    exact, symmetric = quantile(shape)

    def compute() -> np.ndarray:
        coefficients = tabulate(exact)
        error = _error(coefficients, exact)
        if not error <= ERROR:
            raise ArithmeticError(f"{shape}: the sampler's table has error {error:.1e}, expected <= {ERROR:.0e}")
        return coefficients

    slow = isinstance(shape, Stable | Gaussian)
    coefficients = kept(repr(shape), (OCTAVES * PIECES, DEGREE + 1), compute) if slow else compute()
    coefficients.setflags(write=False)
    return Table(coefficients, symmetric)
