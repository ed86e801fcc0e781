"""Stale gradients, convex (theory, section 7; beta1 = 0): step t uses the clipped gradient at x_t = y_{t-d}.

The conclusion of ``convex`` for the average of the points x_t where the oracle is asked; y_t are the iterates.  The age
d of the gradients adds (L u d^2/nu) ((1+s) L u kappa^2 + (1+1/s) (N u^2 V/R^2 + z2)) to the budget: of order d^2/N.
"""

from __future__ import annotations

from bounds.methods import Method
from bounds.statement import Proof, Statement
from bounds.theorems import convex

KIND = "convex"
METHOD = Method("clip-adagrad-norm-stale", "adagrad", stale=True)
SOURCE = "theory, section 7"
IDS = ("convex-clip-adagrad-norm-stale",)


def variants(theorem_id: str) -> tuple[str, ...]:
    """The two budgets."""
    return convex.VARIANTS


def method(theorem_id: str, variant: str) -> Method:
    """The method of the theorem."""
    return METHOD


def statement(theorem_id: str, variant: str = "freedman") -> Statement:
    """The statement with the given variant."""
    return convex.statement_about(theorem_id, variant, METHOD, SOURCE)


def proof(theorem_id: str, variant: str = "freedman", of: Statement | None = None) -> Proof:
    """The statement with its proof; ``of`` tries the same proof on another statement (a mutant, in tests)."""
    return convex.proof_about(variant, METHOD, of or statement(theorem_id, variant))
