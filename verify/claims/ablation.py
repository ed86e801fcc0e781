"""The clipping level, none, too large, too small and that of the theory (claim S10): instances with certified numbers.

Too large: a level that no gradient exceeds on the lower-bound instance is no clip, and for a given delta this is so
from sigma (2 delta)^(-1/alpha) + nu on.  (A fixed multiple of the theory's level is still polylogarithmic, with a
larger constant.)  Too small: the floor of ``threshold``, above what is proved with the theory's level.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from bounds.methods import CLIP_SGD
from counterexamples.exact import first_success, missed_at
from counterexamples.lower_bound import lower_instance
from verify.claims import NotShown
from verify.claims.threshold import gap_floor
from verify.constants import bound
from verify.decimals import finite, rounded
from verify.lower import LIMIT, forced

ALPHA, EPSILON, DELTA, N = Fraction(3, 2), Fraction(1, 100), Fraction(1, 10**4), 10**6
TOO_LARGE = Fraction(1)  # times the largest gradient of the instance
TOO_SMALL = Fraction(1, 100)  # times the level of the theory
THEOREM = "convex-clip-sgd"


def too_large() -> dict[str, Any]:
    """Clip-SGD at a level that never clips misses epsilon as long as SGD; at the theory's level it does not.

    Raises ``NotShown`` if one of the two is not so.
    """
    instance = lower_instance(ALPHA, DELTA, EPSILON, Fraction(1))
    numbers = {"gamma": Fraction(1), "b0": Fraction(1), "beta1": Fraction(0), "eta": Fraction(0)}
    T = forced("lower-adagrad-norm", instance, numbers).steps
    level = TOO_LARGE * (instance.jump + instance.nu)
    hp = {"gamma": Fraction(1), "b0": Fraction(1), "lam": level}
    if not missed_at(CLIP_SGD, instance.problem, hp, -instance.jump, EPSILON, T):
        raise NotShown(f"Clip-SGD at the level {float(level):.4g} does not miss epsilon at step {T}")
    good = bound(THEOREM, alpha=ALPHA, delta=DELTA, N=10**4).parameters["lam"]
    arrives = first_success(CLIP_SGD, instance.problem, hp | {"lam": good}, -instance.jump, EPSILON, LIMIT)
    if arrives is None or arrives > T // 2:
        raise NotShown(f"Clip-SGD at the theory's level arrives at step {arrives} of {T}")
    return {
        "delta": str(DELTA),
        "epsilon": str(EPSILON),
        "level_that_never_clips": f"{float(level):.4g}",
        "misses_at_step": T,
        "level_of_the_theory": f"{float(good):.4g}",
        "then_arrives_at_step": arrives,
    }


def too_small() -> dict[str, Any]:
    """An expected gap above the bound that is proved at the theory's level; ``NotShown`` if it is not above."""
    good = bound(THEOREM, alpha=ALPHA, delta="0.01", N=N)
    level = TOO_SMALL * good.parameters["lam"]
    floor, instance = gap_floor(ALPHA, level)
    if not floor > good.upper_exact:
        raise NotShown(f"at the level {float(level):.4g} the floor {float(floor):.4g} is not above {good.upper}")
    return {
        "N": N,
        "level": f"{float(level):.4g}",
        "expected_gap_at_least": finite(rounded(floor, False, 4)),
        "proved_gap_at_most_at_the_level_of_the_theory": good.upper,
        "with_probability": "0.99",
        "instance": instance,
    }


def witness() -> dict[str, Any]:
    """Both."""
    return {"too large": too_large(), "too small": too_small()}


if __name__ == "__main__":
    import json

    print(json.dumps(witness(), indent=2))
