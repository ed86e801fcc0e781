"""The compiled engine against ``bounds.methods.update`` run on arrays, bit for bit; invariance; the metric."""

import math
import threading
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import ALPHA, LAWS, SIGMA

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, CLIP_SGD, METHODS
from counterexamples.noise import Gaussian, scaled
from counterexamples.problems import huber, nearly_linear, quadratic
from verify.simulate import HyperParameters, engine, simulate

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=0.9)
PROBLEM = huber(1.3, 0.4, 1.0)
ARRAYS = ("gaps", "last_gaps", "weight_sums")


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


def run(method, law, **changes):
    arguments = {"hp": HP, "steps": 131, "runs": 300, "seed": 7} | changes
    problem = arguments.pop("problem", PROBLEM)
    return simulate(method, problem, law, **arguments)


def test_compiled_equals_reference_bit_for_bit(method, law):
    assert same(run(method, law), run(method, law, engine="reference"))


@pytest.mark.parametrize("delay", [1, 2, 5, 64])
def test_delays_agree_bit_for_bit(delay):
    arguments = {"delay": delay, "problem": quadratic(1.0, 2.0)}
    fast = run(CLIP_ADAGRAD_NORM_DELAYED, LAWS["stable"], **arguments)
    assert same(fast, run(CLIP_ADAGRAD_NORM_DELAYED, LAWS["stable"], engine="reference", **arguments))
    other = run(CLIP_ADAGRAD_NORM_DELAYED, LAWS["stable"], **(arguments | {"delay": delay % 64 + 1}))
    assert not same(fast, other)


def test_delay_beyond_the_ring_is_refused():
    with pytest.raises(ValueError, match=r"^delay: expected an integer in \[1, 64\], got 65"):
        run(CLIP_ADAGRAD_NORM_DELAYED, LAWS["stable"], delay=65)


def test_result_does_not_depend_on_workers_blocks_or_chunks(monkeypatch, law):
    one = run(CLIP_ADAGRAD_NORM, law, workers=1)
    assert same(one, run(CLIP_ADAGRAD_NORM, law, workers=5))
    monkeypatch.setattr(engine, "LANES", 37)
    monkeypatch.setattr(engine, "CHUNK", 12)
    assert same(one, run(CLIP_ADAGRAD_NORM, law))


def test_more_runs_begin_with_the_same_trajectories():
    short, long = run(CLIP_SGD, LAWS["stable"], runs=50), run(CLIP_SGD, LAWS["stable"], runs=600)
    assert np.array_equal(short.gaps, long.gaps[:50])


def test_seed_and_stream_matter():
    base = run(CLIP_SGD, LAWS["stable"])
    assert not same(base, run(CLIP_SGD, LAWS["stable"], seed=8))
    assert not same(base, run(CLIP_SGD, LAWS["stable"], seed=7 + 2**32))
    assert not same(base, run(CLIP_SGD, LAWS["stable"], stream=1))
    assert len(np.unique(base.gaps)) == len(base.gaps)


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda m: m.name)
def test_metric_averages_the_first_N_iterates_with_the_predictable_weights(method):
    """A hand-written run of three noiseless steps (theory, 6.1); x_3 is not averaged."""
    x, b_sq, history, weights = 1.0, [0.81] * 3, [], []
    problem, delay = quadratic(1.0, 1.0), 2
    for _ in range(3):
        g = max(-HP.lam, min(x, HP.lam))
        b_next = b_sq[-1] + HP.eta * g * g
        predictable = {"clip-sgd": 1.0, "clip-adagrad-norm": b_sq[-1], "clip-adagrad-norm-delayed": b_sq[-delay]}
        used = {**predictable, "clip-adagrad-norm": b_next}
        weights.append(HP.gamma / math.sqrt(predictable[method.name]))
        history.append(x)
        x -= HP.gamma / math.sqrt(used[method.name]) * g
        b_sq.append(b_next)
    average = np.average(history, weights=weights)
    result = run(method, LAWS["none"], problem=problem, steps=3, runs=1, delay=delay)
    assert result.gaps[0] == pytest.approx(average**2 / 2, rel=1e-14)
    assert result.last_gaps[0] == pytest.approx(x**2 / 2, rel=1e-14)
    assert result.weight_sums[0] == pytest.approx(sum(weights), rel=1e-14)
    with_last = np.average([*history, x], weights=[*weights, weights[-1]])
    assert result.gaps[0] != pytest.approx(with_last**2 / 2, rel=1e-4)


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
    assert result.gaps == pytest.approx(1 / (2 * (u * (N - 1) + 1)), rel=1e-12)


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
    assert wild.nonfinite == 5 and np.all(np.isinf(wild.gaps)) and np.all(np.isinf(wild.last_gaps))
    calm = run(twin, LAWS["gaussian"], hp=replace(HP, gamma=1.0), **arguments)
    assert calm.nonfinite == 0 and np.all(np.isfinite(calm.gaps))


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
        ({"engine": "gpu"}, "engine: expected auto, compiled, reference"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        run(CLIP_SGD, LAWS["stable"], **changes)


def test_law_with_scale_zero_means_no_noise():
    quiet = scaled(Gaussian(), ALPHA, F(0) * SIGMA)
    assert same(run(CLIP_SGD, quiet), run(CLIP_SGD, LAWS["none"]))
