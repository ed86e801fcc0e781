"""Several metrics of one run: what they mean, by a loop written again, and the same bits from every engine."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import LAWS, VARIANTS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_SGD
from counterexamples.noise import isotropic
from counterexamples.problems import axes, double_well, huber, squareplus, start_vector, stretched, well
from verify.simulate import HyperParameters, OwnStep, simulate
from verify.simulate.functions import clip
from verify.simulate.metric import KEPT
from verify.simulate.noise.sampler import draw, sampler
from verify.simulate.records import join

HP = HyperParameters(gamma=0.3, lam=3.0, eta=0.5, b0=0.9, beta1=0.8)
ALSO = ("grad_sq", "average", "best_grad_sq", "max_gap", "max_distance")
PROBLEM = huber(1.3, 0.4, 1.0)
ILL = stretched(huber(1.3, 0.4, 1.0, 4), 50.0)
STEPS, RUNS = 17, 60


def run(method=CLIP_ADAGRAD_NORM, problem=PROBLEM, law=LAWS["stable"], also=ALSO, **changes):
    law = isotropic(law) if problem.dim > 1 else law
    arguments = {"hp": HP, "steps": STEPS, "runs": RUNS, "seed": 7} | changes
    return simulate(method, problem, law, also=also, **arguments)


def path(problem, dim, steps=STEPS):
    """x_0 .. x_N [N + 1, dim, runs] and u_0 .. u_{N-1} of Clip-AdaGrad-Norm on f(||D x||), f Huber, by numpy alone."""
    ids, D = np.arange(RUNS, dtype=np.uint64), np.array(axes(problem))[:, None]
    drawn = sampler(isotropic(LAWS["stable"]) if dim > 1 else LAWS["stable"])
    x, b_sq = np.tile(np.array(start_vector(problem))[:, None], (1, RUNS)), np.full(RUNS, 0.81)
    xs, us, gradients = [x], [], []
    for t in range(steps):
        size = np.linalg.norm(D * x, axis=0)
        gradients.append(1.3 * D * (D * x) * np.minimum(1, 0.4 / size))
        us.append(0.3 / np.sqrt(b_sq))
        g = gradients[-1] + draw(drawn, t, 0, ids, 7, dim)
        g = g * np.minimum(1, 3.0 / np.linalg.norm(g, axis=0))
        b_sq = b_sq + 0.5 * np.linalg.norm(g, axis=0) ** 2
        x = x - 0.3 / np.sqrt(b_sq) * g
        xs.append(x)
    return np.array(xs), np.array(us), np.array(gradients), D


@pytest.mark.parametrize("problem", [PROBLEM, ILL], ids=["line", "stretched"])
def test_every_metric_by_a_loop_written_again(problem):
    """With x_N in the path maxima and not in the means and minima: the other choice is another number somewhere."""
    xs, us, gradients, D = path(problem, problem.dim)

    def height(x):
        size = np.linalg.norm(D * x, axis=-2)
        return 1.3 * np.where(size <= 0.4, size**2 / 2, 0.4 * (size - 0.2))

    squares = (gradients**2).sum(axis=1)
    expected = {
        "grad_sq": (us * squares).sum(axis=0) / us.sum(axis=0),
        "average": height(xs[:-1].mean(axis=0)),
        "best_grad_sq": squares.min(axis=0),
        "max_gap": height(xs).max(axis=0),
        "max_distance": np.linalg.norm(xs, axis=1).max(axis=0),
    }
    found = run(problem=problem)
    assert found.also.keys() == expected.keys() == set(ALSO)
    for name, values in expected.items():
        np.testing.assert_allclose(found.also[name], values, rtol=1e-11, err_msg=name)
    weighted = (us[:, None] * xs[:-1]).sum(axis=0) / us.sum(axis=0)
    np.testing.assert_allclose(found.values, height(weighted), rtol=1e-11)
    if problem is PROBLEM:
        assert not np.allclose(found.also["max_gap"], height(xs[:-1]).max(axis=0))
    later = run(problem=problem, steps=STEPS + 1).also["best_grad_sq"]
    assert (later <= found.also["best_grad_sq"]).all() and (later < found.also["best_grad_sq"]).any()


SHAPED = {"line": (PROBLEM, "gap"), "wide": (well(F(1), F(2), 3), "gap"), "stretched": (ILL, "grad_sq")}


@pytest.mark.parametrize(("problem", "metric"), SHAPED.values(), ids=SHAPED)
def test_all_engines_agree_bit_for_bit(problem, metric):
    method, also = VARIANTS["stale-delayed-momentum"], tuple(name for name in KEPT if name != metric)
    found = [
        run(method, problem, metric=metric, also=also, delay=3, engine=engine)
        for engine in ("compiled", "reference", "torch")
    ]
    for other in found[1:]:
        assert all(np.array_equal(found[0].also[name], other.also[name]) for name in also)
        assert np.array_equal(found[0].values, other.values) and np.array_equal(found[0].last_values, other.last_values)
    changed = run(method, problem, metric=metric, also=also, delay=2, engine="reference")
    assert not np.array_equal(found[0].also["average"], changed.also["average"])


def test_what_is_kept_besides_changes_nothing():
    alone, both = run(also=()), run(also=ALSO)
    assert np.array_equal(alone.values, both.values) and np.array_equal(alone.last_values, both.last_values)
    assert np.array_equal(both.also["grad_sq"], run(metric="grad_sq", also=()).values)
    assert np.array_equal(run(metric="grad_sq", also=("gap",)).also["gap"], alone.values)
    halves = join(run(runs=20), run(runs=40, first=20))
    assert all(np.array_equal(halves.also[name], both.also[name]) for name in ALSO)


def test_a_step_of_ones_own_keeps_them_too():
    mine = OwnStep(lambda x, g, state, hp: (x - hp.lr * clip(g, hp.lam), state), {})
    for problem in (PROBLEM, ILL):
        fast, slow = (
            run(mine, problem, hp={"lr": 0.25, "lam": 3.0}, engine=engine) for engine in ("compiled", "reference")
        )
        assert all(np.array_equal(fast.also[name], slow.also[name]) for name in ALSO)
        assert np.array_equal(fast.also["average"], fast.values)  # the plain average is what it is judged by


def test_a_trajectory_that_left_the_numbers_is_infinite_in_every_metric():
    """Also in the smallest gradient, which was finite on the way; one step less and nothing has left."""
    mine = OwnStep(lambda x, g, state, hp: (x * hp.growth, state), {})
    for steps, infinite in ((4, True), (3, False)):
        found = run(mine, hp={"growth": 1e100}, steps=steps, law=LAWS["none"])
        assert all(np.isinf(found.also[name]).all() == infinite for name in ALSO)
        assert found.nonfinite == RUNS * infinite


@pytest.mark.parametrize("engine", ["compiled", "reference", "torch"])
def test_a_metric_is_a_number_where_the_iterate_is(engine):
    """x_1 is finite and too large to square: the well has its full depth there, 2 Delta, and is not inf/inf."""
    hp = HyperParameters(gamma=1e300)
    method = replace(CLIP_SGD, clipped=False)
    found = run(method, well(F(1), F(2)), hp=hp, steps=1, also=("max_gap",), engine=engine)
    assert found.last_values == pytest.approx(np.full(RUNS, 4.0), rel=1e-15) and found.nonfinite == 0
    assert np.array_equal(found.also["max_gap"], found.last_values)
    with np.errstate(all="ignore"):
        z = np.float64(1e300) / well(F(1), F(2)).nu
        assert np.isnan(z * z / (1 + z * z))


def test_what_does_not_exist_is_refused():
    for also, problem, message in (
        (("best",), PROBLEM, "^also: expected some of grad_sq, average, .*each once, got 'best'"),
        (("gap",), PROBLEM, "each once, got 'gap'"),
        (("average", "average"), PROBLEM, "each once, got 'average'"),
        (("max_distance",), double_well(F(1), F(1)), "^also: max_distance is for problems with one minimiser"),
        (("max_distance",), squareplus(F(1), F(1), 0.3), "with one minimiser, got squareplus; try max_gap"),
    ):
        with pytest.raises(ValueError, match=message):
            run(problem=problem, also=also)
    assert run(problem=double_well(F(1), F(1)), also=("max_gap",)).also["max_gap"].min() > 0
