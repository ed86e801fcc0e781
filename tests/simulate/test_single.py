"""float32: the bits of numpy, the words of float64; nothing depends on how the work is cut; sums do not drift."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from conftest import ALL
from instances import LAWS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_SGD
from counterexamples.noise import isotropic, steered
from counterexamples.problems import huber, plateau, pseudo_huber, stretched
from counterexamples.steering import steer
from verify.simulate import HyperParameters, OwnStep, simulate, single
from verify.simulate.backends import compiled
from verify.simulate.functions import clip, maximum, minimum, norm, sq_norm, sqrt, where
from verify.simulate.noise.philox import words
from verify.simulate.noise.sampler import Continuous, Planned, draw, sampler
from verify.simulate.noise.tables import REFINED, evaluate

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=0.9, beta1=0.8, beta2=0.99)
ARRAYS = ("values", "last_values", "weight_sums")
MORE = ("average", "best_grad_sq", "max_gap", "max_distance")
PROBLEM = huber(1.3, 0.4, 1.0)


def run(method=CLIP_ADAGRAD_NORM, law=LAWS["stable"], problem=PROBLEM, **changes):
    arguments = {"hp": HP, "steps": 70, "runs": 40, "seed": 7, "precision": "float32"} | changes
    return simulate(method, problem, law, **arguments)


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS) and all(
        np.array_equal(values, b.also[name]) for name, values in a.also.items()
    )


def agrees(**arguments):
    """The compiled loops have the bits of numpy, and are near float64 without being it."""
    found, other = run(**arguments), run(**arguments, precision="float64")
    assert same(found, run(**arguments, engine="reference"))
    assert np.allclose(found.values, other.values, rtol=1e-5, atol=1e-6)
    return same(found, other)


@pytest.mark.parametrize("dim", [None, 5])
def test_every_law_has_the_bits_of_numpy(law, dim):
    arguments = {"law": isotropic(law), "problem": replace(PROBLEM, dim=dim)} if dim else {"law": law}
    assert not agrees(**arguments)


@pytest.mark.parametrize("name", ["unclip-sgd", "adam-corrected", "stale-delayed-momentum"])
def test_every_kind_of_method_has_the_bits_of_numpy(name):
    assert not agrees(method=ALL[name], problem=pseudo_huber(1.3, 0.4, 1.0), delay=3)


def test_another_shape_with_steered_noise_and_the_other_metric():
    law = steered(LAWS["two-point"], steer("turning", 0.4, 0.2, until=20))
    assert not agrees(law=law, problem=plateau(F(1), F(2), 0.7), metric="grad_sq", also=MORE)


def test_ill_conditioned_problems_():
    assert not agrees(law=isotropic(LAWS["stable"]), problem=stretched(huber(1.3, 0.4, 1.0, 4), 50.0))


def everything(x, g, state, hp):
    t = state["t"] + 1
    v = maximum(0.99 * state["v"], norm(g) ** 3) + minimum(sq_norm(g), 1.0) + norm(g) ** 4
    step = where(t < 3, clip(g, hp.lam), g / (sqrt(v) + 1e-8)) + where(t == 4, 1.0, -0.3) / (1 + v)
    return x - hp.lr / (1 + v) * step + 0.3 / (3 + v) - abs(g) ** 3 / 1e3, {"t": t, "v": v}


def test_a_step_of_ones_own_has_the_bits_of_numpy():
    """Literals are float32 too: a float64 one would draw everything to float64."""
    mine = OwnStep(everything, {"t": 0.0, "v": 0.0})
    assert not agrees(method=mine, hp={"lr": 0.3, "lam": 2.0}, law=LAWS["three-point"])


def test_nothing_depends_on_blocks_workers_or_the_first_trajectory(monkeypatch):
    whole = run(runs=90)
    parts = [run(runs=45, first=first, workers=2) for first in (0, 45)]
    assert all(np.array_equal(getattr(whole, a), np.concatenate([getattr(p, a) for p in parts])) for a in ARRAYS)
    monkeypatch.setattr(compiled, "LANES", 17)
    assert same(whole, run(runs=90, workers=3)) and whole.precision == "float32"


@pytest.mark.parametrize("name", ["stable", "pareto", "lomax", "student", "gaussian", "one-sided stable"])
def test_the_noise_is_that_of_float64_up_to_the_rounding_of_v(name):
    """|Q'(v)| v <= Q(v) in the tail and Q' is bounded elsewhere, so 2^-25 in v costs a few 2^-24; refined words too."""
    law, ids = sampler(LAWS[name]), np.arange(2**15, dtype=np.uint64)
    assert isinstance(law, Continuous)
    job = compiled.Job(CLIP_SGD, PROBLEM, law, HP, "gap", 8, 1, 1, 3, np.empty(0))
    small = single.cast(job).law
    assert np.count_nonzero(np.concatenate([words(b, 2, ids, 3) for b in (0, 1)]) >> np.uint32(1) < REFINED) >= 2
    for t in range(8):
        exact, found = draw(law, t, 2, ids, 3), single.noise(small, t, 2, ids, 3)
        assert np.max(np.abs(found - exact) / np.maximum(abs(law.scale), np.abs(exact))) < 4e-7


def test_the_largest_v_belongs_to_a_piece():
    """31 ones round to v = 1 in float32, one piece beyond the table; the cap keeps it inside, next to Q(1) = 0."""
    k = np.array([2**31 - 1, 2**31 - 2**6], np.uint32)
    assert k[0].astype(np.float32) * np.float32(2.0**-31) == 1.0
    v = single._place(k)
    assert v[0] == single.TOP < 1 and 0 < single.evaluate(single.normal_cubics(), v)[0] < 1e-6
    with pytest.raises(IndexError):
        single.evaluate(single.normal_cubics(), np.ones(1, np.float32))


def test_cubics_interpolate_the_table():
    v = np.array([2.0**-64, 2.0**-40, 1e-3, 0.3, 0.7, 0.99])
    small = single.evaluate(single.normal_cubics(), v.astype(np.float32))
    assert np.max(np.abs(small / evaluate(single.normal(), v.astype(np.float32).astype(float)) - 1)) < 3e-7


def test_sums_do_not_stop_growing():
    """10^5 equal terms 0.01: added up in float32 they miss 1000 by 2e-4 and more; ours are right to 1e-7."""
    method = replace(CLIP_SGD, clipped=False)
    found = run(method, LAWS["none"], hp=replace(HP, gamma=0.01), steps=10**5, runs=2)
    assert found.weight_sums == pytest.approx(1000.0, rel=1e-6)
    naive = np.cumsum(np.full(10**5, 0.01, np.float32), dtype=np.float32)[-1]
    assert abs(naive - 1000.0) > 0.1


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match=r"^precision: expected float64 or float32, got 'float16'"):
        run(precision="float16")
    tiny = replace(PROBLEM, dim=3, start=1e-30)
    with pytest.raises(ValueError, match=r"^start: expected a size in \[1e-15, 1e18\]"):
        run(problem=tiny, law=isotropic(LAWS["stable"]))
    with pytest.raises(ValueError, match=r"^precision: planned jumps are simulated in float64 only"):
        run(law=Planned(np.zeros((1, 40), np.int64), np.ones((1, 40))))
    assert run(problem=tiny, law=isotropic(LAWS["stable"]), precision="float64", runs=2).nonfinite == 0
