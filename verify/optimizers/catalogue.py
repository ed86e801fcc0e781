"""Known ways of not being the method one is said to be: each changes ingredients of the recursion (``recipe``).

They come in three stages, after the probe that tells them apart (``probing``): on one coordinate below the clipping
level neither a norm nor a clip matters; on several coordinates below it no clip matters; then everything does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isinf
from typing import Any

from verify.optimizers.recipe import Recipe

EPSILONS = (1e-8, 1e-6, 1e-10, 1e-7, 1e-12, 1e-5, 1e-4, 1e-3, 1e-9, 1e-15, 1e-16)
DECAYS = (1e-2, 1e-4, 5e-4, 1e-3, 0.1, 0.05, 1e-5)
LATEST = 3  # a wrong delay is looked for up to this one
SCALAR, NORMS, CLIPS = range(3)  # the stages


@dataclass(frozen=True)
class Departure:
    """A name, what it looks like, and the ingredients that are others."""

    name: str
    sentence: str
    stage: int
    change: Mapping[str, Any]

    def of(self, recipe: Recipe) -> Recipe:
        """The recipe with this departure."""
        return changed(recipe, (self,))


def changed(recipe: Recipe, found: Sequence[Departure]) -> Recipe:
    """The recipe with these departures; where two change the same, the later one."""
    return replace(recipe, **{name: value for d in found for name, value in d.change.items()})


# Names of departures that are no recipe: what happens to the buffer of the gradient, and to zeros.
ALIAS_ZEROED = "aliased-gradient-zeroed"
ALIAS_DROPPED = "aliased-gradient-dropped"
ZERO_GRADIENT = "nan-at-zero-gradient"
ZERO_START = "denominator-starts-at-zero"
OTHER_NAMES = {
    ALIAS_ZEROED: "it keeps p.grad itself instead of a copy: zero_grad(set_to_none=False) overwrites what it remembers",
    ALIAS_DROPPED: "it keeps the buffers of p.grad: after zero_grad(set_to_none=True) they are stale",
    ZERO_START: "the first stepsize is infinite: the accumulator starts at 0 instead of b0^2",
    ZERO_GRADIENT: "a zero gradient gives nan (0/0); clip with lam / max(||g||, lam)",
}
MINOR = ("another-", "eps-", "clip-eps", "weight-decay", "denominator-starts-")  # named after the others


ANOTHER = tuple(f"another-{name}" for name in ("stepsize", "lam", "b0", "eta", "beta2", "beta1"))
MEASURED = (*ANOTHER, "momentum-added")  # see ``measuring``


def severity(name: str) -> bool:
    """Sorts what matters most to the front."""
    return name.startswith(MINOR)


def departures(true: Recipe, hp: Mapping[str, float], tensors: int, groups: int) -> Iterator[Departure]:
    """What the diagnosis knows about a method at these hyper-parameters, the likely first."""
    yield from _denominators(true, hp)
    yield from _momenta(true)
    yield from _corrections(true)
    yield from _steps(true)
    if groups > 1:
        yield _norm("first-group-only", "it sees and moves the first group of parameters only", reach="first")
    if true.accumulator != "none":
        if tensors > 1:
            yield _norm("denominator-per-tensor", "every tensor has a denominator of its own", norm="tensor")
        if groups > 1:
            yield _norm("denominator-per-group", "every group of parameters has its own denominator", norm="group")
        yield _norm("denominator-coordinate-wise", "every coordinate has a denominator of its own", norm="coordinate")
    if true.clip != "none" and not isinf(hp["lam"]):
        yield from _clips(true, hp["lam"], tensors, groups)


def _scalar(name: str, sentence: str, **change: Any) -> Departure:
    return Departure(name, sentence, SCALAR, change)


def _norm(name: str, sentence: str, **change: Any) -> Departure:
    return Departure(name, sentence, NORMS, change)


def _clip(name: str, sentence: str, **change: Any) -> Departure:
    return Departure(name, sentence, CLIPS, change)


def _b(delay: int) -> str:
    return f"b_(t-{delay})" if delay else "b_t"


def _denominators(true: Recipe, hp: Mapping[str, float]) -> Iterator[Departure]:
    if true.accumulator == "none":
        return
    for other in sorted({*range(LATEST + 1), max(true.delay - 1, 0), true.delay + 1}):
        if other != true.delay:
            name = "denominator-not-delayed" if other == 0 else "denominator-delayed"
            if other and true.delay:
                name = "denominator-wrong-delay"
            yield _scalar(name, f"the denominator is {_b(other)} instead of {_b(true.delay)}", delay=other)
    for eps in EPSILONS:
        yield _scalar("eps-outside-root", f"the denominator is b + {eps:g} instead of b", root="outside", eps=eps)
        yield _scalar("eps-inside-root", f"the denominator is sqrt(b^2 + {eps:g})", root="inside", eps=eps)
    if true.corrected == "both":
        for eps in EPSILONS:
            text = f"the corrected denominator is b/sqrt(1 - beta2^(t+1)) + {eps:g}"
            yield _scalar("eps-outside-root", text, root="corrected", eps=eps)
    yield _scalar("denominator-without-root", "the denominator is b^2 instead of b", root="none")
    yield _scalar(ZERO_START, "the accumulator starts at 0 instead of b0^2", start="0")
    yield _scalar("denominator-starts-at-b0", "the accumulator starts at b0 instead of b0^2", start="b0")
    if true.accumulator == "adam":
        yield _scalar("denominator-starts-decayed", "b^2 starts at beta2 b0^2 instead of b0^2", start="forgotten")
        yield _scalar("accumulator-not-dampened", "the factor 1 - beta2 of ||gc||^2 is missing", weight="one")
        if "eta" in hp:
            yield _scalar(
                "accumulator-adagrad", "b^2 adds up as in AdaGrad instead of forgetting", accumulator="adagrad"
            )
    else:
        yield _scalar("eta-ignored", "the weight eta of ||gc||^2 is 1", weight="one")
        yield _scalar("eta-root", "the weight of ||gc||^2 is sqrt(eta) instead of eta", weight="root")
        if "beta2" in hp:
            yield _scalar("accumulator-adam", "b^2 forgets as in Adam instead of adding up", accumulator="adam")


def _momenta(true: Recipe) -> Iterator[Departure]:
    if true.momentum == "none":
        return
    yield _scalar("momentum-missing", "the step goes along the gradient, not the momentum", momentum="none")
    yield _scalar("momentum-not-dampened", "the factor 1 - beta1 of the gradient is missing", momentum="undampened")
    yield _scalar(
        "momentum-starts-undampened", "m_0 is the gradient, not 1 - beta1 times it", momentum="undampened-at-first"
    )
    yield _scalar("momentum-nesterov", "the momentum looks ahead (Nesterov)", momentum="nesterov")
    if true.accumulator != "none":
        yield _scalar("momentum-of-steps", "the stepsize is inside the average: m averages w gc", momentum="of-steps")
        yield _scalar("accumulator-sees-momentum", "the accumulator adds ||m||^2 instead of ||gc||^2", seen="momentum")


def _corrections(true: Recipe) -> Iterator[Departure]:
    if true.accumulator != "adam":
        return
    have = true.corrected == "both"
    if have:
        yield _scalar("bias-correction-missing", "the bias correction is missing", corrected="no")
    else:
        yield _scalar("bias-correction-added", "a bias correction that the method has not", corrected="both")
    if true.momentum != "none":
        side = "only one of the two bias corrections"
        yield _scalar("bias-correction-first-only", f"{side} is applied, that of the momentum", corrected="first")
        yield _scalar("bias-correction-second-only", f"{side} is applied, that of b^2", corrected="second")


def _steps(true: Recipe) -> Iterator[Departure]:
    along = "the step goes along the previous gradient"
    yield _scalar("previous-gradient", f"{along}, and nowhere at step 0", direction="previous")
    yield _scalar("previous-gradient", f"{along}, and along g_0 at step 0", direction="previous-or-first")
    yield _scalar("first-gradient", "it sees the first gradient for ever", direction="first")
    yield _scalar("ascent", "the step goes uphill", scale=-1.0)
    for by in DECAYS:
        yield _scalar("weight-decay", f"weight decay {by:g} x is in the gradient", decay="coupled", decay_by=by)
        if true.accumulator != "none" or true.momentum != "none" or true.clip != "none":  # else they are the same
            yield _scalar("weight-decay-decoupled", f"x shrinks by lr {by:g} x", decay="decoupled", decay_by=by)


def _clips(true: Recipe, lam: float, tensors: int, groups: int) -> Iterator[Departure]:
    yield _clip("no-clip", "the gradient is not clipped", clip="none")
    if true.accumulator != "none":
        raw = "the accumulator sees the gradient before the clip"
        yield _clip("clip-after-accumulate", raw, seen="raw")
    yield _clip("clip-by-value", "every coordinate is clipped by itself, not the norm", clip="coordinate")
    if tensors > 1:
        yield _clip("clip-per-tensor", "every tensor is clipped by its own norm, not the global one", clip="tensor")
    if groups > 1:
        yield _clip("clip-per-group", "every group of parameters is clipped by its own norm", clip="group")
    for eps in (1e-6, 1e-8, 1e-12, 1e-7, 1e-10):
        usual = " (as torch.nn.utils.clip_grad_norm_ does)" if eps == 1e-6 else ""
        kind = _scalar if eps > lam / 32 else _clip  # a large one is seen below the level, too
        yield kind("clip-eps", f"the clip divides by ||g|| + {eps:g}{usual}", clip_eps=eps)
    yield _scalar("clip-always", "the gradient is scaled to the norm lam even below it", clip="always")
    if true.accumulator != "none":
        yield _clip("step-not-clipped", "only the accumulator sees the clipped gradient", stepped="raw")
    if true.momentum != "none":
        yield _clip("clip-after-momentum", "the momentum is clipped instead of the gradient", clipped="momentum")
