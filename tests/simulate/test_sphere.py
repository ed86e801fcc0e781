"""Noise in all directions of R^d: both engines agree bit for bit, draws are in their class, directions are even."""

import json
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import ALPHA, LAWS, VARIANTS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_SGD
from counterexamples.battery import battery, nonconvex_battery
from counterexamples.moments import AssumptionViolated
from counterexamples.noise import Stable, describe, isotropic, scaled, steered
from counterexamples.problems import (
    axes,
    double_well,
    field,
    gradient,
    huber,
    plateau,
    pseudo_huber,
    quadratic,
    radial,
    slope,
    squareplus,
    start_vector,
    stretched,
    well,
)
from counterexamples.steering import steer
from verify.simulate import HyperParameters, OwnStep, simulate
from verify.simulate.backends import compiled
from verify.simulate.functions import clip, maximum, norm, sq_norm, sqrt, where
from verify.simulate.noise.realised import realised
from verify.simulate.noise.sampler import draw, sampler
from verify.simulate.program.ops import ArrayOps

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=0.9, beta1=0.8)
ARRAYS = ("values", "last_values", "weight_sums")
IDS = np.arange(2**14, dtype=np.uint64)


def run(method=CLIP_ADAGRAD_NORM, law=LAWS["stable"], problem=None, dim=3, **changes):
    arguments = {"hp": HP, "steps": 37, "runs": 40, "seed": 7} | changes
    problem = replace(problem or huber(1.3, 0.4, 1.0), dim=dim)
    return simulate(method, problem, isotropic(law), **arguments)


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


@pytest.mark.parametrize("dim", [1, 2, 5, 64])
def test_both_engines_agree_bit_for_bit(law, dim):
    fast = run(law=law, dim=dim)
    assert same(fast, run(law=law, dim=dim, engine="reference"))
    if law.scale:
        assert not same(fast, run(law=law, dim=dim % 64 + 1))


SHAPED = {
    "pseudo-huber": pseudo_huber(1.0, 0.3, 1.0),
    "plateau": plateau(F(1), F(2), 0.7),
    "well": well(F(1), F(2)),
    "double-well": double_well(F(1), F(2)),
}


def test_vectors_in_momentum_and_stale_gradients_agree_bit_for_bit():
    method, arguments = VARIANTS["stale-delayed-momentum"], {"problem": SHAPED["well"], "metric": "grad_sq", "delay": 3}
    fast = run(method, dim=6, **arguments)
    assert same(fast, run(method, dim=6, engine="reference", **arguments))
    for flag in ("stale", "momentum", "delayed"):
        twin = replace(method, **{flag: False})
        assert not same(fast, run(twin, dim=6, engine="reference", **arguments)), flag


ILL = stretched(huber(1.3, 0.4, 1.0, 4), 50.0)


def test_ill_conditioned_problems_agree_bit_for_bit():
    method = VARIANTS["stale"]
    fast = run(method, problem=ILL, dim=4, delay=2)
    assert same(fast, run(method, problem=ILL, dim=4, delay=2, engine="reference"))
    assert not same(fast, run(method, problem=replace(ILL, condition=51.0), dim=4, delay=2, engine="reference"))
    with pytest.raises(ValueError, match="expected isotropic noise"):
        simulate(method, ILL, LAWS["stable"], hp=HP, steps=1, runs=1, seed=0)


def test_an_ill_conditioned_problem_by_hand():
    """The gap of x_6 on (1/2) sum_j D_j^2 x_j^2 without noise or clipping: each coordinate contracts by itself."""
    problem = stretched(quadratic(1.0, 1.0, 3), 100.0)
    assert axes(problem) == pytest.approx([1.0, 100**-0.25, 0.1]) and max(axes(problem)) <= 1
    assert sum(F(x) ** 2 for x in start_vector(problem)) <= 1
    assert start_vector(problem) == pytest.approx([3**-0.5] * 3)
    found = run(replace(CLIP_SGD, clipped=False), law=LAWS["none"], problem=problem, dim=3, steps=6, engine="reference")
    curvature = np.array([1.0, 0.1, 0.01])
    x = (1 - HP.gamma * curvature) ** 6 / 3**0.5
    assert found.last_values == pytest.approx(np.full(40, (curvature * x**2).sum() / 2), rel=1e-12)


