"""From a recorded program to the source of a loop over steps, coordinates and trajectories.

On the line everything is one number per trajectory and one inner loop is enough.  In R^d the program also has vectors,
with a loop over coordinates around the one over trajectories, and sums over coordinates cut it into stages:

    stage k:  numbers per trajectory that depend on k sums,  then one pass over coordinates that takes the next sums.

On the line, what a step computes at the old state and again at the new one, as the inverse root of b_{t-1}^2 and then
of b_t^2, is computed once and carried to the next step; the bits are those of computing it twice.

A pass computes its vectors again from the state, so that no vector is ever stored but the state.  The state is written
in the end: vectors in a last pass, numbers in a last loop.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, field

from verify.simulate.metric import Mode
from verify.simulate.program.symbols import Program

_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Row:
    """A part of the state: one row, or one for each coordinate; ``delay`` times that for a ring."""

    name: str
    vector: bool = False
    ring: bool = False


@dataclass(frozen=True)
class Layout:
    """The rows of the state in their order; on the line ``vector`` is False throughout."""

    rows: tuple[Row, ...]

    def first(self, name: str) -> str:
        """The source of the first row of a part; in a ring, of its slot for this step."""
        sizes = {row.name: " * ".join(["1", *["dim"] * row.vector]) for row in self.rows}
        before = self.rows[: [row.name for row in self.rows].index(name)]
        terms = [sizes[row.name] + " * delay" * row.ring for row in before]
        here = self.rows[len(before)]
        return " + ".join([*terms, *([f"{sizes[name]} * slot"] if here.ring else [])] or ["0"])

    def slices(self, dim: int, delay: int) -> dict[str, slice]:
        """The rows of every part; the last one ends where the state ends."""
        found, end = {}, 0
        for row in self.rows:
            start, end = end, end + (dim if row.vector else 1) * (delay if row.ring else 1)
            found[row.name] = slice(start, end)
        return found

    def vectors(self) -> set[str]:
        return {row.name for row in self.rows if row.vector}


@dataclass
class Loop:
    """What a step reads and writes: ``reads`` maps names of the program to parts of the state, ``writes`` lists
    (part, recorded value, how it is kept)."""

    layout: Layout
    program: Program
    reads: dict[str, str]
    writes: list[tuple[str, str, Mode]]
    once: list[str] = field(default_factory=list)  # lines before the loops of a step
    carried: dict[str, str] = field(default_factory=dict)  # a value at the state before a step -> the same after it

    def __post_init__(self) -> None:
        self.lines = {name: expression for expression, name in self.program.names.items()}
        self.stages: dict[str, int] = {}  # how many sums, one after the other, a value needs
        for name, expression in self.lines.items():
            before = max((self.stages.get(n, 0) for n in _operands(expression)), default=0)
            self.stages[name] = before + (name in self.program.totals)
        vectors, totals = self.program.vectors, self.program.totals
        shared = {n for name in self.lines if name in vectors for n in _operands(self.lines[name])}
        shared |= {value for part, value, _ in self.writes if part in self.layout.vectors()}
        kept = (n for n in self.lines if n in totals or (n in shared and n not in vectors))
        self.kept = {name: row for row, name in enumerate(kept)}  # of the scratch T

    def _compute(self, wanted: list[str], wide: bool, fresh: Set[str] = frozenset()) -> list[str]:
        """The lines that compute the wanted values, from the state and from what was kept (but not of ``fresh``)."""
        loads: dict[str, str] = {}
        needed: set[str] = set()
        stack = list(wanted)
        while stack:
            name = stack.pop()
            if name in loads or name in needed:
                continue
            if name in self.carried:
                loads[name] = f"{name} = K[{[*self.carried].index(name)}, i]"
            elif name in self.kept and name not in fresh:
                loads[name] = f"{name} = T[{self.kept[name]}, i]"
            elif name in self.reads:
                vector = name in self.program.vectors
                loads[name] = f"{name} = S[{self.layout.first(self.reads[name])}{' + j' if vector else ''}, i]"
            elif name == "xi":
                loads[name] = "xi = X[s, j, i]" if wide else "xi = X[s, i]"
            elif name in self.lines:
                needed.add(name)
                stack += _operands(self.lines[name])
        order = [f"{name} = {expression}" for name, expression in self.lines.items() if name in needed]
        return [*sorted(loads.values()), *order]

    def _numbers(self, stage: int) -> list[str]:
        """The loop over trajectories that keeps what the coordinates need at this stage."""
        fresh = [n for n in self.kept if self.stages[n] == stage and n not in self.program.totals]
        body = self._compute(fresh, False, set(fresh))
        stores = [f"T[{self.kept[n]}, i] = {n}" for n in fresh]
        return _nest(["i in range(S.shape[1])"], [*body, *stores])

    def _pass(self, stage: int) -> list[str]:
        """The pass over the coordinates that takes the sums which start stage + 1."""
        totals = [n for n in self.program.totals if self.stages[n] == stage + 1]
        operands = {n: _operands(self.lines[n])[-1] for n in totals}
        zero = _nest(["i in range(S.shape[1])"], [f"T[{self.kept[n]}, i] = 0.0" for n in totals])
        body = self._compute(list(operands.values()), True)
        sums = [f"T[{self.kept[n]}, i] += {operand}" for n, operand in operands.items()]
        return [*zero, *_nest(["j in range(dim)", "i in range(S.shape[1])"], [*body, *sums])]

    def _write(self, wide: bool) -> list[str]:
        """The last pass over coordinates, or the last loop over trajectories."""
        mine = [w for w in self.writes if (w[0] in self.layout.vectors()) == wide]
        place = ", i]" if not wide else " + j, i]"
        stores = [_store(f"S[{self.layout.first(part)}{place}", value, mode) for part, value, mode in mine]
        wanted = [value for _, value, _ in mine]
        if not wide:
            stores += [f"K[{k}, i] = {value}" for k, value in enumerate(self.carried.values())]
            wanted += self.carried.values()
        body = self._compute(wanted, wide)
        return _nest([*["j in range(dim)"] * wide, "i in range(S.shape[1])"], [*body, *stores])

    def _carry(self, scalars: tuple[str, ...]) -> list[str]:
        """Sets ``carried``, and the loop that starts it.

        A value moves along with time if it is computed from the state, from what moves along, and from arguments, and
        if the program has the same expression of the new state.  Carried are those that other values need, where a
        root or a quotient is saved.
        """
        rings = {row.name for row in self.layout.rows if row.ring}
        stored = {part: value for part, value, mode in self.writes if mode == "=" and part not in rings}
        moved = {name: stored[part] for name, part in self.reads.items() if part in stored}
        fixed, costly = {*scalars, "sqrt", "abs", "if", "else"}, set[str]()
        for name, expression in self.lines.items():
            operands = _operands(expression)
            after = _NAME.sub(lambda found: moved.get(found[0], found[0]), expression)
            if set(operands) <= moved.keys() | fixed and after != expression and after in self.program.names:
                moved[name] = self.program.names[after]
                if "sqrt" in expression or "/" in expression or not costly.isdisjoint(operands):
                    costly.add(name)
        used, stack = set[str](), [value for _, value, _ in self.writes]
        while stack:
            name = stack.pop()
            if name not in used:
                used.add(name)
                stack += _operands(self.lines.get(name, "")) if name not in costly else []
        first = [name for name in self.lines if name in used & costly]
        stores = [f"K[{k}, i] = {name}" for k, name in enumerate(first)]
        start = _nest(["i in range(S.shape[1])"], [*self._compute(first, False), *stores])
        self.carried = {name: moved[name] for name in first}
        return [f"K = beside(S, {len(first)})", *start] if first else []

    def source(self, name: str, scalars: tuple[str, ...], carry: bool = False) -> str:
        """``def name(S, X, C, .., delay, t0)``, in R^d with one more argument ``dim``: advance the state ``S``
        [rows, lanes] in place through the noise ``X`` [steps, lanes] or [steps, dim, lanes], from step number ``t0``;
        ``C`` [steps] holds the bias corrections, if any.  ``carry``: see the module."""
        wide = bool(self.program.vectors)
        begin = self._carry(scalars) if carry and not wide else []
        body = list(self.once)
        for stage in range(max(self.stages.values(), default=0) + 1 if wide else 0):
            body += [*self._numbers(stage), *self._pass(stage)]
        body += [*self._write(True), *self._write(False)]
        arguments = ", ".join(["S", "X", "C", *scalars, "delay", "t0", *["dim"] * wide])
        scratch = [f"T = beside(S, {len(self.kept)})"] if self.kept else []
        lines = [*scratch, *begin, *_nest(["s in range(X.shape[0])"], body)]
        return "\n".join([f"def {name}({arguments}):", *(f"    {line}" for line in lines)]) + "\n"


def _store(place: str, value: str, mode: Mode) -> str:
    if mode in ("=", "+="):
        return f"{place} {mode} {value}"
    return f"{place} = {value} if {value} {'<' if mode == 'min' else '>'} {place} else {place}"


def _operands(expression: str) -> list[str]:
    return _NAME.findall(expression)


def _nest(heads: list[str], body: list[str]) -> list[str]:
    """The body inside loops; nothing if it is empty."""
    if not body:
        return []
    indent = "    " * len(heads)
    return [*(f"{'    ' * k}for {head}:" for k, head in enumerate(heads)), *(indent + line for line in body)]
