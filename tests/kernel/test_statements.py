"""Statements without a bound: any closed conclusion can be proved, and no number can be read off."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bounds
import verify
from bounds.script import Script
from bounds.statement import Statement
from bounds.terms import Term, both, forall, le, mk, norm, num, par
from verify.constants import BadInput
from verify.constants.certify import NotCertified, certify
from verify.kernel.certificate import encode, statement_digest
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

V = mk("vvar", "v")
TRUE = both(forall({"v": "vec"}, (le(norm(V), par("sigma")),), le(norm(V), 2 * par("sigma"))), le(0, par("sigma")))


def without_bound(conclusion: Term) -> Statement:
    return replace(bounds.theorem("convex-clip-sgd"), bound=None, conclusion=conclusion)


def proved(statement: Statement, factor: int = 2) -> str:
    """A proof of TRUE with another constant in place of 2."""
    s = Script(statement)
    small = s.combine(le(norm(V), factor * par("sigma")), s.assume(le(norm(V), par("sigma"))))
    s.conj(s.intro(small, [le(norm(V), par("sigma"))], v="vec"), s.combine(le(0, par("sigma"))))
    return dumps(encode(s.proof()))


def test_any_closed_conclusion_can_be_proved() -> None:
    result = replay(load(proved(without_bound(TRUE))))
    assert result.statement.bound is None
    assert result.axioms == ()


@pytest.mark.parametrize("factor", [0, 3])
def test_another_conclusion_is_not_the_statement(factor: int) -> None:
    with pytest.raises(Refused, match="residual" if factor == 0 else "not the statement's conclusion"):
        replay(load(proved(without_bound(TRUE), factor)))


def test_no_bound_is_another_statement() -> None:
    own = bounds.theorem("convex-clip-sgd")
    assert statement_digest(replace(own, bound=None)) != statement_digest(own)


def test_no_number_can_be_read_off(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotCertified, match="states no bound"):
        certify(without_bound(TRUE), {"alpha": 2})
    lemma = without_bound(le(num(0), num(1)))
    monkeypatch.setattr(bounds, "theorem", lambda *_: lemma)
    with pytest.raises(BadInput, match="convex-clip-sgd states no bound on the gap"):
        verify.bound("convex-clip-sgd", alpha="1.5", delta="0.01", N=100)
