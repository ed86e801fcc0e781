"""The compiled engine against ``bounds.methods.update`` run on arrays, bit for bit; invariance; the metric."""

import math
import threading
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import ALPHA, LAWS, SIGMA, VARIANTS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, CLIP_SGD, METHODS
from counterexamples.noise import Gaussian, isotropic, scaled
from counterexamples.problems import (
    SHAPES,
    double_well,
    huber,
    nearly_linear,
    plateau,
    pseudo_huber,
    quadratic,
    slope,
    squareplus,
    well,
)
from verify.simulate import HyperParameters, simulate
from verify.simulate.backends import compiled, kernels

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=0.9, beta1=0.8, beta2=0.99)
PROBLEM = huber(1.3, 0.4, 1.0)
ARRAYS = ("values", "last_values", "weight_sums")


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


def run(method, law, **changes):
    arguments = {"hp": HP, "steps": 131, "runs": 300, "seed": 7} | changes
    problem = arguments.pop("problem", PROBLEM)
    return simulate(method, problem, law, **arguments)


def test_compiled_equals_reference_bit_for_bit(method, law):
    assert same(run(method, law), run(method, law, engine="reference"))


SHAPED = [slope(F(1), F(2), 0.3), plateau(F(1), F(2), 0.7), well(F(1), F(2)), double_well(F(1), F(2))]
SHAPED += [pseudo_huber(1.0, 0.3, 1.0), squareplus(F(1), F(2), 0.3)]


@pytest.mark.parametrize("problem", SHAPED, ids=lambda p: p.shape)
@pytest.mark.parametrize("metric", ["gap", "grad_sq"])
def test_shapes_and_metrics_agree_bit_for_bit(problem, metric):
    """The gradients at the start differ, so no shape stands in for another."""
    method, arguments = VARIANTS["adam-corrected"], {"problem": problem, "metric": metric}
    fast = run(method, LAWS["stable"], **arguments)
    assert same(fast, run(method, LAWS["stable"], engine="reference", **arguments)) and fast.metric == metric
    others = [replace(problem, shape=shape) for shape in SHAPES if shape != problem.shape]
    assert not any(same(fast, run(method, LAWS["stable"], **{**arguments, "problem": o})) for o in others)


@pytest.mark.parametrize("delay", [1, 2, 5, 64])
@pytest.mark.parametrize("name", ["adagrad", "stale", "stale-delayed-momentum"])
def test_delays_agree_bit_for_bit(name, delay):
    method, arguments = VARIANTS.get(name, CLIP_ADAGRAD_NORM_DELAYED), {"delay": delay, "problem": quadratic(1.0, 2.0)}
    fast = run(method, LAWS["stable"], **arguments)
    assert same(fast, run(method, LAWS["stable"], engine="reference", **arguments)) and fast.delay == delay
    other = run(method, LAWS["stable"], **(arguments | {"delay": delay % 64 + 1}))
    assert not same(fast, other)


def test_delay_beyond_the_ring_is_refused():
    with pytest.raises(ValueError, match=r"^delay: expected an integer in \[1, 64\], got 65"):
        run(CLIP_ADAGRAD_NORM_DELAYED, LAWS["stable"], delay=65)


def test_result_does_not_depend_on_workers_blocks_or_chunks(monkeypatch, law):
    one = run(CLIP_ADAGRAD_NORM, law, workers=1)
    assert same(one, run(CLIP_ADAGRAD_NORM, law, workers=5))
    monkeypatch.setattr(compiled, "LANES", 37)
    monkeypatch.setattr(compiled, "CHUNK", 12)
    assert same(one, run(CLIP_ADAGRAD_NORM, law))


def test_a_run_can_be_continued():
    """Trajectories are numbered: later ones can be run by themselves."""
    whole, part = run(CLIP_SGD, LAWS["stable"], runs=600), run(CLIP_SGD, LAWS["stable"], first=123, runs=300)
    assert np.array_equal(whole.values[123:423], part.values)
    assert not np.array_equal(whole.values[124:424], part.values)


def test_more_runs_begin_with_the_same_trajectories():
    short, long = run(CLIP_SGD, LAWS["stable"], runs=50), run(CLIP_SGD, LAWS["stable"], runs=600)
    assert np.array_equal(short.values, long.values[:50])


