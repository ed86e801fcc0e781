"""``separation``: the delta* below which a clipped method certainly needs fewer steps than an unclipped one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import bounds
from verify.cli.counterexample import METHODS
from verify.cli.options import ALPHA, FORMAT, NONNEGATIVE, POSITIVE, TheoremId, number
from verify.cli.output import note, print_json, provenance
from verify.cli.plot import PLOT, plot, plot_ready
from verify.decimals import plain

if TYPE_CHECKING:
    from verify.report.plot import Panel
    from verify.separation import Pair, Separation

ALPHAS = tuple(map(Fraction, ("1.2", "1.5", "1.8", "2")))
EPSILONS = tuple(map(Fraction, ("0.1", "0.01", "0.001")))
SCALED = "every smaller delta, too (by the scaling of both sides: a proof by hand, not replayed by the kernel)"
MISSED = "f(x_T) - f* at the last of T steps, and f(x) - f*, x the plain mean of x_0 .. x_T"
LISTED = "these deltas; what lies between and below them is not claimed"


@click.command()
@number("--alpha", ALPHA, None, "Tail index: E||xi||^alpha <= sigma^alpha, in (1, 2].")
@number("--epsilon", POSITIVE, None, "The accuracy, of f - f*.")
@click.option("--table", is_flag=True, help="A table over alpha and epsilon instead.")
@click.option(
    "--method", type=click.Choice(METHODS), default="adagrad-norm", show_default=True, help="Unclipped method."
)
@click.option(
    "--theorem",
    multiple=True,
    type=TheoremId(),
    help="Of the clipped method, the best is taken (repeatable). [default: convex-clip-adagrad-norm-delayed]",
)
@number("--sigma", POSITIVE, "1", "Noise level.")
@number("--R", POSITIVE, None, "||x_0 - x*||. [default: the smallest, just above (2 epsilon)^(1/2)]")
@number("--b0", POSITIVE, "1", "Initial accumulator of the unclipped method; matters if its stepsize is delayed.")
@number("--eta", NONNEGATIVE, "1", "Accumulator weight of unclipped AdaGrad; matters if its stepsize is delayed.")
@PLOT
@FORMAT
def separation(
    alpha: Fraction | None,
    epsilon: Fraction | None,
    table: bool,
    theorem: tuple[str, ...],
    style: str,
    figure: Path | None,
    **numbers: Any,
) -> int:
    """The largest delta* (three digits) with a certificate that clipping needs fewer steps; L = 1 (scale f).

    Both numbers of steps are certified at delta*, delta*/10 and delta*/100.  Exit codes: 0 done, 2 usage, 3 no
    separation was certified (for --table: in some cell).
    """
    from verify.constants import BadInput
    from verify.separation import DEFAULT, NotSeparated, case, separation

    if table and (alpha is not None or epsilon is not None):
        raise click.UsageError("--table: expected neither --alpha nor --epsilon, the table has its own; leave them out")
    if not table and (alpha is None or epsilon is None):
        missing = "--alpha" if alpha is None else "--epsilon"
        raise click.UsageError(f"{missing}: expected a number, got none; try {missing} 1.5, or --table")
    plot_ready(figure)
    cells = [(a, e) for a in ALPHAS for e in EPSILONS] if table else [(alpha, epsilon)]
    found: dict[tuple[Any, Any], Separation | None] = {}
    for a, e in cells:
        try:
            about = case(alpha=a, epsilon=e, theorems=theorem or (DEFAULT,), **numbers)
            found[a, e] = separation(about, tenths=0 if table else 2, say=note)
        except NotSeparated as error:
            found[a, e] = None
            note(str(error))
        except BadInput as error:
            raise click.UsageError(str(error)) from None
        if table:
            note(f"{len(found)} of {len(cells)} cells")
    certified = [s for s in found.values() if s is not None]
    if style == "json":
        print_json({"separations": [as_json(s) for s in certified], "provenance": provenance()})
    elif table:
        click.echo("\n".join(grid(found)))
    else:
        click.echo("\n".join(line for s in certified for line in lines(s)), nl=bool(certified))
    if figure is not None and certified:
        plot((panel(certified, table),), figure)
    return 0 if len(certified) == len(cells) else 3


def panel(certified: Sequence[Separation], table: bool) -> Panel:
    """Both numbers of steps against 1/delta; for a table delta* against epsilon."""
    from verify.report.figures import crossovers, steps_against_delta

    return crossovers([(s.case, s.delta) for s in certified]) if table else steps_against_delta(certified[0])


def lines(s: Separation) -> Iterator[str]:
    """One result as text."""
    about, upper = s.case, s.pairs[0].bound
    where = "at this delta and below it" if s.everywhere else "at this delta"
    yield f"delta* = {plain(s.delta)}: {where}, clipping certainly needs fewer steps"
    yield f"  class      alpha {plain(about.alpha)}, sigma {plain(about.sigma)}, L 1, R {plain(about.R)}"
    yield f"  accuracy   epsilon {plain(about.epsilon)}"
    yield "  function   Huber function, nu a little above (2 epsilon)^(1/2) and below R; ||x_0 - x*|| = R"
    yield f"  clipped    {upper.theorem} ({upper.variant}), PROVED, cited axioms: {_axioms(upper.proof)}"
    yield f"  unclipped  {s.lower.statement.id}, PROVED, cited axioms: {_axioms(s.lower)}; for every {_every(s)}"
    yield f"  metrics    clipped: {_metric(s)}"
    yield f"             unclipped: {MISSED}"
    for p in s.pairs:
        yield f"  delta {plain(p.delta)}: {p.steps} steps are enough with clipping, {p.forced} are not without"
    yield f"  holds for  {SCALED if s.everywhere else LISTED}"


def _axioms(replay: Any) -> str:
    return ", ".join(replay.axioms) or "none"


def _metric(s: Separation) -> str:
    """That of the clipped method's theorem."""
    from verify.report.average import weighted_gap

    b = s.pairs[0].bound
    method = bounds.method(b.theorem, b.variant)
    if method is None:
        raise ValueError(f"theorem: expected one about a method, got {b.theorem}")
    return weighted_gap(method, int(b.parameters.get("d", 1)))


