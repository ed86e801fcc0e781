"""``export coq``: every certificate as a Coq development, and the check that a file states what it should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

import bounds
from bounds.statement import Statement
from verify.cli.options import TheoremId
from verify.cli.prove import write


@click.group()
def export() -> None:
    """Certificates for other proof assistants."""


@export.command()
@click.argument("item", nargs=-1)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write the development to this folder.")
@click.option("--run", is_flag=True, help="Run coqc, coqchk and Print Assumptions on it; needs Coq 8.16.")
@click.option("--check", is_flag=True, help="ITEMs are files: does each begin with the statement of its theorem?")
def coq(item: tuple[str, ...], out: Path | None, run: bool, check: bool) -> int:
    """Theorems (default: all) as Coq developments: the steps of the certificates as data for a checker proved in Coq.

    ITEM is a theorem id, or a Coq file with --check.
    """
    if check:
        if out is not None or run or not item:
            raise click.UsageError("--check takes Coq files and no other option")
        answers = [_states(Path(name)) for name in item]
        return int(not all(answers))
    if out is None:
        raise click.UsageError("missing option '--out'; for example --out coq")
    return _export(list(dict.fromkeys(item or bounds.theorem_ids())), out, run)


def _export(theorems: list[str], out: Path, run: bool) -> int:
    from verify.export.certificates import development
    from verify.export.coq_file import LIBRARY, check_file, counted, families, library, module
    from verify.export.run import available

    if run and not available():
        raise click.UsageError("coqc and coqchk are not installed; on Debian: apt-get install coq")
    known = [TheoremId().convert(i, None, None) for i in theorems]
    pairs = [(i, v) for i in known for v in bounds.variants(i)]
    texts, sizes = library(), dict[str, int]()
    for name, text in texts.items():
        write(out / f"{name}.v", text)

    def written() -> Iterator[tuple[str, dict[str, Statement]]]:
        """The files, each as soon as it is written; Coq has work with the library before the first proof is made."""
        proofs = [bounds.proof(i, v) for i, v in pairs]
        grouped = families(pairs, proofs)
        listed = [*texts, *grouped, *(f"Check_{file}" for file in grouped)]
        write(out / "_CoqProject", f"-Q . {LIBRARY}\n" + "".join(f"{x}.v\n" for x in listed))
        for file, who in grouped.items():
            sizes[file] = len(who)
            named = {module(*pairs[c]): proofs[c] for c in who}
            stated = {name: proof.statement for name, proof in named.items()}
            text = development(named)
            write(out / f"{file}.v", text)
            write(out / f"Check_{file}.v", check_file(file, stated))
            click.echo(f"wrote {out / file}.v (certificates {len(who)}, steps {counted(text)})")
            yield file, stated
        rules = Counter(s.rule for p in proofs for s in p.steps)
        click.echo("steps by rule: " + ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items())))

    if run:
        return _run(out, written(), sizes)
    for _ in written():
        pass
    return 0


def _run(out: Path, written: Iterator[tuple[str, dict[str, Statement]]], sizes: Mapping[str, int]) -> int:
    from verify.export.run import run

    refused = 0
    for verdict in run(out, written):
        what = f"{verdict.name} (certificates {sizes[verdict.name]})" if verdict.name in sizes else verdict.name
        word = "ACCEPTED" if verdict.accepted else f"REFUSED  {verdict.reason}"
        click.echo(f"{what}  {word}")
        refused += not verdict.accepted
    return int(bool(refused))


def _states(path: Path) -> bool:
    """Compare a file with the library, or the statements at its beginning with the theorems that they name."""
    from verify.export.coq_file import library, module, stated, states

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"cannot read {path}: {error}") from None
    texts = library()
    if path.stem in texts:
        good, what = text == texts[path.stem], "the library of this version"
    else:
        known = {module(i, v): (i, v) for i in bounds.theorem_ids() for v in bounds.variants(i)}
        names = stated(text)
        good = bool(names) and set(names) <= ({path.stem} & set(known) or set(known))
        good = good and states(text, {name: bounds.theorem(*known[name]) for name in names})
        what = f"states {', '.join(names)}"
    click.echo(f"{path}: {what if good else 'NOT what this library knows under its name'}")
    return good
