"""Lemmas about the hard instances: true in finite models, refused when a constant or a part of the instance changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bounds
from bounds.lemmas import huber, tight
from bounds.statement import Statement
from bounds.terms import Term, eq, forall, inner, le, mk, norm, num, par, veq
from bounds.theorems import instances
from tests.kernel import model
from tests.kernel.test_lower import Instance
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps, prove

E = np.array([0.6, 0.8])


def example(st: Statement, seed: int) -> model.Model:
    """The Huber function, or the two-point law with its small outcome inside the clipping level."""
    rng = np.random.default_rng(seed)
    alpha, nu, lam, rho = 1 + float(rng.choice([0.125, 0.5, 1.0])), 0.7, float(rng.uniform(0.5, 2)), 0.3
    z = alpha * (1 - rho) * lam / (alpha - 1)
    p = float(rng.uniform(0.05, 0.95)) * (1 + rho) * lam / (z + (1 + rho) * lam)
    numbers = {
        "alpha": alpha, "alpha_m1": alpha - 1, "nu": nu, "lam": lam, "rho": rho, "rho1": 1 - rho, "p": p, "p_c": 1 - p,
    }  # fmt: skip
    back = -z * p / (1 - p) * E
    outcomes, weights = np.array([z * E, back, back]), np.array([p, (1 - p) / 2, (1 - p) / 2])
    kind = Instance if "f" in st.functions else TwoPoint
    return kind(st, numbers, {}, rng.normal(size=2), rng.normal(size=2), np.eye(2), outcomes, weights)


class TwoPoint(model.Model):
    """``e`` is a direction; the indicator of the jump is exact although the noise is rounded."""

    def _object(self, head: str, a: tuple, env: dict) -> np.ndarray:  # type: ignore[type-arg]
        return np.tile(E, (model.PATHS, 1)) if head == "vpar" else super()._object(head, a, env)

    def holds(self, fact: Term, env: dict, slack: float = 0.0) -> np.ndarray:  # type: ignore[type-arg]
        return super().holds(fact, env, max(slack, model.TOLERANCE) if fact is tight.UP else slack)


@pytest.mark.parametrize("lemma", instances.IDS)
@pytest.mark.parametrize("seed", range(4))
def test_every_step_is_true_in_finite_models(lemma: str, seed: int) -> None:
    proof, st = bounds.proof(lemma), bounds.theorem(lemma)
    found = example(st, seed)
    given = {**st.definitions, **st.assumptions, **st.conditions}
    assert [k for k, fact in given.items() if not found.holds(fact, {}, 1e-9).all()] == []
    wrong = [(k, s.rule, at) for k, s in enumerate(proof.steps) if (at := found.violation(s.hyps, s.concl)) is not None]
    assert wrong == []
    assert prove(lemma).replay.axioms == ()


def outcome(lemma: str, **changes: dict[str, Term]) -> str | None:
    """None if the proof is accepted with these facts changed, else the reason for refusal."""
    st = bounds.theorem(lemma)
    st = replace(st, **{group: {**getattr(st, group), **facts} for group, facts in changes.items()})  # type: ignore[arg-type]
    try:
        replay(load(dumps(encode(instances.proof(lemma, "lemma", st)))))
    except Refused as refusal:
        return str(refusal)
    return None


V, Y = huber.V, huber.Y
STEEP = forall({"v": "vec"}, (huber.OUTSIDE,), veq(norm(Y) * mk("vapp", "grad", V), 2 * par("nu") * Y))
LOW = forall({"v": "vec"}, (huber.OUTSIDE,), eq(mk("app", "f", V), par("nu") * norm(Y)))
CONCAVE = forall({"v": "vec"}, (huber.INSIDE,), eq(mk("app", "f", V), -inner(Y, Y) / 2))
CHANGES: list[tuple[str, str, dict[str, Term]]] = [
    ("huber-convex-smooth", "definitions", {"grad_outside": STEEP}),
    ("huber-convex-smooth", "definitions", {"huber_outside": LOW}),
    ("huber-convex-smooth", "definitions", {"huber_inside": CONCAVE}),
    ("clip-bias-tight", "definitions", {"other": eq(tight.p_c, 1 - 2 * tight.p)}),
    ("clip-bias-tight", "definitions", {"left": eq(tight.rho1, 1 - tight.rho / 2)}),
    ("clip-bias-tight", "assumptions", {"noise_up": eq(mk("E", tight.BEFORE, tight.U), 2 * tight.p)}),
    ("clip-bias-tight", "assumptions", {"noise_first": veq(tight.NOISE, tight.z * tight.U * tight.e)}),
    ("clip-bias-tight", "conditions", {"unclipped": le(num("999/1000") * tight.BACK, (1 + tight.rho) * tight.lam)}),
]


@pytest.mark.parametrize(("lemma", "group", "facts"), CHANGES, ids=lambda x: x if isinstance(x, str) else next(iter(x)))
def test_every_part_of_the_instance_is_needed(lemma: str, group: str, facts: dict[str, Term]) -> None:
    assert outcome(lemma) is None
    assert "residual" in str(outcome(lemma, **{group: facts}))


def test_a_smaller_ratio_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity is exact: the ratio without its 1, which is the limit p -> 1, is refused."""
    monkeypatch.setattr(tight, "RATIO", tight.RATIO - 1)
    changed = replace(instances.INSTANCES["clip-bias-tight"], facts=tight.facts())
    monkeypatch.setitem(instances.INSTANCES, "clip-bias-tight", changed)
    assert "residual" in str(outcome("clip-bias-tight"))
