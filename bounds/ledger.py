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
    "freedman": Axiom(
        "Freedman's inequality, maximal form",
        "freedman",
        "Let X_t be F_t-measurable with E[X_t | F_{t-1}] = 0 and X_t <= M, M > 0. For G >= 0 and z > 0, "
        "P(exists k: sum_{t<=k} X_t >= z and sum_{t<=k} E[X_t^2 | F_{t-1}] <= G) <= exp(-z^2 / (2 (G + M z / 3))).",
        "D. A. Freedman, On tail probabilities for martingales, Ann. Probab. 3 (1975) 100-118, Thm 1.6; "
        "J. A. Tropp, Freedman's inequality for matrix martingales, Electron. Commun. Probab. 16 (2011), Thm 1.1",
    ),
}
