"""The smallest number of steps for a target accuracy, the limits of a theorem, and bounds from realised stepsizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import inf, log
from typing import TYPE_CHECKING, Any

from verify.constants import Bound, NoBound, bound, inputs, proved
from verify.constants.crossing import crossing
from verify.constants.needs import unmet
from verify.constants.parameters import program_of
from verify.constants.question import question
from verify.constants.solver import solve
from verify.decimals import decimal, rounded

if TYPE_CHECKING:
    from bounds.statement import Statement

MOST = 10**100  # steps
ONE_PERCENT = Fraction(101, 100)
ROUNDING = 1 + Fraction(1, 2**40)  # of a weight that was computed in float64


@dataclass(frozen=True)
class Steps:
    """N steps are enough for ``epsilon`` by ``bound``; ``not_enough``: by a variant, so many steps certainly are not.

    Where a variant is a geometric program, ``not_enough`` holds a number within about 1% of the fewest steps that it
    needs, with a dual certificate that no choice of its free parameters gives epsilon; other variants are missing.
    """

    epsilon: Fraction
    N: int
    bound: Bound
    not_enough: Mapping[str, int]


def smallest_steps(theorem: str | Statement, *, epsilon: object, variant: str | None = None, **numbers: Any) -> Steps:
    """The smallest N >= 2 for which ``verify.bound`` is certified to be at most ``epsilon``, up to a relative 1e-7.

    As ``crossing`` finds it: for a bound that falls with N, or (with a fixed beta2 or eta) falls and then rises.
    ``numbers``: as for ``verify.bound``, without N.  Raises what ``verify.bound`` raises.
    """
    target = inputs.positive("epsilon", epsilon)
    if "N" in numbers:
        raise inputs.BadInput("N: expected no number of steps, it is the answer; leave N out")
    asked = question(theorem, variant, N=2, **numbers)
    needed = {name: fewest(asked.theorem, name, target, numbers) for name in asked.variants}
    name = min(needed, key=lambda v: needed[v])
    if needed[name] == inf:
        statement, _ = proved(asked.theorem, name)
        why = unmet(statement, question(asked.theorem, name, N=MOST, **numbers).values(statement))
        raise NoBound(f"{asked.theorem}: {why or f'no number of steps up to 10^100 was found for epsilon = {target}'}")
    steps = int(needed[name])
    for _ in range(60):
        found = bound(asked.theorem, variant=name, N=steps, **numbers)
        if found.upper_exact <= target:
            return Steps(target, steps, found, _not_enough(asked.theorem, needed, target, numbers))
        steps += max(1, steps // 10**7)
    raise NoBound(f"{asked.theorem} ({name}): {steps} steps are not certified for epsilon = {target}")


def limit(theorem: str | Statement, *, variant: str | None = None, **numbers: Any) -> dict[str, Fraction]:
    """For each variant that is a geometric program, what no choice of its free parameters goes below (certified)."""
    from verify.constants.optimality import NoLimit
    from verify.constants.optimality import limit as best_possible

    asked = question(theorem, variant, **numbers)
    out = {}
    for name in asked.variants:
        statement, _ = proved(asked.theorem, name)
        if unmet(statement, asked.values(statement)):
            continue
        try:
            out[name] = best_possible(program_of(statement, asked.values(statement)).source)
        except (NoLimit, ArithmeticError):
            continue
    return out


def fewest(theorem: str, variant: str, target: Fraction, numbers: Mapping[str, Any]) -> float:
    """About the fewest steps, by a bound in floating point; infinity where no number of steps was found."""
    goal = log(target.numerator) - log(target.denominator)
    statement, _ = proved(theorem, variant)

    def excess(steps: int) -> float:
        values = question(theorem, variant, N=steps, **numbers).values(statement)
        if unmet(statement, values):
            return inf
        try:
            return solve(program_of(statement, values), 1e-9).value - goal
        except (ArithmeticError, ValueError):
            return inf

    found = crossing(excess, 2, MOST)
    return inf if found is None else found


def _not_enough(
    theorem: str, needed: Mapping[str, float], target: Fraction, numbers: Mapping[str, Any]
) -> dict[str, int]:
    """Numbers of steps that are certainly too few, 1% below those that are enough."""
    out = {}
    for name, enough in needed.items():
        steps = int(min(enough, MOST) / ONE_PERCENT)
        if steps >= 2 and limit(theorem, variant=name, N=steps, **numbers).get(name, Fraction(0)) > target:
            out[name] = steps
    return out


def posterior(found: Bound, stepsizes: Iterable[Fraction | int | float]) -> Fraction:
    """The bound kappa^2 R^2/(2 sum of u_t) of f(xbar_T) - f* from the realised weights u_t, t < T <= N, rounded up.

    xbar_T is the u-weighted average of a run with the parameters of ``found``, a bound of a convex theorem.  A weight
    is known before the gradient of its step:

        Clip-SGD            u_t = gamma
        delayed by d steps  u_t = gamma/b_{t-d}, the stepsizes; b_j = b0 for j < 0
        AdaGrad-type        u_t = gamma/b_{t-1}, while the step divides by b_t
        Adam-type           u_t = gamma/(beta2^(1/2) b_{t-1}), while the step divides by b_t

    and, with bias correction, s_t times that.  It is a member of the conclusion that holds together with the bound,
    for all T at once: one failure probability pays for all.  A float stands for its exact value, but see
    ``largest_weight``: a larger weight raises ``BadInput``.
    """
    import bounds
    from bounds.lemmas.average import average, weight
    from bounds.lemmas.scheme import RADIUS
    from bounds.lemmas.sums import T
    from bounds.setting import N, gap
    from bounds.terms import forall, le, n

    method = bounds.method(found.theorem, found.variant)
    statement = bounds.theorem(found.theorem, found.variant)
    if method is None:
        raise inputs.BadInput(f"{found.theorem} is about no method")
    member = le(2 * weight(method, T) * gap(average(method, T)), RADIUS**2)
    if forall({"T": "nat"}, (le(1, n(T)), le(n(T), n(N))), member) not in statement.conclusion.args[1].args:
        raise inputs.BadInput(f"theorem: {found.theorem} has no bound from realised stepsizes; try a convex one")
    try:
        given = [Fraction(u) for u in stepsizes]
    except (ArithmeticError, TypeError, ValueError) as error:  # inf, nan, no number
        raise inputs.BadInput(f"stepsizes: expected finite numbers ({error})") from None
    if not 1 <= len(given) <= found.parameters["N"] or min(given) <= 0:
        raise inputs.BadInput(f"stepsizes: expected between 1 and N = {found.parameters['N']} numbers > 0")
    most = largest_weight(found)
    if max(given) > most * ROUNDING:
        t = next(t for t, u in enumerate(given) if u > most * ROUNDING)
        raise inputs.BadInput(
            f"stepsizes: expected at most {decimal(most)}, the largest that {found.theorem} allows; "
            f"number {t} is {decimal(given[t])}"
        )
    radius = found.parameters["kappa"] * found.parameters["R"]
    return rounded(radius**2 / (2 * sum((min(u, most) for u in given), Fraction(0))), up=True)


def largest_weight(found: Bound) -> Fraction:
    """What no weight u_t, t < N, exceeds: gamma/b0; for Adam gamma beta2^(-N/2)/b0, times the largest bias correction.

    A run in float64 may exceed it by a few roundings: ``posterior`` takes a weight up to 2^-40 above it for it, and
    refuses what is larger.
    """
    most = found.parameters["gamma"] / found.parameters.get("b0", Fraction(1))
    for factor in ("growth", "sbar"):
        if factor in found.enclosures:
            most *= Fraction(found.enclosures[factor].upper)
    return most
