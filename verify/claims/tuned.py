"""The published table (claim S9): which methods converge at alpha = 3/2, delta = 0.01, if each has its best stepsize.

Measured, with bands of a common confidence.  That SGD does not diverge is also true by hand, for f(x) = x^2/2 and every
noise of the class: x_N = (1-gamma)^N x_0 - gamma sum_t (1-gamma)^(N-1-t) xi_t, and by the inequality of von Bahr and
Esseen (Annals of Mathematical Statistics 36, 1965, Theorem 2) the second term has E|.|^alpha <= 2 gamma^(alpha-1)
sigma^alpha, because sum_k (1-gamma)^(alpha k) <= 1/gamma.  So by Markov's inequality, for 0 < gamma < 1,

    |x_N| <= (1-gamma)^N |x_0| + sigma (2/delta)^(1/alpha) gamma^((alpha-1)/alpha)   with probability >= 1 - delta,

which tends to 0 for gamma = ln(N)/N.  (The power of 1/delta is real: L4.)
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import ctx

from counterexamples.moments import ball
from verify.claims import NotShown
from verify.constants import bound
from verify.decimals import finite, rounded, shown
from verify.experiments.comparison import ALL, LEVEL, START, Tuned, setting, tuned
from verify.kernel.balls import ends
from verify.statistics import split_level

ALPHA, DELTA, STEPS, RUNS, SEED = Fraction(3, 2), Fraction(1, 100), 1000, 4000, 0
GAMMA, MANY = Fraction(1, 10**9), 10**11  # of the bound by hand
METHODS = ("SGD", "AdaGrad-Norm", "Clip-SGD", "Clip-AdaGrad-Norm")


def hand_bound(alpha: Fraction, delta: Fraction, gamma: Fraction, steps: int) -> Fraction:
    """An upper bound of the right side above for |x_0| = sigma = 1, rounded up to six digits."""
    with ctx.workprec(128):
        start = ball(1 - gamma) ** ball(steps)
        noise = ball(2 / delta) ** ball(1 / alpha) * ball(gamma) ** ball((alpha - 1) / alpha)
        return rounded(ends(start + noise)[1], True, 6)


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
            f"quantile at n = {n}": [shown(band.lower, 3, up=False), shown(band.upper, 3, up=True)]
            for n, band in zip(found.horizons[-2:], found.bands[-2:], strict=True)
        }
    by_hand = hand_bound(ALPHA, DELTA, GAMMA, MANY)
    if not by_hand**2 / 2 < START:
        raise NotShown(f"|x_N| <= {float(by_hand):.3g} is no progress")
    return {
        "measured": out,
        "confidence": str(1 - LEVEL),
        "start": str(START),
        "seed": SEED,
        "by_hand": {"gamma": str(GAMMA), "N": MANY, "distance_at_most": finite(by_hand), "with_probability": "0.99"},
    }


if __name__ == "__main__":
    import json

    print(json.dumps(witness(), indent=2))
