"""Judging published claims: exact ranges of alpha, rates read off the proved theorems, and the verdicts."""
