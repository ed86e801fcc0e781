"""``theorems``, ``show``, ``axioms``: what is claimed, and what a human must judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

import bounds
from bounds.ledger import LEDGER
from bounds.show import text
from bounds.statement import Statement
from verify.cli.options import FORMAT, TheoremId
from verify.cli.output import note, print_json

if TYPE_CHECKING:
    from verify.cli.prove import Attempt
    from verify.kernel.replay import Replay


@click.command()
@FORMAT
def theorems(style: str) -> int:
    """List the theorems."""
    statements = [bounds.theorem(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i)]
    if style == "json":
        print_json({"theorems": [{k: getattr(s, k) for k in ("id", "variant", "title", "source")} for s in statements]})
        return 0
    names = [f"{s.id} ({s.variant})" for s in statements]
    for name, s in zip(names, statements, strict=True):
        click.echo(f"{name:<{max(map(len, names))}}  {s.title}")
    return 0


def describe(s: Statement) -> dict[str, Any]:
    """A statement as text, part by part."""
    return {
        "id": s.id,
        "variant": s.variant,
        "title": s.title,
        "source": s.source,
        "integers": {k: f"{meaning}, >= {low}" for k, (low, meaning) in s.integers.items()},
        "parameters": {k: {"sign": p.sign, "meaning": p.meaning} for k, p in s.parameters.items()},
        "vectors": dict(s.vectors),
        "functions": {k: meaning for k, (_, meaning) in s.functions.items()},
        "noise": s.noise,
        "processes": {
            p.name: {
                "meaning": p.meaning,
                "start": p.start,
                "base": None if p.base is None else text(p.base),
                "step": text(p.step),
            }
            for p in s.processes
        },
        "definitions": {k: text(f) for k, f in s.definitions.items()},
        "assumptions": {k: text(f) for k, f in s.assumptions.items()},
        "conditions": {k: text(f) for k, f in s.conditions.items()},
        "free_parameters": list(s.free_parameters),
        "conclusion": text(s.conclusion),
        "bound": None if s.bound is None else text(s.bound),
    }


def _table(rows: dict[str, str]) -> None:
    width = max(map(len, rows))
    for name, line in rows.items():
        click.echo(f"  {name:<{width}}  {line}")


@click.command()
@click.argument("theorem", type=TheoremId())
@click.option("--variant", help="Which proof's conditions to show. [default: the first one]")
@click.option("--latex", is_flag=True, help="The theorem and its proof in LaTeX, to be \\input.")
@click.option("--standalone", is_flag=True, help="With --latex: a complete document.")
@FORMAT
def show(theorem: str, variant: str | None, latex: bool, standalone: bool, style: str) -> int:
    """Print a statement in full: setting, assumptions, conditions, conclusion, and what its proof rests on."""
    if standalone and not latex:
        raise click.UsageError("--standalone goes with --latex")
    if latex and style == "json":
        raise click.UsageError("--format json: expected no --latex beside it, whose output is LaTeX")
    known = bounds.variants(theorem)
    if variant is not None and variant not in known:
        raise click.UsageError(f"--variant: expected one of {', '.join(known)}, got {variant!r}")
    variant = variant or known[0]
    d = describe(bounds.theorem(theorem, variant))
    from verify.cli.prove import attempt

    tried = attempt(theorem, variant)
    failed = int(tried.replay is None)
    if latex:
        return _show_latex(tried, standalone)
    if style == "json":
        print_json({**d, "proof": tried.as_json(), "scope": None if tried.replay is None else scope_of(tried.replay)})
        return failed
    click.echo(f"{d['id']} ({d['variant']})\n{d['title']}\n{d['source']}")
    for head, rows in (
        ("Numbers", d["integers"] | {k: f"{p['meaning']} ({p['sign']})" for k, p in d["parameters"].items()}),
        (
            "Objects",
            d["vectors"]
            | d["functions"]
            | {d["noise"]: "the noise, F[t]-measurable for a filtration F; E[||.||^alpha | F[t-1]] is finite"},
        ),
        ("Definitions", d["definitions"]),
        ("Assumptions on f, the noise and the start", d["assumptions"]),
        (f"Conditions on the numbers (free to choose: {', '.join(d['free_parameters']) or 'none'})", d["conditions"]),
    ):
        if rows:
            click.echo(f"\n{head}")
            _table(rows)
    if d["processes"]:
        click.echo("\nMethod")
    for name, p in d["processes"].items():
        click.echo(f"  {name}[s] = {p['base']} for s < {p['start']}; for t >= {p['start']}: {name}[t] = {p['step']}")
    click.echo(f"\nConclusion\n  {d['conclusion']}")
    click.echo(f"\nProof\n  {tried.line}")
    if tried.replay is not None:
        _show_scope(scope_of(tried.replay))
    return failed


def _show_latex(tried: Attempt, standalone: bool) -> int:
    """The theorem and its proof; nothing for a proof that does not check."""
    from verify.export.latex.document import document, fragment

    if tried.replay is None:
        note(tried.line)
        return 1
    text = fragment(tried.replay)
    click.echo(document([(f"{tried.theorem} ({tried.variant})", text)]) if standalone else text, nl=False)
    return 0


def scope_of(replay: Replay) -> dict[str, Any]:
    """What the proof rests on, and what a human must still judge."""
    from verify.scope import scope

    return scope(replay).as_json()


def _show_scope(scope: dict[str, Any]) -> None:
    lines = [
        "steps by rule: " + ", ".join(f"{rule} {count}" for rule, count in scope["rules"].items()),
        "facts used: " + ", ".join(scope["facts_used"]),
        "recursions used: " + (", ".join(scope["recursions_used"]) or "none"),
    ]
    for line in lines:
        click.echo(f"  {line}")
    click.echo(f"\nCited results below it ({len(scope['axioms'])})")
    for name, entry in scope["axioms"].items():
        click.echo(f"  {name}: {entry['statement']}\n    {entry['reference']}")
    click.echo("\nWhat a human must still judge")
    for line in scope["judge"]:
        click.echo(f"  - {line}")


@click.command()
@click.argument("theorem", type=TheoremId())
@FORMAT
def axioms(theorem: str, style: str) -> int:
    """Replay the proofs of a theorem and print everything they rest on."""
    from verify.cli.prove import attempts

    results = attempts([theorem])
    proofs = [(r, r.replay) for r in results if r.replay is not None]
    if style == "json":
        used = sorted({name for _, replay in proofs for name in replay.axioms})
        cited = {n: {"statement": LEDGER[n].statement, "reference": LEDGER[n].reference} for n in used}
        leaves = {r.variant: list(replay.leaves) for r, replay in proofs}
        print_json(
            {
                "id": theorem,
                "axioms": cited,
                "variants": [
                    {"variant": r.variant, "leaves": leaves.get(r.variant, []), **r.as_json()} for r in results
                ],
            }
        )
    else:
        click.echo("\n".join(r.line for r in results))
        _explain(theorem, [replay for _, replay in proofs])
    return int(len(proofs) < len(results))


def _explain(theorem: str, replays: Sequence[Replay]) -> None:
    """The cited results and the leaves, once each."""
    names = dict.fromkeys(name for replay in replays for name in replay.axioms)
    click.echo(f"\nCited axioms ({len(names)})")
    for name in names:
        entry = LEDGER[name]
        click.echo(f"  {name}: {entry.name}\n    {entry.statement}\n    {entry.reference}")
    click.echo(f"\nPremises used, printed in full by `verify show {theorem}`")
    for replay in replays:
        for kind, meaning in (("given", "facts of the statement"), ("define", "recursions of the method")):
            used = [leaf.partition(":")[2] for leaf in replay.leaves if leaf.startswith(f"{kind}:")]
            click.echo(f"  {replay.statement.variant}, {meaning}: {', '.join(used)}")
