"""``simulate``: quantiles of a method on one instance, for as many trajectories as wanted."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.cli.bound_check import ENGINES
from verify.cli.instance import METRICS, built, called, instance
from verify.cli.options import FORMAT, exact, integers, number
from verify.cli.output import print_json, provenance

if TYPE_CHECKING:
    from verify.simulate.precision import Comparison
    from verify.simulate.shards import Job
    from verify.simulate.summary import Summary
    from verify.statistics import Band

LEVEL = Fraction(1, 100)
PRECISIONS = ("float64", "float32")


def _metrics(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(","))
    for name in found:
        if name not in METRICS or found.count(name) > 1:
            known = ", ".join(METRICS)
            raise click.UsageError(f"--metric: expected some of {known}, each once, got {text!r}; try --metric last")
    return found


def _thresholds(_: click.Context, __: click.Parameter, text: str | None) -> tuple[Fraction, ...]:
    found = () if text is None else tuple(exact(part) for part in text.split(","))
    if not all(x is not None and x >= 0 for x in found):
        raise click.UsageError(f"--threshold: expected numbers >= 0, got {text!r}; try --threshold 0.1,0.2")
    return tuple(sorted({x for x in found if x is not None}))


def _deltas(_: click.Context, __: click.Parameter, text: str) -> tuple[Fraction, ...]:
    found = tuple(exact(part) for part in text.split(","))
    if not all(x is not None and 0 < x < 1 for x in found):
        raise click.UsageError(f"--delta: expected probabilities in (0, 1), got {text!r}; try --delta 0.1,0.01")
    return tuple(x for x in found if x is not None)


@click.command()
@instance
@number("--runs", integers(1, 10**12, 10**6), "100000", "Number of trajectories.")
@click.option(
    "--delta", "deltas", callback=_deltas, default="0.5,0.1,0.01,0.001", show_default=True, help="Of the quantiles."
)
@click.option(
    "--metric",
    "metrics",
    callback=_metrics,
    default="weighted,last",
    show_default=True,
    help=f"What to measure: {', '.join(METRICS)}.",
)
@click.option("--threshold", "thresholds", callback=_thresholds, help="Count the runs above these numbers, exactly.")
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="float64",
    show_default=True,
    help="float32 takes half as long; its bands hold for float64, after a comparison on the same words.",
)
@click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="What runs the steps.")
@click.option("--device", help="Of the engine torch or triton: cuda, or for triton several: cuda:0,cuda:1.")
@click.option("--scheduler", metavar="ADDRESS", help="Run on the workers of this dask cluster, e.g. tcp://host:8786.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep finished chunks in this file.")
@click.option("--resume", is_flag=True, help="Continue the run in --out.")
@FORMAT
def simulate(
    deltas: tuple[Fraction, ...],
    metrics: tuple[str, ...],
    thresholds: tuple[Fraction, ...],
    style: str,
    workers: int | None,
    scheduler: str | None,
    out: Path | None,
    resume: bool,
    **asked: Any,
) -> int:
    """Quantiles of METHOD's metrics, with distribution-free 99% bands; counts above thresholds.

    L = R = 1. The metrics: weighted (f(x) - f* at the mean of the iterates weighted with the stepsizes), last (at x_N),
    average (at their plain mean), grad_sq (weighted mean of squared gradients), best_grad_sq (the least), max_gap and
    max_distance (the largest f(x_t) - f* and ||x_t - x*|| on the way).

    Memory does not grow with --runs. An interrupted run with --out goes on with --resume; the result is the same
    bit for bit.
    """
    if resume and (out is None or not out.exists()):
        raise click.UsageError(f"--resume: expected --out with a file of an earlier run, got {out or 'no file'}")
    if out is not None and out.exists() and not resume:
        raise click.UsageError(f"--out: {out} exists; add --resume to continue it, or name another file")
    if thresholds and asked["precision"] == "float32":
        raise click.UsageError("--threshold: counts are exact in float64 only; try --precision float64")
    from verify.simulate.precision import compare
    from verify.simulate.shards import OtherJob, results, run

    try:
        job = _job(asked, metrics, thresholds)
        results(replace(job, steps=1), 0, 1, 1)  # what cannot be run says so here
    except (ValueError, ArithmeticError) as error:  # noise that cannot be drawn
        raise click.UsageError(str(error)) from None
    try:
        with _cluster(scheduler) as (executor, in_flight):
            summaries = run(job, path=out, executor=executor, workers=workers, in_flight=in_flight, progress=_Rate())
    except OtherJob as error:
        raise click.UsageError(str(error)) from None
    by_name = dict(zip(job.names, summaries, strict=True))
    wanted = {name: by_name[name] for name in metrics}
    compared = compare(job, deltas, workers) if job.precision == "float32" else {}
    quantiles, above = _quantiles(wanted, deltas, compared), _above(wanted, thresholds)
    if style == "json":
        from verify.decimals import decimal
        from verify.report.record import band

        print_json({
            "method": asked["method"], "problem": asked["problem"], "noise": asked["noise"], "dim": asked["dim"],
            "steps": job.steps, "runs": job.runs, "confidence": "0.99",
            "precision": {"state": job.precision, **_precision({name: compared[name] for name in metrics if compared})},
            "options": {name: None if value is None else str(value) for name, value in asked.items()},
            "metrics": {name: METRICS[name] for name in metrics},
            "quantiles": {
                name: [{"delta": str(delta), **(band(b) or {})} for delta, b in row] for name, row in quantiles.items()
            },
            "above": {
                name: [
                    {"threshold": str(x), "runs": n, "rate_lower": decimal(low, 12, up=False),
                     "rate_upper": decimal(high, 12, up=True)}
                    for x, n, low, high in row
                ]
                for name, row in above.items()
            },
            "provenance": provenance(seed=job.seed),
        })  # fmt: skip
    else:
        click.echo("\n".join([*_lines(asked, quantiles, above), *_warning(metrics, compared)]))
    return 0 if all(compared[name].safe for name in metrics if compared) else 3


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


def _warning(metrics: tuple[str, ...], compared: Mapping[str, Comparison]) -> Iterator[str]:
    """What the comparison of both precisions found."""
    for name in metrics if compared else ():
        c = compared[name]
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


@contextmanager
def _cluster(address: str | None) -> Iterator[tuple[Executor | None, int | None]]:
    """The executor of a dask cluster, and two chunks for each of its threads; None without an address."""
    if address is None:
        yield None, None
        return
    try:
        from distributed import Client
    except ImportError:
        raise click.UsageError(
            "--scheduler: expected the package distributed; try pip install 'tailcert[dask]'"
        ) from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise click.UsageError(
            f"--scheduler: expected the address of a running dask scheduler, got {address!r} ({error}); try tcp://host:8786"
        ) from None
    with client:
        yield client.get_executor(), 2 * max(sum(client.nthreads().values()), 1)


def _lines(asked: dict[str, Any], quantiles: Mapping[str, Any], above: Mapping[str, Any]) -> Iterator[str]:
    from verify.decimals import within
    from verify.report.text import table

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
    yield from (f"{name}: {METRICS[name]}" for name in quantiles)


def _job(asked: dict[str, Any], metrics: tuple[str, ...], thresholds: tuple[Fraction, ...]) -> Job:
    from counterexamples.problems import round_down
    from verify.simulate.shards import Job

    method, problem, law, hp = built(asked)
    return Job(
        method, problem, law, hp, asked["steps"], asked["runs"], asked["seed"], delay=asked["delay"],
        also=tuple(name for name in metrics if name not in ("weighted", "last")),
        thresholds=tuple(map(round_down, thresholds)), precision=asked["precision"],
        engine=asked["engine"], device=asked["device"],
    )  # fmt: skip


class _Rate:
    """Trajectories done, their rate and the time left, on stderr where it is a terminal."""

    def __init__(self) -> None:
        self.begun: float | None = None
        self.first = 0

    def __call__(self, done: int, total: int) -> None:
        if self.begun is None:
            self.begun, self.first = time.perf_counter(), done
        elapsed = time.perf_counter() - self.begun
        if sys.stderr.isatty() and elapsed > 0 and done > self.first:
            rate = (done - self.first) / elapsed
            left = (total - done) / rate
            print(f"\r{done}/{total} trajectories, {rate:.3g}/s, {left:.0f} s left  ", end="", file=sys.stderr)
            if done >= total:
                print(file=sys.stderr)
