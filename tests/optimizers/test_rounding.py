"""The certified radius of a run: the exact run lies within it, and what is no rounding lies outside."""

import itertools
from decimal import Decimal
from fractions import Fraction as F
from functools import partial

import numpy as np
import pytest
import torch
from instances_of_noise import PROBLEM, law

from counterexamples.problems import quadratic
from verify.optimizers import decompose, paths, world
from verify.optimizers.rounding import RULES, Untracked, radii, track
from verify.optimizers.subject import subject

NOISE = world.noise(law(), 30, 0, 4, 1, 0)
CLAMP = {"clamp": ((-1.0, 0.0), (1.0, 0.0))}
X0 = world.start(PROBLEM, 1)


def exact_momentum(lane, lr, beta):
    """SGD with momentum in rational arithmetic, on the Huber problem."""
    x, m, nu, total = F(PROBLEM.start), F(0), F(PROBLEM.nu), F(0)
    for t, xi in enumerate(lane):
        total += x
        g = F(PROBLEM.L) * max(-nu, min(x, nu)) + F(float(xi))
        m = g if t == 0 else F(beta) * m + g
        x -= F(lr) * m
    return total / len(lane), x


def test_the_exact_run_lies_within_the_radius():
    who = subject(torch.optim.SGD, lr=0.1, momentum=0.9)
    floating, (average, last) = paths.loop(who, PROBLEM, X0, NOISE), radii(who, PROBLEM, X0, NOISE)
    for k, lane in enumerate(NOISE.T):
        exact = exact_momentum(lane, 0.1, 0.9)
        for found, radius, value in zip(
            (floating.average[k], floating.last[k]), (average[k], last[k]), exact, strict=True
        ):
            assert abs(F(float(found[0])) - value) <= F(float(radius[0])) < F(1, 10**10)


@pytest.mark.parametrize("name", ["Adam", "Adagrad", "RMSprop", "NAdam", "RAdam", "Adadelta", "Adamax"])
def test_another_evaluation_lies_within_it(name):
    """The decomposed batch: it differs, by less than twice a radius that is itself tiny."""
    who = subject(getattr(torch.optim, name), lr=0.1)
    average, last = radii(who, PROBLEM, X0, NOISE)
    one, other = paths.loop(who, PROBLEM, X0, NOISE), paths.decomposed(who, PROBLEM, X0, NOISE)
    assert (abs(one.last - other.last) <= 2 * last).all() and (abs(one.average - other.average) <= 2 * average).all()
    assert last.max() < 1e-6


@pytest.mark.parametrize("factor", [1 + 1e-7, 1 - 1e-7])
def test_a_wrong_rule_is_not_rounding(monkeypatch, factor):
    """Negative twin: a decomposition that is off by 1e-7 is refused, and the slow exact batch is taken."""
    who = subject(torch.optim.Adam, lr=0.1)
    assert paths.choose(who, PROBLEM, X0, NOISE).name == "vmap-decomposed"
    true = decompose.RULES["addcdiv_"]
    monkeypatch.setitem(decompose.RULES, "addcdiv_", lambda s, a, b, value=1: true(s, a, b, value=value * factor))
    path = paths.choose(who, PROBLEM, X0, NOISE)
    assert path.name == "vmap" and "more than rounding can explain" in path.refused[0]


def test_an_operation_without_a_rule_is_named():
    class Odd(torch.optim.SGD):
        def step(self, closure=None):
            for p in self.param_groups[0]["params"]:
                p.sub_(0.1 * torch.tanh(p.grad))

    with pytest.raises(Untracked, match="tanh"):
        radii(subject(partial(Odd, lr=0.1)), PROBLEM, X0, NOISE)


def test_a_sign_that_rounding_may_turn_has_no_radius():
    """sign(0 +- rounding) may be anything."""

    class Sign(torch.optim.SGD):
        def step(self, closure=None):
            for p in self.param_groups[0]["params"]:
                p.sub_(0.1 * torch.sign(p.grad - p.grad))

    _, last = radii(subject(partial(Sign, lr=0.1)), PROBLEM, X0, NOISE[:2])
    assert not np.isfinite(last).any()  # inf or nan: nothing is less