def _every(s: Separation) -> str:
    """What the forced number of steps does not depend on."""
    parameters = s.lower.statement.parameters
    if "gain" in parameters:
        eta = f", eta {plain(s.case.eta)}" if "eta" in parameters else ", beta2 = 1 - 1/T"
        return f"gamma (b0 {plain(s.case.b0)}{eta})"
    return "gamma, b0, eta" if "eta" in parameters else "gamma, b0 (beta2 = 1 - 1/T)"


def grid(found: dict[tuple[Any, Any], Separation | None]) -> Iterator[str]:
    """delta* (steps that are enough there), a row for each alpha."""
    epsilons = list(dict.fromkeys(e for _, e in found))
    yield "| alpha | " + " | ".join(f"epsilon = {plain(e)}" for e in epsilons) + " |"
    yield "|---|" + "---|" * len(epsilons)
    for a in dict.fromkeys(a for a, _ in found):
        row = (found[a, e] for e in epsilons)
        cells = (f"{plain(s.delta)} ({s.pairs[0].steps} steps)" if s is not None else "none" for s in row)
        yield f"| {plain(a)} | " + " | ".join(cells) + " |"


def as_json(s: Separation) -> dict[str, Any]:
    """One result; exact numbers as strings."""
    about = s.case
    return {
        "delta": plain(s.delta),
        "alpha": plain(about.alpha),
        "epsilon": plain(about.epsilon),
        "sigma": plain(about.sigma),
        "L": "1",
        "R": plain(about.R),
        "problem": {"shape": "huber", "nu": str(about.nu), "start": str(about.R)},
        "upper": {"id": s.pairs[0].bound.theorem, "variant": s.pairs[0].bound.variant, "metric": _metric(s)},
        "lower": {
            "id": s.lower.statement.id,
            "variant": s.lower.statement.variant,
            "every": _every(s),
            "metric": MISSED,
        },
        "smaller_deltas": "scaling" if s.everywhere else "not claimed",
        "pairs": [_pair(p) for p in s.pairs],
    }


def _pair(p: Pair) -> dict[str, Any]:
    run = ("gamma", "lam", "eta", "b0", "beta2", "d")
    return {
        "delta": plain(p.delta),
        "enough_clipped": p.steps,
        "forced_unclipped": p.forced,
        "bound": {"lower": p.bound.lower, "upper": p.bound.upper},
        "parameters": {k: str(p.bound.parameters[k]) for k in run if k in p.bound.parameters},
        "certificate_sha256": p.bound.certificate["sha256"],
    }
