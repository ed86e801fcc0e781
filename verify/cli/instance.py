"""The options that say what is simulated: a method at its numbers on a problem in a noise."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import click

from bounds.methods import METHODS, Method
from verify.cli.options import ALPHA, FORGETTING, MOMENTUM, NONNEGATIVE, POSITIVE, Exact, integers, number

if TYPE_CHECKING:
    from counterexamples.noise import Law
    from counterexamples.problems import Problem
    from verify.simulate.records import HyperParameters

PROBLEMS = ("nearly-linear", "huber", "quadratic")
NOISES = ("none", "stable", "pareto", "pareto-inward", "lomax", "student", "gaussian", "two-point", "three-point")
METRICS = {  # what is printed -> what the run keeps
    "weighted": "f(x) - f* at the mean of the iterates weighted with the stepsizes",
    "last": "f(x_N) - f*",
    "average": "f(x) - f* at their plain mean",
    "grad_sq": "weighted mean of ||grad f(x_t)||^2",
    "best_grad_sq": "least ||grad f(x_t)||^2, t < N",
    "max_gap": "largest f(x_t) - f*, t <= N",
    "max_distance": "largest ||x_t - x*||, t <= N",
}

INSTANCE = (
    click.argument("method", type=click.Choice(list(METHODS))),
    number("--gamma", POSITIVE, None, "Stepsize (its numerator, with an accumulator).", required=True),
    click.option(
        "--lam", type=Exact(POSITIVE, "inf"), default="inf", show_default=True, help="Clipping level; inf: none."
    ),
    click.option("--problem", type=click.Choice(PROBLEMS), default="nearly-linear", show_default=True),
    click.option("--noise", type=click.Choice(NOISES), default="stable", show_default=True),
    number("--alpha", ALPHA, "1.5", "Tail index: the noise has E|xi|^alpha <= sigma^alpha."),
    number("--sigma", NONNEGATIVE, "1", "Noise level."),
    number("--jump", POSITIVE, "10", "Size of the jumps of two- and three-point noise."),
    number("--steps", integers(1, 10**9, 1000), "1000", "Number of steps N."),
    number("--b0", POSITIVE, "1", "Initial accumulator."),
    number("--eta", NONNEGATIVE, "1", "Weight of AdaGrad's accumulator."),
    number("--beta1", MOMENTUM, "0", "Momentum."),
    number("--beta2", FORGETTING, None, "Forgetting of Adam's accumulator. [default: 1 - 1/steps]"),
    number("--delay", integers(1, 64, 1), "1", "Delay of the stepsize."),
    number("--dim", integers(1, 64, 1), "1", "Dimension; above 1 the noise is in all directions, of the same size."),
    number("--seed", integers(0, 2**64 - 1, 0), "0", "Seed; reproduces the run bit for bit."),
    click.option(
        "--workers", type=click.IntRange(1), help="Threads; they do not influence the result. [default: all cores]"
    ),
)


def instance(command: Any) -> Any:
    """The options, and the argument METHOD."""
    return reduce(lambda made, option: option(made), reversed(INSTANCE), command)


def built(asked: dict[str, Any]) -> tuple[Method, Problem, Law, HyperParameters]:
    """What was asked for; ValueError or ArithmeticError for noise that cannot be drawn."""
    from dataclasses import replace

    from counterexamples import noise
    from counterexamples.problems import huber, nearly_linear, quadratic
    from verify.simulate.records import HyperParameters

    alpha, sigma, steps = asked["alpha"], asked["sigma"], asked["steps"]
    clipped = asked["lam"] != "inf"
    method = replace(METHODS[asked["method"]], momentum=asked["beta1"] > 0, clipped=clipped)
    beta2 = asked["beta2"] if asked["beta2"] is not None else 1 - Fraction(1, max(steps, 2))
    u = float(asked["gamma"] / (1 if method.accumulator == "none" else asked["b0"]))
    problem = {
        "nearly-linear": lambda: nearly_linear(1.0, 1.0, u, steps),
        "huber": lambda: huber(1.0, 0.125, 1.0),
        "quadratic": lambda: quadratic(1.0, 1.0),
    }[asked["problem"]]()
    index = {k: noise.default_index(getattr(noise, k), alpha) for k in ("Stable", "Pareto", "Lomax")}
    laws = {
        "none": lambda: noise.no_noise(alpha, sigma),
        "stable": lambda: noise.scaled(noise.Stable(index["Stable"]), alpha, sigma),
        "pareto": lambda: noise.scaled(noise.Pareto(index["Pareto"]), alpha, sigma),
        "pareto-inward": lambda: noise.scaled(noise.Pareto(index["Pareto"]), alpha, sigma, noise.INWARD),
        "lomax": lambda: noise.scaled(noise.Lomax(index["Lomax"]), alpha, sigma),
        "student": lambda: noise.scaled(noise.StudentT(alpha + Fraction(1, 4)), alpha, sigma),
        "gaussian": lambda: noise.scaled(noise.Gaussian(), alpha, sigma),
        "two-point": lambda: noise.jump_law(asked["jump"], alpha, sigma, noise.OUTWARD),
        "three-point": lambda: noise.jump_law(asked["jump"], alpha, sigma, noise.OUTWARD, symmetric=True),
    }
    hp = HyperParameters(
        gamma=float(asked["gamma"]), lam=float(asked["lam"]) if clipped else float("inf"), eta=float(asked["eta"]),
        b0=float(asked["b0"]), beta1=float(asked["beta1"]), beta2=float(beta2),
    )  # fmt: skip
    law, dim = laws[asked["noise"]](), asked["dim"]
    if dim > 1:
        problem, law = replace(problem, dim=dim), noise.isotropic(law)
    return method, problem, law, hp
