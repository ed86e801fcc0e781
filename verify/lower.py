"""The lower bound at exact numbers: how many steps it forces, and how often the instance really fails.

The forced number of steps is read off the theorem: the largest T whose premise is certain in balls.  The theorem holds
for every stepsize; the failure probability and the first success are those of one concrete method, by exact recursion.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

import bounds
from bounds.methods import Method
from bounds.statement import Statement
from bounds.terms import Term, lt, par
from counterexamples.exact import Undecided as NotDecided
from counterexamples.exact import contracts, first_success, missed_at
from counterexamples.lower_bound import LowerInstance
from verify.constants.certify import parameter_definitions
from verify.constants.needs import unmet
from verify.kernel.balls import Balls, Undecided

PRECISIONS = (128, 512, 2048)
FARTHEST = 100  # log2 of the largest number of steps looked at
LIMIT = 200_000  # steps of an exact recursion
GIVEN = ("alpha", "eta", "b0", "beta1", "beta2")


@dataclass(frozen=True)
class Forced:
    """What a lower bound says about an instance; the numbers of the method, gamma included, are ``hp``."""

    theorem: str
    variant: str
    steps: int  # the largest T with f(x_T) - f* > epsilon with probability > delta; 0: the theorem says nothing
    hp: Mapping[str, Fraction]
    failure: tuple[Fraction, Fraction]  # encloses P(f(x_steps) - f* > epsilon) of this method
    first_success: int | None  # after the jump away from x*; None: not within LIMIT steps
    why: str = ""  # where nothing is forced: the condition of the theorem that fails, in words


def premise(statement: Statement) -> Term:
    """G(T) <= budget: what the theorem asks of T for x_{T+1} to fail."""
    (every,) = (fact for fact in statement.conclusion.args if fact.head == "all" and fact.args[0] == (("T", "nat"),))
    (fact,) = every.args[1]
    return fact


def applies(statement: Statement, found: LowerInstance, hp: Mapping[str, Fraction], T: int) -> bool:
    """Whether the theorem certainly says that x_T fails, T >= 1.

    It is applied with D = P^(-1/alpha) and sigma D = jump, which is within the noise class.
    """
    values = {k: x for k, x in hp.items() if k in statement.parameters and k in GIVEN}
    values |= {"alpha": found.alpha, "P": found.probability, "jump": found.jump, "nu": found.nu}
    return forces(statement, values, T, {"sigma": par("jump") * par("D") ** Fraction(-1)})


def forces(
    statement: Statement, values: Mapping[str, Fraction], T: int, defined: Mapping[str, Term] = MappingProxyType({})
) -> bool:
    """Whether the theorem certainly says that x_T fails, T >= 1, where D = P^(-1/alpha); ``defined``: more names."""
    facts = [premise(statement), *statement.conditions.values(), lt(0, par("H")), lt(1, par("D"))]
    for bits in PRECISIONS:
        try:
            at = Balls({**values, "T": Fraction(T - 1)}, bits)
            at.define("D", par("P") ** (-1 / values["alpha"]))
            for name, term in (dict(defined) | parameter_definitions(statement)).items():
                if name not in at.names:
                    at.define(name, term)
            return all(at.holds(fact) for fact in facts)
        except Undecided:
            continue
    return False


def largest(predicate: Callable[[int], bool], also: int) -> int:
    """A T with the predicate, none at T + 1: by bisection from the largest power of two (or ``also``) that has it.

    0 if none has it.  The predicate of the lower bounds holds on an interval, so this is the largest T.
    """
    probes = sorted({also, *(2**k for k in range(FARTHEST))})
    low = max((T for T in probes if predicate(T)), default=0)
    high = 2 * low
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if predicate(middle) else (low, middle)
    return low


def forced(theorem: str, found: LowerInstance, hp: Mapping[str, Fraction]) -> Forced:
    """The lower bound ``theorem`` at an instance and the numbers ``hp`` of a method.

    Without beta2, Adam's is 1 - 1/T for a run of T steps (T >= 2); the exact recursion then has that of the forced T.
    """
    variant = next(v for v in bounds.variants(theorem) if _method(theorem, v).momentum == (hp["beta1"] > 0))
    statement, method = bounds.theorem(theorem, variant), _method(theorem, variant)
    follows = method.accumulator == "adam" and "beta2" not in hp

    def numbers(T: int) -> Mapping[str, Fraction]:
        return {**hp, "beta2": 1 - Fraction(1, max(T, 2))} if follows else hp

    short = math.ceil(1 / (1 - hp["beta1"] ** 2)) + 1  # beta2 = 1 - 1/T exceeds beta1^2 from here on
    steps = largest(lambda T: applies(statement, found, numbers(T), T), short)
    chosen = numbers(steps)
    success = first_success(method, found.problem, chosen, -found.jump, found.epsilon, LIMIT)
    why = "" if steps else unmet(statement, {k: x for k, x in chosen.items() if k in GIVEN} | {"alpha": found.alpha})
    return Forced(theorem, variant, steps, chosen, failure(method, found, chosen, steps), success, why)


def _method(theorem: str, variant: str) -> Method:
    method = bounds.method(theorem, variant)
    if method is None or bounds.kind(theorem) != "lower":
        raise ValueError(f"theorem: expected a lower bound, got {theorem}")
    return method


def failure(method: Method, found: LowerInstance, hp: Mapping[str, Fraction], T: int) -> tuple[Fraction, Fraction]:
    """Encloses P(f(x_T) - f* > epsilon): the sum over the three paths of the noise, each an exact recursion.

    A path that is not decided (more than ``LIMIT`` steps, or balls that grow too fast) counts in the upper end only;
    of the one that is thrown away from x* the theorem knows the answer for T = the forced steps.
    """
    low = high = Fraction(0)
    for xi, p in found.paths:
        fails = _decided(method, found, hp, xi, T)
        low += p if fails or (fails is None and xi < 0) else 0
        high += p if fails is not False else 0
    return low, high


def _decided(method: Method, found: LowerInstance, hp: Mapping[str, Fraction], xi: Fraction, T: int) -> bool | None:
    if T > LIMIT and not (xi == 0 and contracts(method, hp, T)):  # the undisturbed path arrives soon
        return None
    try:
        return missed_at(method, found.problem, hp, xi, found.epsilon, T)
    except NotDecided:
        return None
