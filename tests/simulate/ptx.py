"""The PTX of a kernel, executed on arrays: one element for each thread.

Enough of the instruction set (https://docs.nvidia.com/cuda/parallel-thread-execution) for kernels whose threads never
meet: every thread takes the same branches (checked) and reads what it has written itself.  Floating point is IEEE 754
double precision, as .rn says; what is contracted, or may be because it names no rounding, is refused unless ``loose``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

u32, u64, i64, f64 = np.uint32, np.uint64, np.int64, np.float64
_LINE = re.compile(r"(?:@(!?)(%p\d+)\s+)?([a-z][\w.]*)\s*(.*)", re.S)
_OPERAND = re.compile(r"\{[^}]*\}|\[[^]]*\]|[^,\s]+")
_COMPARE = {"eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
            "ge": operator.ge}  # fmt: skip
_TYPES = {"b32": u32, "u32": u32, "s32": np.int32, "b64": u64, "u64": u64, "s64": i64, "f64": f64, "pred": np.bool_}


def _fused(a: Any, b: Any, c: Any) -> Any:
    """a b + c with one rounding, where everything is finite."""
    triples = np.broadcast_arrays(*map(np.atleast_1d, (a, b, c)))
    finite = np.isfinite(triples).all(axis=0)
    found = np.multiply(triples[0], triples[1]) + triples[2]
    numbers = (t[finite].tolist() for t in triples)
    exact = [float(Fraction(x) * Fraction(y) + Fraction(z)) for x, y, z in zip(*numbers, strict=True)]
    found[finite] = exact
    return found


def _wide(a: Any, b: Any) -> Any:
    return a.astype(u64) * b.astype(u64)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "and": operator.and_, "or": operator.or_, "xor": operator.xor,
    "shl": operator.lshift, "shr": operator.rshift, "neg": operator.neg, "not": operator.invert,
    "abs": np.abs, "mov": lambda a: a, "mul.lo": operator.mul, "mad.lo": lambda a, b, c: a * b + c,
    "mul.wide": _wide, "mul.hi": lambda a, b: (_wide(a, b) >> u64(32)).astype(u32),
    "min": np.minimum, "max": np.maximum, "rem": np.fmod,
    "bfe": lambda a, place, length: (a >> place) & ((a.dtype.type(1) << length) - a.dtype.type(1)),
}  # fmt: skip


def _larger(a: Any, b: Any) -> Any:
    """Of a number and a nan the number; +0 is larger than -0."""
    other = np.where(a == b, np.where(np.signbit(a), b, a), np.where(a > b, a, b))
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, other))


_ROUNDED: dict[str, Callable[..., Any]] = {
    "add.rn": operator.add, "sub.rn": operator.sub, "mul.rn": operator.mul, "div.rn": operator.truediv,
    "sqrt.rn": np.sqrt, "neg": operator.neg, "abs": np.abs,
    "max": _larger, "min": lambda a, b: -_larger(-a, -b),
}  # fmt: skip


_CONTRACTED = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "fma.rn": _fused}


class Machine:
    """The threads of a launch: registers by name, and memory in pieces of 2^40 bytes.

    ``loose``: instructions may be contracted, as they are where they are written so, or not rounded by name.
    """

    def __init__(self, ptx: str, arguments: list[Any], blocks: int, threads: int, loose: bool = False) -> None:
        self.real = _ROUNDED | (_CONTRACTED if loose else {})
        body = re.sub(r"//[^\n]*", "", ptx[ptx.index("{", ptx.index(".entry")) + 1 : ptx.index("$L__func_end")])
        self.code: list[tuple[str | None, bool, str, list[str]]] = []
        self.labels: dict[str, int] = {}
        for line in re.split(r"[;\n](?![^{]*\})|(?<=:)\s", body):
            self._parse(line.strip())
        self.memory = [a.reshape(-1).view(u64) for a in arguments if isinstance(a, np.ndarray)]
        numbers = iter(range(len(self.memory)))
        self.parameters = [u64((next(numbers) + 1) << 40) if isinstance(a, np.ndarray) else a for a in arguments]
        lanes = np.arange(blocks * threads, dtype=u32)
        self.registers: dict[str, Any] = {"%ctaid.x": lanes // u32(threads), "%tid.x": lanes % u32(threads)}

    def _parse(self, line: str) -> None:
        if line.endswith(":"):
            self.labels[line[:-1]] = len(self.code)
        elif line and not line.startswith((".", "{", "}")):
            found = _LINE.fullmatch(line)
            if found is None:
                raise ValueError(f"expected an instruction, got {line!r}")
            negated, predicate, name, operands = found.groups()
            self.code.append((predicate, bool(negated), name, _OPERAND.findall(operands)))

    def run(self) -> None:
        place = 0
        with np.errstate(all="ignore"):
            while True:
                predicate, negated, name, operands = self.code[place]
                place += 1
                if name == "ret":
                    return
                if name.startswith("bra"):
                    if predicate is None or self._taken(predicate) != negated:
                        place = self.labels[operands[0]]
                elif predicate is not None:
                    raise ValueError(f"expected no predicate but for branches, got one of {name}")
                else:
                    self._execute(name, operands)

    def _taken(self, predicate: str) -> bool:
        value = np.atleast_1d(self.registers[predicate])
        if value.min() != value.max():
            raise ValueError("threads part ways")
        return bool(value[0])

    def _value(self, operand: str, kind: str) -> Any:
        """The operand as numbers of this type."""
        type_ = _TYPES[kind]
        if operand.startswith("%"):
            value = self.registers[operand]
            return value if type_ is np.bool_ else np.asarray(value).view(type_)
        if operand.startswith("0d"):
            return np.array(int(operand[2:], 16), u64).view(type_)
        bits = 8 * np.dtype(type_).itemsize
        return np.array(int(operand, 0) % 2**bits, f"u{bits // 8}").view(type_)

    def _keep(self, operand: str, value: Any) -> None:
        value = np.asarray(value)
        self.registers[operand] = value if value.dtype == np.bool_ else value.view(f"u{value.dtype.itemsize}")

    def _place(self, operand: str) -> tuple[np.ndarray, np.ndarray]:
        base, _, offset = operand.strip("[] ").partition("+")
        address = self._value(base.strip(), "u64") + u64(int(offset or 0))
        (piece,) = np.unique(address >> u64(40))
        return self.memory[int(piece) - 1], (address & u64(2**40 - 1)) >> u64(3)

    def _execute(self, name: str, operands: list[str]) -> None:
        kind = name.rpartition(".")[2]
        root = name.partition(".")[0]
        if name == "ld.param.b64":
            number = self.parameters[int(operands[1].strip("[]").rpartition("_")[2])]
            bits = f64(number).view(u64) if isinstance(number, float) else u64(int(number) % 2**64)
            self._keep(operands[0], bits)
        elif name == "ld.global.b64":
            memory, place = self._place(operands[1])
            self._keep(operands[0].strip("{ }"), memory[place])
        elif name == "st.global.b64":
            memory, place = self._place(operands[0])
            memory[place] = self._value(operands[1].strip("{ }"), kind)
        elif name == "mov.b64" and operands[0].startswith("{"):
            halves, value = operands[0].strip("{ }").split(","), self._value(operands[1], kind)
            for half, number in zip(halves, (value, value >> u64(32)), strict=True):
                self._keep(half.strip(), number.astype(u32))
        elif root == "cvt":
            self._convert(name, operands)
        elif root == "setp" and name.count(".") == 2:
            a, b = (self._value(operand, kind) for operand in operands[1:])
            self._keep(operands[0], _COMPARE[name.split(".")[1]](a, b))
        elif root == "selp":
            a, b = (self._value(operand, kind) for operand in operands[1:3])
            self._keep(operands[0], np.where(self.registers[operands[3]], a, b))
        else:
            self._compute(name.rpartition(".")[0], kind, operands)

    def _compute(self, name: str, kind: str, operands: list[str]) -> None:
        function = (self.real if kind == "f64" else _OPERATIONS).get(name)
        if function is None and not (kind == "f64" and name == "mov"):
            raise ValueError(f"unknown instruction {name}.{kind}")
        values = [self._value(operand, kind) for operand in operands[1:]]
        if name in ("shl", "shr"):
            values[1] = self._value(operands[2], "u32").astype(values[0].dtype)
        if name == "bfe":
            values[1:] = (self._value(operand, "u32").astype(values[0].dtype) for operand in operands[2:])
        self._keep(operands[0], function(*values) if function else values[0])

    def _convert(self, name: str, operands: list[str]) -> None:
        *rounding, target, source = name.split(".")[1:]
        if target == "f64" and rounding != ["rn"]:
            raise ValueError(f"expected a rounding, got {name}")
        self._keep(operands[0], self._value(operands[1], source).astype(_TYPES[target]))


def run(ptx: str, arguments: Mapping[str, Any], blocks: int, threads: int, loose: bool = False) -> None:
    """Execute the kernel on the arguments in their order; arrays are changed in place."""
    Machine(ptx, list(arguments.values()), blocks, threads, loose).run()
