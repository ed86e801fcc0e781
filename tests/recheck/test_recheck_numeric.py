"""The integer interval arithmetic encloses what python-flint and mpmath compute with far more digits."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx, fmpq

from verify.recheck_numeric import LIMIT, Arithmetic, Interval, Unclear, Value

DIGITS = 3000  # bits of the reference
EXTREMES = (
    [
        Fraction(x)
        for x in ("1e-300", "1e18", "1e300", "1", "2", "1/2", "1/3", "3/2", "2/3", "1e-18", "8191/4096", "7/5")
    ]
    + [1 + Fraction(1, 10**k) for k in (1, 20, 60, 300)]
    + [1 - Fraction(1, 10**k) for k in (1, 20, 60, 300)]
)


@pytest.fixture(autouse=True)
def reference_precision() -> object:
    before, ctx.prec = ctx.prec, DIGITS
    with mpmath.workprec(DIGITS):
        yield
    ctx.prec = before


def ball(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))


def encloses(value: Value, truth: arb, bits: int | None = None) -> None:
    """The value contains the truth, and its relative width is at most 2^-bits."""
    if isinstance(value, Fraction):
        assert truth.overlaps(ball(value))
        return
    assert ball(value.lo) <= truth <= ball(value.hi)
    if bits is not None:
        assert ball(value.hi) - ball(value.lo) <= abs(truth) * arb(2) ** -bits


def numbers(rng: random.Random, count: int) -> list[Fraction]:
    out = list(EXTREMES)
    for _ in range(count):
        x = Fraction(rng.randint(1, 10**12), rng.randint(1, 10**12))
        out.append(x * Fraction(10) ** rng.choice((0, 0, 0, 3, -3, 18, -18, 300, -300)))
    return out


@pytest.mark.parametrize("bits", [64, 128, 384])
def test_field_operations(bits: int) -> None:
    rng, a = random.Random(bits), Arithmetic(bits)
    xs = numbers(rng, 150)
    for x in xs:
        for y in (rng.choice(xs), -rng.choice(xs), -x):
            s, t = a.interval(x), a.interval(y)
            encloses(s, ball(x), bits - 2)
            encloses(a.add(s, t), ball(x) + ball(y))
            encloses(a.mul(s, t), ball(x) * ball(y), bits - 4)
            encloses(a.inverse(t), 1 / ball(y), bits - 4)


@pytest.mark.parametrize("bits", [64, 128, 384])
def test_exp_ln_and_powers(bits: int) -> None:
    rng, a = random.Random(bits + 1), Arithmetic(bits)
    for x in numbers(rng, 150):
        encloses(a.ln(x), ball(x).log(), bits - 8 if not Fraction(9, 10) < x < Fraction(11, 10) else None)
        for y in (x, -x):
            if abs(y) < LIMIT:
                encloses(a.exp(y), ball(y).exp(), bits - 62)
        e = Fraction(rng.randint(-40, 40), rng.choice((1, 2, 3, 7, 10)))
        encloses(a.power(x, e), ball(x) ** ball(e), bits - 24)
        encloses(a.power(a.interval(x), e), ball(x) ** ball(e), bits - 24)


def test_against_mpmath() -> None:
    rng, a = random.Random(7), Arithmetic(160)
    for x in numbers(rng, 60):
        value = a.interval(a.ln(x))
        truth = mpmath.log(mpmath.mpf(x.numerator) / x.denominator)
        lo, hi = (mpmath.mpf(end.numerator) / end.denominator for end in value)
        assert lo <= truth <= hi
        y = Fraction(rng.randint(-(10**6), 10**6), 1000)
        lo, hi = (mpmath.mpf(end.numerator) / end.denominator for end in a.interval(a.exp(y)))
        assert lo <= mpmath.exp(mpmath.mpf(y.numerator) / y.denominator) <= hi


def test_intervals_with_zero_inside() -> None:
    a = Arithmetic(128)
    around = a.add(a.ln(Fraction(2)), a.mul(Fraction(-1), a.ln(Fraction(2))))
    assert isinstance(around, Interval)
    for call in (a.sign, a.inverse, a.ln, lambda x: a.power(x, Fraction(1, 2)), lambda x: a.less_equal(x, Fraction(0))):
        with pytest.raises(Unclear):
            call(around)
    product = a.interval(a.mul(around, around))
    assert product.lo <= 0 <= product.hi


def test_zero() -> None:
    a = Arithmetic(128)
    assert a.power(Fraction(0), Fraction(0)) == 1
    assert a.power(Fraction(0), Fraction(1, 2)) == 0
    assert a.mul(Fraction(0), a.ln(Fraction(2))) == 0
    assert a.ln(Fraction(1)) == 0
    assert a.exp(Fraction(0)) == 1
    for x, e in ((0, -1), (0, Fraction(-1, 2)), (-1, Fraction(1, 2))):
        with pytest.raises(ZeroDivisionError):
            a.power(Fraction(x), Fraction(e))
    for x in (0, -1):
        with pytest.raises(ZeroDivisionError):
            a.ln(Fraction(x))


def test_no_overflow_and_no_underflow() -> None:
    a = Arithmetic(128)
    small, large = a.exp(Fraction(-LIMIT)), a.exp(Fraction(LIMIT))
    assert a.sign(small) == a.sign(large) == 1
    encloses(a.ln(large), arb(LIMIT), 100)
    encloses(a.ln(small), arb(-LIMIT), 100)
    assert not a.less(large, small)
    assert a.less(a.add(small, Fraction(1)), Fraction(2))
    one = a.interval(a.add(small, Fraction(1)))
    assert one.lo <= 1 < one.hi
    for high in (LIMIT + 1, 10**40):
        with pytest.raises(Unclear):
            a.exp(Fraction(high))
        lowest = a.interval(a.exp(Fraction(-high)))
        assert lowest.lo == 0 < lowest.hi < Fraction(1, 2**60_000)


def test_long_rationals_become_intervals() -> None:
    a = Arithmetic(128)
    x = Fraction(10**700 + 1, 3**1500)
    assert isinstance(a.mul(x, x), Interval)
    encloses(a.mul(x, x), ball(x) * ball(x), 120)
    assert a.power(Fraction(3, 2), Fraction(64)) == Fraction(3, 2) ** 64
