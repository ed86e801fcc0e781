"""P(metric > threshold) and (1 - delta)-quantiles, with limits that hold for every method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from counterexamples.problems import round_down
from verify.rare import limits
from verify.rare.case import Case
from verify.rare.limits import Known
from verify.rare.strata import Stratum
from verify.rare.work import Progress, Work
from verify.statistics.binomial import probability as checked

LEVEL, LEAST = Fraction(1, 100), Fraction(1, 10**12)


def silent(done: int, total: int, label: str) -> None:
    """No progress."""


@dataclass(frozen=True)
class Part:
    """What a group of strata adds: lower <= P(failure and group) <= upper; ``how``: "sampled", "all paths" (each of its
    noise sequences was run) or "proved" (it cannot fail, or cannot but fail)."""

    strata: tuple[Stratum, ...]
    weight: tuple[Fraction, Fraction]
    how: str
    runs: int
    failures: int
    lower: Fraction
    upper: Fraction


@dataclass(frozen=True)
class Failure:
    """lower <= P(metric > threshold) <= upper with confidence 1 - ``level``, whatever the method does.

    estimate: unbiased, but for what was left out, which is at most ``rest``
    size:     the number of places in which the strata are written
    runs:     trajectories, those of the pilot runs included
    """

    threshold: float
    lower: Fraction
    estimate: float
    upper: Fraction
    rest: Fraction
    level: Fraction
    parts: tuple[Part, ...]
    size: int
    runs: int


@dataclass(frozen=True)
class Quantile:
    """lower <= (1 - delta)-quantile <= upper; the bands of one call hold together with confidence 1 - level.

    ``upper`` is +inf where the trajectories are too few for an upper end, ``lower`` -inf for a lower one.
    """

    delta: Fraction
    lower: float
    estimate: float
    upper: float
    runs: int


def failure(
    case: Case,
    threshold: Fraction | float,
    *,
    runs: int,
    seed: int,
    level: Fraction = LEVEL,
    least: Fraction = LEAST,
    intervals: bool = True,
    workers: int | None = None,
    progress: Progress = silent,
) -> Failure:
    """P(metric > threshold) in about ``runs`` trajectories.

    threshold: meant as it stands: a float exceeds it if it exceeds the largest float not above it
    level:     the probability that the limits are wrong is at most this
    least:     what is together rarer than this need not be run; it counts in full above and as nothing below
    intervals: whether to try and prove that strata cannot fail; takes as long as some 10^5 trajectories
    Raises ValueError for steered noise, an unknown metric, or too few runs.
    """
    if not math.isfinite(threshold):
        raise ValueError(f"threshold: expected a finite number, got {threshold!r}")
    x = round_down(Fraction(threshold))
    work = Work(case, runs, seed, checked("level", level), checked("least", least), workers, progress, intervals)
    known = work.answer(work.choose(work.look(), x), x, floor=x)
    lower, upper = limits.probability(known, work.split.rest, x, level)
    parts = [_part(k, x, limits.share(known, level)) for k in known]
    found = limits.estimate(known, x)
    return Failure(x, lower, found, upper, work.split.rest, level, tuple(parts), work.split.size, work.count)


def _part(k: Known, x: float, level: Fraction) -> Part:
    low, high = k.limits(x, level)
    how = "proved" if not k.runs else "all paths" if k.exact else "sampled"
    return Part(k.strata, k.weight, how, k.runs, k.above(x)[0], k.weight[0] * low, k.weight[1] * high)


def quantiles(
    case: Case,
    deltas: Sequence[Fraction],
    *,
    runs: int,
    seed: int,
    level: Fraction = LEVEL,
    intervals: bool = True,
    workers: int | None = None,
    progress: Progress = silent,
) -> list[Quantile]:
    """Bands of the (1 - delta)-quantiles, all together with confidence 1 - ``level``; ``runs`` trajectories in all.

    Raises ValueError as ``failure``.
    """
    asked = [checked("delta", d) for d in deltas]
    if not asked:
        raise ValueError("deltas: expected at least one, got none")
    each, some = checked("level", level) / len(asked), runs // len(asked)
    return [_quantile(Work(case, some, seed, each, d / 1000, workers, progress, intervals), d) for d in asked]


def _quantile(work: Work, delta: Fraction) -> Quantile:
    seen = work.look()
    points = np.unique(np.concatenate([k.values for k in seen]))
    q = next((float(x) for x in points if limits.estimate(seen, float(x)) <= delta), float(points[-1]))
    known = work.answer(work.choose(seen, q), q, floor=-math.inf)
    return Quantile(delta, *limits.band(known, work.split.rest, delta, work.level), work.count)
