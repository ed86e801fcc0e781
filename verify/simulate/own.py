"""Somebody's own update rule in the place of a method: recorded once, compiled, run like the methods of the theory.

    x_{t+1}, state_{t+1} = step(x_t, g_t, state_t, hp)

``g_t`` is the oracle's answer, ``state`` a dict of numbers, ``hp`` has the given hyper-parameters as attributes.  The
step is plain Python, operators and ``verify.simulate.functions``; it is judged by the plain average of its iterates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from verify.simulate import levels
from verify.simulate.company import jumps, pairs
from verify.simulate.program.symbols import REMEDY, NotStraightLine, Program, Symbol, raised_at

CROWD, SHORT = 64, 40  # trajectories and steps of the test for influence
Step = Callable[[Any, Any, Mapping[str, Any], Any], tuple[Any, Mapping[str, Any]]]


@dataclass(frozen=True, eq=False)
class OwnStep:
    """``step`` with the state it starts from: finite numbers by name."""

    step: Step
    state: Mapping[str, float]
    name: str = "own step"


def check(own: OwnStep, hp: Mapping[str, float]) -> None:
    """Names are identifiers, numbers are real numbers (hyper-parameters may be infinite); ValueError otherwise."""
    for kind, numbers in (("state", own.state), ("hp", hp)):
        for name, value in numbers.items():
            if kind == "hp" and levels.changes(value):
                value = 0.0  # a number for each step: ``levels.floats`` looks at it
            if not isinstance(name, str) or not name.isidentifier():
                raise ValueError(f"{kind}: expected names that are identifiers, got {name!r}")
            bad = isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value)
            if bad or (kind == "state" and math.isinf(value)):
                raise ValueError(f"{kind}[{name!r}]: expected a real number, got {value!r}")


def advance(own: OwnStep, x: Any, g: Any, state: Mapping[str, Any], hp: Any) -> tuple[Any, dict[str, Any]]:
    """One call of the step; TypeError unless it returns a pair of the next iterate and the same names of state, and
    does not branch on arrays of several trajectories."""
    try:
        answer = own.step(x, g, dict(state), hp)
    except (ValueError, RuntimeError) as error:
        if "ambiguous" not in str(error):
            raise
        line = raised_at(error)
        raise NotStraightLine(f"{line}: a step may not branch on trajectories together; {REMEDY}") from None
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise TypeError(f"{own.name}: expected a pair (x, state), got {type(answer).__name__}")
    x_next, after = answer
    if not isinstance(after, Mapping) or set(after) != set(own.state):
        got = list(after) if isinstance(after, Mapping) else type(after).__name__
        raise TypeError(f"{own.name}: expected the state {list(own.state)}, got {got}")
    return x_next, {name: after[name] for name in own.state}


def record(
    own: OwnStep, g: Callable[[Program, Symbol], Symbol], hp: Mapping[str, float], vectors: Set[str] = frozenset()
) -> tuple[Program, list[Symbol]]:
    """The program of one step and the symbols of the next iterate and state; the inputs are ``x``, ``state_NAME``,
    ``hp_NAME`` and what ``g`` builds from the iterate.

    ``vectors``: those of the inputs; parts of the state become vectors where a step makes them so.
    Raises NotStraightLine if the step branches on data, or says something else the second time.
    """

    def once(vectors: Set[str]) -> tuple[Program, list[Symbol]]:
        program = Program(vectors=set(vectors))
        x = Symbol(program, "x")
        state = {name: Symbol(program, f"state_{name}") for name in own.state}
        numbers = SimpleNamespace(**{name: Symbol(program, f"hp_{name}") for name in hp})
        x_next, after = advance(own, x, g(program, x), state, numbers)
        return program, [program.symbol(value) for value in (x_next, *after.values())]

    while True:
        (program, out), (again, same) = once(vectors), once(vectors)
        if program.lines() != again.lines() or [s.name for s in out] != [s.name for s in same]:
            raise NotStraightLine(f"{own.name}: two calls differ; the step may depend on its arguments only")
        found = {f"state_{name}" for name, value in zip(own.state, out[1:], strict=True) if value.vector}
        if found <= vectors:
            return program, out
        vectors = vectors | found


def independent(own: OwnStep, run: Callable[[slice, Callable[[int], np.ndarray]], np.ndarray]) -> None:
    """ValueError if trajectories influence each other: each of ``CROWD`` next to each other one with jumps in its noise
    (``company``), and four of those with jumps together and one by one.

    ``run(lanes, added)`` runs these trajectories with ``added(t)[lanes]`` added to their noise.
    """
    lanes = slice(0, CROWD)
    quiet = run(lanes, lambda t: np.zeros(CROWD))
    for draw, shouting in enumerate(pairs(CROWD)):
        shouted = run(lanes, lambda t, d=draw, s=shouting: np.where(s, jumps(t, CROWD, d), 0.0))  # type: ignore[misc]
        same(own, quiet[:, ~shouting], shouted[:, ~shouting])
    together = run(lanes, lambda t: jumps(t, CROWD))
    for k in (0, 1, CROWD // 2, CROWD - 1):
        one = slice(k, k + 1)
        same(own, together[:, one], run(one, lambda t: jumps(t, CROWD)))


def same(own: OwnStep, together: np.ndarray, alone: np.ndarray) -> None:
    """ValueError unless trajectories that ran together have the bits of the same ones alone."""
    if not np.array_equal(together, alone, equal_nan=True):
        raise ValueError(
            f"{own.name}: trajectories influence each other; write norms with verify.simulate.functions.norm, and "
            'where(condition, a, b) for a branch, or ask for engine="alone"'
        )
