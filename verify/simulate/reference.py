"""The slow engine: ``bounds.methods.update`` itself, run on numpy arrays, one step at a time.

The same words and the same IEEE operations as the compiled engine; the tests compare them bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np

from bounds.methods import Method, State, update
from counterexamples.problems import gradient, radial
from counterexamples.steering import factor
from verify.simulate import own
from verify.simulate.metric import observed, weight
from verify.simulate.ops import ArrayOps, Numbers
from verify.simulate.sampler import draw

if TYPE_CHECKING:
    from verify.simulate.compiled import Job
    from verify.simulate.own import OwnStep


def run(job: Job, method: Method, trajectories: np.ndarray, tick: Callable[[int], None]) -> np.ndarray:
    """Final x, b^2, sum u_t, sum u_t q_t of every trajectory, of vectors the norm: float64 [4, trajectories].

    ``tick`` is told after every step how many trajectory-steps were done; it may raise to give up.
    """
    metric, x = job.metric, _start(job, len(trajectories))
    m = np.zeros_like(x)
    past = [np.full(len(trajectories), job.hp.b0 * job.hp.b0)] * job.delay  # b_{t-1}^2, .., b_{t-delay}^2
    iterates = [x] * job.delay  # x_{t-1}, .., x_{t-delay}
    weights, weighted = np.zeros(len(trajectories)), np.zeros(())
    with np.errstate(all="ignore"):
        for t in range(job.steps):
            hp = SimpleNamespace(**vars(job.hp), correction=job.corrections[t] if method.corrected else None)
            z = iterates[-1] if method.stale else x
            p = _gradient(job, z)
            u = weight(method, ArrayOps, past[0], past[-1], hp)
            weights, weighted = weights + u, weighted + u * observed(metric, ArrayOps, z, p)
            xi = _noise(job, t, trajectories)
            if job.steering is not None:
                xi = factor(job.steering, ArrayOps, z) * (xi * (1.0 if t < job.steering.until else 0.0))
            g = p + xi
            iterates = [x, *iterates[:-1]]
            x, m, b_sq = update(method, ArrayOps, State(x, m, past[0], past[-1]), g, hp)
            past = [b_sq, *past[:-1]]
            tick(len(trajectories))
        return np.stack([sized(x), past[0], weights, sized(weighted)])


def run_own(job: Job, step: OwnStep, trajectories: np.ndarray, tick: Callable[[int], None]) -> np.ndarray:
    """The same for a step of one's own: u_t = 1, and 0 in the place of b^2."""
    x = _start(job, len(trajectories))
    state = {name: np.full(shape, step.state[name]) for name, shape in _shapes(job, step, x).items()}
    weights, weighted = np.zeros(len(trajectories)), np.zeros(())
    with np.errstate(all="ignore"):
        for t in range(job.steps):
            p = _gradient(job, x)
            weights, weighted = weights + 1.0, weighted + observed(job.metric, ArrayOps, x, p)
            g = p + _noise(job, t, trajectories)
            given = {name: value.view(Numbers) for name, value in state.items()}
            found, after = own.advance(step, x.view(Numbers), g.view(Numbers), given, job.hp)
            x = np.array(np.broadcast_to(found, x.shape))
            state = {name: np.array(np.broadcast_to(value, state[name].shape)) for name, value in after.items()}
            tick(len(trajectories))
        return np.stack([sized(x), np.zeros(len(trajectories)), weights, sized(weighted)])


def _shapes(job: Job, step: OwnStep, x: np.ndarray) -> dict[str, tuple[int, ...]]:
    """Of the parts of the state: vectors are what the step makes vectors."""
    shapes = dict.fromkeys(step.state, x.shape[-1:])
    while True:
        state = {name: np.full(shape, step.state[name]) for name, shape in shapes.items()}
        with np.errstate(all="ignore"):
            _, after = own.advance(step, x, _gradient(job, x), state, job.hp)
        wide = {name: x.shape for name, value in after.items() if np.ndim(value) == 2}
        if all(shapes[name] == x.shape for name in wide):
            return shapes
        shapes |= wide


def _start(job: Job, lanes: int) -> np.ndarray:
    """x_0 = start e1 of every trajectory."""
    if not job.wide:
        return np.full(lanes, job.problem.start)
    x = np.zeros((job.problem.dim, lanes))
    x[0] = job.problem.start
    return x


def _gradient(job: Job, z: np.ndarray) -> np.ndarray:
    return (radial if job.wide else gradient)(job.problem, ArrayOps, z)


def _noise(job: Job, t: int, trajectories: np.ndarray) -> np.ndarray:
    return draw(job.law, t, 2 * job.stream, trajectories, job.seed, job.problem.dim)


def sized(v: np.ndarray) -> np.ndarray:
    """Numbers as they are, vectors by their norm: all that a radial problem asks of them."""
    return ArrayOps.norm(v) if v.ndim == 2 else v