def test_seed_and_stream_matter():
    base = run(CLIP_SGD, LAWS["stable"])
    assert not same(base, run(CLIP_SGD, LAWS["stable"], seed=8))
    assert not same(base, run(CLIP_SGD, LAWS["stable"], seed=7 + 2**32))
    assert not same(base, run(CLIP_SGD, LAWS["stable"], stream=1))
    assert len(np.unique(base.values)) == len(base.values)


def by_hand(method, steps, delay):
    """A noiseless run on x^2/2 from 1, written again from theory, sections 0, 6.1, 6.4, 7: z_t, u_t, and x_steps."""
    x, m, b_sq, asked, weights = [1.0], 0.0, [HP.b0**2], [], []
    beta1 = HP.beta1 if method.momentum else 0.0
    for t in range(steps):
        z = x[max(t - delay, 0)] if method.stale else x[t]
        gc = max(-HP.lam, min(z, HP.lam))
        m = beta1 * m + (1 - beta1) * gc
        adagrad, adam = b_sq[t] + HP.eta * gc**2, HP.beta2 * b_sq[t] + (1 - HP.beta2) * gc**2
        b_sq.append({"none": 1.0, "adagrad": adagrad, "adam": adam}[method.accumulator])
        past = b_sq[max(t + 1 - delay, 0)]  # b_sq[t + 1] is b_t^2
        used, predictable = (past, past) if method.delayed else (b_sq[t + 1], b_sq[t])
        if method.accumulator == "none":
            used = predictable = 1.0
        s = math.sqrt(1 - HP.beta2 ** (t + 1)) / (1 - beta1 ** (t + 1)) if method.corrected else 1.0
        asked.append(z)
        weights.append(s * HP.gamma / math.sqrt(predictable))
        x.append(x[t] - s * HP.gamma / math.sqrt(used) * m)
    return asked, weights, x[-1]


@pytest.mark.parametrize("method", (METHODS | VARIANTS).values(), ids=METHODS | VARIANTS)
def test_both_metrics_average_the_first_N_iterates_with_the_predictable_weights(method):
    """x_N is not averaged."""
    asked, weights, last = by_hand(method, 6, delay=2)
    arguments = {"problem": quadratic(1.0, 1.0), "steps": 6, "runs": 1, "delay": 2}
    gap, grad_sq = (run(method, LAWS["none"], metric=metric, **arguments) for metric in ("gap", "grad_sq"))
    assert gap.values[0] == pytest.approx(np.average(asked, weights=weights) ** 2 / 2, rel=1e-13)
    assert gap.last_values[0] == pytest.approx(last**2 / 2, rel=1e-13)
    assert grad_sq.values[0] == pytest.approx(np.average(np.square(asked), weights=weights), rel=1e-13)
    assert grad_sq.last_values[0] == pytest.approx(last**2, rel=1e-13)
    assert gap.weight_sums[0] == grad_sq.weight_sums[0] == pytest.approx(sum(weights), rel=1e-13)
    with_last = np.average([*asked, last], weights=[*weights, weights[-1]])
    assert gap.values[0] != pytest.approx(with_last**2 / 2, rel=1e-4)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_ingredient_of_a_variant_matters(name):
    """Negative twin of the equality of engines: leave one ingredient out and the trajectories change."""
    method, arguments = VARIANTS[name], {"problem": quadratic(1.0, 1.0), "delay": 3}
    whole = run(method, LAWS["stable"], **arguments)
    flags = [f for f in ("delayed", "momentum", "corrected", "stale") if getattr(method, f)]
    assert flags
    for flag in flags:
        assert not same(whole, run(replace(method, **{flag: False}), LAWS["stable"], **arguments)), flag


def test_noiseless_worst_case():
    N, u = 500, 0.01
    result = run(
        CLIP_SGD,
        LAWS["none"],
        problem=nearly_linear(1.0, 1.0, u, N),
        hp=HyperParameters(gamma=u, lam=1.0),
        steps=N,
        runs=3,
    )
    assert result.values == pytest.approx(1 / (2 * (u * (N - 1) + 1)), rel=1e-12)


def test_without_clipping_the_twin_ignores_lam_and_a_huge_level_agrees_with_it():
    twin = replace(CLIP_SGD, clipped=False)
    small = run(twin, LAWS["stable"])
    assert same(small, run(CLIP_SGD, LAWS["stable"], hp=replace(HP, lam=math.inf)))
    assert not same(small, run(CLIP_SGD, LAWS["stable"]))


