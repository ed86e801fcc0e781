"""A search for the hardest instance: which problem and noise make the (1-delta)-quantile of a method largest?

Candidates are products of Huber widths (or the problems of the non-convex battery), jump laws on a logarithmic grid
of sizes, and where and when they act (``counterexamples.steering``); all are admitted by ``noise.admit``, so all are in
the class.  They meet the same random words; the better quarter goes on with four times the runs, and the last four
meet fresh words: the reported band is an estimate of the worst case from below and never a proof.
The outcome depends on the seed, not on the number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from counterexamples.battery import Instance, instance
from counterexamples.noise import Law, admit, jump_law, no_noise, steered
from counterexamples.problems import Problem, huber, round_down
from counterexamples.steering import Steering, steer
from verify.simulate import simulate
from verify.statistics import Band, exceedances, quantile_band
from verify.target import Target, hyper_parameters, instances, usual_stepsize

SIZES, FINALISTS, LAST_STREAM = 10, 4, 2**30
BAND_LEVEL = Fraction(1, 100)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Found:
    """The hardest instance seen, judged on words that the search never saw."""

    instance: Instance
    quantile: Band  # of order 1 - delta
    runs: int
    exceeded: int  # runs in which the claim's bound was exceeded
    tried: int


def problems(target: Target) -> Iterator[Problem]:
    """Slopes around that of the noiseless worst case, and the quadratic; for non-convex claims those of the battery."""
    if target.metric != "gap":
        yield from dict.fromkeys(i.problem for i in instances(target))
        return
    L, R = round_down(target.L), round_down(target.size)
    width = R / (L * usual_stepsize(target) * (target.N - 1) + 1)
    for k in (0.5, 1.0, 2.0):
        yield huber(L, min(k * width, R), R, target.dim)
    yield huber(L, R, R, target.dim)


def laws(target: Target) -> Iterator[Law]:
    """No noise, and jumps of sizes from sigma to (2N/delta)^(1/alpha) sigma, on one side or both."""
    t = target
    yield no_noise(t.alpha, t.sigma)
    if not t.sigma:
        return
    decades = math.log(2 * t.N / float(t.delta)) / float(t.alpha)
    for k in range(SIZES):
        jump = t.sigma * Fraction(math.exp(decades * (k + 1) / SIZES))
        yield jump_law(jump, t.alpha, t.sigma, -1)
        yield jump_law(jump, t.alpha, t.sigma, 1)
        yield jump_law(jump, t.alpha, t.sigma, 1, symmetric=True)


def steerings(target: Target, problem: Problem) -> Iterator[Steering | None]:
    """Everywhere, near or far from the minimum, outward on both sides, and at the beginning only."""
    yield None
    for until in (1, max(target.N // 10, 1)):
        yield steer("everywhere", until=until)
    centre = problem.start / 2
    yield steer("within", centre, problem.start / 10)
    yield steer("beyond", centre, problem.start / 10)
    yield steer("turning", 0.0, problem.start / 100)


def candidates(target: Target, wanted: Callable[[Law], bool] = lambda law: True) -> tuple[Instance, ...]:
    """Every instance of the search whose law is ``wanted``; each law is admitted again."""
    noise = [law for law in laws(target) if wanted(law)]
    return tuple(
        instance(p, admit(steered(law, s)))
        for p in problems(target)
        for law in noise
        for s in (steerings(target, p) if law.scale else (None,))
    )


def search(
    target: Target,
    pool: Sequence[Instance],
    *,
    runs: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Found:
    """The hardest instance of ``pool`` by successive halving.  ``runs``: of the first round [default: 2/delta]."""
    if not pool:
        raise ValueError("pool: expected at least one instance, got none")
    first = runs or math.ceil(2 / target.delta)
    kept, now = list(pool), first
    while len(kept) > FINALISTS:
        scores = _scores(target, kept, now, seed, 0, workers, progress)
        order = sorted(range(len(kept)), key=lambda k: -scores[k][0].estimate)
        kept, now = [kept[k] for k in order[: max(FINALISTS, len(kept) // 4)]], 4 * now
    last = _scores(target, kept, now, seed, LAST_STREAM, workers, progress)
    best = max(range(len(kept)), key=lambda k: last[k][0].estimate)
    return Found(kept[best], last[best][0], now, last[best][1], len(pool))


def _scores(
    target: Target,
    pool: Sequence[Instance],
    runs: int,
    seed: int,
    stream: int,
    workers: int | None,
    progress: Progress | None,
) -> list[tuple[Band, int]]:
    """Quantile and exceedances of each instance; in the last round each has words of its own."""
    out = []
    for k, one in enumerate(pool):
        result = simulate(
            target.method, one.problem, one.law, hp=hyper_parameters(target), metric=target.metric, steps=target.N,
            runs=runs, seed=seed, stream=stream + k if stream else 0, delay=target.delay, workers=workers,
        )  # fmt: skip
        values = result.values.tolist()
        out.append((quantile_band(values, target.delta, BAND_LEVEL), exceedances(values, target.upper)))
        if progress is not None:
            progress(k + 1, len(pool), f"{runs} runs each")
    return out


def unclipped(target: Target) -> Target:
    """The same method without its clip, against the same claim."""
    return replace(target, method=replace(target.method, clipped=False))
