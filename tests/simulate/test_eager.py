"""The torch engine on the CPU: bit for bit the other engines, and what would have made it differ."""

import sys
from dataclasses import replace
from fractions import Fraction as F
from types import SimpleNamespace

import numpy as np
import pytest
from instances import LAWS, VARIANTS

from bounds.methods import CLIP_ADAGRAD_NORM
from counterexamples.noise import isotropic, steered
from counterexamples.problems import double_well, huber, plateau, pseudo_huber, quadratic, squareplus, stretched, well
from counterexamples.steering import steer
from verify.simulate import HyperParameters, OwnStep, simulate
from verify.simulate.functions import clip, maximum, minimum, norm, sq_norm, sqrt, where
from verify.simulate.noise.philox import words
from verify.simulate.noise.sampler import Atoms, Planned, draw, sampler
from verify.simulate.noise.tables import REFINED

torch = pytest.importorskip("torch")
eager = pytest.importorskip("verify.simulate.backends.eager")

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01, b0=0.9, beta1=0.8, beta2=0.99)
ARRAYS = ("values", "last_values", "weight_sums")


PROBLEM = huber(1.3, 0.4, 1.0)


def run(method=CLIP_ADAGRAD_NORM, law=LAWS["stable"], problem=PROBLEM, engine="torch", **changes):
    arguments = {"hp": HP, "steps": 37, "runs": 40, "seed": 7} | changes
    return simulate(method, problem, law, engine=engine, **arguments)


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


@pytest.mark.parametrize("dim", [None, 5])
def test_torch_gives_the_bits_of_the_compiled_loops(law, dim):
    arguments = {"law": isotropic(law), "problem": huber(1.3, 0.4, 1.0, dim)} if dim else {"law": law}
    found = run(**arguments)
    assert same(found, run(**arguments, engine="compiled"))
    assert found.engine == "torch, float64, cpu"
    assert not same(found, run(**arguments, seed=8)) or not law.scale


def test_every_method_gives_the_bits_of_the_reference(method):
    arguments = {"problem": quadratic(1.0, 2.0), "delay": 3}
    assert same(run(method, **arguments), run(method, engine="reference", **arguments))


@pytest.mark.parametrize("problem", [plateau(F(1), F(2), 0.7), well(F(1), F(2)), pseudo_huber(1.0, 0.3, 1.0)], ids=str)
@pytest.mark.parametrize("dim", [1, 3])
def test_every_shape_and_both_metrics(problem, dim):
    law = isotropic(LAWS["stable"]) if dim > 1 else LAWS["stable"]
    for metric in ("gap", "grad_sq"):
        arguments = {"problem": replace(problem, dim=dim), "law": law, "metric": metric}
        momentum = VARIANTS["stale-delayed-momentum"]
        assert same(run(momentum, **arguments), run(momentum, engine="reference", **arguments))


@pytest.mark.parametrize("problem", [double_well(F(1), F(2)), squareplus(F(1), F(2), 0.3)], ids=lambda p: p.shape)
def test_shapes_of_the_line(problem):
    assert same(run(problem=problem), run(problem=problem, engine="reference"))


def test_ill_conditioned_problems():
    arguments = {"law": isotropic(LAWS["stable"]), "problem": stretched(huber(1.3, 0.4, 1.0, 4), 50.0), "delay": 2}
    assert same(run(VARIANTS["stale"], **arguments), run(VARIANTS["stale"], engine="reference", **arguments))


def test_steered_and_planned_noise():
    law = steered(LAWS["two-point"], steer("turning", 0.4, 0.2, until=20))
    assert same(run(law=law), run(law=law, engine="reference"))
    planned = Planned(np.arange(50)[None] % 37, np.linspace(-5, 5, 50)[None])
    assert same(run(law=planned, first=3), run(law=planned, first=3, engine="reference"))


def everything(x, g, state, hp):
    t = state["t"] + 1
    v = maximum(0.99 * state["v"], norm(g) ** 3) + minimum(sq_norm(g), 1.0) + norm(g) ** 4
    step = where(t < 3, clip(g, hp.lam), g / (sqrt(v) + 1e-8)) + where(t == 4, 1.0, -0.3) / (1 + v)
    return x - hp.lr / (1 + v) * step + 0.3 / (3 + v) - abs(g) ** 3 / 1e3, {"t": t, "v": v}


