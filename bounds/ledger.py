"""The ledger: results taken from the literature, with exact statements.  A proof may use these and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Axiom:
    """A cited result; ``rule`` is the kernel rule that applies it."""

    name: str
    rule: str
    statement: str
    reference: str


LEDGER = {
    "ville": Axiom(
        "Ville's inequality",
        "ville",
        "Let M_T be a nonnegative supermartingale with M_0 <= 1 (here M_T = exp(sum_{t<T} Y_t) with "
        "E[exp(Y_t) | F_{t-1}] <= 1). For A >= 0, P(exists T: M_T >= exp(A)) <= exp(-A).",
        "J. Ville, Etude critique de la notion de collectif, Gauthier-Villars 1939, p. 100; "
        "R. Durrett, Probability: Theory and Examples, 5th ed., Cambridge 2019, Exercise 4.8.2",
    ),
}
