"""The metric of the convex theorems: the gap of the stepsize-weighted average of x_0 .. x_{N-1}.

    xbar = sum_{t<N} u_t x_t / sum_{t<N} u_t,
    u_t = gamma                (no accumulator),
    u_t = gamma / b_{t-1}      (not delayed, b_{-1} = b0),
    u_t = gamma / b_{t-d}      (delayed by d, b_j = b0 for j < 0).

These are the F_{t-1}-measurable stepsizes of the proofs (theory, 6.1); x_N is not averaged.
"""

from __future__ import annotations

from typing import Any

from bounds.methods import Method, Ops


def weight(method: Method, ops: Ops, b_sq: Any, b_sq_delayed: Any, hp: Any) -> Any:
    """u_t from (b_{t-1}^2, b_{t-d}^2)."""
    if method.accumulator == "none":
        return hp.gamma
    return hp.gamma * ops.inv_sqrt(b_sq_delayed if method.delayed else b_sq)
