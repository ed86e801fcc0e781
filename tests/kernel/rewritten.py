"""Proofs written again from a changed statement."""

from __future__ import annotations

from dataclasses import replace

from bounds.terms import Term
from bounds.theorems import convex
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps


def refusal(theorem_id: str, variant: str = "freedman", **changes: dict[str, Term]) -> str | None:
    """None if the proof of the theorem, written from the changed statement, is accepted; else the reason."""
    st = convex.statement(theorem_id, variant)
    facts = {group: {**getattr(st, group), **changed} for group, changed in changes.items()}
    try:
        replay(load(dumps(encode(convex.proof(theorem_id, variant, replace(st, **facts))))))
    except Refused as refused:
        return str(refused)
    return None
