"""What the campaign takes for true by signs alone: true inequalities are seen, their false neighbours are not."""

import pytest

from bounds.exponents import exponent
from bounds.statement import Parameter
from bounds.terms import le, lt, mk, num, par
from tests.kernel.monotone import Monotone

a, b, s, x = map(par, "absx")  # positive, positive, nonnegative, of any sign
UP, DOWN = exponent([0, 1]), exponent([1, -1])  # alpha, 1 - alpha
SEEN = Monotone(
    {"a": Parameter("pos", ""), "b": Parameter("pos", ""), "s": Parameter("nonneg", ""), "x": Parameter("real", "")}
)


def exp(t):
    return mk("exp", t)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (a + x, a + b + x),
        (2 * a * b, 3 * a * b),
        (-2 * a, a),
        (exp(-2 * a) + b, exp(-a) + b),
        (a**UP, (2 * a) ** UP),
        ((2 * a) ** -1, a**-1),
        ((s + a) ** -1, a**-1),
        (s**2, (s + a) ** 2),
        (-3 * (2 * a) ** 2, -3 * a**2),
    ],
)
def test_larger_by_signs(low, high):
    assert SEEN.below(low, high)
    assert not SEEN.below(high, low)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (a, a + x),  # x may be negative
        (2 * x, 3 * x),
        (x * a, x * (a + b)),
        (a**DOWN, (2 * a) ** DOWN),  # a negative exponent turns it around
        (a**UP, a**2),  # another exponent
        (x**2, (x + a) ** 2),
        (a + a, num("3/2") * a),  # each of the two is below, their sum is not
        ((s + a) ** -1, s**-1),  # 1/0 is 0
        (-a * b, -2 * a * b),
    ],
)
def test_not_seen_where_it_can_fail(low, high):
    assert not SEEN.below(low, high)


def test_facts_side_by_side():
    assert SEEN.implies(le(2 * a, b), le(a, b)) and SEEN.implies(lt(a, b), le(a, 2 * b))
    assert not SEEN.implies(le(a, b), le(2 * a, b)) and not SEEN.implies(le(a, b), lt(a, b))
