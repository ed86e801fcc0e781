"""Gradients that tell methods apart, and runs of an optimizer along them.

    scalar     one coordinate, never above the clipping level: no norm and no clip matters
    unclipped  all coordinates, of different sizes, never above the level: no clip matters
    main       norms far below, at and far above the level, zeros, single tensors and coordinates that vanish
    late       one coordinate for hundreds of steps, at last very far above the level (``late``)

Numbers fit float32 (if they are in its range), so that an optimizer in single precision sees the same ones.  Half of
the coordinates start at 0, where a step is seen to its last bit whatever the stepsize; the others start at +-1, where
weight decay is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any, Literal

import numpy as np

from verify.optimizers.recipe import Layout
from verify.optimizers.subject import Subject, start

SEED = 5
Shapes = tuple[tuple[int, ...], ...]
BELOW = (0.7, 0.4, 0.95, 0.05, 0.6, 1e-3, 0.9, 0.3, 0.8, 0.1, 0.5, 0.85)  # norms, in clipping levels
AROUND = (2.5, 0.4, 40.0, 0.9, 1.2, 0.05, 3.0, 0.0, 0.7, 1.01, 0.3, 12.0, 0.6, 1e-3, 1.7, 0.99, 5.0, 0.2)
HUGE = (300.0, 1e4, 0.5, 1e6, 2.0)
Mode = Literal["none", "keep"]  # what zero_grad does to a torch gradient


@dataclass(frozen=True)
class Probing:
    """Tensors, groups of tensors (torch), start and gradients: [step][tensor]."""

    name: str
    shapes: Shapes
    groups: tuple[int, ...]
    start: tuple[np.ndarray, ...]
    gradients: tuple[tuple[np.ndarray, ...], ...]

    @cached_property
    def layout(self) -> Layout:
        """The same as numbers of entries."""
        return Layout(tuple(prod(shape) for shape in self.shapes), self.groups)

    @cached_property
    def rows(self) -> list[list[float]]:
        """The gradients: [step][entry]."""
        return [flat(g) for g in self.gradients]


def probings(shapes: Shapes, groups: tuple[int, ...], level: float, delay: int) -> tuple[Probing, Probing, Probing]:
    """``scalar``, ``unclipped``, ``main``, long enough to tell ``delay`` from other ones.

    ``level`` is the clipping level, or another scale at which things happen if nothing is clipped.
    """
    rng = np.random.default_rng(SEED)
    below, around = ((norms * (1 + delay // 8))[: len(norms) + delay] for norms in (BELOW, AROUND))
    one = [[_single(rng.choice([-1.0, 1.0], (1,)) * size * level)] for size in below]
    scalar = Probing("scalar", ((1,),), (1,), (np.zeros(1),), _frozen(one))
    x0 = _split(np.array([0.0, 1.0, 0.0, 0.0, -1.0, 1.0, 0.0, 0.0]), shapes)
    wide = _split(10.0 ** rng.uniform(-1.2, 0.3, 8), shapes)
    several = [Probing(name, shapes, groups, x0, _vectors(rng, wide, norms, level))
               for name, norms in (("unclipped", below), ("main", around))]  # fmt: skip
    return scalar, several[0], several[1]


def late(level: float, steps: int) -> Probing:
    """``late``: what an optimizer does only after a while, and with a gradient that is hardly ever so large."""
    rng = np.random.default_rng(SEED)
    end = HUGE if level * max(HUGE) < 1e18 else ()  # squares within the range of float32
    sizes = [*np.resize(AROUND, max(steps - len(end), 0)), *end][:steps]
    one = [[_single(rng.choice([-1.0, 1.0], (1,)) * size * level)] for size in sizes]
    return Probing("late", ((1,),), (1,), (np.zeros(1),), _frozen(one))


def _vectors(
    rng: np.random.Generator, wide: Sequence[np.ndarray], norms: Sequence[float], level: float
) -> tuple[tuple[np.ndarray, ...], ...]:
    out = []
    for t, norm in enumerate(norms):
        g = [rng.standard_normal(w.shape) * w for w in wide]
        if t % 5 == 3:
            g[t // 5 % len(g)].flat[0] = 0.0
        if len(g) > 1 and t % 7 == 4:
            g[1] = np.zeros_like(g[1])
        size = np.sqrt(sum(float((part * part).sum()) for part in g))
        out.append([_single(part * (norm * level / size)) for part in g])
    return _frozen(out)


def _single(x: Any) -> np.ndarray:
    """In single precision, if it is in its range."""
    x = np.asarray(x, np.float64)
    size = np.abs(x[x != 0])
    return x if size.size and (size.min() < 1e-35 or size.max() > 1e35) else x.astype(np.float32).astype(np.float64)


def _split(flat: np.ndarray, shapes: Shapes) -> tuple[np.ndarray, ...]:
    ends = np.cumsum([prod(shape) for shape in shapes])[:-1]
    return tuple(part.reshape(shape) for part, shape in zip(np.split(flat, ends), shapes, strict=True))


def _frozen(rows: Sequence[Sequence[np.ndarray]]) -> tuple[tuple[np.ndarray, ...], ...]:
    return tuple(tuple(row) for row in rows)


def flat(parts: Sequence[np.ndarray]) -> list[float]:
    """All entries, as Python numbers."""
    return [float(x) for part in parts for x in np.ravel(part)]


def run(who: Subject, probe: Probing, mode: Mode) -> list[list[float]]:
    """x_0, .., x_N along the gradients: [step][entry].  Raises what the optimizer raises."""
    if len(probe.groups) > 1:
        who = replace(who, make=_Grouped(who.make, probe.groups))
    session, path = start(who, list(probe.start), mode), [flat(probe.start)]
    for g in probe.gradients:
        path.append(flat(session.step(list(g))))
    return path


def in_single_precision(who: Subject, probe: Probing, path: Sequence[Sequence[float]]) -> bool:
    """Whether the first step, seen at the coordinates that start at 0, is the same for gradients whose digits beyond
    float32 are others (they differ by 2^-40, up and down in turn)."""
    shifts = iter(np.resize([1 + 2.0**-40, 1 - 2.0**-40], sum(probe.layout.sizes)))
    first = tuple(np.array([x * next(shifts) for x in np.ravel(g)]).reshape(g.shape) for g in probe.gradients[0])
    other = run(who, replace(probe, gradients=(first,)), "none")[1]
    seen = [k for k, x in enumerate(path[0]) if x == 0 and path[1][k] != 0]
    return bool(seen) and all(np.isfinite(path[1][k]) and path[1][k] == other[k] for k in seen)


def takes_groups(who: Subject, shapes: Shapes, groups: tuple[int, ...]) -> bool:
    """Whether a torch class or factory can be given groups of parameters."""
    try:
        start(replace(who, make=_Grouped(who.make, groups)), [np.zeros(shape) for shape in shapes])
    except Exception:  # somebody else's code; what is wrong beside groups shows again without them
        return False
    return True


@dataclass(frozen=True)
class _Grouped:
    """A torch class or factory that is given groups of parameters."""

    make: Any
    groups: tuple[int, ...]

    def __call__(self, parameters: list[Any]) -> Any:
        rest, out = list(parameters), []
        for count in self.groups:
            out.append({"params": rest[:count]})
            rest = rest[count:]
        return self.make(out)
