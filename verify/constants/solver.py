"""A primal-dual interior-point method for the programs of ``verify.constants.program`` (untrusted; floats).

minimise c . x subject to g(x) + slack <= 0, through  g(x) + slack + s = 0, s >= 0, c + J^T z = 0, s z = mu, by Newton
steps with a predictor; x may start anywhere.  Convex programs are solved to global optimality; the others to a point
where the first-order conditions hold (their Hessian is replaced by its convex part where it is not positive definite).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from verify.constants.program import Array, Program, Value, surrogate

MOST_STEPS = 40
HALVINGS = 10
INSIDE = 0.05  # how far inside its conditions the surrogate is solved
FAR, FARTHEST_LINEAR = 5000.0, 50.0
TOLERANCE = 1e-10
REGULARISATION = 1e-9
BEHIND = 0.1  # the products s z are not made smaller than this times the error
FARTHEST = 5.0  # of one step, in any logarithm
FARTHEST_INSIDE = 1.0  # the same in exponents that are exponentiated twice


class NotSolved(ArithmeticError):
    """The iteration stopped before the first-order conditions held."""


@dataclass(frozen=True)
class Solution:
    """x with its multipliers z of the conditions; ``value`` is the logarithm of the objective."""

    x: Array
    z: Array
    value: float
    error: float  # in the first-order conditions
    steps: int


def solve(program: Program, slack: float = 0.0) -> Solution:
    """The minimum; raises ``NotSolved``."""
    if len(program.B) or program.right:
        inside = solve(Program(surrogate(program.source)), INSIDE)
        x, z = inside.x, np.full(len(program.left), 0.1)
    else:
        x, z = _linear_start(program)
    try:
        return newton(program, x, z, slack, TOLERANCE, FARTHEST)
    except NotSolved:
        return barrier(program, x, slack)


def _linear_start(program: Program) -> tuple[Array, Array]:
    """The minimum when every term of a condition has a fixed share of its right side."""
    linear = program.linear()
    try:
        found = newton(linear, np.zeros(program.size), np.ones(len(linear.left)), 0.0, 1e-2, FARTHEST_LINEAR)
        return found.x, np.maximum(np.add.reduceat(found.z, program.linear_starts), 1e-3)
    except NotSolved:
        from scipy.optimize import linprog

        answer = linprog(program.cost, linear.A, -linear.b, bounds=(-FAR, FAR))
        if not answer.success:
            raise
        return answer.x, np.full(len(program.left), 0.1)


def barrier(program: Program, x: Array, slack: float) -> Solution:
    """From a point with g(x) + slack < 0: t c . x - sum of ln(-g(x) - slack) for t = 1, 20, 400, ...; slow and safe."""
    at, t, steps = program.value(x), 1.0, 0
    if not (at.g < -slack).all():
        raise NotSolved("no start inside the conditions")
    while len(at.g) / t > TOLERANCE:
        t *= 20
        for _ in range(30):
            steps += 1
            y = -1 / (at.g + slack)
            matrix = program.hessian(at, y, True) + at.jacobian.T @ ((y * y)[:, None] * at.jacobian)
            matrix[np.diag_indices_from(matrix)] *= 1 + 1e-13
            matrix[np.diag_indices_from(matrix)] += 1e-10 * t
            factor, failed = lapack.dpotrf(matrix)
            gradient = t * program.cost + at.jacobian.T @ y
            dx, _ = lapack.dpotrs(factor, -gradient)
            decrease = -float(gradient @ dx)
            if failed or not np.isfinite(dx).all():
                raise NotSolved("the Newton system is singular")
            moved = _descend(program, x, at, dx, decrease, t, slack) if decrease > 1e-6 else None
            if moved is None:
                break
            x, at = moved
    z = -1 / (at.g + slack) / t
    error = float(abs(program.cost + at.jacobian.T @ z).max())
    return Solution(x, z, float(program.cost @ x) + program.cost_at_zero, error, steps)


def _descend(
    program: Program, x: Array, at: Value, dx: Array, decrease: float, t: float, slack: float
) -> tuple[Array, Value] | None:
    """A step inside the conditions that lowers the barrier function, if there is one."""
    now = t * float(program.cost @ x) - float(np.log(-at.g - slack).sum())
    step = min(1.0, FARTHEST / float(abs(dx).max()))
    for _ in range(40):
        try:
            new = program.value(x + step * dx)
            if (new.g < -slack).all():
                value = t * float(program.cost @ (x + step * dx)) - float(np.log(-new.g - slack).sum())
                if value <= now - 0.1 * step * decrease + 1e-12 * abs(now):
                    return x + step * dx, new
        except FloatingPointError:
            pass
        step /= 2
    return None


def newton(program: Program, x: Array, z: Array, slack: float, tolerance: float, farthest: float) -> Solution:
    """Primal-dual steps from anywhere, of length at most ``farthest``; they may fail to converge."""
    at = program.value(x)
    s = np.maximum(-at.g - slack, 0.1)
    error = np.inf
    recent: list[float] = []
    for k in range(MOST_STEPS):
        dual, primal = program.cost + at.jacobian.T @ z, at.g + slack + s
        gap = float(s @ z) / len(s)
        error = max(float(abs(dual).max()), float(abs(primal).max()), gap)
        if error <= tolerance:
            return Solution(x, z, float(program.cost @ x) + program.cost_at_zero, error, k)
        factor = _factor(program, at, z, s)
        *_, ds, dz = _direction(factor, at, dual, primal, s, z, 0.0)
        after = (s + _longest(s, ds) * ds) @ (z + _longest(z, dz) * dz) / len(s)
        missed = max(float(abs(dual).max()), float(abs(primal).max()))
        centre = max(gap * min(1.0, max(float(after) / gap, 0.0) ** 3), BEHIND * min(missed, 1.0), tolerance / 10)
        bend = np.clip(ds * dz, -10 * gap, 10 * gap)
        recent = [*recent[-4:], _merit(dual, primal, s * z - centre)]
        corrected = _direction(factor, at, dual, primal, s, z, centre - bend)
        moved = _search(program, x, s, z, corrected, centre, slack, farthest, max(recent), 1)
        if moved is None:
            level = max(centre, 0.1 * gap)
            plain = _direction(factor, at, dual, primal, s, z, level)
            high = max(*recent, _merit(dual, primal, s * z - level))
            moved = _search(program, x, s, z, plain, level, slack, farthest, high, HALVINGS)
        if moved is None:
            raise NotSolved("no step is in the domain")
        at, x, s, z = moved
        s = np.maximum(s, -at.g - slack)  # a slack is never smaller than what is there
    raise NotSolved(f"no optimum after {MOST_STEPS} steps: an error of {error:.1e}")


def _factor(program: Program, at: Value, z: Array, s: Array) -> Array:
    """The Cholesky factor of H + J^T (z/s) J."""
    barrier = at.jacobian.T @ ((z / s)[:, None] * at.jacobian)
    for convex in (False, True):
        for regularisation in (REGULARISATION, 1e-6, 1e-3, 1.0):
            matrix = program.hessian(at, z, convex) + barrier
            matrix[np.diag_indices_from(matrix)] += regularisation * (1 + abs(np.diag(matrix)) * 1e-4)
            factor, failed = lapack.dpotrf(matrix)
            if not failed:
                return factor
            if not convex and not program.convex:
                break
    raise NotSolved("the Newton system is singular")


def _direction(
    factor: Array, at: Value, dual: Array, primal: Array, s: Array, z: Array, target: Array | float
) -> tuple[Array, Array, Array]:
    push = (target + z * primal) / s - z
    dx, failed = lapack.dpotrs(factor, -dual - at.jacobian.T @ push)
    if failed or not np.isfinite(dx).all():
        raise NotSolved("the Newton system is singular")
    moved = at.jacobian @ dx
    return dx, -primal - moved, push + z / s * moved


def _longest(v: Array, dv: Array) -> float:
    """The longest step, at most 1, that keeps v + step dv >= 0."""
    down = dv < 0
    return min(1.0, float((-v[down] / dv[down]).min())) if down.any() else 1.0


def _search(
    program: Program,
    x: Array,
    s: Array,
    z: Array,
    direction: tuple[Array, Array, Array],
    level: Array | float,
    slack: float,
    farthest: float,
    high: float,
    tries: int,
) -> tuple[Value, Array, Array, Array] | None:
    """A step along the direction after which the residual is below ``high``; after many tries any short step."""
    dx, ds, dz = direction
    step = min(1.0, farthest / max(float(abs(dx).max()), 1e-300))
    if len(program.B):
        step = min(step, FARTHEST_INSIDE / max(float(abs(program.B @ dx).max()), 1e-300))
    primal, dual = min(step, 0.995 * _longest(s, ds)), min(step, 0.995 * _longest(z, dz))
    for k in range(tries):
        new_s, new_z = s + primal * ds, z + dual * dz
        try:
            at = program.value(x + primal * dx)
            merit = _merit(program.cost + at.jacobian.T @ new_z, at.g + slack + new_s, new_s * new_z - level)
            if merit <= (1 - 0.05 * min(primal, dual)) * high or k == HALVINGS - 1:
                return at, x + primal * dx, new_s, new_z
        except FloatingPointError:
            pass
        primal, dual = primal / 2, dual / 2
    return None


def _merit(dual: Array, primal: Array, products: Array) -> float:
    return float(np.sqrt(dual @ dual + primal @ primal + products @ products))
