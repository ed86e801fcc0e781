"""What a trajectory is judged by: numbers kept along its first N iterates, then one function of them.

    "gap"       f(xbar) - f*,  xbar = sum_{t<N} u_t z_t / sum_{t<N} u_t            (convex theorems)
    "grad_sq"   sum_{t<N} u_t ||grad f(z_t)||^2 / sum_{t<N} u_t                    (non-convex theorems)

with the F_{t-1}-measurable stepsizes of the proofs (theory, 6.1, 6.4)

    u_t = s_t gamma                (no accumulator),
    u_t = s_t gamma / b_{t-1}      (not delayed, b_{-1} = b0),
    u_t = s_t gamma / b_{t-d}      (delayed by d, b_j = b0 for j < 0),

s_t = 1 without bias correction, and z_t = x_t, the point where the oracle is asked; for stale gradients
z_t = x_{max(t-d, 0)}.  x_N is not averaged.

A run may keep more, next to one of these two (``also``):

    "average"       f(mean of z_t, t < N) - f*
    "best_grad_sq"  min_{t<N} ||grad f(z_t)||^2
    "max_gap"       max_{t<=N} f(x_t) - f*
    "max_distance"  max_{t<=N} ||x_t - x*||
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from bounds.methods import Method, Ops
from counterexamples.problems import ONE_MINIMISER, Problem, field, gap, gradient

Metric = Literal["gap", "grad_sq"]
METRICS: tuple[Metric, ...] = ("gap", "grad_sq")
Mode = Literal["=", "+=", "min", "max"]  # how a number is kept


@dataclass(frozen=True)
class Kept:
    """A part of the state that one metric needs: how it changes, where it starts, a vector in R^d or a number."""

    mode: Mode
    start: float = 0.0
    vector: bool = False


KEPT = {
    "gap": Kept("+=", vector=True),
    "grad_sq": Kept("+="),
    "average": Kept("+=", vector=True),
    "best_grad_sq": Kept("min", float("inf")),
    "max_gap": Kept("max"),
    "max_distance": Kept("max"),
}


def check(metric: str, also: tuple[str, ...], problem: Problem) -> None:
    """ValueError unless these metrics exist, once each, for this problem."""
    if metric not in METRICS:
        raise ValueError(f"metric: expected {' or '.join(METRICS)}, got {metric!r}")
    others = [name for name in KEPT if name != metric]
    for k, name in enumerate(also):
        if name not in others or name in also[:k]:
            raise ValueError(f"also: expected some of {', '.join(others)}, each once, got {name!r}")
    if "max_distance" in also and problem.shape not in ONE_MINIMISER:
        raise ValueError(f"also: max_distance is for problems with one minimiser, got {problem.name}; try max_gap")


def weight(method: Method, ops: Ops, b_sq: Any, b_sq_delayed: Any, hp: Any) -> Any:
    """u_t from (b_{t-1}^2, b_{t-d}^2) and the hyper-parameters of ``bounds.methods.update``."""
    past = b_sq_delayed if method.delayed else b_sq
    u = hp.gamma if method.accumulator == "none" else hp.gamma * ops.inv_sqrt(past)
    return hp.correction * u if method.corrected else u


def observed(name: str, problem: Any, ops: Any, x: Any, z: Any, p: Any, D: Any = None) -> Any:
    """What step t adds to a metric, or compares with it; p = grad f(z_t), ``D``: the axes of a stretched problem.

    The two weighted means are not multiplied with u_t yet.
    """
    match name:
        case "gap" | "average":
            return z
        case "grad_sq" | "best_grad_sq":
            return ops.sq_norm(p)
        case "max_gap":
            return gap(problem, ops, ops.norm(x if D is None else D * x))
    return ops.norm(x)


def keep(mode: Mode, ops: Any, kept: Any, value: Any) -> Any:
    """The kept number after this step; a nan is not kept."""
    if mode == "+=":
        return kept + value
    return ops.where(value < kept if mode == "min" else value > kept, value, kept)


ENDS = ("size", "slope", "distance")  # of the last iterate: see ``ends``


def ends(problem: Any, ops: Any, x: Any, D: Any = None) -> list[Any]:
    """||D x||, ||grad f(x)||^2 and ||x|| of numbers or vectors x; on the line x in the place of its size."""
    if len(x.shape) == 1:
        return [x, ops.sq_norm(gradient(problem, ops, x)), ops.norm(x)]
    return [sized(x, ops, D), ops.sq_norm(field(problem, ops, x, D)), ops.norm(x)]


def sized(v: Any, ops: Any, D: Any = None) -> Any:
    """Numbers as they are, vectors by the norm of v, or of D v: all that the gap asks of them."""
    return v if len(v.shape) == 1 else ops.norm(v if D is None else D * v)


def value(name: str, problem: Any, ops: Any, row: Any, last: dict[str, Any], weights: Any, steps: int) -> Any:
    """The metric of every trajectory from what was kept, ``sized``, and the last iterate."""
    match name:
        case "gap":
            return gap(problem, ops, row / weights)
        case "average":
            return gap(problem, ops, row / steps)
        case "grad_sq":
            return row / weights
        case "max_gap":
            return keep("max", ops, row, gap(problem, ops, last["size"]))
        case "max_distance":
            return keep("max", ops, row, last["distance"])
    return row
