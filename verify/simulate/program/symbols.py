"""Recorded real numbers: run a function on them and its straight-line program remains.

Every operation has one meaning in IEEE float64, so the recorded program and the function run on arrays agree bit for
bit: + - * /, square root, absolute value, minimum, maximum, whole powers up to 4, a choice by a comparison.  What is
rounded differently by different libraries (exp, log, other powers) is refused, and so is a branch on data.
"""

from __future__ import annotations

import linecache
import math
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

HERE = str(Path(__file__).resolve().parents[1])


class NotStraightLine(TypeError):
    """A step that is no straight-line program; the message names the line."""


def _line() -> str:
    """The innermost source line outside this library and those of arrays."""
    frame = sys._getframe(1)
    while frame.f_back is not None and not _theirs(frame):
        frame = frame.f_back
    return _text(frame, frame.f_lineno)


def raised_at(error: BaseException) -> str:
    """The same of the line that an error comes from."""
    here, found = error.__traceback__, "the step"
    while here is not None:
        if _theirs(here.tb_frame):
            found = _text(here.tb_frame, here.tb_lineno)
        here = here.tb_next
    return found


def _theirs(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "").partition(".")[0]
    return not frame.f_code.co_filename.startswith(HERE) and module not in ("numpy", "torch")


def _text(frame: FrameType, number: int) -> str:
    """ "file:number: text"."""
    name = frame.f_code.co_filename
    return f"{Path(name).name}:{number}: {linecache.getline(name, number).strip()}"


REMEDY = 'write where(condition, a, b), or ask for engine="alone", one trajectory at a time'


def refuse(what: str, remedy: str) -> NotStraightLine:
    return NotStraightLine(f"{_line()}: {what}; {remedy}")


_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass
class Program:
    """Assignments in order; an expression that was assigned before keeps its name.

    ``vectors`` are the names of vectors, which operations act on coordinate by coordinate; ``totals`` those of sums
    over the coordinates.
    """

    names: dict[str, str] = field(default_factory=dict)
    vectors: set[str] = field(default_factory=set)
    totals: list[str] = field(default_factory=list)

    def assign(self, expression: str) -> Symbol:
        name = self.names.setdefault(expression, f"v{len(self.names)}")
        if not self.vectors.isdisjoint(_NAME.findall(expression)):
            self.vectors.add(name)
        return Symbol(self, name)

    def total(self, vector: Symbol) -> Symbol:
        """The sum of the coordinates, from the first to the last."""
        expression = f"total {vector.name}"
        if expression not in self.names:
            self.totals.append(self.names.setdefault(expression, f"v{len(self.names)}"))
        return Symbol(self, self.names[expression])

    def symbol(self, value: Symbol | Condition | float) -> Symbol:
        if isinstance(value, Symbol):
            return value
        if isinstance(value, Condition) or not isinstance(value, int | float):
            raise refuse(f"expected a real number, got {type(value).__name__}", "use where(condition, a, b)")
        if math.isnan(value):
            raise refuse("nan is no real number", 'write inf, or ask for engine="reference"')
        return Symbol(self, repr(float(value)))

    def lines(self) -> list[str]:
        return [f"{name} = {expression}" for expression, name in self.names.items()]


@dataclass(frozen=True)
class Condition:
    """A recorded comparison: for ``where`` only, it has no truth value."""

    program: Program
    name: str

    def __bool__(self) -> bool:
        raise refuse("a step may not branch on its data", REMEDY)


