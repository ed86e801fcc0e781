"""The clipping level: none, 100 times that of the theory, the theory's, 1/100 of it; all else as certified.

Two noises.  Rare jumps to both sides (``strata``), at several deltas, each with the certified parameters for this
delta: what happens without a clip or with one that is too large.  And the instance on which a level of 1/100 is biased
(``verify.claims.threshold``): frequent jumps towards x*, whose clipped part pushes away from it; for Clip-SGD the
expected gap has a certified floor there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from counterexamples.moments import GRID, TwoPoint
from counterexamples.noise import INWARD, scaled
from counterexamples.problems import huber
from verify.claims.threshold import gap_floor
from verify.constants import Bound, bound
from verify.decimals import decimal, plain
from verify.experiments.quantiles import case, name
from verify.experiments.record import Band, Experiment, Progress, band_fields, banded, short, silent
from verify.experiments.strata import Case, jump_law_for, quantile
from verify.report.plot import Curve, Panel
from verify.simulate import simulate
from verify.statistics import quantile_band, split_level

THEOREMS = ("convex-clip-sgd", "convex-clip-adagrad-norm")
FACTORS = {"none": math.inf, "100 x": 100.0, "theory": 1.0, "1/100": 0.01}
DELTAS = tuple(Fraction(1, 10**k) for k in (2, 4, 6, 8))
DELTA = DELTAS[0]  # of the biased instance
LEVEL = Fraction(1, 1000)  # of all bands together
PLAIN = 4  # times as many trajectories on the biased instance


def at_level(found: Bound, factor: float, N: int) -> Case:
    """The method of a bound with its level times ``factor``."""
    about = case(found, True, N)
    return replace(about, hp=replace(about.hp, lam=about.hp.lam * factor))


def biased(found: Bound, alpha: Fraction) -> tuple[Fraction, dict[str, str]]:
    """The certified floor of the expected gap of Clip-SGD at 1/100 of the level, and its instance."""
    return gap_floor(alpha, found.parameters["lam"] / 100)


def run(
    *,
    alpha: Fraction = Fraction(3, 2),
    steps: int = 30_000,
    runs: int = 1000,
    seed: int = 0,
    progress: Progress = silent,
) -> Experiment:
    """The table and the figure; NoBound where a theorem has no certified bound.

    ``runs``: trajectories for each quantile; four times as many on the biased instance.
    """
    share = split_level(LEVEL, len(THEOREMS) * len(FACTORS) * (len(DELTAS) + 1))
    total, done, rows = len(THEOREMS) * len(FACTORS) * (len(DELTAS) + PLAIN) * steps * runs, 0, []
    curves: dict[str, list[Band]] = {}
    known = {(t, d): bound(t, alpha=alpha, delta=d, N=steps) for t in THEOREMS for d in DELTAS}
    floor, instance = biased(known[THEOREMS[0], DELTA], alpha)
    for theorem in THEOREMS:
        for word, factor in FACTORS.items():
            for delta in DELTAS:
                found = known[theorem, delta]
                law = jump_law_for(delta, steps, alpha)
                band: Band = quantile(at_level(found, factor, steps), law, delta, runs, seed, share)
                curves.setdefault(f"{name(found, True)}, level {word}", []).append(band)
                certified = decimal(found.upper_exact) if factor == 1 else ""
                rows.append(_row("jumps", found, word, factor, delta, band, certified))
                done += steps * runs
                progress(done, total, f"{theorem}, level {word}")
    for theorem in THEOREMS:
        found = known[theorem, DELTA]
        for word, factor in FACTORS.items():
            values = _biased_gaps(at_level(found, factor, steps), alpha, instance, runs * PLAIN, seed)
            band = quantile_band(values, DELTA, share)
            certified = decimal(found.upper_exact) if factor == 1 else ""
            if factor < 1 and theorem == THEOREMS[0]:
                certified = f"mean > {decimal(floor, 3, up=False)}"
            rows.append(_row("biased", found, word, factor, DELTA, band, certified))
            done += steps * runs * PLAIN
            progress(done, total, f"{theorem}, level {word}")
    settings = {
        "alpha": plain(alpha),
        "steps": str(steps),
        "runs": str(runs),
        "seed": str(seed),
        "L": "1",
        "R": "1",
        "sigma": "1",
    }
    remarks = (
        "jumps: SGD, without a clip, has a power of 1/delta; with 100 times the level until the jump is that large",
        "biased: jumps towards x*, frequent at 1/100 of the level; the clip turns them into a drift away from x*",
        f"all bands hold together with confidence {plain(1 - LEVEL)}; certified: a bound w.p. 1 - delta, or a floor",
    )
    columns = ("noise", "method", "level", "lam", "delta", "quantile", "certified")
    return Experiment("clip-level", settings, columns, tuple(rows), remarks, _panels(curves))


def _biased_gaps(about: Case, alpha: Fraction, instance: Mapping[str, str], runs: int, seed: int) -> list[float]:
    """f(xbar) - f* on the slope and in the noise of the instance."""
    p = Fraction(instance["probability"])
    if (p * GRID).denominator != 1:
        raise ValueError(f"probability: expected a multiple of 2^-64, got {p}")
    law, slope = scaled(TwoPoint(p), alpha, Fraction(1), INWARD), float(Fraction(instance["nu"]))
    problem = huber(1.0, slope, 1.0)
    found = simulate(about.method, problem, law, hp=about.hp, steps=about.N, runs=runs, seed=seed, stream=1)
    return found.values.tolist()


def _row(
    noise: str, found: Bound, word: str, factor: float, delta: Fraction, band: Band, certified: str
) -> dict[str, str]:
    return {
        "noise": noise,
        "method": name(found, True),
        "level": word,
        "lam": short(float(found.parameters["lam"]) * factor),
        "delta": plain(delta),
        "quantile": banded(band),
        "certified": certified,
        **band_fields("quantile", band),
    }


def _panels(curves: Mapping[str, list[Band]]) -> tuple[Panel, ...]:
    x = tuple(float(1 / d) for d in DELTAS)
    drawn = []
    for label, bands in curves.items():
        y, low, high = (tuple(getattr(b, end) for b in bands) for end in ("estimate", "lower", "upper"))
        drawn.append(Curve(label, x, y, low, high))
    half = len(FACTORS)
    title = "jumps about 8 delta times"
    return tuple(
        Panel(title, "1/delta", "(1 - delta)-quantile of f(xbar) - f*", tuple(drawn[k : k + half]))
        for k in range(0, len(drawn), half)
    )
