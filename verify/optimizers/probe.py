"""Is this an optimizer at all?  A dozen steps on small gradients; each thing that goes wrong is one line."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from verify.optimizers.subject import Subject, SubjectError, start, words

STEPS = 12
SLOW = 0.01  # seconds a step


@dataclass(frozen=True)
class Probe:
    """``fatal``: why it cannot be run; ``notes``: what to know about it; ``seconds`` of a step; ``independent``: it was
    not seen to keep state outside itself, so that replicas are independent runs; ``deterministic``: it was not seen to
    draw random numbers."""

    fatal: str | None
    notes: tuple[str, ...]
    seconds: float
    independent: bool = True
    deterministic: bool = True


def probe(who: Subject, dim: int = 1) -> Probe:
    """Run it three times on the same gradients; nothing that it raises gets through."""
    try:
        first = _run(who, dim)
        begun = time.perf_counter()  # the first run may have had to load something
        second = _run(who, dim)
        seconds = (time.perf_counter() - begun) / STEPS
        seeded = [_seeded(who, dim) for _ in range(2)]
    except _Failed as error:
        return Probe(str(error), (), 0.0)
    except Exception as error:  # somebody else's code: anything may come
        return Probe(f"{who.name}: {words(error)}", (), 0.0)
    notes, independent, deterministic = [], True, True
    if not np.array_equal(first, second):
        if np.array_equal(seeded[0], seeded[1]):
            deterministic = False
            notes.append("not deterministic: it draws from a global random generator; replicas run one by one")
        else:
            notes.append("two runs on the same gradients differ: it keeps state outside itself; nothing is concluded")
            independent = False
    if seconds > SLOW:
        notes.append(f"slow: {seconds * 1e3:.0f} ms a step")
    return Probe(None, tuple(notes), seconds, independent, deterministic)


class _Failed(Exception):
    pass


def _run(who: Subject, dim: int) -> np.ndarray:
    x = np.ones(dim)
    session, path = start(who, [x]), []
    for t in range(STEPS):
        try:
            (x,) = session.step([np.linspace(1.0, 0.5, dim) * (-0.5) ** t])
        except TypeError as error:
            if "closure" in str(error):
                raise _Failed(f"{who.name}: step() wants a closure; who evaluates f again is not run") from None
            raise _Failed(f"{who.name}: step {t} raised {words(error)}") from None
        except Exception as error:
            raise _Failed(f"{who.name}: step {t} raised {words(error)}") from None
        if not np.isfinite(x).all():
            raise _Failed(f"{who.name}: the point is not finite after step {t}, with gradients of size at most 1")
        path.append(x)
    return np.stack(path)


def _seeded(who: Subject, dim: int) -> np.ndarray:
    with seeded(0):
        return _run(who, dim)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Global random generators that start from ``seed``; those of the caller come back afterwards."""
    torch = sys.modules.get("torch")
    before = random.getstate(), np.random.get_state(), torch.random.get_rng_state() if torch else None
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        if torch:
            torch.manual_seed(seed)
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        if torch:
            torch.random.set_rng_state(before[2])


@contextmanager
def staying(name: str) -> Iterator[None]:
    """An optimizer that ends the program would choose the exit code, that of SUPPORTED for example."""
    try:
        yield
    except SystemExit as error:
        raise SubjectError(f"{name}: it ends the program, with exit code {error.code!r}") from None
