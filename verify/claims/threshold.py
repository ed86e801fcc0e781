"""A clipping level that is too small, on one instance, with certified numbers (claim S7).

Clip-SGD on the Huber function of slope nu (L = R = sigma = 1) with rare inward jumps xi = z (probability P), -z P/(1-P)
otherwise.  With p = f'(x) <= nu and any level lam_t <= lam < z,

    E[clip(p + xi, lam_t)] <= (1-P) (nu - z P/(1-P)) + P lam <= 0   for   nu <= P (z - lam)/(1-P),

(for a level below |nu - z P/(1-P)| the left side is at most (2P - 1) lam_t < 0).  So E x_{t+1} >= E x_t for every
deterministic stepsize and every level up to lam, E x_t >= R for all t, and by convexity every average has an expected
gap of at least nu (R - nu/2).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from counterexamples.moments import TwoPoint
from counterexamples.noise import INWARD, jump_law, tight_jump
from verify.constants import bound
from verify.decimals import finite, rounded

ALPHA, N = Fraction(3, 2), 10**9  # N^(1/(2 alpha)) = 1000, exactly
LEVEL = 1000


def gap_floor(alpha: Fraction, level: Fraction) -> tuple[Fraction, dict[str, str]]:
    """A lower bound of the expected gap for all levels up to ``level`` (L = R = sigma = 1), exact, and its instance."""
    law = jump_law(tight_jump(alpha, Fraction(0), level), alpha, Fraction(1), INWARD)
    if not isinstance(law.shape, TwoPoint):
        raise ValueError(f"level: {level} is too small for a rare jump at alpha = {alpha}")
    p, z = law.shape.p, Fraction(law.scale)
    nu = min(p * (z - level) / (1 - p), Fraction(1))
    return nu * (1 - nu / 2), {
        "jump": str(z),
        "probability": str(p),
        "nu": str(nu),
        "moment_upper": str(law.moment[1]),
    }


def biased_instance() -> dict[str, Any]:
    """The floor at the level N^(1/(2 alpha)) against the certified bound at the level of the theory."""
    if LEVEL ** (2 * ALPHA) != N:
        raise ValueError(f"expected the level N^(1/(2 alpha)), got {LEVEL} at N = {N}")
    floor, instance = gap_floor(ALPHA, Fraction(LEVEL))
    good = bound("convex-clip-sgd", alpha=ALPHA, delta="0.01", N=N)
    if not floor > good.upper_exact:
        raise ValueError(f"expected a floor above the bound {good.upper}, got {float(floor):.4g}")
    return {
        "alpha": str(ALPHA),
        "N": N,
        "level": LEVEL,
        "expected_gap_at_least": finite(rounded(floor, False, 4)),
        "instance": instance,
        "level_of_the_theory": f"{float(good.parameters['lam']):.4g}",
        "proved_gap_at_most": good.upper,
        "with_probability": "0.99",
    }


if __name__ == "__main__":
    import json

    print(json.dumps(biased_instance(), indent=2))
