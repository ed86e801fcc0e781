"""Good free parameters for any statement (untrusted: what is returned is certified elsewhere).

The conditions and the bound of the statement are minimised as they stand (``signomial``, ``program``, ``solver``), with
every condition kept a little away from equality, so that rounding the parameters to a few digits does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from math import exp, floor, log, log1p

from bounds.statement import Statement
from bounds.terms import Term, par
from verify.constants.program import COST, Program
from verify.constants.signomial import conditions
from verify.constants.solver import solve
from verify.decimals import rounded

SLACK = (1e-9, 1e-7, 1e-5)  # of the logarithms of the two sides, tried in turn
DIGITS = 13
MOST_DIGITS = 1000
FAR = 500 * log(10)  # a parameter on which nothing depends may run off; within 500 digits any value is as good


def candidates(statement: Statement, values: Mapping[str, Fraction]) -> Iterator[dict[str, Fraction]]:
    """Free parameters to try in turn, the best first; a missing ``eta`` or ``b0`` is the reweighted one.

    Raises ``ArithmeticError`` or ``ValueError`` where there is nothing to try.
    """
    fixed = matched(statement, values)
    program = program_of(statement, values)
    for slack in SLACK:
        found = solve(program, slack)
        x = dict(zip(program.variables, found.x.clip(-FAR, FAR), strict=True))
        free = fixed | {name: from_log(value) for name, value in x.items() if name != COST}
        if reweighted(statement, values):
            scale = values["Delta"] / values["L"] if "Delta" in values else values["R"] ** 2
            free["eta"] = free["gamma"] ** 2 / scale
        yield free


def program_of(statement: Statement, values: Mapping[str, Fraction]) -> Program:
    """The program of a statement at numbers."""
    instead: dict[str, Term] = {}
    fixed = matched(statement, values)
    if fixed:
        names = tuple("b0" if name == "gamma" else name for name in statement.free_parameters)
        statement, values = replace(statement, free_parameters=names), {**values, **fixed}
    if reweighted(statement, values):
        scale = par("Delta") / par("L") if "Delta" in values else par("R") ** 2
        instead["eta"] = par("gamma") ** 2 / scale
    return Program(conditions(statement, values, instead))


def reweighted(statement: Statement, values: Mapping[str, Fraction]) -> bool:
    """eta = (gamma/R)^2, with R^2 read as Delta/L where the statement speaks about Delta."""
    return "eta" in statement.parameters and "eta" not in values


def matched(statement: Statement, values: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Adam without a b0: gamma = R (1 - beta2)^(1/2) beta2^(N/2), so that b_t^2 counts steps in units of R.

    Then b0 takes the place of gamma among what is searched; R is (Delta/L)^(1/2) where the statement has no R.
    """
    if "b0" in values or "beta2" not in values:
        return {}
    beta2, size = values["beta2"], values["Delta"] / values["L"] if "Delta" in values else values["R"] ** 2
    decay = float(values["N"]) * log1p(-float(1 - beta2))
    return {"gamma": from_log((log_of(size) + log_of(1 - beta2) + decay) / 2)}


def log_of(x: Fraction) -> float:
    """ln x for a positive rational of any size."""
    return log(x.numerator) - log(x.denominator)


def from_log(x: float) -> Fraction:
    """e^x as a short decimal; OverflowError where it has more than 1000 digits: nothing is certified there."""
    k = floor(x / log(10))
    if abs(k) > MOST_DIGITS:
        raise OverflowError(f"a parameter of about 1e{k}")
    return rounded(Fraction(exp(x - k * log(10))) * Fraction(10) ** k, True, DIGITS)
