"""Replicas that are not independent runs, and optimizers that fail in the middle: nothing is concluded from them."""

import random
from functools import partial

import numpy as np
import pytest
import torch

import verify
from counterexamples.problems import huber
from verify.optimizers import world
from verify.optimizers.paths import choose, loud
from verify.optimizers.report import lines
from verify.optimizers.subject import subject
from verify.optimizers.tails import width
from verify.simulate.company import halves, pairs
from verify.statistics import INCONCLUSIVE, SUPPORTED

PROBLEM = huber(1.0, 0.5, 1.0)
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
    noise, shouting = np.arange(480.0).reshape(40, 12), np.arange(12) % 3 == 1
    found, other = loud(noise, shouting), loud(noise, shouting, 1)
    assert (found[:, ~shouting] == noise[:, ~shouting]).all() and (found != other)[:, shouting].all()
    jumps = (found - noise)[:, shouting]
    assert (jumps > 1e9).any(axis=0).all() and (jumps < -1e9).any(axis=0).all() and (abs(jumps) < 32).any(axis=0).all()


@pytest.mark.parametrize("lanes", [2, 3, 6, 64, 200])
def test_every_lane_is_loud_next_to_every_quiet_one(lanes):
    for sets, needed in ((pairs, lambda i, j: i != j), (halves, lambda i, j: (i ^ j).bit_count() == 1)):
        seen = np.zeros((lanes, lanes), bool)
        for shouting in sets(lanes):
            seen |= np.outer(shouting, ~shouting)
        assert all(seen[i, j] for i in range(lanes) for j in range(lanes) if needed(i, j)) and not seen.diagonal().any()


PLACES = {
    "first": lambda g: g[0],
    "second": lambda g: g[1 % len(g)],
    "middle": lambda g: g[len(g) // 2],
    "last": lambda g: g[-1],
    "neighbour": lambda g: np.roll(g, 1),
    "mirrored": lambda g: g[::-1],
    "half": lambda g: np.roll(g, len(g) // 2),
}


@pytest.mark.parametrize("level", [3.0, 1e9])
@pytest.mark.parametrize("where", PLACES)
def test_a_replica_that_steers_others_is_found_wherever_it_sits(where, level):
    """By a branch or a choice, at a threshold that no replica of the sample reaches; its twin looks at its own."""
    place = PLACES[where]

    def steered(x, g, state):
        return np.where(abs(place(g)) > level, x + 100.0, x - 0.05 * g), state

    def fair(x, g, state):
        return np.where(abs(g) > level, x + 100.0, x - 0.05 * g), state

    noise = np.random.default_rng(0).normal(0, 0.1, (12, 64))
    assert abs(noise).max() < level
    for step, name in ((steered, "loop"), (fair, "arrays")):
        path = choose(subject(step), PROBLEM, world.start(PROBLEM, 1), noise)
        assert path.name == name and path.refused == (
            ("arrays: replicas influence each other",) if name == "loop" else ()
        )


def test_a_branch_on_a_scalar_parameter_runs_one_by_one():
    """Natural code in dimension 1, and wrong for an array of replicas: the first one decided for all."""

    def branching(x, g, state):
        if abs(g[0]) > 3:
            return x + 100.0, state
        return x - 0.05 * g, state

    def choosing(x, g, state):
        return np.where(abs(g) > 3, x + 100.0, x - 0.05 * g), state

    one, other = (verify.check_optimizer(step, **SHORT | {"steps": 30, "runs": 64}) for step in (branching, choosing))
    assert (one.path, other.path) == ("loop", "arrays")
    assert [row.values.tolist() for row in one.rows] == [row.values.tolist() for row in other.rows]
    assert one.status == other.status


def test_what_the_batch_does_not_do_is_found_by_the_loudest_replica():
    """A branch that only a single replica can take: in a batch it is lost, and no replica influences another."""

    def step(level, x, g, state):
        try:
            if abs(g) > level:
                return x + 100.0, state
        except ValueError:
            pass
        return x - 0.05 * g, state

    found, other = (verify.check_optimizer(partial(step, level), **SHORT) for level in (2.0, 1e6))
    assert (found.status, found.path, found.rows) == (INCONCLUSIVE, "arrays", ())
    assert "ends elsewhere when it runs by itself" in found.notes[-1]
    assert (other.path, other.independent) == ("arrays", True) and len(other.rows) > 5


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
