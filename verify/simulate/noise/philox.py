"""Philox4x32-10, the counter-based generator of Salmon et al. (SC 2011); known-answer vectors in the tests.

A word is a pure function of (counter, key).  Here

    counter = (step block, stream, trajectory low, trajectory high),      key = (seed low, seed high),

and one block of four words serves four consecutive steps of one trajectory.  Every trajectory therefore sees
the same randomness however the work is cut up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

WORDS = 4  # words per block
_u32, _u64 = np.uint32, np.uint64
_SHIFT = _u64(32)
_MULTIPLIERS = _u64(0xD2511F53), _u64(0xCD9E8D57)
_WEYL = _u32(0x9E3779B9), _u32(0xBB67AE85)


def philox4x32(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> tuple[Any, Any, Any, Any]:
    """Ten rounds; every argument and result is a uint32, or an array of them (not a numpy scalar).

    Plain enough that the same function is compiled for single words and run on whole arrays.
    """
    for _ in range(10):
        p0 = _MULTIPLIERS[0] * _u64(c0)
        p1 = _MULTIPLIERS[1] * _u64(c2)
        c0 = _u32(p1 >> _SHIFT) ^ c1 ^ k0
        c2 = _u32(p0 >> _SHIFT) ^ c3 ^ k1
        c1 = _u32(p1)
        c3 = _u32(p0)
        k0 = _u32(k0 + _WEYL[0])
        k1 = _u32(k1 + _WEYL[1])
    return c0, c1, c2, c3


def low_high(value: int) -> tuple[int, int]:
    """The two 32-bit halves of a 64-bit number."""
    return value & 0xFFFFFFFF, value >> 32


def words(block: int | np.ndarray, stream: int, trajectories: np.ndarray, seed: int) -> np.ndarray:
    """The four words of one step block, or of one for each trajectory: uint32 [4, trajectories]."""
    ids = np.asarray(trajectories, np.uint64)
    counter = (np.atleast_1d(block), np.array([stream]), ids & _u64(0xFFFFFFFF), ids >> _SHIFT)
    key = (np.array([half]) for half in low_high(seed))
    return np.stack(philox4x32(*np.broadcast_arrays(*(np.asarray(c).astype(_u32) for c in (*counter, *key)))))
