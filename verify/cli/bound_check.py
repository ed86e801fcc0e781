"""``bound-check``: replay the proofs, certify the bounds, attack them by simulation."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from verify.cli.choose import about, choose
from verify.cli.options import (
    ALPHA,
    FORGETTING,
    FORMAT,
    MOMENTUM,
    NONNEGATIVE,
    POSITIVE,
    PROBABILITY,
    Exact,
    TheoremId,
    integers,
)
from verify.cli.output import note, print_json

EXIT = {"HOLDS": 0, "REFUTED": 1, "UNDECIDED": 3}
STEPS, RUNS, SEED = integers(1, 10**18, 10000), integers(0, 10**9, 10000), integers(0, 2**64 - 1, 0)


def number(name: str, allowed: Any, default: str | None, text: str, *words: str, **more: Any) -> Any:
    """An exact option."""
    if default is not None:
        more |= {"default": default, "show_default": True}
    return click.option(name, name.removeprefix("--"), type=Exact(allowed, *words), help=text, **more)


@click.command("bound-check")
@number("--alpha", ALPHA, None, "Tail index: E||xi||^alpha <= sigma^alpha, in (1, 2].", required=True)
@click.option("--theorem", multiple=True, type=TheoremId(), help="Theorem id (repeatable). [default: all convex]")
@number("--delta", PROBABILITY, "0.01", "Failure probability.")
@number("--steps", STEPS, "10000", "Number of steps N.")
@number("--L", POSITIVE, "1", "Smoothness.")
@number("--R", POSITIVE, "1", "Bound of ||x_0 - x*||.")
@number("--sigma", NONNEGATIVE, "1", "Noise level.")
@number("--b0", POSITIVE, "matched", "Initial accumulator; matched: 1, for Adam R/(u N^(1/2)).", "matched")
@number("--beta1", MOMENTUM, "0", "Momentum.")
@number("--beta2", FORGETTING, None, "Forgetting of Adam's accumulator. [default: 1 - 1/steps]")
@number("--Delta", POSITIVE, None, "Bound of f(x_0) - inf f, for non-convex theorems.")
@number("--eta", NONNEGATIVE, "reweighted", "Accumulator weight; reweighted: (gamma/R)^2; 0: Clip-SGD.", "reweighted")
@number("--delay", integers(1, 64, 1), "1", "Delay of the stepsize.")
@number("--dim", integers(1, 10**6, 1), "1", "Dimension of the test problems.")
@number("--runs", RUNS, None, "Trajectories per attack; 0: no attack. [default: 10000, more for a small delta]")
@number("--seed", SEED, "0", "Seed of the simulation; reproduces it bit for bit.")
@number("--level", PROBABILITY, "1e-6", "Probability that any status of the run is wrong.")
@click.option("--sequential", is_flag=True, help="Look again and again, stop each attack when decided; --runs ends it.")
@click.option("--engine", type=click.Choice(["auto", "compiled", "reference"]), default="auto", show_default=True)
@FORMAT
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Also write an HTML page.")
def bound_check(
    theorem: tuple[str, ...], style: str, report: Path | None, engine: str, sequential: bool, **numbers: Any
) -> int:
    """Replay the proofs, certify the bounds at these numbers, attack them by simulation.

    HOLDS (exit 0): every proof is PROVED and every attack SUPPORTED. REFUTED (1): a proof fails or an attack is
    VIOLATED. UNDECIDED (3): proved, but an attack is inconclusive or unaffordable.
    """
    ids, remark = choose(theorem, numbers)
    if any(about(i).accumulator == "adam" for i in ids):
        numbers["beta2"] = numbers["beta2"] or 1 - Fraction(1, numbers["steps"])
    from verify.cli.check import Question, check
    from verify.cli.prove import write

    if report is not None:
        write(report, "")  # a place that cannot be written is found out before the work
    if remark:
        note(remark)
    with Progress() as progress:
        record = check(ids, Question(sequential=sequential, **numbers), engine, progress.show)
    if report is not None:
        from verify.report.page import page

        write(report, page(record))
    if style == "json":
        print_json(record)
    else:
        from verify.report.text import lines

        click.echo("\n".join(lines(record)))
    return EXIT[record["verdict"]]


class Progress:
    """One line on stderr, redrawn; nothing where stderr is not a terminal."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.task: Any = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (BarColumn(20), TimeRemainingColumn(), TextColumn("{task.description}"))
            self.bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self.bar.start()
            self.task = self.bar.add_task("proofs and bounds", total=None)
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()

    def show(self, done: int, total: int, label: str) -> None:
        """So many trajectory-steps are done."""
        if self.bar is not None:
            self.bar.update(self.task, completed=done, total=total, description=label)
