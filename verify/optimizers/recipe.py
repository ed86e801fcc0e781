"""One step of a clipped method, ingredient by ingredient, so that each ingredient can be another.

A ``Recipe`` without a change is the method itself; a test compares it with ``bounds.methods.update``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flint import arb

from bounds.methods import Method
from verify.optimizers.envelope import BallOps, Number, Vector, correction, shrink


@dataclass(frozen=True)
class Recipe:
    """The ingredients; the first value is that of the methods."""

    accumulator: str  # "none", "adagrad", "adam"
    delay: int = 0  # 0: not delayed
    momentum: str = "none"  # "dampened", "undampened", "undampened-at-first", "nesterov", "of-steps"
    corrected: str = "no"  # "both", "first" (1 - beta1^t alone), "second"
    clip: str = "global"  # "group", "tensor", "coordinate": what has a norm of its own; "none"; "always": normalised
    clip_eps: float = 0.0  # lam / (||g|| + clip_eps)
    clipped: str = "gradient"  # "momentum"
    seen: str = "clipped"  # what the accumulator sees: "raw", "momentum"
    stepped: str = "clipped"  # what the step goes along: "raw"
    norm: str = "global"  # of the denominator: "group", "tensor", "coordinate"
    direction: str = "current"  # "previous" (0 at first), "previous-or-first", "first" (g_0 is the gradient for ever)
    root: str = (
        "plain"  # "outside": b + eps; "corrected": eps after the correction; "inside": sqrt(b^2 + eps); "none": b^2
    )
    eps: float = 0.0
    start: str = "b0^2"  # "0", "b0", "forgotten" (beta2 b0^2)
    weight: str = "stated"  # of ||gc||^2: "one", "root" (of eta)
    decay: str = "none"  # "coupled": to the gradient; "decoupled": to the step
    decay_by: float = 0.0
    reach: str = "all"  # "first": the parameters of the first group
    other: tuple[str, float] = ("", 0.0)  # a hyper-parameter and its value in the place of the stated one
    scale: float = 1.0  # of gamma; < 0: uphill


class Layout(NamedTuple):
    """Numbers of entries of the tensors, and numbers of tensors in the groups."""

    sizes: tuple[int, ...]
    groups: tuple[int, ...]

    def blocks(self, kind: str) -> tuple[int, ...]:
        """Numbers of entries of what has a norm of its own."""
        if kind == "tensor":
            return self.sizes
        if kind == "coordinate":
            return (1,) * sum(self.sizes)
        if kind == "group":
            ends = [sum(self.groups[: i + 1]) for i in range(len(self.groups))]
            return tuple(sum(self.sizes[a:b]) for a, b in zip([0, *ends], ends, strict=False))
        return (sum(self.sizes),)


class Memory(NamedTuple):
    """m_{t-1}, the past b^2 of every block (newest first), the previous direction, g_0."""

    m: Vector | None
    past: tuple[tuple[Number, ...], ...]
    previous: Vector | None
    first: Vector | None
    t: int


def stated(method: Method, delay: int) -> Recipe:
    """The method itself; ``delay`` counts for a delayed one."""
    return Recipe(
        method.accumulator,
        delay if method.delayed else 0,
        momentum="dampened" if method.momentum else "none",
        corrected="both" if method.corrected else "no",
        clip="global" if method.clipped else "none",
    )


def begin(recipe: Recipe, layout: Layout, hp: Any) -> Memory:
    """What step 0 starts from."""
    if recipe.accumulator == "none":
        return Memory(None, (), None, None, 0)
    b_sq = {"b0^2": hp.b0 * hp.b0, "b0": hp.b0, "0": Number(arb(0), hp.b0.form)}.get(recipe.start)
    if b_sq is None:
        b_sq = hp.beta2 * (hp.b0 * hp.b0)
    return Memory(None, ((b_sq,) * len(layout.blocks(recipe.norm)),) * max(recipe.delay, 1), None, None, 0)


def step(recipe: Recipe, x: Vector, g: Vector, memory: Memory, layout: Layout, hp: Any) -> tuple[Vector, Memory]:
    """x_{t+1} and what is remembered."""
    if recipe.reach == "first":
        g = Vector(
            [*g.entries[: layout.blocks("group")[0]], *(0.0 * a for a in g.entries[layout.blocks("group")[0] :])]
        )
    first = g if memory.first is None else memory.first
    if recipe.direction == "first":
        g = first
    if recipe.decay == "coupled":
        g = g + recipe.decay_by * x
    gc = _clip(recipe, g, layout, hp) if recipe.clipped == "gradient" else g
    m, direction = _momentum(recipe, g if recipe.stepped == "raw" else gc, memory.m, hp)
    if recipe.clipped == "momentum":
        direction = _clip(recipe, direction, layout, hp)
    current = direction
    if recipe.direction in ("previous", "previous-or-first"):
        direction = memory.previous or (0.0 * current if recipe.direction == "previous" else current)
    past, w = _stepsizes(recipe, {"raw": g, "momentum": m or gc}.get(recipe.seen, gc), memory, layout, hp)
    moved = _scaled(direction, w, layout.blocks(recipe.norm))
    if recipe.momentum == "of-steps":
        fresh = (1 - hp.beta1) * moved
        m = moved = fresh if memory.m is None else hp.beta1 * memory.m + fresh
    if recipe.decay == "decoupled":
        x = (1 - hp.gamma * recipe.decay_by) * x
    return x - moved, Memory(m, past, current, first, memory.t + 1)


def _blocks(v: Vector, sizes: Sequence[int]) -> list[Vector]:
    out, at = [], 0
    for size in sizes:
        out.append(Vector(v.entries[at : at + size]))
        at += size
    return out


def _scaled(v: Vector, factors: Sequence[Any], sizes: Sequence[int]) -> Vector:
    """Every block times its factor."""
    parts = _blocks(v, sizes)
    return Vector([f * a for part, f in zip(parts, factors, strict=True) for a in part.entries])


def _clip(recipe: Recipe, v: Vector, layout: Layout, hp: Any) -> Vector:
    if recipe.clip == "none":
        return v
    sizes = layout.blocks(recipe.clip)
    squares = [BallOps.sq_norm(part) for part in _blocks(v, sizes)]
    if recipe.clip == "always":
        factors = [1.0 if s.ball.contains(arb(0)) else hp.lam / s.sqrt() for s in squares]
    else:
        factors = [shrink(s, hp.lam, recipe.clip_eps) for s in squares]
    return _scaled(v, factors, sizes)


def _momentum(recipe: Recipe, v: Vector, m: Vector | None, hp: Any) -> tuple[Vector | None, Vector]:
    """m_t and what the step goes along."""
    if recipe.momentum in ("none", "of-steps"):
        return m, v
    dampened = recipe.momentum in ("dampened", "nesterov") or (recipe.momentum == "undampened-at-first" and m)
    fresh = (1 - hp.beta1) * v if dampened else v
    new = fresh if m is None else hp.beta1 * m + fresh
    return new, hp.beta1 * new + (1 - hp.beta1) * v if recipe.momentum == "nesterov" else new


def _stepsizes(
    recipe: Recipe, seen: Vector, memory: Memory, layout: Layout, hp: Any
) -> tuple[tuple[tuple[Number, ...], ...], list[Any]]:
    """The past with the newest b^2, and the stepsize of every block."""
    scale = hp.gamma if recipe.scale == 1 else recipe.scale * hp.gamma
    if recipe.corrected != "no":
        scale = _correction(recipe.corrected, memory.t, hp) * scale
    if recipe.accumulator == "none":
        return (), [scale] * len(layout.blocks(recipe.norm))
    squares = [BallOps.sq_norm(part) for part in _blocks(seen, layout.blocks(recipe.norm))]
    new = tuple(_accumulated(recipe, b, s, hp) for b, s in zip(memory.past[0], squares, strict=True))
    used = memory.past[recipe.delay - 1] if recipe.delay else new
    past = (new, *memory.past)[: max(recipe.delay, 1)]
    if recipe.root == "corrected":
        late = 1 / (1 - hp.beta2.power(memory.t + 1)).sqrt()
        return past, [scale * late / (late * b.sqrt() + recipe.eps) for b in used]
    return past, [scale * _inverse(recipe, b) for b in used]


def _accumulated(recipe: Recipe, b_sq: Number, square: Number, hp: Any) -> Number:
    if recipe.accumulator == "adagrad":
        weight = hp.eta.sqrt() if recipe.weight == "root" else 1.0 if recipe.weight == "one" else hp.eta
        return b_sq + weight * square
    return hp.beta2 * b_sq + (1.0 if recipe.weight == "one" else 1 - hp.beta2) * square


def _inverse(recipe: Recipe, b_sq: Number) -> Number:
    if recipe.root == "inside":
        return BallOps.inv_sqrt(b_sq + recipe.eps)
    if recipe.root == "outside":
        return 1 / (b_sq.sqrt() + recipe.eps)
    return 1 / b_sq if recipe.root == "none" else BallOps.inv_sqrt(b_sq)


def _correction(kind: str, t: int, hp: Any) -> Number:
    if kind == "both":
        return correction(t, hp)
    return 1 / (1 - hp.beta1.power(t + 1)) if kind == "first" else (1 - hp.beta2.power(t + 1)).sqrt()
