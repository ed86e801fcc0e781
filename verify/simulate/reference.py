"""The slow engine: ``bounds.methods.update`` itself, run on numpy arrays, one step at a time.

The same words and the same IEEE operations as the compiled engine; the tests compare them bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from bounds.methods import Method, State, update
from counterexamples.problems import gradient
from counterexamples.steering import factor
from verify.simulate import own
from verify.simulate.metric import observed, weight
from verify.simulate.ops import ArrayOps
from verify.simulate.sampler import draw

if TYPE_CHECKING:
    from verify.simulate.engine import Job
    from verify.simulate.own import OwnStep


def run(job: Job, method: Method, trajectories: np.ndarray, tick: Callable[[int], None]) -> np.ndarray:
    """Final x, b^2, sum u_t, sum u_t q_t of every trajectory: float64 [4, trajectories].

    ``tick`` is told after every step how many trajectory-steps were done; it may raise to give up.
    """
    problem, metric = job.problem, job.metric
    x = np.full(len(trajectories), problem.start)
    m = np.zeros_like(x)
    past = [np.full_like(x, job.hp.b0 * job.hp.b0) for _ in range(job.delay)]  # b_{t-1}^2, .., b_{t-delay}^2
    iterates = [x] * job.delay  # x_{t-1}, .., x_{t-delay}
    weights, weighted = np.zeros_like(x), np.zeros_like(x)
    with np.errstate(all="ignore"):
        for t in range(job.steps):
            hp = SimpleNamespace(**vars(job.hp), correction=job.corrections[t] if method.corrected else None)
            z = iterates[-1] if method.stale else x
            p = gradient(problem, ArrayOps, z)
            u = weight(method, ArrayOps, past[0], past[-1], hp)
            weights, weighted = weights + u, weighted + u * observed(metric, ArrayOps, z, p)
            xi = draw(job.law, t, 2 * job.stream, trajectories, job.seed)
            if job.steering is not None:
                xi = factor(job.steering, ArrayOps, z) * (xi * (1.0 if t < job.steering.until else 0.0))
            g = p + xi
            iterates = [x, *iterates[:-1]]
            x, m, b_sq = update(method, ArrayOps, State(x, m, past[0], past[-1]), g, hp)
            past = [b_sq, *past[:-1]]
            tick(len(x))
    return np.stack([x, past[0], weights, weighted])


def run_own(job: Job, step: OwnStep, trajectories: np.ndarray, tick: Callable[[int], None]) -> np.ndarray:
    """The same for a step of one's own: u_t = 1, and 0 in the place of b^2."""
    x = np.full(len(trajectories), job.problem.start)
    state = {name: np.full_like(x, value) for name, value in step.state.items()}
    weights, weighted = np.zeros_like(x), np.zeros_like(x)
    with np.errstate(all="ignore"):
        for t in range(job.steps):
            p = gradient(job.problem, ArrayOps, x)
            weights, weighted = weights + 1.0, weighted + observed(job.metric, ArrayOps, x, p)
            g = p + draw(job.law, t, 2 * job.stream, trajectories, job.seed)
            x, state = own.advance(step, x, g, state, job.hp)
            tick(len(x))
    return np.stack([x, np.zeros_like(x), weights, weighted])