def test_ill_conditioned_problems_are_smooth_and_convex():
    """||grad f(x) - grad f(y)|| <= L ||x - y||, and the gradient is monotone; axes a little longer would not do."""
    generator, D = np.random.default_rng(2), np.array(axes(ILL))[:, None]
    x, step = 0.1 * generator.standard_normal((4, 4000)), 1e-3 * generator.standard_normal((4, 4000))
    step[1:] *= generator.uniform(0, 1, 4000)
    for scale, smooth in ((1.0, True), (1.1, False)):
        change = field(ILL, ArrayOps, x + step, scale * D) - field(ILL, ArrayOps, x, scale * D)
        ratio = np.max(np.linalg.norm(change, axis=0) / np.linalg.norm(step, axis=0)) / 1.3
        assert (ratio <= 1 + 1e-9) == smooth
        assert np.all((change * step).sum(axis=0) >= -1e-18)
    for bad in (quadratic(1.0, 1.0), well(F(1), F(2), 3)):
        with pytest.raises(ValueError, match="expected a Huber function in R"):
            stretched(bad, 9.0)
    with pytest.raises(ValueError, match="a condition number > 1, got 1"):
        stretched(ILL, 1)


def test_the_result_does_not_depend_on_workers_blocks_or_chunks(monkeypatch):
    one = run(dim=5, runs=80, workers=1)
    assert same(one, run(dim=5, runs=80, workers=3))
    monkeypatch.setattr(compiled, "LANES", 20)
    monkeypatch.setattr(compiled, "CHUNK", 12)
    assert same(one, run(dim=5, runs=80))
    assert np.array_equal(one.values[30:50], run(dim=5, first=30, runs=20).values)


def coordinatewise(x, g, state, hp):
    """Adam on coordinates, then one clip of the whole step: vectors and numbers in the state."""
    t = state["t"] + 1
    m, v = 0.9 * state["m"] + 0.1 * g, maximum(0.99 * state["v"] + 0.01 * g**2, 1e-8)
    size = state["size"] + sq_norm(m) + norm(g)
    step = where(t < 3, clip(g, hp.lam), clip(m / sqrt(v), hp.lam))
    return x - hp.lr / sqrt(size) * step, {"t": t, "m": m, "v": v, "size": size}


def test_a_step_of_ones_own_may_keep_vectors():
    mine = OwnStep(coordinatewise, {"t": 0.0, "m": 0.0, "v": 0.0, "size": 1.0})
    fast, slow = (run(mine, hp={"lr": 0.1, "lam": 2.0}, dim=3, engine=e) for e in ("compiled", "reference"))
    assert same(fast, slow)
    assert not same(fast, run(mine, hp={"lr": 0.1, "lam": 1.9}, dim=3))


def test_the_recursion_is_that_of_clip_adagrad_norm():
    """Written again with numpy's norms, trajectory by trajectory, on the quadratic in R^4."""
    steps, runs, dim = 20, 5, 4
    x = np.zeros((runs, dim))
    x[:, 0], b_sq, weights, weighted = 1.0, np.full(runs, 0.81), 0.0, 0.0
    for t in range(steps):
        u = 0.05 / np.sqrt(b_sq)
        weights, weighted = weights + u, weighted + u[:, None] * x
        g = x + draw(sampler(isotropic(LAWS["stable"])), t, 0, IDS[:runs], 7, dim).T
        g *= np.minimum(1, 3.0 / np.linalg.norm(g, axis=1))[:, None]
        b_sq = b_sq + 0.01 * np.linalg.norm(g, axis=1) ** 2
        x = x - (0.05 / np.sqrt(b_sq))[:, None] * g
    found = run(problem=quadratic(1.0, 1.0), dim=dim, steps=steps, runs=runs)
    average = np.linalg.norm(weighted / weights[:, None], axis=1) ** 2 / 2
    assert found.values == pytest.approx(average, rel=1e-12)
    assert found.last_values == pytest.approx(np.linalg.norm(x, axis=1) ** 2 / 2, rel=1e-12)


