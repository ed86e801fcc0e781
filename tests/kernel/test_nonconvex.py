"""The non-convex bounds: what they rest on, what they say in finite models, and that no condition can be weakened."""

from __future__ import annotations

import numpy as np
import pytest

import bounds
from bounds.terms import eq, le, n, num, par, time
from bounds.theorems import nonconvex
from tests.kernel import model
from tests.kernel.mutate import mutants
from tests.kernel.test_mutations import outcome, scaled
from verify.constants import proved

IDS = bounds.theorem_ids("nonconvex")
CERTIFICATES = [(i, v) for i in IDS for v in bounds.variants(i)]
SGD = "nonconvex-clip-sgd"
SETTING = {"bounded_below", "smooth", "start", "noise_mean", "noise_moment"}


@pytest.mark.parametrize(("theorem_id", "variant"), CERTIFICATES)
def test_proved_from_the_setting_and_the_ledger_alone(theorem_id: str, variant: str) -> None:
    """The leaves are the setting (no convexity, no minimiser), the recursion, every definition and every condition."""
    _, result = proved(theorem_id, variant)
    st = bounds.theorem(theorem_id, variant)
    lipschitz = {"smooth_gradient"} if bounds.method(theorem_id, variant).momentum else set()
    given = {f"given:{k}" for k in SETTING | lipschitz | st.definitions.keys() | st.conditions.keys()}
    assert set(result.leaves) == given | {f"define:{p.name}" for p in st.processes}
    assert result.axioms == ("ville",)


@pytest.mark.parametrize(
    ("theorem_id", "variant", "seed"),
    [(i, v, int(not v.startswith("exponential"))) for i, v in CERTIFICATES],
)
def test_every_step_is_true_in_finite_models(theorem_id: str, variant: str, seed: int) -> None:
    """Every sequent of the certificate holds on every path of a random admissible instance (no kernel involved)."""
    proof = bounds.proof(theorem_id, variant)
    instance = model.make(proof.statement, seed)
    violated = [
        (k, s.rule, at) for k, s in enumerate(proof.steps) if (at := instance.violation(s.hyps, s.concl)) is not None
    ]
    assert violated == []


def test_the_models_are_not_convex() -> None:
    """A model's f lies above a chord, and satisfies what is assumed; with less smoothness it would not."""
    st = bounds.theorem("nonconvex-clip-sgd")
    m = model.make(st, 0)
    assert m.wave is not None
    low, high = np.zeros((1, 2)), np.array([[np.pi / m.wave, 0.0]])
    assert m.objective(0.9 * high)[0] > 0.1 * m.objective(low)[0] + 0.9 * m.objective(high)[0]
    assert m.holds(st.assumptions["smooth"], {}).all() and m.holds(st.assumptions["bounded_below"], {}).all()
    m.numbers["L"] /= 4
    m.cache.clear()
    assert not m.holds(st.assumptions["smooth"], {}).any()


@pytest.mark.parametrize(
    ("variant", "name"),
    [(v, name) for v in nonconvex.VARIANTS for name in bounds.theorem(SGD, v).conditions],
)
def test_conditions_are_exactly_what_is_needed(variant: str, name: str) -> None:
    """Each condition: one per mille weaker is refused with a residual, stronger is accepted, missing is refused."""
    fact = bounds.theorem(SGD, variant).conditions[name]
    weaker = outcome(SGD, "conditions", name, scaled(fact, 0, "999/1000"), variant)
    assert weaker is not None and "residual" in weaker, weaker
    stronger = (scaled(fact, 0, "1001/1000"), scaled(fact, 1, "999/1000"))
    assert any(outcome(SGD, "conditions", name, f, variant) is None for f in stronger)
    assert "the proof needs" in str(outcome(SGD, "conditions", name, None, variant))


@pytest.mark.parametrize("theorem_id", ["nonconvex-clip-adam-norm", "nonconvex-clip-adam-norm-delayed"])
def test_early_steps_with_bias_correction_are_paid_for(theorem_id: str) -> None:
    """s_0 is about N^(-1/2) s_N: chi pays for it, by (L u kappa)^2 defect; and N is not the number of steps."""
    variant = "exponential-corrected"
    low, high = bounds.theorem(theorem_id, variant).conditions["chi"].args
    spare = par("defect") * (par("L") * par("kappa")) ** 2 * num("1/1000")
    assert outcome(theorem_id, "conditions", "chi", le(low + spare, high), variant) is None
    assert "residual" in str(outcome(theorem_id, "conditions", "chi", le(low - spare, high), variant))
    for name, key, wrong in (("mass", "correction_mass", time(0, N=1)), ("defect", "correction_rest", time(0))):
        false = eq(par(name), n(wrong))
        assert "residual" in str(outcome(theorem_id, "definitions", key, false, variant))


@pytest.mark.parametrize("name", ["start", "bounded_below", "smooth"])
def test_every_hypothesis_is_needed(name: str) -> None:
    """Without it, or with one of its constants, signs or summands changed, the proof is refused."""
    fact = bounds.theorem(SGD).assumptions[name]
    assert "the proof needs" in str(outcome(SGD, "assumptions", name, None, "exponential"))
    survivors = [what for what, m in mutants(fact) if outcome(SGD, "assumptions", name, m, "exponential") is None]
    assert [
        what for what in survivors if what != "made strict"
    ] == []  # a strict hypothesis implies the one that is used
