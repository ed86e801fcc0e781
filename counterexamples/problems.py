"""Test problems with a known minimum, exact smoothness and an exact start: one coordinate, six shapes.

    huber        f' = L clip(x, nu)                                                      convex
    plateau      f' = L (clip(x, nu) - clip(x - reach, nu/2) - clip(x + reach, nu/2))    0 far out, reach >= 3 nu/2
    well         f' = L x / (1 + (x/nu)^2)^2                                             flat far out
    double-well  f' = L (x - 2 clip(x, nu))                                              minima at +-2 nu
    pseudo-huber, squareplus                                                             convex, see ``logistic``

``nu = inf`` makes the Huber function a quadratic.  All but the squareplus function are even; |f''| <= L with equality
somewhere (the slopes of the piecewise linear f' are L, 0, -L; the well has f'' = L (1 - 3 z^2) / (1 + z^2)^3,
z = x/nu), and ``gap`` is f - inf f in closed form.  ``gradient`` and ``gap`` are written once and run on floats,
arrays, symbols and rationals.

In R^d the problem is x -> f(||x||), started at ``start`` e1.  It is L-smooth, because its second derivatives are f''(r)
along x and f'(r)/r across, both at most L in size (f' is odd); it has the minimum of f, and it is convex where f is.
Under noise along ``e1`` all iterates stay on one line, and the run *is* the one-dimensional run of that coordinate;
noise in all directions (``noise.isotropic``) is run with all coordinates, also on ill-conditioned ones (``stretched``).
The squareplus function of R^d is x -> f(x_1), for noise along e1 only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, Literal

from counterexamples import logistic
from counterexamples.moments import ball
from counterexamples.nearest import nearest

Shape = Literal["huber", "plateau", "well", "double-well", "pseudo-huber", "squareplus"]
SHAPES: tuple[Shape, ...] = ("huber", "plateau", "well", "double-well", "pseudo-huber", "squareplus")
RADIAL = tuple(shape for shape in SHAPES if shape != "squareplus")
ONE_MINIMISER = ("huber", "plateau", "well", "pseudo-huber")  # 0, up to the flat ends of the plateau


@dataclass(frozen=True)
class Problem:
    """A function of smoothness ``L`` and width ``nu`` (and ``reach``), started at the coordinate ``start``."""

    name: str
    L: float
    nu: float
    start: float
    dim: int = 1
    shape: Shape = "huber"
    reach: float = 0.0  # of the plateau
    condition: float = 1.0  # above 1: stretched, see ``stretched``


def _positive(name: str, value: float, *, infinite: bool = False) -> float:
    if not value > 0 or math.isnan(value) or (math.isinf(value) and not infinite):
        raise ValueError(f"{name}: expected a positive finite number, got {value!r}")
    return float(value)


def _dimension(dim: int) -> int:
    if not isinstance(dim, int) or dim < 1:
        raise ValueError(f"dim: expected an integer >= 1, got {dim!r}")
    return dim


def round_down(value: int | float | Fraction) -> float:
    """The largest float <= value: a problem never exceeds the L and R that a theorem was given."""
    nearest = float(value)
    return nearest if Fraction(nearest) <= Fraction(value) else math.nextafter(nearest, -math.inf)


def quadratic(L: float, R: float, dim: int = 1) -> Problem:
    """f(x) = (L/2) ||x||^2."""
    return Problem("quadratic", _positive("L", L), math.inf, _positive("R", R), _dimension(dim))


def huber(L: float, nu: float, R: float, dim: int = 1, name: str = "huber") -> Problem:
    """The radial Huber function: (L/2) ||x||^2 up to radius ``nu``, then L nu (||x|| - nu/2)."""
    return Problem(name, _positive("L", L), _positive("nu", nu, infinite=True), _positive("R", R), _dimension(dim))


def pseudo_huber(L: float, nu: float, R: float, dim: int = 1) -> Problem:
    """L nu^2 ((1 + ||x||^2/nu^2)^(1/2) - 1)."""
    return replace(huber(L, _positive("nu", nu), R, dim, "pseudo-huber"), shape="pseudo-huber")


def squareplus(L: Fraction, Delta: Fraction, nu: float, dim: int = 1) -> Problem:
    """L nu^2 (z + (1 + z^2)^(1/2)), z = x_1/nu, started where it is Delta, to the left of 0 or to the right."""
    q = float(Delta) / (float(L) * nu * nu)
    problem = huber(round_down(L), _positive("nu", nu), 1.0, dim, "squareplus")
    return _from_height(replace(problem, shape="squareplus", start=nu * (q - 1 / q) / 2), Delta)


def nearly_linear(L: float, R: float, u: float, N: int, dim: int = 1) -> Problem:
    """The Huber function with slope R/(u (N-1) + 1/L).

    Without noise and with constant stepsize ``u <= 1/L`` the iterates are R, R - u slope, .. and the average of
    x_0 .. x_{N-1} has gap exactly R^2 / (2 (u (N-1) + 1/L)), the largest among all slopes: the worst case of
    gradient descent, R^2/(2 u N) up to lower order.
    """
    return huber(L, R / (L * u * (N - 1) + 1), R, dim, name="nearly-linear")


def slope(L: Fraction, Delta: Fraction, height: float, dim: int = 1, name: str = "slope") -> Problem:
    """The Huber function of this slope (at most sqrt(2 L Delta)), started on the slope with f(x_0) - f* <= Delta."""
    height = min(height, math.sqrt(2 * float(L) * float(Delta)))
    nu = height / float(L)
    return _from_height(huber(round_down(L), nu, float(Delta) / height + nu / 2, dim, name), Delta)


def steepest(L: Fraction, Delta: Fraction, u: float, N: int, dim: int = 1) -> Problem:
    """The slope of height sqrt(Delta/(u (N-1) + 1/(2L))).

    Without noise and with constant stepsize ``u <= 1/L`` all of grad f(x_0) .. grad f(x_{N-1}) have this size: no
    function keeps the smallest of them larger.
    """
    return slope(L, Delta, math.sqrt(float(Delta) / (u * (N - 1) + 0.5 / float(L))), dim, "nearly-linear")


def bowl(L: Fraction, Delta: Fraction, dim: int = 1) -> Problem:
    """The quadratic, started with f(x_0) - f* <= Delta.

    Without noise and with constant stepsize ``u`` the mean of grad f(x_t)^2, t < N, is
    Delta (1 - (1 - u L)^(2N)) / (u N (1 - u L/2)): up to the last bracket the largest possible, because every step
    decreases f by u (1 - u L/2) grad f(x_t)^2 or more.
    """
    return _from_height(quadratic(round_down(L), math.sqrt(2 * float(Delta) / float(L)), dim), Delta)


def plateau(L: Fraction, Delta: Fraction, height: float, dim: int = 1) -> Problem:
    """The slope of this height that ends at the start: further out f is flat, at a height above Delta."""
    inner = slope(L, Delta, height, dim, "plateau")
    reach = max(inner.start + inner.nu / 2, 1.5 * inner.nu)
    return _from_height(replace(inner, shape="plateau", reach=reach), Delta)


def well(L: Fraction, Delta: Fraction, dim: int = 1) -> Problem:
    """The rational well (L nu^2/2) z^2/(1 + z^2), z = x/nu, of depth 2 Delta, started at half its depth."""
    nu = 2 * math.sqrt(float(Delta) / float(L))
    return _from_height(Problem("well", round_down(L), nu, nu, _dimension(dim), "well"), Delta)


def double_well(L: Fraction, Delta: Fraction, dim: int = 1) -> Problem:
    """Two quadratic wells with a barrier of height Delta/4 at 0, started on the outer side of the right one."""
    unit = math.sqrt(float(Delta) / float(L))
    start = unit + math.sqrt(2.0) * unit
    return _from_height(Problem("double-well", round_down(L), unit / 2, start, _dimension(dim), "double-well"), Delta)


def gradient(problem: Any, ops: Any, x: Any) -> Any:
    """f'(x), written with the operations a method uses (``bounds.methods.Ops``)."""
    L, nu = problem.L, problem.nu
    match problem.shape:
        case "huber":
            return L * ops.clip(x, nu)
        case "plateau":
            half, reach = nu / 2, problem.reach
            return L * (ops.clip(x, nu) - ops.clip(x - reach, half) - ops.clip(x + reach, half))
        case "well":
            z = x / nu
            w = z * z + 1
            return L * x / (w * w)
        case "double-well":
            return L * (x - 2 * ops.clip(x, nu))
        case "pseudo-huber":
            return L * nu * logistic.even_slope(ops, x / nu)
        case "squareplus":
            return L * nu * logistic.rising_slope(ops, x / nu)
    raise ValueError(f"shape: expected one of {', '.join(SHAPES)}, got {problem.shape!r}")


