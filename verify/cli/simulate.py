"""``simulate``: quantiles of a method on one instance, for as many trajectories as wanted."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.cli.bound_check import ENGINES
from verify.cli.instance import METRICS, built, instance
from verify.cli.instances import Line, at, read
from verify.cli.options import FORMAT, exact, integers, number
from verify.cli.outcome import lines, outcome, record
from verify.cli.output import print_json

if TYPE_CHECKING:
    from verify.simulate.shards import Job

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
@click.option(
    "--instances",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='One run for each line of this file, a JSON object of options, e.g. {"gamma": "0.1", "noise": "pareto"}.',
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Keep finished chunks in this file.")
@click.option("--resume", is_flag=True, help="Continue the run in --out.")
@FORMAT
@click.pass_context
def simulate(
    context: click.Context,
    style: str,
    workers: int | None,
    scheduler: str | None,
    instances: Path | None,
    out: Path | None,
    resume: bool,
    **asked: Any,
) -> int:
    """Quantiles of METHOD's metrics, with distribution-free 99% bands; counts above thresholds.

    L = R = 1. The metrics: weighted (f(x) - f* at the mean of the iterates with the weights u_t of the theorems, which
    the output writes out), last (at x_N), average (at their plain mean), grad_sq (mean of squared gradients with these
    u_t), best_grad_sq (the least), max_gap and max_distance (the largest f(x_t) - f* and ||x_t - x*|| on the way).

    Memory does not grow with --runs. An interrupted run with --out goes on with --resume; the result is the same
    bit for bit. With --instances, many runs share one call, its file and its progress; the options of a line take the
    place of those of the command line.
    """
    if resume and (out is None or not out.exists()):
        raise click.UsageError(f"--resume: expected --out with a file of an earlier run, got {out or 'no file'}")
    if out is not None and out.exists() and not resume:
        raise click.UsageError(f"--out: {out} exists; add --resume to continue it, or name another file")
    from verify.simulate.shards import OtherJob, run_all

    wanted = [Line(1, "", "", asked)] if instances is None else read(instances, context, asked)
    jobs = []
    for line in wanted:
        with at(line.place):
            jobs.append(_job(**line.asked))
    try:
        with _cluster(scheduler) as (executor, in_flight):
            found = run_all(jobs, path=out, executor=executor, workers=workers, in_flight=in_flight, progress=_Rate())
    except OtherJob as error:
        raise click.UsageError(str(error)) from None
    outcomes = [outcome(job, s, workers, **line.asked) for job, s, line in zip(jobs, found, wanted, strict=True)]
    if style == "text":
        blocks = ([line.said] * bool(line.said) + list(lines(o)) for o, line in zip(outcomes, wanted, strict=True))
        click.echo("\n\n".join("\n".join(block) for block in blocks))
    elif instances is None:
        print_json(record(outcomes[0]))
    else:
        rows = zip(wanted, outcomes, strict=True)
        print_json({"instances": [{"line": line.number, **record(o)} for line, o in rows]})
    return 0 if all(c.safe for o in outcomes for c in o.compared.values()) else 3


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


def _job(
    *, deltas: tuple[Fraction, ...], metrics: tuple[str, ...], thresholds: tuple[Fraction, ...], **asked: Any
) -> Job:
    """What is to be run, tried on one step of one trajectory; ValueError or ArithmeticError where it cannot be run."""
    from counterexamples.problems import round_down
    from verify.simulate.shards import Job, results

    if thresholds and asked["precision"] == "float32":
        raise ValueError("--threshold: counts are exact in float64 only; try --precision float64")
    method, problem, law, hp = built(asked)
    job = Job(
        method, problem, law, hp, asked["steps"], asked["runs"], asked["seed"], delay=asked["delay"],
        also=tuple(name for name in metrics if name not in ("weighted", "last")),
        thresholds=tuple(map(round_down, thresholds)), precision=asked["precision"],
        engine=asked["engine"], device=asked["device"],
    )  # fmt: skip
    results(replace(job, steps=1), 0, 1, 1)
    return job


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
