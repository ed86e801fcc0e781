"""Means over all numbers that a table of the sampler can return, exact, and tables centred by them.

On each piece the points are an even grid, so the mean of a polynomial is that of its powers (Euler-Maclaurin).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache, lru_cache
from math import comb, factorial

from flint import arb, arb_poly, ctx

from counterexamples.moments import Gaussian, Stable, StudentT, ball
from counterexamples.nearest import nearest
from verify.simulate.noise.tables import OCTAVES, PIECE_BITS, PIECES, Table, table

PRECISION = 106
COARSE, FINE = 31, 63  # v is an odd multiple of 2^-32 from 2^-15 on, of 2^-64 below


@cache
def _bernoulli(n: int) -> Fraction:
    if n == 0:
        return Fraction(1)
    return -sum((comb(n + 1, k) * _bernoulli(k) for k in range(n)), Fraction(0)) / (n + 1)


@cache
def _corrections(q: int) -> tuple[Fraction, ...]:
    """What n^(-2k), k = 0, 1, .., is multiplied by in the mean of z^q, q even."""
    found = [Fraction(1, 2**q * (q + 1))]
    for k in range(1, q // 2 + 1):  # B_2k(1/2) = (2^(1-2k) - 1) B_2k; the odd derivative differs by twice its value
        derivative = Fraction(factorial(q), factorial(q - 2 * k + 1) * 2 ** (q - 2 * k + 1))
        found.append((Fraction(2, 4**k) - 1) * _bernoulli(2 * k) / factorial(2 * k) * 2 * derivative)
    return tuple(found)


def grid_mean(q: int, n: int) -> Fraction:
    """The mean of z^q over the n midpoints (m + 1/2)/n - 1/2, exact."""
    if q % 2:
        return Fraction(0)
    return sum((c / n ** (2 * k) for k, c in enumerate(_corrections(q))), Fraction(0))


@cache
def _grid_mean(q: int, n: int, bits: int) -> arb:
    """The same as a ball of this precision."""
    with ctx.workprec(bits):
        return ball(grid_mean(q, n))


def mean(polynomial: arb_poly, n: int) -> arb:
    """Of P over the n midpoints."""
    return sum((c * _grid_mean(m, n, ctx.prec) for m, c in enumerate(polynomial.coeffs()) if not m % 2), arb(0))


def pieces(found: Table) -> Iterator[tuple[arb_poly, int, Fraction]]:
    """(polynomial on the grid, number n of its points, probability of the piece).

    Octave j is [2^-j, 2^(1-j)).  Below 2^-58 a piece holds at most one point, given as a constant.
    """
    rows = found.coefficients.reshape(OCTAVES, PIECES, -1)
    for j in range(1, FINE - PIECE_BITS + 1):
        cell = COARSE if j <= COARSE - 16 else FINE
        n = 2 ** (cell - PIECE_BITS - j)
        for row in rows[OCTAVES - j]:
            yield arb_poly([arb(float(c)) for c in row]), n, Fraction(n, 2**cell)
    for K in range(PIECES):
        v = Fraction(2 * K + 1, 2 ** (FINE + 1))
        j = next(j for j in range(FINE - PIECE_BITS, OCTAVES + 1) if v >= Fraction(1, 2**j))
        place = PIECES * (v * 2**j - 1)
        row = rows[OCTAVES - j][int(place)]
        z = ball(place - int(place) - Fraction(1, 2))
        yield arb_poly([arb_poly([arb(float(c)) for c in row])(z)]), 1, Fraction(1, 2**FINE)


@lru_cache(maxsize=64)
def one_sided(base: Gaussian | Stable | StudentT) -> Table:
    """The table of |Y| - E|Y|: that of |Y| less its own mean over the grid, not less the E|Y| of the exact law.

    What is cut off at v = 2^-64 is missing in both, so the numbers drawn are centred up to rounding.
    """
    found = table(base)
    coefficients = found.coefficients.copy()
    coefficients[:, 0] -= nearest(
        lambda: sum((mean(p, n) * ball(probability) for p, n, probability in pieces(found)), arb(0))
    )
    coefficients.setflags(write=False)
    return Table(coefficients, symmetric=False)
