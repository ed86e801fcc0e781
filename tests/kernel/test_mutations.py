"""Mutation: change one constant, exponent, sign, time, direction, summand or hypothesis, and the check must fail.

Two levels.  *Steps*: the conclusion of a step is changed; the mutant counts as false when a finite model
(tests/kernel/model.py, independent of the kernel) violates it, and every false mutant must be refused.  *Sources*: a
condition or assumption of the statement is changed and the whole proof is written again from it; it must be refused
when the change weakens the hypothesis, and accepted when it only strengthens it.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import bounds
from bounds.statement import Proof
from bounds.terms import Term, le, mk, num, par
from bounds.theorems import convex, nonconvex
from tests.kernel import model
from tests.kernel.mutate import mutants
from verify.kernel.certificate import encode
from verify.kernel.checker import Checker
from verify.kernel.measurable import Fields
from verify.kernel.normal import KernelError, Normal
from verify.kernel.replay import Refused, load, replay
from verify.kernel.rules import RULES
from verify.prove import dumps

IDS = bounds.theorem_ids("convex")
CERTIFICATES = [(i, v) for i in IDS for v in bounds.variants(i)]
NONCONVEX = [(i, v) for i in bounds.theorem_ids("nonconvex") for v in bounds.variants(i) if v != "plain"]
FAMILIES = {"convex": convex, "nonconvex": nonconvex}


def accepts(checker: Checker, k: int, concl: Term) -> bool:
    """Does the kernel accept step k with another conclusion?"""
    step = replace(checker.done[k], concl=concl)
    try:
        RULES[step.rule](checker, step)
    except (KernelError, ValueError, TypeError, AttributeError, KeyError):
        return False
    return True


@pytest.mark.parametrize(("theorem_id", "variant"), CERTIFICATES + NONCONVEX)
def test_false_steps_are_refused(theorem_id: str, variant: str) -> None:
    """Seed 7, one mutant a step: of those that some model violates, none is accepted."""
    proof = bounds.proof(theorem_id, variant)
    checker = Checker(proof.statement, Normal(proof.statement), Fields(proof.statement), list(proof.steps))
    models = [model.make(proof.statement, seed) for seed in (1, 4)]
    rng = random.Random(7)
    false, accepted_true, survivors = 0, 0, []
    for k, step in enumerate(proof.steps):
        found = list(mutants(step.concl))
        for what, concl in rng.sample(found, min(1, len(found))):
            if step.rule == "assume":  # an assumption may be anything: it stays visible as a hypothesis
                continue
            accepted = accepts(checker, k, concl)
            if any(m.violation(step.hyps, concl) is not None for m in models):
                false += 1
                if accepted:
                    survivors.append((k, step.rule, what, concl))
            else:
                accepted_true += accepted
    assert survivors == []
    assert false > 130, f"the campaign lost its power: only {false} false mutants"
    assert accepted_true > 0, "a checker that refuses everything must not look good"


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
    accepted: set[str] = set()
    for _, mutant in mutants(fact):
        refused = outcome(theorem_id, group, name, mutant)
        if refused is None:
            accepted.add(repr(mutant))
    assert accepted == TRUE_NEIGHBOURS.get(name, set())


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
