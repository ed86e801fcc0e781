"""The main job as a function: theorems and numbers in, the record of ``verify.report.record`` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

import bounds
from verify.attack import (
    Attack,
    Engine,
    Plan,
    Progress,
    Target,
    Unaffordable,
    attack,
    plan,
    supported_count,
    untried,
    verdict,
)
from verify.cli.output import provenance
from verify.cli.prove import Attempt, attempts
from verify.constants import NoBound, bound
from verify.kernel.replay import Refused
from verify.report.decimals import decimal, plain
from verify.report.record import Finding, finding
from verify.statistics import critical_count, power


@dataclass(frozen=True)
class Question:
    """The numbers of one ``bound-check``."""

    alpha: Fraction
    delta: Fraction
    steps: int
    L: Fraction
    R: Fraction
    sigma: Fraction
    b0: Fraction
    beta1: Fraction
    eta: Fraction | str
    delay: int
    dim: int
    runs: int | None
    seed: int
    level: Fraction

    @property
    def trivial(self) -> Fraction:
        """f(x) - f* <= L R^2/2 within distance R of x*."""
        return self.L * self.R**2 / 2


def check(
    theorems: Sequence[str], q: Question, engine: str = "auto", progress: Progress | None = None
) -> dict[str, Any]:
    """Replay, certify, attack."""
    findings = [certify(theorem, q) for theorem in theorems]
    attacked = [k for k, f in enumerate(findings) if f.bound is not None]
    statistics = None
    if attacked and q.runs != 0:
        targets = [target(findings[k], q) for k in attacked]
        rows: Sequence[Sequence[Attack]] = [()] * len(attacked)
        try:
            chosen = plan(targets, runs=q.runs, seed=q.seed, level=q.level)
        except ValueError as error:  # a law of the battery cannot be realised at these numbers
            why = f"no attack: {error}"
        else:
            statistics = describe(chosen, q) if chosen.affordable else None
            rows, why = carry_out(chosen, Engine(name=engine, progress=progress))
        for k, row in zip(attacked, rows, strict=True):
            findings[k] = replace(findings[k], attacks=row, note=why)
    return record(q, findings, statistics)


def certify(theorem: str, q: Question) -> Finding:
    """The replayed proof and the certified bound of one theorem."""
    numbers = {k: getattr(q, k) for k in ("alpha", "delta", "L", "R", "sigma", "b0", "eta", "delay")}
    missing = Finding(theorem, bounds.variants(theorem)[0], {}, None, q.trivial, {}, ())
    try:
        b = bound(theorem, N=q.steps, **numbers)
    except (Refused, NoBound) as error:
        tried = attempts([theorem])
        worst = next((a for a in tried if a.replay is None), tried[0])
        return replace(missing, variant=worst.variant, proof=worst.as_json(), note=str(error))
    return Finding(
        theorem, b.variant, Attempt(theorem, b.variant, b.proof, {}, "").as_json(), (b.lower_exact, b.upper_exact),
        q.trivial, b.parameters, (), certificate=b.certificate["sha256"],
    )  # fmt: skip


def target(f: Finding, q: Question) -> Target:
    """What the simulation attacks."""
    if f.bound is None:
        raise ValueError(f"{f.theorem}: no bound to attack")
    p, method = f.parameters, bounds.method(f.theorem, f.variant)
    if method is None:
        raise ValueError(f"{f.theorem}: no method to attack")
    return Target(
        f.theorem, method, q.alpha, q.sigma, q.L, q.R, q.steps, q.delta,
        gamma=p["gamma"], lam=p["lam"], eta=p.get("eta", Fraction(0)), b0=p.get("b0", q.b0), rho=p["rho"],
        upper=f.bound[1], delay=q.delay, dim=q.dim,
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
    return {
        "attacks": chosen.attacks,
        "runs": chosen.runs,
        "unclipped_runs": chosen.twin_runs,
        "level_per_attack": decimal(chosen.level, 4, up=False),
        "supported_up_to": supported_count(chosen.runs, q.delta, chosen.level),
        "violated_from": critical_count(chosen.runs, q.delta, chosen.level),
        "power_rate": plain(rate),
        "power": decimal(power(rate, chosen.runs, q.delta, chosen.level)[0], 4, up=False),
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
