"""``table``: the constants of a paper, every printed digit certified and rounded to the safe side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

import bounds
from verify.cli.choose import about, dispatch
from verify.cli.options import (
    ALPHA,
    FORGETTING,
    MOMENTUM,
    NONNEGATIVE,
    POSITIVE,
    PROBABILITY,
    STEPS,
    Exact,
    Range,
    TheoremId,
    integers,
    number,
)
from verify.cli.output import SCHEMA_VERSION, note
from verify.cli.progress import Progress
from verify.cli.prove import write

STYLES = ("latex", "csv", "md", "json")
SUFFIXES = {".tex": "latex", ".csv": "csv", ".md": "md", ".json": "json"}
MACROS = "constants.tex"
MOST = 100_000  # cells


class Many(click.ParamType):
    """Numbers separated by commas; the order in which they are given and repetitions do not matter."""

    name = "numbers"

    def __init__(self, allowed: Range) -> None:
        self.one = Exact(allowed)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        return tuple(sorted({self.one.convert(part, param, ctx) for part in value.split(",")}))


def many(name: str, allowed: Range, default: str, text: str) -> Any:
    """An option for a list of exact numbers."""
    return click.option(name, type=Many(allowed), default=default, show_default=True, help=text)


@click.command("table")
@many("--alpha", ALPHA, "1.1,1.25,1.5,2", "Tail indices.")
@many("--delta", PROBABILITY, "0.1,0.01,0.001", "Failure probabilities.")
@many("--steps", STEPS, "1e4,1e5,1e6", "Numbers of steps.")
@click.option("--theorem", multiple=True, type=TheoremId(), help="Theorem id (repeatable). [default: all convex]")
@number("--L", POSITIVE, "1", "Smoothness.")
@number("--R", POSITIVE, "1", "Bound of ||x_0 - x*||.")
@number("--sigma", NONNEGATIVE, "1", "Noise level.")
@number("--Delta", POSITIVE, "1", "Bound of f(x_0) - inf f, for non-convex theorems.")
@number("--b0", POSITIVE, "matched", "Initial accumulator; matched: 1, for Adam R/(u N^(1/2)).", "matched")
@many("--beta1", MOMENTUM, "0", "Momenta.")
@number("--beta2", FORGETTING, "1-1/N", "Forgetting of Adam's accumulator.", "1-1/N")
@number("--eta", NONNEGATIVE, "reweighted", "Accumulator weight; reweighted: (gamma/R)^2; 0: Clip-SGD.", "reweighted")
@many("--delay", integers(1, 64, 1), "1", "Delays of the stepsize.")
@number("--digits", integers(1, 12, 4), "4", "Significant digits of a printed bound.")
@click.option("--format", "style", type=click.Choice(STYLES), help="[default: by the name of --out, else latex]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write here, the JSON next to it.")
@click.option("--check", "checked", type=click.Path(path_type=Path), help="Certify every digit of a written table.")
def table(
    theorem: tuple[str, ...],
    alpha: tuple[Fraction, ...],
    delta: tuple[Fraction, ...],
    steps: tuple[int, ...],
    beta1: tuple[Fraction, ...],
    delay: tuple[int, ...],
    digits: int,
    style: str | None,
    out: Path | None,
    checked: Path | None,
    **settings: Any,
) -> int:
    """A table of certified bounds; every printed digit is rounded up from a certified enclosure.

    The rows are alpha x delta, the columns N, with one table for each theorem, beta1 and delay; csv and json are long.
    With --out F.tex the folder also gets F.json, which holds the certificates, and constants.tex with a macro for each
    number.  --check F reads F.json, certifies every digit with the independent checker and compares F with what F.json
    prints.

    Exit codes: 0 done, or all digits stand; 1 a proof or a digit is refused; 2 usage; 3 no cell has a bound.
    """
    if checked is not None:
        return check(checked)
    from verify.constants import BadInput
    from verify.tables.fill import REFUTED, Grid, complaints, fill

    if out and out.suffix not in SUFFIXES:  # what is written can be checked
        raise click.UsageError(f"--out: expected a file named *{', *'.join(SUFFIXES)}, got {out.name!r}; try table.tex")
    style = style or (SUFFIXES[out.suffix] if out else "latex")
    files = places(out, style) if out else {}
    for named in theorem:
        about(named)  # a lower bound or a lemma has no table
    ids = set(dispatch(theorem or usual(beta1), settings["eta"]))
    chosen = tuple(i for i in (*bounds.theorem_ids("convex"), *bounds.theorem_ids("nonconvex")) if i in ids)
    grid = Grid(chosen, beta1, delay, alpha, delta[::-1], steps, ordered(settings), digits)
    if len(grid.cells) > MOST:
        raise click.UsageError(
            f"expected at most {MOST} cells, got {len(grid.cells)}; shorten --alpha, --delta, --steps"
        )
    for path in files:
        writable(path)  # a place that cannot be written is found out before the work
    try:
        with Progress() as progress:
            record = {"schema_version": SCHEMA_VERSION, **fill(grid, progress.show)}
    except BadInput as error:
        raise click.UsageError(str(error)) from None
    for line in complaints(record):
        note(line)
    publish(record, style, files)
    if any(cell["reason"].startswith(REFUTED) for cell in record["cells"]):
        return 1
    return 0 if any(cell["certificate"] for cell in record["cells"]) else 3


def usual(beta1: Iterable[Fraction]) -> tuple[str, ...]:
    """The convex theorems with fresh gradients that speak about every momentum of the grid."""

    def fits(theorem: str, momentum: Fraction) -> bool:
        methods = (bounds.method(theorem, variant) for variant in bounds.variants(theorem))
        return any(m is not None and not m.stale and m.momentum == (momentum > 0) for m in methods)

    return tuple(i for i in bounds.theorem_ids("convex") if all(fits(i, b) for b in beta1))


def ordered(settings: Mapping[str, Any]) -> dict[str, Any]:
    from verify.tables.record import SETTINGS

    return {name: settings[name] for name in SETTINGS}


# --- files ------------------------------------------------------------------------------------------------


def places(out: Path, style: str) -> dict[Path, str]:
    """What is written where: the table, its JSON, and the macros of a LaTeX table."""
    if style != "json" and out.suffix == ".json":
        raise click.UsageError(f"--out: {out.name} is the place of the JSON; try {out.with_suffix('.tex').name}")
    if style == "latex" and out.name == MACROS:
        raise click.UsageError(f"--out: {MACROS} is the place of the macros; try table.tex")
    files = {out: style, out.with_suffix(".json"): "json"}
    return files | ({out.with_name(MACROS): "macros"} if style == "latex" else {})


def writable(path: Path) -> None:
    """Complain now if a file cannot be written; one that exists keeps its content."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}; try another place") from None


