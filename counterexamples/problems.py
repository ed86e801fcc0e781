"""Convex test problems with a known minimiser, one family: the radial Huber function.

    f(x) = (L/2) ||x||^2                      for ||x|| <= nu,
    f(x) = L nu (||x|| - nu/2)                for ||x|| >= nu,        x* = 0, f* = 0.

``nu = inf`` is the quadratic; slope ``L nu`` near ``R/(u N)`` gives the nearly linear function on which
gradient descent with stepsize ``u`` needs all ``N`` steps to travel the distance ``R``.

All problems start at ``x_0 = R e1``, so ``||x_0 - x*|| = R`` exactly, and are radial.  The noise of
this package acts along ``e1``.  Hence in every dimension all iterates stay on the line through
``x_0`` and ``x*``, and the run *is* the one-dimensional run of the coordinate along ``e1``: this is
what the functions below compute with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Problem:
    """A Huber function of smoothness ``L`` and radius ``nu``, started at distance ``R`` from x* = 0."""

    name: str
    L: float
    nu: float
    R: float
    dim: int = 1


def _positive(name: str, value: float, *, infinite: bool = False) -> float:
    if not value > 0 or math.isnan(value) or (math.isinf(value) and not infinite):
        raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
    return float(value)


def _dimension(dim: int) -> int:
    if not isinstance(dim, int) or dim < 1:
        raise ValueError(f"dim: expected an integer >= 1, got {dim!r}")
    return dim


def round_down(value: int | float | Fraction) -> float:
    """The largest float <= value: a problem never exceeds the L and R that a theorem was given."""
    nearest = float(value)
    return nearest if Fraction(nearest) <= Fraction(value) else math.nextafter(nearest, -math.inf)


def quadratic(L: float, R: float, dim: int = 1) -> Problem:
    """f(x) = (L/2) ||x||^2."""
    return Problem("quadratic", _positive("L", L), math.inf, _positive("R", R), _dimension(dim))


def huber(L: float, nu: float, R: float, dim: int = 1, name: str = "huber") -> Problem:
    """The radial Huber function: quadratic up to radius ``nu``, then linear with slope ``L nu``."""
    return Problem(name, _positive("L", L), _positive("nu", nu, infinite=True), _positive("R", R), _dimension(dim))


def nearly_linear(L: float, R: float, u: float, N: int, dim: int = 1) -> Problem:
    """The Huber function with slope R/(u (N-1) + 1/L).

    Without noise and with constant stepsize ``u <= 1/L`` the iterates are R, R - u slope, .. and the average of
    x_0 .. x_{N-1} has gap exactly R^2 / (2 (u (N-1) + 1/L)), the largest among all slopes: the worst case of
    gradient descent, R^2/(2 u N) up to lower order.
    """
    return huber(L, R / (L * u * (N - 1) + 1), R, dim, name="nearly-linear")


def gradient(problem: Problem, ops: Any, x: Any) -> Any:
    """grad f(x) = L clip(x, nu), written with the operations a method uses (``bounds.methods.Ops``)."""
    return problem.L * ops.clip(x, problem.nu)


def gap(problem: Problem, x: float) -> float:
    """f(x) - f* at the coordinate ``x`` along e1; +inf where ``x`` is not finite."""
    if not math.isfinite(x):
        return math.inf
    radius = abs(x)
    inner = min(radius, problem.nu)
    return problem.L * inner * (radius - inner / 2)
