"""Departures of a size that nobody stated: it is read off the trajectory, and then put to the test like the others.

A multiple of the stepsize and an epsilon follow from one step in closed form; another value of a hyper-parameter is
found by the secant method.  What is read off is a proposal: the balls of ``diagnosis`` decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp, isfinite, log
from typing import NamedTuple

from verify.optimizers.catalogue import CLIPS, SCALAR, Departure
from verify.optimizers.diagnosis import Path
from verify.optimizers.envelope import Format, numbers, vector
from verify.optimizers.probing import AROUND, Probing
from verify.optimizers.recipe import Recipe, begin, step

ROUNDS = 24  # of the secant method
EARLY, SEEN = 3, 1e-9  # readings of first differences, and what counts as one


class Reading(NamedTuple):
    """At step t, one coordinate: the move as a multiple of the one that is due, the denominator that is due, and the
    size of the move beside x: a small one has few digits."""

    t: int
    entry: int
    ratio: float
    b: float
    share: float


def measured(
    true: Recipe, hp: Mapping[str, float], probes: Sequence[Probing], paths: Sequence[Path], form: Format
) -> list[Departure]:
    """Proposals from the first step of the scalar probe and from the steps that differ most."""
    scalar, main = (_readings(true, hp, probes[k], paths[k], form) for k in (0, 2))
    sizes: list[Departure] = []
    values: list[Departure] = []
    if scalar:
        most = max(scalar, key=lambda r: abs(r.ratio - 1))
        sharp = max((r for r in scalar if abs(r.ratio - 1) >= abs(most.ratio - 1) / 2), key=lambda r: r.share)
        early = [r for r in scalar if abs(r.ratio - 1) > SEEN][:EARLY]  # before several steps mix
        for reading in dict.fromkeys((scalar[0], most, sharp)):
            sizes += fitted(true, reading.ratio, reading.b)
        for name in [n for n in ("b0", "eta", "beta2", "beta1") if _matters(true, n, hp)]:
            for reading in dict.fromkeys((*early, most, sharp)):
                values += _another(true, hp, name, probes[0], paths[0], reading, form)
        if true.momentum == "none":
            for reading in early:
                values += _momentum(true, hp, probes[0], paths[0], reading, form)
    if true.clip != "none" and isfinite(hp["lam"]):
        for reading in [r for r in main if AROUND[r.t % len(AROUND)] > 2][:2]:  # far above the level
            values += _another(true, hp, "lam", probes[2], paths[2], reading, form)
    plain = [d for d in values if d.name == "another-b0" and _plainer(d, sizes, hp["b0"])]
    return [*plain, *sizes, *(d for d in values if d not in plain)]


def _plainer(b0: Departure, sizes: Sequence[Departure], stated: float) -> bool:
    """Another b0 is an epsilon under the root of a sum: the name goes to the shorter number, in doubt to b0 if it is
    off by more than a thousandth."""
    value = b0.change["other"][1]
    inner = [d.change["eps"] for d in sizes if d.change.get("root") == "inside"]
    return abs(value / stated - 1) > 1e-3 and (_short(value) or not any(map(_short, inner)))


def _short(value: float) -> bool:
    """Four digits are all there are, but for rounding."""
    return abs(float(f"{value:.4g}") - value) <= 1e-9 * abs(value)


def fitted(true: Recipe, ratio: float, b: float) -> Iterator[Departure]:
    """A step that is ``ratio`` times what is due, where the denominator ``b`` is due."""
    if not 1e-100 < ratio < 1e100:
        return
    times = f"{ratio:.6g}" if abs(ratio - 1) > 1e-3 else f"1 {ratio - 1:+.3g}"
    yield Departure("another-stepsize", f"the stepsize is {times} times the stated one", SCALAR, {"scale": ratio})
    if true.accumulator != "none" and ratio < 1:
        out, inner = b / ratio - b, b * b * (1 - ratio) * (1 + ratio) / (ratio * ratio)
        text = f"the denominator is b + {out:.3g} instead of b"
        yield Departure("eps-outside-root", text, SCALAR, {"root": "outside", "eps": out})
        text = f"the denominator is sqrt(b^2 + {inner:.3g})"
        yield Departure("eps-inside-root", text, SCALAR, {"root": "inside", "eps": inner})


def unlike(a: float, b: float) -> tuple[str, str]:
    """Two different numbers with six digits, or as many more as tell them apart."""
    pairs = ((f"{a:.{digits}g}", f"{b:.{digits}g}") for digits in range(6, 18))
    return next((pair for pair in pairs if pair[0] != pair[1]), (repr(a), repr(b)))


def _matters(true: Recipe, name: str, hp: Mapping[str, float]) -> bool:
    if name == "beta1":
        return true.momentum != "none"
    used = {"adagrad": ("b0", "eta"), "adam": ("b0", "beta2")}.get(true.accumulator, ())
    return name in used and hp[name] > 0


def _readings(true: Recipe, hp: Mapping[str, float], probe: Probing, path: Path, form: Format) -> list[Reading]:
    own = numbers(hp, form)
    memory, out = begin(true, probe.layout, own), []
    for t, (x, after, g) in enumerate(zip(path, path[1:], probe.rows, strict=False)):
        used = memory.past
        due, memory = step(true, vector(x, form), vector(g, form), memory, probe.layout, own)
        used = used[true.delay - 1 :] if true.delay else memory.past
        entry = max(range(len(x)), key=[abs(v) if x[k] == 0 or t else 0.0 for k, v in enumerate(g)].__getitem__)
        move = float(due.entries[entry].ball.mid() - x[entry])
        if isfinite(after[entry]) and isfinite(move) and move:
            b = float(used[0][0].sqrt().ball.mid()) if used else 1.0
            ratio, share = (after[entry] - x[entry]) / move, abs(move) / (abs(move) + abs(x[entry]))
            out.append(Reading(t, entry, ratio, b, share))
    return out


def _another(
    true: Recipe, hp: Mapping[str, float], name: str, probe: Probing, path: Path, at: Reading, form: Format
) -> Iterator[Departure]:
    """Another value of a hyper-parameter, such that the step of the reading is what it was."""
    beta = name.startswith("beta")

    def value(q: float) -> float:
        return 1 - exp(q) if beta else exp(q)

    def wrong(q: float) -> float:
        if not (-600 < q < 0 if beta else abs(q) < 600):
            return float("nan")
        found = _readings(true, {**hp, name: value(q)}, probe, path[: at.t + 2], form)
        last = next((r.ratio for r in found if r.t == at.t), float("nan"))
        return log(last) if last > 0 and isfinite(last) else float("nan")

    q = log(1 - hp[name]) if beta else log(hp[name])
    p, q = q, q + 1e-4 * (-1 if beta else 1)
    before, now = wrong(p), wrong(q)
    for _ in range(ROUNDS):
        if not isfinite(now) or now == before:
            break
        move = -now * (q - p) / (now - before)
        for _ in range(ROUNDS):  # a step that leaves the range is halved
            if isfinite(after := wrong(q + move)):
                break
            move /= 2
        p, q, before, now = q, q + move, now, after
        if q == p:
            break
    if isfinite(q) and isfinite(wrong(q)):
        text = "{} is {} instead of {}".format(name, *unlike(value(q), hp[name]))
        stage = CLIPS if name == "lam" and value(q) > hp[name] else SCALAR  # a lower level is seen by all probes
        yield Departure(f"another-{name}", text, stage, {"other": (name, value(q))})


def _momentum(
    true: Recipe, hp: Mapping[str, float], probe: Probing, path: Path, at: Reading, form: Format
) -> Iterator[Departure]:
    """A momentum that the method has not, of the weight that the reading asks for."""
    for kind, how in (("dampened", ""), ("undampened", ", without the factor 1 - beta1")):
        other = replace(true, momentum=kind)
        for found in _another(other, {**hp, "beta1": 0.5}, "beta1", probe, path, at, form):
            value = found.change["other"][1]
            text = f"a momentum that the method has not, beta1 = {value:.6g}{how}"
            yield Departure("momentum-added", text, SCALAR, {"momentum": kind, **found.change})
