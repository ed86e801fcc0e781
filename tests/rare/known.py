"""Cases whose failure probability is known exactly."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import numpy as np

from bounds.methods import CLIP_SGD
from counterexamples.noise import Law
from counterexamples.problems import quadratic
from verify.rare import Case
from verify.rare.strata import PLACES
from verify.simulate import HyperParameters
from verify.simulate.noise.sampler import Continuous, sampler, value

SGD = replace(CLIP_SGD, clipped=False)
GAMMA = 0.25


def two_steps(law: Law) -> Case:
    """SGD on x^2/2 from 1, N = 2: xbar = (x_0 + x_1)/2 = 1 - (1 + xi_0)/8, and xi_1 does not matter."""
    return Case(SGD, quadratic(1.0, 1.0), law, HyperParameters(gamma=GAMMA), 2)


def gap_of(xi: float) -> float:
    """xbar^2/2, computed as the engine does."""
    x = 1.0 - GAMMA * (1.0 + xi)
    mean = (GAMMA * 1.0 + GAMMA * x) / (GAMMA + GAMMA)
    return mean * (mean - mean / 2)


def exceeding(law: Law, threshold: float) -> F:
    """P(gap > threshold) of ``two_steps``, exact: how many places of each sign exceed it; those do that are small."""
    drawn = sampler(law)
    assert isinstance(drawn, Continuous)
    signs = (0, 1) if drawn.table.symmetric else (0,)

    def count(sign: int) -> int:
        low, high = 0, PLACES // 16  # places below the count exceed, those at it or above do not
        assert gap_of(number(high, sign)) <= threshold
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if gap_of(number(middle, sign)) > threshold else (low, middle)
        return low

    def number(place: int, sign: int) -> float:
        first = np.array([(place >> 32) << 1 | sign], np.uint64)
        return float(value(drawn, first, np.array([place & (2**32 - 1)], np.uint64))[0])

    return F(sum(map(count, signs)), PLACES * len(signs))


def threshold_for(law: Law, probability: F) -> float:
    """A threshold that ``two_steps`` exceeds with about this probability."""
    low, high = 1.0, 1e30
    for _ in range(56):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if exceeding(law, middle) > probability else (low, middle)
    return high
