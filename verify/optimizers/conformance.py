"""Is an optimizer the method it is said to be?  Step by step, against balls that contain every correct evaluation.

The optimizer is fed one fixed sequence of gradients (several tensors, coordinates of different size, norms far below
and above the clipping level, zeros).  From its own x_t the method's exact step is taken in the arithmetic of
``envelope``: an x_{t+1} outside that ball is a departure, certainly.  Then every recipe of the ``catalogue`` is tried
on the same gradients; one that contains the whole trajectory names the departure.  torch optimizers run under both
modes of zero_grad: if they differ, the optimizer keeps p.grad itself instead of a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from bounds.methods import METHODS, Method, State, update
from verify.optimizers.catalogue import Departure, Recipe, _correction, begin, departures, step
from verify.optimizers.envelope import UNIT, BallOps, inside, vector
from verify.optimizers.subject import Subject, start

STEPS, SEED = 24, 5
SHAPES = ((3,), (2, 2), (1,))
SIZES = (0.4, 2.5, 0.9, 0.05, 40.0, 1.2, 0.0, 0.7, 3.0, 0.3, 12.0, 0.6)  # of the gradients, in clipping levels


@dataclass(frozen=True)
class Conformance:
    """CONFORMS: every step lies in its ball.  DEPARTS: step ``first_step`` does not; ``departure`` names why, if the
    catalogue knows.  UNKNOWN: it could not be run to the end."""

    status: Literal["CONFORMS", "DEPARTS", "UNKNOWN"]
    method: str
    departure: str | None
    first_step: int | None
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready record."""
        return {
            "status": self.status,
            "method": self.method,
            "departure": self.departure,
            "first_step": self.first_step,
            "sentence": self.sentence,
        }


def stated(name: str, *, beta1: float = 0.0, corrected: bool = False) -> Method:
    """A method of ``bounds.methods`` by name, with momentum if beta1 > 0; ValueError for an unknown one."""
    if name not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, got {name!r}")
    method = METHODS[name]
    if corrected and method.accumulator != "adam":
        raise ValueError(f"method: {name} has no bias correction; only Adam-type methods have")
    return replace(method, momentum=beta1 > 0, corrected=corrected)


def probing(shapes: Sequence[tuple[int, ...]], lam: float) -> list[list[np.ndarray]]:
    """The gradients: [step][tensor]."""
    rng, out = np.random.default_rng(SEED), []
    level = lam if np.isfinite(lam) else 1.0
    spread = [10.0 ** rng.uniform(-1.5, 0.5, shape) for shape in shapes]
    for t in range(STEPS):
        tensors = [rng.standard_normal(shape) * wide for shape, wide in zip(shapes, spread, strict=True)]
        if len(shapes) > 1 and t % 7 == 3:
            tensors[1] = np.zeros(shapes[1])
        norm = np.sqrt(sum((v * v).sum() for v in tensors))
        out.append([v * (SIZES[t % len(SIZES)] * level / norm) for v in tensors])
    return out


def run(who: Subject, gradients: list[list[np.ndarray]], zero_grad: Literal["none", "keep"]) -> list[np.ndarray]:
    """x_0, x_1, .. as vectors."""
    point = [np.linspace(0.5, -1.0, prod(g.shape)).reshape(g.shape) for g in gradients[0]]
    session, path = start(who, point, zero_grad), [_flat(point)]
    for tensors in gradients:
        path.append(_flat(session.step(tensors)))
    return path


def _flat(tensors: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.ravel(x) for x in tensors])


def follows(
    method: Method, delay: int, path: list[np.ndarray], gradients: list[np.ndarray], hp: Mapping[str, float]
) -> int | None:
    """The first step that leaves the ball of the method's own ``update``; None if none does."""
    unit = UNIT["float64"]
    numbers = begin(Recipe(method, max(delay, 1)), 1, hp, unit)
    past = [numbers.past[0].entries[0]] * max(delay, 1)
    m = 0.0 * vector(path[0].tolist())
    for t, (x, g) in enumerate(zip(path, gradients, strict=False)):
        extra = {"correction": _correction(t, hp)} if method.corrected else {}
        state = State(vector(x.tolist()), m, past[0], past[-1])
        x_next, m, b_sq = update(method, BallOps, state, vector(g.tolist()), SimpleNamespace(**hp, **extra))
        if not inside(path[t + 1].tolist(), x_next):
            return t
        past = [b_sq, *past[:-1]]
    return None


def explains(
    departure: Departure,
    path: list[np.ndarray],
    gradients: list[np.ndarray],
    sizes: tuple[int, ...],
    hp: Mapping[str, float],
) -> bool:
    """Whether the whole trajectory lies in the balls of this recipe."""
    memory = begin(departure.recipe, len(path[0]), hp, UNIT["float64"])
    for t, (x, g) in enumerate(zip(path, gradients, strict=False)):
        x_next, memory = step(departure.recipe, vector(x.tolist()), vector(g.tolist()), memory, sizes, hp)
        if not inside(path[t + 1].tolist(), x_next):
            return False
    return True


def compare(
    who: Subject, method: str, hp: Mapping[str, float], *, delay: int = 1, corrected: bool = False
) -> Conformance:
    """Compare an optimizer with a stated method at the hyper-parameters ``hp``: gamma, lam, and what the method uses of
    eta, b0, beta1, beta2; ``delay`` is that of a delayed method.

    Raises ValueError for an unknown method or a missing hyper-parameter.
    """
    what = stated(method, beta1=hp.get("beta1", 0.0), corrected=corrected)
    needed = {
        "none": ("gamma", "lam"),
        "adagrad": ("gamma", "lam", "eta", "b0"),
        "adam": ("gamma", "lam", "beta2", "b0"),
    }
    missing = [name for name in needed[what.accumulator] if name not in hp]
    if missing:
        raise ValueError(f"{method}: expected {', '.join(needed[what.accumulator])}; {', '.join(missing)} is missing")
    hp = {"b0": 1.0, "beta1": 0.0, **hp}
    shapes = ((8,),) if who.kind == "step" else SHAPES
    gradients = probing(shapes, hp["lam"])
    flat = [_flat(g) for g in gradients]
    modes: tuple[Literal["none", "keep"], ...] = ("none", "keep") if who.kind == "torch" else ("none",)
    try:
        paths = [run(who, gradients, mode) for mode in modes]
    except Exception as error:  # somebody else's code
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        return Conformance("UNKNOWN", method, None, None, f"cannot be compared with {method}: {why}")
    left = [follows(what, delay, path, flat, hp) for path in paths]
    if left == [None] * len(left):
        return Conformance("CONFORMS", method, None, None, f"CONFORMS to {method}, step by step within rounding")
    sizes = tuple(prod(shape) for shape in shapes)
    first = min(t for t in left if t is not None)

    def departs(name: str | None, why: str) -> Conformance:
        return Conformance("DEPARTS", method, name, first, f"DEPARTS from {method} at step {first}: {why}")

    wrong = next(path for path, t in zip(paths, left, strict=True) if t is not None)
    named = next((d for d in departures(what, delay) if explains(d, wrong, flat, sizes, hp)), None)
    what_then = "in no way of the catalogue" if named is None else named.sentence
    if None in left:  # right in one mode of zero_grad
        mode = "True" if left[0] is not None else "False"
        return departs("gradient-alias", f"it keeps p.grad itself, not a copy; with set_to_none={mode} {what_then}")
    return departs(None if named is None else named.name, what_then)
