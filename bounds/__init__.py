"""Mathematics as data: statements, proofs, methods.  Importing this package imports nothing heavy.

>>> import bounds
>>> bounds.theorem_ids()
('convex-clip-sgd', 'convex-clip-adagrad-norm', 'convex-clip-adagrad-norm-delayed')
>>> bounds.theorem("convex-clip-sgd").title
'High-probability convergence of clip-sgd, convex and smooth f'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bounds.statement import Proof, Statement


class UnknownTheorem(ValueError):
    """No theorem has the given id; the message names the nearest ones."""


def theorem_ids() -> tuple[str, ...]:
    """The ids of all theorems."""
    from bounds.theorems import convex

    return tuple(convex.METHODS)


def variants(theorem_id: str) -> tuple[str, ...]:
    """The variants of a theorem: different proofs, hence different conditions, of the same conclusion."""
    from bounds.theorems import convex

    _known(theorem_id)
    return convex.VARIANTS


def theorem(theorem_id: str, variant: str = "freedman") -> Statement:
    """The statement of a theorem; raises ``UnknownTheorem``."""
    from bounds.theorems import convex

    return convex.statement(_known(theorem_id, variant), variant)


def proof(theorem_id: str, variant: str = "freedman") -> Proof:
    """The statement with its proof as data (claimed, not yet checked); raises ``UnknownTheorem``."""
    from bounds.theorems import convex

    return convex.proof(_known(theorem_id, variant), variant)


def _known(theorem_id: str, variant: str | None = None) -> str:
    ids = theorem_ids()
    if theorem_id not in ids:
        import difflib

        near = difflib.get_close_matches(str(theorem_id), ids, n=3, cutoff=0.3) or ids
        raise UnknownTheorem(f"unknown theorem {theorem_id!r}; did you mean {', '.join(near)}?")
    if variant is not None and variant not in variants(theorem_id):
        raise UnknownTheorem(f"{theorem_id} has no variant {variant!r}; it has {', '.join(variants(theorem_id))}")
    return theorem_id
