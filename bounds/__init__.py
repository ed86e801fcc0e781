"""Mathematics as data: statements, proofs, methods.  Importing this package imports nothing heavy.

>>> import bounds
>>> bounds.theorem_ids("convex")[:3]
('convex-clip-sgd', 'convex-clip-adagrad-norm', 'convex-clip-adagrad-norm-delayed')
>>> bounds.theorem("convex-clip-sgd").title
'High-probability convergence of clip-sgd, convex and smooth f'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bounds.methods import Method
    from bounds.statement import Proof, Statement


class UnknownTheorem(ValueError):
    """No theorem has the given id; the message names the nearest ones."""


def theorem_ids(kind: str | None = None) -> tuple[str, ...]:
    """The ids of all theorems, or of those of one kind: "convex", "nonconvex", "uniform", "lower", "lemma"."""
    return tuple(i for f in _families() if kind in (None, f.KIND) for i in f.IDS)


def variants(theorem_id: str) -> tuple[str, ...]:
    """The variants of a theorem, the default first: different proofs, hence different conditions, of the same claim."""
    return _family(theorem_id).variants(theorem_id)


def kind(theorem_id: str) -> str:
    """What a theorem is about: "convex", "nonconvex", "uniform", "lower" or "lemma"."""
    return _family(theorem_id).KIND


def method(theorem_id: str, variant: str | None = None) -> Method | None:
    """The method a theorem is about; None for a lemma."""
    family, variant = _known(theorem_id, variant)
    return family.method(theorem_id, variant)


def theorem(theorem_id: str, variant: str | None = None) -> Statement:
    """The statement of a theorem, in its first variant unless one is named; raises ``UnknownTheorem``."""
    family, variant = _known(theorem_id, variant)
    return family.statement(theorem_id, variant)


def proof(theorem_id: str, variant: str | None = None) -> Proof:
    """The statement with its proof as data (claimed, not yet checked); raises ``UnknownTheorem``."""
    family, variant = _known(theorem_id, variant)
    return family.proof(theorem_id, variant)


def proof_of(theorem_id: str, variant: str, statement: Statement) -> Proof:
    """The proof of a theorem, written again for another statement (a mutant): claimed, not checked."""
    family, variant = _known(theorem_id, variant)
    return family.proof(theorem_id, variant, statement)


def _families() -> list[Any]:
    from importlib import import_module

    from bounds.theorems import FAMILIES

    return [import_module(f"bounds.theorems.{name}") for name in FAMILIES]


def _family(theorem_id: str) -> Any:
    for family in _families():
        if theorem_id in family.IDS:
            return family
    import difflib

    ids = theorem_ids()
    near = difflib.get_close_matches(str(theorem_id), ids, n=3, cutoff=0.3) or ids
    raise UnknownTheorem(f"unknown theorem {theorem_id!r}; did you mean {', '.join(near)}?")


def _known(theorem_id: str, variant: str | None) -> tuple[Any, str]:
    family = _family(theorem_id)
    known = family.variants(theorem_id)
    if variant is not None and variant not in known:
        raise UnknownTheorem(f"{theorem_id} has no variant {variant!r}; it has {', '.join(known)}")
    return family, known[0] if variant is None else variant
