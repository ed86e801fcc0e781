"""The lemmas behind closed forms: sharp where they claim to be, refused when a number is a little better."""

from dataclasses import replace
from fractions import Fraction as F

import mpmath
import pytest

import bounds
from bounds.lemmas import every_alpha
from bounds.lemmas.exponentials import above, below, exp_ge, exp_le, exp_neg_le
from bounds.script import Script
from bounds.statement import Proof, Step
from bounds.terms import le
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

STATEMENT = bounds.theorem("uniform-clip-sgd")


def checked(lemma, better=None):
    """Replays the lemma as a theorem of its own; ``better``: its last step claims this instead."""
    s = Script(STATEMENT)
    every_alpha.know_range(s)
    line = lemma(s)
    fact, steps = better or line.fact, s.proof().steps
    last = steps[line.at]
    claimed = Step(last.rule, fact, last.hyps, last.prem, last.args)
    statement = replace(STATEMENT, conclusion=fact, bound=None)
    return replay(load(dumps(encode(Proof(statement, (*steps[: line.at], claimed))))))


def times(fact, factor, side):
    """The inequality with one of its sides multiplied by a number."""
    sides = list(fact.args)
    sides[side] = factor * sides[side]
    return le(*sides)


LEMMAS = {
    "k_alpha, b decides": lambda s: every_alpha.k_alpha_le(s, F(3), F(1)),
    "k_alpha, a decides": lambda s: every_alpha.k_alpha_le(s, F(6), F(1)),
    "1/A": every_alpha.inverse_a_le,
    "exp": lambda s: exp_le(s, F(3, 4)),
    "exp of minus": lambda s: exp_neg_le(s, F(3, 4)),
}


@pytest.mark.parametrize("name", LEMMAS)
def test_the_lemma_holds_and_half_a_percent_better_is_refused(name):
    assert checked(LEMMAS[name]).n_steps > 5
    s = Script(STATEMENT)
    every_alpha.know_range(s)
    with pytest.raises(Refused, match="does not follow"):
        checked(LEMMAS[name], times(LEMMAS[name](s).fact, F(995, 1000), 1))


def test_the_lower_bound_too():
    assert checked(lambda s: exp_ge(s, F(3, 4))).n_steps > 20
    s = Script(STATEMENT)
    with pytest.raises(Refused, match="does not follow"):
        checked(lambda s: exp_ge(s, F(3, 4)), times(exp_ge(s, F(3, 4)).fact, F(1005, 1000), 0))


@pytest.mark.parametrize("alpha", [1.000001, 1.2, 1.5, 1.8, 2.0])
@pytest.mark.parametrize("a", [0.1, 1.0, 4.0, 9.0])
def test_k_alpha_is_at_most_the_larger_end(alpha, a):
    """k_alpha a^(alpha-1) <= max(1, a/4), in floating point; nearly equal at alpha = 1 or alpha = 2."""
    value = (alpha - 1) ** (alpha - 1) * alpha**-alpha * a ** (alpha - 1)
    assert value <= max(1, a / 4) * (1 + 1e-9)
    if alpha == 2.0:
        assert value == pytest.approx(a / 4)


@pytest.mark.parametrize("x", [F(1, 100), F(3, 4), F(2)])
def test_exponentials_are_close(x):
    with mpmath.workdps(30):
        true = mpmath.exp(mpmath.mpf(x.numerator) / x.denominator)
        assert true <= mpmath.mpf(above(x).numerator) / above(x).denominator <= true * (1 + mpmath.mpf(10) ** -8)
        assert true >= mpmath.mpf(below(x).numerator) / below(x).denominator >= true * (1 - x**2 / F(1500))
