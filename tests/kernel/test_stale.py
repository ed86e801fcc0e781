"""Stale gradients: the theorem is true in finite models, and false neighbours are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bounds.lemmas import stale as lemma
from bounds.setting import t, x, y
from bounds.terms import Term, le, mk, num, par, shift, sq
from bounds.theorems import convex, stale
from tests.kernel import model
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

ID = stale.IDS[0]


def refusal(**conditions: Term) -> str | None:
    """None if the proof, written from the statement with other conditions, is accepted; else the reason."""
    st = stale.statement(ID)
    try:
        replay(
            load(dumps(encode(stale.proof(ID, "freedman", replace(st, conditions={**st.conditions, **conditions})))))
        )
    except Refused as refused:
        return str(refused)
    return None


def summands(term: Term) -> list[Term]:
    return [y for x in term.args for y in summands(x)] if term.head == "add" else [term]


@pytest.mark.parametrize("variant", convex.VARIANTS)
@pytest.mark.parametrize("seed", [1, 4])
def test_every_step_is_true_in_finite_models(variant: str, seed: int) -> None:
    proof = stale.proof(ID, variant)
    instance = model.make(proof.statement, seed)
    assert instance.holds(mk("and", *proof.statement.conditions.values()), {}).all()
    violated = [(k, s.rule) for k, s in enumerate(proof.steps) if instance.violation(s.hyps, s.concl) is not None]
    assert violated == []


def test_the_budget_pays_for_the_age() -> None:
    """d^2, not d; every summand of the budget is needed in full; more is accepted."""
    low, high = stale.statement(ID).conditions["budget"].args
    for part in summands(low)[1:]:
        assert "residual" in str(refusal(budget=le(low - num("1/1000") * part, high))), part
    age = [part for part in summands(low) if "nu" in repr(part)]
    assert len(age) == 1
    assert "residual" in str(refusal(budget=le(low - age[0] + age[0] / lemma.DELAY, high)))
    assert refusal(budget=le(low + par("sigma"), high)) is None


def test_the_share_of_the_gradient_is_needed() -> None:
    """nu + nu1 <= 1 and L u/nu1 + q1 <= 1: neither may be weaker."""
    assert "residual" in str(refusal(nu_split=le(num("999/1000") * (par("nu") + par("nu1")), 1)))
    assert "residual" in str(refusal(q_split=le(par("L") * par("gamma") / par("b0") + par("q1"), 1)))
    assert refusal() is None


def test_a_fresh_gradient_is_another_theorem() -> None:
    """x_t = y_{t-d+1} would be a shorter lag than the proof pays for, but it is not what the statement says."""
    st = stale.statement(ID)
    asked = st.processes[1]
    fresher = replace(
        st, processes=(st.processes[0], replace(asked, step=shift_time(asked.step, 1)), *st.processes[2:])
    )
    with pytest.raises(Refused):
        replay(load(dumps(encode(stale.proof(ID, "freedman", fresher)))))


def shift_time(term: Term, by: int) -> Term:
    return mk(term.head, term.args[0], shift(term.args[1], by))


@pytest.mark.parametrize("seed", range(4))
def test_the_lag_on_paths(seed: int) -> None:
    """||y_t - x_t||^2 <= d (P(t) - P(t-d)) on every path."""
    method = stale.method(ID, "freedman")
    instance = model.make(stale.statement(ID), seed)
    claim = le(sq(y(t) - x(t)), lemma.DELAY * lemma.window(method))
    assert instance.violation((), claim) is None


def test_without_the_factor_d_the_lag_is_longer() -> None:
    method = stale.method(ID, "freedman")
    short = le(sq(y(t) - x(t)), lemma.window(method))
    instances = [model.make(stale.statement(ID), seed) for seed in range(8)]
    assert any(m.violation((), short) is not None for m in instances if m.integers["d"] > 1)
