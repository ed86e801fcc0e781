"""``experiment``: the experiments, one command each."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verify.cli.options import ALPHA, FORMAT, PROBABILITY, SEED, integers, number
from verify.cli.output import print_json, provenance
from verify.cli.plot import PLOT, plot, plot_ready
from verify.cli.progress import Progress

if TYPE_CHECKING:
    from verify.experiments.record import Experiment

RUNS, STEPS = integers(2, 10**8, 100), integers(2, 10**9, 10000)


@click.group(invoke_without_command=True)
@click.pass_context
def experiment(ctx: click.Context) -> None:
    """Simulations with confidence bands: measured, never a proof."""
    if ctx.invoked_subcommand is None:
        names = ", ".join(experiment.list_commands(ctx))
        raise click.UsageError(f"experiment: expected one of {names}, got none; try verify experiment synthetic")


def _show(run: Callable[..., Experiment], style: str, path: Path | None, **numbers: Any) -> int:
    from verify.constants import NoBound

    plot_ready(path)
    try:
        with Progress() as progress:
            found = run(**numbers, progress=progress.show)
    except NoBound as error:
        raise click.UsageError(f"{error}; try more --steps") from None
    plot(found.panels, path)
    if style == "json":
        print_json({**found.as_json(), "provenance": provenance(seed=str(numbers["seed"]))})
    else:
        click.echo("\n".join(found.lines()))
    return 0


@experiment.command()
@number("--steps", STEPS, "10000", "Iterations.")
@number("--runs", RUNS, "100", "Trajectories of each method and stepsize.")
@number("--seed", SEED, "0", "Seed; reproduces the result bit for bit.")
@PLOT
@FORMAT
def synthetic(style: str, figure: Path | None, **numbers: Any) -> int:
    """The authors' quadratic with heavy-tailed noise: AdaGrad-Norm with and without a clip, 10/50/90 % bands."""
    from verify.experiments.synthetic import run

    return _show(run, style, figure, **{k: int(v) for k, v in numbers.items()})


@experiment.command()
@number("--alpha", ALPHA, "1.5", "Tail index, in (1, 2].")
@number("--steps", STEPS, "10000", "Steps.")
@number(
    "--runs",
    integers(200, 10**8, 4000),
    "4000",
    "Trajectories with one jump for each quantile; ten times as many in Pareto noise.",
)
@number("--seed", SEED, "0", "Seed; reproduces the result bit for bit.")
@PLOT
@FORMAT
def quantiles(style: str, figure: Path | None, alpha: Fraction, **numbers: Any) -> int:
    """(1-delta)-quantiles with and without the clip down to delta = 1e-9, next to the certified bounds."""
    from verify.experiments.quantiles import run

    return _show(run, style, figure, alpha=alpha, **{k: int(v) for k, v in numbers.items()})


@experiment.command("clip-level")
@number("--alpha", ALPHA, "1.5", "Tail index, in (1, 2].")
@number("--steps", STEPS, "30000", "Steps.")
@number("--runs", integers(200, 10**8, 1000), "1000", "Trajectories for each quantile.")
@number("--seed", SEED, "0", "Seed; reproduces the result bit for bit.")
@PLOT
@FORMAT
def clip_level(style: str, figure: Path | None, alpha: Fraction, **numbers: Any) -> int:
    """The clipping level: none, 100 times that of the theory, the theory's, 1/100 of it."""
    from verify.experiments.clip_level import run

    return _show(run, style, figure, alpha=alpha, **{k: int(v) for k, v in numbers.items()})


@experiment.command()
@number("--alpha", ALPHA, "1.5", "Tail index, in (1, 2].")
@number("--delta", PROBABILITY, "0.01", "The quantile is of order 1 - delta.")
@number("--steps", STEPS, "10000", "Steps N.")
@number("--runs", integers(200, 10**8, 10000), "10000", "Trajectories of each method, a twentieth for each trial.")
@number("--seed", SEED, "0", "Seed; reproduces the result bit for bit.")
@PLOT
@FORMAT
def comparison(style: str, figure: Path | None, alpha: Fraction, delta: Fraction, **numbers: Any) -> int:
    """SGD, AdaGrad-Norm and Adam-Norm, clipped or not, delayed or not, each with its best stepsize."""
    from verify.experiments.comparison import run

    return _show(run, style, figure, alpha=alpha, delta=delta, **{k: int(v) for k, v in numbers.items()})
