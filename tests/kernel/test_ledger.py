"""The ledger: what proofs may use has a rule, what only judges claims has none."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bounds.exponents import exponent
from bounds.ledger import LEDGER, MINIMAX
from verify import recheck
from verify.kernel.replay import AXIOM_RULES
from verify.kernel.rules import RULES


def test_both_checkers_cite_the_same_results() -> None:
    assert set(AXIOM_RULES) == set(recheck.LEDGER) == set(LEDGER) == {entry.rule for entry in LEDGER.values()}
    assert set(LEDGER) <= set(RULES) and set(LEDGER) <= set(recheck.RULES)


def test_no_rule_cites_a_minimax_bound() -> None:
    names = {*RULES, *recheck.RULES, *recheck.DRAWINGS}
    assert not names & set(MINIMAX)
    assert not any(hasattr(entry, "rule") for entry in MINIMAX.values())


@pytest.mark.parametrize(
    ("key", "alpha", "decay", "shown"),
    [
        ("convex", "2", "1/2", "(alpha - 1)/alpha"),
        ("convex", "3/2", "1/3", "(alpha - 1)/alpha"),
        ("nonconvex", "2", "1/2", "(2 alpha - 2)/(3 alpha - 2)"),
        ("nonconvex", "3/2", "2/5", "(2 alpha - 2)/(3 alpha - 2)"),
    ],
)
def test_exponents_are_data(key: str, alpha: str, decay: str, shown: str) -> None:
    """Exact at a rational alpha, and what the text says; a rate without its denominator is another one."""
    entry, at = MINIMAX[key], Fraction(alpha)
    assert entry.decay.at(at) == Fraction(decay) != exponent([-1, 1]).at(at)
    assert f" N^-({shown})." in entry.statement
