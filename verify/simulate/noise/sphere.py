"""Random directions of R^d: a normal vector divided by its norm, by operations that every engine rounds alike.

    xi_j = (r / sqrt(sum_j G_j^2 + 2^-600)) G_j,       G_j = ±Q(v_j),   v_j = (k_j + 1/2) 2^-31,

Q the tabulated quantile function of |N(0, 1)| (``tables``), sign and k_j of one word.  The words are those of
trajectory number + 2^63, which no trajectory has: block ceil(d/4) t + b serves the coordinates 4b .. 4b + 3 of step t.

What is certain, whatever the table is worth, with u = 2^-53 and d <= ``MAX_DIM``:
- E[xi | r] = 0: a sign flips xi_j and nothing else, and the signs are fair and independent of everything else.
- ||xi|| <= (1 + u)^(d + 8) (|r| + 2^-1000).  The sum is at least (1 - u)^(d + 1) sum_j G_j^2, because 2^-600 is more
  than all underflow; root, quotient and product lose 1 + u each; 2^-1000 pays for underflow of the last two.
"""

from __future__ import annotations

import numpy as np

from counterexamples.battery import MOST
from counterexamples.moments import Gaussian
from verify.simulate.noise.philox import WORDS, words
from verify.simulate.noise.tables import evaluate, table

MAX_DIM = MOST  # what the bound above, the words and the battery allow
SHRINK = 2.0**-40
TINY = 2.0**-600
MARK = 2**63  # added to the number of a trajectory


def coefficients() -> np.ndarray:
    """Of Q."""
    return table(Gaussian()).coefficients


def blocks(dim: int) -> int:
    """How many blocks of words a step needs."""
    return -(-dim // WORDS)


def direct(r: np.ndarray, t: int, stream: int, trajectories: np.ndarray, seed: int, dim: int) -> np.ndarray:
    """xi for the radii r of step t: float64 [dim, trajectories]."""
    ids = np.asarray(trajectories, np.uint64) | np.uint64(MARK)
    drawn = [words(blocks(dim) * t + b, stream, ids, seed) for b in range(blocks(dim))]
    w = np.concatenate(drawn)[:dim]
    size = evaluate(coefficients(), ((w >> np.uint32(1)) + 0.5) * 2.0**-31)
    G = np.where(w & np.uint32(1) == 1, -size, size)
    total = np.zeros(len(ids))
    for row in G:
        total = total + row * row
    return r / np.sqrt(total + TINY) * G
