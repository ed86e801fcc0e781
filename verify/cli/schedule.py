"""``schedule``: gamma and lam as closed formulas, with one pair of constants for every tail index."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

import bounds
from verify.cli.options import ALPHA, FORGETTING, NONNEGATIVE, POSITIVE, PROBABILITY, integers, number
from verify.cli.output import print_json, provenance
from verify.decimals import decimal, plain

if TYPE_CHECKING:
    from verify.constants import Bound
    from verify.constants.schedule import Schedule

CONVEX = ("f(xbar) - f* <= max(C1 L R^2 A/N, C2 sigma R (A/N)^((alpha-1)/alpha)),", "A = ln(2/delta)")
NONCONVEX = (
    "mean ||grad f(x_t)||^2 <= max(C1 S^2 A/N,",
    "C2 sigma^(2 alpha/(3 alpha-2)) (S^2/N)^((2 alpha-2)/(3 alpha-2)),",
    "C2 (sigma^alpha (M S)^(2-alpha) S^2/N)^(1/2), (C2 sigma^(2 alpha) (C3 A S/N)^(2 alpha-2))^(1/(2 alpha-1))),",
    "if this is at most 2 L Delta; A = ln(2/delta), S = (L Delta)^(1/2)",
)


@click.command()
@click.argument("theorem", type=click.Choice(bounds.theorem_ids("uniform")), default="uniform-clip-sgd")
@number("--alpha", ALPHA, None, "Tail index: E||xi||^alpha <= sigma^alpha, in (1, 2].", required=True)
@number("--delta", PROBABILITY, "0.01", "Failure probability.")
@number("--steps", integers(1, 10**18, 10000), "10000", "Number of steps N.")
@number("--L", POSITIVE, "1", "Smoothness.")
@number("--R", POSITIVE, "1", "Bound of ||x_0 - x*||.")
@number("--Delta", POSITIVE, "1", "Bound of f(x_0) - inf f, without convexity.")
@number("--sigma", NONNEGATIVE, "1", "Noise level.")
@number("--b0", POSITIVE, None, "Initial accumulator; Adam: part of the schedule. [default: 1]")
@number("--beta2", FORGETTING, None, "Forgetting of Adam's accumulator. [default: 1 - 1/steps]")
@number("--delay", integers(1, 64, 1), "1", "Delay of the stepsize.")
@click.option("--format", "style", type=click.Choice(["text", "json", "latex"]), default="text", show_default=True)
def schedule(theorem: str, style: str, steps: int, **numbers: Any) -> int:
    """The schedule of a uniform theorem at these numbers, certified, next to the best bound and the literature's.

    --format latex: a proposition for a paper, with the pair of constants that is best at these numbers.

    Exit codes: 0 certified, 2 usage, 3 not certified.
    """
    from verify.constants import BadInput, NoBound, bound
    from verify.constants.certify import NotCertified
    from verify.constants.schedule import family
    from verify.constants.schedule import schedule as closed_form

    numbers = {k: v for k, v in numbers.items() if v is not None}
    try:
        found = closed_form(theorem, N=steps, **numbers)
        if style == "latex":
            from verify.export.latex.proposition import proposition

            click.echo(proposition(found), nl=False)
            return 0
        best = bound(family(theorem).master(theorem)[0], N=steps, **numbers)
    except (NotCertified, NoBound) as error:
        click.echo(f"{theorem}: {error}")
        return 3
    except BadInput as error:
        raise click.UsageError(str(error)) from None
    known = literature(theorem, steps, numbers)
    record = {
        "theorem": found.theorem,
        "variant": found.variant,
        "proof": {"status": "PROVED", "n_steps": found.proof.n_steps, "axioms": list(found.proof.axioms)},
        **{name: plain(value) for name, value in found.constants.items()},
        **{name: part._asdict() for name, part in found.parts.items()},
        "bound": {"lower": decimal(found.lower, 12, up=False), "upper": decimal(found.upper, 12)},
        "trivial_bound": plain(found.trivial),
        "parameters": {k: plain(v) for k, v in found.parameters.items()},
        "best_bound": {"lower": best.lower, "upper": best.upper, "variant": best.variant},
        "literature_estimate": "inf" if math.isinf(known) else f"{known:.4g}",
    }
    if style == "json":
        print_json({**record, "steps": steps, **{k: plain(v) if k != "delay" else v for k, v in numbers.items()},
                    "provenance": provenance()})  # fmt: skip
    else:
        click.echo("\n".join(_lines(found, best, known)))
    return 0


def literature(theorem: str, steps: int, numbers: dict[str, Any]) -> float:
    """The same question with the literature's constants, for Clip-SGD."""
    from verify.constants.literature import literature_bound, literature_nonconvex

    alpha, delta, L, R, Delta, sigma = (numbers[k] for k in ("alpha", "delta", "L", "R", "Delta", "sigma"))
    if _nonconvex(theorem):
        return literature_nonconvex(alpha, delta, steps, L, Delta, sigma)
    return literature_bound(alpha, delta, steps, L, R, sigma)


def _nonconvex(theorem: str) -> bool:
    return "Delta" in bounds.theorem(theorem).parameters


def _lines(s: Schedule, best: Bound, known: float) -> Iterator[str]:
    yield f"{s.theorem} ({s.variant})  PROVED in {s.proof.n_steps} steps; cited axioms: {', '.join(s.proof.axioms)}"
    first, *rest = NONCONVEX if _nonconvex(s.theorem) else CONVEX
    if "beta2" in s.parameters:
        rest.insert(0, "if beta2^(-N) <= 11/4, which beta2 = 1 - 1/N is for N >= 44;")
    yield f"  for every alpha, N, delta: {first}"
    constants = ", ".join(f"{name} = {_number(value)}" for name, value in s.constants.items())
    rest[-1] += f", {constants}"
    yield from (f"        {line}" for line in rest)
    yield f"  here  max({', '.join(_short(part.upper) for part in s.parts.values())})"
    shown = ", ".join(
        f"{k} {plain(s.parameters[k])}" for k in ("gamma", "lam", "eta", "b0", "beta2") if k in s.parameters
    )
    yield f"  run   {shown}"
    mark = "  VACUOUS" if s.upper > s.trivial * 9 / 10 else ""
    yield f"  bound {decimal(s.upper)} at these numbers, certified; trivial bound {decimal(s.trivial)}{mark}"
    yield f"  best  {_short(best.upper)} with constants for this alpha ({best.variant})"
    if math.isinf(known):
        yield "  literature's constants and logarithm: no feasible schedule was found"
    else:
        ratio = known / float(best.upper)
        yield (
            f"  literature's constants and logarithm, Clip-SGD, two Freedman inequalities: about {known:.4g}, "
            f"{known / float(s.upper):.3g} times the closed form, {ratio:.3g} times the best (estimates)"
        )


def _short(text: str) -> str:
    return decimal(Fraction(text), 4)


def _number(x: Fraction) -> str:
    """A constant exactly, or as many digits as fit."""
    written = plain(x)
    return written if len(written) < 9 else f"{decimal(x, 6, up=False)}..."
