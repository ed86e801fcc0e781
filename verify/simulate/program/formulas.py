"""What is simulated as formulas on the line, in sympy: the same definitions run on its symbols.

Nothing is decided here; it is for reading, and a check of the loops that shares no code with them.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import sympy
from sympy import Expr, Symbol

from bounds.methods import Method, State, update
from counterexamples import problems
from verify.simulate.metric import weight

PARAMETERS = {name: Symbol(name, positive=True) for name in ("gamma", "lam", "eta", "beta1", "beta2", "L", "nu")}
PARAMETERS |= {"correction": Symbol("s_t", positive=True), "reach": Symbol("reach", positive=True)}
X, M, B_SQ, B_SQ_DELAYED, G = (
    Symbol("x_t", real=True),
    Symbol("m_{t-1}", real=True),
    Symbol("B_{t-1}", positive=True),
    Symbol("B_{t-d}", positive=True),
    Symbol("g_t", real=True),
)


class SympyOps:
    """``ArrayOps`` on expressions."""

    @staticmethod
    def clip(v: Any, lam: Any) -> Expr:
        return sympy.Max(-lam, sympy.Min(v, lam))

    @staticmethod
    def sq_norm(v: Any) -> Expr:
        return v**2

    @staticmethod
    def norm(v: Any) -> Expr:
        return sympy.Abs(v)

    @staticmethod
    def sqrt(v: Any) -> Expr:
        return sympy.sqrt(v)

    @staticmethod
    def inv_sqrt(s: Any) -> Expr:
        return 1 / sympy.sqrt(s)

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Expr:
        return sympy.Piecewise((a, condition), (b, True))


def method(of: Method) -> dict[str, Expr]:
    """x_{t+1}, m_t, b_t^2 and the weight u_t, from x_t, m_{t-1}, B_{t-1} = b_{t-1}^2, B_{t-d} and the answer g_t."""
    hp = SimpleNamespace(**PARAMETERS)
    x, m, b_sq = update(of, SympyOps, State(X, M, B_SQ, B_SQ_DELAYED), G, hp)
    u = weight(of, SympyOps, B_SQ, B_SQ_DELAYED, hp)
    return {"x": x, "m": m, "b_sq": b_sq, "weight": u}


def problem(shape: str) -> tuple[Expr, Expr]:
    """f(x) - inf f and f'(x) at x = x_t."""
    numbers = SimpleNamespace(shape=shape, **{name: PARAMETERS[name] for name in ("L", "nu", "reach")})
    return problems.gap(numbers, SympyOps, X), problems.gradient(numbers, SympyOps, X)