def gradients(problem, x):
    return radial(problem, ArrayOps, x)


@pytest.mark.parametrize("problem", [slope(F(1), F(2), 0.3), *SHAPED.values()], ids=lambda p: p.shape)
def test_radial_problems_are_smooth_and_extend_the_line(problem):
    """On e1 the gradient is f'; ||grad f(x) - grad f(y)|| <= L ||x - y|| for close and far pairs, and L is needed."""
    generator = np.random.default_rng(1)
    line = np.linspace(-4, 4, 401)
    on_axis = gradients(problem, np.stack([line, np.zeros(401)]))
    np.testing.assert_allclose(on_axis[0], gradient(problem, ArrayOps, line), rtol=1e-14)
    assert not on_axis[1].any()
    x = 2 * problem.nu * generator.standard_normal((3, 4000))
    y = x + generator.standard_normal((3, 4000)) * 10.0 ** generator.uniform(-4, 1, 4000)
    ratios = np.linalg.norm(gradients(problem, x) - gradients(problem, y), axis=0) / np.linalg.norm(x - y, axis=0)
    assert 0.9 < ratios.max() <= 1 + 1e-9
    assert not gradients(problem, np.zeros((3, 1))).any()


@pytest.mark.parametrize("dim", [1, 3, 64])
def test_what_is_drawn_is_in_its_class(law, dim):
    """Every vector is at most as long as its radius before rounding, so the certified moment of the radius counts."""
    drawn = sampler(isotropic(law))
    xi, r = draw(drawn, 3, 4, IDS[:2000], 5, dim), np.abs(draw(drawn.radius, 3, 4, IDS[:2000], 5))
    assert np.all(np.linalg.norm(xi, axis=0) <= r * (1 + 2.0**-44))
    assert np.allclose(np.linalg.norm(xi, axis=0), r, rtol=1e-12, atol=0)
    found = realised(isotropic(law))
    assert found.mean == 0 and found.moment <= 1
    assert found.moment >= F(99, 100) or law.scale == 0


def test_a_radius_too_long_is_refused():
    law = isotropic(LAWS["three-point"])
    assert float(realised(law).moment) == pytest.approx(1, rel=1e-11)
    with pytest.raises(AssumptionViolated, match="the numbers drawn have"):
        realised(replace(law, scale=law.scale * (1 + 1e-11)))


def test_without_the_reduction_of_the_radius_rounding_could_leave_the_class(monkeypatch):
    """Negative twin: a jump law has no other room."""
    monkeypatch.setattr("verify.simulate.noise.sampler.SHRINK", 0.0)
    with pytest.raises(AssumptionViolated, match="the numbers drawn have"):
        realised.__wrapped__(isotropic(LAWS["three-point"]))


def test_directions_are_even():
    """Means over 2^14 directions of R^6 of U_0, U_5^2, U_0 U_1, (sum_j U_j)^4/36: each within 5 standard errors of the
    uniform law's 0, 1/6, 0 and 3/(6 * 8), level 6e-7 each; successive trajectories are not correlated.  At step 0 the
    first coordinate would share its word with the radius, sign included, if directions had no words of their own."""
    U = draw(sampler(isotropic(LAWS["stable"])), 0, 0, IDS, 11, 6)
    U = U / np.linalg.norm(U, axis=0)
    fourth = (U.sum(axis=0) ** 2 / 6) ** 2
    for seen, mean in ((U[0], 0), (U[5] ** 2, 1 / 6), (U[0] * U[1], 0), (fourth, 1 / 16), (U[0, 1:] * U[0, :-1], 0)):
        assert abs(seen.mean() - mean) <= 5 * seen.std() / 2**7
    assert abs((U[0] ** 2).mean() - 1 / 5) > 5 * (U[0] ** 2).std() / 2**7  # R^5 is told from R^6


