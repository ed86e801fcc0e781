"""What a certificate may contain (docs/rules.md, "Limits"): both checkers draw the line at the same place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import bounds
from verify import recheck
from verify.kernel.certificate import digest, encode
from verify.kernel.replay import Refused, replay

PROOF = encode(bounds.proof("norm-step-le-adagrad-norm"))
PAIRS: dict[str, tuple[list[Any], list[Any], str, str]] = {  # within, beyond, the reasons of the two checkers
    "lowest terms": (["q", "1/2"], ["q", "2/4"], "lowest terms", "lowest terms"),
    "zero without a sign": (["q", "0"], ["q", "-0"], "lowest terms", "lowest terms"),
    "no leading zero": (["q", "7"], ["q", "07"], "lowest terms", "lowest terms"),
    "length of a rational": (["q", "7" * 400], ["q", "7" * 401], "lowest terms", "more than 400 characters"),
    "first letter": (["vvar", "q_"], ["vvar", "_q"], "expected a name", "must be a name"),
    "letters": (["vvar", "q1"], ["vvar", "q'"], "expected a name", "must be a name"),
    "length of a name": (["vvar", "q" * 64], ["vvar", "q" * 65], "expected a name", "must be a name"),
    "time": (["time", 10**6, []], ["time", 10**6 + 1, []], "expected an integer", "must be an integer"),
    "coefficient": (["time", 0, [["k", -(10**6)]]], ["time", 0, [["k", -(10**6) - 1]]], "an integer", "an integer"),
    "exponent": (["expo", [["1"] * 9, ["1"]]], ["expo", [["1"] * 10, ["1"]]], "more than 9", "too high a degree"),
    "number in an exponent": (["expo", [["1/2"], ["1"]]], ["expo", [["2/4"], ["1"]]], "lowest terms", "lowest terms"),
}


def _with(entry: list[Any]) -> dict[str, Any]:
    """A correct certificate with one more term that nothing uses, sealed again."""
    out = copy.deepcopy(PROOF)
    out["terms"].append(entry)
    del out["sha256"]
    return out | {"sha256": digest(out)}


@pytest.mark.parametrize("name", PAIRS)
def test_both_checkers_have_the_same_limit(name: str) -> None:
    within, beyond, first, second = PAIRS[name]
    replay(_with(within))
    recheck.check(_with(within))
    with pytest.raises(Refused, match=first):
        replay(_with(beyond))
    with pytest.raises(recheck.Refused, match=second):
        recheck.check(_with(beyond))


@pytest.mark.parametrize(("name", "good"), [("a_fact", True), ("a fact", False)])
def test_the_name_of_a_fact_is_a_name(name: str, good: bool) -> None:
    """Of a definition that nothing cites, so that nothing else is wrong."""
    cited = {step["args"].get("name") for step in PROOF["steps"]}
    old = next(k for k in PROOF["statement"]["assumptions"] if k not in cited)
    out = copy.deepcopy(PROOF)
    out["statement"]["assumptions"][name] = out["statement"]["assumptions"].pop(old)
    out["statement_sha256"] = recheck.statement_digest(out["statement"], out["terms"])
    del out["sha256"]
    out["sha256"] = digest(out)
    if good:
        assert replay(out).statement_sha256 == recheck.check(out).sha256
        return
    with pytest.raises(Refused, match="expected a name"):
        replay(out)
    with pytest.raises(recheck.Refused, match="must be a name"):
        recheck.check(out)
