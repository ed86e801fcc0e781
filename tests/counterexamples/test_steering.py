"""Position-dependent noise stays in its class, and what would not is refused with the reason."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

from counterexamples.noise import AssumptionViolated, TwoPoint, admit, describe, jump_law, no_noise, scaled, steered
from counterexamples.steering import KINDS, Steering, checked, factor, steer

LAW = jump_law(F(20), F(3, 2), F(1), 1)


class Floats:
    @staticmethod
    def clip(v, lam):
        return np.clip(v, -lam, lam)


@pytest.mark.parametrize("kind", KINDS)
def test_the_factor_is_at_most_one_and_reaches_it(kind):
    x = np.linspace(-3, 3, 10_001)
    sizes = np.abs(factor(steer(kind, 0.3, 0.01), Floats, x))
    assert sizes.max() == 1
    assert kind == "everywhere" or sizes.min() < 0.1


def test_where_the_noise_acts():
    near, far, turning = (steer(kind, 1.0, 0.1) for kind in ("within", "beyond", "turning"))

    def at(s, x):
        return factor(s, Floats, x)

    assert (at(near, 0.0), at(near, 2.0)) == (1, 0) == (at(far, 2.0), at(far, 0.0))
    assert (at(turning, 0.0), at(turning, 1.0), at(turning, 2.0)) == (-1, 0, 1)


@pytest.mark.parametrize(("even", "odd"), [(1.0, 2.0**-52), (-0.75, 0.5), (0.0, 1.5)])
def test_a_factor_above_one_violates_the_moment_assumption(even, odd):
    with pytest.raises(AssumptionViolated, match=r"may exceed sigma\^alpha; need \|even\| \+ \|odd\| <= 1"):
        steered(LAW, Steering(even, odd))
    assert checked(Steering(even, 1 - abs(even)) if abs(even) < 1 else Steering(even, 0.0))


@pytest.mark.parametrize("numbers", [{"width": 0.0}, {"width": float("nan")}, {"until": -1}])
def test_a_steering_that_means_nothing_is_refused(numbers):
    with pytest.raises(ValueError, match="expected width > 0 and until >= 0"):
        checked(Steering(**numbers))


@pytest.mark.parametrize("law", [LAW, scaled(TwoPoint(F(1, 2)), F(2), F(3)), no_noise(F(3, 2), F(0))])
def test_a_law_of_the_class_is_admitted_and_one_just_outside_is_not(law):
    assert admit(law) is law
    assert admit(steered(law, steer("turning"))).steering == steer("turning")
    if law.scale:
        with pytest.raises(AssumptionViolated, match=r"exceeds sigma\^alpha at scale .*; the largest is"):
            admit(replace(law, scale=law.scale * (1 + 1e-12)))
        with pytest.raises(AssumptionViolated, match="exceeds sigma"):  # a heavier jump of the same size
            admit(replace(law, shape=TwoPoint(law.shape.p * 2 if law.shape.p < F(1, 4) else F(1, 4)), scale=30.0))


def test_the_name_says_where_and_when():
    assert describe(LAW).endswith("inward")
    assert describe(steered(LAW, steer("within", 0.5, 0.1))).endswith("inward [within 0.5]")
    assert describe(steered(LAW, steer("everywhere", until=7))).endswith("[first 7 steps]")
    assert describe(steered(LAW, steer("beyond", 2.0, until=1))).endswith("[beyond 2, first 1 steps]")
