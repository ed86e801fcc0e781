"""The optimization methods, each written once.

With ``gc_t = clip(g_t, lam)`` and ``w_t`` the stepsize (theory, section 0):

    m_t     = beta1 m_{t-1} + (1 - beta1) gc_t,   m_{-1} = 0          (m_t = gc_t without momentum)
    x_{t+1} = x_t - w_t m_t
    b_t^2   = b_{t-1}^2 + eta ||gc_t||^2                              (AdaGrad-type)
    b_t^2   = beta2 b_{t-1}^2 + (1 - beta2) ||gc_t||^2                (Adam-type)
    w_t     = gamma / b_t                                             (not delayed)
    w_t     = gamma / b_{t-d}, d >= 1, b_j = b0 for j < 0             (delayed stepsize)
    w_t     = gamma                                                   (SGD: no accumulator)
    w_t times s_t = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1))         (bias correction)

``update`` is the only place where this recursion is written.  It is run on symbols (the
statement and proof of a theorem), on arrays (the reference simulation) and by the code generator
(the fast simulation): ``ops`` supplies the meaning of the operations.  The step direction is always
the current gradient; a delay concerns the denominator only (but see ``Method.stale``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol


@dataclass(frozen=True)
class Method:
    """A norm-type method of the theory: clip -> momentum -> accumulator -> delay."""

    name: str
    accumulator: str  # "none" (SGD), "adagrad" or "adam"
    delayed: bool = False  # the stepsize uses b_{t-d}, d >= 1
    momentum: bool = False  # beta1 > 0
    corrected: bool = False  # Adam's bias correction, a deterministic factor of the stepsize
    stale: bool = False  # the oracle is asked at x_{t-d}: whoever calls ``update`` supplies that gradient
    clipped: bool = True


class State(NamedTuple):
    """What step t starts from: x_t, m_{t-1}, b_{t-1}^2 and b_{t-d}^2; what a method does not use is passed through."""

    x: Any
    m: Any
    b_sq: Any
    b_sq_delayed: Any


class Ops(Protocol):
    """The operations ``update`` needs; vectors and scalars also support ``+``, ``-`` and ``*``."""

    def clip(self, v: Any, lam: Any) -> Any:
        """v min(1, lam/||v||), and 0 at v = 0."""

    def sq_norm(self, v: Any) -> Any:
        """||v||^2."""

    def inv_sqrt(self, s: Any) -> Any:
        """s^(-1/2) for s > 0."""


def update(method: Method, ops: Ops, state: State, g: Any, hp: Any) -> tuple[Any, Any, Any]:
    """One step: ``(x_{t+1}, m_t, b_t^2)`` from the state before it and the oracle's answer g_t.

    ``hp`` has those of the attributes ``gamma``, ``lam``, ``eta``, ``beta1``, ``beta2``, ``correction`` (s_t) that the
    method uses.
    """
    x, m, b_sq, b_sq_delayed = state
    gc = ops.clip(g, hp.lam) if method.clipped else g
    if method.momentum:
        m = hp.beta1 * m + (1 - hp.beta1) * gc
    direction = m if method.momentum else gc
    if method.accumulator == "none":
        return x - hp.gamma * direction, m, b_sq
    if method.accumulator == "adagrad":
        b_sq = b_sq + hp.eta * ops.sq_norm(gc)
    else:
        b_sq = hp.beta2 * b_sq + (1 - hp.beta2) * ops.sq_norm(gc)
    w = hp.gamma * ops.inv_sqrt(b_sq_delayed if method.delayed else b_sq)
    if method.corrected:
        w = hp.correction * w
    return x - w * direction, m, b_sq


CLIP_SGD = Method("clip-sgd", "none")
CLIP_ADAGRAD_NORM = Method("clip-adagrad-norm", "adagrad")
CLIP_ADAGRAD_NORM_DELAYED = Method("clip-adagrad-norm-delayed", "adagrad", delayed=True)
CLIP_ADAM_NORM = Method("clip-adam-norm", "adam")
CLIP_ADAM_NORM_DELAYED = Method("clip-adam-norm-delayed", "adam", delayed=True)

METHODS = {
    m.name: m for m in (CLIP_SGD, CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, CLIP_ADAM_NORM, CLIP_ADAM_NORM_DELAYED)
}
