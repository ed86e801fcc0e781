"""The shipped theorems: proved, from the setting and the ledger alone, and the same every time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import bounds
from bounds.ledger import LEDGER
from bounds.lemmas import drift
from bounds.methods import METHODS, Method, State, update
from bounds.setting import b_sq, t, x, y
from bounds.statement import Proof
from bounds.terms import mk, num, time
from bounds.theorems import convex
from tests.kernel import model
from verify import recheck
from verify.constants import proved
from verify.kernel.certificate import encode, statement_digest
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

IDS = bounds.theorem_ids("convex")
CERTIFICATES = [(i, v) for i in IDS for v in bounds.variants(i) if "adam" not in i]  # Adam-type: test_adam.py
UPPER_BOUNDS = [
    (i, v)
    for i in (*IDS, *bounds.theorem_ids("nonconvex"))
    for v in bounds.variants(i)
    if not bounds.method(i, v).corrected  # type: ignore[union-attr]  # with bias correction: test_adam.py
]
LAST = [  # test_uniform.py has the uniform ones; optimized.py proves and rechecks every variant
    (i, bounds.variants(i)[-1]) for i in bounds.theorem_ids() if bounds.kind(i) != "uniform"
]
RECURSIONS = list({(i, bounds.method(i, v)): (i, v) for i, v in UPPER_BOUNDS}.values())  # one for all budgets
SETTING = {
    "given:minimiser", "given:convex", "given:smooth", "given:smooth_gradient", "given:start", "given:noise_mean",
    "given:noise_moment",
}  # fmt: skip
DEFINITIONS = {"given:clip_active", "given:clip_inactive", "given:alpha_minus_one", "define:x"}
CONDITIONS = {f"given:{k}" for k in ("grad", "rho_split", "rho_plus", "q_split", "budget", "confidence")}
BUDGET = {
    "freedman": {"given:freedman1", "given:freedman2"},
    "joint": {f"given:{k}" for k in ("first_entry", "second_entry", "margin", "low_end", "rho_half")},
}
ADAPTIVE = {"define:b_sq", "given:chi", "given:freedman2"}
MOMENTUM = {"define:m", "given:momentum", "given:beta1_complement"}
STALE = {"define:y", "given:nu_split"}
PLAIN = [(i, v) for i, v in CERTIFICATES if i in convex.IDS and v in convex.VARIANTS]  # others: tests of their own


@pytest.mark.parametrize(("theorem_id", "variant"), CERTIFICATES)
def test_proved_from_the_setting_and_the_ledger_alone(theorem_id: str, variant: str) -> None:
    """The leaves of the certificate are the setting, definitions and conditions; nothing about D, X or Z is a leaf."""
    _, result = proved(theorem_id, variant)
    method = bounds.method(theorem_id, variant)
    assert method is not None
    expected = SETTING | DEFINITIONS | CONDITIONS | BUDGET[variant.split("-")[0]]
    expected |= MOMENTUM if method.momentum else set()
    expected |= STALE if method.stale else set()
    expected |= ADAPTIVE if method.accumulator != "none" else set()
    expected |= {"given:fall"} if drift.shares(method) else set()
    assert set(result.leaves) == expected
    assert result.axioms == ("ville",)
    assert set(result.axioms) <= set(LEDGER)
    assert result.n_steps == sum(result.rules.values()) > 400
    assert (result.statement.id, result.statement.variant) == (theorem_id, variant)


@pytest.mark.parametrize(("theorem_id", "variant"), LAST)
def test_both_checkers_agree_and_the_certificate_is_the_same_every_time(
    theorem_id: str, variant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificate, path = encode(bounds.proof(theorem_id, variant)), tmp_path / "proof.json"
    _, found = proved(theorem_id, variant)  # of a certificate that was written before
    assert (certificate["sha256"], certificate["statement_sha256"]) == (found.sha256, found.statement_sha256)
    path.write_text(dumps(certificate))
    assert recheck.main([str(path)]) == 0
    out = capsys.readouterr().out
    assert "PROVED" in out and theorem_id in out and found.statement_sha256 in out


@pytest.mark.parametrize(("theorem_id", "variant"), PLAIN)
@pytest.mark.parametrize("seed", range(3))
def test_every_step_is_true_in_finite_models(theorem_id: str, variant: str, seed: int) -> None:
    """Every sequent of the certificate holds on every path of a random admissible instance (no kernel involved)."""
    proof = bounds.proof(theorem_id, variant)
    instance = model.make(proof.statement, seed)
    violated = [
        (k, s.rule, at) for k, s in enumerate(proof.steps) if (at := instance.violation(s.hyps, s.concl)) is not None
    ]
    assert violated == []


def test_the_models_do_clip() -> None:
    """The finite models exercise both branches of the clip; otherwise the test above would prove little."""
    st = bounds.theorem("convex-clip-adagrad-norm")
    active = []
    for seed in range(6):
        m = model.make(st, seed)
        clipped = np.linalg.norm(m.value(mk("vapp", "clip", mk("vproc", "xi", time(0))), {}), axis=1)
        active.append(bool(np.any(clipped >= m.numbers["lam"] * (1 - 1e-9))))
    assert any(active) and not all(active)


def test_a_forged_proof_object_does_not_help() -> None:
    """Dropping all steps but the last, or claiming the conclusion by fiat, is refused: only replay counts."""
    proof = bounds.proof("convex-clip-sgd")
    st = proof.statement
    forged = Proof(st, (replace(proof.steps[-1], prem=()),))
    with pytest.raises(Refused, match="whp"):
        replay(load(dumps(encode(forged))))
    assumed = Proof(st, (replace(proof.steps[0], rule="given", concl=st.conclusion, prem=(), args={"name": "grad"}),))
    with pytest.raises(Refused, match="given"):
        replay(load(dumps(encode(assumed))))


def test_an_easier_statement_has_another_digest() -> None:
    st = bounds.theorem("convex-clip-sgd")
    easier = replace(st, conditions={**st.conditions, "extra": st.conditions["grad"]})
    assert statement_digest(easier) != statement_digest(st)


def test_floats_are_refused_with_a_hint() -> None:
    with pytest.raises(TypeError, match="write a string or a Fraction"):
        num(0.5)
    text = dumps(encode(bounds.proof("convex-clip-sgd"))).replace('["q","1/2"]', '["q",0.5]')
    with pytest.raises(Exception, match=r"the float 0\.5"):
        load(text)


def test_duplicate_keys_are_refused() -> None:
    with pytest.raises(Exception, match="duplicate keys"):
        load('{"format": "a", "format": "b"}')
    assert json.loads('{"format": "a", "format": "b"}') == {"format": "b"}  # what a careless reader would see


class ArrayOps:
    """``bounds.methods.Ops`` on arrays of shape (paths, 2)."""

    def clip(self, v: np.ndarray, lam: float) -> np.ndarray:
        length = np.sqrt((v**2).sum(axis=1, keepdims=True))
        return v * np.minimum(1.0, lam / np.maximum(length, 1e-300))

    def sq_norm(self, v: np.ndarray) -> np.ndarray:
        return (v**2).sum(axis=1, keepdims=True)

    def inv_sqrt(self, s: np.ndarray) -> np.ndarray:
        return 1 / np.sqrt(s)


class Numbers:
    def __init__(self, m: model.Model) -> None:
        self.gamma, self.lam = m.numbers["gamma"], m.numbers["lam"]
        self.eta, self.beta1, self.beta2 = (m.numbers.get(k) for k in ("eta", "beta1", "beta2"))


@pytest.mark.parametrize(("theorem_id", "variant"), RECURSIONS)
def test_the_statement_is_about_the_method_that_is_simulated(theorem_id: str, variant: str) -> None:
    """Running ``update`` on arrays gives the values of the statement's processes: one definition, two readings."""
    method = bounds.method(theorem_id, variant)
    assert method is not None
    for seed in range(4):
        m = model.make(bounds.theorem(theorem_id, variant), seed)
        d = m.integers.get("d", 1)
        position, momentum = np.tile(m.x0, (model.PATHS, 1)), np.zeros((model.PATHS, 2))
        asked = dict.fromkeys(range(-d, 0), position)  # the iterates at negative times
        history = {j: np.full((model.PATHS, 1), m.numbers["b0"] ** 2) for j in range(-d - 1, 0)}
        for s in range(model.DEPTH):
            env = {"t": s}
            asked[s] = position
            here = asked[s - d] if method.stale else position
            np.testing.assert_allclose(m.value(x(t), env), here, rtol=1e-12)
            np.testing.assert_allclose(m.value((y if method.stale else x)(t), env), position, rtol=1e-12)
            g = m.gradient(here - m.xstar) + m.noise[:, s]
            state = State(position, momentum, history[s - 1], history[s - d])
            position, momentum, history[s] = update(method, ArrayOps(), state, g, Numbers(m))
            if method.accumulator != "none":
                np.testing.assert_allclose(m.value(b_sq(t), env), history[s][:, 0], rtol=1e-12)


def test_variants_about_one_method_have_its_recursion() -> None:
    """Whatever the budget: what was compared with the method for one of them is true of the others."""
    compared = {(i, bounds.method(i, v)): bounds.theorem(i, v).processes for i, v in RECURSIONS}
    for i, v in UPPER_BOUNDS:
        assert bounds.theorem(i, v).processes == compared[i, bounds.method(i, v)]
    plain, momentum = (bounds.theorem("convex-clip-sgd", v).processes for v in ("joint", "joint-momentum"))
    assert plain != momentum


def test_changing_the_method_changes_the_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that divides by the current b_t is not the delayed method: other statement, and the proof fails."""
    name = "convex-clip-adagrad-norm-delayed"
    before = statement_digest(bounds.theorem(name))
    monkeypatch.setitem(convex.METHODS, name, Method("clip-adagrad-norm-delayed", "adagrad", delayed=False))  # type: ignore[arg-type]
    assert statement_digest(bounds.theorem(name)) != before
    assert set(METHODS) == {m.name for m in METHODS.values()}
