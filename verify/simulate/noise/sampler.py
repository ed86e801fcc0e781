"""A noise law as the few numbers that a sampler needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from counterexamples.moments import GRID, OneSided, ThreePoint, TwoPoint, Zero
from counterexamples.noise import Law, describe
from counterexamples.problems import round_down
from verify.simulate.noise.grid import one_sided
from verify.simulate.noise.philox import WORDS, words
from verify.simulate.noise.sphere import SHRINK, direct
from verify.simulate.noise.tables import ERROR, REFINED, Table, evaluate, table


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

    radius: Nothing | Continuous | Atoms | Planned


@dataclass(frozen=True)
class Planned:
    """xi_t = values[k, i] in call t = times[k, i] (-1: never) of trajectory start + i: float64 and int64 [jumps,
    trajectories].

    In all other calls ``background``: a number, or a law given that the draw's ``place`` is ``cut`` or more.
    """

    times: np.ndarray
    values: np.ndarray
    background: float | Continuous = 0.0
    cut: int = 0
    start: int = 0


AGAIN, ATTEMPT = 2**62, 2**40  # marks of the trajectories whose words are drawn again
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
        case OneSided(base):
            return Continuous(one_sided(base), scale * (1 - ERROR))
    return Continuous(table(law.shape), scale * (1 - ERROR))


def largest(law: Nothing | Continuous | Atoms | Planned) -> float:
    """The largest size of a number that is drawn."""
    if isinstance(law, Nothing):
        return 0.0
    if isinstance(law, Planned):
        rest = law.background
        return max(
            float(np.max(np.abs(law.values), initial=0.0)), largest(rest) if isinstance(rest, Continuous) else abs(rest)
        )
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
    first, second = (words(t // WORDS, s, trajectories, seed)[t % WORDS] for s in (stream, stream + 1))
    if isinstance(law, Planned):
        found = np.full(len(trajectories), 0.0 if isinstance(law.background, Continuous) else law.background)
        if isinstance(law.background, Continuous):
            found = value(law.background, first, second)
            low = np.flatnonzero(place(first, second) < law.cut)
            found[low] = again(law.background, law.cut, np.full(len(low), t), stream, trajectories[low], seed)
        mine = trajectories - np.uint64(law.start)
        for times, values in zip(law.times, law.values, strict=True):
            found = np.where(times[mine] == t, values[mine], found)
        return found
    return value(law, first, second)


def value(law: Continuous | Atoms, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The numbers that the two words of each draw stand for."""
    first, second = first.astype(np.uint64), second.astype(np.uint64)
    if isinstance(law, Atoms):
        u = first << np.uint64(32) | second
        low, high = law.thresholds
        return np.where(u < low, law.values[0], np.where(u < high, law.values[1], law.values[2]))
    k = first >> np.uint64(1)
    refined = (k + (second + 0.5) * 2.0**-32) * 2.0**-31
    size = evaluate(law.table.coefficients, np.where(k < REFINED, refined, (k + 0.5) * 2.0**-31))
    negative = law.table.symmetric & (first & np.uint64(1) == 1)
    return law.scale * np.where(negative, -size, size)


# --- given that no draw is large ------------------------------------------------------------------------------------


def place(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where a draw of a continuous law lies among the 2^63 possible ones, the largest first; uint64.

    Uniform: all bits of both words but the lowest of the first one, which is the sign.
    """
    return first.astype(np.uint64) >> np.uint64(1) << np.uint64(32) | second.astype(np.uint64)


def step_words(t: np.ndarray, stream: int, trajectories: np.ndarray, seed: int) -> np.ndarray:
    """The word of call t of each trajectory: uint32 [trajectories]."""
    return np.choose(t % WORDS, words(t // WORDS, stream, trajectories, seed))


def again(law: Continuous, cut: int, t: np.ndarray, stream: int, trajectories: np.ndarray, seed: int) -> np.ndarray:
    """Numbers for calls t of ``trajectories`` (< 2^40), each drawn again until its place is ``cut`` or more.

    Attempt a = 1, 2, .. has the words of the same step of trajectory number + 2^40 a + 2^62, which no trajectory has.
    """
    found, open_ = np.empty(len(t)), np.arange(len(t))
    attempt = 1
    while len(open_):
        ids = trajectories[open_].astype(np.uint64) | np.uint64(AGAIN + ATTEMPT * attempt)
        first = step_words(t[open_], stream, ids, seed)
        k, second = first >> np.uint32(1), np.zeros(len(open_), np.uint32)
        near = np.flatnonzero((k < REFINED) | (k == cut >> 32))  # few: for the others the second word does not matter
        if len(near):
            second[near] = step_words(t[open_[near]], stream + 1, ids[near], seed)
        good = place(first, second) >= cut
        found[open_[good]] = value(law, first[good], second[good])
        open_, attempt = open_[~good], attempt + 1
    return found
