"""The ledger of claims: verdicts against hand-derived ranges, and twins that flip them."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

from bounds.claims import CLAIMS
from bounds.exponents import exponent
from bounds.ledger import MINIMAX
from verify.claims import judge as judging
from verify.claims.judge import FAILS, HOLDS, HOLDS_ON, JUDGES, MISSING, OPEN, judge
from verify.claims.threshold import gap_floor

BY_ID = {c.id: c for c in CLAIMS}
EXPECTED = {  # by hand: (2a-2)/(3a-2) >= 1/4 iff a >= 6/5; (a-1)/a >= 1/2 iff a = 2
    "S1": (HOLDS, "alpha in (1, 2]"), "S2": (FAILS, "no alpha"), "S3": (FAILS, "no alpha"), "S4": (FAILS, "no alpha"),
    "S5": (HOLDS_ON, "alpha = 2"), "S6": (HOLDS_ON, "alpha in [6/5, 2]"), "S7": (FAILS, "no alpha"),
    "S8": (HOLDS, "alpha in (1, 2]"), "S9": (FAILS, "no alpha"),
    "S10": (HOLDS, "alpha in (1, 2]"), "S11": (OPEN, "unknown"), "S12": (HOLDS, "alpha in (1, 2]"),
    "P1": (HOLDS, "alpha in (1, 2]"), "P2": (HOLDS, "alpha in (1, 2]"), "P3": (HOLDS, "alpha in (1, 2]"),
    "P4": (HOLDS, "alpha in (1, 2]"), "P5": (FAILS, "no alpha"), "L1": (HOLDS, "alpha in (1, 2]"),
    "L2": (FAILS, "no alpha"), "L3": (HOLDS, "alpha in (1, 2]"), "L4": (HOLDS, "alpha in (1, 2]"),
    "L5": (HOLDS, "alpha in (1, 2]"),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_verdict(name):
    found = judge(BY_ID[name])
    assert (found.verdict, found.range) == EXPECTED[name]
    assert found.witness or found.verdict == OPEN


@pytest.mark.parametrize("name", EXPECTED)
def test_a_row_that_rests_on_a_cited_lower_bound_says_so(name):
    """S5 and S6, with the reference, in the text that is printed; no other row does."""
    found, said = judge(BY_ID[name]), "rests on a cited lower bound that is not proved here"
    kind = {"S5": "convex", "S6": "nonconvex"}.get(name)
    assert (said in found.reason) is ("minimax_reference" in found.witness) is (kind is not None)
    if kind is not None:
        short = MINIMAX[kind].short
        assert short in found.reason and short.rpartition(" ")[2] in found.witness["minimax_reference"]


def test_every_claim_has_a_judge_or_says_what_is_missing():
    assert set(BY_ID) == set(JUDGES) | set(MISSING) and not set(JUDGES) & set(MISSING)


@pytest.mark.parametrize("name,by,text", [
    ("S5", "1/100", "no alpha"),
    ("S5", "-1/100", "alpha in [100/51, 2]"),
    ("S6", "1/100", "alpha in [74/61, 2]"),
    ("S6", "-1/100", "alpha in [19/16, 2]"),
    ("P3", "1/100", "no alpha"),
    ("P4", "1/100", "no alpha"),
    ("L3", "1/100", "no alpha"),
    ("S3", "2", "alpha in (1, 2]"),
])  # fmt: skip
def test_an_exponent_that_is_off_moves_the_verdict(name, by, text):
    claim = BY_ID[name]
    moved = replace(claim, exponent=claim.exponent + exponent([by]))
    assert judge(moved).range == text


def test_a_refused_proof_leaves_the_claim_open(monkeypatch):
    def refuse(theorem, variant):
        raise judging.Refused("step 3 (combine)", "does not follow")

    monkeypatch.setattr(judging, "proved", refuse)
    found = judge(BY_ID["L2"])
    assert found.verdict == OPEN and "step 3" in found.reason


def test_the_floor_agrees_with_exact_expectation_and_the_nearest_larger_slope_moves_inwards():
    """E clip(nu + xi, lam) by exact enumeration: <= 0 at nu, > 0 at a slope larger by 1 %."""
    _, instance = gap_floor(F(3, 2), F(1000))
    p, z, nu = (F(instance[k]) for k in ("probability", "jump", "nu"))

    def mean(slope, level):
        return sum(w * max(min(slope + x, level), -level) for w, x in ((p, z), (1 - p, -z * p / (1 - p))))

    assert mean(nu, 1000) <= 0 < mean(nu * F(101, 100), 1000)
    assert all(mean(nu, F(level)) <= 0 for level in ("1/1000", "1/10", 1, 10, 100, 500, 999))
    assert mean(nu, 3 * z) == nu  # the level of no clip at all: no bias


def test_a_level_whose_exponent_is_a_constant_would_not_need_alpha(monkeypatch):
    fixed = {"lam": judging.par("sigma") * judging.par("M") ** F(1, 2)}
    monkeypatch.setattr(judging, "convex_schedule", lambda theorem: fixed)
    with pytest.raises(ValueError, match="does not depend on alpha"):
        judge(BY_ID["S12"])
