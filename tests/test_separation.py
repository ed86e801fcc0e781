"""The certified separation: both sides at delta*, the scaling below it; ten times delta* is refused."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as F

import pytest

import bounds
import verify
from verify.cli.separation import as_json, grid, lines
from verify.constants.certify import NotCertified, certify, parameter_definitions
from verify.report import figures
from verify.separation import ABOVE, DEFAULT, NotSeparated, Separation, case, covers, misses, pair, separation

CLASS = {"alpha": F(2), "epsilon": F(1, 10)}


@pytest.fixture(scope="module")
def found() -> Separation:
    return separation(case(**CLASS), tenths=1)


def test_both_numbers_of_steps_are_certified(found):
    about, first = found.case, found.pairs[0]
    assert found.delta == first.delta > F(1, 10**8) and about.nu < about.R and about.nu**2 >= 2 * about.epsilon
    enough = verify.bound(DEFAULT, alpha=2, delta=first.delta, N=first.steps, R=about.R)
    assert enough.upper_exact <= about.epsilon and enough.proof.axioms == ("ville",)
    assert first.steps < first.forced and found.lower.axioms == ()
    second = found.pairs[1]
    assert second.delta == first.delta / 10 and first.steps < second.steps < second.forced


def test_the_forced_steps_are_those_of_the_closed_form(found):
    """T - 1 <= H/nu, H = sigma P^(-1/2) - nu, at the last T and not one step later."""
    about = found.case
    for p in found.pairs:
        at_most = math.sqrt(1 / (2 * p.delta * ABOVE)) / float(about.nu)
        assert abs(p.forced - at_most) <= 1
        assert misses(about, p.delta)(p.forced) and not misses(about, p.delta)(p.forced + 1)


@pytest.mark.parametrize("factor", [F(10), F(101, 100)])
def test_a_separation_at_a_larger_delta_is_refused(found, factor):
    """Negative twin: ten times delta*, and already two digits in the last place, have no certificate."""
    b = found.pairs[0].bound
    with pytest.raises(NotSeparated, match="are not fewer than"):
        pair(found.case, factor * found.delta, b.theorem, b.variant)


def scaled(found: Separation, delta: F, levels: bool = True) -> tuple[dict[str, F], int]:
    """The parameters at delta* moved to a smaller delta as in the argument of ``verify.separation``, and N'."""
    b = found.pairs[0].bound
    statement = bounds.theorem(b.theorem, b.variant)
    own = (statement.integers.keys() | statement.parameters.keys()) - parameter_definitions(statement).keys()
    values = {name: b.parameters[name] for name in own}
    steps = math.ceil(math.log(delta) / math.log(found.delta) * values["N"] * (1 + 1e-9))
    r = F(steps) / values["N"]
    values |= {"delta": delta, "N": F(steps), "gamma": values["gamma"] / r, "h": values["h"] * r}
    values["eta"] = (values["gamma"] / found.case.R) ** 2
    values |= {name: values[name] * r for name in ("A1", "A2")} if levels else {}
    return values, steps


@pytest.mark.parametrize("power", [1, 3, 12])
def test_the_scaling_that_covers_every_smaller_delta(found, power):
    b, delta = found.pairs[0].bound, found.delta / 10**power
    values, steps = scaled(found, delta)
    again = certify(bounds.theorem(b.theorem, b.variant), values)
    assert found.everywhere and again.upper <= found.case.epsilon and misses(found.case, delta)(steps)


def test_the_scaling_needs_the_levels_of_the_smaller_delta(found):
    values, _ = scaled(found, found.delta / 10, levels=False)
    b = found.pairs[0].bound
    with pytest.raises(NotCertified):
        certify(bounds.theorem(b.theorem, b.variant), values)


