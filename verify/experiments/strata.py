"""Quantiles far beyond the number of trajectories: strata by the number of jumps, with binomial weights.

Noise +-z with probability p/2 each, 0 otherwise, in each of N calls.  The number of jumps is binomial, so

    P(no jump) >= 1 - N p,     N p (1 - (N-1) p) <= P(one jump) <= N p,     P(more) <= N (N-1) p^2 / 2,

exact.  Without a jump there is one path.  With one jump its call and its sign are uniform: these trajectories are
sampled, and their quantile has a confidence band.  What more jumps do is unknown: they count as the worst above, and
as harmless below.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from bounds.methods import Method
from counterexamples.moments import GRID, ThreePoint
from counterexamples.noise import Law, no_noise, scaled
from counterexamples.problems import Problem
from verify.simulate import HyperParameters, simulate
from verify.simulate.philox import words
from verify.simulate.sampler import Planned
from verify.statistics import Band, quantile_band

JUMPS = 8  # N p / delta: four times delta for a jump to either side


@dataclass(frozen=True)
class Weights:
    """Bounds of the probabilities of no, one and more jumps: exact rationals."""

    none_low: Fraction
    one_low: Fraction
    one_high: Fraction
    more_high: Fraction


def weights(p: Fraction, N: int) -> Weights:
    """The inequalities of the module's docstring."""
    return Weights(1 - N * p, N * p * (1 - (N - 1) * p), N * p, Fraction(N * (N - 1), 2) * p * p)


def jump_law_for(delta: Fraction, N: int, alpha: Fraction) -> Law:
    """The three-point law with N p about 8 delta and E|xi|^alpha <= 1, certified; ValueError for delta > 1/20."""
    if not 0 < delta <= Fraction(1, 20):
        raise ValueError(f"delta: expected a number in (0, 1/20], got {delta}")
    half = JUMPS * delta * GRID / (2 * N)
    if half < 1:
        raise ValueError(f"delta: a jump in {N} calls would be rarer than 2^-64; try a larger delta")
    return scaled(ThreePoint(Fraction(2 * int(half), GRID)), alpha, Fraction(1))


def one_jump(law: Law, N: int, runs: int, seed: int) -> Planned:
    """``runs`` trajectories with one jump each: the call uniform (up to N/2^64), the sign fair."""
    w = words(0, 0, np.arange(runs, dtype=np.uint64), seed).astype(np.uint64)
    times = (w[0] << np.uint64(32) | w[1]) % np.uint64(N)
    return Planned(times.astype(np.int64)[None], np.where(w[2] & np.uint64(1), law.scale, -law.scale)[None])


@dataclass(frozen=True)
class Case:
    """A method at its numbers on a problem, N steps."""

    method: Method
    problem: Problem
    hp: HyperParameters
    N: int


def quantile(case: Case, law: Law, delta: Fraction, runs: int, seed: int, level: Fraction) -> Band:
    """The (1-delta)-quantile of f(xbar) - f*: a band with confidence >= 1 - level, its ranks among the one-jump runs.

    P(gap > q) <= P(one) P(gap > q | one) + P(more) for q at least the gap g without a jump, and
    P(gap > q) >= P(none) > delta for q < g, and P(gap > q) >= P(one) P(gap > q | one).
    """
    shape = law.shape
    if not isinstance(shape, ThreePoint):
        raise ValueError(f"law: expected a three-point law, got {shape!r}")
    w = weights(shape.p, case.N)
    if not (w.none_low > delta and delta < w.one_low and 0 < delta - w.more_high < w.one_high):
        raise ValueError(f"delta: {delta} is not between P(more jumps) and P(one jump)")

    def gaps(noise: Law | Planned, count: int) -> list[float]:
        return simulate(
            case.method, case.problem, noise, hp=case.hp, steps=case.N, runs=count, seed=seed
        ).values.tolist()

    quiet, jumped = gaps(no_noise(law.alpha, law.sigma), 1)[0], gaps(one_jump(law, case.N, runs, seed), runs)
    below = quantile_band(jumped, delta / w.one_low, level)
    above = quantile_band(jumped, (delta - w.more_high) / w.one_high, level)
    return Band(
        lower=max(quiet, below.lower),
        estimate=max(quiet, above.estimate),
        upper=max(quiet, above.upper),
        lower_rank=below.lower_rank,
        upper_rank=above.upper_rank,
    )
