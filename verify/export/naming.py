"""The numbers of the names of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bounds.statement import Proof, Statement
from bounds.terms import Term, subterms
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

    def visit(x: Term) -> None:
        if x in seen:
            return
        seen.add(x)
        if x.head == "time":
            out.update(v for v, _ in x.args[1])
        if x.head in ("vvar", "sum", "vsum"):
            out.add(x.args[0])
        if x.head == "all":
            out.update(v for v, _ in x.args[0])
        for s in subterms(x):
            visit(s)

    for proof in proofs:
        for x in _terms(proof):
            visit(x)
        for step in proof.steps:
            out.update(step.args[k] for k in ("t", "T") if isinstance(step.args.get(k), str))
    return out


def _terms(proof: Proof) -> Iterator[Term]:
    st = proof.statement
    for group in (st.definitions, st.assumptions, st.conditions):
        yield from group.values()
    yield from (x for p in st.processes for x in (p.base, p.step) if x is not None)
    yield st.conclusion
    for step in proof.steps:
        yield step.concl
        yield from step.hyps
        yield from terms_in(step.args)


def terms_in(x: Any) -> Iterable[Term]:
    """The terms in a rule's arguments."""
    if isinstance(x, Term):
        yield x
    elif not isinstance(x, str):
        parts = x.values() if hasattr(x, "values") else x if isinstance(x, list | tuple) else ()
        for y in parts:
            yield from terms_in(y)
