"""``bound-check``: replay the proofs, certify the bounds, attack them by simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from verify.cli.choose import settle
from verify.cli.options import FORMAT, PROBABILITY, RUNS, SEED, number, question
from verify.cli.output import print_json
from verify.cli.progress import Progress

ENGINES = ("auto", "compiled", "reference", "torch", "triton")
EXIT = {"HOLDS": 0, "REFUTED": 1, "UNDECIDED": 3}


@click.command("bound-check")
@question
@number("--runs", RUNS, None, "Trajectories per attack; 0: no attack. [default: 10000, more for a small delta]")
@number("--seed", SEED, "0", "Seed of the simulation; reproduces it bit for bit.")
@number("--level", PROBABILITY, "1e-6", "Probability that any status of the run is wrong.")
@click.option("--sequential", is_flag=True, help="Look again and again, stop each attack when decided; --runs ends it.")
@click.option("--adversary", is_flag=True, help="Also attack on the hardest instance that a search finds.")
@click.option("--engine", type=click.Choice(ENGINES), default="auto", show_default=True)
@click.option("--device", help="Of the engine torch or triton: cuda, or for triton several: cuda:0,cuda:1.")
@FORMAT
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Also write an HTML page.")
def bound_check(
    theorem: tuple[str, ...],
    style: str,
    report: Path | None,
    engine: str,
    device: str | None,
    sequential: bool,
    adversary: bool,
    **numbers: Any,
) -> int:
    """Replay the proofs, certify the bounds at these numbers, attack them by simulation.

    HOLDS (exit 0): every proof is PROVED and every attack SUPPORTED. REFUTED (1): a proof fails or an attack is
    VIOLATED. UNDECIDED (3): proved, but an attack is inconclusive or unaffordable.
    """
    ids = settle(theorem, numbers)
    from verify.cli.check import Question, check
    from verify.cli.prove import write
    from verify.simulate.arguments import EngineError
    from verify.simulate.engine import ready

    if report is not None:
        write(report, "")  # a place that cannot be written is found out before the work
    asked = Question(sequential=sequential, adversary=adversary, **numbers)
    try:
        ready(engine, device)
        with Progress() as progress:
            record = check(ids, asked, engine, progress.show, device)
    except EngineError as error:
        raise click.UsageError(str(error)) from None
    if report is not None:
        from verify.report.page import page

        write(report, page(record))
    if style == "json":
        print_json(record)
    else:
        from verify.report.text import lines

        click.echo("\n".join(lines(record)))
    return EXIT[record["verdict"]]
