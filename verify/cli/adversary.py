"""``adversary``: how far a certified bound is from the hardest instance that a search finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from verify.cli.choose import settle
from verify.cli.options import FORMAT, PROBABILITY, SEED, integers, number, question
from verify.cli.output import note, print_json, provenance
from verify.cli.progress import Progress

if TYPE_CHECKING:
    from verify.adversary import Found
    from verify.report.record import Finding

HEAD = ("theorem", "bound", "hardest quantile [99% band]", "tightness", "exceeded", "status", "instance")


@click.command()
@question
@number("--runs", integers(1, 10**9, 200), None, "Trajectories per candidate of the first round. [default: 2/delta]")
@number("--seed", SEED, "0", "Seed of the search; reproduces it bit for bit.")
@number("--level", PROBABILITY, "1e-6", "Probability that any status of the run is wrong.")
@click.option("--unclipped", is_flag=True, help="Search against the same methods without their clip, too.")
@FORMAT
def adversary(theorem: tuple[str, ...], style: str, runs: int | None, unclipped: bool, **numbers: Any) -> int:
    """The hardest instance of the noise class that a search finds, and tightness = certified bound / its quantile.

    No status of a search proves a bound. Exit codes: 0 no bound is VIOLATED, 1 one is, 2 usage, 3 no certified bound
    or too much work.
    """
    ids = settle(theorem, numbers)
    from verify.cli.check import Question, certify

    q = Question(runs=None, **numbers)
    findings = [certify(one, q) for one in ids]
    try:
        with Progress() as progress:
            rows = [row for f in findings if f.bound is not None for row in _search(f, q, runs, unclipped, progress)]
    except ValueError as error:  # too much work, or numbers that float64 cannot hold
        note(f"no search: {error}")
        return 3
    rows = [judged(row, q, len(rows)) for row in rows]
    missing = {f.theorem: f.note for f in findings if f.bound is None}
    if style == "json":
        print_json({"rows": rows, "missing": missing, "provenance": provenance(seed=q.seed)})
    else:
        click.echo("\n".join(_lines(rows, missing)))
    if any(row["status"] == "VIOLATED" and row["clipped"] for row in rows):
        return 1
    return 3 if missing else 0


def _search(f: Finding, q: Any, runs: int | None, twin: bool, progress: Progress) -> Iterator[dict[str, Any]]:
    """One row for the method and, if asked for, one for its unclipped twin."""
    from verify import adversary
    from verify.cli.check import target

    aimed = target(f, q)
    for method in (aimed, adversary.unclipped(aimed)) if twin else (aimed,):
        found = adversary.search(method, adversary.candidates(method), runs=runs, seed=q.seed, progress=progress.show)
        yield _row(f, found, method.N, method.method.clipped)


def _row(f: Finding, found: Found, steps: int, clipped: bool) -> dict[str, Any]:
    from verify.decimals import decimal
    from verify.report.record import band, enclosure, statistic
    from verify.simulate.noise.realised import realised

    return {
        "theorem": f.theorem,
        "variant": f.variant,
        "proof": f.proof["status"],
        "clipped": clipped,
        "bound": enclosure(*f.bound) if f.bound else None,
        "quantile": band(found.quantile),
        "instance": found.instance.name,
        "tightness": None if found.tightness is None else statistic(found.tightness),
        "candidates": found.tried,
        "noise_distance_upper": decimal(steps * realised(found.instance.law).distance, 2, up=True),
        "runs": found.runs,
        "exceeded": found.exceeded,
    }


def judged(row: Mapping[str, Any], q: Any, rows: int) -> dict[str, Any]:
    """The row with the status of its last, fresh runs, at its share of the level."""
    from verify.statistics import attack_status, split_level

    away = Fraction(row["noise_distance_upper"])
    status = attack_status(row["exceeded"], row["runs"], q.delta, split_level(q.level, rows), away)
    return {**row, "status": status}


def _lines(rows: list[dict[str, Any]], missing: Mapping[str, str]) -> Iterator[str]:
    from verify.decimals import decimal
    from verify.report.text import band_text, short, table

    body = [
        (
            f"{row['theorem']} ({row['variant']})" if row["clipped"] else "  without its clip",
            decimal(Fraction(row["bound"]["upper"])),
            band_text(row["quantile"]),
            "-" if row["tightness"] is None else short(row["tightness"]),
            f"{row['exceeded']}/{row['runs']}",
            row["status"],
            row["instance"],
        )
        for row in rows
    ]
    if body:
        yield from table([HEAD, *body])
        most = max(row["candidates"] for row in rows)
        yield f"tightness: bound / quantile, on the hardest of {most} instances (or fewer) that were tried"
    yield from (f"{theorem}: {note}" for theorem, note in missing.items())
