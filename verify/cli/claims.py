"""``claims``: the verdict on published claims."""

from __future__ import annotations

from dataclasses import asdict

import click

from verify.cli.options import FORMAT
from verify.cli.output import print_json, provenance


@click.command()
@click.argument("ids", nargs=-1)
@FORMAT
def claims(ids: tuple[str, ...], style: str) -> int:
    """Judge published claims: where each holds, fails, or is open.

    Without IDS every row.  HOLDS, HOLDS ON and FAILS rest on proofs replayed now, exact comparisons, or certified
    instances, and say where a step is by hand, cited or measured; OPEN rows say what is missing.  The exit code is 0: a
    failing claim is somebody's claim, not ours.
    """
    from bounds.claims import CLAIMS
    from verify.claims.judge import judge

    known = {c.id: c for c in CLAIMS}
    for name in ids:
        if name not in known:
            raise click.UsageError(f"claim: expected one of {', '.join(known)}, got {name!r}")
    rows = [judge(known[name]) for name in ids or known]
    if style == "json":
        print_json({"claims": [asdict(r) for r in rows], "provenance": provenance()})
        return 0
    for r in rows:
        where = f", {r.range}" if r.verdict == "HOLDS ON" else ""
        click.echo(f"{r.id:<4} {r.verdict}{where}\n     {r.claim}\n     {r.reason}")
        if r.rerun:
            click.echo(f"     again: {r.rerun}")
    return 0