def test_directions_use_words_of_their_own():
    """Other steps, coordinates and trajectories give other directions; the radii are those of the law on the line."""
    law = LAWS["stable"]
    first, later = (draw(sampler(isotropic(law)), t, 0, IDS[:500], 1, 7) for t in (0, 1))
    assert len(np.unique(np.concatenate([first, later]))) == 2 * 7 * 500
    radii = np.abs(draw(sampler(law), 0, 0, IDS[:500], 1))
    assert np.linalg.norm(first, axis=0) == pytest.approx(radii, rel=1e-11)


def test_the_battery_has_rows_for_all_directions_above_dimension_one():
    arguments = {"alpha": ALPHA, "sigma": F(1), "L": F(1), "N": 1000, "u": 0.002, "lam": 40.0, "rho": F(1, 20)}
    for attacks in (
        lambda dim: battery(R=F(1), dim=dim, **arguments),
        lambda dim: nonconvex_battery(Delta=F(1), delta=F(1, 100), dim=dim, **arguments),
    ):
        wide = [a for a in attacks(100) if a.law.isotropic]
        assert len(wide) >= 4 and all(a.problem.dim == 64 and "isotropic" in a.name for a in wide)
        assert len({a.name for a in attacks(100)}) == len(attacks(100)) == len(attacks(1)) + len(wide)
        assert not any(a.law.isotropic for a in attacks(1))


def test_what_has_no_meaning_is_refused():
    with pytest.raises(ValueError, match="expected noise along e1, the function is not radial"):
        run(problem=squareplus(F(1), F(2), 0.3), dim=2)
    with pytest.raises(ValueError, match=r"^dim: expected at most 64"):
        run(dim=65)
    with pytest.raises(ValueError, match=r"^steps: expected at most 268435456 in dimension 64"):
        run(dim=64, steps=2**28 + 1)
    for name, change in (
        ("start", {"problem": huber(1.0, 1.0, 1e-150)}),
        ("noise", {"law": scaled(Stable(F(7, 4)), ALPHA, F(10) ** 135)}),
        ("lam", {"hp": replace(HP, lam=1e150)}),
    ):
        with pytest.raises(ValueError, match=rf"^{name}: expected a size in \[1e-140, 1e140\]"):
            run(**change)
    with pytest.raises(ValueError, match="does not depend on the position"):
        isotropic(steered(LAWS["stable"], steer("turning")))
    with pytest.raises(ValueError, match="expected noise along e1"):
        steered(isotropic(LAWS["stable"]), steer("turning"))
    assert describe(isotropic(LAWS["pareto"])) == "isotropic pareto(7/4)"


def test_the_command_line_runs_in_the_dimension_asked_for(cli):
    """The same quantiles as the run from Python, to the digits printed; those of another dimension are different."""

    def estimates(dim):
        options = "--problem quadratic --gamma 0.05 --eta 0.01 --lam 3 --steps 37 --runs 400 --delta 0.1 --format json"
        found = json.loads(cli(f"simulate clip-adagrad-norm {options} --dim {dim}").out)
        return [float(found["quantiles"][name][0]["estimate"]) for name in ("weighted", "last")]

    hp = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=1.0)
    ours = run(law=LAWS["stable"], problem=quadratic(1.0, 1.0), hp=hp, dim=4, runs=400, seed=0)
    exact = [np.sort(values)[359] for values in (ours.values, ours.last_values)]
    assert estimates(4) == pytest.approx(exact, rel=1e-6)
    assert estimates(5) != pytest.approx(exact, rel=1e-3)
