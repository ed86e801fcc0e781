"""From the one definition of a method to the source of its inner loop.

``bounds.methods.update``, ``counterexamples.problems.gradient`` and ``metric`` are run once on symbols
that record every operation; the record, a straight-line program with shared subexpressions, is the body of the
loop.  Nothing about a method is written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

from bounds.methods import Method, State, update
from counterexamples.problems import gradient
from counterexamples.steering import factor
from verify.simulate import own
from verify.simulate.metric import Metric, observed, weight
from verify.simulate.own import OwnStep
from verify.simulate.symbols import Program, Symbol, SymbolOps

TEMPLATE = """\
def {name}(S, X, C, {scalars}, delay, t0):
    for s in range(X.shape[0]):
        {once}
        for i in range(X.shape[1]):
            {loads}
            xi = X[s, i]
            {body}
            {stores}
"""

SUMS = 4  # the first state rows: x, b_sq, sum u, sum u q; q is what the metric averages
HYPER = ("gamma", "eta", "lam", "beta1", "beta2")
PROBLEM = ("L", "nu", "reach")
STEERING = ("even", "odd", "centre", "width", "until")


def rows(method: Method, delay: int) -> int:
    """How many state rows: the sums; m; rings of b_{t-d}^2 .. b_{t-1}^2 and of x_{t-d} .. x_{t-1}."""
    return SUMS + method.momentum + delay * (method.delayed + method.stale)


def rings(method: Method, delay: int) -> dict[str, slice]:
    """The rows of the two rings."""
    first = SUMS + method.momentum
    second = first + delay * method.delayed
    return {"b_sq": slice(first, second), "x": slice(second, second + delay * method.stale)}


def source(method: Method, shape: str, metric: Metric, name: str, steered: bool = False) -> str:
    """Python source of ``name(S, X, C, gamma, .., t0)``: advance the state ``S`` [rows, lanes] in place through the
    noise ``X`` [steps, lanes], from step number ``t0``; ``C`` [steps] holds the bias corrections, if any.
    ``steered``: the noise is multiplied by the factor of ``counterexamples.steering``, with its numbers as arguments.

    A ring holds the value of step t - d at slot t mod d, which step t reads and overwrites.
    """
    program = Program()
    x, xi, m, z, b_sq, b_sq_delayed = (Symbol(program, n) for n in ("x", "xi", "m", "z", "b_sq", "b_sq_delayed"))
    hp = SimpleNamespace(**{n: Symbol(program, n) for n in (*HYPER, *STEERING, "correction")})
    asked = z if method.stale else x
    p = _gradient(shape, program, asked)
    noise = factor(hp, SymbolOps, asked) * (xi * Symbol(program, "on")) if steered else xi
    x_next, m_next, b_sq_next = update(method, SymbolOps, State(x, m, b_sq, b_sq_delayed), p + noise, hp)
    u = weight(method, SymbolOps, b_sq, b_sq_delayed, hp)
    q = observed(metric, SymbolOps, asked, p)
    once, loads = ["slot = (t0 + s) % delay"], ["x = S[0, i]", "b_sq = S[1, i]"]
    stores = [f"S[2, i] += {u.name}", f"S[3, i] += {(u * q).name}"]
    if steered:
        once.append("on = 1.0 if t0 + s < until else 0.0")
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
    return _loop(name, (*HYPER, *PROBLEM, *(STEERING if steered else ())), once, loads, program, stores)


def own_source(step: OwnStep, hp: Mapping[str, float], shape: str, metric: Metric, name: str) -> str:
    """The loop of a step of one's own, with the arguments hp in the order given; u_t = 1.

    The state rows after the sums hold its state.
    """
    program, out = own.record(step, lambda made, x: _gradient(shape, made, x) + Symbol(made, "xi"), hp)
    x = Symbol(program, "x")
    q = observed(metric, SymbolOps, x, _gradient(shape, program, x))
    places = [f"S[{SUMS + i}, i]" for i in range(len(step.state))]
    loads = ["x = S[0, i]", *(f"state_{key} = {place}" for key, place in zip(step.state, places, strict=True))]
    stores = ["S[2, i] += 1.0", f"S[3, i] += {q.name}"]
    stores += [f"{place} = {value.name}" for place, value in zip(("S[0, i]", *places), out, strict=True)]
    return _loop(name, (*(f"hp_{key}" for key in hp), *PROBLEM), [], loads, program, stores)


def _gradient(shape: str, program: Program, x: Symbol) -> Symbol:
    numbers = {n: Symbol(program, n) for n in PROBLEM}
    return gradient(SimpleNamespace(shape=shape, **numbers), SymbolOps, x)


def _loop(
    name: str, scalars: tuple[str, ...], once: list[str], loads: list[str], program: Program, stores: list[str]
) -> str:
    return TEMPLATE.format(
        name=name,
        scalars=", ".join(scalars),
        once="\n        ".join(once or ["pass"]),
        loads="\n            ".join(loads),
        body="\n            ".join(program.lines() or ["pass"]),
        stores="\n            ".join(stores),
    )
