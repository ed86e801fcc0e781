"""Theorems and proofs as LaTeX for the appendix of a paper."""
