"""The main job as a function: theorems and numbers in, the record of ``verify.report.record`` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

import bounds
from verify.adversary import hardest
from verify.attack import (
    Attack,
    Engine,
    Plan,
    Progress,
    Unaffordable,
    attack,
    plan,
    supported_count,
    untried,
    verdict,
)
from verify.cli.output import provenance
from verify.cli.prove import Attempt, replays
from verify.constants import NoBound, bound
from verify.constants.question import about
from verify.decimals import decimal, plain
from verify.kernel.replay import Refused
from verify.report.record import Finding, finding
from verify.simulate.metric import Metric
from verify.statistics import critical_count, power, sequential_critical_count, sequential_power
from verify.target import METRIC, Target, aim


@dataclass(frozen=True)
class Question:
    """The numbers of one ``bound-check``."""

    alpha: Fraction
    delta: Fraction
    steps: int
    L: Fraction
    R: Fraction
    sigma: Fraction
    b0: Fraction | str
    beta1: Fraction
    eta: Fraction | str
    delay: int
    dim: int
    runs: int | None
    seed: int
    level: Fraction
    Delta: Fraction | None = None  # of the non-convex theorems
    beta2: Fraction | None = None  # of Adam
    sequential: bool = False
    adversary: bool = False
    variant: str | None = None  # of the one theorem; the best one

    def trivial(self, metric: Metric) -> Fraction:
        """What holds at x_0: f(x_0) - f* <= L R^2/2 (convex), ||grad f(x_0)||^2 <= 2 L Delta (non-convex)."""
        if metric == "gap":
            return self.L * self.R**2 / 2
        if self.Delta is None:
            raise ValueError("Delta: expected a number for a non-convex theorem, got none")
        return 2 * self.L * self.Delta


def check(
    theorems: Sequence[str],
    q: Question,
    engine: str = "auto",
    progress: Progress | None = None,
    device: str | None = None,
) -> dict[str, Any]:
    """Replay, certify, attack."""
    findings = [certify(theorem, q) for theorem in theorems]
    attacked = [k for k, f in enumerate(findings) if f.bound is not None]
    statistics = None
    if attacked and q.runs != 0:
        targets = [target(findings[k], q) for k in attacked]
        rows: Sequence[Sequence[Attack]] = [()] * len(attacked)
        try:
            more = [(hardest(t, seed=q.seed, progress=progress),) if q.adversary else () for t in targets]
            chosen = plan(targets, more, runs=q.runs, seed=q.seed, level=q.level, sequential=q.sequential)
        except ValueError as error:  # a law of the battery cannot be realised at these numbers
            why = f"no attack: {error}"
        else:
            statistics = describe(chosen, q) if chosen.affordable else None
            rows, why = carry_out(chosen, Engine(name=engine, progress=progress, device=device))
        for k, row in zip(attacked, rows, strict=True):
            findings[k] = replace(findings[k], attacks=row, note=why)
    return record(q, findings, statistics)


def certify(theorem: str, q: Question) -> Finding:
    """The replayed proof and the certified bound of one theorem."""
    metric: Metric = METRIC[bounds.kind(theorem)]
    trivial = q.trivial(metric)
    missing = Finding(theorem, "", metric, {}, None, trivial, {}, ())
    try:
        b = bound(theorem, variant=q.variant, **numbers(theorem, q))
    except (Refused, NoBound) as error:
        tried = replays([(theorem, name) for name in about(theorem, q.variant, q.beta1)])
        worst = next((a for a in tried if a.replay is None), tried[0])
        return replace(missing, variant=worst.variant, proof=worst.as_json(), note=str(error))
    proof = Attempt(theorem, b.variant, b.proof, {}, "").as_json()
    return Finding(
        theorem, b.variant, metric, proof, (b.lower_exact, b.upper_exact), trivial, b.parameters, (),
        certificate=b.certificate["sha256"],
    )  # fmt: skip


def numbers(theorem: str, q: Question) -> dict[str, Any]:
    """The arguments of ``verify.bound``: those that the theorem speaks about."""
    names = ["alpha", "delta", "L", "R", "sigma", "b0", "eta", "delay"]
    method = bounds.method(theorem)
    if bounds.kind(theorem) == "nonconvex":
        names.append("Delta")
    if method is not None and method.accumulator == "adam":
        names.append("beta2")
    if q.beta1:
        names.append("beta1")
    return {"N": q.steps, **{k: getattr(q, k) for k in names}}


def target(f: Finding, q: Question) -> Target:
    """What the simulation attacks."""
    if f.bound is None:
        raise ValueError(f"{f.theorem}: no bound to attack")
    size = q.R if f.metric == "gap" else q.Delta
    if size is None:
        raise ValueError(f"{f.theorem}: no Delta to start from")
    return aim(
        f.theorem, f.variant, f.parameters, f.bound[1],
        alpha=q.alpha, sigma=q.sigma, L=q.L, size=size, N=q.steps, delta=q.delta, delay=q.delay, dim=q.dim,
    )  # fmt: skip


def carry_out(chosen: Plan, engine: Engine) -> tuple[Sequence[Sequence[Attack]], str]:
    """The attacks, or the empty records of attacks that are too expensive, and why."""
    try:
        return attack(chosen, engine), ""
    except Unaffordable as error:
        return untried(chosen), f"no attack: {error}; take fewer --steps or --runs, or --runs 0 for the number alone"


def describe(chosen: Plan, q: Question) -> dict[str, Any]:
    """What the statuses of a run mean."""
    rate = min(2 * q.delta, Fraction(1))
    away = min(chosen.distance, (1 - q.delta) / 2)
    numbers, drawn = (chosen.runs, q.delta + away, chosen.level), max(rate - away, Fraction(0))
    if chosen.sequential:
        supported, violated, chance = None, sequential_critical_count(*numbers), sequential_power(drawn, *numbers)
    else:
        supported = supported_count(chosen.runs, q.delta, chosen.level, away)
        violated, chance = critical_count(*numbers), power(drawn, *numbers)[0]
    return {
        "attacks": chosen.attacks,
        "runs": chosen.runs,
        "unclipped_runs": chosen.twin_runs,
        "level_per_attack": decimal(chosen.level, 4, up=False),
        "sequential": chosen.sequential,
        "supported_up_to": supported,
        "violated_from": violated,
        "power_rate": plain(rate),
        "power": decimal(chance, 4, up=False),
    }


def record(q: Question, findings: Sequence[Finding], statistics: dict[str, Any] | None) -> dict[str, Any]:
    """The JSON object of a run."""
    proved = all(f.proof["status"] == "PROVED" for f in findings)
    certified = all(f.bound is not None for f in findings)
    return {
        **{k: v if isinstance(v, int | str) or v is None else plain(v) for k, v in asdict(q).items()},
        "statistics": statistics,
        "theorems": [finding(f) for f in findings],
        "verdict": verdict(proved, certified, [a for f in findings for a in f.attacks], q.runs != 0),
        "provenance": provenance(seed=q.seed),
    }
