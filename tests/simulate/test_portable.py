"""Portable elementary functions: their error against balls, and sums in their order."""

import numpy as np
import pytest
from flint import arb, ctx

from counterexamples.nearest import nearest
from verify.simulate import portable

RNG = np.random.default_rng(1)
AROUND = np.concatenate([RNG.normal(size=700) * scale for scale in (1e-9, 1e-3, 0.1, 1.0, 10.0, 100.0)])
POSITIVE = np.concatenate([np.exp(AROUND), 1 + AROUND[:1400], np.ldexp(1.0, np.arange(-1022, 1024))])
CIRCLE = np.concatenate([RNG.uniform(size=2000), 2.0 ** -np.arange(1.0, 54), 1 - 2.0 ** -np.arange(1.0, 54)])
CASES = {  # name -> (arguments, the coefficients that it is made of)
    "exp": (AROUND, "_EXP"),
    "expm1": (AROUND, "_EXP"),
    "log": (POSITIVE, "_ATANH"),
    "log1p": (np.abs(AROUND), "_ATANH"),
    "sinpi": (CIRCLE, "_SIN"),
    "cospi": (CIRCLE, "_SIN"),
}


def error(name):
    """In units of 2^-52, relative."""
    arguments = CASES[name][0]
    with ctx.workprec(200), np.errstate(all="ignore"):
        pairs = zip(arguments.tolist(), getattr(portable, name)(arguments).tolist(), strict=True)
        exact = ((getattr(arb(x), name.replace("pi", "_pi"))(), y) for x, y in pairs)
        return max(float(abs(y - e) / abs(e) * 2**52) for e, y in exact if e != 0)


@pytest.mark.parametrize("name", CASES)
def test_errors_are_at_most_three_units(name, monkeypatch):
    """With three coefficients less they are not."""
    assert error(name) < 3
    coefficients = CASES[name][1]
    monkeypatch.setattr(portable, coefficients, getattr(portable, coefficients)[:-3])
    assert error(name) > 3


def test_at_the_ends():
    ends = np.array([-np.inf, -709.0, 710.0, np.inf, np.nan])
    assert np.array_equal(portable.exp(ends), [0, 0, np.inf, np.inf, np.nan], equal_nan=True)
    assert np.array_equal(portable.expm1(ends[:2]), [-1, -1]) and portable.log(np.array([0.0])) == -np.inf
    assert portable.sinpi(np.array([1.0])) == 0 == portable.cospi(np.array([0.5]))


def test_sums_are_halved():
    """Another order has another last digit."""
    terms = np.array([1.0, 2.0**-53, 1.0, 2.0**-53, 2.0**-53])
    assert portable.total(terms) == ((1 + 2.0**-53) + 1) + (2.0**-53 + 2.0**-53) != sum(terms[::-1])
    whole = RNG.integers(-(2**40), 2**40, (37, 5))
    assert np.array_equal(portable.total(whole.astype(float)), whole.sum(axis=0))


def test_interpolation():
    points, values = np.array([0.0, 1.0, 4.0]), np.array([1.0, 2.0, -1.0])
    x = np.array([-1.0, 0.0, 0.5, 1.0, 3.0, 4.0, 9.0])
    assert portable.interpolate(x, points, values).tolist() == [1.0, 1.0, 1.5, 2.0, 0.0, -1.0, -1.0]


def test_the_nearest_float_is_the_only_one():
    """Half way between two floats there is none; next to it more digits decide."""
    assert nearest(lambda: arb(1) + arb(2) ** -53) == 1.0  # exact: to even
    assert nearest(lambda: arb(2).sqrt()) == 2**0.5
    assert nearest(lambda: arb(3).sqrt() ** 2 / 3 + arb(2) ** -53 + arb(2) ** -300) == 1 + 2.0**-52
    with pytest.raises(ArithmeticError, match="expected a number that rounds to one float"):
        nearest(lambda: arb(3).sqrt() ** 2 / 3 + arb(2) ** -53)
