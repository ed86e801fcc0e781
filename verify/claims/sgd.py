"""Unclipped SGD on the lower-bound instance, exactly (claim L4): the same way back for every stepsize.

A jump of size H + nu away from x* moves SGD by gamma H, and every step back has length gamma nu: H/nu steps, whatever
gamma is.  Here for two stepsizes, by the exact recursion of SGD itself and by the theorem with eta = 0.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from bounds.methods import CLIP_SGD
from counterexamples.exact import first_success
from counterexamples.lower_bound import lower_instance
from verify.claims import NotShown
from verify.lower import LIMIT, forced

ALPHA, EPSILON = Fraction(3, 2), Fraction(1, 100)
DELTAS = (Fraction(1, 100), Fraction(1, 1000))
GAMMAS = (Fraction(1, 100), Fraction(1))


def escape() -> dict[str, Any]:
    """Forced steps and first success of SGD at two deltas; ``NotShown`` if a run succeeds when it must not."""
    found = {}
    for delta in DELTAS:
        instance = lower_instance(ALPHA, delta, EPSILON, Fraction(1))
        theorem = forced(
            "lower-adagrad-norm",
            instance,
            {"gamma": Fraction(1), "b0": Fraction(1), "beta1": Fraction(0), "eta": Fraction(0)},
        )
        method = replace(CLIP_SGD, clipped=False)
        success = [
            first_success(method, instance.problem, {"gamma": g, "b0": Fraction(1)}, -instance.jump, EPSILON, LIMIT)
            for g in GAMMAS
        ]
        if any(s is not None and s <= theorem.steps for s in success):
            raise NotShown(f"SGD succeeds at step {success}, but {theorem.steps} steps are forced")
        found[f"delta = {delta}"] = {
            "forced_steps": theorem.steps,
            "failure_probability_exceeds": str(delta),
            "first_success": {f"gamma {g}": s for g, s in zip(GAMMAS, success, strict=True)},
        }
    return found
