"""What a trajectory is judged by: one weighted mean over its first N iterates, then one function of it.

    "gap"       f(xbar) - f*,  xbar = sum_{t<N} u_t z_t / sum_{t<N} u_t            (convex theorems)
    "grad_sq"   sum_{t<N} u_t ||grad f(z_t)||^2 / sum_{t<N} u_t                    (non-convex theorems)

with the F_{t-1}-measurable stepsizes of the proofs (theory, 6.1, 6.4)

    u_t = s_t gamma                (no accumulator),
    u_t = s_t gamma / b_{t-1}      (not delayed, b_{-1} = b0),
    u_t = s_t gamma / b_{t-d}      (delayed by d, b_j = b0 for j < 0),

s_t = 1 without bias correction, and z_t = x_t, the point where the oracle is asked; for stale gradients
z_t = x_{max(t-d, 0)}.  x_N is not averaged.
"""

from __future__ import annotations

from typing import Any, Literal

from bounds.methods import Method, Ops

Metric = Literal["gap", "grad_sq"]
METRICS: tuple[Metric, ...] = ("gap", "grad_sq")


def weight(method: Method, ops: Ops, b_sq: Any, b_sq_delayed: Any, hp: Any) -> Any:
    """u_t from (b_{t-1}^2, b_{t-d}^2) and the hyper-parameters of ``bounds.methods.update``."""
    past = b_sq_delayed if method.delayed else b_sq
    u = hp.gamma if method.accumulator == "none" else hp.gamma * ops.inv_sqrt(past)
    return hp.correction * u if method.corrected else u


def observed(metric: Metric, ops: Ops, z: Any, p: Any) -> Any:
    """What is averaged: z_t or ||p_t||^2, p_t = grad f(z_t)."""
    return z if metric == "gap" else ops.sq_norm(p)
