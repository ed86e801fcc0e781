"""Replicas that are not independent runs, and optimizers that fail in the middle: nothing is concluded from them."""

import random
from functools import partial

import numpy as np
import pytest
import torch

import verify
from verify.optimizers.paths import loud
from verify.optimizers.report import lines
from verify.optimizers.tails import width
from verify.statistics import INCONCLUSIVE, SUPPORTED

SHORT = {"steps": 60, "delta": "0.1", "sigma": "0.1", "level": "1/2", "runs": 256}


def clipped_by_the_largest(memory, x, g, state):
    """Scales by the largest gradient in ``memory``: its own, or one that all replicas share."""
    kept = memory if memory is not None else (state or [0.0])
    kept[0] = max(kept[0], float(abs(g).max()))
    return x - 0.05 * g / max(kept[0], 1.0), kept


class Late(torch.optim.SGD):
    """SGD that stops after so many calls: of all instances of the class together, or of one."""

    calls = 0

    def step(self, closure=None):
        type(self).calls += 1
        if type(self).calls < self.last:
            super().step()


class Own(Late):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.calls = 0

    def step(self, closure=None):
        self.calls = self.calls + 1
        if self.calls < self.last:
            torch.optim.SGD.step(self)


class Drawing(torch.optim.SGD):
    """Draws one random number a step after 45 steps: under vmap all replicas would get the same."""

    def step(self, closure=None):
        self.calls = getattr(self, "calls", 0) + 1
        self.param_groups[0]["lr"] = 0.05 * (random.random() if self.calls > 45 else 1.0)
        super().step()


def test_a_memory_of_all_replicas_is_found_out():
    """It matters only once a gradient is larger than 1: the probe's gradients do not get there."""
    short = SHORT | {"steps": 10, "delta": "0.5", "runs": 32}
    shared = verify.check_optimizer(partial(clipped_by_the_largest, [0.0]), **short)
    alone = verify.check_optimizer(partial(clipped_by_the_largest, None), **short)
    assert (shared.status, shared.independent, shared.path) == (INCONCLUSIVE, False, "loop")
    assert "run again" in shared.notes[-1] and (alone.status, alone.notes) == (SUPPORTED, ())


@pytest.mark.parametrize(("made", "last"), [(Late, 600), (Late, 1700), (Own, 600)])
def test_a_counter_that_matters_late_is_found_out(made, last):
    """Before the first instance, or between the second and the last."""
    Late.calls, made.last, status = 0, last, INCONCLUSIVE if made is Late else SUPPORTED
    found = verify.check_optimizer(partial(made, lr=0.05), **SHORT)
    assert found.status == status and found.independent == (status == SUPPORTED)
    text = "\n".join(lines(found))
    assert ("all statuses together are right" in text) == bool(found.rows) == (made is Own)


def test_random_numbers_that_come_late_are_not_shared():
    found = verify.check_optimizer(partial(Drawing, lr=0.05), **SHORT)
    assert found.status == INCONCLUSIVE and found.path == "loop" and not found.independent


def test_what_is_raised_in_the_middle_is_one_line():
    def explodes(x, g, state):
        t = (state or 0) + 1
        if t == 50:
            raise RuntimeError("two\nlines")
        return x - 0.05 * g, t

    found = verify.check_optimizer(explodes, **SHORT)
    assert found.status == INCONCLUSIVE and not found.rows
    assert found.fatal.endswith("raised RuntimeError: two lines") and sum("error" in line for line in lines(found)) == 1


def test_random_numbers_depend_on_the_seed_and_those_of_the_caller_are_left_alone():
    """An optimizer that draws from the global generators: the same seed gives the same run, another one another."""

    def noisy(x, g, state):
        return x - 0.05 * g * (1 + 0.1 * np.random.random() + 0.1 * random.random()), state

    short, before = (
        SHORT | {"steps": 5, "delta": "0.5", "runs": 16},
        (random.getstate(), np.random.get_state()[1].tolist()),
    )
    one, again, other = (verify.check_optimizer(noisy, seed=seed, **short) for seed in (1, 1, 2))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    values = [found.rows[0].values.tolist() for found in (one, again, other)]  # without noise but the optimizer's own
    assert values[0] == values[1] != values[2] and "not deterministic" in one.notes[0] and len(set(values[0])) > 10


@pytest.mark.parametrize(("steps", "lanes"), [(1, 4096), (2**15, 4096), (2**17 + 1, 992), (10**7, 32)])
def test_the_noise_of_a_batch_fits_in_memory(steps, lanes):
    """A gigabyte, but for very long runs of whole vectors."""
    assert width(steps) == lanes and (lanes * steps <= 2**27 or lanes == 32)


def test_loud_company_leaves_the_quiet_alone():
    noise = np.arange(60.0).reshape(5, 12)
    found = loud(noise, 4)
    assert (found[:, :4] == noise[:, :4]).all()
    assert abs(found - noise)[:, 4:].tolist() == [[2.0**20, 2.0**25, 2.0**30, 2.0**35, 1.0, 32.0, 2.0**10, 2.0**15]] * 5
    assert (np.sign(found - noise)[:-1, 4:] == -np.sign(found - noise)[1:, 4:]).all()


def test_random_numbers_do_not_hide_a_shared_memory():
    """From the same seed the same run, unless something else is remembered; its twin remembers by itself."""

    def noisy(memory, x, g, state):
        x, state = clipped_by_the_largest(memory, x, g, state)
        return x + 1e-6 * random.random(), state

    short = SHORT | {"steps": 10, "delta": "0.5", "runs": 32}
    shared = verify.check_optimizer(partial(noisy, [0.0]), **short)
    alone = verify.check_optimizer(partial(noisy, None), **short)
    assert (shared.status, shared.independent) == (INCONCLUSIVE, False) and "run again" in shared.notes[-1]
    assert (alone.status, alone.independent) == (SUPPORTED, True) and "not deterministic" in alone.notes[0]
