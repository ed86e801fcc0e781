"""Functions of logistic type without exp and log, which libraries round differently: square roots do instead.

With z = x/nu and s(z) = (1 + z^2)^(1/2),

    pseudo-huber   f = L nu^2 (s(z) - 1),   f' = L nu z/s(z)           |f'| < L nu,       like log cosh, minimum at 0
    squareplus     f = L nu^2 (s(z) + z),   f' = L nu (1 + z/s(z))     0 < f' < 2 L nu,   like log(1 + exp z), inf 0

Both are convex with 0 < f'' = L/s(z)^3 <= L, and L is reached at 0 only.  The squareplus function (Barron, 2021, arXiv
2112.11687, there halved) has no minimiser, as the logistic loss of separable data has none.

No difference of nearly equal numbers is taken, and no square overflows: s - 1 = z^2/(1 + s), s + z = 1/(s - z).  Nor
does the well's z^2/(1 + z^2) overflow.
``ops``: ``sqrt`` and ``where`` besides operators.  All constants are whole, so that rationals stay rationals.
"""

from __future__ import annotations

from typing import Any


def square_part(ops: Any, z: Any) -> Any:
    """z^2/(1 + z^2)."""
    size = abs(z)
    ratio = ops.where(size > 1, 1, size) / ops.where(size > 1, size, 1)
    square = ratio * ratio
    return ops.where(size > 1, 1, square) / (1 + square)


def root(ops: Any, z: Any) -> Any:
    """(1 + z^2)^(1/2)."""
    size = abs(z)
    large, small = ops.where(size > 1, size, 1), ops.where(size > 1, 1, size)
    ratio = small / large
    return large * ops.sqrt(1 + ratio * ratio)


def even_slope(ops: Any, z: Any) -> Any:
    """z/s."""
    return z / root(ops, z)


def even_height(ops: Any, z: Any) -> Any:
    """s - 1."""
    return z * (z / (1 + root(ops, z)))


def rising_slope(ops: Any, z: Any) -> Any:
    """1 + z/s = (s + z)/s."""
    return rising_height(ops, z) / root(ops, z)


def rising_height(ops: Any, z: Any) -> Any:
    """s + z."""
    total = root(ops, z) + abs(z)
    return ops.where(z > 0, total, 1 / total)
