"""One call: run somebody's optimizer against the bound of a theorem and say what was found."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

import bounds
from counterexamples.battery import MOST, Instance
from verify.constants import Bound, bound
from verify.constants.inputs import BadInput, exact
from verify.optimizers import world
from verify.optimizers.conformance import Conformance, compare, stated
from verify.optimizers.growth import LEAST, Growth, growth
from verify.optimizers.paths import CROWD, Path, choose
from verify.optimizers.probe import SLOW, probe, seeded, staying
from verify.optimizers.subject import Subject, SubjectError, making, subject
from verify.optimizers.tails import Progress, Tail, elsewhere, looks, repeats, tail, worst
from verify.statistics import INCONCLUSIVE, SUPPORTED, VIOLATED, split_level
from verify.target import Target, aim, instances

DEFAULT = "convex-clip-adagrad-norm-delayed"
AFFORDABLE = 900.0  # seconds
MOST_RUNS = 2**15
ALONE = 5.0  # seconds for replicas by themselves
LATEST = 1000  # steps of the comparison with a method, ten times less for a slow optimizer
GROWTH_LEVEL = Fraction(1, 100)
SHARED = "replicas that are run again differ: it shares a state or random numbers; nothing is concluded"
NAMED = ("gamma", "lam", "eta", "b0", "beta1", "beta2", "N")  # numbers of the bound that an option may ask for


@dataclass(frozen=True)
class Check:
    """What was found about an optimizer.

    All statuses of ``rows`` together are wrong with probability at most ``level``; ``conformance`` is certain.
    ``fatal`` says why nothing could be run.
    """

    name: str
    bound: Bound
    target: Target
    metric: str  # "average" or "last"
    options: dict[str, Any]
    path: str
    deviation: float
    refused: tuple[str, ...]
    trajectories_per_s: float
    rows: tuple[Tail, ...]
    growth: Growth | None
    notes: tuple[str, ...]
    fatal: str | None
    conformance: Conformance | None
    independent: bool  # replicas are independent runs, as far as was seen
    level: Fraction
    seed: int

    @property
    def tails(self) -> str:
        """VIOLATED if an instance is, SUPPORTED if all are; INCONCLUSIVE otherwise, or if replicas share a state."""
        found = {row.status for row in self.rows}
        if not self.independent:
            return INCONCLUSIVE
        if VIOLATED in found:
            return VIOLATED
        return SUPPORTED if found == {SUPPORTED} else INCONCLUSIVE

    @property
    def status(self) -> str:
        """VIOLATED if the tails are or it departs from its method; SUPPORTED if neither is in doubt."""
        does = self.conformance.status if self.conformance else "CONFORMS"
        if does == "DEPARTS" or self.tails == VIOLATED:
            return VIOLATED
        return SUPPORTED if does == "CONFORMS" and self.tails == SUPPORTED else INCONCLUSIVE


def check_optimizer(
    obj: Any,
    *,
    options: Mapping[str, Any] | None = None,
    method: str | None = None,
    theorem: str | None = None,
    alpha: int | str | Fraction = "1.5",
    delta: int | str | Fraction = "0.01",
    steps: int = 1000,
    L: int | str | Fraction = 1,
    R: int | str | Fraction = 1,
    sigma: int | str | Fraction = "0.1",
    beta1: int | str | Fraction = 0,
    delay: int = 1,
    dim: int = 1,
    metric: str = "average",
    runs: int | None = None,
    level: int | str | Fraction = "1e-6",
    seed: int = 0,
    progress: Progress | None = None,
) -> Check:
    """Does P(gap > bound) <= delta hold for this optimizer, where ``bound`` is the certified bound of a convex theorem?

    obj:      a torch optimizer class, partial or factory; an optax transformation; a function step(x, g, state)
    options:  passed to ``obj`` by name; the strings "gamma", "lam", "eta", "b0", "beta1", "beta2" and "N" stand for the
              numbers that the theorem's bound is certified at
    method:   the method of ``bounds.methods`` that it is said to be, at those numbers: compared step by step
    theorem:  a convex one [that of ``method``, or convex-clip-adagrad-norm-delayed]
    beta1, delay: momentum and delay of the theorem's method
    metric:   "average": the gap of the plain average of x_0 .. x_{N-1}; "last": that of x_N.  (The theorem is about the
              average with the weights u_t of docs/trust.md, which are nearly constant.)
    runs:     replicas after which an instance that is not decided is given up [2^15]
    level:    probability that any status is wrong

    The result depends on the seed and the torch build; on time only what a slow optimizer is spared.  Raises
    SubjectError, ValueError and what ``verify.bound`` raises; what the optimizer itself does wrong is a line in the
    result.
    """
    if metric not in ("average", "last"):
        raise BadInput(f"metric: expected average or last, got {metric!r}")
    if theorem is None:
        theorem = DEFAULT if method is None else f"convex-{stated(method).name}"
    if bounds.kind(theorem) != "convex":
        raise BadInput(f"theorem: expected a convex theorem, got {theorem}; try {DEFAULT}")
    numbers: dict[str, Any] = {name: exact(name, x) for name, x in (("L", L), ("R", R), ("sigma", sigma))}
    b = bound(theorem, alpha=alpha, delta=delta, N=steps, beta1=exact("beta1", beta1), delay=delay, **numbers)
    target = aim(
        theorem, b.variant, b.parameters, b.upper_exact, alpha=exact("alpha", alpha), delta=exact("delta", delta),
        sigma=numbers["sigma"], L=numbers["L"], size=numbers["R"], N=steps, delay=delay, dim=dim,
    )  # fmt: skip
    filled = {name: _filled(name, value, b, steps) for name, value in (options or {}).items()}
    who = subject(obj, **filled)
    battery = tuple(i for i in instances(target) if _runs(i, dim))
    share = split_level(exact("level", level), len(battery))
    most = MOST_RUNS if runs is None else runs
    if most < 1:
        raise BadInput(f"runs: expected an integer >= 1, got {runs!r}")

    with seeded(seed), staying(who.name):  # for an optimizer that draws random numbers
        making(who, filled, dim)
        probed = probe(who, dim)
        followed = min(steps, LATEST if probed.seconds <= SLOW else LATEST // 10)
        conformance = None if method is None else _compared(who, method, b, delay, followed)

    def result(
        path: Path | None, rate: float, rows: tuple[Tail, ...], fatal: str | None, notes: tuple = (), alone: bool = True
    ) -> Check:
        known = (path.name, path.deviation, path.refused) if path else ("none", 0.0, ())
        grown = None
        if rows and len(worst(rows).values) >= LEAST:  # the worst instance, at the look where it stopped
            chances = len(battery) * len(tuple(looks(most)))
            grown = growth(worst(rows).values.tolist(), GROWTH_LEVEL / chances)
        return Check(
            who.name,
            b,
            target,
            metric,
            filled,
            *known,
            rate,
            rows,
            grown,
            notes,
            fatal,
            conformance,
            probed.independent and alone,
            share * len(battery),
            seed,
        )

    if probed.fatal is not None or not probed.independent:
        return result(None, 0.0, (), probed.fatal, probed.notes)
    try:
        with seeded(seed), staying(who.name):
            path, rate = _path(who, target, battery[1 if len(battery) > 1 else 0], seed)
            if (why := _in_space(who, path, target, battery, seed)) is not None:
                battery = tuple(i for i in battery if not i.law.isotropic)
                probed = replace(probed, notes=(*probed.notes, why))
            seconds = most * len(battery) / rate if runs is not None else _least(target, share) * len(battery) / rate
            if seconds > AFFORDABLE:
                speed = f"{rate:.1f} trajectories/s ({path.name})"
                why = f"not run: at {speed} it would take {seconds / 60:.0f} minutes; take fewer steps or runs"
                return result(path, rate, (), why, probed.notes)
            if not path.steady():
                return result(path, rate, (), None, (*probed.notes, SHARED), False)
            rows: list[Tail] = []
            for k, one in enumerate(battery):
                row = tail(who, path, target, one, runs=most, level=share, seed=seed, stream=k, last=metric == "last",
                           progress=_of(progress, k, len(battery)))  # fmt: skip
                rows.append(row)
                at_end = k == len(battery) - 1
                cheap = at_end or path.name == "loop"  # a few replicas more
                again = dict.fromkeys((min(1, k), k)) if cheap and probed.deterministic else ()
                if not path.steady() or not all(
                    repeats(who, path, target, battery[j], rows[j].values, seed=seed, stream=j, last=metric == "last")
                    for j in again
                ):
                    return result(path, rate, (), None, (*probed.notes, SHARED), False)  # no row means anything
            affordable = max(1, int(ALONE / (probed.seconds * target.N)))
            if path.name != "loop" and (
                why := elsewhere(who, target, battery, rows, affordable, seed=seed, last=metric == "last")
            ):
                return result(path, rate, (), None, (*probed.notes, why), False)
    except SubjectError as error:
        return result(None, 0.0, (), str(error), probed.notes)
    return result(path, rate, tuple(rows), None, probed.notes)


def _compared(who: Subject, method: str, b: Bound, delay: int, steps: int) -> Conformance:
    try:
        return compare(who, method, _numbers(b), delay=delay, steps=steps)
    except ValueError as error:  # a number that this theorem has not
        raise BadInput(f"{error}; the numbers are those of {b.theorem}") from None


def _numbers(b: Bound) -> dict[str, float]:
    """The hyper-parameters of the bound; a method without an accumulator has none."""
    return {name: float(b.parameters[name]) for name in NAMED if name in b.parameters}


def _filled(name: str, value: Any, b: Bound, steps: int) -> Any:
    """A number of the bound in the place of its name."""
    if name == "lr" and isinstance(value, str) and value not in NAMED:
        raise BadInput(f"lr: expected a number, or one of the bound's, {', '.join(NAMED)}; got {value!r}")
    if value not in NAMED:
        return value
    known = {**b.parameters, "N": Fraction(steps)}
    if value not in known:
        raise BadInput(f"{name}: {b.theorem} has no {value}; try one of {', '.join(k for k in NAMED if k in known)}")
    return steps if value == "N" else float(known[value])


def _runs(instance: Instance, dim: int) -> bool:
    """Noise in all directions of at most ``MOST`` fills the space of the optimizer; stretched problems are not run."""
    return not instance.law.isotropic or (dim <= MOST and instance.problem.condition == 1)


def _path(who: Subject, target: Target, instance: Any, seed: int) -> tuple[Path, float]:
    """The path and its trajectories per second, measured on a few hundred steps."""
    steps, x0 = min(target.N, 200), world.start(instance.problem, target.dim)
    path = choose(who, instance.problem, x0, _sample(target, instance, seed))
    lanes = 1024 if path.name != "loop" else 2
    noise = world.noise(instance.law, steps, 0, lanes, seed, 0, target.dim)
    begun = time.perf_counter()
    path.run(who, instance.problem, x0, noise)
    return path, lanes * steps / target.N / (time.perf_counter() - begun)


def _sample(target: Target, instance: Instance, seed: int) -> np.ndarray:
    return world.noise(instance.law, min(target.N, 2000), 0, CROWD, seed, 0, target.dim)


def _in_space(who: Subject, path: Path, target: Target, battery: Sequence[Instance], seed: int) -> str | None:
    """Why replicas in noise in all directions cannot be run on this path, if so: a path must agree with the loop there,
    too, where no coordinate is always 0."""
    wide = next((i for i in battery if i.law.isotropic), None)
    if wide is None or path.name == "loop":
        return None
    x0 = world.start(wide.problem, target.dim)
    found = choose(who, wide.problem, x0, _sample(target, wide, seed))
    if found.name == path.name:
        return None
    return f"no rows with noise in all directions: {'; '.join(found.refused)}"


def _least(target: Target, level: Fraction) -> int:
    """Replicas that an instance without exceedances takes."""
    from verify.statistics import fewest_runs

    needed = fewest_runs(target.delta, level)
    return next(n for n in looks(MOST_RUNS) if n >= needed or n == MOST_RUNS)


def _of(progress: Progress | None, k: int, count: int) -> Progress | None:
    if progress is None:
        return None
    show: Callable[[int, int, str], None] = progress
    return lambda done, most, label: show(k * most + done, count * most, label)
