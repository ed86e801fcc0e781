"""Thousands of independent replicas of one optimizer, and the proof by example that batching changes nothing.

    loop             one replica after the other: the definition
    vmap             torch.func.vmap over the whole run, the optimizer created inside
    vmap-decomposed  the same with fused in-place operations taken apart (``decompose``)
    arrays           a step function or transformation that is given all replicas as one array

A faster path is taken only after it agreed with the loop on a sample of replicas and steps: bit for bit, or, where
torch rounds single operations differently (its vector loops fuse a product and a sum, its scalar loops do not), within
twice the radius that ``rounding`` certifies for each replica; the deviation is reported.  Replicas must not influence
each other: that is tested bit for bit, by running them in other company, fewer of them, and loud ones (``company``) in
every place, where a threshold on something shared is crossed (a clip by a norm over all replicas does nothing to six
quiet ones).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from counterexamples.problems import Problem
from verify.optimizers.probe import seeded
from verify.optimizers.subject import Subject, SubjectError, words
from verify.optimizers.subject import start as begin
from verify.optimizers.world import NumpyVectors, TorchVectors, pushed, replicas, slope
from verify.simulate.company import halves, jumps, pairs

SAMPLE, SAMPLE_STEPS = 6, 40  # replicas and steps of the comparison
CROWD = 256  # replicas of the large company
RADIUS_STEPS = (20, 10)  # where the radii of 40 steps are too large
LARGEST = 1e-6  # deviation that is put down to rounding, and radius that says anything


@dataclass(frozen=True)
class Batch:
    """The plain average of x_0 .. x_{N-1} and x_N of every replica: float64 [lanes, dim]."""

    average: np.ndarray
    last: np.ndarray


Runner = Callable[[Subject, Problem, np.ndarray, np.ndarray], Batch]  # start [dim], noise of ``world``


@dataclass(frozen=True)
class Path:
    """A runner, the largest relative deviation from the loop on the sample, why no faster one was taken, and whether
    the loop still gives the bits that it gave before all else was tried, from the same seed."""

    name: str
    run: Runner
    deviation: float
    refused: tuple[str, ...] = ()
    steady: Callable[[], bool] = lambda: True


def loop(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> Batch:
    """One replica after the other."""
    averages, lasts = [], []
    for lane in replicas(noise):
        session, x, total = begin(who, [x0]), x0, np.zeros_like(x0)
        for t, xi in enumerate(lane):
            total = total + x
            g = pushed(slope(problem, NumpyVectors, x), xi)
            try:
                (x,) = session.step([g])
            except SubjectError:
                raise
            except Exception as error:
                raise SubjectError(f"{who.name}: step {t} of a run raised {words(error)}") from None
        averages.append(total / len(lane))
        lasts.append(x)
    return Batch(np.stack(averages), np.stack(lasts))


def vmapped(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> Batch:
    """All replicas at once under ``torch.func.vmap``, on a GPU if there is one (no GPU was at hand to test that)."""
    import torch

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    e1 = torch.zeros(len(x0), dtype=torch.float64, device=device)
    e1[0] = 1.0

    def run(point: Any, lane: Any) -> Any:
        x = point.clone()
        optimizer, total = who.make([x]), torch.zeros_like(x)
        getattr(optimizer, "train", lambda: None)()
        for t in range(lane.shape[0]):
            total = total + x
            x.grad = slope(problem, TorchVectors, x) + (lane[t] * e1 if lane.ndim == 1 else lane[t])
            optimizer.step()
        return total / lane.shape[0], x

    lanes = torch.from_numpy(np.ascontiguousarray(replicas(noise))).to(device)
    starts = torch.from_numpy(x0).to(device).expand(len(lanes), len(x0)).clone()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "no batching rule": slow, not wrong
        average, last = torch.func.vmap(run, randomness="error")(starts, lanes)
    return Batch(average.cpu().numpy(), last.cpu().numpy())


def decomposed(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> Batch:
    """``vmapped`` with what cannot be batched taken apart; NothingToDo if there is no such thing."""
    from verify.optimizers.decompose import Decomposed

    with Decomposed() as mode:
        found = vmapped(who, problem, x0, noise)
    if not mode.used:
        raise NothingToDo("nothing to take apart")
    return found


def arrays(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> Batch:
    """All replicas as one array [lanes, dim]."""
    x = np.repeat(x0[None, :], noise.shape[1], axis=0)
    session, total = begin(who, [x]), np.zeros_like(x)
    with np.errstate(all="ignore"):
        for xi in noise:
            total = total + x
            g = pushed(slope(problem, NumpyVectors, x), xi)
            (x,) = session.step([g])
    return Batch(total / len(noise), x)


class NothingToDo(Exception):
    """There is nothing to take apart: the plain batch is the batch."""


FASTER: dict[str, tuple[tuple[str, Runner], ...]] = {
    "torch": (("vmap-decomposed", decomposed), ("vmap", vmapped)),
    "optax": (("arrays", arrays),),
    "step": (("arrays", arrays),),
}


def choose(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> Path:
    """The first path of its kind that agrees with the loop on the first replicas of ``noise``; errors of the loop pass
    through."""
    sample = noise[:SAMPLE_STEPS, :SAMPLE]

    def echo() -> Batch:
        with seeded(0):
            return loop(who, problem, x0, sample)

    first, expected = echo(), loop(who, problem, x0, sample)
    return replace(_agreeing(who, problem, x0, noise, expected), steady=lambda: _equal(echo(), first))


def _agreeing(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray, expected: Batch) -> Path:
    crowd = noise[:SAMPLE_STEPS, :CROWD]
    sample = crowd[:, :SAMPLE]
    refused: list[str] = []
    for name, run in FASTER[who.kind]:
        try:
            found, among = run(who, problem, x0, sample), _first(run(who, problem, x0, crowd))
            mixed = _shared(who, problem, x0, noise[:, :CROWD], run, found)
        except NothingToDo:
            continue
        except Exception as error:  # whatever an optimizer does under vmap
            refused.append(f"{name}: {words(error)[:120]}")
            continue
        if mixed:
            refused.append(f"{name}: replicas influence each other")
            continue
        deviation = max(_apart(found, expected), _apart(among, expected))
        why = f"more than {LARGEST:g}" if deviation > LARGEST else None
        if deviation and why is None:
            why = _beyond_rounding(who, problem, x0, crowd, run)
        if why is None:
            return Path(name, _guarded(name, run), deviation, tuple(refused))
        refused.append(f"{name}: deviates from the loop by {deviation:.1e}, {why}")
    return Path("loop", loop, 0.0, tuple(refused))


def _guarded(name: str, run: Runner) -> Runner:
    """What the optimizer raises in a batch, later than on the sample, is a SubjectError."""

    def guarded(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> Batch:
        try:
            return run(who, problem, x0, noise)
        except SubjectError:
            raise
        except Exception as error:
            raise SubjectError(f"{who.name}: a batch ({name}) raised {words(error)}") from None

    return guarded


def _shared(who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray, run: Runner, found: Batch) -> bool:
    """Whether replicas influence each other: two of the sample alone; every one of the crowd with every other one loud;
    and late, after a warm-up, with half of the others loud."""
    alone = run(who, problem, x0, noise[:SAMPLE_STEPS, 1:3])
    if not _equal(_of(found, slice(1, 3)), alone):
        return True
    for crowd, sets in ((noise[:SAMPLE_STEPS], pairs), (noise, halves)):
        quiet = run(who, problem, x0, crowd)
        for draw, shouting in enumerate(sets(crowd.shape[1])):
            shouted = run(who, problem, x0, loud(crowd, shouting, draw))
            if not _equal(_of(quiet, ~shouting), _of(shouted, ~shouting)):
                return True
    return False


def loud(noise: np.ndarray, shouting: np.ndarray, draw: int = 0) -> np.ndarray:
    """The same with ``jumps`` in the lanes that are ``shouting``, bool [lanes]."""
    added = np.stack([jumps(t, noise.shape[1], draw) for t in range(len(noise))])
    added = added.reshape(*added.shape, *[1] * (noise.ndim - 2))
    return np.where(shouting.reshape(-1, *[1] * (noise.ndim - 2)), noise + added, noise)


def again(path: Path, who: Subject, problem: Problem, x0: np.ndarray, noise: np.ndarray) -> Batch:
    """The replicas of ``noise`` once more, a batch between loud ones: the same bits, unless they share something."""
    if path.name == "loop":
        return path.run(who, problem, x0, noise)
    own = np.repeat([False, True, False], noise.shape[1])
    return _of(path.run(who, problem, x0, loud(np.concatenate([noise] * 3, axis=1), ~own)), own)


def _of(batch: Batch, lanes: np.ndarray | slice) -> Batch:
    return Batch(batch.average[lanes], batch.last[lanes])


def _first(batch: Batch) -> Batch:
    return _of(batch, slice(SAMPLE))


def _equal(a: Batch, b: Batch) -> bool:
    return _same(a.average, b.average) and _same(a.last, b.last)


def _apart(a: Batch, b: Batch) -> float:
    return max(_deviation(a.last, b.last), _deviation(a.average, b.average))


def _beyond_rounding(who: Subject, problem: Problem, x0: np.ndarray, crowd: np.ndarray, run: Runner) -> str | None:
    """Why the deviation is not certainly rounding; None if it is, for as many steps as a radius says anything."""
    if who.kind != "torch":
        return "and the rounding of array functions is not followed"
    from verify.optimizers.rounding import Untracked, radii

    for steps in (len(crowd), *RADIUS_STEPS):
        company = crowd[:steps]
        sample = company[:, :SAMPLE]
        expected = loop(who, problem, x0, sample)
        try:
            average, last = radii(who, problem, x0, sample)
        except Untracked as operation:
            return f"and the rounding of {operation} is not followed"
        except Exception as error:  # an operation in a form that its rule does not know
            return f"and its rounding is not followed: {words(error)[:100]}"
        if not (np.maximum(average, last) <= LARGEST * abs(expected.average).max()).all():
            continue  # an unstable run magnifies radii from step to step
        for found in (run(who, problem, x0, sample), _first(run(who, problem, x0, company))):
            gaps = abs(found.average - expected.average), abs(found.last - expected.last)
            if not ((gaps[0] <= 2 * average).all() and (gaps[1] <= 2 * last).all()):
                return "more than rounding can explain"
        return None
    return "and no radius bounds its rounding"


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b, equal_nan=True)


def _deviation(found: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, relative to the largest entry; inf where only one of the two is finite."""
    if not np.array_equal(np.isfinite(found), np.isfinite(expected)):
        return np.inf
    finite = np.isfinite(expected)
    size = np.abs(expected[finite]).max(initial=0.0)
    difference = np.abs(found[finite] - expected[finite]).max(initial=0.0)
    return float(difference / size) if difference else 0.0
