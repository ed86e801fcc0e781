"""Exact draws from strata: words in, jumps out.

Block k of trajectory number + 2^40 a + 2^61 has the words of its slot k in attempt a = 0, 1, ..: two for the call, two
for the place.  A call is refused where it would not be uniform or is taken, a place where it is outside [low, high);
then the next attempt counts.  So the calls are a uniform K-subset and the places uniform, exactly.

Of several strata each trajectory is in one, chosen by the 64-bit word of block ``CHOICE``: with its share of the
weights, up to 2^-64 for each stratum (``slack``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import combinations, product
from math import comb

import numpy as np

from verify.rare.strata import Stratum
from verify.simulate.noise.philox import words
from verify.simulate.noise.sampler import ATTEMPT, Atoms, Continuous, Nothing, Planned, value

SLOT = 2**61
CHOICE = 2**31
Law = Nothing | Continuous | Atoms
Words = Callable[[int, np.ndarray, int], np.ndarray]  # (slot, trajectories, attempt) -> uint64 [2, trajectories]


def slack(strata: Sequence[Stratum]) -> Fraction:
    """How far the law of the choice is from the shares, at most, in total variation; twice over, for their rounding."""
    return Fraction(2 * len(strata), 2**64) if len(strata) > 1 else Fraction(0)


def sampled(
    law: Law, strata: Sequence[Stratum], steps: int, first: int, runs: int, seed: int, stream: int
) -> Law | Planned:
    """Noise of trajectories first .. first + runs - 1 (below 2^40) from these strata, which have one ``top``; the law
    itself where that is everything."""
    top = strata[0].top
    if isinstance(law, Nothing) or not top:
        return law
    ids = np.arange(first, first + runs, dtype=np.uint64)

    def drawn(slot: int, mine: np.ndarray, attempt: int) -> np.ndarray:
        w = words(slot, 2 * stream, ids[mine] | np.uint64(SLOT + ATTEMPT * attempt), seed).astype(np.uint64)
        return w[::2] << np.uint64(32) | w[1::2]

    chosen = _choice(strata, drawn(CHOICE, np.arange(runs), 0)[0])
    jumps = max(s.count + s.more for s in strata)
    times, values = np.full((jumps, runs), -1, np.int64), np.zeros((jumps, runs))
    for k, s in enumerate(strata):
        mine = np.flatnonzero(chosen == k)
        cells = [(s.low, s.high)] * s.count + [(s.high, s.top)] * s.more
        times[: len(cells), mine] = _calls(len(cells), steps, mine, drawn)
        for slot, cell in enumerate(cells):
            values[slot, mine] = _sizes(law, cell, slot, mine, drawn)
    return _over(law, top, times, values, first)


def _choice(strata: Sequence[Stratum], u: np.ndarray) -> np.ndarray:
    """The number of the stratum for each 64-bit word."""
    total, ends, seen = sum(s.weight[0] for s in strata), [], Fraction(0)
    for s in strata[:-1]:
        seen += s.weight[0]
        ends.append(min(int(seen / total * 2**64), 2**64 - 1))
    return np.searchsorted(np.array(ends, np.uint64), u, side="right")


def _over(law: Continuous | Atoms, top: int, times: np.ndarray, values: np.ndarray, first: int) -> Planned:
    """The jumps over everything that is not large."""
    if isinstance(law, Continuous):
        return Planned(times, values, law, top, first)
    return Planned(times, values, float(law.values[2]), start=first)


def _calls(count: int, steps: int, mine: np.ndarray, drawn: Words) -> np.ndarray:
    """Ordered tuples of different calls, uniform: int64 [count, trajectories]."""
    if count > steps:
        raise ValueError(f"count: expected at most {steps} large draws in as many calls, got {count}")
    times, end = np.empty((count, len(mine)), np.int64), 2**64 // steps * steps - 1
    for slot in range(count):
        left, attempt = np.arange(len(mine)), 0
        while len(left):
            u = drawn(slot, mine[left], attempt)[0]
            t = (u % np.uint64(steps)).astype(np.int64)
            good = (u <= np.uint64(end)) & (times[:slot, left] != t).all(axis=0)
            times[slot, left[good]] = t[good]
            left, attempt = left[~good], attempt + 1
    return times


def _sizes(law: Continuous | Atoms, cell: tuple[int, int], slot: int, mine: np.ndarray, drawn: Words) -> np.ndarray:
    """Draws of the law given that their place is in [low, high): float64 [trajectories]."""
    signed = isinstance(law, Continuous)
    mask = np.uint64(2 ** (cell[1] - 1).bit_length() - 1)
    kept, sign = np.empty(len(mine), np.uint64), np.zeros(len(mine), np.uint64)
    left, attempt = np.arange(len(mine)), 0
    while len(left):
        u = drawn(slot, mine[left], attempt)[1]
        place = (u >> np.uint64(1) if signed else u) & mask
        good = (place >= np.uint64(cell[0])) & (place <= np.uint64(cell[1] - 1))
        kept[left[good]], sign[left[good]] = place[good], u[good] & np.uint64(1)
        left, attempt = left[~good], attempt + 1
    high, low = kept >> np.uint64(32), kept & np.uint64(2**32 - 1)
    return value(law, high << np.uint64(1) | sign if signed else high, low)


def number_of_paths(law: Law, stratum: Stratum, steps: int) -> int | None:
    """How many equally likely noise sequences the stratum has; None where they are not finitely many or not equal."""
    if isinstance(law, Nothing):
        return 1
    choices = _choices(law)
    return None if choices is None or not stratum.top else comb(steps, stratum.count) * len(choices) ** stratum.count


def _choices(law: Continuous | Atoms) -> list[float] | None:
    """The jumps, if they are equally likely."""
    if isinstance(law, Continuous):
        return None
    first, both = (int(cut) for cut in law.thresholds)
    if first == both:
        return [float(law.values[0])]
    return [float(v) for v in law.values[:2]] if 2 * first == both else None


def paths(law: Law, stratum: Stratum, steps: int) -> Nothing | Planned:
    """All of them, one for each trajectory; ValueError where ``number_of_paths`` is None."""
    if isinstance(law, Nothing):
        return law
    choices = _choices(law)
    if choices is None or isinstance(law, Continuous):
        raise ValueError("expected a law with finitely many equally likely jumps")
    calls = list(combinations(range(steps), stratum.count))
    jumps = list(product(choices, repeat=stratum.count))
    times = np.repeat(np.array(calls, np.int64).reshape(len(calls), stratum.count), len(jumps), axis=0)
    values = np.tile(np.array(jumps, float).reshape(len(jumps), stratum.count), (len(calls), 1))
    return _over(law, stratum.top, np.ascontiguousarray(times.T), np.ascontiguousarray(values.T), 0)
