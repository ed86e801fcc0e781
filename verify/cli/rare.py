"""``rare``: failure probabilities and quantiles far beyond the number of trajectories."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from verify.cli.instance import METRICS, built, called, instance, measured
from verify.cli.options import FORMAT, PROBABILITY, exact, integers, number
from verify.cli.output import print_json, provenance
from verify.cli.progress import Progress
from verify.decimals import decimal, plain, shown, within

if TYPE_CHECKING:
    from verify.rare.estimate import Failure, Part, Quantile

NONE = Fraction(0)
EXAMPLE = "try --threshold 1 or --delta 1e-6"


def _numbers(_: click.Context, option: click.Parameter, text: str | None) -> tuple[Fraction, ...]:
    found = tuple(exact(part) for part in text.split(",")) if text else ()
    below = 1 if option.name == "deltas" else math.inf
    if not all(x is not None and 0 < x < below for x in found):
        expected = "probabilities in (0, 1)" if below == 1 else "numbers > 0"
        raise click.UsageError(f"{option.opts[0]}: expected {expected}, got {text!r}; {EXAMPLE}")
    return tuple(x for x in found if x is not None)


@click.command()
@instance
@click.option("--threshold", "thresholds", callback=_numbers, help="Limits of P(metric > threshold), e.g. 1,10.")
@click.option("--delta", "deltas", callback=_numbers, help="Bands of the (1-delta)-quantiles, e.g. 1e-6,1e-9.")
@click.option("--metric", type=click.Choice(METRICS), default="weighted", show_default=True, help="See simulate.")
@number("--runs", integers(1, 10**10, 10**6), "100000", "Trajectories in all.")
@number("--confidence", PROBABILITY, "0.99", "Of all that is printed together.")
@FORMAT
def rare(
    thresholds: tuple[Fraction, ...],
    deltas: tuple[Fraction, ...],
    metric: str,
    style: str,
    workers: int | None,
    confidence: Fraction,
    **asked: Any,
) -> int:
    """Failure probabilities and quantiles for delta = 1e-6, 1e-9 and less, in few trajectories.

    Stratified by the size and number of the largest noise draws, whose probabilities are exact; L = R = 1. The limits
    hold whatever METHOD does. Upper limits are wide where plain noise, not rare jumps, decides: no method needs fewer
    than about 1/P trajectories there.
    """
    if bool(thresholds) == bool(deltas):
        raise click.UsageError(
            f"expected either --threshold or --delta, got {'both' if deltas else 'neither'}; {EXAMPLE}"
        )
    from verify.rare import Case, failure, quantiles

    try:
        method, problem, law, hp = built(asked)
        case = Case(method, problem, law, hp, asked["steps"], metric, asked["delay"])
        with Progress() as progress:
            how = {"seed": asked["seed"], "workers": workers, "progress": progress.show}
            if deltas:
                found = quantiles(case, deltas, runs=asked["runs"], level=1 - confidence, **how)
                report = {"quantiles": [_quantile(q) for q in found]}
            else:
                level, runs = (1 - confidence) / len(thresholds), asked["runs"] // len(thresholds)
                failures = [failure(case, x, runs=runs, level=level, **how) for x in thresholds]
                report = {"failures": [_failure(x, f) for x, f in zip(thresholds, failures, strict=True)]}
    except (ValueError, ArithmeticError) as error:
        raise click.UsageError(str(error)) from None
    if style == "json":
        told = {k: asked[k] for k in ("method", "problem", "noise", "dim", "steps")}
        told |= {"metric": metric, "confidence": plain(confidence), "provenance": provenance(seed=asked["seed"])}
        print_json({**told, **report})
        return 0
    click.echo(_title(asked, metric))
    click.echo("\n".join(_bands(found) if deltas else _limits(failures, thresholds)))
    click.echo(f"all of this holds with confidence {plain(confidence)}, whatever the method does; measured, not proved")
    return 0


def _title(asked: dict[str, Any], metric: str) -> str:
    noise = asked["noise"] if asked["dim"] == 1 else f"isotropic {asked['noise']} in R^{asked['dim']}"
    what = f"{called(asked)} on {asked['problem']} + {noise}, {asked['steps']} steps"
    return f"{what}; {metric}: {measured(metric, asked)}"


def _bands(found: Sequence[Quantile]) -> Iterator[str]:
    from verify.report.text import table

    rows: list[tuple[str, ...]] = [("1 - delta quantile, delta", "estimate", "band", "runs")]
    rows += [(plain(q.delta), f"{q.estimate:.4g}", within(q.lower, q.upper, 4), str(q.runs)) for q in found]
    yield from table(rows)
    if any(math.isinf(q.upper) for q in found):
        yield "inf: no number is certain; where rare jumps do not decide, an upper end needs some 10/delta runs"


def _limits(found: Sequence[Failure], thresholds: Sequence[Fraction]) -> Iterator[str]:
    for f, x in zip(found, thresholds, strict=True):
        yield f"P(metric > {plain(x)}) in {within(f.lower, f.upper, 4)}, estimate {f.estimate:.4g}, {f.runs} runs"
        yield from _strata(f)


def _strata(f: Failure) -> Iterator[str]:
    """A line for each group of strata; what is proved in two."""
    from verify.rare.strata import JUMPS
    from verify.report.text import table

    head = (
        "jumps" if f.size == JUMPS else "largest draw: top",
        "probability",
        "runs",
        "failures",
        "adds to P(metric > ..)",
    )
    rows: list[tuple[str, ...]] = [head]
    proved = [p for p in f.parts if p.how == "proved"]
    for name, some in (
        ("cannot fail", [p for p in proved if not p.upper]),
        ("must fail", [p for p in proved if p.lower]),
    ):
        if some:
            rows.append((name, f"{sum(map(_weight, some)):.3g}", "proved", "", _adds(some)))
    for p in sorted((p for p in f.parts if p.runs), key=_weight, reverse=True):
        runs = f"{p.runs}{' (all)' if p.how == 'all paths' else ''}"
        rows.append((_where(f, p), f"{_weight(p):.3g}", runs, str(p.failures), _adds([p])))
    rows.append(("left out", decimal(f.rest, 3), "", "", within(NONE, f.rest)))
    yield from table(rows)


def _weight(p: Part) -> float:
    return float(sum(p.weight)) / 2


def _where(f: Failure, p: Part) -> str:
    """Which draws, or how many jumps."""
    from verify.rare.strata import JUMPS

    if f.size == JUMPS:
        counts = sorted({s.count for s in p.strata})
        gaps = len(counts) != counts[-1] - counts[0] + 1
        return str(counts[0]) if len(counts) == 1 else "others" if gaps else f"{counts[0]} .. {counts[-1]}"
    cells = {(s.low, s.high if s.count else f.size) for s in p.strata}
    if len(cells) > 1:
        return "others"
    ((low, high),) = cells
    return f"{low / f.size:.2g} .. {high / f.size:.2g}"


def _adds(parts: Sequence[Part]) -> str:
    return within(sum((p.lower for p in parts), NONE), sum((p.upper for p in parts), NONE))


def _quantile(q: Quantile) -> dict[str, Any]:
    from verify.report.record import statistic

    ends = {
        "lower": shown(q.lower, 7, up=False),
        "estimate": statistic(q.estimate),
        "upper": shown(q.upper, 7, up=True),
    }
    return {"delta": plain(q.delta), **ends, "runs": q.runs}


def _failure(x: Fraction, f: Failure) -> dict[str, Any]:
    from verify.report.record import statistic

    def ends(low: Fraction, high: Fraction) -> dict[str, str]:
        return {"lower": decimal(low, 12, up=False), "upper": decimal(high, 12)}

    names = ("low", "high", "count", "top", "more")
    parts = [
        {
            "probability": ends(*p.weight), "how": p.how, "runs": p.runs, "failures": p.failures,
            "adds": ends(p.lower, p.upper),
            "strata": [{name: str(getattr(s, name)) for name in names} for s in p.strata],
        }
        for p in f.parts
    ]  # fmt: skip
    return {
        "threshold": plain(x), **ends(f.lower, f.upper), "estimate": statistic(f.estimate), "runs": f.runs,
        "left_out": decimal(f.rest, 12), "places": str(f.size), "groups": parts,
    }  # fmt: skip
