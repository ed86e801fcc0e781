"""Mutation: change one constant, exponent, sign, time, direction, summand, premise or hypothesis; the check must fail.

Three levels.  *Steps* and *statements*: a sample of the campaign (campaign.py, statements.py).  *Sources*: a condition
or assumption of a statement is changed and the whole proof is written again from it; it must be refused when the change
weakens the hypothesis, and accepted when it only strengthens it.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import bounds
from bounds.statement import Proof
from bounds.terms import Term, le, mk, num, par
from bounds.theorems import convex, nonconvex
from tests.kernel.campaign import Campaign
from tests.kernel.mutate import mutants, statement_mutants, step_mutants
from tests.kernel.statements import StatementCampaign
from verify.kernel import rules
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

IDS = bounds.theorem_ids("convex")
CERTIFICATES = [(i, v) for i in IDS for v in bounds.variants(i)]
NONCONVEX = [(f"nonconvex-clip-{k}", "self-bounded") for k in ("sgd", "adagrad-norm", "adam-norm-delayed")]
FAMILIES = {"convex": convex, "nonconvex": nonconvex}


SAMPLE = {  # certificates of every kind; the campaign over all of them is benchmarks/mutations.py
    ("convex-clip-sgd", "freedman"): 60,
    ("convex-clip-adagrad-norm-delayed", "joint"): 60,
    ("nonconvex-clip-sgd", "exponential"): 60,
    ("lower-adam-norm", "momentum"): 60,
}


@pytest.mark.parametrize("key", SAMPLE)
def test_false_steps_are_refused(key: tuple[str, str]) -> None:
    """Seed 7: both checkers refuse every false mutant; few mutants are neither false nor true neighbours."""
    campaign = Campaign(bounds.proof(*key))
    report = campaign.run(campaign.sample(SAMPLE[key]))
    assert report.survived == []
    assert report.killed >= 0.8 * report.total, "the campaign lost its power"
    assert report.accepted_true > 0, "a checker that refuses everything must not look good"
    assert len(report.unclassified) <= 0.05 * report.total, report.unclassified


def test_the_probabilistic_skeleton_is_not_for_sale() -> None:
    """Ville's inequality, the union bound, strong induction, expectations: every kind of change, at every such step."""
    campaign = Campaign(bounds.proof("convex-clip-adagrad-norm-delayed", "joint"))
    report = campaign.run(campaign.structural(4))
    assert report.survived == [] and report.unclassified == []
    assert report.killed > 60


