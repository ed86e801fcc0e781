"""The noise of N calls, cut by its largest draws.

A draw has a place among S = 2^63 (continuous laws) or 2^64 (jumps) equally likely ones, the large draws first
(``sampler.place``).  With edges 0 = c_0 < c_1 < .. < c_m, the stratum (i, K, J), K >= 1, is

    no place below c_{i-1},   K places in [c_{i-1}, c_i),   J in [c_i, c_m),   the other N - K - J at c_m or above,

and (m, 0, 0) has none below c_m.  They are disjoint, all together they are everything, the draws are independent, so

    P(i, K, J) = N!/(K! J! (N-K-J)!) (c_i - c_{i-1})^K (c_m - c_i)^J (S - c_m)^(N-K-J) / S^N.

Strata that are too rare to matter are left out; ``rest`` is a certified upper bound of what they have together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import comb

from flint import ctx

from counterexamples.moments import ball
from verify.kernel.balls import ends
from verify.simulate.noise.sampler import Atoms, Continuous, Nothing

PLACES = 2**63  # of a continuous law
JUMPS = 2**64  # of atoms
RATIO = 8  # of two edges
DEEP = 100  # times the least probability: where the first edge lies
MOST = 60  # jumps expected in a run; with more, their number is no help
PRECISION = 192
NONE, ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Stratum:
    """No place below ``low``, ``count`` places in [low, high), ``more`` in [high, top), all others at ``top`` or above;
    ``weight`` encloses its probability.  top = 0: everything."""

    low: int
    high: int
    count: int
    top: int
    more: int
    weight: tuple[Fraction, Fraction]

    @property
    def middle(self) -> float:
        """The weight as a float."""
        return float(sum(self.weight)) / 2


@dataclass(frozen=True)
class Partition:
    """Disjoint strata of draws with ``size`` places; what they leave out has probability at most ``rest``."""

    size: int
    strata: tuple[Stratum, ...]
    rest: Fraction


def stratum(size: int, cell: tuple[int, int], count: int, top: int, more: int, steps: int) -> Stratum:
    """With its certified weight."""
    low, high = cell
    others = steps - count - more
    with ctx.workprec(PRECISION):
        inside, between, outside = (ball(Fraction(n, size)) for n in (high - low, top - high, size - top))
        ways = ball(comb(steps, count) * comb(steps - count, more))
        lower, upper = ends(ways * inside**count * between**more * outside**others)
    return Stratum(low, high, count, top, more, (max(lower, NONE), min(upper, ONE)))


EVERYTHING = Stratum(0, 0, 0, 0, 0, (ONE, ONE))


def partition(law: Nothing | Continuous | Atoms, steps: int, least: Fraction, few: Fraction) -> Partition:
    """Strata of N = ``steps`` draws that leave out a probability of about ``least`` or less; ``few``: how many places
    below the last edge a run has, about, of a continuous law."""
    if isinstance(law, Nothing):
        return Partition(1, (EVERYTHING,), NONE)
    size = PLACES if isinstance(law, Continuous) else JUMPS
    edges = _edges(steps, least, few) if isinstance(law, Continuous) else [0, int(law.thresholds[1])]
    top = edges[-1]
    if Fraction(top, size) * steps > MOST:  # jumps all the time: one stratum, plain trajectories
        return Partition(size, (EVERYTHING,), NONE)
    found: list[Stratum] = []
    for cell in pairwise(edges):
        for count in range(0 if cell[1] == top else 1, steps + 1):
            some = list(_common(size, cell, count, top, steps, least / 64))
            found += some
            if not some and count * size > steps * (cell[1] - cell[0]):  # beyond the mode they only get rarer
                break
    return Partition(size, tuple(found), max(1 - sum((s.weight[0] for s in found), NONE), NONE))


def _common(size: int, cell: tuple[int, int], count: int, top: int, steps: int, least: Fraction) -> Iterator[Stratum]:
    """Those with this many places in the cell that are not rarer than ``least``."""
    for more in range(steps - count + 1 if top > cell[1] else 1):
        found = stratum(size, cell, count, top, more, steps)
        if found.weight[1] > least:
            yield found
        elif more * size > steps * (top - cell[1]):
            return


def _edges(steps: int, least: Fraction, few: Fraction) -> list[int]:
    """Powers of two: the last one is met about ``few`` times in a run, the first one ``DEEP`` times ``least``."""
    edge = PLACES // 2
    while edge * steps > few * PLACES and edge > 1:
        edge //= 2
    edges = [edge]
    while edges[-1] * steps > DEEP * least * PLACES and edges[-1] >= RATIO:
        edges.append(edges[-1] // RATIO)
    return [0, *reversed(edges)]
