"""Which average a metric is about, in the letters of docs/trust.md."""

from __future__ import annotations

from bounds.methods import Method


def point(method: Method, delay: int) -> str:
    """Where the gradient of step t is taken."""
    return f"x_{{max(t-{delay}, 0)}}" if method.stale else "x_t"


def weights(method: Method, delay: int, gamma: str = "gamma") -> str:
    """u_t; ``gamma``: its letter, gamma_t where it changes with time.

    >>> from bounds.methods import CLIP_ADAGRAD_NORM_DELAYED, CLIP_SGD
    >>> weights(CLIP_ADAGRAD_NORM_DELAYED, 3), weights(CLIP_SGD, 1)
    ('u_t = gamma/b_{t-3}, b_j = b0 for j < 0', 'u_t = gamma: the plain mean')
    """
    if method.accumulator == "none":
        return f"u_t = {gamma}" + ": the plain mean" * (gamma == "gamma")
    past = f"b_{{t-{delay if method.delayed else 1}}}"
    if method.accumulator == "adam" and not method.delayed:
        past = f"(beta2^(1/2) {past})"
    return f"u_t = {'s_t ' * method.corrected}{gamma}/{past}, b_j = b0 for j < 0"


def weighted_gap(method: Method, delay: int, gamma: str = "gamma") -> str:
    """The metric of the convex theorems."""
    mean = f"sum_{{t<N}} u_t {point(method, delay)} / sum_{{t<N}} u_t"
    return f"f(xbar) - f*, xbar = {mean}, {weights(method, delay, gamma)}"
