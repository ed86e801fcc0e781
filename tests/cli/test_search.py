"""``verify adversary`` and ``bound-check --adversary``."""

from fractions import Fraction as F

import pytest

import verify.attack
from verify import adversary
from verify.cli.adversary import judged
from verify.cli.check import Question

SMALL = ("--alpha", "1.5", "--steps", "100", "--delta", "0.1", "--theorem", "convex-clip-sgd")


@pytest.fixture
def few(monkeypatch):
    """A pool of forty candidates."""
    every = adversary.candidates
    monkeypatch.setattr(adversary, "candidates", lambda target: every(target)[::18])


def test_the_hardest_instance_and_the_unclipped_twin(cli, few):
    """The clipped method keeps its bound; the tightness is bound / quantile and at least 1."""
    found = cli("adversary", *SMALL, "--unclipped", "--format", "json")
    assert found.code == 0
    clipped, twin = found.json["rows"]
    assert (clipped["clipped"], twin["clipped"]) == (True, False) and clipped["status"] == "SUPPORTED"
    ratio = float(clipped["bound"]["upper"]) / float(clipped["quantile"]["estimate"])
    assert float(clipped["tightness"]) == pytest.approx(ratio, rel=1e-6) and ratio > 1
    assert twin["quantile"] != clipped["quantile"] and twin["bound"] == clipped["bound"]
    text = cli("adversary", *SMALL).out
    assert "convex-clip-sgd (joint)" in text and "SUPPORTED" in text and "of 41 instances" in text


def test_a_bound_that_is_exceeded_is_violated():
    """Level 1e-6: 200 of 1000 runs above a bound claimed with delta = 1/10 are too many, 100 are not."""
    q = Question(F(3, 2), F(1, 10), 100, F(1), F(1), F(1), F(1), F(0), F(0), 1, 1, None, 0, F(1, 10**6))
    statuses = [
        judged({"exceeded": k, "runs": 1000, "noise_distance_upper": "0"}, q, 1)["status"] for k in (0, 100, 200)
    ]
    assert statuses == ["SUPPORTED", "INCONCLUSIVE", "VIOLATED"]


def test_bound_check_attacks_the_instance_that_was_found(cli, few):
    """One row more than without the search, on words of its own; the level is split over all of them."""
    words = ("bound-check", *SMALL, "--runs", "200", "--format", "json")
    plain, more = cli(*words).json, cli(*words, "--adversary").json
    assert more["statistics"]["attacks"] == plain["statistics"]["attacks"] + 1
    rows = more["theorems"][0]["attacks"]
    assert [r["problem"].startswith("hardest: ") for r in rows] == [False] * (len(rows) - 1) + [True]
    assert [r["quantile"] for r in rows[:-1]] == [r["quantile"] for r in plain["theorems"][0]["attacks"]]
    assert float(more["statistics"]["level_per_attack"]) < float(plain["statistics"]["level_per_attack"])


def test_too_much_work_is_refused_before_it_begins(cli, few, monkeypatch):
    monkeypatch.setattr(adversary, "WORK_LIMIT", 10**4)
    found = cli("adversary", *SMALL)
    assert found.code == 3 and "the search takes up to" in found.err and "fewer steps" in found.err
    refused = cli("bound-check", *SMALL, "--adversary")
    assert refused.code == 3 and "no attack: the search takes up to" in refused.out
    assert verify.attack.WORK_LIMIT > 10**4
