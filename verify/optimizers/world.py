"""What an optimizer is run on: a problem of the battery, and the noise of one trajectory per column.

The problems are radial or functions of one coordinate, and the noise acts along e1 (``counterexamples.problems``) or in
all directions; in dimension d the point is a vector of d entries that starts on e1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from counterexamples.noise import Law
from counterexamples.problems import Problem, gap, gradient
from verify.simulate.backends.compiled import noise_block
from verify.simulate.noise.sampler import sampler
from verify.simulate.program.ops import ArrayOps


def noise(law: Law, steps: int, first: int, lanes: int, seed: int, stream: int, dim: int = 1) -> np.ndarray:
    """The noise of trajectories first .. first + lanes - 1, the engine's own words: float64 [steps, lanes], of an
    isotropic law [steps, lanes, dim]."""
    found = noise_block(sampler(law), steps, first, lanes, seed, stream, dim)
    return np.ascontiguousarray(found.transpose(0, 2, 1)) if law.isotropic else found


def replicas(noise: np.ndarray) -> np.ndarray:
    """The noise of one replica after the other."""
    return np.moveaxis(noise, 1, 0)


def pushed(g: np.ndarray, xi: Any) -> np.ndarray:
    """g + xi for vectors [.., dim]; xi [..] acts along e1."""
    if np.ndim(xi) == g.ndim:
        return g + xi
    g = g.copy()
    g[..., 0] += xi
    return g


def start(problem: Problem, dim: int) -> np.ndarray:
    """x_0 = start e1: float64 [dim].  ValueError for a problem whose gradient in R^d is not that of ``slope``."""
    if dim > 1 and (problem.shape != "huber" or problem.condition != 1):
        raise ValueError(f"problem: expected a radial Huber function in R^{dim}, got {problem.name}")
    x = np.zeros(dim)
    x[0] = problem.start
    return x


def slope(problem: Problem, ops: Any, x: Any) -> Any:
    """The gradient at x, [.., dim].  In dimension 1 f'(x); else the radial Huber function."""
    if x.shape[-1] == 1:
        return gradient(problem, ops, x)
    size = ops.norm(x)
    return problem.L * x * ops.shrink(size, problem.nu)


def value(problem: Problem, x: np.ndarray) -> np.ndarray:
    """f(x) - f* at points [lanes, dim]; +inf where the point is not finite."""
    coordinate = x[:, 0] if x.shape[1] == 1 else np.sqrt((x * x).sum(axis=1))
    with np.errstate(all="ignore"):
        found = gap(problem, ArrayOps, coordinate)
    return np.where(np.isfinite(coordinate), found, np.inf)


class NumpyVectors:
    """The operations of ``slope`` on numpy arrays, the last axis being the vector's."""

    @staticmethod
    def clip(v: np.ndarray, lam: float) -> np.ndarray:
        return np.minimum(np.maximum(v, -lam), lam)

    @staticmethod
    def norm(x: np.ndarray) -> np.ndarray:
        return np.sqrt((x * x).sum(-1, keepdims=True))

    @staticmethod
    def shrink(size: np.ndarray, level: float) -> np.ndarray:
        """min(1, level/size)."""
        return level / np.maximum(size, level) if np.isfinite(level) else np.ones_like(size)


class TorchVectors:
    """The same on torch tensors."""

    @staticmethod
    def clip(v: Any, lam: float) -> Any:
        return v.clamp(-lam, lam)

    @staticmethod
    def norm(x: Any) -> Any:
        return (x * x).sum(-1, keepdim=True).sqrt()

    @staticmethod
    def shrink(size: Any, level: float) -> Any:
        return level / size.clamp(min=level) if np.isfinite(level) else size * 0 + 1