@pytest.mark.parametrize("dim", [None, 3])
def test_a_step_of_ones_own_gives_the_bits_of_the_reference(dim):
    mine = OwnStep(everything, {"t": 0.0, "v": 0.0})
    law = LAWS["pareto"] if dim is None else isotropic(LAWS["pareto"])
    arguments = {"hp": {"lr": 0.3, "lam": 2.0}, "law": law, "problem": huber(1.3, 0.4, 1.0, dim or 1)}
    assert same(run(mine, **arguments), run(mine, engine="reference", **arguments))


def test_what_torch_rounds_otherwise():
    """Negative twins: without the way around, number / tensor and fourth powers have other bits."""
    x = torch.from_numpy(np.random.default_rng(0).uniform(0.1, 4.0, 4096))
    array = x.numpy()
    assert np.array_equal(eager.TorchOps.sqrt(x).numpy(), np.sqrt(array))
    with eager._Products():
        assert np.array_equal((0.3 / x).numpy(), 0.3 / array)
        assert np.array_equal((x**4).numpy(), array * array * array * array)
        assert np.array_equal((x**3).numpy(), array * array * array)
    assert not np.array_equal((0.3 / x).numpy(), 0.3 / array)
    assert not np.array_equal((x**4).numpy(), array * array * array * array)


@pytest.mark.parametrize("mark", [0, 2**63])
def test_words_are_those_of_philox(mark):
    ids = np.array([0, 1, 2**32 - 1, 2**32, 2**62 + 12345], np.uint64)
    job = SimpleNamespace(seed=2**63 + 17, stream=5, law=None, wide=False, steps=4, real=np.float64)
    found = eager.Noise(job, ids, torch.device("cpu"))._words(2**30, 2, 1, mark >> 32)
    expected = [words(2**30 + k, 11, ids | np.uint64(mark), 2**63 + 17) for k in range(2)]
    assert np.array_equal(found.numpy(), np.concatenate(expected).astype(np.int64))


def noise(law, lanes, steps):
    job = SimpleNamespace(seed=3, stream=1, law=law, wide=False, steps=steps, real=np.float64)
    drawn = eager.Noise(job, np.arange(lanes, dtype=np.uint64), torch.device("cpu"))
    return np.stack([drawn(t).numpy() for t in range(steps)])


@pytest.mark.parametrize("name", ["stable", "one-sided stable"])  # symmetric, one-sided
def test_refined_words_of_the_far_tail(name):
    """2^18 numbers, some of them refined by a second word."""
    law, ids = sampler(LAWS[name]), np.arange(2**15, dtype=np.uint64)
    first = np.concatenate([words(block, 2, ids, 3) for block in range(2)])
    assert np.count_nonzero(first >> np.uint32(1) < REFINED) >= 2
    assert np.array_equal(noise(law, 2**15, 8), np.stack([draw(law, t, 2, ids, 3) for t in range(8)]))


def test_second_words_decide_between_atoms():
    """A threshold that shares its first word with a trajectory, below and above its second word."""
    ids = np.arange(20, dtype=np.uint64)
    first, second = (int(words(0, stream, ids, 3)[2, 7]) for stream in (2, 3))
    for cut, value in ((first << 32 | second, -1.0), ((first << 32 | second) + 1, 2.0)):
        law = Atoms(np.array([cut, 2**64 - 2**40], np.uint64), np.array([2.0, -1.0, 0.5]))
        found = noise(law, 20, 4)
        assert found[2, 7] == value
        assert np.array_equal(found, np.stack([draw(law, t, 2, ids, 3) for t in range(4)]))


def test_blocks_do_not_show(monkeypatch):
    one = run(runs=90)
    monkeypatch.setattr("verify.simulate.engine.TORCH_WIDTH", 32)
    monkeypatch.setattr(eager, "ENTRIES", 200)
    assert same(one, run(runs=90))


def test_a_device_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"^device: cuda was asked for, and torch sees no GPU"):
        run(device="cuda")
    with pytest.raises(ValueError, match=r"^device: the engine compiled runs on the cpu only, got 'cuda'"):
        run(engine="compiled", device="cuda")
    monkeypatch.setitem(sys.modules, "verify.simulate.backends.eager", None)
    with pytest.raises(ValueError, match=r"^engine: torch is not installed"):
        run()
