"""How often an optimizer exceeds the bound of a theorem, on each instance of the battery against that theorem.

Every instance is looked at after 256, 512, 1024, .. replicas and stops when it is decided, by a confidence sequence at
the level of the run divided by the number of instances: all statuses together are right with probability >= 1 - level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from counterexamples.battery import Instance
from counterexamples.noise import describe
from verify.attack import BAND_LEVEL
from verify.optimizers import world
from verify.optimizers.paths import Path, again, loop
from verify.optimizers.subject import Subject
from verify.simulate import simulate
from verify.simulate.noise.realised import realised
from verify.statistics import (
    INCONCLUSIVE,
    Band,
    exceedances,
    quantile_band,
    sequential_limits,
    sequential_status,
)
from verify.target import Target, hyper_parameters

FIRST_LOOK, WIDTH, AGAIN = 256, 4096, 32
ROUGHLY = 1e-3
ROOM = 2**27  # numbers of noise at a time
Progress = Callable[[int, int, str], None]  # (replicas done, most replicas, what)


@dataclass(frozen=True)
class Tail:
    """One instance: what was counted, what it proves, and the method of the theorem on the same words."""

    problem: str
    noise: str
    runs: int
    violations: int
    violation_rate: tuple[Fraction, Fraction]
    status: str
    nonfinite: int
    quantile: Band  # of order 1 - delta, with confidence 0.99 whichever look was the last
    reference_violations: int
    reference_quantile: Band
    values: np.ndarray


def looks(runs: int) -> Iterator[int]:
    """256, 512, .. and at last ``runs``."""
    total = FIRST_LOOK
    while total < runs:
        yield total
        total *= 2
    yield runs


def width(steps: int, coordinates: int = 1) -> int:
    """How many replicas run at a time: whole vectors, whose noise fits in memory."""
    return max(AGAIN, min(WIDTH, ROOM // (steps * coordinates) // AGAIN * AGAIN))


def tail(
    who: Subject,
    path: Path,
    target: Target,
    instance: Instance,
    *,
    runs: int,
    level: Fraction,
    seed: int,
    stream: int,
    last: bool = False,
    progress: Progress | None = None,
) -> Tail:
    """Attack the claim P(gap > target.upper) <= target.delta with an optimizer in the place of the method.

    The gap is that of the plain average of x_0 .. x_{N-1}, or of x_N if ``last``.
    """
    away = target.N * realised(instance.law).distance  # of the noise as drawn from noise of the class
    values, x0 = np.empty(0), world.start(instance.problem, target.dim)
    count = 0
    for total in looks(runs):
        while len(values) < total:
            lanes = min(width(target.N, instance.coordinates), total - len(values))
            noise = world.noise(instance.law, target.N, len(values), lanes, seed, stream, target.dim)
            batch = path.run(who, instance.problem, x0, noise)
            values = np.concatenate([values, world.value(instance.problem, batch.last if last else batch.average)])
            if progress is not None:
                progress(len(values), runs, instance.name)
        count = exceedances(values.tolist(), target.upper)
        if sequential_status(count, total, target.delta, level, away) != INCONCLUSIVE:
            break
    n = len(values)
    reference = simulate(
        target.method,
        instance.problem,
        instance.law,
        hp=hyper_parameters(target),
        steps=target.N,
        runs=n,
        seed=seed,
        stream=stream,
        delay=target.delay,
    )
    low, high = sequential_limits(count, n, level)
    share = BAND_LEVEL / len(tuple(looks(runs)))
    known = (reference.last_values if last else reference.values).tolist()
    return Tail(
        instance.problem.name,
        describe(instance.law),
        n,
        count,
        (max(low - away, Fraction(0)), min(high + away, Fraction(1))),
        sequential_status(count, n, target.delta, level, away),
        int(np.count_nonzero(np.isinf(values))),
        quantile_band(values.tolist(), target.delta, share),
        exceedances(known, target.upper),
        quantile_band(known, target.delta, share),
        values,
    )


def repeats(
    who: Subject,
    path: Path,
    target: Target,
    instance: Instance,
    values: np.ndarray,
    *,
    seed: int,
    stream: int,
    last: bool,
) -> bool:
    """Whether the first and the last replicas of a ``tail``, run again among loud ones, have the same bits.

    Those of independent runs of a deterministic optimizer have.  Single operations may be rounded differently in a
    vector loop and in what is left over at its end: a batch's replicas are taken from vectors and run in vectors again.
    """
    runs = len(values)
    count, usable = (2, runs) if path.name == "loop" else (AGAIN, runs - runs % AGAIN or runs)
    chosen = np.unique(np.r_[: min(count, usable), max(usable - count, 0) : usable])
    noise = [world.noise(instance.law, target.N, int(k), 1, seed, stream, target.dim) for k in chosen]
    x0 = world.start(instance.problem, target.dim)
    batch = again(path, who, instance.problem, x0, np.concatenate(noise, axis=1))
    found = world.value(instance.problem, batch.last if last else batch.average)
    return np.array_equal(found, values[chosen])


def elsewhere(
    who: Subject,
    target: Target,
    battery: Sequence[Instance],
    rows: Sequence[Tail],
    count: int,
    *,
    seed: int,
    last: bool,
) -> str | None:
    """Which replica of a batch, run by the loop, ends with another gap, by more than a thousandth of gap or bound.

    Of each instance it is the one with the largest noise, of ``count`` instances the loud ones: what a branch on a
    large gradient does is not seen on the small ones that a path is compared on.
    """
    found = [_loudest(i, target, row.runs, seed, k) for k, (i, row) in enumerate(zip(battery, rows, strict=True))]
    for k in sorted(range(len(found)), key=lambda k: -found[k][0])[:count]:
        instance, replica = battery[k], found[k][1]
        noise = world.noise(instance.law, target.N, replica, 1, seed, k, target.dim)
        with np.errstate(all="ignore"):
            alone = loop(who, instance.problem, world.start(instance.problem, target.dim), noise)
        gap = float(world.value(instance.problem, alone.last if last else alone.average)[0])
        value = float(rows[k].values[replica])
        if gap != value and not abs(gap - value) <= ROUGHLY * max(float(target.upper), min(gap, value)):
            return f"replica {replica} on {instance.name} ends elsewhere when it runs by itself; nothing is concluded"
    return None


def _loudest(instance: Instance, target: Target, runs: int, seed: int, stream: int) -> tuple[float, int]:
    """The largest noise among the first replicas, at most the first look's, and whose it is."""
    lanes = min(runs, FIRST_LOOK, width(target.N, instance.coordinates))
    noise = abs(world.noise(instance.law, target.N, 0, lanes, seed, stream, target.dim))
    sizes = noise.max(axis=(0, *range(2, noise.ndim)))
    return float(sizes.max()), int(sizes.argmax())


def worst(rows: tuple[Tail, ...]) -> Tail:
    """The instance with the most exceedances; among equals, with the largest quantile next to the reference's."""

    def key(row: Tail) -> tuple[Fraction, float]:
        base = row.reference_quantile.estimate
        return row.violation_rate[0], row.quantile.estimate / base if 0 < base < math.inf else 0.0

    return max(rows, key=key)
