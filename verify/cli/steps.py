"""``steps``: how many steps are enough for an accuracy, with which parameters, and how many are certainly too few."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

import bounds
from verify.cli.options import (
    ALPHA,
    FORGETTING,
    FORMAT,
    MOMENTUM,
    NONNEGATIVE,
    POSITIVE,
    PROBABILITY,
    TheoremId,
    integers,
    number,
)
from verify.cli.output import note, print_json, provenance
from verify.cli.table import usual

if TYPE_CHECKING:
    from verify.constants.steps import Steps

COPIED = ("gamma", "lam", "eta", "b0", "beta1", "beta2", "d")  # what an engineer sets


@click.command("steps")
@number("--epsilon", POSITIVE, None, "The accuracy: of f - f*, or of the mean of ||grad f||^2.", required=True)
@number("--alpha", ALPHA, None, "Tail index: E||xi||^alpha <= sigma^alpha, in (1, 2].", required=True)
@click.option("--theorem", multiple=True, type=TheoremId(), help="Theorem id (repeatable). [default: all convex]")
@number("--delta", PROBABILITY, "0.01", "Failure probability.")
@number("--L", POSITIVE, "1", "Smoothness.")
@number("--R", POSITIVE, "1", "Bound of ||x_0 - x*||.")
@number("--sigma", NONNEGATIVE, "1", "Noise level.")
@number("--b0", POSITIVE, "matched", "Initial accumulator; matched: 1, for Adam R/(u N^(1/2)).", "matched")
@number("--beta1", MOMENTUM, "0", "Momentum.")
@number("--beta2", FORGETTING, None, "Forgetting of Adam's accumulator. [default: 1 - 1/steps]")
@number("--Delta", POSITIVE, None, "Bound of f(x_0) - inf f, for non-convex theorems.")
@number("--eta", NONNEGATIVE, "reweighted", "Accumulator weight; reweighted: (gamma/R)^2.", "reweighted")
@number("--delay", integers(1, 64, 1), "1", "Delay of the stepsize.")
@FORMAT
def steps(theorem: tuple[str, ...], epsilon: Fraction, style: str, **numbers: Any) -> int:
    """The fewest steps that a theorem certifies to be enough for an accuracy, and the parameters to run with.

    Where a variant is a geometric program, a dual certificate shows a number of steps 1% below the fewest to be too few
    for it, whatever its free parameters.  Exit codes: 0 done, 2 usage, 3 no theorem has such a number.
    """
    from verify.constants import BadInput, NoBound
    from verify.constants.steps import smallest_steps

    found = []
    for one in theorem or usual([numbers["beta1"]]):
        try:
            found.append(smallest_steps(one, epsilon=epsilon, **numbers))
        except NoBound as error:
            note(str(error))
        except BadInput as error:
            raise click.UsageError(str(error)) from None
    if style == "json":
        print_json({"steps": [as_json(s) for s in found], "provenance": provenance()})
    else:
        for s in found:
            click.echo("\n".join(lines(s)))
    return 0 if found else 3


def lines(s: Steps) -> list[str]:
    """One result as text."""
    from verify.decimals import plain

    b = s.bound
    shown = [f"{name} = {plain(b.parameters[name])}" for name in COPIED if name in b.parameters]
    few = [f"{n} are not enough for {variant}" for variant, n in s.not_enough.items()]
    return [
        f"{b.theorem}: {s.N} steps are enough ({b.variant}): bound {b.upper} <= {plain(s.epsilon)}",
        "    run with " + ", ".join(shown),
        *(f"    {line}, whatever its free parameters" for line in few),
    ]


def as_json(s: Steps) -> dict[str, Any]:
    """One result; exact numbers as strings."""
    b = s.bound
    return {
        "id": b.theorem,
        "variant": b.variant,
        "kind": bounds.kind(b.theorem),
        "epsilon": str(s.epsilon),
        "steps": s.N,
        "bound": {"lower": b.lower, "upper": b.upper},
        "parameters": {name: str(b.parameters[name]) for name in COPIED if name in b.parameters},
        "not_enough": dict(s.not_enough),
        "certificate_sha256": b.certificate["sha256"],
    }