def test_a_checker_that_accepts_everything_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign itself has teeth: without the check of residuals false mutants survive."""
    campaign = Campaign(bounds.proof("convex-clip-sgd"))
    monkeypatch.setitem(rules.RULES, "combine", lambda checker, step: None)
    report = campaign.run(m for m in campaign.sample(60) if m.step.rule == "combine")
    assert len(report.survived) > 10 and len(report.disagreements) >= len(report.survived)


def test_a_proof_of_another_statement_is_refused() -> None:
    """The steps stay, the statement changes: refused whenever the new statement is not implied."""
    campaign = StatementCampaign(bounds.proof("convex-clip-sgd"))
    report = campaign.run(campaign.sample(14, seed=5))
    assert report.survived == [] and report.killed >= 5


def test_an_intro_is_judged_for_all_values_of_what_it_binds() -> None:
    """A stronger premise makes a weaker fact: accepted, and not false.  One that is gone is refused, and false."""
    campaign = Campaign(bounds.proof("nonconvex-clip-adagrad-norm-delayed", "self-bounded"))
    steps = [k for k, s in enumerate(campaign.proof.steps) if s.rule == "intro" and s.concl.args[1]]
    strict = [m for k in steps for m in step_mutants(campaign.proof, k) if m.what == "premise: made strict"]
    found: dict[bool, set[str]] = {True: set(), False: set()}
    for m in strict:
        verdict = campaign.judges(m.at, m.step)
        found[verdict.kernel].add(campaign.classify(m, verdict))
    assert found[True] == {"equivalent"} and found[False] and all(truth.startswith("false") for truth in found[False])


def test_a_process_may_be_declared_known_when_it_is() -> None:
    """x_t = y_(t-d) is known a step before x_t is declared to be; y_t is not known before."""
    campaign = StatementCampaign(bounds.proof("convex-clip-adagrad-norm-stale", "joint"))
    earlier = [m for m in statement_mutants(campaign.statement) if m[1] == "known one step earlier" and m[0] in "xy"]
    reports = {part: campaign.run([(part, what, st)]) for part, what, st in earlier}
    assert reports["x"].accepted_true == 1 and reports["y"].killed == 1


def outcome(theorem_id: str, group: str, name: str, fact: Term | None, variant: str = "freedman") -> str | None:
    """None if the proof written from the changed statement is accepted, else the reason for refusal."""
    st = bounds.theorem(theorem_id, variant)
    facts = {k: v for k, v in getattr(st, group).items() if k != name} | ({} if fact is None else {name: fact})
    try:
        proof = FAMILIES[bounds.kind(theorem_id)].proof(theorem_id, variant, replace(st, **{group: facts}))
        replay(load(dumps(encode(Proof(proof.statement, proof.steps)))))
    except Refused as refusal:
        return str(refusal)
    except KeyError as missing:
        return f"the proof needs {missing}"
    return None


def scaled(fact: Term, side: int, factor: str) -> Term:
    args = list(fact.args)
    args[side] = num(factor) * args[side]
    return le(*args)


@pytest.mark.parametrize(
    ("theorem_id", "variant", "name"),
    [
        (i, v, name)
        for i, v in CERTIFICATES
        for name in bounds.theorem(i, v).conditions
        if i == "convex-clip-adagrad-norm"
    ],
)
def test_conditions_are_exactly_what_is_needed(theorem_id: str, variant: str, name: str) -> None:
    """Each condition: one per mille weaker is refused with a residual, stronger is accepted, missing is refused."""
    fact = bounds.theorem(theorem_id, variant).conditions[name]
    weaker = outcome(theorem_id, "conditions", name, scaled(fact, 0, "999/1000"), variant)
    assert weaker is not None and ("residual" in weaker or "expected" in weaker), weaker
    stronger = (scaled(fact, 0, "1001/1000"), scaled(fact, 1, "999/1000"))
    assert any(outcome(theorem_id, "conditions", name, f, variant) is None for f in stronger)
    assert "the proof needs" in str(outcome(theorem_id, "conditions", name, None, variant))


@pytest.mark.parametrize(
    ("group", "name"),
    [
        ("assumptions", "convex"), ("assumptions", "smooth"), ("assumptions", "smooth_gradient"),
        ("assumptions", "start"), ("assumptions", "minimiser"), ("assumptions", "noise_mean"),
        ("assumptions", "noise_moment"),
        ("definitions", "clip_active"), ("definitions", "clip_inactive"), ("definitions", "confidence"),
        ("definitions", "alpha_minus_one"),
    ],
)  # fmt: skip
def test_every_hypothesis_is_needed(group: str, name: str) -> None:
    """Without it, or with one of its constants, exponents, signs or summands changed, the proof is refused."""
    theorem_id = "convex-clip-sgd"
    fact = getattr(bounds.theorem(theorem_id), group)[name]
    assert "the proof needs" in str(outcome(theorem_id, group, name, None))
    changed = [mutant for what, mutant in mutants(fact) if not what.endswith(STRONGER)]
    changed = random.Random(3).sample(changed, min(8, len(changed)))
    accepted = {repr(mutant) for mutant in changed if outcome(theorem_id, group, name, mutant) is None}
    assert accepted <= TRUE_NEIGHBOURS.get(name, set())


def test_a_stronger_hypothesis_is_enough() -> None:
    """True neighbours: the strict inequality instead of the other one."""
    for name in ("noise_moment", "start", "convex"):
        fact = bounds.theorem("convex-clip-sgd").assumptions[name]
        stricter = [mutant for what, mutant in mutants(fact) if what == "made strict"][-1]
        assert outcome("convex-clip-sgd", "assumptions", name, stricter) is None


STRONGER = ("made strict", "predictability dropped")
# mutants that are true neighbours: a smaller constant of smoothness, a contradiction, and a number alpha_m1 above
# alpha - 1 (Young's inequality holds with any such weight; only the bias constant gets worse)
BALL = "for all v: vector, w: vector: ||v - xstar|| <= kappa R => ||w - xstar|| <= kappa R => "
TRUE_NEIGHBOURS = {
    "smooth": {
        BALL + "f(v) <= f(w) + <grad(w), v - w>",
        BALL + "f(v) <= f(w) + <grad(w), v - w> + L (49/100) <v - w, v - w>",
        BALL + "f(v) <= f(w) + <grad(w), v - w> + L (-1/2) <v - w, v - w>",
    },
    "noise_mean": {"for all t, a: F[t-1]-measurable: E[<a, xi[t]> | F[t-1]] = -1/100"},
    "alpha_minus_one": {
        "alpha_m1 = alpha",
        "alpha_m1 = alpha + 1",
        "alpha_m1 = alpha - (99/100)",
        "alpha_m1 = alpha - (-1)",
    },
}


def test_a_sharper_noise_level_is_not_assumed() -> None:
    """E||xi||^alpha <= sigma^alpha is used with exactly this power of sigma."""
    fact = bounds.theorem(IDS[0]).assumptions["noise_moment"]
    (_, _, moment) = fact.args
    weaker = le(moment.args[0], num("1001/1000") * moment.args[1])
    refused = outcome(IDS[0], "assumptions", "noise_moment", _with(fact, weaker))
    assert refused is not None and "residual" in refused
    stronger = le(moment.args[0] + par("sigma"), moment.args[1])
    assert outcome(IDS[0], "assumptions", "noise_moment", _with(fact, stronger)) is None


def _with(fact: Term, body: Term) -> Term:
    return mk("all", fact.args[0], fact.args[1], body)
