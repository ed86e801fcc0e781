"""The options that say what is simulated: a method at its numbers on a problem in a noise."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import click

from bounds.methods import METHODS, Method
from verify.cli.options import ALPHA, FORGETTING, MOMENTUM, NONNEGATIVE, POSITIVE, Exact, Range, integers, number

if TYPE_CHECKING:
    from counterexamples.noise import Law
    from counterexamples.problems import Problem
    from verify.simulate.records import HyperParameters

PROBLEMS = ("nearly-linear", "huber", "quadratic", "pseudo-huber", "squareplus", "plateau", "well", "double-well")
ONE_SIDED = ("pareto", "one-sided-stable", "one-sided-student", "one-sided-gaussian")
NOISES = (
    "none", "stable", "lomax", "student", "gaussian",
    *(f"{name}{side}" for name in ONE_SIDED for side in ("", "-inward")), "two-point", "three-point",
)  # fmt: skip
METRICS = ("weighted", "last", "average", "grad_sq", "best_grad_sq", "max_gap", "max_distance")

INDEX = Range("a number in (1, 1000]", "1.75", Fraction(1), Fraction(1000), low_open=True)
POWER = Range("a number in [-2, 2]", "-1/2", Fraction(-2), Fraction(2))
FAMILIES = {"stable": "Stable", "pareto": "Pareto", "lomax": "Lomax", "student": "StudentT", "gaussian": "Gaussian"}
MOST_LEVELS = 10**6  # steps with a number of their own

INSTANCE = (
    click.argument("method", type=click.Choice(list(METHODS))),
    number("--gamma", POSITIVE, None, "Stepsize (its numerator, with an accumulator).", required=True),
    click.option(
        "--lam", type=Exact(POSITIVE, "inf"), default="inf", show_default=True, help="Clipping level; inf: none."
    ),
    click.option(
        "--gamma-power", type=Exact(POWER), default="0", show_default=True, help="p in gamma_t = gamma (t+1)^p."
    ),
    click.option(
        "--lam-power", type=Exact(POWER), default="0", show_default=True, help="p in lam_t = lam (t+1)^p, such as 2/3."
    ),
    click.option("--problem", type=click.Choice(PROBLEMS), default="nearly-linear", show_default=True),
    click.option("--noise", type=click.Choice(NOISES), default="stable", show_default=True),
    number(
        "--index", INDEX, None, "Of stable, Pareto, Lomax, Student noise. [default: alpha + 1/4; stable: (alpha+2)/2]"
    ),
    number("--alpha", ALPHA, "1.5", "Tail index: the noise has E|xi|^alpha <= sigma^alpha."),
    number("--sigma", NONNEGATIVE, "1", "Noise level."),
    number("--jump", POSITIVE, "10", "Size of the jumps of two- and three-point noise."),
    number("--steps", integers(1, 10**9, 1000), "1000", "Number of steps N."),
    number("--b0", POSITIVE, "1", "Initial accumulator."),
    number("--eta", NONNEGATIVE, "1", "Weight of AdaGrad's accumulator."),
    number("--beta1", MOMENTUM, "0", "Momentum."),
    number("--beta2", FORGETTING, None, "Forgetting of Adam's accumulator. [default: 1 - 1/steps]"),
    number("--delay", integers(1, 64, 1), "1", "Delay of the stepsize, or with --stale of the gradient."),
    click.option("--stale", is_flag=True, help="Gradients are those at x_(t - delay)."),
    click.option("--corrected", is_flag=True, help="Adam's bias correction."),
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
    from verify.simulate.records import HyperParameters

    method = _method(asked)
    beta2 = asked["beta2"] if asked["beta2"] is not None else 1 - Fraction(1, max(asked["steps"], 2))
    hp = HyperParameters(
        gamma=_levels(asked, "gamma"), lam=_levels(asked, "lam"),
        eta=float(asked["eta"]), b0=float(asked["b0"]), beta1=float(asked["beta1"]), beta2=float(beta2),
    )  # fmt: skip
    mean = sum(hp.gamma) / len(hp.gamma) if isinstance(hp.gamma, tuple) else hp.gamma
    problem = _problem(asked, mean if method.accumulator == "none" else mean / hp.b0)
    law, dim = _law(asked), asked["dim"]
    if dim > 1:
        problem, law = replace(problem, dim=dim), noise.isotropic(law)
    return method, problem, law, hp


def _method(asked: Mapping[str, Any]) -> Method:
    """The method with what is asked of it; ValueError where it has no such thing."""
    from dataclasses import replace

    method = METHODS[asked["method"]]
    if asked["stale"] and method.delayed:
        raise ValueError(f"--stale: expected a stepsize without delay, got {method.name}; try clip-sgd")
    if asked["corrected"] and method.accumulator != "adam":
        raise ValueError(f"--corrected: expected an Adam-type method, got {method.name}; try clip-adam-norm")
    return replace(
        method,
        momentum=asked["beta1"] > 0,
        clipped=asked["lam"] != "inf",
        stale=asked["stale"],
        corrected=asked["corrected"],
    )


def called(asked: Mapping[str, Any]) -> str:
    """The method by name, with what changes it."""
    how = [f"gradients {asked['delay']} steps old"] * asked["stale"] + ["bias correction"] * asked["corrected"]
    return asked["method"] + (f" ({', '.join(how)})" if how else "")


def measured(metric: str, asked: Mapping[str, Any]) -> str:
    """What a metric is for this method, its average written out."""
    from verify.report.average import point, weighted_gap, weights

    method, delay, gamma = _method(asked), asked["delay"], "gamma_t" if asked["gamma_power"] else "gamma"
    z = point(method, delay)
    return {
        "weighted": weighted_gap(method, delay, gamma),
        "last": "f(x_N) - f*",
        "average": f"f(x) - f*, x the plain mean of {z}, t < N",
        "grad_sq": f"sum_{{t<N}} u_t ||grad f({z})||^2 / sum_{{t<N}} u_t, {weights(method, delay, gamma)}",
        "best_grad_sq": f"least ||grad f({z})||^2, t < N",
        "max_gap": "largest f(x_t) - f*, t <= N",
        "max_distance": "largest ||x_t - x*||, t <= N",
    }[metric]


def _levels(asked: dict[str, Any], name: str) -> float | tuple[float, ...]:
    """The number, or a number for each step."""
    from verify.simulate.levels import power

    p, steps = asked[f"{name}_power"], asked["steps"]
    if not p:
        return float(asked[name])
    if asked[name] == "inf":
        raise ValueError(f"--{name}-power: expected a --{name} that is finite, got inf; try --{name} 1")
    if steps > MOST_LEVELS:
        raise ValueError(f"--{name}-power: expected at most {MOST_LEVELS} steps, got {steps}; try --{name}-power 0")
    return power(asked[name], p, steps)


def _problem(asked: dict[str, Any], u: float) -> Problem:
    """L = R = 1; where f is not convex, and for squareplus, f(x_0) - inf f = 1."""
    from counterexamples import problems

    one = Fraction(1)
    return {
        "nearly-linear": lambda: problems.nearly_linear(1.0, 1.0, u, asked["steps"]),
        "huber": lambda: problems.huber(1.0, 0.125, 1.0),
        "quadratic": lambda: problems.quadratic(1.0, 1.0),
        "pseudo-huber": lambda: problems.pseudo_huber(1.0, 0.125, 1.0),
        "squareplus": lambda: problems.squareplus(one, one, 0.5),
        "plateau": lambda: problems.plateau(one, one, 0.5),
        "well": lambda: problems.well(one, one),
        "double-well": lambda: problems.double_well(one, one),
    }[asked["problem"]]()


def _law(asked: dict[str, Any]) -> Law:
    from counterexamples import noise

    alpha, sigma, name, index = asked["alpha"], asked["sigma"], asked["noise"], asked["index"]
    side = noise.INWARD if name.endswith("-inward") else noise.OUTWARD
    found = FAMILIES.get(name.removesuffix("-inward").removeprefix("one-sided-"))
    if index is not None and found in (None, "Gaussian"):
        raise ValueError(f"--index: expected noise that has one, got {name}; try --noise stable")
    if found is not None:
        shape = _shape(getattr(noise, found), alpha, index)
        return noise.scaled(noise.OneSided(shape) if name.startswith("one-sided-") else shape, alpha, sigma, side)
    if name == "none":
        return noise.no_noise(alpha, sigma)
    return noise.jump_law(asked["jump"], alpha, sigma, side, symmetric=name == "three-point")


def _shape(family: Any, alpha: Fraction, index: Fraction | None) -> Any:
    from counterexamples import noise

    if family is noise.Gaussian:
        return family()
    usual = alpha + Fraction(1, 4) if family is noise.StudentT else noise.default_index(family, alpha)
    return family(usual if index is None else index)
