"""Position-dependent noise: both engines agree bit for bit, and it acts where and when it should."""

from dataclasses import replace

import numpy as np
import pytest
from instances import LAWS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_SGD
from counterexamples.noise import steered
from counterexamples.problems import quadratic
from counterexamples.steering import KINDS, steer
from verify.simulate import HyperParameters, simulate
from verify.simulate.noise.sampler import sampler

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=0.9)
PROBLEM = quadratic(1.0, 1.0)


def run(method, law, **more):
    arguments = {"problem": PROBLEM, "hp": HP, "steps": 131, "runs": 300, "seed": 7} | more
    return simulate(method, law=law, **arguments)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", ["gap", "grad_sq"])
def test_both_engines_agree_bit_for_bit(kind, metric):
    law = steered(LAWS["two-point"], steer(kind, 0.4, 0.2, until=100))
    fast, slow = (run(CLIP_ADAGRAD_NORM, law, metric=metric, engine=e) for e in ("compiled", "reference"))
    assert np.array_equal(fast.values, slow.values) and np.array_equal(fast.last_values, slow.last_values)
    assert not np.array_equal(fast.values, run(CLIP_ADAGRAD_NORM, LAWS["two-point"], metric=metric).values)


def test_noise_everywhere_and_always_is_the_plain_noise(law):
    assert np.array_equal(run(CLIP_SGD, law).values, run(CLIP_SGD, steered(law, steer("everywhere"))).values)


def test_noise_stops_and_starts():
    """Steps of at most gamma lam: after the noise of the first call only three points can be reached."""
    early = run(CLIP_SGD, steered(LAWS["three-point"], steer("everywhere", until=1)), steps=1, runs=5000)
    late = run(CLIP_SGD, steered(LAWS["three-point"], steer("everywhere", until=1)), steps=2, runs=5000)
    assert 1 < len(np.unique(early.last_values)) == len(np.unique(late.last_values)) <= 3
    none = run(CLIP_SGD, steered(LAWS["stable"], steer("everywhere", until=0)))
    assert np.array_equal(none.values, run(CLIP_SGD, LAWS["none"]).values)


def test_noise_acts_on_its_side_only():
    """From x_0 = 1 without noise x_t decreases to 0.95^131: noise beyond 2 is never met, noise within 1/2 is late."""
    quiet = run(CLIP_SGD, LAWS["none"]).values
    assert np.array_equal(run(CLIP_SGD, steered(LAWS["stable"], steer("beyond", 2.0, 0.5))).values, quiet)
    within = steered(LAWS["stable"], steer("within", 0.5, 0.1))
    assert np.array_equal(run(CLIP_SGD, within, steps=5).values, run(CLIP_SGD, LAWS["none"], steps=5).values)
    assert not np.array_equal(run(CLIP_SGD, within).values, quiet)


@pytest.mark.parametrize("name", ["pareto", "two-point"])
def test_noise_that_turns_at_the_minimum_treats_both_sides_alike(name):
    """Started at -1 instead of 1 every trajectory is the mirror image, bit for bit; without turning it is not."""
    mirror = {"problem": replace(PROBLEM, start=-1.0)}
    turning = steered(LAWS[name], steer("turning", 0.0, 0.01))
    assert np.array_equal(run(CLIP_SGD, turning).last_values, run(CLIP_SGD, turning, **mirror).last_values)
    assert not np.array_equal(run(CLIP_SGD, LAWS[name]).last_values, run(CLIP_SGD, LAWS[name], **mirror).last_values)


def test_where_only_a_law_is_expected_a_steered_one_is_refused():
    """The sampler draws X alone: without its factor another noise would be simulated."""
    with pytest.raises(ValueError, match="does not depend on the position"):
        sampler(steered(LAWS["stable"], steer("turning")))
