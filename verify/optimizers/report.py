"""What was found about an optimizer, as text a person can act on and as a JSON-ready record."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from verify.decimals import decimal, within
from verify.optimizers.check import Check
from verify.optimizers.tails import Tail, worst
from verify.report.record import band, statistic
from verify.report.text import table
from verify.statistics import INCONCLUSIVE, SUPPORTED, VIOLATED

EXIT = {SUPPORTED: 0, VIOLATED: 1, INCONCLUSIVE: 3}
HEAD = ("problem + noise", "exceeded", "rate <=", "status", "quantile [99% band]", "reference", "exceeded")


def lines(check: Check) -> Iterator[str]:
    """The report, line by line."""
    t = check.target
    size = f"alpha {decimal(t.alpha)}, delta {decimal(t.delta)}, steps {t.N}, L {decimal(t.L)}, R {decimal(t.size)}"
    yield f"{check.name}({', '.join(f'{k}={_shown(v)}' for k, v in check.options.items())})"
    yield f"  on    {size}, sigma {decimal(t.sigma)}, dim {t.dim}, seed {check.seed}"
    yield f"  claim P(f(x) - f* > {decimal(t.upper)}) <= {decimal(t.delta)}, x the {_point(check.metric)}"
    yield f"        the bound of {check.bound.theorem} ({check.bound.variant}), {'PROVED' if check.bound.proof else ''}"
    if check.conformance is not None:
        yield f"  does  {check.conformance.sentence}"
        if check.conformance.detail:
            yield f"        {check.conformance.detail}"
    if check.fatal is not None:
        yield f"  error {check.fatal}"
    if check.path != "none":
        yield f"  path  {check.path}, {_agrees(check.deviation)}, {check.trajectories_per_s:.4g} trajectories/s"
    yield from (f"        not {reason}" for reason in check.refused)
    yield from (f"  note  {note}" for note in check.notes)
    if check.rows:
        yield from table([HEAD, *(_row(row) for row in check.rows)])
        yield f"level: all statuses together are right with probability >= 1 - {decimal(check.level)}"
        yield f"reference: {check.bound.theorem} at its certified numbers, on the same noise"
    if check.growth is not None:
        g, row = check.growth, worst(check.rows)
        first, last = decimal(g.deltas[0]), decimal(g.deltas[-1])
        yield (
            f"growth: on {row.noise} the quantile grows like (1/delta)^p from delta {first} to {last}, p in "
            f"[{g.lower:.2f}, {g.upper:.2f}] with confidence 0.99; ln(2/delta) has p {g.logarithmic:.2f}: {g.kind}"
        )
    yield from advice(check)
    yield f"verdict: {check.status}"


def advice(check: Check) -> Iterator[str]:
    """What failed and what to do about it."""
    if check.tails != VIOLATED:
        return
    row, t = worst(check.rows), check.target
    kept = row.reference_violations * t.delta.denominator <= row.runs * t.delta.numerator
    also = f" that {t.method.name} keeps on the same noise" if kept else ""
    yield (
        f"fails on {row.problem} + {row.noise}, alpha = {decimal(t.alpha)}: {_percent(row.violations, row.runs)} % of "
        f"{row.runs} runs exceed the bound {decimal(t.upper)}{also}"
    )
    does = check.conformance
    if does is not None and does.status == "DEPARTS":
        reason = f" ({', '.join(does.departures)})" if does.departures else ""
        yield f"it departs from {does.method} at step {does.first_step}{reason}: mend that first"
        return
    quiet = [r for r in check.rows if r.noise == "none" and r.status == VIOLATED]
    if quiet:
        yield "it fails without noise, too: the stepsize is too small or too large for this problem; tune it first"
    else:
        yield f"try: clip the gradient to norm {float(t.lam):.4g} before anything else sees it, accumulators included"


def _percent(count: int, runs: int) -> str:
    """Two digits, 100 only if it is all of them."""
    share = Fraction(100 * count, runs)
    return f"{float(share):.2g}" if share < 99 else f"{math.floor(10 * share) / 10:g}"


def record(check: Check) -> dict[str, Any]:
    """The JSON object."""
    t, g = check.target, check.growth
    return {
        "optimizer": check.name,
        "options": {k: _shown(v) for k, v in check.options.items()},
        "theorem": check.bound.theorem,
        "variant": check.bound.variant,
        "alpha": decimal(t.alpha),
        "delta": decimal(t.delta),
        "steps": t.N,
        "dim": t.dim,
        "metric": check.metric,
        "bound": {"lower": check.bound.lower, "upper": check.bound.upper},
        "conformance": None if check.conformance is None else check.conformance.as_json(),
        "path": check.path,
        "path_deviation": statistic(check.deviation),
        "path_refused": list(check.refused),
        "trajectories_per_s": statistic(check.trajectories_per_s),
        "tails": {
            "status": check.tails,
            "level": decimal(check.level),
            "rows": [_json(row) for row in check.rows],
            "growth": None
            if g is None
            else {
                "kind": g.kind,
                "lower": statistic(g.lower),
                "upper": statistic(g.upper),
                "noise": worst(check.rows).noise,
            },
        },
        "notes": list(check.notes),
        "error": check.fatal,
        "advice": list(advice(check)),
        "verdict": check.status,
    }


def _json(row: Tail) -> dict[str, Any]:
    low, high = row.violation_rate
    return {
        "problem": row.problem,
        "noise": row.noise,
        "runs": row.runs,
        "violations": row.violations,
        "violation_rate_lower": decimal(low, 12, up=False),
        "violation_rate_upper": decimal(high, 12),
        "status": row.status,
        "nonfinite": row.nonfinite,
        "quantile": band(row.quantile),
        "reference_violations": row.reference_violations,
        "reference_quantile": band(row.reference_quantile),
    }


def _row(row: Tail) -> tuple[str, ...]:
    return (
        f"{row.problem} + {row.noise}",
        f"{row.violations}/{row.runs}",
        decimal(Fraction(row.violation_rate[1]), 2),
        row.status,
        f"{row.quantile.estimate:.3g} {within(row.quantile.lower, row.quantile.upper)}",
        f"{row.reference_quantile.estimate:.3g}",
        f"{row.reference_violations}/{row.runs}",
    )


def _point(metric: str) -> str:
    return "last iterate" if metric == "last" else "plain average of the iterates"


def _agrees(deviation: float) -> str:
    return "the loop's bits" if deviation == 0 else f"within {deviation:.1e} of the loop"


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
