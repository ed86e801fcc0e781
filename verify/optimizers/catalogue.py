"""Known ways of not being the method one is said to be: each is a change of one ingredient of the recursion.

A ``Recipe`` with no change is the method itself (a test compares it with ``bounds.methods.update``); the departures of
a method are the recipes in which one ingredient is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from flint import arb

from bounds.methods import Method
from verify.optimizers.envelope import BallOps, Number, Vector, shrink

EPSILONS = (1e-6, 1e-7, 1e-8, 1e-10, 1e-12)


@dataclass(frozen=True)
class Recipe:
    """One step of a clipped method, ingredient by ingredient."""

    method: Method
    delay: int  # 0: not delayed
    clip: str = "global"  # "tensor", "value", "none"; "momentum": m is clipped instead of g
    seen: str = "clipped"  # what the accumulator sees; "raw": the gradient before the clip
    norm: str = "global"  # of the denominator; "tensor", "coordinate"
    direction: str = "current"  # "previous" (0 at first), "previous-or-current" (g_0 at first)
    root: str = "plain"  # "outside": sqrt(b^2) + eps; "inside": sqrt(b^2 + eps)
    eps: float = 0.0
    corrected: bool = False
    dampened: bool = True  # the factor 1 - beta1
    start: bool = True  # b_{-1} = b0; False: b_{-1} = 0


@dataclass(frozen=True)
class Departure:
    """A name, what it looks like, and the recipe."""

    name: str
    sentence: str
    recipe: Recipe


class Memory(NamedTuple):
    """m_{t-1}, the past b^2 (newest first) and the previous direction."""

    m: Vector | None
    past: tuple[Vector, ...]
    previous: Vector | None
    t: int


def begin(recipe: Recipe, entries: int, hp: Mapping[str, float], unit: float) -> Memory:
    """What step 0 starts from."""
    b0 = arb(hp["b0"] if recipe.start else 0.0)
    b_sq = Number(b0 * b0, unit)
    return Memory(None, (Vector((b_sq,) * entries),) * max(recipe.delay, 1), None, 0)


def parts(v: Vector, sizes: tuple[int, ...]) -> Iterator[Vector]:
    """The tensors of a vector."""
    at = 0
    for size in sizes:
        yield Vector(v.entries[at : at + size])
        at += size


def _joined(vectors: Iterator[Vector] | list[Vector]) -> Vector:
    return Vector(tuple(a for v in vectors for a in v.entries))


def _clipped(kind: str, v: Vector, sizes: tuple[int, ...], lam: float) -> Vector:
    if kind == "value":
        return Vector(tuple(a * shrink(BallOps.sq_norm(Vector((a,))), lam) for a in v.entries))
    if kind == "tensor":
        return _joined([BallOps.clip(p, lam) for p in parts(v, sizes)])
    return BallOps.clip(v, lam) if kind == "global" else v


def _squares(kind: str, v: Vector, sizes: tuple[int, ...]) -> Vector:
    """||v||^2 in every entry: of the whole vector, of the entry's tensor, or of the entry."""
    if kind == "coordinate":
        return v * v
    if kind == "tensor":
        return _joined([Vector((BallOps.sq_norm(p),) * len(p.entries)) for p in parts(v, sizes)])
    return Vector((BallOps.sq_norm(v),) * len(v.entries))


