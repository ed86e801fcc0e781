"""A step of one's own: the same trajectories as the method it copies, compiled and on arrays; what it may not do."""

import itertools
import math

import numpy as np
import pytest
from instances import LAWS

from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_SGD
from counterexamples.noise import isotropic
from counterexamples.problems import huber, quadratic
from verify.simulate import HyperParameters, OwnStep, simulate
from verify.simulate.functions import clip, maximum, minimum, norm, sq_norm, sqrt, where
from verify.simulate.program.symbols import NotStraightLine

PROBLEM = huber(1.3, 0.4, 1.0)
ARGUMENTS = {"steps": 61, "runs": 80, "seed": 5}
HP = {"lr": 0.05, "lam": 3.0, "eta": 0.01}


def run(step, state=None, hp=HP, law="pareto", problem=PROBLEM, noise=None, **changes):
    return simulate(OwnStep(step, state or {}), problem, noise or LAWS[law], hp=hp, **(ARGUMENTS | changes))


def adagrad(x, g, state, hp):
    gc = clip(g, hp.lam)
    b_sq = state["b_sq"] + hp.eta * sq_norm(gc)
    return x - hp.lr * (1.0 / sqrt(b_sq)) * gc, {"b_sq": b_sq}


def everything(x, g, state, hp):
    """Every operation there is."""
    t = state["t"] + 1
    m = 0.9 * state["m"] + 0.1 * g
    v = maximum(0.99 * state["v"], norm(g) ** 3) + minimum(g**2, 1.0) + (-g) ** 4
    sign = where(m > 0, 1.0, where(m < 0, -1.0, 0.0))
    step = where(t <= 3, sign / t, m / (sqrt(v) + 1e-8))
    return x - hp.lr * step + where(t == 4, 2 - abs(m), 0.0) * where(t >= 5, 1.0, 0.1), {"t": t, "m": m, "v": v}


STATE = {"t": 0.0, "m": 0.0, "v": 0.0}


def test_a_copied_method_gives_the_bits_of_the_method():
    hp = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=0.5)
    theirs = simulate(CLIP_ADAGRAD_NORM, PROBLEM, LAWS["pareto"], hp=hp, **ARGUMENTS)
    ours = run(adagrad, {"b_sq": 0.25})
    assert np.array_equal(ours.last_values, theirs.last_values)
    assert not np.array_equal(ours.last_values, run(adagrad, {"b_sq": 0.26}).last_values)


def test_the_plain_average_is_what_is_judged():
    """SGD weighs its iterates equally, so its average is the plain one, up to the last bits of the weights."""
    hp = HyperParameters(gamma=0.25, lam=3.0)  # a power of 2: the weights are exact
    theirs = simulate(CLIP_SGD, PROBLEM, LAWS["stable"], hp=hp, **ARGUMENTS)
    ours = run(lambda x, g, state, hp: (x - 0.25 * clip(g, 3.0), state), law="stable")
    assert np.array_equal(ours.values, theirs.values)
    assert np.array_equal(ours.weight_sums, np.full(80, 61.0))


@pytest.mark.parametrize("law", ["stable", "pareto"])
@pytest.mark.parametrize("metric", ["gap", "grad_sq"])
def test_compiled_equals_arrays_bit_for_bit(law, metric):
    fast = run(everything, STATE, law=law, metric=metric)
    slow = run(everything, STATE, law=law, metric=metric, engine="reference")
    assert np.array_equal(fast.values, slow.values) and np.array_equal(fast.last_values, slow.last_values)
    one = run(everything, STATE, law=law, metric=metric, workers=1)
    assert np.array_equal(fast.values, one.values)


@pytest.mark.parametrize("engine", ["reference", "torch"])
def test_a_nan_passes_a_clip_in_every_engine(engine):
    """x grows beyond the floats; a nan that a clip turned into lam would bring it back."""

    def step(x, g, state, hp):
        lost = clip(x * hp.growth - x * hp.growth, hp.lam)  # 0, and nan from step 4 on
        return where(state["t"] < 4, x * hp.growth, lost), {"t": state["t"] + 1}

    hp = {"growth": 1e100, "lam": 3.0}
    for steps, infinite in ((3, False), (7, True)):
        fast, slow = (run(step, {"t": 0.0}, hp, steps=steps, engine=e) for e in ("compiled", engine))
        assert np.array_equal(fast.values, slow.values) and np.array_equal(fast.last_values, slow.last_values)
        assert np.isinf(fast.last_values).all() == infinite


