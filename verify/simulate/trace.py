"""From the one definition of a method to the source of its inner loop.

``bounds.methods.update``, ``counterexamples.problems.gradient`` and ``metric.weight`` are run once on symbols
that record every operation; the record, a straight-line program with shared subexpressions, is the body of the
loop.  Nothing about a method is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from bounds.methods import Method, State, update
from counterexamples.problems import gradient
from verify.simulate.metric import weight


@dataclass
class Program:
    """Assignments in order; an expression that was assigned before keeps its name."""

    names: dict[str, str] = field(default_factory=dict)

    def assign(self, expression: str) -> Symbol:
        return Symbol(self, self.names.setdefault(expression, f"v{len(self.names)}"))

    def symbol(self, value: Symbol | float) -> Symbol:
        return value if isinstance(value, Symbol) else Symbol(self, repr(float(value)))

    def lines(self) -> list[str]:
        return [f"{name} = {expression}" for expression, name in self.names.items()]


@dataclass(frozen=True)
class Symbol:
    """A recorded real number; it has no truth value, so data-dependent branches are impossible."""

    program: Program
    name: str

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

    def __bool__(self) -> bool:
        raise TypeError("a method may not branch on its data")


class SymbolOps:
    """The operations of ``bounds.methods.Ops`` on recorded reals (one coordinate, see ``problems``)."""

    @staticmethod
    def clip(v: Symbol, lam: Symbol) -> Symbol:
        """v min(1, lam/|v|) = max(-lam, min(v, lam)), exact in floating point."""
        assign = v.program.assign
        low = assign(f"{v.name} if {v.name} > -{lam.name} else -{lam.name}")
        return assign(f"{low.name} if {low.name} < {lam.name} else {lam.name}")

    @staticmethod
    def sq_norm(v: Symbol) -> Symbol:
        return v * v

    @staticmethod
    def inv_sqrt(s: Symbol) -> Symbol:
        root = s.program.assign(f"sqrt({s.name})")
        return s.program.assign(f"1.0 / {root.name}")


TEMPLATE = """\
def {name}(S, X, gamma, eta, lam, L, nu, delay, t0):
    for s in range(X.shape[0]):
        row = {rows} + (t0 + s) % delay
        for i in range(X.shape[1]):
            x = S[0, i]
            b_sq = S[1, i]
            b_sq_delayed = S[{delayed_row}, i]
            xi = X[s, i]
            {body}
            S[2, i] += {u}
            S[3, i] += {u_x}
            S[0, i] = {x_next}
            S[1, i] = {b_sq_next}
            S[{delayed_row}, i] = {b_sq_next}
"""

ROWS = 4  # state rows: x, b_sq, sum u, sum u x; then, for a delayed method, b_{t-d}^2 .. b_{t-1}^2


def source(method: Method, name: str) -> str:
    """Python source of ``name(S, X, gamma, eta, lam, L, nu, delay, t0)``: advance the state ``S``
    [4 (+ delay), lanes] in place through the noise ``X`` [steps, lanes], from step number ``t0``.

    The ring of past accumulators holds b_{t-d}^2 at slot t mod d, which step t reads and overwrites.
    """
    program = Program()
    x, xi, b_sq, b_sq_delayed = (Symbol(program, n) for n in ("x", "xi", "b_sq", "b_sq_delayed"))
    gamma, eta, lam, L, nu = (Symbol(program, n) for n in ("gamma", "eta", "lam", "L", "nu"))
    hp = SimpleNamespace(gamma=gamma, eta=eta, lam=lam)
    g = gradient(SimpleNamespace(L=L, nu=nu), SymbolOps, x) + xi  # type: ignore[arg-type]
    x_next, _, b_sq_next = update(method, SymbolOps, State(x, None, b_sq, b_sq_delayed), g, hp)
    u = weight(method, SymbolOps, b_sq, b_sq_delayed, hp)
    return TEMPLATE.format(
        name=name,
        rows=ROWS,
        delayed_row="row" if method.delayed else 1,
        u=u.name,
        u_x=(u * x).name,
        x_next=x_next.name,
        b_sq_next=b_sq_next.name,
        body="\n            ".join(program.lines()),
    )
