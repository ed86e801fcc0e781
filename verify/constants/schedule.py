"""Closed forms at numbers: the accuracy that a uniform theorem promises, and the schedule to run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import bounds
from bounds.lemmas.uniform import Numbers
from bounds.theorems import uniform
from verify.constants import inputs
from verify.constants.certify import Certified, NotCertified, certify
from verify.constants.decimals import Enclosure, outward, rounded
from verify.kernel.balls import Balls
from verify.kernel.replay import Replay

BITS = 256


@dataclass(frozen=True)
class Schedule:
    """With ``gamma``, ``lam`` (and ``eta``, ``b0``): f(xbar) - f* <= ``upper`` with probability >= 1 - delta.

    ``smooth`` and ``noise`` enclose the two parts of the closed form, C1 L R^2 A/N and C2 sigma R
    (A/N)^((alpha-1)/alpha); ``upper`` is certified at the printed gamma and lam, which are rounded to 12 digits.
    """

    theorem: str
    variant: str
    C1: Fraction
    C2: Fraction
    smooth: Enclosure
    noise: Enclosure
    lower: Fraction
    upper: Fraction
    parameters: Mapping[str, Fraction]
    trivial: Fraction
    proof: Replay


def schedule(theorem: str, *, variant: str | None = None, alpha: Any, delta: Any, N: Any, **numbers: Any) -> Schedule:
    """The closed form of a uniform theorem at exact numbers: L, R, sigma (1), b0 (1), d (1).

    Without a ``variant`` the pair (C1, C2) with the smaller bound is taken.  Raises ``BadInput``, ``TypeError`` (a
    float), ``bounds.UnknownTheorem`` and ``NotCertified``.
    """
    if bounds.kind(theorem) != "uniform":
        raise inputs.BadInput(f"theorem: expected one of {', '.join(uniform.IDS)}, got {theorem}")
    values = {"alpha": inputs.alpha(alpha), "delta": inputs.delta(delta), "N": Fraction(inputs.count("N", N))}
    for name in ("L", "R", "b0"):
        values[name] = inputs.positive(name, numbers.pop(name, 1))
    values["sigma"] = inputs.nonnegative("sigma", numbers.pop("sigma", 1))
    values["d"] = Fraction(inputs.count("delay", numbers.pop("delay", 1)))
    if numbers:
        raise inputs.BadInput(f"expected alpha, delta, N, L, R, sigma, b0, delay; got {', '.join(sorted(numbers))}")
    names = bounds.variants(theorem) if variant is None else (variant,)
    return min((_schedule(theorem, name, values) for name in names), key=lambda found: found.upper)


def _schedule(theorem: str, variant: str, values: Mapping[str, Fraction]) -> Schedule:
    statement = bounds.theorem(theorem, variant)
    c = uniform.PAIRS[theorem][variant]
    known = {k: values[k] for k in (*statement.integers, *statement.parameters) if k in values}
    parts = _parts(c, known)
    epsilon = rounded(max(high for _, high in parts), up=True)
    closed = certify(statement, {**known, "epsilon": epsilon})
    found = _at_the_printed(theorem, c, closed)
    from verify.constants import proved

    shown = {k: found.values[k] for k in ("gamma", "lam", "eta", "b0", "kappa", "rho") if k in found.values}
    return Schedule(
        theorem,
        variant,
        c.C1,
        c.C2,
        outward(*parts[0]),
        outward(*parts[1]),
        found.lower,
        found.upper,
        shown,
        values["L"] * values["R"] ** 2 / 2,
        proved(theorem, variant)[1],
    )


def _parts(c: Numbers, values: Mapping[str, Fraction]) -> tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction]]:
    """Enclosures of the two parts, the left sides of the two conditions."""
    from bounds.lemmas.uniform import conditions
    from bounds.terms import mk, par

    at = Balls(values, BITS)
    at.define("A", mk("ln", 2 / par("delta")))
    first, second = (at.enclose(fact.args[0]) for fact in conditions(c).values())
    return first, second


def _at_the_printed(theorem: str, c: Numbers, closed: Certified) -> Certified:
    """The convex theorem at gamma and lam with 12 digits; gamma is rounded down, lam up."""
    method = uniform.METHODS[theorem]
    statement = bounds.theorem(f"convex-{method.name}", "freedman")
    gamma = rounded(closed.defined["gamma"][0], up=False)
    values = {k: v for k, v in closed.values.items() if k != "epsilon"} | c.values(method)
    values |= {"gamma": gamma, "lam": rounded(closed.defined["lam"][1], up=True)}
    if method.accumulator != "none":
        values["eta"] = rounded((gamma / values["R"]) ** 2, up=False)
    try:
        return certify(statement, values)
    except NotCertified as error:
        raise NotCertified(error.name, f"{theorem} at the printed numbers: {error}") from None
