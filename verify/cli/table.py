"""``table``: the constants of a paper, every printed digit certified and rounded to the safe side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from verify.constants import Bound
    from verify.recheck import Report

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


Place = tuple[str, Fraction, int, Fraction, Fraction, int]


@dataclass(frozen=True)
class Grid:
    """The cells of a table and the numbers they share; in a fixed order."""

    theorem: tuple[str, ...]
    beta1: tuple[Fraction, ...]
    delay: tuple[int, ...]
    alpha: tuple[Fraction, ...]
    delta: tuple[Fraction, ...]
    N: tuple[int, ...]
    settings: Mapping[str, Fraction | int | str]
    digits: int

    @property
    def cells(self) -> list[Place]:
        return list(product(self.theorem, self.beta1, self.delay, self.alpha, self.delta, self.N))

    @property
    def command(self) -> str:
        """A command line that makes this table again."""
        from verify.report.decimals import plain
        from verify.report.tables import count

        lists = {"alpha": map(plain, self.alpha), "delta": map(plain, self.delta), "steps": map(count, self.N)}
        lists |= {"beta1": map(plain, self.beta1), "delay": map(str, self.delay)}
        words = [f"--{name} {','.join(x)}" for name, x in lists.items()]
        words += [f"--theorem {theorem}" for theorem in self.theorem]
        words += [f"--{name} {x}" for name, x in written(self.settings).items()]
        return " ".join(["verify table", *words, f"--digits {self.digits}"])


def written(settings: Mapping[str, Fraction | int | str]) -> dict[str, str]:
    """Exact numbers as strings."""
    from verify.report.decimals import plain

    return {name: x if isinstance(x, str) else plain(Fraction(x)) for name, x in settings.items()}


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
    style = style or (SUFFIXES.get(out.suffix, "latex") if out else "latex")
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
    with Progress() as progress:
        record = fill(grid, progress)
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
    from verify.report.tables import SETTINGS

    return {name: settings[name] for name in SETTINGS}


# --- making a table ---------------------------------------------------------------------------------------

REFUTED = "REFUTED "


def fill(grid: Grid, progress: Progress) -> dict[str, Any]:
    """The record of a table (format tailcert-table/1)."""
    from verify import __version__
    from verify.constants import BadInput
    from verify.report.decimals import plain
    from verify.report.tables import FORGETTING as USUAL
    from verify.report.tables import FORMAT

    found: list[Bound | str] = []
    unfit: list[str] = []
    for k, (theorem, beta1, delay, alpha, delta, n) in enumerate(grid.cells):
        progress.show(k, len(grid.cells), f"{theorem}, alpha {plain(alpha)}, delta {plain(delta)}, N {n}")
        numbers: dict[str, Any] = dict(grid.settings) | {
            "beta1": beta1,
            "delay": delay,
            "alpha": alpha,
            "delta": delta,
            "N": n,
        }
        numbers["beta2"] = None if numbers["beta2"] == USUAL else numbers["beta2"]
        try:
            found.append(attempt(theorem, **numbers))
        except BadInput as error:  # no theorem speaks about these numbers
            unfit.append(str(error))
            found.append(unfit[-1])
    if len(unfit) == len(grid.cells):
        raise click.UsageError(unfit[0])
    return {
        "schema_version": SCHEMA_VERSION,
        "format": FORMAT,
        "provenance": {"versions": {"tailcert": __version__}},
        "command": grid.command,
        "settings": written(grid.settings),
        "digits": grid.digits,
        "grid": {
            "theorem": list(grid.theorem),
            "beta1": [plain(x) for x in grid.beta1],
            "delay": list(grid.delay),
            "alpha": [plain(x) for x in grid.alpha],
            "delta": [plain(x) for x in grid.delta],
            "N": list(grid.N),
        },
        "statements": statements(b for b in found if not isinstance(b, str)),
        "cells": [cell(point, b, grid.digits) for point, b in zip(grid.cells, found, strict=True)],
    }


def attempt(theorem: str, **numbers: Any) -> Bound | str:
    """The certified bound, or why there is none; raises ``BadInput``."""
    from verify.constants import NoBound, bound
    from verify.kernel.replay import Refused

    try:
        return bound(theorem, **numbers)
    except NoBound as error:
        return str(error)
    except Refused as error:
        return f"{REFUTED}at {error}"


def statements(found: Iterable[Bound]) -> dict[str, Any]:
    """The statements of the certificates, once each, by their sha256."""
    return {
        b.certificate["statement_sha256"]: {
            "id": b.theorem,
            "variant": b.variant,
            "axioms": sorted(b.proof.axioms),
            "statement": b.certificate["statement"],
            "terms": b.certificate["terms"],
        }
        for b in found
    }


def cell(point: Place, found: Bound | str, digits: int) -> dict[str, Any]:
    """One cell: what is printed, and its certificate without the shared statement."""
    from verify.report.decimals import plain
    from verify.report.tables import MISSING, printed

    theorem, beta1, delay, alpha, delta, n = point
    here = {"theorem": theorem, "beta1": plain(beta1), "delay": delay}
    here |= {"alpha": plain(alpha), "delta": plain(delta), "N": n}
    if isinstance(found, str):
        return here | {"bound": MISSING, "vacuous": False, "certificate": None, "reason": " ".join(found.split())}
    own = {k: found.certificate[k] for k in ("values", "bound", "statement_sha256", "sha256")}
    shown = printed(found.upper_exact, digits)
    return here | {"bound": shown, "vacuous": found.vacuous, "certificate": own, "reason": ""}


def complaints(record: Mapping[str, Any]) -> list[str]:
    """A line for each cell without a bound."""
    from verify.report.tables import where

    return [f"no bound at {where(c)}: {c['reason']}" for c in record["cells"] if c["certificate"] is None]


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
    for path, kind in files.items():
        write(path, contents(record, kind))
        note(f"wrote {path}")
    if not files:
        click.echo(contents(record, style), nl=False)


def contents(record: Mapping[str, Any], kind: str) -> str:
    from verify.report.tables import macros, render

    return macros(record) if kind == "macros" else render(record, kind)


# --- checking a table -------------------------------------------------------------------------------------


def check(path: Path) -> int:
    """Certify a written table and say so in one line."""
    right, words = verdict(path)
    click.echo(f"{path}: {words}")
    return int(not right)


def verdict(path: Path) -> tuple[bool, str]:
    """Is a written table right?  ``verify.report.tables.check`` says what that means.

    The JSON is checked with ``verify.recheck`` (which shares no code with the search, the balls and the kernel): each
    certificate, and a replay of the proof of each theorem.  Any other format, and the constants.tex of a LaTeX table,
    must then be exactly what the JSON prints.
    """
    from verify import recheck
    from verify.report import tables

    style = SUFFIXES.get(path.suffix)
    if style is None:
        raise click.UsageError(f"--check: expected a file named *.json, *.tex, *.csv or *.md, got {path.name!r}")
    stored = read(path.with_suffix(".json"))
    beside = [(p, kind) for p, kind in places(path, style).items() if kind != "json" and (p == path or p.exists())]
    others = [(p, kind, read(p)) for p, kind in beside]
    try:
        record = recheck.load(stored)
        done = tables.check(record, replayed(record), certified)
        if tables.dumps(record).encode() != stored:
            raise tables.TableRefused("the file is not written the way tables are, so that its sha256 is another")
        for other, kind, content in others:
            if contents(record, kind).encode() != content:
                raise tables.TableRefused(f"{other.name} is not what {path.with_suffix('.json').name} prints")
    except (recheck.Refused, tables.TableRefused) as error:
        return False, f"REFUSED {' '.join(str(error).split())}"
    return True, done.summary


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"cannot read {path}: {error.strerror}") from None


def certified(certificate: Mapping[str, Any]) -> Report:
    """The verdict of the independent checker on a certificate."""
    from verify import recheck
    from verify.report.tables import TableRefused

    try:
        return recheck.check(certificate)
    except recheck.Refused as error:
        raise TableRefused(f"its certificate is refused {error}") from None


def replayed(record: Mapping[str, Any]) -> dict[str, Report]:
    """The proofs of the theorems in a table, replayed by the independent checker, by the sha256 of the statement."""
    from verify.report.tables import TableRefused

    try:
        wanted = {(s["id"], s["variant"]) for s in record["statements"].values()}
        known = [(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i) if (i, v) in wanted]
    except (AttributeError, KeyError, TypeError) as error:
        raise TableRefused(f"malformed statements ({type(error).__name__}: {error})") from None
    return {report.sha256: report for report in (replay(i, v) for i, v in known)}


@cache
def replay(theorem: str, variant: str) -> Report:
    """The independent checker's report on a proof of the library, once per process."""
    from verify.prove import prove

    return certified(prove(theorem, variant).certificate)
