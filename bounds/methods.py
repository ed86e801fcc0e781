"""The optimization methods, each written once.

With ``gc_t = clip(g_t, lam)`` and ``w_t`` the stepsize (theory, section 0):

    x_{t+1} = x_t - w_t gc_t
    b_t^2   = b_{t-1}^2 + eta ||gc_t||^2,     b_j = b0 for j < 0
    w_t     = gamma / b_t                     (not delayed)
    w_t     = gamma / b_{t-d}, d >= 1         (delayed stepsize)
    w_t     = gamma                           (SGD: no accumulator)

``update`` is the only place where this recursion is written.  It is run on symbols (the
statement and proof of a theorem), on arrays (the reference simulation) and by the code generator
(the fast simulation): ``ops`` supplies the meaning of the operations.  The step direction is always
the current gradient; a delay concerns the denominator only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Method:
    """A norm-type method of the theory: clip -> accumulator -> delay."""

    name: str
    accumulator: str  # "none" (SGD) or "adagrad"
    delayed: bool  # the stepsize uses b_{t-d}, d >= 1
    clipped: bool = True


class Ops(Protocol):
    """The operations ``update`` needs; vectors and scalars also support ``+``, ``-`` and ``*``."""

    def clip(self, v: Any, lam: Any) -> Any:
        """v min(1, lam/||v||), and 0 at v = 0."""

    def sq_norm(self, v: Any) -> Any:
        """||v||^2."""

    def inv_sqrt(self, s: Any) -> Any:
        """s^(-1/2) for s > 0."""


def update(method: Method, ops: Ops, x: Any, g: Any, b_sq: Any, b_sq_delayed: Any, hp: Any) -> tuple[Any, Any]:
    """One step: ``(x_t, g_t, b_{t-1}^2, b_{t-d}^2) -> (x_{t+1}, b_t^2)``.

    ``hp`` has the attributes ``gamma``, ``eta``, ``lam`` (unused ones may be anything).
    """
    gc = ops.clip(g, hp.lam) if method.clipped else g
    if method.accumulator == "none":
        return x - hp.gamma * gc, b_sq
    b_sq_next = b_sq + hp.eta * ops.sq_norm(gc)
    w = hp.gamma * ops.inv_sqrt(b_sq_delayed if method.delayed else b_sq_next)
    return x - w * gc, b_sq_next


CLIP_SGD = Method("clip-sgd", accumulator="none", delayed=False)
CLIP_ADAGRAD_NORM = Method("clip-adagrad-norm", accumulator="adagrad", delayed=False)
CLIP_ADAGRAD_NORM_DELAYED = Method("clip-adagrad-norm-delayed", accumulator="adagrad", delayed=True)

METHODS = {m.name: m for m in (CLIP_SGD, CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED)}
