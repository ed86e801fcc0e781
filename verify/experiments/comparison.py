"""SGD, AdaGrad-Norm and Adam-Norm with and without a clip, delayed or not, each with its best stepsize.

f(x) = x^2/2, ||x_0 - x*|| = 1, symmetric stable noise of index (alpha + 2)/2 scaled to E|xi|^alpha = 1, b0 = 1,
eta = 1, beta2 = 1 - 1/N.  The stepsize, for a clipped method also the level, is the one on a grid with the smallest
(1-delta)-quantile of f(x_N) - f* in a first simulation; the table is from a second one with other random numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bounds.methods import METHODS, Method
from counterexamples.noise import Law, Stable, default_index, describe, scaled
from counterexamples.problems import quadratic
from verify.constants import bound
from verify.decimals import plain
from verify.experiments.record import Experiment, Progress, band_fields, banded, silent
from verify.report.plot import Curve, Panel
from verify.simulate import HyperParameters, simulate
from verify.statistics import Band, quantile_band, split_level

GAMMAS = tuple(4.0**-k for k in range(8))
SHARES = (1.0, 1 / 8, 1 / 64)  # of the level of the theory
LEVEL = Fraction(1, 1000)  # of all bands together
HORIZONS = 4  # N/1000, N/100, N/10, N
PROBLEM = quadratic(1.0, 1.0)
START = Fraction(1, 2)  # f(x_0) - f*
WORDS = {"sgd": "SGD", "adagrad": "AdaGrad", "adam": "Adam"}


def name(method: Method) -> str:
    """As in the paper: a D for the delayed stepsize."""
    word = WORDS[method.name.split("-")[1]]
    family = word if word == "SGD" else f"{word}{'D' if method.delayed else ''}-Norm"
    return ("Clip-" if method.clipped else "") + family


ALL = {name(m): m for clean in METHODS.values() for m in (replace(clean, clipped=False), clean)}


@dataclass(frozen=True)
class Tuned:
    """A method with its best numbers and the bands of the quantile at every horizon."""

    name: str
    hp: HyperParameters
    horizons: tuple[int, ...]
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Setting:
    """What all methods share."""

    law: Law
    delta: Fraction
    steps: int
    seed: int

    def gaps(self, method: Method, hp: HyperParameters, steps: int, runs: int, stream: int) -> list[float]:
        """f(x_n) - f* after n = ``steps`` steps."""
        found = simulate(method, PROBLEM, self.law, hp=hp, steps=steps, runs=runs, seed=self.seed, stream=stream)
        return found.last_values.tolist()

    @property
    def horizons(self) -> tuple[int, ...]:
        return tuple(sorted({max(1, self.steps // 10**k) for k in range(HORIZONS)}))


def grid(method: Method, level: float, steps: int) -> Iterator[HyperParameters]:
    """The numbers that are tried."""
    for gamma in GAMMAS:
        for share in SHARES if method.clipped else (1.0,):
            yield HyperParameters(gamma=gamma, lam=level * share, beta2=1 - 1 / steps)


def setting(alpha: Fraction, delta: Fraction, steps: int, seed: int) -> Setting:
    """The noise in the class: its index is above alpha."""
    return Setting(scaled(Stable(default_index(Stable, alpha)), alpha, Fraction(1)), delta, steps, seed)


def tuned(about: Setting, method: Method, level: float, runs: int, trial: int, share: Fraction) -> Tuned:
    """Choose on ``trial`` trajectories, measure on ``runs`` others."""

    def seen(hp: HyperParameters) -> float:
        return quantile_band(about.gaps(method, hp, about.steps, trial, 0), about.delta, share).estimate

    best = min(grid(method, level, about.steps), key=seen)
    values = (about.gaps(method, best, n, runs, 1) for n in about.horizons)
    return Tuned(name(method), best, about.horizons, tuple(quantile_band(v, about.delta, share) for v in values))


def run(
    *,
    alpha: Fraction = Fraction(3, 2),
    delta: Fraction = Fraction(1, 100),
    steps: int = 10_000,
    runs: int = 10_000,
    seed: int = 0,
    progress: Progress = silent,
    methods: Sequence[str] = tuple(ALL),
) -> Experiment:
    """The table and the figure; NoBound if Clip-SGD has no certified bound, whose level sets the scale."""
    about, trial = setting(alpha, delta, steps, seed), max(200, runs // 20)
    level = float(bound("convex-clip-sgd", alpha=alpha, delta=delta, N=steps).parameters["lam"])
    share = split_level(LEVEL, len(ALL) * HORIZONS)
    found = []
    for k, series in enumerate(methods):
        found.append(tuned(about, ALL[series], level, runs, trial, share))
        progress(k + 1, len(methods), series)
    settings = {
        "alpha": plain(alpha), "delta": plain(delta), "steps": str(steps), "runs": str(runs), "seed": str(seed),
        "f": "x^2/2", "x_0": "1", "noise": describe(about.law),
    }  # fmt: skip
    remarks = (
        f"(1-delta)-quantile of f(x_n) - f*, {plain(START)} at the start; gamma and lam: best at n = N in other runs",
        f"all bands hold together with confidence {plain(1 - LEVEL)}; measured, not proved",
    )
    columns = ("method", "gamma", "lam", *(f"n = {n}" for n in about.horizons))
    return Experiment("comparison", settings, columns, tuple(map(_row, found)), remarks, (_panel(found, delta),))


def _row(found: Tuned) -> dict[str, str]:
    lam = f"{found.hp.lam:.3g}" if found.name.startswith("Clip-") else ""
    row = {"method": found.name, "gamma": f"{found.hp.gamma:.3g}", "lam": lam}
    for n, band in zip(found.horizons, found.bands, strict=True):
        row |= {f"n = {n}": banded(band), **band_fields(f"n = {n}", band)}
    return row


def _panel(found: Sequence[Tuned], delta: Fraction) -> Panel:
    curves = []
    for one in found:
        y, low, high = (tuple(getattr(b, end) for b in one.bands) for end in ("estimate", "lower", "upper"))
        curves.append(Curve(one.name, tuple(map(float, one.horizons)), y, low, high, dashed="D-Norm" in one.name))
    return Panel(
        f"stepsizes tuned at the last n, delta = {plain(delta)}", "n", "quantile of f(x_n) - f*", tuple(curves)
    )