def test_powers_are_products_on_arrays_too():
    """numpy rounds a third of all cubes and fourth powers otherwise."""
    x = np.random.default_rng(0).standard_normal(4096)
    ours = where(x > 0, x, x)
    assert np.array_equal(ours**3, x * x * x) and np.array_equal(ours**4, x * x * x * x)
    assert np.array_equal(abs(-ours) ** 2, x * x) and np.array_equal(abs(ours) ** 0.5, abs(x) ** 0.5)
    assert not np.array_equal(x**3, x * x * x) and not np.array_equal(x**4, x * x * x * x)


def test_hyper_parameters_are_arguments_not_constants():
    """Another number does not compile again: the same loop serves it."""
    from verify.simulate.backends import kernels

    own = OwnStep(adagrad, {"b_sq": 1.0})
    results = [simulate(own, quadratic(1.0, 1.0), LAWS["stable"], hp=HP | {"lr": lr}, **ARGUMENTS) for lr in (0.1, 0.2)]
    assert not np.array_equal(results[0].values, results[1].values)
    before = kernels._loop.cache_info().misses
    simulate(own, quadratic(1.0, 1.0), LAWS["stable"], hp=HP | {"lr": 0.3}, **ARGUMENTS)
    assert kernels._loop.cache_info().misses == before


def branching(x, g, state, hp):
    if norm(g) > hp.lam:
        g = g * (hp.lam / norm(g))
    return x - hp.lr * g, state


def test_a_branch_is_refused_and_the_line_is_named():
    with pytest.raises(NotStraightLine, match=r"test_own.py:\d+: if norm\(g\) > hp.lam:: a step may not branch"):
        run(branching)


def unbranched(x, g, state, hp):
    return x - hp.lr * where(norm(g) > hp.lam, g * (hp.lam / norm(g)), g), state


@pytest.mark.parametrize("problem", [PROBLEM, huber(1.3, 0.4, 1.0, 2)], ids=["line", "wide"])
def test_a_branch_runs_one_trajectory_at_a_time_when_asked(problem):
    """The bits of the same step without a branch; on arrays it is refused, and the line is named, too."""
    arguments = {"steps": 9, "runs": 20}
    if problem.dim > 1:
        arguments["noise"] = isotropic(LAWS["pareto"])
    found = run(branching, problem=problem, engine="alone", **arguments)
    assert found.engine == "numpy, float64, one by one"
    assert np.array_equal(found.values, run(unbranched, problem=problem, **arguments).values)
    for engine in ("reference", "torch"):
        with pytest.raises(NotStraightLine, match=r"test_own.py:\d+: if norm\(g\) > hp.lam:: .* trajectories together"):
            run(branching, problem=problem, engine=engine, **arguments)


def test_a_memory_is_found_out_one_by_one_too():
    count = itertools.count(1)
    with pytest.raises(ValueError, match="trajectories influence each other"):
        run(lambda x, g, state, hp: (x - hp.lr / next(count) * g, state), engine="alone", runs=5)


def test_a_branch_that_works_on_arrays_runs_when_asked():
    def loop(x, g, state, hp):
        rounded = np.array([math.floor(v) for v in g])  # no recorded number has a value
        return x - hp.lr * rounded, state

    with pytest.raises(TypeError):
        run(loop)
    assert run(loop, engine="reference").engine == "numpy, float64"


def test_a_norm_over_the_trajectories_is_refused():
    def coupled(x, g, state, hp):
        return x - hp.lr * g / (1.0 + np.sqrt((g * g).sum())), state

    with pytest.raises(ValueError, match="trajectories influence each other"):
        run(coupled, engine="reference")


def test_a_late_norm_over_the_trajectories_is_refused():
    """Not before step 30; its twin clips every trajectory by itself from then on."""

    def late(together):
        def step(x, g, state, hp):
            size = np.sqrt((g * g).sum()) if together else abs(g)
            return x - hp.lr * g / np.where(state["t"] > 30, 1.0 + size, 1.0), {"t": state["t"] + 1.0}

        return step

    with pytest.raises(ValueError, match="trajectories influence each other"):
        run(late(True), {"t": 0.0}, engine="reference")
    assert run(late(False), {"t": 0.0}, engine="reference").nonfinite == 0


PLACES = {"first": 0, "second": 1, "last": -1}


