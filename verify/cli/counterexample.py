"""``counterexample``: the lower-bound instance of a method without clipping, and what happens on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import bounds
from verify.cli.options import ALPHA, FORGETTING, FORMAT, MOMENTUM, NONNEGATIVE, POSITIVE, PROBABILITY, number
from verify.cli.output import print_json
from verify.cli.plot import PLOT, plot, plot_ready
from verify.decimals import decimal, plain

if TYPE_CHECKING:
    from verify.report.plot import Panel

METHODS = tuple(i.removeprefix("lower-") for i in bounds.theorem_ids("lower"))


@click.command()
@click.argument("method", type=click.Choice(METHODS))
@number("--alpha", ALPHA, None, "Tail index of the noise, in (1, 2].", required=True)
@number("--delta", PROBABILITY, "0.01", "Failure probability that is exceeded; below 1/2.")
@number("--epsilon", POSITIVE, "0.01", "Accuracy that is missed.")
@number("--sigma", POSITIVE, "1", "Noise level.")
@number("--gamma", POSITIVE, "1", "Stepsize of the run that is shown; the forced steps do not depend on it.")
@number("--b0", NONNEGATIVE, "1", "Initial accumulator.")
@number("--eta", NONNEGATIVE, "1", "Accumulator weight of AdaGrad.")
@number("--beta1", MOMENTUM, "0", "Momentum.")
@number("--beta2", FORGETTING, None, "Forgetting of Adam's accumulator. [default: 1 - 1/T for T steps]")
@PLOT
@FORMAT
def counterexample(method: str, style: str, figure: Path | None, **numbers: Any) -> int:
    """The instance on which METHOD (no clipping) fails, and the number of steps that it forces.

    Exit 0: the theorem is PROVED and forces at least one step; 3: it says nothing at these numbers.
    """
    plot_ready(figure)
    found = record(f"lower-{method}", numbers)
    if style == "json":
        print_json(found)
    else:
        click.echo("\n".join(lines(found)))
    if figure is not None and found["forced_steps"]:
        plot(panels(found, numbers), figure)
    if found["proof"]["status"] != "PROVED":
        return 1
    return 0 if found["forced_steps"] else 3


def record(theorem: str, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object of one instance."""
    from counterexamples.lower_bound import lower_instance
    from verify.cli.prove import attempt
    from verify.lower import LIMIT, forced

    method = bounds.method(theorem)
    if method is not None and method.delayed and numbers["b0"] == 0:
        raise click.UsageError(f"--b0: expected a number > 0 for {method.name}, got 0; try --b0 1")
    try:
        instance = lower_instance(*(numbers[k] for k in ("alpha", "delta", "epsilon", "sigma")))
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    names = {"gamma", "b0", "beta1"} | (
        {"eta"} if method is not None and method.accumulator == "adagrad" else {"beta2"}
    )
    hp = {k: numbers[k] for k in sorted(names) if numbers[k] is not None}
    result = forced(theorem, instance, hp)
    side = instance.probability / 2
    within = {"steps": result.first_success} if result.first_success is not None else {"later_than": LIMIT}
    return {
        **{k: plain(numbers[k]) for k in ("alpha", "delta", "epsilon", "sigma")},
        "method": theorem.removeprefix("lower-"),
        "theorem": theorem,
        "variant": result.variant,
        "proof": attempt(theorem, result.variant).as_json(),
        "forced_steps": result.steps,
        "forced_nothing_because": result.why,
        "forced_probability": enclosed(side, side),
        "parameters": {k: plain(x) for k, x in result.hp.items()},
        "failure_probability": enclosed(*result.failure),
        "first_success": {"steps": None, **within},
        "problem": {"name": "huber", "L": "1", "nu": plain(instance.nu), "x0": plain(Fraction(instance.problem.start))},
        "noise": {
            "name": "three-point, first call only",
            "jump": plain(instance.jump),
            "probability": plain(instance.probability),
            "moment": enclosed(*instance.law.moment),
        },
    }


def panels(found: Mapping[str, Any], numbers: Mapping[str, Any]) -> tuple[Panel]:
    """One failing and one typical trajectory."""
    from counterexamples.lower_bound import lower_instance
    from verify.report.figures import trajectories

    method = bounds.method(found["theorem"], found["variant"])
    if method is None:
        raise ValueError(f"{found['theorem']} is about no method")
    instance = lower_instance(*(numbers[k] for k in ("alpha", "delta", "epsilon", "sigma")))
    hp = {k: Fraction(x) for k, x in found["parameters"].items()}
    return (trajectories(method, instance, hp, found["forced_steps"]),)


def enclosed(low: Fraction, high: Fraction) -> dict[str, str]:
    """Twelve digits, rounded outward."""
    return {"lower": decimal(low, 12, up=False), "upper": decimal(high, 12)}


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """The instance as text."""
    f, noise, T, proof = found["problem"], found["noise"], found["forced_steps"], found["proof"]
    jump, share = (decimal(Fraction(x), 5) for x in (noise["jump"], Fraction(noise["probability"]) / 2))
    nu, start = (decimal(Fraction(f[k]), 5) for k in ("nu", "x0"))
    yield f"{found['theorem']} ({found['variant']})"
    cited = ", ".join(proof["axioms"]) or "none"
    yield f"  proof    {proof['status']} in {proof['n_steps']} steps; cited axioms: {cited}"
    yield f"  problem  Huber function, L 1, nu {nu}, x_0 {start}"
    yield f"  noise    about {jump} and -{jump} with probability {share} each in the first call, none later"
    if not T:
        why = found["forced_nothing_because"] or "the premise of the theorem does not hold at these numbers"
        yield f"  forced   nothing: {why}"
        return
    yield f"  forced   f(x_{T}) - f* > {found['epsilon']} with probability > {found['delta']}, for every gamma"
    shown = ", ".join(f"{k} {decimal(Fraction(x), 6)}" for k, x in found["parameters"].items())
    low, high = (found["failure_probability"][end] for end in ("lower", "upper"))
    yield f"  run      {shown}: P(f(x_{T}) - f* > {found['epsilon']}) in [{low}, {high}]"
    first = found["first_success"]
    after = f"at step {first['steps']}" if first["steps"] is not None else f"later than step {first['later_than']}"
    yield f"  success  after a jump away from x*, first {after}"
