"""``steps``: enough is certified, too few is certified, and what to run with is printed."""

from __future__ import annotations

from fractions import Fraction

import pytest

import verify

LINE = "steps --epsilon 0.3 --alpha 1.5 --theorem convex-clip-sgd"


def test_the_fewest_steps_with_what_to_run(cli):
    (found,) = cli(f"{LINE} --format json").json["steps"]
    numbers = {"alpha": "1.5", "delta": "0.01"}
    enough = verify.bound(found["id"], N=found["steps"], **numbers)
    assert found["bound"]["upper"] == enough.upper and enough.upper_exact <= Fraction(3, 10)
    assert Fraction(found["parameters"]["gamma"]) == enough.parameters["gamma"]
    assert verify.bound(found["id"], N=found["steps"] * 99 // 100, **numbers).upper_exact > Fraction(3, 10)
    text = cli(LINE).out
    assert f"{found['steps']} steps are enough (joint)" in text and "run with gamma = " in text
    assert f"{found['not_enough']['freedman']} are not enough for freedman" in text


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("steps --alpha 1.5", ("--epsilon",)),
        ("steps --epsilon 0 --alpha 1.5", ("--epsilon", "'0'")),
        ("steps --epsilon 0.1 --alpha 1.5 --theorem nonconvex-clip-sgd", ("Delta", "nonconvex-clip-sgd")),
        ("steps --epsilon 0.1 --alpha 1.5 --theorem lower-adam-norm", ("lower-adam-norm", "convex-clip-sgd")),
    ],
)
def test_bad_input_gets_one_clear_line(cli, line, words):
    found = cli(line)
    assert (found.code, found.out) == (2, "") and found.err.count("\n") == 1
    for word in words:
        assert word in found.err


def test_an_accuracy_that_is_out_of_reach_is_undecided(cli):
    found = cli("steps --epsilon 1e-60 --alpha 1.000001 --sigma 1e60 --theorem convex-clip-sgd")
    assert (found.code, found.out) == (3, "") and "no number of steps up to 10^100" in found.err
