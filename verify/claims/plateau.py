"""Adam without a clip on a plateau (claim L5): by hand for all parameters, and one instance in balls.

beta1 = 0, beta2 = 1 - 1/T, stepsize c/sqrt(T), noise +-z with probability delta/T each, z^2 = T/(2 delta), so that
E xi^2 = 1 and E|xi|^alpha <= 1 for every alpha <= 2.  f' = h on a plateau, h = (delta T)^(-1/4), falls to 0 on its
outer side (L = 1) and stays 0; x_0 is the first point where it is 0.  By hand, not by the kernel, for T >= 4,
delta <= 1/4 and c/sqrt(1 + 2 delta b0^2) >= h:

- Until the first jump nothing moves.  If it points to the plateau, the step has a length between
  c/sqrt(1 + 2 delta b0^2) and c, because then b^2 >= z^2/T = 1/(2 delta): the next iterate is on the plateau.
- Without another jump, b^2 >= 1/(8 delta) from then on (beta2^T >= 1/4), so T steps move by at most
  sqrt(8) c (delta T)^(1/4).  On a plateau that is longer than this plus c all later gradients are h, and
  f(x_0) - f* is about (sqrt(8) + h) c, whatever delta and T are.
- If the jump comes in call t <= 3T/4 - 1, a quarter of the squared gradients are h^2: their mean is at least
  1/(4 sqrt(delta T)).  Exactly one jump in all calls, of this sign and this early, has probability at least
  (3/4 - 1/T) delta (1 - 2 delta) >= delta/4.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

from flint import ctx

from bounds.methods import CLIP_ADAM_NORM
from counterexamples.exact import BallOps, iterates
from counterexamples.moments import ThreePoint, ball, unit_moment
from counterexamples.problems import Problem, exactly, gradient, start_gap
from counterexamples.problems import Rationals as Exact
from verify.claims import NotShown
from verify.decimals import finite, rounded

T, DELTA = 256, Fraction(1, 32)  # delta T = 8, z = 64
C, B0 = Fraction(1), Fraction(1)
SHARE = Fraction(1, 4)  # of 1/sqrt(delta T), and of delta
BITS = 128


def problem() -> Problem:
    """The plateau of height (delta T)^(-1/4), started at its outer foot: f' = 0 there."""
    height = float(DELTA * T) ** -0.25
    reach = math.ceil(1.5 * height + float(C) * (1 + math.sqrt(8) * float(DELTA * T) ** 0.25))
    found = Problem("plateau", 1.0, height, reach + height / 2, shape="plateau", reach=float(reach))
    while gradient(exactly(found), Exact, Fraction(found.start)) != 0:
        found = replace(found, start=math.nextafter(found.start, math.inf))
    return found


def probability(share: Fraction = SHARE) -> tuple[Fraction, int]:
    """P(exactly one jump, towards the plateau, in a call after which the mean of f'(x_t)^2, t < T, is certainly at
    least ``share`` / sqrt(delta T)), and the number of these calls: a lower bound of the probability of the claim.

    Raises ValueError if the noise is not of second moment 1.
    """
    side, z = DELTA / T, Fraction(math.isqrt(int(T / (2 * DELTA))))
    if z * z != T / (2 * DELTA) or not unit_moment(ThreePoint(2 * side), Fraction(2)) * ball(z * z) == 1:
        raise ValueError(f"z^2 = T/(2 delta): expected the square of a whole number, got {T / (2 * DELTA)}")
    early = _early(z, share)
    return early * side * (1 - 2 * side) ** (T - 1), early


@cache
def _early(z: Fraction, share: Fraction) -> int:
    """The number of calls in which a jump alone is enough."""
    with ctx.workprec(BITS):
        return sum(_enough(t, z, share) for t in range(T))


def _enough(t: int, z: Fraction, share: Fraction) -> bool:
    """Whether a jump in call t alone makes the mean certainly large enough."""
    f = problem()
    hp = {"gamma": C / math.isqrt(T), "b0": B0, "beta2": 1 - Fraction(1, T)}
    path = iterates(replace(CLIP_ADAM_NORM, clipped=False), f, hp, z, at=t)
    total = ball(0)
    for _, (at, x) in zip(range(T), path, strict=False):
        total += gradient(at, BallOps, x) ** 2
    return bool(total / T >= ball(share) / ball(DELTA * T).sqrt())


def witness() -> dict[str, Any]:
    """The instance with certified numbers; ``NotShown`` if it does not show the claim."""
    found, calls = probability()
    if not found >= SHARE * DELTA:
        raise NotShown(f"expected a probability of at least {SHARE * DELTA}, got {float(found):.4g}")
    f = problem()
    return {
        "T": T,
        "delta": str(DELTA),
        "step": f"{C}/sqrt(T)",
        "height": repr(f.nu),
        "reach": repr(f.reach),
        "start": repr(f.start),
        "start_gap": finite(rounded(start_gap(f), True, 6)),
        "calls": calls,
        "mean_at_least": f"{SHARE}/sqrt(delta T)",
        "with_probability_at_least": finite(rounded(found, False, 6)),
        "claimed_probability": str(SHARE * DELTA),
    }


if __name__ == "__main__":
    import json

    print(json.dumps(witness(), indent=2))
