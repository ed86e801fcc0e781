"""The quantile function of |X| for symmetric stable X, by quadrature.

Integrating the exponential variable out of the Chambers-Mallows-Stuck representation, for index s > 1,

    P(|X| > x) = int_0^1 exp(-(x/h(V))^(s/(s-1))) dV,
    h(V) = sin(s pi U/2) / sin(pi V/2)^(1/s) * cos((1-s) pi U/2)^((1-s)/s),        U = 1 - V.

(V is the distance of the uniform angle from the end of its interval.)  In y = log(V/U) the integrand is
analytic and decays exponentially on both sides, so the trapezoidal rule converges geometrically.  Near index 1 it falls
from 1 to 0 within a width of (s-1)/s, so it is integrated by parts there,

    P(|X| > x) = int V(y) (-d/dy) exp(-z) dy,      P(|X| <= x) = int U(y) (-d/dy) exp(-z) dy,      z = (x/h)^(s/(s-1)),

and only the nodes around z = 1 count, as many for every index.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TAIL = 2.0**-64  # the smallest survival probability asked for
SHARP = 6.0  # the power s/(s-1) from which on it is integrated by parts


def _log_h(y: np.ndarray, index: float) -> np.ndarray:
    v, u = 1 / (1 + np.exp(-y)), 1 / (1 + np.exp(y))
    return (
        np.log(np.sin(index * np.pi / 2 * u))
        - np.log(np.sin(np.pi / 2 * v)) / index
        + (1 - index) / index * np.log(np.cos((1 - index) * np.pi / 2 * u))
    )


class _Survival:
    """log P(|X| > e^s), log P(|X| <= e^s) and their derivatives in s, vectorised over s."""

    def __init__(self, index: float) -> None:
        self.power = index / (index - 1)
        step = min(0.08, 0.3 / self.power)
        y = np.arange(-75.0, 45.0, step)
        self.log_h = _log_h(y, index)
        self.weights = step / ((1 + np.exp(-y)) * (1 + np.exp(y)))

    def __call__(self, s: np.ndarray, tail: bool) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            z = np.exp(self.power * (s[:, None] - self.log_h))
            decay = np.exp(-z)
            mass = (decay if tail else -np.expm1(-z)) @ self.weights
            density = np.where(decay > 0, z * decay, 0.0) @ self.weights * self.power
        return np.log(mass), (-density if tail else density) / mass


class _SharpSurvival:
    """The same by parts, on nodes around z = 1 for each s."""

    def __init__(self, index: float) -> None:
        self.index, self.power = index, index / (index - 1)
        self.y = np.arange(-75.0, 45.0, 0.05)
        self.log_h = _log_h(self.y, index)  # falling
        self.offsets = np.arange(-60.0, 8.0, 0.3) / self.power

    def __call__(self, s: np.ndarray, tail: bool) -> tuple[np.ndarray, np.ndarray]:
        centre = np.interp(s, self.log_h[::-1], self.y[::-1])
        y = centre[:, None] + self.offsets
        v, u = 1 / (1 + np.exp(-y)), 1 / (1 + np.exp(y))
        index, right = self.index, np.pi / 2
        fall = u * v * (
            index * right / np.tan(index * right * u)
            + right / np.tan(right * v) / index
            + (1 - index) ** 2 / index * right * np.tan((index - 1) * right * u)
        )  # fmt: skip
        with np.errstate(all="ignore"):  # too near to index 1 nothing is left, which the check of the table sees
            z = np.exp(self.power * (s[:, None] - _log_h(y, index)))
            peak = np.where(z < 700, z * np.exp(-z), 0.0) * self.power * (self.offsets[1] - self.offsets[0])
            mass = ((v if tail else u) * peak * fall).sum(axis=1)
            density = (u * v * peak).sum(axis=1)
            return np.log(mass), (-density if tail else density) / mass


def _solve(survival: Any, target: np.ndarray, tail: bool, low: float, high: float) -> np.ndarray:
    """s with log-mass(s) = target: table look-up, then Newton."""
    grid = np.linspace(low, high, 257)
    values = survival(grid, tail)[0]
    order = slice(None, None, -1) if tail else slice(None)
    s = np.interp(target, values[order], grid[order])
    for _ in range(6):
        value, slope = survival(s, tail)
        s = s - (value - target) / slope
    return s


def abs_quantile(v: np.ndarray, index: float) -> np.ndarray:
    """x with P(|X| > x) = v, for v in [2^-64, 1), 1 < index < 2; absolute error below 1e-12 max(1, x)."""
    v = np.asarray(v, float)
    survival = (_SharpSurvival if index / (index - 1) > SHARP else _Survival)(index)
    far = v < 0.5
    s = np.empty_like(v)
    s[far] = _solve(survival, np.log(v[far]), True, -2.0, -np.log(TAIL) / index + 2)
    s[~far] = _solve(survival, np.log1p(-v[~far]), False, -25.0, 2.0)
    return np.exp(s)
