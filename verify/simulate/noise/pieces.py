"""From values of a function on an octave to polynomials on its pieces, by numbers that are exact but for one rounding.

An octave is x in [-1, 1], piece i is x = -1 + (2 i + 1 + 2 z)/32, z in [-1/2, 1/2].  The values at the zeros of T_32

    x_j = cos((2j+1) pi/64)    give    c_k = (2 - [k = 0])/32 sum_j cos(k (2j+1) pi/64) values_j,

and sum_k c_k T_k, a polynomial in z on each piece, is reduced modulo T_6(2z) to degree 5: so it is interpolated at the
six zeros of that.  T_k modulo T_6(2z) has rational coefficients.
"""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
from flint import arb, fmpq, fmpq_poly

from counterexamples.nearest import nearest
from verify.simulate.portable import total

PIECE_BITS, DEGREE = 5, 5
PIECES = 2**PIECE_BITS
NODES = 32  # in an octave
MODULUS = fmpq_poly([-1, 0, 72, 0, -768, 0, 2048])  # T_6(2z)


@lru_cache(maxsize=1)
def _cosines() -> np.ndarray:
    """cos(m pi/64), m = 0 .. 127."""
    return np.array([nearest(partial(arb.cos_pi_fmpq, fmpq(m, 2 * NODES))) for m in range(4 * NODES)])


def nodes() -> np.ndarray:
    """x_j."""
    return _cosines()[1 : 2 * NODES : 2]


@lru_cache(maxsize=1)
def _to_chebyshev() -> np.ndarray:
    """[j, k]: what values_j counts in c_k."""
    j, k = np.arange(NODES)[:, None], np.arange(NODES)
    return _cosines()[k * (2 * j + 1) % (4 * NODES)] * np.where(k == 0, 1, 2) / NODES


@lru_cache(maxsize=1)
def _reduced() -> np.ndarray:
    """[k, i, m]: the coefficient of z^m in T_k modulo T_6(2z) on piece i."""
    found = np.zeros((NODES, PIECES, DEGREE + 1))
    for i in range(PIECES):
        x = fmpq_poly([fmpq(2 * i + 1, PIECES) - 1, fmpq(2, PIECES)])
        now, after = fmpq_poly([1]), x
        for k in range(NODES):
            for m, c in enumerate(now.coeffs()):
                found[k, i, m] = int(c.p) / int(c.q)
            now, after = after, (2 * x * after - now) % MODULUS
    return found


def polynomials(values: np.ndarray) -> np.ndarray:
    """Coefficients [octave, piece, m] of z^m from values [octave, j]."""
    chebyshev = total(_to_chebyshev()[:, :, None] * values.T[:, None, :])  # [k, octave]
    return total(chebyshev[:, :, None, None] * _reduced()[:, None])