def radial(problem: Any, ops: Any, x: Any) -> Any:
    """The gradient f'(||x||) x/||x|| of x -> f(||x||) at a vector x."""
    size = ops.norm(x)
    return ops.ratio(gradient(problem, ops, size), size) * x


def stretched(problem: Problem, condition: float) -> Problem:
    """x -> f(||D x||) in R^d, d >= 2, started at the same distance from 0, evenly between all axes.

    D_j^2 falls geometrically from 1 to 1/condition.  Because ||D|| <= 1 the function is convex and L-smooth where f is
    convex, nondecreasing and L-smooth: for the Huber and pseudo-Huber functions only.  ValueError otherwise.
    """
    if problem.shape not in ("huber", "pseudo-huber") or problem.dim < 2 or not 1 < condition < math.inf:
        raise ValueError(f"expected a Huber function in R^d, d >= 2, and a condition number > 1, got {condition!r}")
    return replace(problem, name=f"ill-conditioned {problem.name}", condition=float(condition))


def field(problem: Any, ops: Any, x: Any, D: Any = None) -> Any:
    """The gradient at a vector x; ``D``: the axes of a stretched problem, as a vector."""
    return radial(problem, ops, x) if D is None else D * radial(problem, ops, D * x)


def axes(problem: Problem) -> list[float]:
    """D_1 = 1 >= .. >= D_d, each at most 1 and the same on every machine."""
    last = max(problem.dim - 1, 1)
    return [
        nearest(lambda j=j: ball(Fraction(problem.condition)) ** ball(Fraction(-j, 2 * last)))  # type: ignore[misc]
        for j in range(problem.dim)
    ]