def publish(record: Mapping[str, Any], style: str, files: Mapping[Path, str]) -> None:
    """Write the files, or print the table."""
    from verify.tables.render import render

    for path, kind in files.items():
        write(path, render(record, kind))
        note(f"wrote {path}")
    if not files:
        click.echo(render(record, style), nl=False)


# --- checking a table -------------------------------------------------------------------------------------


def check(path: Path) -> int:
    """Certify a written table and say so in one line."""
    right, words = verdict(path)
    click.echo(f"{path}: {words}")
    return int(not right)


def verdict(path: Path) -> tuple[bool, str]:
    """Is a written table right?  ``verify.tables.check`` says what that means.

    It checks the JSON.  Any other format, and the constants.tex of a LaTeX table, must then be exactly what the JSON
    prints.
    """
    from verify import recheck
    from verify.tables.check import check as certify
    from verify.tables.record import TableRefused, dumps
    from verify.tables.render import render

    style = SUFFIXES.get(path.suffix)
    if style is None:
        raise click.UsageError(f"--check: expected a file named *.json, *.tex, *.csv or *.md, got {path.name!r}")
    stored = read(path.with_suffix(".json"))
    beside = [(p, kind) for p, kind in places(path, style).items() if kind != "json" and (p == path or p.exists())]
    others = [(p, kind, read(p)) for p, kind in beside]
    try:
        record = recheck.load(stored)
        done = certify(record)
        if dumps(record).encode() != stored:
            raise TableRefused("the file is not written the way tables are, so that its sha256 is another")
        for other, kind, content in others:
            if render(record, kind).encode() != content:
                raise TableRefused(f"{other.name} is not what {path.with_suffix('.json').name} prints")
    except (recheck.Refused, TableRefused) as error:
        return False, f"REFUSED {' '.join(str(error).split())}"
    return True, done.summary


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from None
