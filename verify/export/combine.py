"""The rule ``combine`` in Coq: known facts with multipliers, and the atoms over which their sum is an identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bounds.terms import Term, num
from verify.export.reify import Atoms


@dataclass
class Item:
    """A known fact with a multiplier and the proof of the multiplier's sign."""

    fact: Term
    proof: str
    weight: Term = field(default_factory=lambda: num(1))
    sign: tuple[Term, str] | None = None


def combine_with(
    atoms: Atoms,
    goal: Term,
    items: Sequence[Item],
    squares: Sequence[tuple[Term, Term, tuple[Term, str] | None]] = (),
    scale: tuple[Term, tuple[Term, str] | None] | None = None,
) -> str:
    """``combine`` with atoms some of which are given."""

    def claim(f: Term) -> str:
        return f"({'Flt' if f.head == 'lt' else 'Fle'} {atoms.scalar(f.args[0])} {atoms.scalar(f.args[1])})"

    def weighted(
        m: Term, sign: tuple[Term, str] | None, claims: list[str], proofs: list[str], vs: str = "[] []"
    ) -> tuple[str, list[str]]:
        if sign is not None:
            claims, proofs = [*claims, claim(sign[0])], [*proofs, sign[1]]
        weight = atoms.scalar(num(1) if sign is not None else m)
        return f"(Build_item [{'; '.join(claims)}] {weight} {vs})", proofs

    def equation(i: Item, side: Callable[[Term], str], weight: Callable[[Term], str]) -> str:
        return f"({', '.join([*map(side, i.fact.args), weight(i.weight)])})"

    if goal.head == "veq":
        left, right = (atoms.vector(s) for s in goal.args)
        triples = "; ".join(equation(i, atoms.vector, atoms.scalar) for i in items)
        return prove("veq", atoms, f"[{triples}] {left} {right}", [i.proof for i in items])
    a, b = (atoms.scalar(s) for s in goal.args)
    head = weighted(scale[0], scale[1], [], []) if scale is not None else ("one_item", [])
    inequalities, equations, vectors = [], [], []
    for i in items:
        if i.fact.head == "veq":
            vectors.append((equation(i, atoms.vector, atoms.vector), [i.proof]))
        elif i.fact.head == "eq":
            equations.append((equation(i, atoms.scalar, atoms.scalar), [i.proof]))
        else:
            inequalities.append(weighted(i.weight, i.sign, [claim(i.fact)], [i.proof]))
    for c, x, sign in squares:
        vector = x.head in ("vpar", "vvar", "vproc", "vadd", "scale", "vapp", "vsum", "Ev")
        vs = f"[] [{atoms.vector(x)}]" if vector else f"[{atoms.scalar(x)}] []"
        inequalities.append(weighted(c, sign, [], [], vs))
    lists = ["[" + "; ".join(t for t, _ in group) + "]" for group in (inequalities, equations, vectors)]
    proofs = [*head[1], *(p for group in (inequalities, equations, vectors) for _, ps in group for p in ps)]
    return prove(goal.head, atoms, f"(Build_cert {head[0]} {' '.join(lists)}) {a} {b}", proofs)


def prove(kind: str, atoms: Atoms, body: str, proofs: Iterable[str]) -> str:
    """The tactic that proves a comparison by its certificate, the facts about atoms, and the known facts."""
    known = ", ".join([*atoms.proofs(), *proofs])
    proof = f"{kind}_by {atoms.exponents_ok} {atoms.lists()} {atoms.record()} {body}"
    return f"{f'generalize {known}. ' if known else ''}exact_no_check ({proof} ltac:(computed))."
