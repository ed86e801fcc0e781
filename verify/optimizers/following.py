"""Whether a trajectory is that of a method: every step from its own x_t lies in the ball of the exact one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from bounds.methods import Method, State, update
from verify.optimizers.diagnosis import Path
from verify.optimizers.envelope import BallOps, Format, correction, excess, inside, numbers, vector
from verify.optimizers.probing import Probing


@dataclass(frozen=True)
class Outside:
    """The first step that left its ball."""

    step: int
    detail: str


def follows(
    method: Method, delay: int, probe: Probing, path: Path, hp: Mapping[str, float], form: Format
) -> Outside | None:
    """The first step whose x_{t+1} is no admitted evaluation of the method's step from x_t, or None."""
    own = numbers(hp, form)
    b0 = getattr(own, "b0", None)
    past = [None if b0 is None else b0 * b0] * delay
    m: Any = vector([0.0] * len(path[0]), form)
    for t, (x, after, g) in enumerate(zip(path[:-1], path[1:], probe.rows, strict=True)):
        if method.corrected:
            own.correction = correction(t, own)
        state = State(vector(x, form), m, past[0], past[-1])
        x_next, m, b_sq = update(method, BallOps, state, vector(g, form), own)
        past = [b_sq, *past[:-1]]
        if not inside(after, x_next):
            entry, far = excess(after, x_next)
            middle = float(x_next.entries[entry].ball.mid())
            by = f"{far:.3g} times what rounding explains" if isfinite(far) else "which is no number"
            return Outside(t, f"entry {entry} was {x[entry]!r}, should be {middle!r} and is {after[entry]!r}, {by}")
    return None


def starts_infinite(path: Path, probe: Probing) -> bool:
    """Whether the first step is an infinite one along -g."""
    return all(
        after == -inf if g > 0 else after == inf if g < 0 else not isfinite(after)
        for after, g in zip(path[1], probe.rows[0], strict=True)
    )
