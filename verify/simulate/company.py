"""Loud company: what shows that something which runs in a batch is given more than its own noise.

Lanes of a batch are independent runs if each is a function of its own noise.  So a batch is run again with jumps added
to the noise of some lanes; the others must keep every bit.  A lane j that steers a lane i is seen when j is loud and i
is not: ``pairs`` has such a set of loud lanes for every i != j, ``halves`` for every i and j whose numbers differ in
one binary digit, which takes two runs only.

Jumps have random signs and random sizes between 2^-3 and 2^500, a third of them below 32: a branch on a threshold goes
the other way for some of them, wherever the threshold is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

LOW, HIGH = -3.0, 500.0  # binary exponents; the squares of all jumps are finite


def pairs(lanes: int) -> Iterator[np.ndarray]:
    """Sets of loud lanes, bool [lanes], with one that has j and not i for every ordered pair i != j."""
    number = np.arange(lanes)
    for digit in range((lanes - 1).bit_length()):
        ones = number >> digit & 1 == 1
        yield ones
        yield ~ones


def halves(lanes: int) -> Iterator[np.ndarray]:
    """The lanes whose numbers have an odd number of binary ones, and the others: neighbours, the first and the middle,
    the last and the middle are apart."""
    odd = np.array([k.bit_count() % 2 == 1 for k in range(lanes)], dtype=bool)
    yield odd
    yield ~odd


def jumps(t: int, lanes: int, draw: int = 0) -> np.ndarray:
    """What is added to the noise of step t, float64 [lanes]; ``draw`` numbers different ones."""
    u, sign = np.random.default_rng((draw, t)).random((2, lanes))
    return np.where(sign < 0.5, -1.0, 1.0) * 2.0 ** (LOW + (HIGH - LOW) * u**4)
