"""Stepsizes and clipping levels that change with time: the same bits from every engine, and the recursion by hand."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import LAWS, VARIANTS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_SGD
from counterexamples.noise import isotropic
from counterexamples.problems import huber
from verify.simulate import HyperParameters, OwnStep, shards, simulate
from verify.simulate.functions import clip, sq_norm, sqrt
from verify.simulate.levels import power
from verify.simulate.noise.sampler import draw, sampler

STEPS, RUNS = 150, 30  # more steps than a chunk has
GAMMA, LAM = power(F(1, 4), F(-1, 2), STEPS), power(F(1, 2), F(2, 3), STEPS)
HP = HyperParameters(gamma=GAMMA, lam=LAM, eta=0.01, b0=0.9, beta1=0.8, beta2=0.99)
ARRAYS = ("values", "last_values", "weight_sums")


def run(method=CLIP_SGD, hp=HP, law=LAWS["pareto"], dim=1, **changes):
    law = isotropic(law) if dim > 1 else law
    return simulate(
        method, huber(1.3, 0.4, 1.0, dim), law, hp=hp, **({"steps": STEPS, "runs": RUNS, "seed": 7} | changes)
    )


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


def test_the_recursion_by_hand():
    """x_{t+1} = x_t - gamma_t clip(g_t, lam_t) and weights gamma_t; the levels of the step before give another run."""
    ids, law, x = np.arange(RUNS, dtype=np.uint64), sampler(LAWS["pareto"]), np.ones(RUNS)
    weights = weighted = 0.0
    for t in range(STEPS):
        weights, weighted = weights + GAMMA[t], weighted + GAMMA[t] * x
        x = x - GAMMA[t] * np.clip(1.3 * np.clip(x, -0.4, 0.4) + draw(law, t, 0, ids, 7), -LAM[t], LAM[t])
    size, found = np.abs(np.stack([weighted / weights, x])), run()
    expected = 1.3 * np.where(size <= 0.4, size**2 / 2, 0.4 * (size - 0.2))
    np.testing.assert_allclose([found.values, found.last_values], expected, rtol=1e-12)
    np.testing.assert_allclose(found.weight_sums, sum(GAMMA), rtol=1e-13)
    for name, values in (("gamma", GAMMA), ("lam", LAM)):
        late = run(hp=replace(HP, **{name: (values[0], *values[:-1])}))
        assert not np.allclose(late.last_values, expected[1])


@pytest.mark.parametrize(("name", "dim"), [("adam-corrected", 1), ("stale-delayed-momentum", 3)])
def test_all_engines_agree_bit_for_bit(name, dim):
    method = VARIANTS[name]
    found = [run(method, dim=dim, delay=64, engine=engine) for engine in ("compiled", "reference", "torch")]
    assert same(found[0], found[1]) and same(found[0], found[2])
    other = run(method, replace(HP, lam=(*LAM[:100], LAM[100] / 2, *LAM[101:])), dim=dim, delay=64)
    assert not same(found[0], other)


def test_a_constant_sequence_is_the_number():
    one = HyperParameters(gamma=0.05, lam=2.0, eta=0.01)
    many = replace(one, gamma=[0.05] * STEPS, lam=np.full(STEPS + 3, 2.0))
    assert same(run(CLIP_ADAGRAD_NORM, one), run(CLIP_ADAGRAD_NORM, many))
    assert not same(run(CLIP_ADAGRAD_NORM, one), run(CLIP_ADAGRAD_NORM, replace(many, lam=2.1)))


def test_a_step_of_ones_own_with_levels_gives_the_bits_of_the_method():
    def adagrad(x, g, state, hp):
        gc = clip(g, hp.lam)
        b_sq = state["b_sq"] + hp.eta * sq_norm(gc)
        return x - hp.gamma * (1.0 / sqrt(b_sq)) * gc, {"b_sq": b_sq}

    mine, hp = OwnStep(adagrad, {"b_sq": 0.81}), {"gamma": GAMMA, "lam": np.array(LAM), "eta": 0.01}
    theirs = run(CLIP_ADAGRAD_NORM, replace(HP, b0=0.9), dim=3)
    for engine in ("compiled", "reference"):
        assert np.array_equal(run(mine, hp, dim=3, engine=engine).last_values, theirs.last_values)
    assert not np.array_equal(run(mine, hp | {"lam": LAM[::-1]}, dim=3).last_values, theirs.last_values)


def test_powers_are_rounded_to_the_nearest_float():
    """Decided by exact cubes: no other float is nearer to 7 t^(2/3); squares have whole roots."""
    assert power(F(3), F(1, 2), 100)[::-1][0] == 30.0 and power(F(1), F(0), 3) == (1.0, 1.0, 1.0)
    assert power(F(1), F(-1), 7) == tuple(1 / t for t in range(1, 8))
    for t, x in enumerate(power(F(7), F(2, 3), 200), 1):
        half = F(np.spacing(x)) / 2
        assert (F(x) - half) ** 3 <= 343 * t * t <= (F(x) + half) ** 3
    with pytest.raises(ValueError, match="expected numbers within the floats"):
        power(F(1), F(-300), 100)


def test_levels_are_part_of_the_job():
    """Every term counts, also in the middle of a long sequence."""
    job = shards.Job(
        CLIP_SGD, huber(1.0, 0.4, 1.0), LAWS["pareto"], HyperParameters(0.1, np.full(5000, 2.0)), 5000, 1, 0
    )
    other = replace(job, hp=replace(job.hp, lam=[2.0] * 2500 + [2.1] + [2.0] * 2499))
    assert shards.fingerprint([job]) == shards.fingerprint([replace(job, hp=HyperParameters(0.1, [2.0] * 5000))])
    assert shards.fingerprint([job]) != shards.fingerprint([other])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lam": LAM[:-1]}, r"^lam: expected a number for each of 150 steps, got an array of shape \(149,\)"),
        ({"lam": [LAM, LAM]}, "float"),
        ({"lam": (*LAM[:-1], -1.0)}, r"^lam: expected a positive finite number, got -1.0"),
        ({"gamma": (*GAMMA[:-1], float("nan"))}, r"^gamma: expected a positive finite number, got nan"),
        ({"gamma": (*GAMMA[:-1], float("inf"))}, r"^gamma: expected a positive finite number, got inf"),
        ({"beta1": GAMMA}, r"^beta1: expected one number, only gamma and lam may change with time"),
    ],
)
def test_what_is_no_sequence_of_levels_is_refused(change, message):
    with pytest.raises((ValueError, TypeError), match=message):
        run(hp=replace(HP, **change))


def test_in_space_every_level_is_checked():
    with pytest.raises(ValueError, match=r"^lam: expected a size in \[1e-140, 1e140\]"):
        run(hp=replace(HP, lam=(*LAM[:-1], 1e150)), dim=2)
    with pytest.raises(ValueError, match=r"^lam: expected a number for each of 150 steps"):
        run(OwnStep(lambda x, g, state, hp: (x - 0.1 * clip(g, hp.lam), state), {}), {"lam": LAM[:20]})
