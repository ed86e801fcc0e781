"""Which changes of a method's recursion explain trajectories, if any: the recipes that contain all of them.

Departures come together (published code has six at once), so sets of them are tried, the small ones first: sets of at
most ``MOST`` on one coordinate, each survivor with a norm on several coordinates, each survivor of these with sets of
changes of the clip.  A recipe that does not explain dies at its first step, nearly always.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from types import SimpleNamespace
from typing import Any

from verify.optimizers.catalogue import CLIPS, NORMS, SCALAR, Departure, changed
from verify.optimizers.envelope import Format, inside, numbers, vector
from verify.optimizers.probing import Probing
from verify.optimizers.recipe import Recipe, begin, step

MOST = 3  # departures of one stage
BUDGET = 40_000  # recipes that are tried
Path = Sequence[Sequence[float]]


def explains(recipe: Recipe, probe: Probing, path: Path, hp: Any, form: Format) -> bool:
    """Whether every step of the trajectory lies in the balls of this recipe."""
    name, value = recipe.other
    if name:
        hp = SimpleNamespace(**{**vars(hp), **vars(numbers({name: value}, form))})
    memory = begin(recipe, probe.layout, hp)
    for x, after, g in zip(path, path[1:], probe.rows, strict=False):
        x_next, memory = step(recipe, vector(x, form), vector(g, form), memory, probe.layout, hp)
        if not inside(after, x_next):
            return False
    return True


def together(known: Sequence[Departure], fewest: int, most: int) -> Iterator[tuple[Departure, ...]]:
    """Sets of departures that change different ingredients, the small ones first."""
    for count in range(fewest, most + 1):
        for found in combinations(known, count):
            if len({name for d in found for name in d.change}) == sum(len(d.change) for d in found):
                yield found


def diagnose(
    true: Recipe,
    known: Sequence[Departure],
    measured: Sequence[Departure],
    probes: Sequence[Probing],
    paths: Sequence[Path],
    hp: dict[str, float],
    form: Format,
) -> tuple[Departure, ...] | None:
    """The departures that explain the trajectories along ``scalar``, ``unclipped`` and ``main``; () if the method does,
    None if nothing known does.  Those that were ``measured`` are tried alone in their stage."""
    own, left = numbers(hp, form), BUDGET

    def at(stage: int, among: Sequence[Departure]) -> list[Departure]:
        return [d for d in among if d.stage == stage]

    alone = [[(d,) for d in at(stage, measured)] for stage in (SCALAR, NORMS, CLIPS)]
    sets = [
        chain(together(at(SCALAR, known), 0, 1), alone[SCALAR], together(at(SCALAR, known), 2, MOST)),
        [(), *((d,) for d in at(NORMS, known))],
        [*together(at(CLIPS, known), 0, MOST), *alone[CLIPS]],
    ]

    def grow(stage: int, found: tuple[Departure, ...]) -> tuple[Departure, ...] | None:
        nonlocal left
        for more in sets[stage]:
            left -= 1
            if left < 0:
                return None
            if explains(changed(true, (*found, *more)), probes[stage], paths[stage], own, form):
                whole = (*found, *more) if stage == CLIPS else grow(stage + 1, (*found, *more))
                if whole is not None:
                    return whole
        return None

    return grow(SCALAR, ())
