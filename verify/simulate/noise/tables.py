"""One sampler for every continuous law: the quantile function as a table of polynomials.

A sample is ``X = Q(v)`` (one-sided laws) or ``X = ±Q(v)`` with a fair sign (symmetric laws), where

    v = (k + 1/2) 2^-31                         k < 2^31 from the first word,
    v = (k + (r + 1/2) 2^-32) 2^-31             if k < 2^16: r < 2^32 from a second word,

so the tail is resolved down to v = 2^-64.  ``Q`` is tabulated on 32 equal pieces of each binary octave
[2^-j-1, 2^-j), 64 octaves, by polynomials of degree 5 interpolating at Chebyshev points: ``Q`` is analytic
away from v = 0 and the error is of relative order 130^-6.

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
from numpy.polynomial import chebyshev, polynomial

from counterexamples.moments import Gaussian, Lomax, Pareto, Shape, Stable, StudentT, ball
from verify.simulate.noise.kept import kept
from verify.simulate.noise.stable import abs_quantile

OCTAVES, PIECE_BITS, DEGREE = 64, 5, 5
PIECES = 2**PIECE_BITS
REFINED = 2**16  # first words below 2 * REFINED are refined by a second word
ERROR = 1e-9
_NODES = 32  # Chebyshev nodes per octave


@dataclass(frozen=True)
class Table:
    """coefficients[32 j + i, m]: of z^m, z in [-1/2, 1/2), on piece i of the octave [2^(j-64), 2^(j-63))."""

    coefficients: np.ndarray
    symmetric: bool


def _chebyshev(n: int) -> np.ndarray:
    return np.cos((np.arange(n) + 0.5) * np.pi / n)


@lru_cache
def _octave_to_pieces() -> np.ndarray:
    """The linear map from values at the nodes of one octave to the coefficients of its pieces."""
    to_octave = np.linalg.inv(chebyshev.chebvander(_chebyshev(_NODES), _NODES - 1))
    z = _chebyshev(DEGREE + 1) / 2
    to_coefficients = np.linalg.inv(polynomial.polyvander(z, DEGREE))
    centres = (np.arange(PIECES) + 0.5) / PIECES
    points = 2 * (centres[:, None] + z / PIECES) - 1
    return to_coefficients @ chebyshev.chebvander(points, _NODES - 1) @ to_octave


def _octaves() -> np.ndarray:
    return 2.0 ** -np.arange(OCTAVES, 0, -1)


def tabulate(quantile: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The coefficients of a quantile function of the survival probability v in [2^-64, 1)."""
    v = _octaves()[:, None] * (1.5 + _chebyshev(_NODES) / 2)
    values = quantile(v.ravel()).reshape(OCTAVES, _NODES)
    pieces = np.einsum("imn,jn->jim", _octave_to_pieces(), values)
    return np.ascontiguousarray(pieces.reshape(OCTAVES * PIECES, DEGREE + 1))


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
    from flint import ctx

    half, first, fine, coarse = Fraction(1, 2), 2**16, 2**48, 2**31
    with ctx.workprec(256):
        s = ball(1 / index)

        def total(cell: int, start: int, stop: int):
            zeta = s.zeta(ball(start + half)) - s.zeta(ball(stop + half))
            return ball(Fraction(1, 2**cell)) ** (1 - s) * zeta

        return float((total(63, 0, fine) + total(31, first, coarse)).mid())


def _student(v: np.ndarray, index: float) -> np.ndarray:
    from scipy.special import beta, stdtr, stdtrit

    x = -stdtrit(index, v / 2)
    for _ in range(2):  # polish: Newton on log P(T > x) = log(v/2)
        tail = stdtr(index, -x)
        density = (1 + x * x / index) ** (-(index + 1) / 2) / (np.sqrt(index) * beta(index / 2, 0.5))
        x = x + np.log(2 * tail / v) * tail / density
    return x


def quantile(shape: Shape) -> tuple[Callable[[np.ndarray], np.ndarray], bool]:
    """(Q, symmetric): X = ±Q(v) for symmetric shapes, X = Q(v) otherwise."""
    match shape:
        case Stable(index) if index < 2:
            return (lambda v: abs_quantile(v, float(index))), True
        case Gaussian() | Stable():
            from scipy.special import ndtri

            size = 1.0 if isinstance(shape, Gaussian) else np.sqrt(2.0)
            return (lambda v: -size * ndtri(v / 2)), True
        case Lomax(index):
            return (lambda v: np.expm1(-np.log(v) / float(index))), True
        case Pareto(index):
            mean = _discrete_mean(index)
            return (lambda v: v ** (-1 / float(index)) - mean), False
        case StudentT(index):
            return (lambda v: _student(v, float(index))), True
    raise TypeError(f"expected a continuous noise shape, got {shape!r}")


def _error(coefficients: np.ndarray, exact: Callable[[np.ndarray], np.ndarray]) -> float:
    """The largest |Q_table - Q| / max(1, |Q|) between the nodes, a few points per octave."""
    v = (_octaves()[:, None] * (1 + np.array([0.003, 0.12, 0.37, 0.62, 0.88, 0.997]))).ravel()
    expected = exact(v)
    return float(np.max(np.abs(evaluate(coefficients, v) - expected) / np.maximum(1, np.abs(expected))))


@lru_cache(maxsize=256)
def table(shape: Shape) -> Table:
    """The table of a continuous shape, that of a stable law from disk if it is there (``kept``); ArithmeticError if it
    misses the accuracy ``ERROR``."""
    exact, symmetric = quantile(shape)

    def compute() -> np.ndarray:
        coefficients = tabulate(exact)
        error = _error(coefficients, exact)
        if not error <= ERROR:
            raise ArithmeticError(f"{shape}: the sampler's table has error {error:.1e}, expected <= {ERROR:.0e}")
        return coefficients

    slow = isinstance(shape, Stable) and shape.index < 2
    coefficients = kept(repr(shape), (OCTAVES * PIECES, DEGREE + 1), compute) if slow else compute()
    coefficients.setflags(write=False)
    return Table(coefficients, symmetric)
