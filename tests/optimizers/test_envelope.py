"""The balls contain every admitted evaluation, and exclude what is a little farther away."""

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.kernel.balls import ends
from verify.optimizers.envelope import (
    BITS,
    DOUBLE,
    SINGLE,
    BallOps,
    K,
    Number,
    Vector,
    correction,
    excess,
    inside,
    numbers,
    shrink,
    vector,
)

FLOATS = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
U = Fraction(1, 2**53)
CLOSE = Fraction(1, 10**6)


@pytest.fixture(autouse=True, scope="module")
def precision():
    with ctx.workprec(BITS):
        yield


def radius(number, exact):
    """How far the ball certainly reaches to both sides of an exact rational."""
    low, high = ends(number.ball)
    return min(exact - low, high - exact)


def exactly(x):
    return Number(arb(x), DOUBLE)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(FLOATS, FLOATS)
def test_each_operation_reaches_as_far_as_the_model_says_and_hardly_farther(a, b):
    x, y = Fraction(a), Fraction(b)
    cases = [
        (exactly(a) + exactly(b), x + y, abs(x) + abs(y)),
        (exactly(a) - b, x - y, abs(x) + abs(y)),
        (b - exactly(a), y - x, abs(x) + abs(y)),
        (exactly(a) * exactly(b), x * y, abs(x * y)),
        (exactly(a).power(3), x**3, abs(x**3) * Fraction(K + 3, K)),
    ]
    if b:
        cases.append((exactly(a) / exactly(b), x / y, abs(x / y)))
        cases.append((a / exactly(b), x / y, abs(x / y)))
    for number, exact, size in cases:
        reach = radius(number, exact)
        due = K * U * size
        assert due * (1 - CLOSE) <= reach <= due * (1 + CLOSE) + Fraction(1, 2**1000)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(FLOATS, min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_norms_contain_every_order_of_summation(values, random):
    found = BallOps.sq_norm(vector(values))
    exact = sum(Fraction(v) ** 2 for v in values)
    assert radius(found, exact) >= (K + len(values) - 1) * U * exact
    for _ in range(5):
        random.shuffle(values)
        total = 0.0
        for v in values:
            total += v * v
        for other in (total, float(np.dot(values, values)), math.hypot(*values) ** 2):
            assert inside([other], Vector([found]))
    if exact:
        assert not inside([float(exact) * (1 + 2.0**-40)], Vector([found]))


def test_roots_of_what_may_be_zero_are_finite_and_contain_zero():
    root = exactly(0.0).sqrt()
    assert root.ball.is_finite() and inside([0.0], Vector([root]))
    assert not (1 / root).ball.is_finite()
    assert not inside([1.0], Vector([1 / root]))  # a ball that is not finite admits nothing


def test_what_is_not_finite_is_never_inside():
    for x in (math.nan, math.inf, -math.inf):
        assert not inside([x], vector([1.0]))
        assert excess([x], vector([1.0])) == (0, math.inf)


@pytest.mark.parametrize(("size", "factor"), [(0.0, 1.0), (0.5, 1.0), (2.0, 1.0), (8.0, 0.25)])
def test_the_clip(size, factor):
    found = shrink(exactly(size * size), exactly(2.0))
    assert inside([factor], Vector([found])) and not inside([factor * (1 + 2.0**-40)], Vector([found]))
    assert inside([1.0], Vector([shrink(exactly(size), exactly(math.inf))]))


def test_numbers_contain_their_decimals():
    own = numbers({"gamma": 0.1, "beta2": 1 - 1e-6, "lam": math.inf, "beta1": 0.0})
    assert own.gamma.ball.contains(arb("0.1")) and own.beta2.ball.contains(arb("0.999999"))
    assert (1 - own.beta2).ball.contains(arb("1e-6")) and not own.beta2.ball.contains(arb("0.9999990001"))
    assert own.beta1.ball == 0 and not own.lam.ball.is_finite()


@pytest.mark.parametrize(("beta1", "beta2", "t"), [(0.9, 0.999, 0), (0.0, 0.5, 3), (0.99, 1 - 1e-6, 20)])
def test_bias_corrections_in_other_orders(beta1, beta2, t):
    found = correction(t, numbers({"beta1": beta1, "beta2": beta2}))
    one, two = 1.0, 1.0
    for _ in range(t + 1):
        one, two = one * beta1, two * beta2
    straight = math.sqrt(1 - beta2 ** (t + 1)) / (1 - beta1 ** (t + 1))
    assert inside([straight], Vector([found])) and inside([math.sqrt(1 - two) / (1 - one)], Vector([found]))
    assert not inside([straight * (1 + 1e-7)], Vector([found]))


def test_single_precision_is_wider_by_2_to_the_29():
    wide, narrow = Number(arb(1), SINGLE) * 3, exactly(1.0) * 3
    assert ends(wide.ball)[1] - 3 > (ends(narrow.ball)[1] - 3) * 2**28