def test_non_finite_trajectories_are_counted_and_exceed_everything():
    """gamma L = 3 > 2: unclipped SGD on a quadratic explodes; with gamma L = 1 it does not."""
    twin = replace(CLIP_SGD, clipped=False)
    arguments = {"problem": quadratic(1.0, 1.0), "steps": 3000, "runs": 5}
    wild = run(twin, LAWS["gaussian"], hp=replace(HP, gamma=3.0), **arguments)
    assert wild.nonfinite == 5 and np.all(np.isinf(wild.values)) and np.all(np.isinf(wild.last_values))
    calm = run(twin, LAWS["gaussian"], hp=replace(HP, gamma=1.0), **arguments)
    assert calm.nonfinite == 0 and np.all(np.isfinite(calm.values))


def test_progress_reports_the_whole_job_from_this_thread():
    seen, threads = [], set()

    def progress(done, total):
        seen.append((done, total))
        threads.add(threading.current_thread())

    run(CLIP_SGD, LAWS["stable"], progress=progress)
    assert seen[-1] == (131 * 300, 131 * 300) and threads == {threading.current_thread()}


@pytest.mark.parametrize("name", ["compiled", "reference"])
def test_an_interrupt_stops_promptly(name):
    """10^11 trajectory-steps would take minutes; the interrupt arrives in the first progress call."""

    def progress(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(CLIP_SGD, LAWS["stable"], steps=10**6, runs=10**5, progress=progress, engine=name)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"steps": 0}, "steps: expected an integer"),
        ({"runs": 1.5}, "runs: expected an integer"),
        ({"seed": -1}, "seed: expected an integer"),
        ({"workers": 0}, "workers: expected an integer >= 1"),
        ({"hp": replace(HP, gamma=0.0)}, "gamma: expected a positive"),
        ({"hp": replace(HP, lam=math.nan)}, "lam: expected a positive"),
        ({"hp": replace(HP, eta=-1.0)}, "eta: expected a finite number >= 0"),
        ({"hp": replace(HP, beta1=1.0)}, r"beta1: expected a number in \[0, 1\)"),
        ({"metric": "distance"}, "metric: expected gap or grad_sq"),
        ({"engine": "gpu"}, "engine: expected auto, compiled, reference, alone, torch"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        run(CLIP_SGD, LAWS["stable"], **changes)


@pytest.mark.parametrize("beta2", [0.0, 1.0, math.nan])
def test_adam_refuses_a_beta2_that_forgets_all_or_nothing(beta2):
    with pytest.raises(ValueError, match=r"^beta2: expected a number in \(0, 1\)"):
        run(METHODS["clip-adam-norm"], LAWS["stable"], hp=replace(HP, beta2=beta2))
    run(CLIP_SGD, LAWS["stable"], hp=replace(HP, beta2=beta2))  # SGD has no beta2


def test_law_with_scale_zero_means_no_noise():
    quiet = scaled(Gaussian(), ALPHA, F(0) * SIGMA)
    assert same(run(CLIP_SGD, quiet), run(CLIP_SGD, LAWS["none"]))


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("dim", [1, 5])
def test_a_block_is_wider_than_what_is_looked_up_at_a_time(dim, precision):
    """In one block whole tiles and a part of one, rows by fours and a rest: numpy's bits; not with a step less."""
    wide = 1 if precision == "float64" else 2
    runs = kernels.TILE * (2 * wide - 1) + 70
    assert kernels.TILE < runs <= compiled.LANES * wide
    law = LAWS["stable"] if dim == 1 else isotropic(LAWS["stable"])
    how = {"runs": runs, "problem": replace(PROBLEM, dim=dim), "workers": 1, "precision": precision, "steps": 67}
    found = run(CLIP_ADAGRAD_NORM, law, **how)
    assert same(found, run(CLIP_ADAGRAD_NORM, law, engine="reference", **how))
    assert not same(found, run(CLIP_ADAGRAD_NORM, law, **how | {"steps": 66}))


def test_scratch_begins_where_its_state_begins_in_a_page():
    """At any place of the page, not only at its beginning."""
    S = compiled.paged((4, 100), np.float32)
    for begun in (S, S[1:]):
        place = begun.ctypes.data % kernels.PAGE
        K = kernels._beside(begun, 2)
        assert K.ctypes.data % kernels.PAGE == place == (0 if begun is S else 400)
        assert (K.shape, K.dtype) == ((2, 100), np.float32)
