"""Is an optimizer the method it is said to be?  Step by step, against balls that contain every admitted evaluation.

The optimizer is fed fixed gradients (``probing``).  From its own x_t the exact step, by ``bounds.methods.update``, is
taken in the arithmetic of ``envelope``: an x_{t+1} outside that ball is a departure, certainly, under the model of
rounding.  Then the departures of the ``catalogue`` and sets of them are tried along the same gradients; a set whose
balls contain the whole trajectory names the departure.  torch optimizers run under both modes of zero_grad, with two
groups of parameters: if the modes differ, the optimizer keeps p.grad itself instead of a copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite, sqrt
from typing import Any, Literal

import numpy as np
from flint import ctx

from bounds.methods import METHODS, Method
from verify.optimizers import catalogue
from verify.optimizers.catalogue import Departure, departures
from verify.optimizers.diagnosis import Path, diagnose, explains
from verify.optimizers.envelope import BITS, DOUBLE, ROUGH, SINGLE, Format, numbers
from verify.optimizers.following import Outside, follows, starts_infinite
from verify.optimizers.measuring import measured
from verify.optimizers.probing import Mode, Shapes, in_single_precision, late, probings, run, takes_groups
from verify.optimizers.recipe import Recipe
from verify.optimizers.recipe import stated as recipe_of
from verify.optimizers.subject import Subject, words

LATE = 200  # steps along one coordinate
VERY_LITTLE = "is not decided: it differs by more than the model of rounding, but by very little, from"
TWO_RUNS = "two runs along the same gradients differ"
UNKNOWN_WAY = "in no way of the catalogue"
SHAPES, GROUPS = ((3,), (2, 2), (1,)), (2, 1)
NEEDED = {
    "none": ("gamma", "lam"),
    "adagrad": ("gamma", "lam", "eta", "b0"),
    "adam": ("gamma", "lam", "beta2", "b0"),
}
SMALLEST, LARGEST = 1e-60, 1e60  # of hyper-parameters: squares of gradients and of b0 are numbers
MODES: dict[Mode, str] = {"none": "zero_grad(set_to_none=True)", "keep": "zero_grad(set_to_none=False)"}


@dataclass(frozen=True)
class Conformance:
    """What was found.

    status:            CONFORMS: every step lies in its ball.  DEPARTS: step ``first_step`` does not.  UNKNOWN: it could
                       not be run, or it differs by little more than the model of rounding allows.
    departure:         the name of why, if the catalogue knows (``docs/conformance.md`` lists the names)
    departures:        all names, if several things are wrong at once
    detail:            entry, expected and found at the first departing step
    precision:         "float64", or "float32" for an optimizer that computes in single precision
    alternatives:      names of single departures that explain the same trajectories
    indistinguishable: departures that are none at these hyper-parameters: they pass too
    """

    status: Literal["CONFORMS", "DEPARTS", "UNKNOWN"]
    method: str
    departure: str | None
    first_step: int | None
    sentence: str
    departures: tuple[str, ...] = ()
    detail: str = ""
    precision: str = "float64"
    alternatives: tuple[str, ...] = ()
    indistinguishable: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """A JSON-ready record."""
        return {
            "status": self.status,
            "method": self.method,
            "departure": self.departure,
            "departures": list(self.departures),
            "first_step": self.first_step,
            "sentence": self.sentence,
            "detail": self.detail,
            "precision": self.precision,
            "alternatives": list(self.alternatives),
            "indistinguishable": list(self.indistinguishable),
        }


@dataclass(frozen=True)
class Judged:
    """One mode of zero_grad: where it leaves the method first (None: nowhere), and why (None: unexplained)."""

    outside: Outside | None
    why: tuple[Departure, ...] | None
    nan: str = ""  # the name of why it is not finite
    sizes: tuple[Departure, ...] = ()  # what was read off, where it leaves

    def names(self) -> tuple[tuple[str, str], ...]:
        """Names and sentences."""
        known = tuple((d.name, d.sentence) for d in self.why or ())
        return (*known, _other(self.nan)) if self.nan else known


def stated(name: str, *, beta1: float = 0.0, corrected: bool = False) -> Method:
    """A method of ``bounds.methods`` by name, with momentum if beta1 > 0; ValueError for an unknown one."""
    if name not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, got {name!r}")
    method = METHODS[name]
    if corrected and method.accumulator != "adam":
        raise ValueError(f"method: {name} has no bias correction; only Adam-type methods have")
    return replace(method, momentum=beta1 > 0, corrected=corrected)


def compare(
    who: Subject,
    method: str,
    hp: Mapping[str, float],
    *,
    delay: int = 1,
    corrected: bool = False,
    steps: int = LATE,
) -> Conformance:
    """Compare an optimizer with a stated method at the hyper-parameters ``hp``: gamma, lam, and what the method uses of
    eta, b0, beta1, beta2; ``delay`` is that of a delayed method, ``corrected`` asks for Adam's bias correction,
    ``steps`` is how far one coordinate is followed.

    Raises ValueError for an unknown method, or a hyper-parameter that is missing or no number.
    """
    what = stated(method, beta1=hp.get("beta1", 0.0), corrected=corrected)
    numbers_of = _checked(method, what, hp)
    if isinstance(delay, bool) or not isinstance(delay, int) or not 1 <= delay <= 64:
        raise ValueError(f"delay: expected an integer in 1 .. 64, got {delay!r}")
    with ctx.workprec(BITS):
        return _Comparison(who, method, what, numbers_of, delay if what.delayed else 1, steps).conformance()


def _checked(name: str, what: Method, hp: Mapping[str, float]) -> dict[str, float]:
    missing = [key for key in NEEDED[what.accumulator] if key not in hp]
    if missing:
        needed = ", ".join(NEEDED[what.accumulator])
        raise ValueError(f"{name}: expected {needed}; {', '.join(missing)} is missing")
    own = {"beta1": 0.0, **{key: float(value) for key, value in hp.items() if key != "N"}}
    for key, value in own.items():
        low, high = (0.0, 1.0) if key in ("beta1", "beta2") else (SMALLEST, LARGEST)
        zero, infinite = key in ("beta1", "eta") and value == 0, key == "lam" and value == inf
        if not (low < value < high or zero or infinite):
            raise ValueError(f"{key}: expected a number in ({low:g}, {high:g}), got {value!r}")
    return own


def _level(what: Method, hp: Mapping[str, float]) -> float:
    """The size of the gradients at which things happen."""
    if what.clipped and isfinite(hp["lam"]):
        return hp["lam"]
    if what.accumulator == "adagrad" and hp["eta"] > 0:
        return hp["b0"] / sqrt(hp["eta"])
    return hp["b0"] if what.accumulator == "adam" else 1.0


def _other(name: str) -> tuple[str, str]:
    return name, catalogue.OTHER_NAMES[name]


class _Comparison:
    """One question and its numbers."""

    def __init__(self, who: Subject, name: str, what: Method, hp: dict[str, float], delay: int, steps: int) -> None:
        self.who, self.name, self.what, self.hp, self.delay = who, name, what, hp, delay
        self.true: Recipe = recipe_of(what, delay)
        shapes: Shapes = ((8,),) if who.kind == "step" else SHAPES
        groups = GROUPS if who.kind == "torch" and takes_groups(who, shapes, GROUPS) else (len(shapes),)
        self.known = list(departures(self.true, hp, len(shapes), len(groups)))
        self.probes = probings(shapes, groups, _level(what, hp), delay)
        self.late = late(_level(what, hp), steps)

    def conformance(self) -> Conformance:
        modes: list[Mode] = ["none", "keep"] if self.who.kind == "torch" else ["none"]
        try:
            runs = [[run(self.who, probe, mode) for probe in self.probes] for mode in modes]
            again = [run(self.who, probe, modes[0]) for probe in self.probes]
        except Exception as error:  # somebody else's code
            return self._incomparable(words(error))
        if repr(again) != repr(runs[0]):
            return self._incomparable(TWO_RUNS)
        form = SINGLE if in_single_precision(self.who, self.probes[-1], runs[0][-1]) else DOUBLE
        judged = self._judge(runs, form)
        late = self._late(modes, form) if all(j.outside is None for j in judged) else None
        return late or self._verdict(modes, runs, judged, form)

    def _incomparable(self, why: str) -> Conformance:
        return self._answer("UNKNOWN", (), None, f"cannot be compared with {self.name}: {why}")

    def _late(self, modes: Sequence[Mode], form: Format) -> Conformance | None:
        """What the long runs say that the short ones did not, if anything."""
        try:
            *long, again = [run(self.who, self.late, mode) for mode in (*modes, modes[0])]
        except Exception as error:  # somebody else's code
            return self._incomparable(words(error))
        if repr(again) != repr(long[0]):
            return self._incomparable(TWO_RUNS)
        for path in long:
            outside = follows(self.what, self.delay, self.late, path, self.hp, form)
            if outside is not None:
                return self._departs_late(outside, path, form)
        return None

    def _departs_late(self, outside: Outside, path: Path, form: Format) -> Conformance:
        if follows(self.what, self.delay, self.late, path, self.hp, ROUGH) is None:
            return self._answer("UNKNOWN", (), outside, f"{VERY_LITTLE} {self.name}", form=form)
        text = f"DEPARTS from {self.name} at step {outside.step}, not before: {UNKNOWN_WAY}"
        return self._answer("DEPARTS", (), outside, text, form=form)

    def _judge(self, runs: Sequence[Sequence[Path]], form: Format) -> list[Judged]:
        first = self._one(runs[0], form)
        return [first, *(first if paths == runs[0] else self._one(paths, form) for paths in runs[1:])]

    def _one(self, paths: Sequence[Path], form: Format) -> Judged:
        def leaves(k: int) -> Outside | None:
            return follows(self.what, self.delay, self.probes[k], paths[k], self.hp, form)

        outside = leaves(2) or leaves(1) or leaves(0)
        if outside is None:
            return Judged(None, ())
        if all(map(starts_infinite, paths, self.probes)):
            return Judged(outside, (), catalogue.ZERO_START)
        nan, (*others, main) = "", paths
        end = next((t for t, x in enumerate(main) if not np.isfinite(x).all()), None)
        if end and 0.0 in self.probes[-1].rows[end - 1]:
            nan, main = catalogue.ZERO_GRADIENT, main[:end]
        finite = [*others, main]
        sizes = measured(self.true, self.hp, self.probes, finite, form)
        why = diagnose(self.true, self.known, sizes, self.probes, finite, self.hp, form)
        return Judged(outside, why, nan if why is not None else "", tuple(sizes))

    def _verdict(
        self, modes: Sequence[Mode], runs: Sequence[Sequence[Path]], judged: Sequence[Judged], form: Format
    ) -> Conformance:
        if all(j.outside is None for j in judged):
            silent = self._passing(self.known, runs[0], form)
            text = f"CONFORMS to {self.name}, step by step within rounding, for {len(self.late.gradients)} steps"
            text += " of single precision" if form is SINGLE else ""
            return self._answer("CONFORMS", (), None, text, form=form, silent=silent)
        names = self._names(judged, [list(paths) for paths in runs])
        names = tuple(sorted(names, key=lambda pair: catalogue.severity(pair[0])))
        where = next(j.outside for j in judged if j.outside is not None)
        if not names and self._within(runs, ROUGH):
            return self._answer("UNKNOWN", (), where, f"{VERY_LITTLE} {self.name}", form=form)
        told = "; ".join(sentence for _, sentence in names) or UNKNOWN_WAY
        if not names and self._within(runs, SINGLE):
            told += ", but by no more than single precision explains: is a part of its state in float32?"
        if len(judged) > 1 and (judged[0].outside is None) != (judged[1].outside is None):
            told += f" (seen with {next(MODES[m] for m, j in zip(modes, judged, strict=True) if j.outside)})"
        text = f"DEPARTS from {self.name} at step {where.step}: {told}"
        own = tuple(name for name, _ in names)
        others = self._others(own[0], judged[0], runs[0], form) if len(own) == 1 else ()
        return self._answer("DEPARTS", own, where, text, form=form, alternatives=others)

    def _within(self, runs: Sequence[Sequence[Path]], form: Format) -> bool:
        """Whether rounding of this format explains all trajectories."""
        return all(
            follows(self.what, self.delay, probe, path, self.hp, form) is None
            for paths in runs
            for probe, path in zip(self.probes, paths, strict=True)
        )

    def _names(self, judged: Sequence[Judged], runs: list[list[Path]]) -> tuple[tuple[str, str], ...]:
        """Names and sentences of what is wrong in both modes together."""
        dropped, kept = judged[0], judged[-1]
        if repr(runs[0]) == repr(runs[-1]):
            return dropped.names()
        if dropped.outside is None:
            return (_other(catalogue.ALIAS_ZEROED),)
        told = [name for name, _ in dropped.names()]
        if kept.outside is None and (not told or "first-gradient" in told):
            return (_other(catalogue.ALIAS_DROPPED),)
        return (*(dropped.names() or kept.names()), _other(catalogue.ALIAS_ZEROED))

    def _others(self, name: str, judged: Judged, paths: Sequence[Path], form: Format) -> tuple[str, ...]:
        sizes = judged.sizes if judged.outside else measured(self.true, self.hp, self.probes, paths, form)
        return self._passing([d for d in (*self.known, *sizes) if d.name != name], paths, form)

    def _passing(self, known: Sequence[Departure], paths: Sequence[Path], form: Format) -> tuple[str, ...]:
        """The departures whose balls contain all trajectories."""
        own = numbers(self.hp, form)

        def passes(recipe: Recipe) -> bool:
            return all(explains(recipe, p, path, own, form) for p, path in zip(self.probes, paths, strict=True))

        return tuple(dict.fromkeys(d.name for d in known if passes(d.of(self.true))))

    def _answer(
        self,
        status: Literal["CONFORMS", "DEPARTS", "UNKNOWN"],
        names: tuple[str, ...],
        where: Outside | None,
        text: str,
        *,
        form: Format = DOUBLE,
        alternatives: tuple[str, ...] = (),
        silent: tuple[str, ...] = (),
    ) -> Conformance:
        first, detail = (where.step, where.detail) if where else (None, "")
        departure = names[0] if names else None
        return Conformance(status, self.name, departure, first, text, names, detail, form.name, alternatives, silent)
