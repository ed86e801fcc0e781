"""``prove`` and ``recheck``: two independent replays of the certificates."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import bounds
from verify.cli.options import FORMAT, TheoremId
from verify.cli.output import print_json

if TYPE_CHECKING:
    from verify.kernel.replay import Replay


@dataclass(frozen=True)
class Attempt:
    """A replay, or the first failing step and the reason."""

    theorem: str
    variant: str
    replay: Replay | None
    certificate: dict[str, Any]
    reason: str

    @property
    def status(self) -> str:
        return "REFUTED" if self.replay is None else "PROVED"

    @property
    def line(self) -> str:
        if self.replay is None:
            return f"{self.theorem} ({self.variant})  REFUTED at {self.reason}"
        cited = ", ".join(self.replay.axioms) or "none"
        steps, digest = self.replay.n_steps, self.replay.sha256[:16]
        return f"{self.theorem} ({self.variant})  PROVED  {steps} steps; axioms: {cited}; sha256 {digest}"

    def as_json(self) -> dict[str, Any]:
        r = self.replay
        if r is None:
            return {"status": self.status, "n_steps": 0, "axioms": [], "reason": self.reason}
        return {
            "status": self.status,
            "n_steps": r.n_steps,
            "axioms": list(r.axioms),
            "sha256": r.sha256,
            "statement_sha256": r.statement_sha256,
        }


def attempt(theorem: str, variant: str) -> Attempt:
    """Write the certificate of a theorem and replay it in the kernel."""
    from verify.kernel.replay import Refused
    from verify.prove import prove as prove_theorem

    try:
        proved = prove_theorem(theorem, variant)
    except Refused as refusal:
        return Attempt(theorem, variant, None, {}, str(refusal))
    return Attempt(theorem, variant, proved.replay, proved.certificate, "")


def attempts(theorems: Iterable[str]) -> list[Attempt]:
    """Every variant of every theorem, on all cores."""
    return replays([(theorem, variant) for theorem in theorems for variant in bounds.variants(theorem)])


def replays(asked: Sequence[tuple[str, str]]) -> list[Attempt]:
    """These variants, on all cores."""
    if len(asked) == 1:
        return [attempt(*asked[0])]
    with ProcessPoolExecutor(initializer=_start_worker) as pool:
        return list(pool.map(attempt, [t for t, _ in asked], [v for _, v in asked]))


def _start_worker() -> None:
    """Terms live as long as the process: a search for cycles among them finds nothing and takes a fifth of the time.
    An interrupt is for the parent, which stops its workers."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@click.command()
@click.argument("theorem", nargs=-1, type=TheoremId())
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the certificates to this folder.")
@FORMAT
def prove(theorem: tuple[str, ...], out: Path | None, style: str) -> int:
    """Replay proofs (default: all) in the kernel and report the first failing step, if any."""
    from verify.prove import dumps

    if out is not None:  # a place that cannot be written is found out before the work
        write(out / ".writable", "")
        (out / ".writable").unlink()
    results = attempts(dict.fromkeys(theorem or bounds.theorem_ids()))
    files = [out / f"{r.theorem}.{r.variant}.json" if out and r.replay else None for r in results]
    for r, path in zip(results, files, strict=True):
        if path is not None:
            write(path, dumps(r.certificate))
    if style == "json":
        rows = [
            {"id": r.theorem, "variant": r.variant, "file": path and str(path), **r.as_json()}
            for r, path in zip(results, files, strict=True)
        ]
        print_json({"theorems": rows})
    else:
        for r in results:
            click.echo(r.line)
        for path in filter(None, files):
            click.echo(f"wrote {path}")
    return int(any(r.replay is None for r in results))


def write(path: Path, text: str) -> None:
    """Write a file, its folder included; a failure is a usage error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}; try another place") from None


@click.command()
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=str))
@FORMAT
def recheck(file: tuple[str, ...], style: str) -> int:
    """Check certificates with the independent checker, in a fresh process.

    A certificate that bears the id of a theorem of this library must state that theorem, word for word (exit 1 if not).
    Tables written by ``verify table`` are checked digit by digit.
    """
    tables = {f for f in file if _is_table(Path(f))}
    rows, code = _certificates([f for f in file if f not in tables])
    for f in tables:
        rows[f], wrong = _table(f)
        code = max(code, wrong)
    ids = {f: _id_status(f) for f in rows if f not in tables and _accepted(rows[f])}
    for f, status in ids.items():
        if status != "known":
            click.echo(f"{f}: {ID_STATUS[status]}", err=True)
    code = code or int("borrowed" in ids.values())
    if style == "json":
        found = [{"file": f, "status": _word(rows[f]), "detail": rows[f], "id": ids.get(f)} for f in file]
        print_json({"exit_code": code, "files": found})
    else:
        for f in file:
            click.echo(f"{f}: {rows[f]}")
    return code


def _certificates(files: list[str]) -> tuple[dict[str, str], int]:
    """What the second checker says about each file, and its exit code."""
    if not files:
        return {}, 0
    done = _fresh(["verify.recheck", *files])
    lines = done.stdout.splitlines()
    if done.returncode not in (0, 1, 2) or len(lines) != len(files):
        click.echo(done.stderr, err=True, nl=False)
        return dict.fromkeys(files, "REFUSED: the checker ended without a verdict"), 1
    return {f: line.removeprefix(f"{f}: ") for f, line in zip(files, lines, strict=True)}, done.returncode


def _table(file: str) -> tuple[str, int]:
    from verify.cli.table import verdict

    try:
        right, words = verdict(Path(file))
    except click.UsageError as error:
        return f"UNREADABLE: {error.message}", 2
    return words, int(not right)


def _is_table(path: Path) -> bool:
    """Written by ``verify table``: a printed table, or the JSON file beside it."""
    if path.suffix in (".tex", ".csv", ".md"):
        return True
    try:
        return path.suffix == ".json" and '"tailcert-table/1"' in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False


ID_STATUS = {
    "borrowed": "NOT the statement that this library knows under its id",
    "unknown": "its id is that of no theorem of this library",
}


def _id_status(file: str) -> str:
    """ "known" if id, variant and statement are those of a theorem of the library, "borrowed" if the id only."""
    from verify.kernel.certificate import statement_digest
    from verify.kernel.replay import load

    certificate = load(Path(file).read_text(encoding="utf-8"))
    name, variant = (certificate["statement"][k] for k in ("id", "variant"))
    if name not in bounds.theorem_ids():
        return "unknown"
    same = variant in bounds.variants(name) and certificate["statement_sha256"] == statement_digest(
        bounds.theorem(name, variant)
    )
    return "known" if same else "borrowed"


def _word(line: str) -> str:
    return line.split(maxsplit=1)[0].rstrip(":")


def _accepted(line: str) -> bool:
    return _word(line) not in ("REFUSED", "UNREADABLE")


def _fresh(module: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a module in a new interpreter that finds this very package and nothing in the working directory."""
    import verify

    home = str(Path(verify.__file__).resolve().parents[1])
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))}
    command = [sys.executable, "-P", "-m", *module]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)
