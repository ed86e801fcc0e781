"""The figures of ``verify counterexample`` and ``verify separation``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from bounds.methods import Method
from counterexamples.lower_bound import LowerInstance
from counterexamples.problems import start_gap
from verify.decimals import decimal, plain
from verify.lower import LIMIT, largest
from verify.report.plot import Curve, Panel
from verify.separation import Case, Separation, enough_steps, misses
from verify.simulate import HyperParameters, simulate
from verify.simulate.noise.sampler import Planned

POINTS = 100  # of a trajectory
TINY = 1e-150
ABOVE, BELOW = 4, 2  # decades of delta around delta*, in the figure of a separation


def trajectories(method: Method, found: LowerInstance, hp: Mapping[str, Fraction], forced: int) -> Panel:
    """f(x_t) - f* of the run that is thrown away from x* and of the one without noise, in floating point.

    A little beyond the forced steps, at most ``LIMIT``; b0 = 0 is drawn as a b0 that no gradient notices.
    """
    steps = min(forced + forced // 4 + 10, LIMIT)
    side, quiet = found.paths[0], found.paths[1]
    runs = (
        (f"failing: probability {decimal(side[1], 3)}", side[0]),
        (f"typical: probability {decimal(quiet[1], 6, up=False)}", quiet[0]),
    )
    numbers = HyperParameters(**{k: max(float(v), TINY) if k == "b0" else float(v) for k, v in hp.items()})
    curves = [_trajectory(name, method, found, numbers, float(noise), steps) for name, noise in runs]
    curves.append(_flat(f"epsilon = {plain(found.epsilon)}", 0, steps, float(found.epsilon)))
    high = max(y for c in curves for y in c.y)
    if forced <= steps:
        curves.append(Curve(f"forced: {forced} steps", (float(forced),) * 2, (0.0, high), dashed=True))
    title = f"{method.name.removeprefix('clip-')} without a clip"
    return Panel(title, "t", "f(x_t) - f*", tuple(curves), ("linear", "linear"))


def _trajectory(
    name: str, method: Method, found: LowerInstance, hp: HyperParameters, noise: float, steps: int
) -> Curve:
    """The first values, then ``POINTS`` evenly spaced ones."""
    times = sorted({*range(1, min(steps, 10)), *(round(steps * k / POINTS) for k in range(1, POINTS + 1))} - {0})
    law, y = Planned(np.zeros((1, 1), np.int64), np.array([[noise]])), [float(start_gap(found.problem))]
    for n in times:
        run = simulate(method, found.problem, law, hp=hp, steps=n, runs=1, seed=0, workers=1)
        y.append(float(run.last_values[0]))
    return Curve(name, (0.0, *map(float, times)), tuple(y))


def _flat(name: str, start: float, end: float, height: float) -> Curve:
    return Curve(name, (float(start), float(end)), (height, height), dashed=True)


def steps_against_delta(found: Separation) -> Panel:
    """How many steps are enough with the clip (found in floats; certified at delta* and below), and forced without."""
    about, bound = found.case, found.pairs[0].bound
    grid = [found.delta * Fraction(10) ** k for k in range(ABOVE, -BELOW - 1, -1)]
    deltas = [d for d in grid if d < Fraction(1, 4)]
    x = tuple(float(1 / d) for d in deltas)
    enough = tuple(enough_steps(about, bound.theorem, bound.variant, d) for d in deltas)
    forced = tuple(float(largest(misses(about, d), 1)) for d in deltas)
    certified = tuple(float(p.steps) for p in found.pairs)
    curves = (
        Curve(f"enough: {bound.theorem}", x, enough),
        Curve("enough, certified", tuple(float(1 / p.delta) for p in found.pairs), certified, dashed=True),
        Curve(f"forced: {about.lower.removeprefix('lower-')}", x, forced),
        Curve(f"delta* = {plain(found.delta)}", (float(1 / found.delta),) * 2, (min(forced), max(forced)), dashed=True),
    )
    return Panel(f"alpha {plain(about.alpha)}, epsilon {plain(about.epsilon)}", "1/delta", "steps", curves)


def crossovers(found: Sequence[tuple[Case, Fraction]]) -> Panel:
    """delta* against epsilon, a curve for each alpha."""
    curves = []
    for alpha in dict.fromkeys(about.alpha for about, _ in found):
        mine = [(float(about.epsilon), float(delta)) for about, delta in found if about.alpha == alpha]
        x, y = zip(*mine, strict=True)
        curves.append(Curve(f"alpha {plain(alpha)}", x, y))
    return Panel("below delta* clipping certainly needs fewer steps", "epsilon", "delta*", tuple(curves))