class Unsure(torch.optim.SGD):
    """SGD by a fused operation, and a rounded 0: times a large number, or in an exponent."""

    how = "times"

    @torch.no_grad()
    def step(self, closure=None):
        for p in self.param_groups[0]["params"]:
            p.addcdiv_(p.grad, torch.ones_like(p), value=-0.1)
            rounded = p.grad - p.grad
            if self.how == "times":
                p.sub_(1e14 * rounded)
            else:
                p.pow_(rounded + 1.0)


@pytest.mark.parametrize(("how", "dim"), [("times", 1), ("pow", 2)])
def test_a_deviation_that_nothing_bounds_is_refused(monkeypatch, how, dim):
    """A radius that is large explains everything, an operation that fails in it nothing: a rule that is off by half
    is not accepted."""
    monkeypatch.setattr(Unsure, "how", how)
    true = decompose.RULES["addcdiv_"]
    monkeypatch.setitem(decompose.RULES, "addcdiv_", lambda s, a, b, value=1: true(s, a, b, value=value * 1.5))
    path = paths.choose(subject(partial(Unsure, lr=0.1)), PROBLEM, world.start(PROBLEM, dim), NOISE[:2])
    assert path.name != "vmap-decomposed" and "vmap-decomposed: deviates" in path.refused[0], path.refused


@pytest.mark.parametrize(
    ("value", "radius", "expected"), [(3.0, 0.25, 0.0), (1.1, 0.25, 0.25), (1.4, 0.25, 0.1), (0.0, 0.25, 0.25)]
)
def test_what_is_clipped_moves_no_more_than_it_can(value, radius, expected):
    """Runs within a radius of the exact one, itself within a radius of this one: clip(., 1) of all in two radii."""
    found = track(torch.tensor([value], dtype=torch.float64), radius).clamp(-1.0, 1.0)
    spread = np.clip(value + np.linspace(-2, 2, 4001) * radius, -1, 1)
    assert float(found.radius) == pytest.approx(expected) and spread.max() - spread.min() >= expected - 1e-12


@pytest.mark.parametrize("name", ["AdamW", "Adam"])
def test_an_unstable_run_is_followed_as_far_as_radii_say_something(name):
    """In the bowl near the minimum radii of these two grow tenfold a step; the decomposed batch is still taken."""
    who, bowl = subject(getattr(torch.optim, name), lr=0.1), quadratic(1.0, 1.0)
    noise = world.noise(law(), 40, 0, 16, 1, 0)
    radius = radii(who, bowl, X0, noise[:, :2])[1]
    assert not (radius < 1e-6).all()
    assert paths.choose(who, bowl, X0, noise).name == "vmap-decomposed"


EXACT = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "maximum": max,
    "sqrt": lambda a, b: a.sqrt(),
    "clamp": lambda a, b: min(max(a, F(-1)), F(1)),
}


@pytest.mark.parametrize("name", EXACT)
def test_a_rule_bounds_every_other_run(name):
    """Arguments of one run; the exact ones up to a radius away, those of another run up to one further: the corners of
    both, 200 draws with radii from tiny to as large as the arguments."""
    rng, ends = np.random.default_rng(3), (-1, 0, 1)
    operation, unary = EXACT[name], name in ("sqrt", "clamp")
    for _ in range(200):
        (a, b), share = rng.uniform(0.1, 2.0, 2), 10.0 ** rng.uniform(-3, 0, 2)
        ra, rb = (float(r) for r in share * np.array([a, b]) / 2.1)
        given = [track(torch.tensor([v], dtype=torch.float64), r) for v, r in ((a, ra), (b, rb))]
        value = RULES[name](
            *[(x.as_subclass(torch.Tensor), x.radius) for x in given[: 1 if unary else 2]], *CLAMP.get(name, ())
        )
        number = Decimal if name == "sqrt" else F
        for i, j, k, m in itertools.product(ends, repeat=4):
            exact = operation(number(float(a + i * ra)), number(float(b + j * rb)))
            other = operation(number(float(a + (i + k) * ra)), number(float(b + (j + m) * rb)))
            assert abs(float(other - exact)) <= float(value[1]) * (1 + 1e-9)