@dataclass(frozen=True, eq=False)
class Symbol:
    """A recorded real number; it has no truth value, so data-dependent branches are impossible."""

    program: Program
    name: str
    __array_ufunc__ = None  # numpy scalars hand their operators over, numpy functions refuse

    @property
    def vector(self) -> bool:
        return self.name in self.program.vectors

    def _binary(self, left: Symbol | float, operator: str, right: Symbol | float) -> Symbol:
        symbol = self.program.symbol
        return self.program.assign(f"{symbol(left).name} {operator} {symbol(right).name}")

    def __add__(self, other: Symbol | float) -> Symbol:
        return self._binary(self, "+", other)

    def __radd__(self, other: float) -> Symbol:
        return self._binary(other, "+", self)

    def __sub__(self, other: Symbol | float) -> Symbol:
        return self._binary(self, "-", other)

    def __rsub__(self, other: float) -> Symbol:
        return self._binary(other, "-", self)

    def __mul__(self, other: Symbol | float) -> Symbol:
        return self._binary(self, "*", other)

    def __rmul__(self, other: float) -> Symbol:
        return self._binary(other, "*", self)

    def __truediv__(self, other: Symbol | float) -> Symbol:
        return self._binary(self, "/", other)

    def __rtruediv__(self, other: float) -> Symbol:
        return self._binary(other, "/", self)

    def __neg__(self) -> Symbol:
        return self.program.assign(f"-{self.name}")

    def __abs__(self) -> Symbol:
        return self.program.assign(f"abs({self.name})")

    def __pow__(self, power: int) -> Symbol:
        """Repeated multiplication from the left."""
        if power not in (1, 2, 3, 4):
            raise refuse(f"power {power!r}", "expected 1, 2, 3 or 4: carry other powers in the state, or use sqrt")
        result = self
        for _ in range(power - 1):
            result = result * self
        return result

    def __rpow__(self, base: float) -> Symbol:
        raise refuse("a power with a recorded exponent", "carry the power in the state and multiply by the base")

    def _compare(self, operator: str, other: Symbol | float) -> Condition:
        recorded = self.program.assign(f"{self.name} {operator} {self.program.symbol(other).name}")
        return Condition(self.program, recorded.name)

    def __lt__(self, other: Symbol | float) -> Condition:
        return self._compare("<", other)

    def __le__(self, other: Symbol | float) -> Condition:
        return self._compare("<=", other)

    def __gt__(self, other: Symbol | float) -> Condition:
        return self._compare(">", other)

    def __ge__(self, other: Symbol | float) -> Condition:
        return self._compare(">=", other)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._compare("==", other)  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise refuse("a step may not branch on its data", REMEDY)

    def _no_value(self, *_: Any) -> Any:
        raise refuse("a recorded number has no value", "use the functions of verify.simulate.functions")

    __float__ = __int__ = __index__ = __complex__ = __round__ = __floor__ = __ceil__ = __trunc__ = _no_value
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _no_value
    __iter__ = __len__ = __getitem__ = _no_value


class SymbolOps:
    """The operations of ``bounds.methods.Ops`` and of ``problems`` on recorded numbers and vectors."""

    @staticmethod
    def clip(v: Symbol, lam: Symbol | float) -> Symbol:
        """v min(1, lam/|v|) = max(-lam, min(v, lam)), exact in floating point; a vector is scaled."""
        assign, level = v.program.assign, v.program.symbol(lam).name
        if v.vector:
            size = SymbolOps.norm(v).name
            return v * assign(f"1.0 if {size} <= {level} else {level} / {size}")
        low = assign(f"-{level} if {v.name} < -{level} else {v.name}")  # a nan passes, as on arrays
        return assign(f"{level} if {low.name} > {level} else {low.name}")

    @staticmethod
    def sq_norm(v: Symbol) -> Symbol:
        return v.program.total(v * v) if v.vector else v * v

    @staticmethod
    def norm(v: Symbol) -> Symbol:
        return SymbolOps.sqrt(SymbolOps.sq_norm(v)) if v.vector else abs(v)

    @staticmethod
    def sqrt(v: Symbol) -> Symbol:
        return v.program.assign(f"sqrt({v.name})")

    @staticmethod
    def where(condition: Condition, a: Symbol | float, b: Symbol | float) -> Symbol:
        program = condition.program
        return program.assign(f"{program.symbol(a).name} if {condition.name} else {program.symbol(b).name}")

    @staticmethod
    def inv_sqrt(s: Symbol) -> Symbol:
        return 1.0 / SymbolOps.sqrt(s)

    @staticmethod
    def ratio(a: Symbol, b: Symbol) -> Symbol:
        return a.program.assign(f"{a.name} / {b.name} if {b.name} > 0.0 else 0.0")
