"""What a theorem asks of the given numbers alone: where that fails, no choice of its free parameters helps."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction

from bounds.show import text
from bounds.statement import Statement
from bounds.terms import Term, le, lt, par
from verify.constants.certify import numeric_facts, parameter_definitions
from verify.decimals import plain
from verify.kernel.balls import Balls
from verify.kernel.normal import KernelError

BITS = 128
# the facts about momentum, by their names in a statement, as facts that are exact in Q, and in words;
# ``kept`` is the sign of 1 - beta1/beta2, ``momentum_short`` is beta1 beta2^(-1/2) < 1
MOMENTUM: Mapping[str, tuple[Term, str]] = {
    "kept": (lt(par("beta1"), par("beta2")), "beta1 < beta2"),
    "memory": (le(par("beta1"), par("beta2")), "beta1 <= beta2"),
    "momentum_short": (lt(par("beta1") ** Fraction(2), par("beta2")), "beta1 < beta2^(1/2)"),
}


def unmet(statement: Statement, values: Mapping[str, Fraction]) -> str:
    """What is certainly false at these numbers whatever the rest is, in words; empty if nothing is."""
    at = Balls(values, BITS)
    for name, term in parameter_definitions(statement).items():
        with suppress(KernelError):  # of what has no value yet, or none at these numbers
            at.define(name, term)
    for name, fact in numeric_facts(statement):
        exact, words = MOMENTUM.get(name, (fact, ""))
        with suppress(KernelError):
            if not at.holds(exact):
                return _told(words, values) if words else f"{name}: false: {text(fact)}"
    return ""


def _told(words: str, values: Mapping[str, Fraction]) -> str:
    beta1, beta2 = (plain(values[k]) for k in ("beta1", "beta2"))
    return f"this theorem needs {words}, got beta1 = {beta1} and beta2 = {beta2}"
