"""Attack certified bounds: battery x simulation x exact statistics.

The claim under attack is P(metric > upper) <= delta, for one method at exact numbers, whatever the problem and the
noise of its class; the metric is f(xbar) - f* for convex f, the mean of ||grad f(x_t)||^2 for non-convex f
(``verify.simulate.metric``).  Every instance of ``counterexamples.battery`` is simulated and judged at the level
``level / (number of attacks of the run)``, so that all verdicts of a run are right together with probability
>= 1 - level (Bonferroni: the methods share their random words, nothing is independent).  The unclipped twin, the
same method without its clip, runs on the same words.  The outcome depends on the seed, not on the number of workers.

A sequential run looks at each attack again and again and stops when it is decided, by a confidence sequence: its level
holds for all looks together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bounds.methods import Method
from counterexamples.battery import Instance
from counterexamples.noise import describe
from verify.decimals import decimal
from verify.simulate import Result, simulate
from verify.simulate.noise.realised import Realised, realised
from verify.simulate.records import join
from verify.statistics import (
    INCONCLUSIVE,
    SUPPORTED,
    VIOLATED,
    Band,
    attack_status,
    exceedances,
    fewest_runs,
    lower_limit,
    quantile_band,
    sequential_limits,
    sequential_status,
    split_level,
    upper_limit,
)
from verify.target import Target, hyper_parameters, instances

TINY = 1e-300  # below it a float is not precise, and ln(1 - delta) is -delta
TWIN_RUNS = 1000
PATIENCE = 10  # a sequential run gives up after this many times the runs of a fixed one
BAND_LEVEL = Fraction(1, 100)  # of each band by itself, over all looks at it
WORK_LIMIT = 10**12  # trajectory-steps of one run: a few hours on two cores
Progress = Callable[[int, int, str], None]  # (done, total) trajectory-steps and what is running


class Unaffordable(ValueError):
    """The simulation would take more than ``WORK_LIMIT`` trajectory-steps."""


@dataclass(frozen=True)
class Twin:
    """The same attack on the method without its clip."""

    runs: int
    violations: int
    quantile: Band


@dataclass(frozen=True)
class Attack:
    """One instance: how often the bound was exceeded, what that proves, and what was seen."""

    problem: str
    noise: str
    runs: int
    violations: int
    violation_rate: tuple[Fraction, Fraction]  # each end a one-sided limit at the attack's level, distance included
    status: str
    nonfinite: int
    quantile: Band | None  # of order 1 - delta
    tightness: float | None  # upper / quantile
    drawn: Realised  # certified moment and mean of the noise as it is drawn
    twin: Twin | None
    distance: Fraction = Fraction(0)  # in total variation, over all steps, from noise of the class
    engine: str = ""  # what ran the steps


@dataclass(frozen=True)
class Plan:
    """Everything that is fixed before the first random number."""

    targets: tuple[Target, ...]
    batteries: tuple[tuple[Instance, ...], ...]
    runs: int
    twin_runs: int
    seed: int
    level: Fraction  # of each attack
    sequential: bool = False  # then ``runs`` is where an attack that is not decided ends

    @property
    def attacks(self) -> int:
        return sum(map(len, self.batteries))

    @property
    def work(self) -> int:
        """Trajectory-steps."""
        steps = sum(len(b) * t.N for t, b in zip(self.targets, self.batteries, strict=True))
        return steps * (self.runs + self.twin_runs)

    @property
    def cost(self) -> int:
        """Trajectory-steps, in R^d those of every coordinate."""
        pairs = ((t.N, i) for t, b in zip(self.targets, self.batteries, strict=True) for i in b)
        steps = sum(N * i.coordinates for N, i in pairs)
        return steps * (self.runs + self.twin_runs)

    @property
    def distance(self) -> Fraction:
        """The largest of ``Attack.distance``."""
        pairs = ((t.N, i.law) for t, b in zip(self.targets, self.batteries, strict=True) for i in b)
        return max((N * realised(law).distance for N, law in pairs), default=Fraction(0))

    @property
    def affordable(self) -> bool:
        return self.cost <= WORK_LIMIT


def default_runs(delta: Fraction, share: Fraction) -> int:
    """10^4, or twice the least number of runs that can support a claim: (1 - delta)^runs <= share."""
    decay = -math.log1p(-delta) if delta > TINY else delta
    return max(10_000, math.ceil(2 * Fraction(-math.log(share)) / Fraction(decay)))


def supported_count(runs: int, delta: Fraction, level: Fraction, away: Fraction | int = 0) -> int:
    """The largest number of exceedances that is SUPPORTED; -1 if none is."""
    low, high = 0, runs + 1  # the first count that is not supported lies in [low, high]
    while low < high:
        middle = (low + high) // 2
        supported = middle <= runs and attack_status(middle, runs, delta, level, away) == SUPPORTED
        low, high = (middle + 1, high) if supported else (low, middle)
    return low - 1


def plan(
    targets: Sequence[Target],
    more: Sequence[Sequence[Instance]] | None = None,
    *,
    runs: int | None = None,
    seed: int = 0,
    level: Fraction = Fraction(1, 10**6),
    twin_runs: int = TWIN_RUNS,
    sequential: bool = False,
) -> Plan:
    """Choose the instances and split the level; ValueError for a law that cannot be realised.

    ``more``: instances besides the battery, for each target.
    AssumptionViolated (a ValueError) if the noise as it is drawn is not certainly in the class.
    """
    extra = more if more is not None else [()] * len(targets)
    batteries = tuple((*instances(t), *added) for t, added in zip(targets, extra, strict=True))
    for instance in (i for battery in batteries for i in battery):
        realised(instance.law)
    share = split_level(level, sum(map(len, batteries)))
    if runs is None:
        runs = max(default_runs(t.delta, share) for t in targets) * (PATIENCE if sequential else 1)
    return Plan(tuple(targets), batteries, runs, twin_runs, seed, share, sequential)


@dataclass(frozen=True)
class Engine:
    """How the simulation is run; nothing here influences its result."""

    workers: int | None = None
    name: str = "auto"
    progress: Progress | None = None
    device: str | None = None


def attack(chosen: Plan, engine: Engine = Engine()) -> tuple[tuple[Attack, ...], ...]:
    """Carry out a plan: for each target one record per instance, in the order of the battery.

    Raises ``Unaffordable`` before anything is simulated.
    """
    if not chosen.affordable:
        raise Unaffordable(
            f"{decimal(Fraction(chosen.cost), 2)} trajectory-steps, more than the limit {WORK_LIMIT:.0e}"
        )
    out: list[tuple[Attack, ...]] = []
    done = 0
    for target, pairs in zip(chosen.targets, chosen.batteries, strict=True):
        rows = []
        for stream, instance in enumerate(pairs):
            rows.append(_attack_one(chosen, target, instance, stream, engine, done))
            done += target.N * (chosen.runs + chosen.twin_runs)
        out.append(tuple(rows))
    return tuple(out)


def _attack_one(chosen: Plan, target: Target, instance: Instance, stream: int, engine: Engine, done: int) -> Attack:
    def run(method: Method, runs: int, before: int, first: int = 0) -> Result:
        def tick(now: int, _: int) -> None:
            if engine.progress is not None:
                engine.progress(before + now, chosen.work, f"{target.name}: {instance.name}")

        return simulate(
            method,
            instance.problem,
            instance.law,
            hp=hyper_parameters(target),
            metric=target.metric,
            steps=target.N,
            runs=runs,
            first=first,
            seed=chosen.seed,
            stream=stream,
            delay=target.delay,
            workers=engine.workers,
            engine=engine.name,  # type: ignore[arg-type]
            device=engine.device,
            progress=tick,
        )

    planned = tuple(looks(chosen, target.delta))
    result = run(target.method, planned[0], done)
    for total in planned:
        if total > result.runs:
            more = run(target.method, total - result.runs, done + target.N * result.runs, result.runs)
            result = join(result, more)
        count = exceedances(result.values.tolist(), target.upper)
        away = target.N * realised(instance.law).distance
        if chosen.sequential and sequential_status(count, total, target.delta, chosen.level, away) != INCONCLUSIVE:
            break
    twin = None
    if chosen.twin_runs:
        unclipped = run(replace(target.method, clipped=False), chosen.twin_runs, done + target.N * chosen.runs)
        values = unclipped.values.tolist()
        count = exceedances(values, target.upper)
        twin = Twin(unclipped.runs, count, quantile_band(values, target.delta, BAND_LEVEL))
    return judge(target, instance, result, chosen.level, twin, chosen.sequential, len(planned))


def looks(chosen: Plan, delta: Fraction) -> Iterator[int]:
    """The numbers of runs at which an attack is looked at: one, or from the fewest that can support it on, half as
    many again each time."""
    total = fewest_runs(delta, chosen.level) if chosen.sequential else chosen.runs
    while total < chosen.runs:
        yield total
        total += -(-total // 2)
    yield chosen.runs


def judge(
    target: Target,
    instance: Instance,
    result: Result,
    level: Fraction,
    twin: Twin | None,
    sequential: bool = False,
    looks: int = 1,
) -> Attack:
    """Decide one attack at its level from the simulated values of the metric.

    The status is about noise of the class, centred exactly: what was drawn is away from it by ``Attack.distance``.
    ``looks``: the planned number of looks, which share the level of the band: it holds at whichever the run stopped.
    """
    if result.precision != "float64":
        raise ValueError(f"{instance.problem.name}: expected a run in float64, got {result.precision}")
    values = result.values.tolist()
    count, delta = exceedances(values, target.upper), target.delta
    drawn = realised(instance.law)
    away = target.N * drawn.distance
    if sequential:
        low, high = sequential_limits(count, result.runs, level)
        status = sequential_status(count, result.runs, delta, level, away)
    else:
        low, high = lower_limit(count, result.runs, level), upper_limit(count, result.runs, level)
        status = attack_status(count, result.runs, delta, level, away)
    band = quantile_band(values, delta, BAND_LEVEL / looks)
    sensible = 0 < band.estimate < math.inf
    return Attack(
        problem=instance.problem.name,
        noise=describe(instance.law),
        runs=result.runs,
        violations=count,
        violation_rate=(max(low - away, Fraction(0)), min(high + away, Fraction(1))),
        status=status,
        nonfinite=result.nonfinite,
        quantile=band,
        tightness=float(target.upper) / band.estimate if sensible else None,
        drawn=drawn,
        twin=twin,
        distance=away,
        engine=result.engine,
    )


def untried(chosen: Plan) -> tuple[tuple[Attack, ...], ...]:
    """The records of a plan that is not carried out: nothing was seen, so nothing is concluded."""
    rate = (Fraction(0), Fraction(1))
    return tuple(
        tuple(
            Attack(i.problem.name, describe(i.law), 0, 0, rate, INCONCLUSIVE, 0, None, None, realised(i.law), None)
            for i in instances_
        )
        for instances_ in chosen.batteries
    )


def verdict(proved: bool, certified: bool, attacks: Sequence[Attack], requested: bool) -> str:
    """HOLDS, REFUTED or UNDECIDED.

    REFUTED: a proof fails or an attack is VIOLATED.  HOLDS: every proof is proved, every number certified and every
    attack, if any was ``requested``, SUPPORTED.  UNDECIDED otherwise.
    """
    statuses = {a.status for a in attacks}
    if not proved or VIOLATED in statuses:
        return "REFUTED"
    if not certified or (requested and statuses != {SUPPORTED}):
        return "UNDECIDED"
    return "HOLDS"
