"""The published table (claim S9): which methods converge at alpha = 3/2, delta = 0.01, if each has its best stepsize.

Measured, with bands of a common confidence.  That SGD does not diverge is also true by hand, for f(x) = x^2/2 and every
noise of the class: x_N = (1-gamma)^N x_0 - gamma sum_t (1-gamma)^(N-1-t) xi_t, and by the inequality of von Bahr and
Esseen (1965) the sum has E|.|^alpha <= 2 gamma^(alpha-1) sigma^alpha, gamma included.  So by Markov's inequality

    |x_N| <= (1-gamma)^N |x_0| + sigma (2/delta)^(1/alpha) gamma^((alpha-1)/alpha)   with probability >= 1 - delta,

which tends to 0 for gamma = ln(N)/N.  (The power of 1/delta is real: L4.)
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from verify.claims import NotShown
from verify.constants import bound
from verify.experiments.comparison import ALL, LEVEL, START, Tuned, setting, tuned
from verify.statistics import split_level

ALPHA, DELTA, STEPS, RUNS, SEED = Fraction(3, 2), Fraction(1, 100), 1000, 4000, 0
METHODS = ("SGD", "AdaGrad-Norm", "Clip-SGD", "Clip-AdaGrad-Norm")


def hand_bound(alpha: float, delta: float, gamma: float, steps: int) -> float:
    """The right side above, for |x_0| = sigma = 1: floats, for reading."""
    return float((1 - gamma) ** steps + (2 / delta) ** (1 / alpha) * gamma ** ((alpha - 1) / alpha))


def converges(found: Tuned) -> bool:
    """The quantile at the last horizon is certainly (at the level of its band) below the one before, and the start."""
    before, last = found.bands[-2:]
    return last.upper < before.lower and last.upper < START


def witness() -> dict[str, Any]:
    """The four bands at the last two horizons; ``NotShown`` if a method is not seen to converge."""
    about = setting(ALPHA, DELTA, STEPS, SEED)
    level = float(bound("convex-clip-sgd", alpha=ALPHA, delta=DELTA, N=STEPS).parameters["lam"])
    share = split_level(LEVEL, len(METHODS) * len(about.horizons))
    out = {}
    for name in METHODS:
        found = tuned(about, ALL[name], level, RUNS, RUNS // 10, share)
        if not converges(found):
            raise NotShown(f"{name} is not seen to converge: {found.bands[-2:]}")
        out[name] = {
            f"quantile at n = {n}": [f"{band.lower:.3g}", f"{band.upper:.3g}"]
            for n, band in zip(found.horizons[-2:], found.bands[-2:], strict=True)
        }
    return {"measured": out, "confidence": str(1 - LEVEL), "start": str(START), "seed": SEED}


if __name__ == "__main__":
    import json

    print(json.dumps(witness(), indent=2))
