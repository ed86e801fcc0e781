"""From the one definition of a method to the source of its inner loop.

``bounds.methods.update``, ``counterexamples.problems.gradient`` and ``metric`` are run once on symbols
that record every operation; the record, a straight-line program with shared subexpressions, is the body of the
loop (``emit``).  Nothing about a method is written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import SimpleNamespace
from typing import Literal

from bounds.methods import Method, State, update
from counterexamples.problems import field, gradient
from counterexamples.steering import factor
from verify.simulate import own
from verify.simulate.metric import KEPT, METRICS, Metric, Mode, observed, weight
from verify.simulate.own import OwnStep
from verify.simulate.program.emit import Layout, Loop, Row
from verify.simulate.program.symbols import Program, Symbol, SymbolOps

HYPER = ("gamma", "eta", "lam", "beta1", "beta2")
PROBLEM = ("L", "nu", "reach")
STEERING = ("even", "odd", "centre", "width", "until")
Geometry = Literal[
    "line", "radial", "stretched"
]  # of the iterates: numbers, or vectors and what the problem makes of them
Also = tuple[str, ...]  # metrics besides the first one


def _sums(metric: Metric, also: Also, geometry: Geometry) -> list[Row]:
    """x, b_sq, sum u, and what every metric keeps: the first parts of every state.  And the axes D."""
    wide = geometry != "line"
    rows = [Row("x", wide), Row("b_sq"), Row("weights")]
    rows += [Row(name, wide and KEPT[name].vector) for name in (metric, *also)]
    return [*rows, *[Row("D", True)] * (geometry == "stretched")]


def layout(method: Method, metric: Metric, geometry: Geometry = "line", also: Also = ()) -> Layout:
    """The state: the sums; m; rings of b_{t-d}^2 .. b_{t-1}^2 and of x_{t-d} .. x_{t-1}.

    A ring holds the value of step t - d at slot t mod d, which step t reads and overwrites.
    """
    rows, wide = _sums(metric, also, geometry), geometry != "line"
    rows += [Row("m", wide)] * method.momentum
    rows += [Row("past", ring=True)] * method.delayed
    rows += [Row("asked", wide, ring=True)] * method.stale
    return Layout(tuple(rows))


def source(
    method: Method,
    shape: str,
    metric: Metric,
    name: str,
    steered: bool = False,
    geometry: Geometry = "line",
    also: Also = (),
    changing: tuple[str, ...] = (),
    carry: bool = False,
) -> str:
    """Python source of the loop ``name`` (``emit.Loop.source``) of a method on a problem of this shape.

    steered: the noise is multiplied by the factor of ``counterexamples.steering``, with its numbers as arguments
    also:    metrics that are kept besides
    changing: hyper-parameters that are arrays over the steps
    carry:   what is the same before and after a step is computed once
    """
    program = Program(vectors=_vectors(geometry))
    x, xi, m, z, b_sq, b_sq_delayed = (Symbol(program, n) for n in ("x", "xi", "m", "z", "b_sq", "b_sq_delayed"))
    hp = SimpleNamespace(**{n: Symbol(program, n) for n in (*HYPER, *STEERING, "correction")})
    asked = z if method.stale else x
    p = _gradient(shape, program, asked)
    noise = factor(hp, SymbolOps, asked) * (xi * Symbol(program, "on")) if steered else xi
    x_next, m_next, b_sq_next = update(method, SymbolOps, State(x, m, b_sq, b_sq_delayed), p + noise, hp)
    u = weight(method, SymbolOps, b_sq, b_sq_delayed, hp)
    once, reads = _now(changing), {"x": "x", "b_sq": "b_sq", "D": "D"}
    writes = _kept(program, shape, (metric, *also), u, x, asked, p)
    if method.delayed or method.stale:
        once.append("slot = (t0 + s) % delay")
    if steered:
        once.append("on = 1.0 if t0 + s < until else 0.0")
    if method.corrected:
        once.append("correction = C[s]")
    if method.momentum:
        reads["m"] = "m"
        writes.append(("m", m_next.name, "="))
    if method.delayed:
        reads["b_sq_delayed"] = "past"
        writes.append(("past", b_sq_next.name, "="))
    if method.stale:
        reads["z"] = "asked"
        writes.append(("asked", x.name, "="))
    writes += [("x", x_next.name, "="), ("b_sq", b_sq_next.name, "=")]
    loop = Loop(layout(method, metric, geometry, also), program, reads, writes, once)
    return loop.source(name, (*_arguments(HYPER, changing), *PROBLEM, *(STEERING if steered else ())), carry)


def _arguments(names: Iterable[str], changing: tuple[str, ...]) -> list[str]:
    return [f"all_{name}" if name in changing else name for name in names]


def _now(changing: Iterable[str]) -> list[str]:
    """The lines that take the numbers of this step."""
    return [f"{name} = all_{name}[s]" for name in changing]


def _vectors(geometry: Geometry) -> set[str]:
    """The names of vectors before anything is recorded."""
    return set() if geometry == "line" else {"x", "xi", "m", "z", *["D"] * (geometry == "stretched")}


def _recorded(step: OwnStep, hp: Mapping[str, float], shape: str, geometry: Geometry) -> tuple[Program, list[Symbol]]:
    oracle = lambda made, x: _gradient(shape, made, x) + Symbol(made, "xi")  # noqa: E731
    return own.record(step, oracle, hp, _vectors(geometry))


def own_layout(
    step: OwnStep, hp: Mapping[str, float], metric: Metric, geometry: Geometry = "line", also: Also = ()
) -> Layout:
    """The state: the sums, and what the step itself keeps, in its order."""
    program, _ = _recorded(step, hp, "huber", geometry)
    kept = [Row(f"state_{key}", f"state_{key}" in program.vectors) for key in step.state]
    return Layout((*_sums(metric, also, geometry), *kept))


def own_source(
    step: OwnStep,
    hp: Mapping[str, float],
    shape: str,
    metric: Metric,
    name: str,
    geometry: Geometry = "line",
    also: Also = (),
    changing: tuple[str, ...] = (),
    carry: bool = False,
) -> str:
    """The loop of a step of one's own, with the arguments hp in the order given; u_t = 1."""
    program, out = _recorded(step, hp, shape, geometry)
    x = Symbol(program, "x")
    parts = ["x", *(f"state_{key}" for key in step.state)]
    writes = _kept(program, shape, (metric, *also), None, x, x, _gradient(shape, program, x))
    writes += [(part, value.name, "=") for part, value in zip(parts, out, strict=True)]
    reads = {"D": "D", **{part: part for part in parts}}
    arrays = tuple(f"hp_{key}" for key in changing)
    loop = Loop(own_layout(step, hp, metric, geometry, also), program, reads, writes, _now(arrays))
    return loop.source(name, (*_arguments((f"hp_{key}" for key in hp), arrays), *PROBLEM), carry)


def _kept(
    program: Program, shape: str, metrics: tuple[str, ...], u: Symbol | None, x: Symbol, z: Symbol, p: Symbol
) -> list[tuple[str, str, Mode]]:
    """How the weights and the metrics change in this step; u_t = 1 without u."""
    writes: list[tuple[str, str, Mode]] = [("weights", "1.0" if u is None else u.name, "+=")]
    for name in metrics:
        q = observed(name, _numbers(shape, program), SymbolOps, x, z, p, _axes(program))
        weighted = u is not None and name in METRICS
        writes.append((name, (u * q if weighted else q).name, KEPT[name].mode))
    return writes


def _numbers(shape: str, program: Program) -> SimpleNamespace:
    return SimpleNamespace(shape=shape, **{n: Symbol(program, n) for n in PROBLEM})


def _axes(program: Program) -> Symbol | None:
    return Symbol(program, "D") if "D" in program.vectors else None


def _gradient(shape: str, program: Program, x: Symbol) -> Symbol:
    numbers = _numbers(shape, program)
    return field(numbers, SymbolOps, x, _axes(program)) if x.vector else gradient(numbers, SymbolOps, x)
