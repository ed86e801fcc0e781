"""From the source of a loop (``emit``) to the source of a Triton kernel: one thread per trajectory, steps inside.

The loop over trajectories disappears, numbers of the state are registers, vectors and rings stay in memory as
[rows, lanes].  Every line keeps its operations and their order, so the kernel has the bits of the loop where
+ - * / and the square root are correctly rounded and nothing is contracted.  Literals are float64 (a bare one would be
a float32 to Triton), and -x is x * -1 (Triton's minus is 0 - x, which has another sign at 0).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable
from dataclasses import dataclass

_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
}  # fmt: skip
_FUNCTIONS = {"sqrt": "tl.sqrt", "abs": "tl.abs"}
INDENT = "    "


@dataclass(frozen=True)
class Step:
    """A step of a trajectory: its lines, the parameters of the method and the problem, the rows kept in registers."""

    lines: tuple[str, ...]
    scalars: tuple[str, ...]
    registers: tuple[int, ...]
    ring: bool


def literal(value: float) -> str:
    number = repr(value) if math.isfinite(value) else f"float('{value}')"
    return f"tl.full((), {number}, tl.float64)"


def translate(source: str, dim: int, delay: int) -> Step:
    """The step inside the loop ``source``, for vectors of ``dim`` coordinates; a delay of 1 needs no ring.

    Names that the lines take from outside: ``t`` the number of the step, ``slot`` = t mod delay, ``xi`` the noise (on
    the line), ``i`` the lanes, ``lanes`` their number, the pointers S, C and Y (the noise as a vector), and the
    registers: rN is row N of the state.  ValueError for a line that ``emit`` does not write.
    """
    (function,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    arguments = [a.arg for a in function.args.args]
    scalars = tuple(arguments[3 : arguments.index("delay")])
    made = _Translation({"dim": dim, **({"delay": 1, "slot": 0} if delay == 1 else {})})
    (steps,) = (node for node in function.body if isinstance(node, ast.For))
    lines = made.block(steps.body)
    return Step(tuple(lines), scalars, tuple(sorted(made.registers)), delay > 1 and "slot" in ast.dump(function))


class _Translation:
    def __init__(self, known: dict[str, int]) -> None:
        self.known = known
        self.registers: set[int] = set()

    def block(self, nodes: Iterable[ast.stmt]) -> list[str]:
        return [line for node in nodes for line in self.statement(node)]

    def statement(self, node: ast.stmt) -> list[str]:
        match node:
            case ast.For(target=ast.Name(id="i")):
                return self.block(node.body)
            case ast.For(target=ast.Name(id="j")):
                return [f"for j in range({self.known['dim']}):", *(INDENT + line for line in self.block(node.body))]
            case (
                ast.Assign(targets=[ast.Name(id="slot")])
                | ast.Assign(value=ast.Subscript(slice=ast.Tuple(elts=[ast.Name(id="s"), ast.Name(id="i")])))
            ):
                return []  # the kernel counts the slots, and hands the noise over
            case ast.Assign(targets=[ast.Name(id=name)]):
                return [f"{name} = {self.expression(node.value)}"]
            case ast.Assign(targets=[ast.Subscript() as place]):
                return [self.store(place, self.expression(node.value), isinstance(node.value, ast.Constant))]
            case ast.AugAssign(target=ast.Subscript() as place, op=ast.Add()):
                return [self.store(place, f"{self.expression(place)} + {self.operand(node.value)}")]
        raise ValueError(f"expected a line of a generated loop, got {ast.unparse(node)}")

    def store(self, place: ast.Subscript, value: str, zero: bool = False) -> str:
        name = self.expression(place)
        if not name.isidentifier():
            return f"tl.store({self.address(place)}, {value})"
        number = name.startswith("T") and not zero  # may be the same for all lanes, as its reader may expect
        return f"{name} = {value}" if number else f"{name} = tl.broadcast_to({value}, (WIDTH,))"

    def expression(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id="inf"):
                return literal(float("inf"))
            case ast.Name(id=name):
                return name
            case ast.Constant(value=float(value)):
                return literal(value)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=float(value))):
                return literal(-value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"({self.operand(operand)} * -1.0)"
            case ast.BinOp(left=ast.Name(id="t0"), op=ast.Add(), right=ast.Name(id="s")):
                return "t"
            case (
                ast.BinOp(left=left, op=operator, right=right)
                | ast.Compare(left=left, ops=[operator], comparators=[right])
            ) if type(operator) in _OPERATORS:
                return f"{self.operand(left)} {_OPERATORS[type(operator)]} {self.operand(right)}"
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return f"tl.where({', '.join(map(self.expression, (test, body, orelse)))})"
            case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _FUNCTIONS:
                return f"{_FUNCTIONS[name]}({self.expression(argument)})"
            case ast.Subscript(value=ast.Name(id="C")):
                return "tl.load(C + t)"
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Name(id="s")) if name.startswith("all_"):
                return f"tl.load({name} + t)"
            case ast.Subscript(value=ast.Name(id="X")):
                return "tl.load(Y + j * lanes + i)"
            case ast.Subscript(value=ast.Name(id="T"), slice=ast.Tuple(elts=[ast.Constant(value=int(number)), _])):
                return f"T{number}"
            case ast.Subscript(value=ast.Name(id="S")):
                row = self.row(node)
                if isinstance(row, str):
                    return f"tl.load({self.address(node)})"
                self.registers.add(row)
                return f"r{row}"
        raise ValueError(f"expected an expression of a generated loop, got {ast.unparse(node)}")

    def operand(self, node: ast.expr) -> str:
        source = self.expression(node)
        return f"({source})" if isinstance(node, ast.BinOp | ast.Compare) else source

    def row(self, place: ast.Subscript) -> int | str:
        """The row of the state: a number where it is one, else its source."""
        index = place.slice.elts[0] if isinstance(place.slice, ast.Tuple) else place.slice
        names = {node.id for node in ast.walk(index) if isinstance(node, ast.Name)}
        if names <= self.known.keys():
            return eval(compile(ast.Expression(index), "row", "eval"), {}, dict(self.known))
        return ast.unparse(_Known(self.known).visit(index))

    def address(self, place: ast.Subscript) -> str:
        return f"S + ({self.row(place)}) * lanes + i"


class _Known(ast.NodeTransformer):
    """Known numbers in the place of their names."""

    def __init__(self, known: dict[str, int]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(self.known[node.id]) if node.id in self.known else node
