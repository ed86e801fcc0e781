"""``--plot`` of ``counterexample``: what is drawn, the same bytes, nothing where nothing is forced."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

import bounds
from counterexamples.exact import gaps
from counterexamples.lower_bound import lower_instance
from verify.report.figures import trajectories

LINE = "counterexample adagrad-norm --alpha 1.5 --delta 0.01"
HP = {"gamma": F(1), "b0": F(1), "eta": F(1), "beta1": F(0)}


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_the_figure_is_written_and_is_the_same_again(cli, tmp_path, suffix):
    first, again = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    plain = cli(LINE)
    assert cli(f"{LINE} --plot {first}").out == plain.out and cli(f"{LINE} --plot {again}").code == 0
    assert first.read_bytes() == again.read_bytes() and len(first.read_bytes()) > 1000


def test_the_failing_run_misses_and_the_typical_one_does_not():
    """Against the exact recursion, and above epsilon exactly up to the forced steps."""
    instance, epsilon = lower_instance(F(3, 2), F(1, 100), F(1, 100), F(1)), 0.01
    method = bounds.method("lower-adagrad-norm", "plain")
    failing, typical, level, forced = trajectories(method, instance, HP, 95).curves
    assert forced.x == (95.0, 95.0) and level.y == (epsilon, epsilon)
    assert all(y > epsilon for x, y in zip(failing.x, failing.y, strict=True) if x <= 95)
    assert failing.y[-1] < epsilon and all(y <= epsilon for x, y in zip(typical.x, typical.y, strict=True) if x >= 5)
    exact = dict(zip(range(129), gaps(method, instance.problem, HP, -instance.jump), strict=False))
    assert all(abs(float(exact[int(x)].mid()) - y) < 1e-9 for x, y in zip(failing.x, failing.y, strict=True))


def test_b0_zero_is_drawn_and_nothing_forced_is_not(cli, tmp_path):
    path = tmp_path / "zero.svg"
    assert cli(f"{LINE} --b0 0 --plot {path}").code == 0 and path.read_text().startswith("<?xml")
    empty = tmp_path / "nothing.svg"
    assert cli(f"counterexample adam-norm --alpha 1.5 --beta1 0.9 --beta2 0.5 --plot {empty}").code == 3
    assert not empty.exists()


def test_a_wrong_suffix_is_found_before_the_work(cli):
    for line in (LINE, "separation --alpha 1.5 --epsilon 0.01"):
        found = cli(f"{line} --plot figure.txt")
        assert found.code == 2 and found.err.count("\n") == 1 and ".pdf, .svg, .png" in found.err and not found.out
