"""No choice of the free parameters does better than this: weak duality of geometric programs, checked in balls.

If weights w >= 0, one for every term of every condition sum_k c_k x^(e_k) <= d x^f, satisfy

    sum over all terms of w_k (e_k - f) = -(exponents of the objective),

then for every x that satisfies the conditions, by the weighted inequality of arithmetic and geometric means,

    1 >= sum_k t_k >= prod_k (t_k W/w_k)^(w_k/W),  t_k = (c_k/d) x^(e_k - f),  W = the sum of the w_k of the condition,

so that, over all conditions,  ln objective >= ln c_0 + sum of w_k ln((c_k/d) W/w_k).
The weights are found in floating point; that they are nonnegative and satisfy the equations is checked in Q, and the
right side is enclosed by a ball.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from flint import arb, ctx

from verify.constants.program import Array, Program
from verify.constants.signomial import BITS, Condition, Conditions
from verify.constants.solver import solve
from verify.decimals import rounded
from verify.kernel.balls import ends, rational

DENOMINATOR = 10**24  # of the weights before they are made to satisfy the equations
FLOORS = (1e-11, 1e-9, 1e-7)  # of the weights, tried in turn
ROUNDS = 10
Weights = Mapping[str, tuple[Fraction, ...]]  # of the terms on the left of each condition, by its name


class NoLimit(ValueError):
    """The conditions are not a geometric program, or no weights were found."""


def limit(source: Conditions) -> Fraction:
    """A rational that no choice of the variables goes below; raises ``NoLimit`` or ``NotSolved``."""
    program = Program(source)
    for c in program.source.conditions:
        _geometric(c)
    found = solve(program)
    multipliers = found.z[program.group_of] * program.value(found.x).weights
    reason = NoLimit("no weights were found")
    for floor in FLOORS:
        try:
            return check(program.source, _weights(program, np.maximum(multipliers, floor)))
        except NoLimit as error:
            reason = error
    raise reason


def check(source: Conditions, weights: Weights) -> Fraction:
    """The lower bound that the weights prove; raises ``NoLimit`` if they prove nothing."""
    used = [c for c in source.conditions if c.name in weights]
    if len(used) != len(weights) or len(source.objective) != 1:
        raise NoLimit("weights of conditions that are not there")
    balance = {name: Fraction(0) for name in source.variables}
    for name, e in source.objective[0].monomial:
        balance[name] += e
    for c in used:
        _geometric(c)
        if len(weights[c.name]) != len(c.left) or min(weights[c.name]) < 0:
            raise NoLimit(f"{c.name}: expected a weight >= 0 for each of {len(c.left)} terms")
        for atom, w in zip(c.left, weights[c.name], strict=True):
            for name, e in atom.monomial:
                balance[name] += w * e
            for name, e in c.right[0].monomial:
                balance[name] -= w * e
    for name, left in balance.items():
        if left:
            raise NoLimit(f"the weights do not balance the exponents of {name}")
    with ctx.workprec(BITS):
        total = arb(source.objective[0].coefficient).log()
        for c in used:
            whole = sum(weights[c.name], Fraction(0))
            for atom, w in zip(c.left, weights[c.name], strict=True):
                if w:
                    share = arb(atom.coefficient) / arb(c.right[0].coefficient) * arb(rational(whole / w))
                    total += arb(rational(w)) * share.log()
        value = total.exp()
        if not value.is_finite():
            raise NoLimit("the lower bound is not enclosed")
        return rounded(ends(value)[0], up=False)


def _geometric(c: Condition) -> None:
    if len(c.right) != 1 or not all(atom.plain for atom in (*c.left, *c.right)):
        raise NoLimit(f"{c.name} is not posynomial <= monomial")


def _weights(program: Program, start: Array) -> Weights:
    """Weights near the multipliers of the optimum that satisfy the equations exactly."""
    source = program.source
    own = [k for k, c in enumerate(source.conditions) if not c.artificial]
    rows = [j for k in own for j in np.flatnonzero(program.group_of == program.left[k])]
    near, columns = start[rows], program.A[rows]
    for _ in range(ROUNDS):  # corrections relative to the weights, so that small ones stay positive
        step, *_ = np.linalg.lstsq((columns * near[:, None]).T, -program.cost - columns.T @ near, rcond=None)
        near = near * np.clip(1 + step, 0.2, 5.0)
    w = [Fraction(float(x)).limit_denominator(DENOMINATOR) for x in near]
    exponents = [_net(source.conditions[k], i, program.variables) for k in own for i in range(program.terms(k))]
    cost = dict(source.objective[0].monomial)
    missing = [
        -cost.get(name, Fraction(0)) - sum((x * e[j] for x, e in zip(w, exponents, strict=True)), Fraction(0))
        for j, name in enumerate(program.variables)
    ]
    exact = iter([x + d for x, d in zip(w, _correction(exponents, missing, w), strict=True)])
    return {source.conditions[k].name: tuple(next(exact) for _ in range(program.terms(k))) for k in own}


def _net(c: Condition, i: int, names: Sequence[str]) -> list[Fraction]:
    up, down = dict(c.left[i].monomial), dict(c.right[0].monomial)
    return [up.get(name, Fraction(0)) - down.get(name, Fraction(0)) for name in names]


def _correction(
    columns: Sequence[Sequence[Fraction]], missing: Sequence[Fraction], w: Sequence[Fraction]
) -> list[Fraction]:
    """d with sum of d_k columns_k = missing, on a basis of columns of large weight (elimination over Q)."""
    order = sorted(range(len(w)), key=lambda k: -w[k])
    rows = [[columns[k][j] for k in order] + [missing[j]] for j in range(len(missing))]
    pivots: list[tuple[int, int]] = []
    row = 0
    for column in range(len(order)):
        pivot = next((r for r in range(row, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[row], rows[pivot] = rows[pivot], rows[row]
        lead = rows[row][column]
        rows[row] = [x / lead for x in rows[row]]
        for r in range(len(rows)):
            if r != row and rows[r][column]:
                factor = rows[r][column]
                rows[r] = [x - factor * y for x, y in zip(rows[r], rows[row], strict=True)]
        pivots.append((row, column))
        row += 1
    if any(r[-1] for r in rows[row:]):
        raise NoLimit("no weights satisfy the equations")
    out = [Fraction(0)] * len(w)
    for r, column in pivots:
        out[order[column]] = rows[r][-1]
    return out
