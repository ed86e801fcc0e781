"""Attack certified bounds: battery x simulation x exact statistics.

The claim under attack is P(f(xbar) - f* > upper) <= delta, for one method at exact numbers, whatever the problem
and the noise of its class.  Every instance of ``counterexamples.battery`` is simulated and judged at the level
``level / (number of attacks of the run)``, so that all verdicts of a run are right together with probability
>= 1 - level (Bonferroni: the methods share their random words, nothing is independent).  The unclipped twin, the
same method without its clip, runs on the same words.  The outcome depends on the seed, not on the number of workers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bounds.methods import Method
from counterexamples.battery import Instance, battery
from counterexamples.noise import describe
from verify.simulate import HyperParameters, Result, simulate
from verify.statistics import (
    INCONCLUSIVE,
    SUPPORTED,
    VIOLATED,
    Band,
    attack_status,
    exceedances,
    lower_limit,
    quantile_band,
    split_level,
    upper_limit,
)

TWIN_RUNS = 1000
BAND_LEVEL = Fraction(1, 100)  # of each band by itself
WORK_LIMIT = 10**12  # trajectory-steps of one run: a few hours on two cores
Progress = Callable[[int, int, str], None]  # (done, total) trajectory-steps and what is running


class Unaffordable(ValueError):
    """The simulation would take more than ``WORK_LIMIT`` trajectory-steps."""


@dataclass(frozen=True)
class Target:
    """A method at exact numbers and the claim: f(xbar) - f* <= upper with probability >= 1 - delta."""

    name: str
    method: Method
    alpha: Fraction
    sigma: Fraction
    L: Fraction
    R: Fraction
    N: int
    delta: Fraction
    gamma: Fraction
    lam: Fraction
    eta: Fraction
    b0: Fraction
    rho: Fraction
    upper: Fraction
    delay: int = 1
    dim: int = 1


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
    violation_rate: tuple[Fraction, Fraction]  # each end a one-sided confidence limit at the attack's level
    status: str
    nonfinite: int
    quantile: Band | None  # of order 1 - delta
    tightness: float | None  # upper / quantile
    twin: Twin | None


@dataclass(frozen=True)
class Plan:
    """Everything that is fixed before the first random number."""

    targets: tuple[Target, ...]
    batteries: tuple[tuple[Instance, ...], ...]
    runs: int
    twin_runs: int
    seed: int
    level: Fraction  # of each attack

    @property
    def attacks(self) -> int:
        return sum(map(len, self.batteries))

    @property
    def work(self) -> int:
        """Trajectory-steps."""
        steps = sum(len(b) * t.N for t, b in zip(self.targets, self.batteries, strict=True))
        return steps * (self.runs + self.twin_runs)

    @property
    def affordable(self) -> bool:
        return self.work <= WORK_LIMIT


def representable(target: Target) -> None:
    """Raise ValueError unless every number of the simulation is a normal float64 up to rounding.

    Otherwise another method would be simulated, for example SGD where eta underflows to 0.
    """
    t = target
    derived = {"b0^2": t.b0**2, "lam^2": t.lam**2, "eta lam^2": t.eta * t.lam**2, "bound": t.upper}
    for name, x in {**{k: getattr(t, k) for k in ("gamma", "lam", "eta", "b0", "L", "R", "sigma")}, **derived}.items():
        if x and not Fraction(sys.float_info.min) <= x <= Fraction(sys.float_info.max):
            raise ValueError(f"{name} is about 1e{_exponent(x)}, outside the range of float64; rescale L, R and b0")


def _exponent(x: Fraction) -> int:
    return len(str(x.numerator)) - len(str(x.denominator))


def instances(target: Target) -> tuple[Instance, ...]:
    """The battery against a target; ValueError if it cannot be realised at these numbers."""
    representable(target)
    t = target
    u = t.gamma if t.method.accumulator == "none" else t.gamma / t.b0
    return battery(t.alpha, t.sigma, t.L, t.R, t.N, u, t.lam, t.rho, t.dim)


def default_runs(delta: Fraction, share: Fraction) -> int:
    """10^4, or twice the least number of runs that can support a claim: (1 - delta)^runs <= share."""
    return max(10_000, math.ceil(2 * math.log(share) / math.log1p(-delta)))


def supported_count(runs: int, delta: Fraction, level: Fraction) -> int:
    """The largest number of exceedances that is SUPPORTED; -1 if none is."""
    low, high = 0, runs + 1  # the first count that is not supported lies in [low, high]
    while low < high:
        middle = (low + high) // 2
        supported = middle <= runs and attack_status(middle, runs, delta, level) == SUPPORTED
        low, high = (middle + 1, high) if supported else (low, middle)
    return low - 1


def plan(
    targets: Sequence[Target],
    *,
    runs: int | None = None,
    seed: int = 0,
    level: Fraction = Fraction(1, 10**6),
    twin_runs: int = TWIN_RUNS,
) -> Plan:
    """Choose the instances and split the level; ValueError for a law that cannot be realised."""
    batteries = tuple(instances(t) for t in targets)
    share = split_level(level, sum(map(len, batteries)))
    if runs is None:
        runs = max(default_runs(t.delta, share) for t in targets)
    return Plan(tuple(targets), batteries, runs, twin_runs, seed, share)


@dataclass(frozen=True)
class Engine:
    """How the simulation is run; nothing here influences its result."""

    workers: int | None = None
    name: str = "auto"
    progress: Progress | None = None


def attack(chosen: Plan, engine: Engine = Engine()) -> tuple[tuple[Attack, ...], ...]:
    """Carry out a plan: for each target one record per instance, in the order of the battery.

    Raises ``Unaffordable`` before anything is simulated.
    """
    if not chosen.affordable:
        raise Unaffordable(f"{chosen.work:.1e} trajectory-steps, more than the limit {WORK_LIMIT:.0e}")
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
    def run(method: Method, runs: int, before: int) -> Result:
        def tick(now: int, _: int) -> None:
            if engine.progress is not None:
                engine.progress(before + now, chosen.work, f"{target.name}: {instance.name}")

        return simulate(
            method,
            instance.problem,
            instance.law,
            hp=HyperParameters(float(target.gamma), float(target.lam), float(target.eta), float(target.b0)),
            steps=target.N,
            runs=runs,
            seed=chosen.seed,
            stream=stream,
            delay=target.delay,
            workers=engine.workers,
            engine=engine.name,  # type: ignore[arg-type]
            progress=tick,
        )

    result = run(target.method, chosen.runs, done)
    twin = None
    if chosen.twin_runs:
        unclipped = run(replace(target.method, clipped=False), chosen.twin_runs, done + target.N * chosen.runs)
        gaps = unclipped.values.tolist()
        count = exceedances(gaps, target.upper)
        twin = Twin(unclipped.runs, count, quantile_band(gaps, target.delta, BAND_LEVEL))
    return judge(target, instance, result, chosen.level, twin)


def judge(target: Target, instance: Instance, result: Result, level: Fraction, twin: Twin | None) -> Attack:
    """Decide one attack at its level from the simulated gaps."""
    gaps = result.values.tolist()
    count, delta = exceedances(gaps, target.upper), target.delta
    band = quantile_band(gaps, delta, BAND_LEVEL)
    sensible = 0 < band.estimate < math.inf
    return Attack(
        problem=instance.problem.name,
        noise=describe(instance.law),
        runs=result.runs,
        violations=count,
        violation_rate=(lower_limit(count, result.runs, level), upper_limit(count, result.runs, level)),
        status=attack_status(count, result.runs, delta, level),
        nonfinite=result.nonfinite,
        quantile=band,
        tightness=float(target.upper) / band.estimate if sensible else None,
        twin=twin,
    )


def untried(chosen: Plan) -> tuple[tuple[Attack, ...], ...]:
    """The records of a plan that is not carried out: nothing was seen, so nothing is concluded."""
    rate = (Fraction(0), Fraction(1))
    return tuple(
        tuple(
            Attack(i.problem.name, describe(i.law), 0, 0, rate, INCONCLUSIVE, 0, None, None, None) for i in instances_
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
