"""Lemma C: proved with no cited result, true in finite models, refused when a constant or a hypothesis is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bounds
from bounds.exponents import ALPHA, exponent
from bounds.lemmas import literature
from bounds.lemmas.clip import lam, rho, rho1, rho2
from bounds.once import once
from bounds.script import Line, Script
from bounds.statement import Statement
from bounds.terms import Term, forall, le, mk, norm, num, par, veq
from bounds.theorems import lemmas
from tests.kernel import model
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps, prove


@pytest.mark.parametrize("lemma", lemmas.IDS)
def test_proved_without_any_cited_result(lemma: str) -> None:
    result = prove(lemma).replay
    assert result.axioms == () and result.statement.bound is None
    assert "define:x" not in result.leaves  # mu is any predictable vector
    assert set(result.leaves) <= {f"given:{k}" for k in _facts(result.statement)}


def _facts(st: Statement) -> dict[str, Term]:
    return {**st.definitions, **st.assumptions, **st.conditions}


def instance(lemma: str, seed: int) -> model.Model:
    """A model of the convex theorem, at rho = 1/2 if the lemma says so."""
    own = bounds.theorem(lemma)
    found = replace(model.make(bounds.theorem("convex-clip-sgd"), seed), statement=own)
    if "half" in own.definitions:
        found.numbers |= {"lam": found.numbers["lam"] * 0.4 / 0.5, "rho": 0.5, "rho1": 0.5, "rho2": 1.5}
    return found


@pytest.mark.parametrize("lemma", lemmas.IDS)
@pytest.mark.parametrize("seed", range(3))
def test_every_step_is_true_in_finite_models(lemma: str, seed: int) -> None:
    proof, found = bounds.proof(lemma), instance(lemma, seed)
    assert all(found.holds(f, {}, 1e-9).all() for k, f in _facts(proof.statement).items()), "not a model"
    wrong = [(k, s.rule, at) for k, s in enumerate(proof.steps) if (at := found.violation(s.hyps, s.concl)) is not None]
    assert wrong == []


def outcome(lemma: str, of: Statement) -> str | None:
    """None if the lemma's proof is accepted for this statement, else the reason for refusal."""
    try:
        replay(load(dumps(encode(lemmas.proof(lemma, "lemma", of)))))
    except Refused as refusal:
        return str(refusal)
    return None


V = mk("vvar", "v")
LONG = forall({"v": "vec"}, (le(lam, norm(V)),), veq(norm(V) * mk("vapp", "clip", V), 2 * lam * V))
WEAKER = {
    "rho_split": ("conditions", le(num("999/1000") * (rho + rho1), 1)),
    "rho_plus": ("conditions", le(num("999/1000") * (1 + rho), rho2)),
    "clip_active": ("definitions", LONG),
}
NEEDED = {
    "norm-clip-sub-le": {"rho_split", "rho_plus", "clip_active"},
    "norm-clip-sub-condexp-le-two-mul": {"clip_active"},
    "norm-clip-sub-condexp-le": {"rho_split", "rho_plus", "clip_active"},
    "norm-condexp-clip-sub-le": {"rho_split", "clip_active"},
    "condexp-sq-norm-clip-sub-le": {"rho_split", "rho_plus", "clip_active"},
    "clip-literature-constants": {"rho_split", "rho_plus", "clip_active"},
}


@pytest.mark.parametrize("lemma", lemmas.IDS)
def test_every_hypothesis_is_needed(lemma: str) -> None:
    """One per mille less room, or a clip of twice the length: refused where it is used."""
    st = bounds.theorem(lemma)
    assert outcome(lemma, st) is None
    for name, (group, fact) in WEAKER.items():
        refused = outcome(lemma, replace(st, **{group: {**getattr(st, group), name: fact}}))
        assert (refused is not None) == (name in NEEDED[lemma]), (name, refused)
        assert refused is None or "residual" in refused


@pytest.mark.parametrize(
    ("name", "smaller"),
    [
        ("BIAS_BOUND", num(2) ** (ALPHA - exponent([1])) * num("99/100")),
        ("VARIANCE_BOUND", num("149/100")),
    ],
)
def test_smaller_constants_than_ours_are_refused(name: str, smaller: Term, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the proof gives is 2^(alpha-1) and 3/2; a smaller constant is refused, the same one is accepted."""
    full = getattr(literature, name)
    size = full.args[1]
    facts = list(lemmas.LEMMAS["clip-literature-constants"].facts)
    k = ("BIAS_BOUND", "VARIANCE_BOUND").index(name)
    for factor, accepted in ((smaller, False), (num(2) ** (ALPHA - exponent([1])) if k == 0 else num("3/2"), True)):
        changed = factor * size
        facts[k] = le(facts[k].args[0], changed)
        monkeypatch.setattr(literature, name, changed)
        lemma = replace(lemmas.LEMMAS["clip-literature-constants"], facts=tuple(facts))
        monkeypatch.setitem(lemmas.LEMMAS, "clip-literature-constants", lemma)
        refused = outcome("clip-literature-constants", lemmas.statement("clip-literature-constants"))
        assert (refused is None) == accepted, refused


def test_a_lemma_is_derived_once_in_a_script() -> None:
    """Asked again about the same terms it is not derived again; about others, or in another proof, it is."""
    asked: list[Term] = []

    @once
    def reflexive(s: Script, y: Term) -> Line:
        asked.append(y)
        return s.combine(le(y, y))

    one, other = (Script(bounds.theorem(lemmas.IDS[0])) for _ in range(2))
    a, b = par("L"), par("R")
    assert reflexive(one, a) is reflexive(one, a) and asked == [a]
    assert reflexive(one, b).fact is le(b, b) and asked == [a, b]
    assert reflexive(other, a).at == 0 and asked == [a, b, a]
