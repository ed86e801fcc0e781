"""(1-delta)-quantiles with and without the clip, against 1/delta, next to the certified bound.

At each delta a method runs with the certified parameters for this delta, on a nearly linear function, in the noise that
jumps about 8 delta times in N calls (``strata``); L = R = sigma = 1.  All bands hold together with the confidence of
the run, so the slope between two deltas has a band from the four ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import bounds
from counterexamples.noise import Pareto, default_index, scaled
from counterexamples.problems import nearly_linear
from verify.constants import Bound, bound
from verify.decimals import decimal, plain, within
from verify.experiments.record import Band, Experiment, Progress, band_fields, banded, short, silent
from verify.experiments.strata import Case, jump_law_for, quantile
from verify.report.plot import Curve, Panel
from verify.simulate import HyperParameters, simulate
from verify.statistics import quantile_band, split_level

THEOREMS = ("convex-clip-sgd", "convex-clip-adagrad-norm", "convex-clip-adam-norm")
DELTAS = tuple(Fraction(1, 10**k) for k in range(2, 10))
COMMON = tuple(Fraction(1, d) for d in (10, 30, 100, 300, 1000))  # seen in plain trajectories
LEVEL = Fraction(1, 1000)  # of all bands together
PLAIN = 10  # times as many plain trajectories as those with one jump
SLOPE_FROM = 4  # index of the delta from which the slope is taken


@dataclass(frozen=True)
class Point:
    """One quantile."""

    series: str
    noise: str
    delta: Fraction
    band: Band
    bound: Bound | None


def case(found: Bound, clipped: bool, N: int) -> Case:
    """The method of a bound with its certified parameters, with or without the clip."""
    method = bounds.method(found.theorem, found.variant)
    if method is None:
        raise ValueError(f"{found.theorem} is about no method")
    values = {k: float(found.parameters[k]) for k in ("gamma", "lam", "eta", "b0", "beta2") if k in found.parameters}
    hp = HyperParameters(**values)
    u = hp.gamma if method.accumulator == "none" else hp.gamma / hp.b0
    return Case(replace(method, clipped=clipped), nearly_linear(1.0, 1.0, u, N), hp, N)


def name(found: Bound, clipped: bool) -> str:
    """As in the paper: Clip-SGD, AdaGrad-Norm."""
    words = {"sgd": "SGD", "adagrad": "AdaGrad", "adam": "Adam", "norm": "Norm"}
    parts = found.theorem.removeprefix("convex-clip-").split("-")
    return ("Clip-" if clipped else "") + "-".join(words[p] for p in parts)


def run(
    *,
    alpha: Fraction = Fraction(3, 2),
    steps: int = 10_000,
    runs: int = 4000,
    seed: int = 0,
    progress: Progress = silent,
) -> Experiment:
    """The table, the slopes and the figure; NoBound where a theorem has no certified bound.

    ``runs``: trajectories with one jump for each quantile; ten times as many in the Pareto noise.
    """
    share = split_level(LEVEL, 2 * len(THEOREMS) * (len(DELTAS) + len(COMMON)))
    asked = [(t, clipped) for t in THEOREMS for clipped in (False, True)]
    total, done = len(asked) * steps * runs * (len(DELTAS) + PLAIN), 0
    points = []
    known = {(t, d): bound(t, alpha=alpha, delta=d, N=steps) for t in THEOREMS for d in (*DELTAS, COMMON[-1])}
    for theorem, clipped in asked:
        for delta in DELTAS:
            found = known[theorem, delta]
            law = jump_law_for(delta, steps, alpha)
            band = quantile(case(found, clipped, steps), law, delta, runs, seed, share)
            points.append(Point(name(found, clipped), "jumps", delta, band, found if clipped else None))
            done += steps * runs
            progress(done, total, points[-1].series)
    for theorem, clipped in asked:
        found = known[theorem, COMMON[-1]]
        values = _plain(case(found, clipped, steps), alpha, runs * PLAIN, seed)
        points += [Point(name(found, clipped), "pareto", d, quantile_band(values, d, share), None) for d in COMMON]
        done += steps * runs * PLAIN
        progress(done, total, points[-1].series)
    return _experiment(points, {"alpha": plain(alpha), "steps": str(steps), "runs": str(runs), "seed": str(seed)})


def _plain(about: Case, alpha: Fraction, runs: int, seed: int) -> list[float]:
    """The gaps of plain trajectories in one-sided Pareto noise that pushes away from x*."""
    law = scaled(Pareto(default_index(Pareto, alpha)), alpha, Fraction(1))
    found = simulate(about.method, about.problem, law, hp=about.hp, steps=about.N, runs=runs, seed=seed, stream=1)
    return found.values.tolist()


def slopes(points: Sequence[Point]) -> dict[str, tuple[float, float, float]]:
    """series -> (lower, estimate, upper) slope of ln quantile in ln(1/delta), from DELTAS[SLOPE_FROM] to the last."""
    found = {}
    for series in dict.fromkeys(p.series for p in points):
        at = {p.delta: p.band for p in points if p.series == series and p.noise == "jumps"}
        first, last = at[DELTAS[SLOPE_FROM]], at[DELTAS[-1]]
        width = math.log(DELTAS[SLOPE_FROM] / DELTAS[-1])
        pairs = ((last.lower, first.upper), (last.estimate, first.estimate), (last.upper, first.lower))
        low, middle, high = (math.log(a / b) / width for a, b in pairs)
        found[series] = (low, middle, high)
    return found


def _experiment(points: Sequence[Point], given: dict[str, str]) -> Experiment:
    rows = tuple(
        {
            "noise": p.noise,
            "method": p.series,
            "delta": plain(p.delta),
            "quantile": banded(p.band),
            "certified bound": decimal(p.bound.upper_exact) if p.bound is not None else "",
            **band_fields("quantile", p.band),
        }
        for p in points
    )
    first, last = DELTAS[SLOPE_FROM], DELTAS[-1]
    remarks = [
        f"slope of {s} from delta {plain(first)} to {plain(last)}: {short(middle)} {within(low, high)}"
        for s, (low, middle, high) in slopes(points).items()
    ]
    remarks += [
        f"1/alpha is {short(1 / float(Fraction(given['alpha'])))}",
        f"all bands hold together with confidence {plain(1 - LEVEL)}; bounds are certified, quantiles are measured",
        "no news: a bound above 0.5, which is L R^2/2, the most that f(x_0) - f* can be",
        "without a clip the quantiles of AdaGrad-Norm and Adam-Norm level off: a noise moves them by about R at most;",
        "their power of 1/delta is in the number of steps (verify separation)",
    ]
    panels = tuple(_panel(points, noise, given["steps"]) for noise in ("jumps", "pareto"))
    settings = {**given, "L": "1", "R": "1", "sigma": "1", "problem": "nearly-linear"}
    return Experiment(
        "quantiles", settings, ("noise", "method", "delta", "quantile", "certified bound"), rows, tuple(remarks), panels
    )


def _panel(points: Sequence[Point], noise: str, steps: str) -> Panel:
    title = {"jumps": "jumps about 8 delta times", "pareto": "Pareto noise"}[noise]
    curves = []
    for series in dict.fromkeys(p.series for p in points):
        mine = [p for p in points if p.series == series and p.noise == noise]
        x = tuple(float(1 / p.delta) for p in mine)
        ends: Any = (tuple(getattr(p.band, end) for p in mine) for end in ("estimate", "lower", "upper"))
        curves.append(Curve(series, x, *ends))
        certified = [p for p in mine if p.bound is not None]
        if certified:
            uppers = tuple(float(p.bound.upper_exact) for p in certified if p.bound is not None)
            curves.append(Curve(f"{series}, certified bound", x, uppers, dashed=True))
    return Panel(f"{title}; N = {steps}", "1/delta", "(1 - delta)-quantile of f(xbar) - f*", tuple(curves))
