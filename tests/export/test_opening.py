"""The atoms of terms that Coq opens all the way, and the equalities among them."""

from __future__ import annotations

import pytest

import bounds
from bounds.statement import Proof, Step
from bounds.terms import inner, le, mk, norm, num, par, time, total
from tests.export.decoded import Decoded
from verify.export.certificates import development
from verify.export.opening import Equality, Opening
from verify.kernel.normal import Normal

A, B, V = par("lam"), par("h"), mk("vpar", "x0")


@pytest.fixture
def opening():
    return Opening(Normal(bounds.theorem("convex-clip-sgd", "joint")))


def exp(x):
    return mk("exp", x)


def test_equal_atoms_are_one_with_a_reason(opening):
    """exp(a + b) = exp(b + a), but not exp(a - b)."""
    found = opening.atoms([exp(A + B) * exp(B + A) * exp(A - B)])
    assert found.scalars == (exp(A + B), exp(A - B)) and found.vectors == ()
    assert found.equal == (Equality("Same", (exp(B + A), exp(A + B))),)


def test_what_is_inside_is_seen_first(opening):
    """exp(exp(a + b)) = exp(exp(b + a)) rests on the equality of the exponents."""
    found = opening.atoms([exp(exp(A + B)), exp(exp(B + A))])
    assert found.equal == (
        Equality("Same", (exp(A + B), exp(B + A))),
        Equality("Same", (exp(exp(B + A)), exp(exp(A + B)))),
    )
    assert not opening.atoms([exp(exp(A + B)), exp(exp(A - B))]).equal  # negative twin


def test_exp_and_norm_of_zero(opening):
    zero = A + num(-1) * A
    found = opening.atoms([exp(zero), norm(mk("scale", zero, V)), exp(A)])
    assert found.scalars == (exp(A),) and [q.tag for q in found.equal] == ["Zero", "Zero"]
    assert found.equal[0].terms == (zero,)


def test_bound_variables_may_have_other_names(opening):
    """sum_{i<T} x_i = sum_{j<T} x_j, but not sum_{j<T} x_{j+1}; the proof is about bodies with one name."""
    end = time(0, N=1)

    def over(j, k):
        return total(j, end, mk("proc", "b_sq", time(k, **{j: 1})))

    found = opening.atoms([over("i", 0), over("j", 0), over("j", 1)])
    assert found.scalars == (over("i", 0), over("j", 1))
    assert found.equal == (Equality("Same", (over("j", 0), over("i", 0))),)


def test_roots_are_opened_where_they_can_be(opening):
    """(12 a)^(1/2) has the atoms a, 2 and 3; (a + b)^(1/2) is an atom; a norm has a square."""
    assert opening.atoms([(num(12) * A) ** "1/2"]).scalars == (A, num(2), num(3))
    assert opening.atoms([(A + B) ** "1/2"]).scalars == ((A + B) ** "1/2",)
    assert opening.atoms([(A + B) ** 2]).scalars == (A, B)
    assert opening.atoms([norm(V) * inner(V, V)]) == opening.atoms([norm(V)])
    assert opening.atoms([norm(V)]).vectors == (V,)


def test_coq_is_told_the_atoms_of_a_step():
    """A step that needs more than polynomials bears its atoms and equalities, any other the terms that stay closed."""
    statement = bounds.theorem("norm-condexp-clip-sub-le")
    lam = par("lam")
    for goal, wanted in (
        (
            le(exp(lam + 1), exp(1 + lam)),
            [["(exp (p_lam + 1))"], [], [["(exp (1 + p_lam))", "(exp (p_lam + 1))"]]],
        ),
        (le(lam, lam + 1), []),
    ):
        proof = Proof(statement, (Step("combine", goal, (), (), {"items": ()}),))
        assert Decoded(development({"one": proof}), [proof]).steps[0].arguments[0] == wanted
