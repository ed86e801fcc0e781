"""A search for the hardest instance: which problem and noise make the (1-delta)-quantile of a method largest?

Candidates are products of Huber widths (or the problems of the non-convex battery), jump laws on a logarithmic grid
of sizes, and where and when they act (``counterexamples.steering``); all are admitted by ``noise.admit``, so all are in
the class.  They meet the same random words; the better quarter goes on with four times the runs, the last four meet
words of their own, and the best of these is judged on words that no candidate has met: its band is an honest estimate
of the worst case from below, and never a proof.  The outcome depends on the seed, not on the number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from counterexamples.battery import CONDITION, MOST, Instance, instance
from counterexamples.noise import Law, ThreePoint, admit, isotropic, jump_law, no_noise, steered
from counterexamples.problems import Problem, huber, round_down, stretched
from counterexamples.steering import Steering, steer
from verify.attack import WORK_LIMIT, Unaffordable
from verify.decimals import decimal
from verify.simulate import simulate
from verify.simulate.noise.realised import realised
from verify.simulate.portable import exp, log
from verify.statistics import Band, exceedances, quantile_band
from verify.target import Target, hyper_parameters, instances, representable, usual_stepsize

SIZES, FINALISTS = 10, 4
FIRST_STREAM = 2**30  # far from the streams of the battery
FINAL_STREAM = FIRST_STREAM + FINALISTS + 1
BAND_LEVEL = Fraction(1, 100)
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Found:
    """The hardest instance seen, judged on words that the search has not used."""

    instance: Instance
    quantile: Band  # of order 1 - delta
    runs: int
    exceeded: int  # runs in which the claim's bound was exceeded
    tightness: float | None  # bound / quantile
    tried: int


def problems(target: Target) -> Iterator[Problem]:
    """Slopes around that of the noiseless worst case, and the quadratic; for non-convex claims those of the battery."""
    if target.metric != "gap":
        yield from dict.fromkeys(i.problem for i in instances(target) if not i.law.isotropic)
        return
    representable(target)
    L, R = round_down(target.L), round_down(target.size)
    width = R / (L * usual_stepsize(target) * (target.N - 1) + 1)
    for k in (0.5, 1.0, 2.0):
        nu = min(k * width, R)
        yield huber(L, nu, R, target.dim, f"huber({nu:.3g})")
    yield huber(L, R, R, target.dim, "quadratic")


def laws(target: Target) -> Iterator[Law]:
    """No noise, and jumps of sizes from sigma to (2N/delta)^(1/alpha) sigma, on one side or both."""
    t = target
    yield no_noise(t.alpha, t.sigma)
    if not t.sigma:
        return
    decades = log(np.array(2 * t.N / max(float(t.delta), 1e-280))) / float(t.alpha)
    for size in exp(decades * np.arange(1, SIZES + 1) / SIZES).tolist():
        jump = t.sigma * Fraction(size)
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
    return tuple(instance(p, admit(law)) for p, law in (*on_the_line(target, noise), *in_all_directions(target, noise)))


def on_the_line(target: Target, noise: Sequence[Law]) -> Iterator[tuple[Problem, Law]]:
    """Noise along e1, everywhere or steered."""
    for problem in problems(target):
        for law in noise:
            for steering in steerings(target, problem) if law.scale else (None,):
                yield problem, steered(law, steering)


def in_all_directions(target: Target, noise: Sequence[Law]) -> Iterator[tuple[Problem, Law]]:
    """In R^d, d > 1: three-point laws times a random direction, on the same problems and on ill-conditioned ones."""
    if target.dim == 1:
        return
    for problem in problems(target):
        wide = replace(problem, dim=min(problem.dim, MOST))
        both = (wide, stretched(wide, CONDITION)) if wide.shape == "huber" and target.metric == "gap" else (wide,)
        yield from ((p, isotropic(law)) for p in both for law in noise if isinstance(law.shape, ThreePoint))


def rounds(candidates: int, first: int) -> Iterator[tuple[int, int]]:
    """(candidates, runs of each) of every round: the better quarter goes on with four times the runs."""
    while candidates > FINALISTS:
        yield candidates, first
        candidates, first = max(FINALISTS, candidates // 4), 4 * first
    yield candidates, first


def search(
    target: Target,
    pool: Sequence[Instance],
    *,
    runs: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Found:
    """The hardest instance of ``pool`` by successive halving.  ``runs``: of the first round [default: 2/delta].

    Raises Unaffordable before anything is simulated.
    """
    if not pool:
        raise ValueError("pool: expected at least one instance, got none")
    plan = list(rounds(len(pool), runs or math.ceil(2 / target.delta)))
    last = plan[-1][1]
    work = (sum(n * r for n, r in plan) + last) * target.N
    cost = work * max(one.coordinates for one in pool)
    if cost > WORK_LIMIT:
        raise Unaffordable(
            f"the search takes up to {decimal(Fraction(cost), 2)} trajectory-steps, more than {WORK_LIMIT:.0e}; "
            "take fewer steps, runs or dimensions"
        )
    done = 0

    def scores(among: Sequence[Instance], runs: int, streams: Sequence[int]) -> list[tuple[Band, int]]:
        nonlocal done
        out = []
        for one, stream in zip(among, streams, strict=True):
            out.append(_score(target, one, runs, seed, stream, workers))
            done += runs * target.N
            if progress is not None:
                progress(done, work, f"search, {len(among)} instances left")
        return out

    kept = list(pool)
    for (n, r), (left, _) in pairwise(plan):
        found = scores(kept, r, [FIRST_STREAM] * n)
        kept = [kept[k] for k in sorted(range(n), key=lambda k: -found[k][0].estimate)[:left]]
    found = scores(kept, last, range(FIRST_STREAM + 1, FIRST_STREAM + 1 + len(kept)))
    best = kept[max(range(len(kept)), key=lambda k: found[k][0].estimate)]
    realised(best.law)  # what is judged is in the class as it is drawn
    ((band, exceeded),) = scores([best], last, [FINAL_STREAM])
    tightness = float(target.upper) / band.estimate if 0 < band.estimate < math.inf else None
    return Found(best, band, last, exceeded, tightness, len(pool))


def _score(target: Target, one: Instance, runs: int, seed: int, stream: int, workers: int | None) -> tuple[Band, int]:
    """Quantile and exceedances on one instance."""
    result = simulate(
        target.method, one.problem, one.law, hp=hyper_parameters(target), metric=target.metric, steps=target.N,
        runs=runs, seed=seed, stream=stream, delay=target.delay, workers=workers,
    )  # fmt: skip
    values = result.values.tolist()
    return quantile_band(values, target.delta, BAND_LEVEL), exceedances(values, target.upper)


def hardest(target: Target, *, seed: int = 0, progress: Progress | None = None) -> Instance:
    """The hardest instance of all candidates, named as such."""
    found = search(target, candidates(target), seed=seed, progress=progress).instance
    return instance(replace(found.problem, name=f"hardest: {found.problem.name}"), found.law)


def unclipped(target: Target) -> Target:
    """The same method without its clip, against the same claim."""
    return replace(target, method=replace(target.method, clipped=False))
