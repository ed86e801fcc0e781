"""Judging published claims: exact ranges of alpha, rates read off the proved theorems, and the verdicts."""


class NotShown(ValueError):
    """An instance or a proof does not show what a claim needs; the message says what was found."""
