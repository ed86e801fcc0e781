"""The numbers of the names of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bounds.statement import Proof, Statement
from bounds.terms import Term
from verify.export.encode import Numbers


def numbering(proofs: Sequence[Proof]) -> Numbers:
    """The objects that statements declare, and the variables of their steps."""
    names: dict[str, set[str]] = {}
    for proof in proofs:
        for kind, found in declared(proof.statement).items():
            names.setdefault(kind, set()).update(found)
    return Numbers({**names, "variable": {"t", *variables(proofs)}})


def declared(st: Statement) -> dict[str, list[str]]:
    """The objects of a statement by their kinds."""
    out: dict[str, list[str]] = {
        "parameter": list(st.parameters),
        "integer": list(st.integers),
        "vector": list(st.vectors),
    }
    for sort in ("scalar", "vector"):
        out[f"{sort} function"] = [name for name, (kind, _) in st.functions.items() if kind == sort]
        out[f"{sort} process"] = [p.name for p in st.processes if p.sort == sort]
    out["vector process"].append(st.noise)
    return out


def variables(proofs: Sequence[Proof]) -> set[str]:
    """Every variable, free or bound; a declared integer too, which another certificate may not declare."""
    seen, out = set[Term](), set[str]()

    def visit(x: Any) -> None:
        if isinstance(x, tuple):
            for part in x:
                visit(part)
        elif isinstance(x, Term) and x not in seen:
            seen.add(x)
            if x.head == "time":
                out.update(v for v, _ in x.args[1])
            elif x.head in ("vvar", "sum", "vsum"):
                out.add(x.args[0])
            elif x.head == "all":
                out.update(v for v, _ in x.args[0])
            visit(x.args)

    for proof in proofs:
        st = proof.statement
        for group in (st.definitions, st.assumptions, st.conditions):
            visit(tuple(group.values()))
        visit((st.conclusion, *((p.base, p.step) for p in st.processes)))
        for step in proof.steps:
            visit((step.concl, step.hyps, *step.args.values()))
            out.update(step.args[k] for k in ("t", "T") if isinstance(step.args.get(k), str))
    return out
