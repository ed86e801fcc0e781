"""The ledger: results taken from the literature, with exact statements.

A proof may use those of ``LEDGER`` and nothing else.  Those of ``MINIMAX`` have no rule: they say how good a claimed
rate can be, and no proof rests on them.
"""

from __future__ import annotations

from dataclasses import dataclass

from bounds.exponents import Exponent, exponent


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


@dataclass(frozen=True)
class Rate:
    """A cited lower bound: no method brings ``quantity`` below order N^(-decay) on the whole class."""

    name: str
    quantity: str
    decay: Exponent
    statement: str
    short: str  # the reference within a sentence
    reference: str


def _below(where: str, left: str, decay: str) -> str:
    """The exact statement: for every method there is a bad instance."""
    return (
        "Let alpha be in (1, 2]. There are c > 0 and N_0, depending only on alpha and on the constants of the class, "
        f"such that for every N >= N_0 and every (randomised) method that calls the oracle N times there are {where} "
        "and an oracle g = grad f(x) + xi with E xi = 0 and E||xi||^alpha <= sigma^alpha, for which the output x has "
        f"E[{left}] >= c N^-({decay})."
    )


MINIMAX = {
    "convex": Rate(
        "Minimax lower bound, convex and smooth",
        "gap",
        exponent([-1, 1], [0, 1]),
        _below("a convex, L-smooth f with a minimiser x*, ||x_0 - x*|| <= R,", "f(x) - f(x*)", "(alpha - 1)/alpha"),
        "Vural et al., COLT 2022, arXiv 2202.11632",
        "N. M. Vural, L. Yu, K. Balasubramanian, S. Volgushev, M. A. Erdogdu, Mirror descent strikes again: optimal "
        "stochastic convex optimization under infinite noise variance, COLT 2022 (arXiv 2202.11632)",
    ),
    "nonconvex": Rate(
        "Minimax lower bound, non-convex and smooth",
        "grad_sq",
        exponent([-2, 2], [-2, 3]),
        _below("an L-smooth f with f(x_0) - inf f <= Delta", "||grad f(x)||^2", "(2 alpha - 2)/(3 alpha - 2)"),
        "Zhang et al., NeurIPS 2020, arXiv 1912.03194",
        "J. Zhang, S. P. Karimireddy, A. Veit, S. Kim, S. J. Reddi, S. Kumar, S. Sra, Why are adaptive methods good "
        "for attention models?, NeurIPS 2020 (arXiv 1912.03194)",
    ),
}
