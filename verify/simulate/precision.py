"""What float32 is worth: the first trajectories again in float64, on the same words, and bands that pay for it.

For a metric Y64 >= 0 of float64 iterates and Y32 of float32 ones on the same words let

    D = |Y64 - Y32| / (max(Y64, Y32) + unit),      unit: the metric at x_0;  D = 1 where one of both is infinite.

D is drawn independently for every trajectory.  If e is the largest D among n of them, then P(D > e) <= h with
confidence 1 - (1 - h)^n >= 1 - exp(-n h), whatever the law of D (an order statistic).  Hence with h = ln(2/level)/n,
for q32 and q64 the quantiles of both metrics, with confidence 1 - level/2,

    (1 - e) q32(1 - delta - h) - e unit  <=  q64(1 - delta)  <=  (q32(1 - delta + h) + e unit) / (1 - e),

because Y64 <= (Y32 + e unit)/(1 - e) and Y64 >= (1 - e) Y32 - e unit but for a probability h.  Bands of confidence
1 - level/2 for the two quantiles of Y32 make it a band for q64 at ``level``.  Where delta <= h nothing is known from
above.  So float32 can make a band wide, not wrong.

A run is ``safe`` if e <= ``SAFE``.  Verdicts do not ask: attacks are simulated in float64.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from counterexamples.problems import gap, gradient
from verify.simulate.program.ops import ArrayOps
from verify.simulate.shards import Job, results
from verify.simulate.summary import Summary, quantile
from verify.statistics.quantile import Band

FEWEST, MOST, SHARE = 2**14, 2**20, 16  # at least, at most, and one in so many trajectories are compared
SAFE = 1e-3
ROUNDING = 2.0**-40  # of the few operations here


@dataclass(frozen=True)
class Comparison:
    """One metric of the same trajectories in both precisions.

    ``largest``: e; ``shifts``: for a few delta, how far the sample quantile of float32 is from that of float64.
    """

    runs: int
    unit: float
    largest: float
    shifts: Mapping[Fraction, float]

    @property
    def safe(self) -> bool:
        return self.largest <= SAFE


def share(runs: int) -> int:
    """How many trajectories of a run are compared."""
    return min(runs, MOST, max(FEWEST, runs // SHARE))


def differences(single: np.ndarray, double: np.ndarray, unit: float) -> np.ndarray:
    """D of every trajectory; 0 where both are infinite or both 0."""
    with np.errstate(invalid="ignore"):
        found = np.abs(double - single) / (np.maximum(double, single) + unit)
    found[(single == double) | (np.isinf(single) & np.isinf(double))] = 0.0
    return np.where(np.isnan(found), 1.0, found)


def compare(job: Job, deltas: tuple[Fraction, ...], workers: int | None = None) -> dict[str, Comparison]:
    """The first ``share`` trajectories of a float32 job in both precisions, metric by metric."""
    runs = share(job.runs)
    short = replace(job, runs=runs)
    single = results(short, 0, runs, workers)
    double = results(replace(short, precision="float64"), 0, runs, workers)
    units = _units(job)
    return {
        name: Comparison(
            runs,
            units[name],
            min(float(differences(single[name], double[name], units[name]).max()) * (1 + ROUNDING), 1.0),
            {delta: _shift(single[name], double[name], delta) for delta in deltas if delta * runs >= 1},
        )
        for name in job.names
    }


def _shift(single: np.ndarray, double: np.ndarray, delta: Fraction) -> float:
    rank = math.ceil((1 - delta) * len(single)) - 1
    a, b = (float(np.partition(values, rank)[rank]) for values in (single, double))
    return 0.0 if a == b else a - b


def _units(job: Job) -> dict[str, float]:
    """Every metric at x_0."""
    start = np.array([job.problem.start])
    first = float(gap(job.problem, ArrayOps, start)[0])
    slope = float(gradient(job.problem, ArrayOps, start)[0] ** 2)
    found = dict.fromkeys(job.names, first) | {"grad_sq": slope, "best_grad_sq": slope}
    found |= {"max_distance": abs(job.problem.start)}
    if job.metric == "grad_sq":
        found |= {"weighted": slope, "last": slope}
    return found


def band(s: Summary, comparison: Comparison, delta: Fraction, level: Fraction) -> Band:
    """A band at ``level`` for the (1 - delta)-quantile of the float64 metric, from a float32 summary."""
    h = Fraction(math.log(2 / level) * (1 + ROUNDING)) / comparison.runs
    e, unit, found = comparison.largest, comparison.unit, quantile(s, delta, level / 2)
    lower, lower_rank, upper, upper_rank = 0.0, 0, math.inf, s.runs + 1
    if delta + h < 1 and e < 1:
        below = quantile(s, delta + h, level / 2)
        lower, lower_rank = max((1 - e) * below.lower - e * unit, 0.0) * (1 - ROUNDING), below.lower_rank
    if delta > h and e < 1:
        above = quantile(s, delta - h, level / 2)
        upper, upper_rank = (above.upper + e * unit) / (1 - e) * (1 + ROUNDING), above.upper_rank
    return Band(lower, found.estimate, upper, lower_rank, upper_rank)
