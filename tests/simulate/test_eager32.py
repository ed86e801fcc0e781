"""The torch engine in float32 on the CPU: the bits of the compiled float32 loops, not those of float64."""

from dataclasses import replace
from fractions import Fraction as F
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import ALL
from instances import LAWS
from test_single import HP, MORE, PROBLEM, everything, run, same

from counterexamples.noise import isotropic, steered
from counterexamples.problems import double_well, huber, plateau, pseudo_huber, squareplus, stretched, well
from counterexamples.steering import steer
from verify.simulate import OwnStep, single
from verify.simulate.noise.philox import words
from verify.simulate.noise.sampler import sampler
from verify.simulate.noise.tables import REFINED
from verify.simulate.program.ops import of_type

torch = pytest.importorskip("torch")
eager = pytest.importorskip("verify.simulate.backends.eager")


def agrees(**arguments):
    """torch has the bits of the compiled loops; is float64 the same?"""
    found = run(**arguments, engine="torch")
    assert found.engine == "torch, float32, cpu" and same(found, run(**arguments))
    return same(found, run(**arguments, engine="torch", precision="float64"))


@pytest.mark.parametrize("dim", [None, 5])
def test_every_law(law, dim):
    arguments = {"law": isotropic(law), "problem": replace(PROBLEM, dim=dim)} if dim else {"law": law}
    assert not agrees(**arguments)


@pytest.mark.parametrize("name", ["unclip-sgd", "adam-corrected", "stale-delayed-momentum", "adam-delayed-momentum"])
def test_every_kind_of_method(name):
    assert not agrees(method=ALL[name], problem=pseudo_huber(1.3, 0.4, 1.0), delay=3, also=MORE)


@pytest.mark.parametrize(
    "problem", [plateau(F(1), F(2), 0.7), well(F(1), F(2)), double_well(F(1), F(2)), squareplus(F(1), F(2), 0.3)]
)
def test_every_shape(problem):
    assert not agrees(problem=problem, metric="grad_sq", also=MORE[:3])


def test_steered_noise_changing_levels_and_ill_conditioned_problems():
    law = steered(LAWS["two-point"], steer("turning", 0.4, 0.2, until=20))
    assert not agrees(law=law, hp=replace(HP, gamma=np.linspace(0.05, 0.02, 70), lam=np.linspace(0.5, 0.9, 70)))
    assert not agrees(law=isotropic(LAWS["stable"]), problem=stretched(huber(1.3, 0.4, 1.0, 4), 50.0))


@pytest.mark.parametrize("dim", [1, 3])
def test_a_step_of_ones_own(dim):
    """Literals are float32, a choice between two of them too."""
    mine, law = OwnStep(everything, {"t": 0.0, "v": 0.0}), LAWS["three-point"]
    problem = replace(PROBLEM, dim=dim)
    assert not agrees(method=mine, hp={"lr": 0.3, "lam": 2.0}, law=law if dim == 1 else isotropic(law), problem=problem)


@pytest.mark.parametrize("name", ["stable", "one-sided stable"])
def test_second_words_and_the_largest_place(name):
    """2^18 numbers, some of them refined by a second word; 31 ones, which would round to v = 1."""
    ids = np.arange(2**15, dtype=np.uint64)
    law = single._law(sampler(LAWS[name]))
    job = SimpleNamespace(seed=3, stream=1, law=law, wide=False, steps=8, real=np.float32)
    drawn = eager.Noise(job, ids, torch.device("cpu"))
    found = np.stack([drawn(t).numpy() for t in range(8)])
    first = np.concatenate([words(block, 2, ids, 3) for block in range(2)])
    assert np.count_nonzero(first >> np.uint32(1) < REFINED) >= 2
    assert found.dtype == np.float32
    assert np.array_equal(found, np.stack([single.noise(law, t, 2, ids, 3) for t in range(8)]))
    top = drawn._place(torch.tensor([2**31 - 1, 2**31 - 2**6]))
    assert np.array_equal(top.numpy(), single._place(np.array([2**31 - 1, 2**31 - 2**6], np.uint32))) and top[0] < 1


def test_what_would_have_other_bits():
    """Negative twins: torch's own square root, and number / tensor outside of the engine."""
    x = torch.from_numpy(np.random.default_rng(0).uniform(0.1, 4.0, 2**16).astype(np.float32))
    array = x.numpy()
    assert np.array_equal(eager.TorchOps.sqrt(x).numpy(), np.sqrt(array))
    assert not np.array_equal((0.3 / x).numpy(), np.float32(0.3) / array)
    with of_type(np.float32), eager._Products():
        assert np.array_equal((0.3 / x).numpy(), np.float32(0.3) / array) and (0.3 / x).dtype == torch.float32
        assert np.array_equal((x**4).numpy(), array * array * array * array)