def test_what_the_scaling_covers():
    """Not Adam-type or stale methods, and not a delta near 1/2; of those the report claims the listed deltas only."""
    adagrad, adam = (case(**CLASS, method=m) for m in ("adagrad-norm", "adam-norm"))
    assert covers(adagrad, DEFAULT, "joint", F(1, 10)) and covers(adagrad, "convex-clip-sgd", "joint", F(1, 10))
    assert not covers(adagrad, DEFAULT, "joint", F(1, 7))
    assert not covers(adam, DEFAULT, "joint", F(1, 10))
    assert not covers(adagrad, "convex-clip-adam-norm", "joint", F(1, 10))
    assert not covers(adagrad, "convex-clip-adagrad-norm-stale", "joint", F(1, 10))


def test_only_what_is_covered_is_said_of_smaller_deltas(found):
    text = "\n".join(lines(found))
    assert "every smaller delta" in text and f"delta* = {as_json(found)['delta']}: at this delta and below it" in text
    text = "\n".join(lines(replace(found, everywhere=False)))
    assert "not claimed" in text and "every smaller delta" not in text and "below it" not in text


def test_both_metrics_are_named(found):
    """They are not the same; that of the clipped method follows its theorem."""
    head = "f(xbar) - f*, xbar = sum_{t<N} u_t x_t / sum_{t<N} u_t, u_t = "
    clipped = f"{head}gamma/b_{{t-1}}, b_j = b0 for j < 0"
    unclipped = "f(x_T) - f* at the last of T steps, and f(x) - f*, x the plain mean of x_0 .. x_T"
    text = "\n".join(lines(found))
    assert f"  metrics    clipped: {clipped}\n             unclipped: {unclipped}\n" in text
    record = as_json(found)
    assert (record["upper"]["metric"], record["lower"]["metric"]) == (clipped, unclipped)
    first = found.pairs[0]
    sgd = replace(found, pairs=(replace(first, bound=replace(first.bound, theorem="convex-clip-sgd")),))
    assert f"  metrics    clipped: {head}gamma: the plain mean\n" in "\n".join(lines(sgd))


def test_the_record_and_the_table(found):
    record = as_json(found)
    assert record["pairs"][0]["enough_clipped"] == found.pairs[0].steps and record["lower"]["every"] == "gamma, b0, eta"
    head, _, row = grid({(F(2), F(1, 10)): found, (F(2), F(1, 100)): None})
    assert "epsilon = 0.01" in head and row.endswith(f"({found.pairs[0].steps} steps) | none |")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("separation --alpha 1.5", ("--epsilon",)),
        ("separation --table --alpha 1.5", ("--table", "--alpha")),
        ("separation --alpha 1.5 --epsilon 0.01 --R 0.1", ("R", "sqrt(2 epsilon)", "0.141421")),
        ("separation --alpha 1.5 --epsilon 0.01 --theorem nonconvex-clip-sgd", ("nonconvex-clip-sgd", "convex")),
        ("separation --alpha 1.5 --epsilon 0.01 --method sgd", ("sgd", "adagrad-norm")),
    ],
)
def test_bad_input_gets_one_clear_line(cli, line, words):
    found = cli(line)
    assert (found.code, found.out) == (2, "") and found.err.count("\n") == 1
    assert all(word in found.err for word in words)


def test_no_separation_is_undecided(cli):
    """Near alpha = 1 more steps than 10^100 would be needed: nothing is certified, and nothing is claimed."""
    found = cli("separation --alpha 1.01 --epsilon 0.01")
    assert (found.code, found.out) == (3, "") and "no number of steps is enough" in found.err


def test_the_curves_of_the_figure_cross_at_delta_star(found, monkeypatch):
    monkeypatch.setattr(figures, "ABOVE", 1)
    monkeypatch.setattr(figures, "BELOW", 1)
    enough, certified, forced, star = figures.steps_against_delta(found).curves
    assert certified.y == tuple(float(p.steps) for p in found.pairs) and star.x[0] == float(1 / found.delta)
    assert len(enough.x) == 3
    for x, more, fewer in zip(enough.x, forced.y, enough.y, strict=True):
        assert (more > fewer) == (x >= star.x[0] * (1 - 1e-9))
    (only,) = figures.crossovers([(found.case, found.delta)]).curves
    assert only.x == (0.1,) and only.y == (float(found.delta),)
