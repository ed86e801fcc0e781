"""The trajectories of one question: which groups of strata, how many of each, and what came out of them.

Where intervals prove that a run without large draws cannot fail (``reach``), the strata that can are few and rare.  The
others are sampled in groups: those in which a pilot run fails, one for each size of the largest draw (or number of
jumps), and all the rest together, in which no method can do better than plain trajectories.  Pilot runs have words of
their own, and nothing that is claimed depends on them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from verify.rare.allocate import allocation
from verify.rare.case import Case
from verify.rare.limits import Known, estimate
from verify.rare.planned import number_of_paths, paths, sampled, slack
from verify.rare.reach import ANYWHERE, reach
from verify.rare.strata import Partition, Stratum, partition
from verify.simulate.noise.sampler import ATTEMPT, Atoms, Continuous, Nothing, Planned
from verify.simulate.portable import log

LOOK, PILOT = 64, 128  # trajectories of each group in the first and in the second pilot run
CHUNK = 2**17  # trajectories that are run at once
KEPT = 2**20  # largest values of a group that are kept
FINE = 200  # a probability over what the strata may leave out
FEW = (Fraction(1, 8), Fraction(1), Fraction(4))  # large draws in a run: more of them, smaller ones
ALL = -1  # the stream of what is not random
Progress = Callable[[int, int, str], None]  # (done, total) trajectory-steps and what is running
Group = tuple[Stratum, ...]


@dataclass
class Work:
    """One question about a case; ``runs`` trajectories in all, about."""

    case: Case
    runs: int
    seed: int
    level: Fraction
    least: Fraction
    workers: int | None
    progress: Progress
    intervals: bool = True  # whether they are tried
    count: int = 0  # trajectories so far
    done: int = 0  # trajectory-steps so far
    streams: int = 0  # used so far
    law: Nothing | Continuous | Atoms = field(init=False)
    split: Partition = field(init=False)

    def __post_init__(self) -> None:
        if not 1 <= self.runs < ATTEMPT:
            raise ValueError(f"runs: expected a number in [1, 2^40), got {self.runs}")
        self.law = self.case.drawn
        self._divide(FEW[0])

    def look(self) -> list[Known]:
        """A first pilot run: where failures are, and how rare."""
        groups = by_size(self.split.strata)
        single = {g for g in groups if len(g) == 1 and self._paths(g[0]) == 1}
        return [self._all(g[0], 1) if g in single else self.sample(g, LOOK) for g in groups]

    def choose(self, seen: Sequence[Known], x: float) -> dict[Stratum, tuple[float, float]]:
        """The strata for the question P(metric > x), with the ends of the metric in each."""
        self.least = max(self.least, Fraction(estimate(seen, x)) / FINE)
        fewest, *others = FEW
        self._divide(fewest)
        if not self.intervals:
            return dict.fromkeys(self.split.strata, ANYWHERE)
        if isinstance(self.law, Continuous):
            safe = self._head_is_safe(x, others[-1])  # with the smallest draws; if not there, nowhere
            self._divide(next((few for few in FEW if self._head_is_safe(x, few)), fewest) if safe else fewest)
        return dict(zip(self.split.strata, reach(self.case, self.law, self.split.strata), strict=True))

    def _divide(self, few: Fraction) -> None:
        self.split = partition(self.law, self.case.steps, self.least, few)

    def _head_is_safe(self, x: float, few: Fraction) -> bool:
        """Is it proved that the metric never exceeds x without large draws?"""
        self._divide(few)
        head = tuple(s for s in self.split.strata if not s.count)
        return all(high <= x for _, high in reach(self.case, self.law, head))

    def answer(self, ends: dict[Stratum, tuple[float, float]], x: float, floor: float) -> list[Known]:
        """The main run, with the trajectories that suit the question P(metric > x); values up to ``floor`` are only
        counted."""
        found = [self._settled(s, end) for s, end in ends.items() if not end[0] <= x < end[1]]
        left = [s for s, end in ends.items() if end[0] <= x < end[1]]
        whole = self._enumerated(left)
        groups = by_size([s for s in left if s not in whole])
        worth = [g for g in groups if sum(s.middle for s in g) > 10 * self.least]
        spent = self.count + PILOT * len(worth) + sum(whole.values())
        if self.runs < spent + PILOT:
            raise ValueError(f"runs: expected at least {2 * spent} for {len(groups)} groups of strata, got {self.runs}")
        rates = {g: len(self.sample(g, PILOT, x).values) / PILOT for g in worth}
        loud = [(g, rate) for g, rate in rates.items() if rate]
        quiet = tuple(s for g in groups if not rates.get(g) for s in g)
        chosen = [*([(quiet, 0.0)] if quiet else []), *loud]
        budget = float(log(np.array(2 * max(len(chosen), 1) / float(self.level))))
        weights = [sum(s.middle for s in group) for group, _ in chosen]
        numbers = allocation(weights, [rate for _, rate in chosen], self.runs - spent, budget) if chosen else []
        found += [self._all(s, n) for s, n in whole.items()]
        return found + [self.sample(group, n, floor) for (group, _), n in zip(chosen, numbers, strict=True)]

    def _settled(self, s: Stratum, end: tuple[float, float]) -> Known:
        return Known((s,), s.weight, 0, np.empty(0), -math.inf, reach=end)

    def _enumerated(self, left: Sequence[Stratum]) -> dict[Stratum, int]:
        """The strata of which all paths are run, those with the fewest, in half of the trajectories."""
        numbers = {s: self._paths(s) for s in left}
        found: dict[Stratum, int] = {}
        for s, n in sorted(numbers.items(), key=lambda item: item[1] or math.inf):
            if n is None or sum(found.values()) + n > max(self.runs // 4, 1):
                break
            found[s] = n
        return found

    def _paths(self, s: Stratum) -> int | None:
        """How many equally likely ones there are; in R^d directions are drawn, too."""
        return None if self.case.law.isotropic else number_of_paths(self.law, s, self.case.steps)

    def _all(self, s: Stratum, number: int) -> Known:
        noise = paths(self.law, s, self.case.steps)
        return Known((s,), s.weight, number, *self._run(lambda first, some: noise, number, ALL, -math.inf), exact=True)

    def sample(self, group: Group, runs: int, floor: float = -math.inf) -> Known:
        """So many trajectories from a group, on words that were not used before."""
        stream = self.streams
        self.streams += 1

        def noise(first: int, some: int) -> Nothing | Continuous | Atoms | Planned:
            return sampled(self.law, group, self.case.steps, first, some, self.seed, stream)

        weight = sum((s.weight[0] for s in group), Fraction(0)), sum((s.weight[1] for s in group), Fraction(0))
        return Known(group, weight, runs, *self._run(noise, runs, stream, floor), slack=slack(group))

    def _run(self, noise: Callable, runs: int, stream: int, floor: float) -> tuple[np.ndarray, float]:
        """The largest values, sorted, and a number that the others do not exceed."""
        kept = np.empty(0)
        for first in range(0, runs, CHUNK):
            some = min(CHUNK, runs - first)

            def tick(n: int) -> None:
                self.done += n
                self.progress(self.done, max(self.runs * self.case.steps, self.done), "rare events")

            drawn = noise(first, some)
            fresh = self.case.values(drawn, first, some, self.seed, max(stream, 0), self.workers, tick)
            kept = np.concatenate([kept, fresh[fresh > floor]])
            if len(kept) > KEPT and floor == -math.inf:
                kept = np.partition(kept, len(kept) - KEPT)[len(kept) - KEPT :]
        self.count += runs
        return np.sort(kept), floor if floor > -math.inf or len(kept) == runs else float(kept.min())


def by_size(strata: Sequence[Stratum]) -> list[Group]:
    """Groups by the cell of the largest draw; of jumps, by their number."""
    cells: dict[tuple[int, ...], list[Stratum]] = {}
    for s in strata:
        jumps = s.high == s.top and s.low == 0
        cells.setdefault((s.low, s.high, s.count if jumps else min(s.count, 1)), []).append(s)
    return [tuple(group) for group in cells.values()]
