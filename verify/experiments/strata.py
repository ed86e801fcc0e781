"""Quantiles in rare jumps: noise +-z with probability p/2 each, 0 otherwise, of which a run has about 8 delta.

One cannot wait for such a jump at delta = 1e-9; ``verify.rare`` need not: it runs the trajectories without a jump,
with one, and with more by themselves, and knows how rare they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bounds.methods import Method
from counterexamples.moments import GRID, ThreePoint
from counterexamples.noise import Law, scaled
from counterexamples.problems import Problem
from verify import rare
from verify.simulate import HyperParameters

JUMPS = 8  # N p / delta: four times delta for a jump to either side
PILOTS = 600  # trajectories of pilot runs, about, besides those that count


@dataclass(frozen=True)
class Case:
    """A method at its numbers on a problem, N steps."""

    method: Method
    problem: Problem
    hp: HyperParameters
    N: int


def jump_law_for(delta: Fraction, N: int, alpha: Fraction) -> Law:
    """The three-point law with N p about 8 delta and E|xi|^alpha <= 1, certified; ValueError for delta > 1/20."""
    if not 0 < delta <= Fraction(1, 20):
        raise ValueError(f"delta: expected a number in (0, 1/20], got {delta}")
    half = JUMPS * delta * GRID / (2 * N)
    if half < 1:
        raise ValueError(f"delta: a jump in {N} calls would be rarer than 2^-64; try a larger delta")
    return scaled(ThreePoint(Fraction(2 * int(half), GRID)), alpha, Fraction(1))


def quantile(case: Case, law: Law, delta: Fraction, runs: int, seed: int, level: Fraction) -> rare.Quantile:
    """The (1-delta)-quantile of f(xbar) - f*: a band with confidence >= 1 - level, from about ``runs`` trajectories."""
    about = rare.Case(case.method, case.problem, law, case.hp, case.N)
    (found,) = rare.quantiles(about, [delta], runs=runs + PILOTS, seed=seed, level=level, intervals=False)
    return found
