"""A noise law as the few numbers that a sampler needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from counterexamples.moments import GRID, ThreePoint, TwoPoint, Zero
from counterexamples.noise import Law, describe
from counterexamples.problems import round_down
from verify.simulate.philox import WORDS, words
from verify.simulate.sphere import SHRINK, direct
from verify.simulate.tables import ERROR, REFINED, Table, evaluate, table


@dataclass(frozen=True)
class Nothing:
    """xi = 0."""


@dataclass(frozen=True)
class Continuous:
    """xi = scale * (±) Q(v), Q tabulated."""

    table: Table
    scale: float


@dataclass(frozen=True)
class Atoms:
    """xi = values[j] for the first j with U < thresholds[j] (2^64 for the last one), U a uniform 64-bit word."""

    thresholds: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Isotropic:
    """xi = r U, r drawn by ``radius``, U in R^d with independent signs of its entries, ||U|| <= 1: see ``sphere``."""

    radius: Nothing | Continuous | Atoms


@dataclass(frozen=True)
class Planned:
    """xi_t = values[i] in call times[i] of trajectory i, and 0 in all other calls: int64 and float64 [trajectories]."""

    times: np.ndarray
    values: np.ndarray


Drawn = Nothing | Continuous | Atoms | Isotropic
Sampler = Drawn | Planned


def sampler(law: Law) -> Drawn:
    """The sampler of a law.  Two- and three-point laws are realised exactly, up to one rounding of z p/(1-p) towards
    zero; for continuous laws see ``tables``.  A radius is reduced by the factor 1 - ``SHRINK``, which pays for the
    rounding of the direction.  ``realised`` certifies what comes out."""
    if law.steering is not None:
        raise ValueError(f"{describe(law)}: expected noise that does not depend on the position; simulate(..) takes it")
    if law.isotropic:
        reduced = replace(law, isotropic=False, scale=law.scale * (1 - SHRINK))
        return Isotropic(sampler(reduced))  # type: ignore[arg-type]
    scale = law.orientation * law.scale
    match law.shape:
        case Zero():
            return Nothing()
        case TwoPoint(p):
            cut = int(p * GRID)
            small = -law.orientation * round_down(Fraction(law.scale) * p / (1 - p))
            return Atoms(np.array([cut, cut], np.uint64), np.array([scale, scale, small]))
        case ThreePoint(p):
            cut = int(p / 2 * GRID)
            return Atoms(np.array([cut, 2 * cut], np.uint64), np.array([scale, -scale, 0.0]))
    return Continuous(table(law.shape), scale * (1 - ERROR))


def largest(law: Nothing | Continuous | Atoms) -> float:
    """The largest size of a number that is drawn."""
    if isinstance(law, Nothing):
        return 0.0
    if isinstance(law, Atoms):
        return float(np.max(np.abs(law.values)))
    return float(abs(law.scale * evaluate(law.table.coefficients, np.array([2.0**-64]))[0]))


def draw(law: Sampler, t: int, stream: int, trajectories: np.ndarray, seed: int, dim: int = 1) -> np.ndarray:
    """The noise of step t for many trajectories on whole arrays: float64 [trajectories], of an isotropic law
    [dim, trajectories].

    Bit for bit what the compiled samplers produce.
    """
    if isinstance(law, Isotropic):
        return direct(draw(law.radius, t, stream, trajectories, seed), t, stream, trajectories, seed, dim)
    if isinstance(law, Nothing):
        return np.zeros(len(trajectories))
    if isinstance(law, Planned):
        return np.where(law.times[trajectories] == t, law.values[trajectories], 0.0)
    first = words(t // WORDS, stream, trajectories, seed)[t % WORDS].astype(np.uint64)
    second = words(t // WORDS, stream + 1, trajectories, seed)[t % WORDS].astype(np.uint64)
    if isinstance(law, Atoms):
        u = first << np.uint64(32) | second
        low, high = law.thresholds
        return np.where(u < low, law.values[0], np.where(u < high, law.values[1], law.values[2]))
    k = first >> np.uint64(1)
    refined = (k + (second + 0.5) * 2.0**-32) * 2.0**-31
    size = evaluate(law.table.coefficients, np.where(k < REFINED, refined, (k + 0.5) * 2.0**-31))
    negative = law.table.symmetric & (first & np.uint64(1) == 1)
    return law.scale * np.where(negative, -size, size)
