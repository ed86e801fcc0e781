"""``optimizer``: does somebody's own optimizer do what it says, and does it survive heavy-tailed noise?"""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from typing import Any

import click

from bounds.methods import METHODS
from verify.cli.options import ALPHA, FORMAT, MOMENTUM, NONNEGATIVE, POSITIVE, PROBABILITY, TheoremId, integers, number
from verify.cli.output import print_json, provenance
from verify.cli.progress import Progress


def _arguments(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """name=value pairs: numbers, true, false, none, or words."""
    words: dict[str, Any] = {"true": True, "false": False, "none": None}
    out = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (equals and name.isidentifier() and value):
            raise click.UsageError(f"--arg: expected name=value, got {text!r}; try --arg weight_decay=0.01")
        out[name] = words.get(value.lower(), _number(value))
    return out


def _number(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


@click.command()
@click.argument("obj", metavar="PACKAGE.MODULE:NAME")
@click.option("--lr", help="The option lr of the optimizer: a number, or gamma for the theorem's.")
@click.option("--arg", "options", multiple=True, callback=_arguments, help="Another option, name=value (repeatable).")
@click.option("--method", type=click.Choice(list(METHODS)), help="The method it is said to be: compare step by step.")
@click.option(
    "--theorem", type=TheoremId(), help="Whose bound to test. [default: of --method, or clip-adagrad-norm-delayed]"
)
@number("--alpha", ALPHA, "1.5", "Tail index of the noise, in (1, 2].")
@number("--delta", PROBABILITY, "0.01", "Failure probability.")
@number("--steps", integers(1, 10**7, 1000), "1000", "Number of steps N.")
@number("--L", POSITIVE, "1", "Smoothness.")
@number("--R", POSITIVE, "1", "||x_0 - x*||.")
@number("--sigma", NONNEGATIVE, "0.1", "Noise level.")
@number("--beta1", MOMENTUM, "0", "Momentum of the theorem's method.")
@number("--delay", integers(1, 64, 1), "1", "Delay of the theorem's method.")
@number("--dim", integers(1, 10**4, 1), "1", "Dimension; from 2 to 64 there is also noise in all directions.")
@click.option("--metric", type=click.Choice(["average", "last"]), default="average", show_default=True)
@number(
    "--runs", integers(1, 10**8, 4096), None, "Replicas after which an undecided instance is given up. [default: 32768]"
)
@number("--seed", integers(0, 2**64 - 1, 0), "0", "Seed; reproduces the run.")
@number("--level", PROBABILITY, "1e-6", "Probability that any status of the run is wrong.")
@FORMAT
def optimizer(obj: str, lr: str | None, options: dict[str, Any], style: str, **asked: Any) -> int:
    """Run an optimizer (torch class or factory, optax transformation, step function) against a certified bound.

    SUPPORTED (exit 0), VIOLATED (1): it exceeds the bound too often, or departs from --method; INCONCLUSIVE (3).
    """
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # the optimizer may lie in this folder
    try:
        from verify.optimizers.check import check_optimizer
        from verify.optimizers.report import EXIT, lines, record
        from verify.optimizers.subject import SubjectError, load
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is not installed; try pip install 'tailcert[torch]'") from None
    from verify.constants import BadInput, NoBound

    if lr is not None:
        options = {"lr": _number(lr), **options}
    asked = {
        k: Fraction(v) if k in ("alpha", "delta", "L", "R", "sigma", "beta1", "level") else v for k, v in asked.items()
    }
    try:
        with Progress() as progress:
            found = check_optimizer(load(obj), options=options, progress=progress.show, **asked)
    except (SubjectError, BadInput, NoBound) as error:
        raise click.UsageError(f"{obj}: {error}") from None
    if style == "json":
        print_json({**record(found), "provenance": provenance(seed=found.seed)})
    else:
        click.echo("\n".join(lines(found)))
    return EXIT[found.status]
