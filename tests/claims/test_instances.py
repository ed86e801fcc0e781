"""Claims that rest on exact instances (L4, L5): the true row holds, a falsified one does not, and says why."""

from __future__ import annotations

import functools
import json
import math
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest

import bounds
from bounds.claims import CLAIMS
from bounds.exponents import exponent
from verify.claims import NotShown, plateau, sgd
from verify.claims import judge as judging
from verify.claims.judge import HOLDS, OPEN, judge

BY_ID = {c.id: c for c in CLAIMS}


def adam_mean(t: int, sign: int) -> float:
    """The mean of f'(x_t)^2 after one jump in call t, written anew in floats."""
    T, delta, h = 256, 1 / 32, 8**-0.25
    reach, z = 7.0, 64.0
    x, v, total = reach + h / 2, 1.0, 0.0
    for s in range(T):
        slope = h if x <= reach - h / 2 else max(0.0, reach + h / 2 - x)
        slope = min(slope, x)
        total += slope * slope
        g = slope + (sign * z if s == t else 0.0)
        v = (1 - 1 / T) * v + g * g / T
        x -= g / math.sqrt(T) / math.sqrt(v)
    return total / T * math.sqrt(delta * T)


def test_the_plateau_agrees_with_an_independent_recursion():
    """Early jumps towards the plateau are enough, late ones and those away from it are not."""
    enough = [t for t in range(256) if adam_mean(t, 1) >= 0.25 * (1 + 1e-9)]
    found, calls = plateau.probability()
    assert calls == len(enough) == 191 and max(enough) == 190
    assert all(adam_mean(t, -1) == 0 for t in (0, 100))
    assert found == 191 * F(1, 32 * 256) * (1 - F(2, 32 * 256)) ** 255 and F(1, 128) < found < F(1, 32)


def test_the_plateau_agrees_with_simulation():
    """The law itself, 20 000 runs: at least the exact lower bound, at 5 standard deviations; and not three times it."""
    runs, T, rng = 20_000, 256, np.random.default_rng(3)
    jumps = rng.choice([-1, 0, 1], size=(runs, T), p=[1 / 8192, 1 - 2 / 8192, 1 / 8192])
    lone = [(int(np.nonzero(row)[0][0]), int(row.sum())) for row in jumps if np.count_nonzero(row) == 1]
    share = sum(sign == 1 and adam_mean(t, 1) >= 0.25 * (1 + 1e-9) for t, sign in lone) / runs
    p = float(plateau.probability()[0])
    assert abs(share - p) <= 5 * math.sqrt(p / runs)


@pytest.mark.parametrize("share", [F(2), F(9, 10)])
def test_a_larger_mean_or_probability_is_not_shown(monkeypatch, share):
    """A mean of 2/sqrt(delta T) is above every squared slope; one of 9/10 needs a jump in the first calls."""
    monkeypatch.setattr(plateau, "probability", lambda s=share, found=plateau.probability: found(s))
    with pytest.raises(NotShown, match="expected a probability of at least 1/128"):
        plateau.witness()
    assert judge(BY_ID["L5"]).verdict == OPEN


@pytest.mark.parametrize("by", ["1/100", "-1/100"])
def test_another_exponent_of_delta_t_opens_the_row(by):
    moved = replace(BY_ID["L5"], exponent=exponent(["1/2"]) + exponent([by]))
    found = judge(moved)
    assert found.verdict == OPEN and "is not what the plateau" in found.reason


def test_noise_of_another_second_moment_is_refused(monkeypatch):
    monkeypatch.setattr(plateau, "DELTA", F(1, 30))
    with pytest.raises(ValueError, match="the square of a whole number"):
        plateau.probability()


def test_sgd_takes_as_long_for_every_stepsize():
    found = sgd.escape()
    for row in found.values():
        assert all(row["forced_steps"] < s <= row["forced_steps"] + 3 for s in row["first_success"].values())
    few, many = (row["forced_steps"] for row in found.values())
    assert 4.5 < many / few < 4.8  # 10^(2/3) = 4.64


def test_a_theorem_without_eta_zero_says_nothing_about_sgd(monkeypatch):
    """Negative twin: with eta > 0 required the row is open, for this reason."""
    true = bounds.theorem("lower-adagrad-norm")
    assert judge(BY_ID["L4"]).verdict == HOLDS
    eta = replace(true.parameters["eta"], sign="pos")
    monkeypatch.setattr(judging.bounds, "theorem", lambda i: replace(true, parameters={**true.parameters, "eta": eta}))
    found = judge(BY_ID["L4"])
    assert found.verdict == OPEN and "does not allow eta = 0" in found.reason


def test_a_success_before_the_forced_steps_is_noticed(monkeypatch):
    monkeypatch.setattr(sgd, "first_success", lambda *args: 7)
    with pytest.raises(NotShown, match="SGD succeeds at step"):
        sgd.escape()


@functools.cache
def run_of(*command: str) -> subprocess.CompletedProcess[str]:
    """What the command prints, in a process of its own (two rows may share a command)."""
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)


@pytest.mark.parametrize("name", ["S7", "S9", "S10", "L4", "L5"])
def test_the_command_of_the_row_runs_and_shows_its_numbers(cli, name):
    """``again:`` is a command line: a module, or one of ours."""
    command = judge(BY_ID[name]).rerun.split()
    if command[0] == "verify":
        found = cli(*command[1:])
        assert found.code == 0 and "forced   f(x_445)" in found.out
    else:
        assert command[:2] == ["python", "-m"]
        assert json.loads(run_of(*command[1:]).stdout)
