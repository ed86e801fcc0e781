"""What an attack is aimed at: a method at exact numbers, the claim about it, and the battery for that claim."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

import bounds
from bounds.methods import Method
from counterexamples.battery import Instance, battery, nonconvex_battery
from verify.simulate import HyperParameters
from verify.simulate.metric import Metric
from verify.simulate.portable import exp, expm1, log, total

METRIC: dict[str, Metric] = {"convex": "gap", "nonconvex": "grad_sq"}  # of the theorems of a kind


@dataclass(frozen=True)
class Target:
    """A method at exact numbers and the claim: metric <= upper with probability >= 1 - delta.

    ``size`` is what bounds the start: R >= ||x_0 - x*|| for the metric "gap", Delta >= f(x_0) - inf f for "grad_sq".
    """

    name: str
    method: Method
    metric: Metric
    alpha: Fraction
    sigma: Fraction
    L: Fraction
    size: Fraction
    N: int
    delta: Fraction
    gamma: Fraction
    lam: Fraction
    rho: Fraction
    upper: Fraction
    eta: Fraction = Fraction(0)
    b0: Fraction = Fraction(1)
    beta1: Fraction = Fraction(0)
    beta2: Fraction = Fraction(1, 2)
    delay: int = 1
    dim: int = 1


def representable(target: Target) -> None:
    """Raise ValueError unless every number of the simulation is a normal float64 up to rounding.

    Otherwise another method would be simulated, for example SGD where eta underflows to 0.
    """
    t = target
    derived = {"b0^2": t.b0**2, "lam^2": t.lam**2, "eta lam^2": t.eta * t.lam**2, "bound": t.upper}
    names = ("gamma", "lam", "eta", "b0", "L", "size", "sigma")
    for name, x in {**{k: getattr(t, k) for k in names}, **derived}.items():
        if x and not Fraction(sys.float_info.min) <= x <= Fraction(sys.float_info.max):
            raise ValueError(f"{name} is about 1e{_exponent(x)}, outside the range of float64; rescale L, R and b0")
    if t.method.accumulator == "adam" and float(t.beta2) in (0.0, 1.0):
        raise ValueError(f"beta2 is {float(t.beta2)} in float64; take fewer steps")


def _exponent(x: Fraction) -> int:
    return len(str(x.numerator)) - len(str(x.denominator))


def instances(target: Target) -> tuple[Instance, ...]:
    """The battery against a target; ValueError if it cannot be realised at these numbers."""
    representable(target)
    t, u = target, usual_stepsize(target)
    if t.metric == "gap":
        return battery(t.alpha, t.sigma, t.L, t.size, t.N, u, t.lam, t.rho, t.dim)
    return nonconvex_battery(t.alpha, t.sigma, t.L, t.size, t.N, u, t.lam, t.rho, t.delta, t.dim)


def usual_stepsize(target: Target) -> float:
    """The mean stepsize over N steps if the gradients hardly move the accumulator: what the hardest slope depends on.

    gamma, gamma/b0, and for Adam gamma/b0 times the mean of s_t beta2^(-t/2), on a grid of times.
    """
    t, grid = target, 1000
    u = float(t.gamma if t.method.accumulator == "none" else t.gamma / t.b0)
    if t.method.accumulator != "adam":
        return u
    times = (np.arange(grid) + 0.5) / grid * t.N
    ln1, ln2 = log(np.array([float(t.beta1 if t.method.momentum else 0), float(t.beta2)]))
    factors = -0.5 * ln2 * times
    if t.method.corrected:
        factors = factors + 0.5 * log(-expm1((times + 1) * ln2)) - log(-expm1((times + 1) * ln1))
    return u * float(total(exp(np.minimum(factors, 700.0)))) / grid


def hyper_parameters(target: Target) -> HyperParameters:
    """The numbers of the method in float64."""
    names = ("gamma", "lam", "eta", "b0", "beta1", "beta2")
    return HyperParameters(**{name: float(getattr(target, name)) for name in names})


def aim(
    theorem: str,
    variant: str,
    parameters: Mapping[str, Fraction],
    upper: Fraction,
    *,
    alpha: Fraction,
    sigma: Fraction,
    L: Fraction,
    size: Fraction,
    N: int,
    delta: Fraction,
    delay: int = 1,
    dim: int = 1,
) -> Target:
    """What a simulation of a theorem's method attacks, from a bound with its ``parameters``.

    Raises ValueError if the theorem is not about a method.
    """
    method = bounds.method(theorem, variant)
    if method is None:
        raise ValueError(f"{theorem}: no method to attack")
    own = {k: parameters[k] for k in ("gamma", "lam", "rho", "eta", "b0", "beta1", "beta2") if k in parameters}
    metric = METRIC[bounds.kind(theorem)]
    return Target(theorem, method, metric, alpha, sigma, L, size, N, delta, upper=upper, delay=delay, dim=dim, **own)
