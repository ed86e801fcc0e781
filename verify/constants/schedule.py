"""Closed forms at numbers: the accuracy that a uniform theorem promises, and the schedule to run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import bounds
from bounds.statement import Statement
from bounds.terms import Term, mk, par
from bounds.theorems import uniform, uniform_nonconvex
from verify.constants import inputs, trivial_bound
from verify.constants.certify import Certified, NotCertified, certify
from verify.constants.question import forgetting
from verify.decimals import Enclosure, outward, rounded
from verify.kernel.balls import Balls
from verify.kernel.replay import Replay

BITS = 256
FAMILIES: tuple[Any, ...] = (uniform, uniform_nonconvex)
SHOWN = ("gamma", "lam", "eta", "b0", "beta2", "kappa", "rho")


@dataclass(frozen=True)
class Schedule:
    """With ``gamma``, ``lam`` (``eta``, ``b0``, ``beta2``): the metric is <= ``upper`` with probability >= 1 - delta.

    ``constants`` are C1, C2 (and C3, M); ``parts`` enclose the parts of the closed form by name;
    ``upper`` is certified at the printed gamma and lam, which are rounded to 12 digits.
    """

    theorem: str
    variant: str
    constants: Mapping[str, Fraction]
    parts: Mapping[str, Enclosure]
    lower: Fraction
    upper: Fraction
    parameters: Mapping[str, Fraction]
    trivial: Fraction
    proof: Replay


def family(theorem: str) -> Any:
    """The module of a uniform theorem."""
    for module in FAMILIES:
        if theorem in module.IDS:
            return module
    known = ", ".join(bounds.theorem_ids("uniform"))
    raise inputs.BadInput(f"theorem: expected one of {known}, got {theorem}")


def schedule(theorem: str, *, variant: str | None = None, alpha: Any, delta: Any, N: Any, **numbers: Any) -> Schedule:
    """The closed form of a uniform theorem at exact numbers: L, R or Delta, sigma, b0, delay (each 1 unless given).

    For Adam-type methods beta2 is 1 - 1/N unless given, and b0 is part of the schedule.

    Without a ``variant`` the pair (C1, C2) with the smaller bound is taken.  Raises ``BadInput``, ``TypeError`` (a
    float), ``bounds.UnknownTheorem`` and ``NotCertified`` (without convexity: where the closed form says less than
    2 L Delta, which holds at x_0).
    """
    module = family(theorem)
    values: dict[str, Fraction] = {
        "alpha": inputs.alpha(alpha),
        "delta": inputs.delta(delta),
        "N": Fraction(inputs.count("N", N)),
    }
    for name in ("L", "R", "Delta"):
        values[name] = inputs.positive(name, numbers.pop(name, 1))
    if module.method(theorem, "").accumulator == "adam":
        values["beta2"] = forgetting(theorem, numbers.pop("beta2", None), values["N"])
    else:
        values["b0"] = inputs.positive("b0", numbers.pop("b0", 1))
    values["sigma"] = inputs.nonnegative("sigma", numbers.pop("sigma", 1))
    values["d"] = Fraction(inputs.count("delay", numbers.pop("delay", 1)))
    values["fmin"] = Fraction(0)  # values of f count from inf f
    if numbers:
        own = "beta2" if "beta2" in values else "b0"
        known = f"alpha, delta, N, L, R, Delta, sigma, {own}, delay"
        raise inputs.BadInput(f"{theorem}: expected {known}; got {', '.join(sorted(numbers))}")
    found, failures = [], []
    for name in bounds.variants(theorem) if variant is None else (variant,):
        try:
            found.append(_schedule(module, theorem, name, values))
        except NotCertified as error:
            failures.append(error)
    if not found:
        raise failures[0]
    return min(found, key=lambda one: one.upper)


def _schedule(module: Any, theorem: str, variant: str, values: Mapping[str, Fraction]) -> Schedule:
    from verify.constants import proved

    statement = bounds.theorem(theorem, variant)
    known = {k: values[k] for k in (*statement.integers, *statement.parameters) if k in values}
    parts = _parts(statement, known)
    epsilon = rounded(max(high for _, high in parts.values()), up=True)
    closed = certify(statement, {**known, "epsilon": epsilon})
    found = _at_the_printed(module, closed)
    c = module.PAIRS[theorem][variant]
    return Schedule(
        theorem,
        variant,
        {name: getattr(c, name) for name in module.CONSTANTS},
        {name: outward(*ends) for name, ends in parts.items()},
        found.lower,
        found.upper,
        {k: found.values[k] for k in SHOWN if k in found.values},
        trivial_bound(known),
        proved(theorem, variant)[1],
    )


def closed_form(statement: Statement) -> dict[str, Term]:
    """The parts of the closed form: what the statement's conditions bound by epsilon, by their names."""
    epsilon = par("epsilon")
    return {k: fact.args[0] for k, fact in statement.conditions.items() if fact.args[1] is epsilon}


def _parts(statement: Statement, values: Mapping[str, Fraction]) -> dict[str, tuple[Fraction, Fraction]]:
    """Enclosures of the parts."""
    at = Balls(values, BITS)
    at.define("A", mk("ln", 2 / par("delta")))
    return {name: at.enclose(part) for name, part in closed_form(statement).items()}


def _at_the_printed(module: Any, closed: Certified) -> Certified:
    """The theorem with free numbers, at gamma and lam with 12 digits; gamma is rounded down, lam and b0 up."""
    theorem, variant = closed.statement.id, closed.statement.variant
    statement = bounds.theorem(*module.master(theorem))
    gamma = rounded(closed.defined["gamma"][0], up=False)
    values = {k: v for k, v in closed.values.items() if k != "epsilon"} | module.numbers(theorem, variant)
    values |= {"gamma": gamma, "lam": rounded(closed.defined["lam"][1], up=True)}
    for name in (*statement.free_parameters, "b0"):  # b0 of Adam; h, K and A1 of the joint budget
        if name in closed.defined and name not in values:
            values[name] = rounded(closed.defined[name][1], up=True)
    if "eta" in statement.parameters:
        values["eta"] = rounded((gamma / values["R"]) ** 2, up=False)
    try:
        return certify(statement, values)
    except NotCertified as error:
        raise NotCertified(error.name, f"{theorem} at the printed numbers: {error}") from None
