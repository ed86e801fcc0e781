"""Noise that depends on where the iterate is, and when: a factor that never leaves the noise class.

    xi_t = D_t X_t,      D_t = even + odd clip((x_t - centre)/width, 1)  for t < until,  0 from then on,

with X_0, X_1, .. independent copies of a law with E X = 0 and E|X|^alpha <= sigma^alpha, x_t the coordinate at which
the oracle is asked, and |even| + |odd| <= 1.  Then |D_t| <= 1 and D_t is F_{t-1}-measurable, hence

    E[xi_t | F_{t-1}] = 0,      E[|xi_t|^alpha | F_{t-1}] = |D_t|^alpha E|X|^alpha <= sigma^alpha.

- ``turning``  odd 1: the noise changes sides at ``centre``, so that what pushes away from it pushes away on both sides;
- ``beyond``   even = odd = 1/2: noise only where x > centre, full strength from centre + width on;
- ``within``   even 1/2, odd -1/2: noise only where x < centre: where the gradient is small.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from counterexamples.moments import AssumptionViolated

ALWAYS = 2**62  # more steps than any run has
Kind = Literal["everywhere", "turning", "beyond", "within"]
KINDS: dict[Kind, tuple[float, float]] = {  # kind -> (even, odd)
    "everywhere": (1.0, 0.0),
    "turning": (0.0, 1.0),
    "beyond": (0.5, 0.5),
    "within": (0.5, -0.5),
}


@dataclass(frozen=True)
class Steering:
    """The factor D of a noise law; see the module."""

    even: float = 1.0
    odd: float = 0.0
    centre: float = 0.0
    width: float = 1.0
    until: int = ALWAYS


def checked(steering: Steering) -> Steering:
    """The steering itself if |D| <= 1 everywhere, by exact arithmetic; AssumptionViolated otherwise.

    Raises ValueError unless width > 0 and until >= 0.
    """
    if not steering.width > 0 or steering.until < 0:
        raise ValueError(f"steering: expected width > 0 and until >= 0, got {steering.width!r} and {steering.until!r}")
    size = abs(Fraction(steering.even)) + abs(Fraction(steering.odd))
    if size > 1:
        raise AssumptionViolated(
            f"steering: the noise is multiplied by up to |even| + |odd| = {float(size)!r}, so E|xi|^alpha may exceed "
            "sigma^alpha; need |even| + |odd| <= 1"
        )
    return steering


def steer(kind: Kind, centre: float = 0.0, width: float = 1.0, until: int = ALWAYS) -> Steering:
    """The steering of this kind."""
    even, odd = KINDS[kind]
    return checked(Steering(even, odd, centre, width, until))


def factor(steering: Any, ops: Any, x: Any) -> Any:
    """D at x before ``until``, written with the operations a method uses (``bounds.methods.Ops``)."""
    return steering.even + steering.odd * ops.clip((x - steering.centre) / steering.width, 1.0)


def describe(steering: Steering) -> str:
    """A short name."""
    kinds = {numbers: kind for kind, numbers in KINDS.items()}
    kind = kinds.get((steering.even, steering.odd), f"{steering.even:g}{steering.odd:+g} turning")
    place = "" if kind == "everywhere" else f"{kind} {steering.centre:.3g}"
    time = "" if steering.until == ALWAYS else f"first {steering.until} steps"
    return ", ".join(filter(None, (place, time)))
