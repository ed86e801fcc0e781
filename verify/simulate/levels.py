"""Stepsizes and clipping levels that change with time: one number for each step.

Wherever a hyper-parameter may change, a sequence of floats, of steps 0, 1, .. in their order, stands in the place of
the number.  ``power`` is the literature's family: gamma_t = gamma (t+1)^-q, lam_t = lam (t+1)^(1/alpha), ..  Its terms
are rounded from balls, so they are the same on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np

CHANGING = ("gamma", "lam")  # of a method of the theory; of a step of one's own all of them


def power(scale: Fraction, exponent: Fraction, steps: int) -> tuple[float, ...]:
    """scale (t+1)^exponent, t < steps, rounded (but for ties within 2^-100).  ValueError beyond the floats."""
    from flint import arb, ctx, fmpq

    exact = fmpq(scale.numerator, scale.denominator), fmpq(exponent.numerator, exponent.denominator)
    with ctx.workprec(128):
        factor, p = (arb(x) for x in exact)
        found = tuple(float((factor * arb(t) ** p).mid()) for t in range(1, steps + 1))
    if not all(0 < x < math.inf for x in found):
        raise ValueError(
            f"schedule: expected numbers within the floats, got {scale} (t+1)^{exponent} up to t = {steps}"
        )
    return found


def changes(value: Any) -> bool:
    """Is it a sequence of numbers?"""
    return not isinstance(value, str) and isinstance(value, Iterable) and np.ndim(value) > 0  # type: ignore[arg-type]


def floats(name: str, value: Any, steps: int) -> float | np.ndarray:
    """A number as a float, a sequence as float64 [steps]; ValueError for anything else, or a sequence too short."""
    if not changes(value):
        return float(value)
    found = np.asarray(value, np.float64)
    if found.ndim != 1 or len(found) < steps or np.isnan(found[:steps]).any():
        raise ValueError(f"{name}: expected a number for each of {steps} steps, got an array of shape {found.shape}")
    return np.ascontiguousarray(found[:steps])


def changing(hp: Any) -> tuple[str, ...]:
    """The names of those that change."""
    return tuple(name for name, value in vars(hp).items() if isinstance(value, np.ndarray))


def at(hp: Any, t: int) -> SimpleNamespace:
    """The numbers of step t."""
    return SimpleNamespace(**{k: v[t] if isinstance(v, np.ndarray) else v for k, v in vars(hp).items()})
