"""``schedule``: gamma and lam as closed formulas, with one pair of constants for every tail index."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

import bounds
from verify.cli.options import ALPHA, FORMAT, NONNEGATIVE, POSITIVE, PROBABILITY, integers, number
from verify.cli.output import print_json, provenance
from verify.report.decimals import decimal, plain

if TYPE_CHECKING:
    from verify.constants.schedule import Schedule


@click.command()
@click.argument("theorem", type=click.Choice(bounds.theorem_ids("uniform")), default="uniform-clip-sgd")
@number("--alpha", ALPHA, None, "Tail index: E||xi||^alpha <= sigma^alpha, in (1, 2].", required=True)
@number("--delta", PROBABILITY, "0.01", "Failure probability.")
@number("--steps", integers(1, 10**18, 10000), "10000", "Number of steps N.")
@number("--L", POSITIVE, "1", "Smoothness.")
@number("--R", POSITIVE, "1", "Bound of ||x_0 - x*||.")
@number("--sigma", NONNEGATIVE, "1", "Noise level.")
@number("--b0", POSITIVE, "1", "Initial accumulator.")
@number("--delay", integers(1, 64, 1), "1", "Delay of the stepsize.")
@FORMAT
def schedule(theorem: str, style: str, steps: int, **numbers: Any) -> int:
    """The schedule of a uniform theorem at these numbers, certified, next to the best bound and the literature's.

    Exit codes: 0 certified, 2 usage, 3 not certified.
    """
    from verify.constants import NoBound, bound
    from verify.constants.certify import NotCertified
    from verify.constants.literature import literature_bound
    from verify.constants.schedule import schedule as closed_form

    try:
        found = closed_form(theorem, N=steps, **numbers)
        best = bound(theorem.replace("uniform", "convex"), N=steps, **numbers)
    except (NotCertified, NoBound) as error:
        click.echo(f"{theorem}: {error}")
        return 3
    known = literature_bound(N=steps, **{k: numbers[k] for k in ("alpha", "delta", "L", "R", "sigma")})
    record = {
        "theorem": found.theorem,
        "variant": found.variant,
        "proof": {"status": "PROVED", "n_steps": found.proof.n_steps, "axioms": list(found.proof.axioms)},
        "C1": plain(found.C1),
        "C2": plain(found.C2),
        "smooth_part": found.smooth._asdict(),
        "noise_part": found.noise._asdict(),
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
        click.echo("\n".join(_lines(found, record, known)))
    return 0


def _lines(s: Schedule, record: dict[str, Any], known: float) -> Iterator[str]:
    yield f"{s.theorem} ({s.variant})  PROVED in {s.proof.n_steps} steps; cited axioms: {', '.join(s.proof.axioms)}"
    yield "  for every alpha, N, delta: f(xbar) - f* <= max(C1 L R^2 A/N, C2 sigma R (A/N)^((alpha-1)/alpha)),"
    yield f"        A = ln(2/delta), C1 = {record['C1']}, C2 = {record['C2']}"
    yield f"  here  max({_short(s.smooth.upper)}, {_short(s.noise.upper)})"
    shown = ", ".join(f"{k} {record['parameters'][k]}" for k in ("gamma", "lam", "eta", "b0") if k in s.parameters)
    yield f"  run   {shown}"
    mark = "  VACUOUS" if s.upper > s.trivial * 9 / 10 else ""
    yield f"  bound {decimal(s.upper)} at these numbers, certified; trivial bound {decimal(s.trivial)}{mark}"
    best = record["best_bound"]
    yield f"  best  {_short(best['upper'])} with constants for this alpha ({best['variant']})"
    if math.isinf(known):
        yield "  literature's constants and logarithm: no feasible schedule was found"
    else:
        ratio = known / float(record["best_bound"]["upper"])
        yield (
            f"  literature's constants and logarithm, Clip-SGD, same proof: about {known:.4g}, "
            f"{known / float(s.upper):.3g} times the closed form, {ratio:.3g} times the best (estimates)"
        )


def _short(text: str) -> str:
    return f"{float(text):.4g}"
