"""The slow engine: ``bounds.methods.update`` itself, run on numpy arrays, one step at a time.

The same words and the same IEEE operations as the compiled engine; the tests compare them bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from bounds.methods import Method, State, update
from counterexamples.problems import Problem, gradient
from verify.simulate.metric import weight
from verify.simulate.sampler import Sampler, draw


class ArrayOps:
    """The operations of ``bounds.methods.Ops`` on float64 arrays of coordinates (see ``problems``)."""

    @staticmethod
    def clip(v: Any, lam: Any) -> Any:
        return np.minimum(np.maximum(v, -lam), lam)

    @staticmethod
    def sq_norm(v: Any) -> Any:
        return v * v

    @staticmethod
    def inv_sqrt(s: Any) -> Any:
        return 1.0 / np.sqrt(s)


def run(
    method: Method,
    problem: Problem,
    law: Sampler,
    hp: Any,
    steps: int,
    delay: int,
    stream: int,
    trajectories: np.ndarray,
    seed: int,
    tick: Callable[[int], None],
) -> np.ndarray:
    """Final x, b^2, sum u_t, sum u_t x_t of every trajectory: float64 [4, trajectories].

    ``tick`` is told after every step how many trajectory-steps were done; it may raise to give up.
    """
    x = np.full(len(trajectories), problem.R)
    past = [np.full_like(x, hp.b0 * hp.b0) for _ in range(delay)]  # b_{t-1}^2, .., b_{t-delay}^2
    weights, weighted = np.zeros_like(x), np.zeros_like(x)
    hp = SimpleNamespace(gamma=hp.gamma, lam=hp.lam, eta=hp.eta)
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps):
            u = weight(method, ArrayOps, past[0], past[-1], hp)
            weights, weighted = weights + u, weighted + u * x
            g = gradient(problem, ArrayOps, x) + draw(law, t, stream, trajectories, seed)
            x, _, b_sq = update(method, ArrayOps, State(x, None, past[0], past[-1]), g, hp)
            past = [b_sq, *past[:-1]]
            tick(len(x))
    return np.stack([x, past[0], weights, weighted])
