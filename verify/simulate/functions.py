"""The functions a step of one's own is written with: the same on floats, on arrays of trajectories and when recorded.

There are also the operators + - * /, ``abs``, comparisons and small whole powers, coordinate by coordinate on vectors.
On the line a vector has one coordinate and ``norm`` is its absolute value; in R^d an array with two axes is a vector
for each trajectory.  Nothing is ever summed over trajectories, the last axis.
"""

from __future__ import annotations

from typing import Any

from verify.simulate.program.ops import ArrayOps
from verify.simulate.program.symbols import Condition, Symbol, SymbolOps, refuse


def _program(*values: Any) -> Any:
    """The program that the values are recorded in; None for floats and arrays."""
    return next((v.program for v in values if isinstance(v, Symbol | Condition)), None)


def _ops(*values: Any) -> Any:
    """Of what the values are: recorded, tensors, or arrays and floats."""
    if _program(*values) is not None:
        return SymbolOps
    if any(type(v).__module__.partition(".")[0] == "torch" for v in values):
        from verify.simulate.backends.eager import TorchOps

        return TorchOps
    return ArrayOps


def sqrt(v: Any) -> Any:
    """The square root, correctly rounded."""
    return _ops(v).sqrt(v)


def norm(v: Any) -> Any:
    """||v||."""
    return _ops(v).norm(v)


def sq_norm(v: Any) -> Any:
    """||v||^2."""
    return _ops(v).sq_norm(v)


def where(condition: Any, a: Any, b: Any) -> Any:
    """``a`` where the condition holds, else ``b``."""
    program = _program(condition, a, b)
    if program is None:
        return _ops(condition, a, b).where(condition, a, b)
    if not isinstance(condition, Condition):
        raise refuse("where: expected a comparison such as a < b", f"got {condition!r}")
    return SymbolOps.where(condition, a, b)


def minimum(a: Any, b: Any) -> Any:
    """``a`` where a < b, else ``b``."""
    return where(a < b, a, b)


def maximum(a: Any, b: Any) -> Any:
    """``a`` where a > b, else ``b``."""
    return where(a > b, a, b)


def clip(v: Any, lam: Any) -> Any:
    """v min(1, lam/||v||)."""
    program = _program(v, lam)
    return _ops(v, lam).clip(v, lam) if program is None else SymbolOps.clip(program.symbol(v), program.symbol(lam))
