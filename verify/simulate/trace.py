"""From the one definition of a method to the source of its inner loop.

``bounds.methods.update``, ``counterexamples.problems.gradient`` and ``metric`` are run once on symbols
that record every operation; the record, a straight-line program with shared subexpressions, is the body of the
loop.  Nothing about a method is written here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from bounds.methods import Method, State, update
from counterexamples.problems import gradient
from verify.simulate.metric import Metric, observed, weight


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

    def __truediv__(self, other: Symbol | float) -> Symbol:
        return self._binary(self, "/", other)

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
def {name}(S, X, C, gamma, eta, lam, beta1, beta2, L, nu, reach, delay, t0):
    for s in range(X.shape[0]):
        {once}
        for i in range(X.shape[1]):
            {loads}
            xi = X[s, i]
            {body}
            {stores}
"""

SUMS = 4  # the first state rows: x, b_sq, sum u, sum u q; q is what the metric averages
SCALARS = ("gamma", "eta", "lam", "beta1", "beta2", "correction", "L", "nu", "reach")


def rows(method: Method, delay: int) -> int:
    """How many state rows: the sums; m; rings of b_{t-d}^2 .. b_{t-1}^2 and of x_{t-d} .. x_{t-1}."""
    return SUMS + method.momentum + delay * (method.delayed + method.stale)


def rings(method: Method, delay: int) -> dict[str, slice]:
    """The rows of the two rings."""
    first = SUMS + method.momentum
    second = first + delay * method.delayed
    return {"b_sq": slice(first, second), "x": slice(second, second + delay * method.stale)}


def source(method: Method, shape: str, metric: Metric, name: str) -> str:
    """Python source of ``name(S, X, C, gamma, .., t0)``: advance the state ``S`` [rows, lanes] in place through the
    noise ``X`` [steps, lanes], from step number ``t0``; ``C`` [steps] holds the bias corrections, if any.

    A ring holds the value of step t - d at slot t mod d, which step t reads and overwrites.
    """
    program = Program()
    x, xi, m, z, b_sq, b_sq_delayed = (Symbol(program, n) for n in ("x", "xi", "m", "z", "b_sq", "b_sq_delayed"))
    hp = SimpleNamespace(**{n: Symbol(program, n) for n in SCALARS})
    asked = z if method.stale else x
    p = gradient(SimpleNamespace(shape=shape, L=hp.L, nu=hp.nu, reach=hp.reach), SymbolOps, asked)
    x_next, m_next, b_sq_next = update(method, SymbolOps, State(x, m, b_sq, b_sq_delayed), p + xi, hp)
    u = weight(method, SymbolOps, b_sq, b_sq_delayed, hp)
    q = observed(metric, SymbolOps, asked, p)
    once, loads = ["slot = (t0 + s) % delay"], ["x = S[0, i]", "b_sq = S[1, i]"]
    stores = [f"S[2, i] += {u.name}", f"S[3, i] += {(u * q).name}"]
    if method.corrected:
        once.append("correction = C[s]")
    if method.momentum:
        loads.append(f"m = S[{SUMS}, i]")
        stores.append(f"S[{SUMS}, i] = {m_next.name}")
    if method.delayed:
        once.append(f"past = {SUMS + method.momentum} + slot")
        loads.append("b_sq_delayed = S[past, i]")
        stores.append(f"S[past, i] = {b_sq_next.name}")
    if method.stale:
        once.append(f"asked = {SUMS + method.momentum} + delay * {int(method.delayed)} + slot")
        loads.append("z = S[asked, i]")
        stores.append("S[asked, i] = x")
    stores += [f"S[0, i] = {x_next.name}", f"S[1, i] = {b_sq_next.name}"]
    return TEMPLATE.format(
        name=name,
        once="\n        ".join(once),
        loads="\n            ".join(loads),
        body="\n            ".join(program.lines()),
        stores="\n            ".join(stores),
    )
