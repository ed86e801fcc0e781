"""The values of terms: enclosures contain mpmath's value, and what has no value or is not certain is refused."""

from fractions import Fraction

import mpmath
import pytest
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from bounds.exponents import ALPHA, exponent
from bounds.terms import both, eq, forall, le, lt, mk, n, num, par, time
from verify.kernel.balls import Balls, Undecided, Undefined, ends, inverse, less_equal, mul, power, sign

positive = st.fractions(Fraction(1, 10**6), 10**6, max_denominator=10**6)
alphas = st.fractions(Fraction(101, 100), 2, max_denominator=100)
root_two = num(2) ** Fraction(1, 2)


def at(bits=64, **values):
    return Balls({"alpha": Fraction(3, 2)} | {k: Fraction(x) for k, x in values.items()}, bits)


def contains(enclosure, value):
    lo, hi = enclosure
    lo, hi = (mpmath.mpf(x.numerator) / x.denominator for x in (lo, hi))
    slack = mpmath.mpf(10) ** -55 * abs(value)
    return lo - slack <= value <= hi + slack and hi - lo <= mpmath.mpf(2) ** -50 * (1 + abs(value))


@settings(max_examples=60, deadline=None)
@given(positive, positive, alphas)
def test_enclosures_contain_the_value_at_sixty_digits(x, y, alpha):
    term = (
        par("x") ** (exponent([1]) - ALPHA) * mk("ln", 2 + par("y")) + mk("exp", -par("y") / 10**5) - mk("expo", ALPHA)
    )
    with mpmath.workdps(60):
        u, v, a = (mpmath.mpf(z.numerator) / z.denominator for z in (x, y, alpha))
        value = u ** (1 - a) * mpmath.log(2 + v) + mpmath.exp(-v / 10**5) - a
        assert contains(at(bits=128, x=x, y=y, alpha=alpha).enclose(term), value)


def test_rationals_stay_exact():
    third = at(L=Fraction(1, 3)).enclose(3 * par("L") ** 2 + par("L") ** -2)
    assert third == (Fraction(28, 3), Fraction(28, 3))
    assert at(rho="0.1", rho1="0.9").holds(le(par("rho") + par("rho1"), 1))
    assert not at(rho="0.1", rho1=Fraction(9, 10) + Fraction(1, 10**40)).holds(le(par("rho") + par("rho1"), 1))


def test_integers_are_read_from_times():
    assert at(N=7, d=2).enclose(n(time(-1, N=3, d=-1))) == (18, 18)


def test_powers_of_zero():
    zero = par("sigma")
    assert at(sigma=0).enclose(zero**ALPHA) == (0, 0)
    assert at(sigma=0).enclose(zero ** (ALPHA - exponent([Fraction(3, 2)]))) == (1, 1)
    with pytest.raises(Undefined, match="= 0 to the power -1/2"):
        at(sigma=0).enclose(zero ** (exponent([1]) - ALPHA))
    with pytest.raises(Undefined, match="inverse of 0"):
        at(sigma=0).enclose(1 / zero)


def test_negative_bases_take_integer_powers_only():
    assert at(x=-2).enclose(par("x") ** 3) == (-8, -8)
    assert at(x=-2).enclose(par("x") ** -2) == (Fraction(1, 4), Fraction(1, 4))
    with pytest.raises(Undefined, match="< 0 to the power"):
        at(x=-2).enclose(par("x") ** Fraction(1, 2))


def test_a_ball_around_zero_is_squared_but_not_inverted():
    around = arb(0, 1)
    lo, hi = ends(power(around, Fraction(2)))
    assert lo <= 0 and hi >= 1
    for refused in (lambda: inverse(around), lambda: power(around, Fraction(1, 2)), lambda: sign(around)):
        with pytest.raises(Undecided):
            refused()


@pytest.mark.parametrize("bad", [arb("nan"), arb("inf"), arb(0, "inf")])
def test_what_is_not_a_finite_number_is_no_value(bad):
    with pytest.raises(Undecided):
        mul(bad, arb(2))
    with pytest.raises(Undecided):
        less_equal(arb("nan"), fmpq(1))


def test_only_certain_comparisons_are_decided():
    assert at().holds(lt(root_two, Fraction(15, 10)))
    assert not at().holds(lt(root_two, Fraction(14, 10)))
    assert at().holds(both(lt(0, root_two), le(root_two, 2)))
    assert not at().holds(both(lt(0, root_two), le(2, root_two)))
    for fact in (le(root_two * root_two, 2), eq(root_two * root_two, 2), lt(root_two * root_two, 2)):
        for bits in (64, 1024):
            with pytest.raises(Undecided):
                at(bits=bits).holds(fact)


def test_more_bits_decide_more():
    fact = le(root_two, Fraction(mpmath.libmp.isqrt(2 * 10**80), 10**40))  # the root rounded down to 40 digits
    with pytest.raises(Undecided):
        at(bits=64).holds(fact)
    assert not at(bits=256).holds(fact)


def test_the_precision_of_the_caller_does_not_matter():
    with ctx.workprec(10):
        assert at(bits=128).holds(lt(Fraction(14142135623, 10**10), root_two))


def test_what_is_not_a_number_is_refused():
    for term in (par("L"), n(time(0, N=1)), mk("ind", le(0, 1)), mk("sum", "j", time(3), num(1)), mk("ln", num(0))):
        with pytest.raises(Undefined):
            at().enclose(term)
    with pytest.raises(Undefined):
        at().holds(forall({"t": "nat"}, (), le(0, 1)))
    with pytest.raises(Undefined, match="already has a value"):
        at(A=1).define("A", num(2))


@pytest.mark.parametrize("x", [10**400, Fraction(1, 10**400), 3**10**4], ids=["large", "small", "long"])
def test_powers_of_any_size_are_compared_but_not_written_down(x):
    power_of_x = par("x") ** 1000 + par("x") ** exponent([10**12 + Fraction(1, 7)])
    assert at(x=x).holds(lt(0, power_of_x))
    with pytest.raises(Undefined, match="too large or too small"):
        at(x=x).enclose(power_of_x)