@pytest.mark.parametrize("engine", ["reference", "torch"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("problem", [PROBLEM, huber(1.3, 0.4, 1.0, 2)], ids=["line", "wide"])
def test_one_trajectory_may_not_decide_for_all(engine, place, problem):
    """A branch that arrays cannot refuse, at a level beyond the noise; its twin chooses for each trajectory."""
    arguments = {"steps": 9, "runs": 20, "engine": engine, "problem": problem}
    if problem.dim > 1:
        arguments["noise"] = isotropic(LAWS["pareto"])

    def branching(x, g, state, hp):
        entries = np.ravel(np.asarray(g))
        if abs(entries[PLACES[place] % len(entries)]) > 1e4:
            return x + 100.0, state
        return x - hp.lr * g, state

    def choosing(x, g, state, hp):
        return where(abs(g) > 1e4, x + 100.0, x - hp.lr * g), state

    with pytest.raises(ValueError, match="trajectories influence each other"):
        run(branching, **arguments)
    plain = run(lambda x, g, state, hp: (x - hp.lr * g, state), **arguments)
    assert np.array_equal(run(choosing, **arguments).values, plain.values)


def test_a_late_branch_for_all_is_refused():
    """After the short runs; its twin never gets there."""

    def late(begins):
        def step(x, g, state, hp):
            if np.ravel(state["t"])[0] > begins and np.ravel(abs(g))[0] > 1e4:
                return x + 100.0, {"t": state["t"] + 1.0}
            return x - hp.lr * g, {"t": state["t"] + 1.0}

        return step

    with pytest.raises(ValueError, match="trajectories influence each other"):
        run(late(45), {"t": 0.0}, engine="reference")
    assert run(late(99), {"t": 0.0}, engine="reference").nonfinite == 0


def test_what_arrays_do_not_do_is_refused():
    """A branch that only a single trajectory can take, at a gradient that these runs never see."""

    def step(level):
        def inner(x, g, state, hp):
            try:
                return (x + 100.0 if abs(g) > level else x - hp.lr * g), state
            except ValueError:
                return x - hp.lr * g, state

        return inner

    with pytest.raises(ValueError, match="trajectories influence each other"):
        run(step(1e4), engine="reference")
    assert run(step(math.inf), engine="reference").nonfinite == 0


def test_a_step_with_a_memory_is_refused():
    count = itertools.count(1)
    with pytest.raises(NotStraightLine, match="two calls differ"):
        run(lambda x, g, state, hp: (x - hp.lr / next(count) * g, state))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (lambda x, g, state, hp: x - hp.lr * g, "expected a pair"),
        (lambda x, g, state, hp: (x - hp.lr * g, {"m": g}), "expected the state \\[\\], got \\['m'\\]"),
        (lambda x, g, state, hp: (x - hp.lr * g**0.5, state), "power 0.5; expected 1, 2, 3 or 4"),
        (lambda x, g, state, hp: (x - 0.9**x * g, state), "carry the power in the state"),
        (lambda x, g, state, hp: (x - math.exp(g), state), "a recorded number has no value"),
        (lambda x, g, state, hp: (x - np.exp(g), state), "ufunc"),
        (lambda x, g, state, hp: (x - round(g), state), r"test_own.py:\d+: .*round.*: a recorded number has no value"),
        (lambda x, g, state, hp: (x - int(g), state), r"test_own.py:\d+: .*int.*: a recorded number has no value"),
        (lambda x, g, state, hp: (x - g // 1, state), r"test_own.py:\d+: .*//.*: a recorded number has no value"),
        (lambda x, g, state, hp: (x - g[0], state), r"test_own.py:\d+: .*: a recorded number has no value"),
        (lambda x, g, state, hp: (x - np.clip(g, -1, 1), state), r"test_own.py:\d+: .*np.clip.*may not branch"),
        (lambda x, g, state, hp: (x - (g > 0), state), "use where"),
        (lambda x, g, state, hp: (x - where(True, g, x), state), "expected a comparison"),
        (lambda x, g, state, hp: (x - where(g > 3, math.nan, g), state), r"test_own.py:\d+: .*: nan is no real number"),
    ],
)
def test_what_cannot_be_recorded_is_refused(step, message):
    with pytest.raises(TypeError, match=message):
        run(step)


def test_a_constant_may_be_infinite():
    """nan, its neighbour, is refused by the compiled loops."""

    def step(x, g, state, hp):
        return x - hp.lr * where(abs(g) < math.inf, g, -math.inf), state

    assert np.array_equal(run(step).values, run(step, engine="reference").values)


@pytest.mark.parametrize(
    ("hp", "state", "message"),
    [
        (HyperParameters(gamma=0.1), {}, "hp: expected a mapping"),
        ({"l r": 0.1}, {}, "expected names that are identifiers"),
        ({"lr": math.nan}, {}, r"hp\['lr'\]: expected a real number"),
        ({"lr": 0.1}, {"v": math.inf}, r"state\['v'\]: expected a real number"),
    ],
)
def test_numbers_are_checked(hp, state, message):
    with pytest.raises(ValueError, match=message):
        run(adagrad, state, hp)


def test_a_method_wants_its_own_record():
    with pytest.raises(ValueError, match="hp: expected HyperParameters"):
        simulate(CLIP_SGD, PROBLEM, LAWS["stable"], hp={"gamma": 0.1}, **ARGUMENTS)
