"""Coefficients of normal forms are exact: an int or a Fraction, whatever the powers."""

from fractions import Fraction as F

import pytest
from sympy import factorint

import bounds
from bounds.exponents import ALPHA, exponent
from bounds.terms import Term, mk, num, par
from verify.kernel.normal import MAX_FACTOR, KernelError, Normal, factor

STATEMENT = bounds.theorem("convex-clip-sgd", "joint")


def test_negative_powers_of_integers_are_fractions():
    normal, L = Normal(STATEMENT), par("L")
    assert normal.scalar(num(2) ** -1) == {(): F(1, 2)} == normal.scalar(num(F(1, 2)))
    assert normal.equal((num(12) * L) ** -2, num(F(1, 144)) * L**-2)
    half = mk("pow", num(12), exponent([F(1, 2)]))
    assert normal.equal(half * half, num(12)) and not normal.equal(half, num(F(7, 2)))
    moved = mk("pow", num(8), ALPHA) * mk("pow", num(2), exponent([-1, -3]))
    assert normal.scalar(moved) == {(): F(1, 2)}


@pytest.mark.parametrize("more", [1, 2**70, 720720, 999979, 999983**2])
def test_factors_are_those_of_sympy(more):
    assert all(dict(factor(n * more)) == factorint(n * more) for n in range(1, 200))


@pytest.mark.parametrize("number", [1000003, 6 * 1000003, 1000003**2, 1000003 * 1000033])
def test_a_large_prime_factor_is_refused(number):
    assert max(factorint(number)) > MAX_FACTOR
    with pytest.raises(KernelError, match="prime factors below"):
        factor(number)


def subterms(term):
    if isinstance(term, Term):
        yield term
        for a in term.args:
            yield from subterms(a)
    elif isinstance(term, tuple):
        for a in term:
            yield from subterms(a)


def test_no_coefficient_of_a_proof_is_a_float():
    proof = bounds.proof("convex-clip-sgd", "joint")
    normal, scalars = Normal(proof.statement), ("add", "mul", "pow", "q", "inner", "norm", "expo")
    found = {t for s in proof.steps for t in subterms(s.concl) if t.head in scalars}
    kinds = {type(c) for t in found for c in normal.scalar(t).values()}
    assert len(found) > 500 and kinds == {int, F}


def test_exponents_are_printed_without_ambiguity():
    """Neither sigma^2alpha, which is read as (sigma^2) alpha, nor 2/3alpha, which is read as 2/(3 alpha)."""
    sigma = par("sigma")
    assert repr(mk("pow", sigma, exponent([0, 2]))) == "sigma^(2 alpha)"
    assert repr(mk("pow", sigma, exponent([F(-2, 3), F(2, 3)], [F(-2, 3), 1]))) == "sigma^((2 alpha-2)/(3 alpha-2))"
    assert repr(mk("pow", sigma, exponent([F(1, 2)]))) == "sigma^(1/2)" and repr(sigma**2) == "sigma^2"