def start_vector(problem: Problem) -> list[float]:
    """x_0, ||x_0|| <= start: on e1, or the same in all coordinates."""
    if problem.condition == 1:
        return [problem.start, *[0.0] * (problem.dim - 1)]
    each = problem.start / math.sqrt(problem.dim)
    while problem.dim * Fraction(each) ** 2 > Fraction(problem.start) ** 2:
        each = math.nextafter(each, 0.0)
    return [each] * problem.dim


def _integral(ops: Any, x: Any, nu: Any) -> Any:
    """The integral of clip(., nu) from 0 to x."""
    inner = ops.clip(x, nu)
    return inner * (x - inner / 2)


def gap(problem: Any, ops: Any, x: Any) -> Any:
    """f(x) - inf f."""
    L, nu = problem.L, problem.nu
    match problem.shape:
        case "huber":
            return L * _integral(ops, x, nu)
        case "plateau":
            half, reach = nu / 2, problem.reach
            ends = _integral(ops, x - reach, half) + _integral(ops, x + reach, half)
            return L * (_integral(ops, x, nu) - ends + nu * (reach - nu / 4))
        case "well":
            return L * nu * nu / 2 * logistic.square_part(ops, x / nu)
        case "double-well":
            return L * (x * x / 2 - 2 * _integral(ops, x, nu) + nu * nu)
        case "pseudo-huber":
            return L * nu * nu * logistic.even_height(ops, x / nu)
        case "squareplus":
            return L * nu * nu * logistic.rising_height(ops, x / nu)
    raise ValueError(f"shape: expected one of {', '.join(SHAPES)}, got {problem.shape!r}")


def largest_slope(problem: Problem) -> Fraction | None:
    """An upper bound of |f'| in exact arithmetic, the least one up to 2^-53 of it; None where f' is not bounded."""
    if problem.shape == "double-well" or math.isinf(problem.nu):
        return None
    most = {"squareplus": Fraction(2), "well": Fraction(3 * 1.7320508075688774) / 16}.get(problem.shape, Fraction(1))
    return Fraction(problem.L) * Fraction(problem.nu) * most


class Rationals:
    """Operations on exact numbers; roots are rounded down."""

    @staticmethod
    def clip(v: Any, lam: Any) -> Any:
        """max(-lam, min(v, lam)); an infinite level is allowed."""
        return max(-lam, min(v, lam))

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        """a or b."""
        return a if condition else b

    @classmethod
    def sqrt(cls, v: Any) -> Any:
        """The square root of a float; of a rational within 2^-200, from below."""
        if isinstance(v, float):
            return math.sqrt(v)
        return Fraction(math.isqrt(math.floor(v * 4**200)) + cls.up, 2**200)

    up = 0


class RootsAbove(Rationals):
    """Roots are rounded up."""

    up = 1


def exactly(problem: Problem) -> Any:
    """The same function with rational parameters (an infinite ``nu`` stays)."""
    numbers = {name: getattr(problem, name) for name in ("L", "nu", "reach")}
    kept = {name: x if math.isinf(x) else Fraction(x) for name, x in numbers.items()}
    return SimpleNamespace(shape=problem.shape, **kept)


def start_gap(problem: Problem) -> Fraction:
    """f(x_0) - inf f, exact; with roots the smallest upper bound within 2^-190, as f is monotone in them."""
    at = exactly(problem)
    return max(Fraction(gap(at, ops, Fraction(problem.start))) for ops in (Rationals, RootsAbove))


def certify(problem: Problem, L: Fraction, Delta: Fraction) -> Problem:
    """The problem itself if its smoothness is <= L and f(x_0) - inf f <= Delta, in exact arithmetic.

    Raises ValueError if it is outside the class of the non-convex theorems.
    """
    if Fraction(problem.L) > L:
        raise ValueError(f"{problem.name}: smoothness {problem.L!r} exceeds L = {L}")
    if problem.shape == "plateau" and 2 * Fraction(problem.reach) < 3 * Fraction(problem.nu):
        raise ValueError(f"{problem.name}: reach {problem.reach!r} is below 3/2 of nu = {problem.nu!r}")
    if start_gap(problem) > Delta:
        raise ValueError(f"{problem.name}: f(x_0) - f* = {float(start_gap(problem))!r} exceeds Delta = {Delta}")
    return problem


def _from_height(problem: Problem, Delta: Fraction) -> Problem:
    """The problem, its start moved down by a few units in the last place until f(x_0) - f* <= Delta."""
    lowest = -math.inf if problem.shape == "squareplus" else 0.0
    while start_gap(problem) > Delta:
        problem = replace(problem, start=math.nextafter(problem.start, lowest))
    return problem
