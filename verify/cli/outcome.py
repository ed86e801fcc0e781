"""What ``simulate`` tells of one instance: quantiles with bands and counts, as text or as a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from verify.cli.instance import called, measured
from verify.cli.output import provenance

if TYPE_CHECKING:
    from verify.simulate.precision import Comparison
    from verify.simulate.shards import Job
    from verify.simulate.summary import Summary
    from verify.statistics import Band

LEVEL = Fraction(1, 100)


@dataclass(frozen=True)
class Outcome:
    """What is told of one instance, metric by metric; ``compared``: float32 with float64."""

    asked: Mapping[str, Any]
    seed: int
    quantiles: Mapping[str, list[tuple[Fraction, Band]]]
    above: Mapping[str, list[tuple]]
    compared: Mapping[str, Comparison]


def outcome(
    job: Job,
    summaries: tuple[Summary, ...],
    workers: int | None,
    *,
    deltas: tuple[Fraction, ...],
    metrics: tuple[str, ...],
    thresholds: tuple[Fraction, ...],
    **asked: Any,
) -> Outcome:
    from verify.simulate.precision import compare

    by_name = dict(zip(job.names, summaries, strict=True))
    wanted = {name: by_name[name] for name in metrics}
    compared = compare(job, deltas, workers) if job.precision == "float32" else {}
    compared = {name: compared[name] for name in metrics if compared}
    return Outcome(asked, job.seed, _quantiles(wanted, deltas, compared), _above(wanted, thresholds), compared)


def record(o: Outcome) -> dict[str, Any]:
    from verify.decimals import decimal
    from verify.report.record import band

    asked = o.asked
    return {
        "method": asked["method"], "problem": asked["problem"], "noise": asked["noise"], "dim": asked["dim"],
        "steps": asked["steps"], "runs": asked["runs"], "confidence": "0.99",
        "precision": {"state": asked["precision"], **_precision(o.compared)},
        "options": {name: None if value is None else str(value) for name, value in asked.items()},
        "metrics": {name: measured(name, asked) for name in o.quantiles},
        "quantiles": {
            name: [{"delta": str(delta), **(band(b) or {})} for delta, b in row] for name, row in o.quantiles.items()
        },
        "above": {
            name: [
                {"threshold": str(x), "runs": n, "rate_lower": decimal(low, 12, up=False),
                 "rate_upper": decimal(high, 12, up=True)}
                for x, n, low, high in row
            ]
            for name, row in o.above.items()
        },
        "provenance": provenance(seed=o.seed),
    }  # fmt: skip


def _quantiles(
    found: Mapping[str, Summary], deltas: tuple[Fraction, ...], compared: Mapping[str, Comparison]
) -> dict[str, list[tuple[Fraction, Band]]]:
    """Bands for the float64 metric."""
    from verify.simulate.precision import band
    from verify.simulate.summary import quantile

    def one(name: str, s: Summary, delta: Fraction) -> Band:
        return band(s, compared[name], delta, LEVEL) if compared else quantile(s, delta, LEVEL)

    return {name: [(delta, one(name, s, delta)) for delta in deltas] for name, s in found.items()}


def _precision(compared: Mapping[str, Comparison]) -> dict[str, Any]:
    """The record of the comparison."""
    from verify.report.record import statistic

    return {
        "compared": {
            name: {
                "runs": c.runs, "unit": statistic(c.unit), "largest_difference": statistic(c.largest), "safe": c.safe,
                "quantile_shifts": {str(delta): statistic(shift) for delta, shift in c.shifts.items()},
            }
            for name, c in compared.items()
        }
    } if compared else {}  # fmt: skip


def _warning(compared: Mapping[str, Comparison]) -> Iterator[str]:
    """What the comparison of both precisions found."""
    for name, c in compared.items():
        shift = max((abs(shift) for shift in c.shifts.values()), default=0.0)
        verdict = "agrees with float64" if c.safe else "NOT SAFE, run it with --precision float64"
        yield (
            f"float32, {name}: {verdict}; on the same words {c.runs} runs differ by at most {c.largest:.2g} of "
            f"(value + {c.unit:.3g}), their quantiles by {shift:.2g}; the bands pay for it"
        )


def _above(found: Mapping[str, Summary], thresholds: tuple[Fraction, ...]) -> dict[str, list[tuple]]:
    """(threshold, runs above it, limits of their rate: a 99% band)."""
    from counterexamples.problems import round_down
    from verify.statistics import lower_limit, upper_limit

    return {
        name: [
            (x, n, lower_limit(n, s.runs, LEVEL / 2), upper_limit(n, s.runs, LEVEL / 2))
            for x in thresholds
            for n in [s.above(round_down(x))[0]]
        ]
        for name, s in found.items()
    }


def lines(o: Outcome) -> Iterator[str]:
    from verify.decimals import within
    from verify.report.text import table

    asked, quantiles, above = o.asked, o.quantiles, o.above
    noise = asked["noise"] if asked["dim"] == 1 else f"isotropic {asked['noise']} in R^{asked['dim']}"
    yield f"{called(asked)} on {asked['problem']} + {noise}, {asked['steps']} steps, {asked['runs']} runs"
    bands = (cell for name in quantiles for cell in (name, "99% band"))
    body = [("1 - delta quantile, delta", *bands)]
    for row in zip(*quantiles.values(), strict=True):
        cells = ((f"{b.estimate:.4g}", within(b.lower, b.upper, 4)) for _, b in row)
        body.append((str(float(row[0][0])), *(cell for pair in cells for cell in pair)))
    yield from table(body)
    if any(above.values()):
        body = [("runs above", *(cell for name in above for cell in (name, "99% band of their rate")))]
        for counts in zip(*above.values(), strict=True):
            cells = ((str(n), within(low, high)) for _, n, low, high in counts)
            body.append((str(float(counts[0][0])), *(cell for pair in cells for cell in pair)))
        yield from table(body)
    yield from (f"{name}: {measured(name, asked)}" for name in quantiles)
    yield from _warning(o.compared)
