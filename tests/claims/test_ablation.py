"""Claim S10: levels that are too large or too small, and the twins that are neither."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F

import pytest

from bounds.claims import CLAIMS
from bounds.exponents import exponent
from verify.claims import NotShown, ablation
from verify.claims import judge as judging
from verify.claims.judge import HOLDS, OPEN, judge

S10 = next(c for c in CLAIMS if c.id == "S10")


def test_the_row_holds():
    found = judge(S10)
    assert (found.verdict, found.range) == (HOLDS, "alpha in (1, 2]")
    small = found.witness["too small"]
    assert F(small["expected_gap_at_least"]) > F(small["proved_gap_at_most_at_the_level_of_the_theory"])


def test_too_large_by_hand():
    """H/nu steps back at no clip, about lam/nu at the level lam: the jump is (2 delta)^(-2/3) = 292.4, nu = 0.1414."""
    found = ablation.too_large()
    assert found["misses_at_step"] == int((2e-4 ** (-2 / 3) - 0.02**0.5) / 0.02**0.5) + 1
    assert abs(found["then_arrives_at_step"] - float(found["level_of_the_theory"]) / 0.02**0.5) < 3


def test_a_level_that_is_not_too_large_clips(monkeypatch):
    monkeypatch.setattr(ablation, "TOO_LARGE", F(9, 10))
    with pytest.raises(NotShown, match="does not miss epsilon at step 2067"):
        ablation.too_large()


@pytest.mark.parametrize("share", [F(1), F(1, 10)])
def test_a_level_that_is_not_too_small_is_not_biased_enough(monkeypatch, share):
    monkeypatch.setattr(ablation, "TOO_SMALL", share)
    found = judge(S10)
    assert found.verdict == OPEN and "is not above 0.04283" in found.reason


def test_a_bound_that_is_no_power_of_steps_over_ln_opens_the_row(monkeypatch):
    true = judging.rate
    monkeypatch.setattr(judging, "rate", lambda *args: replace(true(*args), a=exponent(["1/100"])))
    assert judge(S10).verdict == OPEN
