"""The quantile function of |X| for symmetric stable X, by quadrature.

Integrating the exponential variable out of the Chambers-Mallows-Stuck representation, for index s > 1,

    P(|X| > x) = int_0^1 exp(-(x/h(V))^(s/(s-1))) dV,
    h(V) = sin(s pi U/2) / sin(pi V/2)^(1/s) * cos((1-s) pi U/2)^((1-s)/s),        U = 1 - V.

(V is the distance of the uniform angle from the end of its interval.)  In y = log(V/U) the integrand is
analytic and decays exponentially on both sides, so the trapezoidal rule converges geometrically.  Near index 1 it falls
from 1 to 0 within a width of (s-1)/s, so it is integrated by parts there,

    P(|X| > x) = int V(y) (-d/dy) exp(-z) dy,      P(|X| <= x) = int U(y) (-d/dy) exp(-z) dy,      z = (x/h)^(s/(s-1)),

and only the nodes around z = 1 count, as many for every index.  All of it is ``portable``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.simulate.portable import cospi, exp, expm1, interpolate, log, sinpi, total

SHARP = 6.0  # the power s/(s-1) from which on it is integrated by parts
BLOCK = 2**14  # nodes at a time
LN2 = 0.6931471805599453


def _even(start: float, stop: float, step: float) -> np.ndarray:
    return start + step * np.arange(round((stop - start) / step))


def _v_u(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    fall = exp(-y)
    v = 1 / (1 + fall)
    return v, fall * v


def _log_h(v: np.ndarray, u: np.ndarray, index: float) -> np.ndarray:
    sines = sinpi(index / 2 * u), sinpi(v / 2), cospi((index - 1) / 2 * u)
    return log(sines[0]) - log(sines[1]) / index + (1 - index) / index * log(sines[2])


class _Survival:
    """log P(|X| > e^s), log P(|X| <= e^s) and their derivatives in s, for an array s."""

    def __init__(self, index: float) -> None:
        self.power = index / (index - 1)
        step = min(0.08, 0.3 / self.power)
        v, u = _v_u(_even(-75.0, 45.0, step)[:, None])
        self.log_h = _log_h(v, u, index)
        self.points = len(v)
        self.weights = step * u * v

    def __call__(self, s: np.ndarray, tail: bool) -> tuple[np.ndarray, np.ndarray]:
        z = np.minimum(exp(self.power * (s - self.log_h)), 750.0)  # e^-750 is 0 here
        part = exp(-z) if tail else -expm1(-z)
        mass = total(part * self.weights)
        density = total(z * (part if tail else 1 - part) * self.weights) * self.power
        return log(mass), (-density if tail else density) / mass


class _SharpSurvival:
    """The same by parts, on nodes around z = 1 for each s."""

    def __init__(self, index: float) -> None:
        self.index, self.power = index, index / (index - 1)
        self.y = _even(-75.0, 45.0, 0.05)
        self.log_h = _log_h(*_v_u(self.y), index)  # falling
        self.step = 0.3 / self.power
        self.offsets = self.step * np.arange(-200.0, 27.0)[:, None]
        self.points = len(self.offsets)

    def __call__(self, s: np.ndarray, tail: bool) -> tuple[np.ndarray, np.ndarray]:
        v, u = _v_u(interpolate(s, self.log_h[::-1], self.y[::-1]) + self.offsets)
        index, a, b = self.index, self.index / 2 * u, (self.index - 1) / 2 * u
        fall = (np.pi / 2 * u * v) * (
            index * (cospi(a) / sinpi(a))
            + sinpi(u / 2) / sinpi(v / 2) / index
            + (1 - index) ** 2 / index * (sinpi(b) / cospi(b))
        )
        z = np.minimum(exp(self.power * (s - _log_h(v, u, index))), 750.0)
        peak = z * exp(-z) * (self.power * self.step)
        mass = total((v if tail else u) * peak * fall)
        density = total(u * v * peak)
        return log(mass), (-density if tail else density) / mass


def _blocks(survival: Any, s: np.ndarray, tail: bool) -> tuple[np.ndarray, np.ndarray]:
    """``survival`` in parts that fit into a processor's cache."""
    width = max(BLOCK // survival.points, 1)
    pairs = [survival(s[i : i + width], tail) for i in range(0, max(len(s), 1), width)]
    values, slopes = (np.concatenate(found) for found in zip(*pairs, strict=True))
    return values, slopes


def _solve(survival: Any, target: np.ndarray, tail: bool, low: float, high: float) -> np.ndarray:
    """s with log-mass(s) = target: table look-up, then Newton."""
    grid = low + (high - low) / 256 * np.arange(257)
    values = _blocks(survival, grid, tail)[0]
    order = slice(None, None, -1) if tail else slice(None)
    s = interpolate(target, values[order], grid[order])
    for _ in range(4):
        value, slope = _blocks(survival, s, tail)
        s = s - (value - target) / slope
    return s


def abs_quantile(v: np.ndarray, index: float) -> np.ndarray:
    """x with P(|X| > x) = v, for v in [2^-64, 1), 1 < index < 2; absolute error below 1e-12 max(1, x)."""
    v = np.asarray(v, float)
    survival = (_SharpSurvival if index / (index - 1) > SHARP else _Survival)(index)
    far = v < 0.5
    s = np.empty_like(v)
    with np.errstate(all="ignore"):  # too near to index 1 nothing is left, which the check of the table sees
        s[far] = _solve(survival, log(v[far]), True, -2.0, 64 * LN2 / index + 2)
        s[~far] = _solve(survival, log(1 - v[~far]), False, -25.0, 2.0)
        return exp(s)