def step(
    recipe: Recipe, x: Vector, g: Vector, memory: Memory, sizes: tuple[int, ...], hp: Mapping[str, float]
) -> tuple[Vector, Memory]:
    """x_{t+1} and what is remembered."""
    method, lam = recipe.method, hp["lam"]
    gc = _clipped(recipe.clip if recipe.clip != "momentum" else "none", g, sizes, lam)
    direction = gc
    if method.momentum:
        weight = 1 - hp["beta1"] if recipe.dampened else 1.0
        m = weight * gc if memory.m is None else hp["beta1"] * memory.m + weight * gc
        memory = memory._replace(m=m)
        direction = _clipped("global", m, sizes, lam) if recipe.clip == "momentum" else m
    current = direction
    if recipe.direction != "current":
        absent = 0.0 * direction if recipe.direction == "previous" else direction
        direction = absent if memory.previous is None else memory.previous
    if method.accumulator == "none":
        return x - hp["gamma"] * direction, memory._replace(previous=current, t=memory.t + 1)
    squares = _squares(recipe.norm, g if recipe.seen == "raw" else gc, sizes)
    newest = memory.past[0]
    if method.accumulator == "adagrad":
        b_sq = newest + hp["eta"] * squares
    else:
        b_sq = hp["beta2"] * newest + (1 - hp["beta2"]) * squares
    used = memory.past[recipe.delay - 1] if recipe.delay else b_sq
    scale = hp["gamma"] * (_correction(memory.t, hp) if recipe.corrected else 1.0)
    moved = Vector(
        tuple(d * (scale * _inverse(recipe, b)) for d, b in zip(direction.entries, used.entries, strict=True))
    )
    past = (b_sq, *memory.past)[: max(recipe.delay, 1)]
    return x - moved, Memory(memory.m, past, current, memory.t + 1)


def _inverse(recipe: Recipe, b_sq: Number) -> Number:
    if recipe.root == "inside":
        return BallOps.inv_sqrt(b_sq + recipe.eps)
    root = b_sq.sqrt() + recipe.eps if recipe.root == "outside" else b_sq.sqrt()
    return 1.0 / root


def _correction(t: int, hp: Mapping[str, float]) -> float:
    """s_t = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1)), to a few roundings."""
    return float((1 - hp["beta2"] ** (t + 1)) ** 0.5 / (1 - hp.get("beta1", 0.0) ** (t + 1)))


def recipe(method: Method, delay: int) -> Recipe:
    """The method itself; ``delay`` counts for a delayed one."""
    return Recipe(
        method, delay if method.delayed else 0, corrected=method.corrected, clip="global" if method.clipped else "none"
    )


def departures(method: Method, delay: int) -> Iterator[Departure]:
    """Everything the diagnosis knows about this method, the likely first."""
    true = recipe(method, delay)
    changes: list[tuple[str, str, dict[str, Any]]] = []
    if method.clipped:
        changes += [
            ("no-clip", "the gradient is not clipped", {"clip": "none"}),
            ("clip-by-value", "every coordinate is clipped by itself instead of the norm", {"clip": "value"}),
            (
                "clip-per-tensor",
                "every tensor is clipped by its own norm instead of the global one",
                {"clip": "tensor"},
            ),
        ]
    if method.accumulator != "none":
        for other in (0, 1, 2, 3):
            if other != true.delay:
                used = "b_t" if other == 0 else f"b_(t-{other})"
                stated = "b_t" if true.delay == 0 else f"b_(t-{true.delay})"
                name = "denominator-not-delayed" if other == 0 else "denominator-delayed"
                changes.append((name, f"the denominator is {used} instead of {stated}", {"delay": other}))
        if method.clipped:
            changes.append(
                ("clip-after-accumulate", "the accumulator sees the gradient before the clip", {"seen": "raw"})
            )
        changes += [
            ("denominator-coordinate-wise", "every coordinate has a denominator of its own", {"norm": "coordinate"}),
            ("denominator-per-tensor", "every tensor has a denominator of its own", {"norm": "tensor"}),
            ("denominator-starts-at-zero", "the accumulator starts at 0 instead of b0^2", {"start": False}),
        ]
        changes += [
            (f"eps-{place}-root", f"{eps:g} is added {place} the root of the denominator", {"root": place, "eps": eps})
            for eps in EPSILONS
            for place in ("outside", "inside")
        ]
    if method.accumulator == "adam":
        name, what = ("missing", "is missing") if method.corrected else ("added", "is applied, the method has none")
        changes.append((f"bias-correction-{name}", f"the bias correction {what}", {"corrected": not method.corrected}))
    if method.momentum:
        changes.append(("momentum-not-dampened", "the factor 1 - beta1 is missing", {"dampened": False}))
        if method.clipped:
            changes.append(
                ("clip-after-momentum", "the momentum is clipped instead of the gradient", {"clip": "momentum"})
            )
    for start in ("previous", "previous-or-current"):
        changes.append(("previous-gradient", "the step goes along the previous gradient", {"direction": start}))
    for name, sentence, change in changes:
        yield Departure(name, sentence, replace(true, **change))
