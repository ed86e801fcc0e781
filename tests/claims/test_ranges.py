"""Exact sets of alphas, against a dense rational grid and hand-made cases."""

from fractions import Fraction as F

import pytest

from bounds.exponents import exponent
from verify.claims.ranges import ALL, NONE, Undecided, where_nonneg

CASES = {
    "alpha in [6/5, 2]": exponent([-6, 5], [-2, 3]),  # (2a-2)/(3a-2) >= 1/4, times 4
    "alpha = 2": exponent([-2, 1], [0, 2]),
    "alpha in (1, 3/2]": exponent([3, -2]),
    "alpha in (1, 2]": exponent([-1, 1]),
    "no alpha": exponent([1, -1]),
    "alpha = 3/2": -exponent([9, -12, 4]),  # -(2a-3)^2
    "alpha in (1, 5/4] or alpha in [7/4, 2]": exponent([35, -48, 16]),  # (4a-5)(4a-7)
}


@pytest.mark.parametrize("text", CASES)
def test_range(text):
    e = CASES[text]
    found = where_nonneg(e)
    assert str(found) == text
    for k in range(1, 121):
        alpha = 1 + F(k, 120)
        assert (alpha in found) == (e.at(alpha) >= 0)


def test_everything_and_nothing():
    assert where_nonneg(exponent([])) == ALL and where_nonneg(exponent([-1])) == NONE
    assert F(1) not in ALL


def test_an_irrational_zero_is_not_guessed():
    with pytest.raises(Undecided, match="irrational"):
        where_nonneg(exponent([-2, 0, 1]))


def test_a_pole_is_refused():
    with pytest.raises(Undecided, match="denominator"):
        where_nonneg(exponent([1], ["-3/2", 1]))
