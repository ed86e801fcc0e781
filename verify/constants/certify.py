"""A theorem at exact numbers: every condition is checked in balls, and the bound is enclosed (trusted).

Whether the theorem is proved is the business of ``verify.prove``; here its hypotheses on the numbers are checked, so
that its bound may be read off.  Nothing is decided in floating point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bounds.show import text
from bounds.statement import Statement
from bounds.terms import Term, eq, le, lt, n, par, subterms, time
from verify.decimals import outward, rounded
from verify.kernel.balls import Balls, Undecided, Undefined
from verify.kernel.certificate import TermTable, digest, encode_statement, statement_digest

FORMAT = "tailcert-bound/1"
PRECISIONS = (128, 256, 512, 1024, 2048, 4096)
MAX_DIGITS = 600  # of the numerator and the denominator of a value
NARROW = Fraction(1, 10**20)  # relative width of the enclosure of the bound before it is rounded to decimals
# a fact with one of these heads is about f, the noise or the iterates: a hypothesis on the problem, not on the numbers
ABOUT_THE_PROBLEM = frozenset(
    ["proc", "inner", "norm", "app", "E", "Ev", "vpar", "vvar", "vproc", "vadd", "scale", "vapp", "vsum", "veq"]
)


class NotCertified(ValueError):
    """The theorem cannot be applied at these numbers; ``name`` is the condition that fails or is undecided."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"not certified: {name}: {reason}")
        self.name, self.reason = name, reason


@dataclass(frozen=True)
class Certified:
    """A statement, the exact numbers it is applied at, and decimals lower <= bound <= upper."""

    statement: Statement
    values: Mapping[str, Fraction]
    lower: Fraction
    upper: Fraction
    defined: Mapping[str, tuple[Fraction, Fraction]]  # enclosures of the parameters that have a definition


def certify(statement: Statement, values: Mapping[str, int | Fraction]) -> Certified:
    """Check every sign, minimum, condition and parameter-only assumption, and enclose the bound.

    ``values``: an exact number for every integer and parameter that has no definition.  Raises ``NotCertified``.
    """
    if statement.bound is None:
        raise NotCertified("bound", f"{statement.id} states no bound that could be read off")
    exact = _exact_values(statement, values)
    pending = numeric_facts(statement)
    reason = "the enclosures are too wide"
    for bits in PRECISIONS:
        try:
            at = _evaluation(statement, exact, bits)
        except Undecided as error:
            reason = str(error)
            continue
        pending = [(name, fact) for name, fact in pending if not _certainly(at, name, fact)]
        ends = None if pending else _enclose(at, statement.bound)
        if ends is not None:
            defined = {name: at.enclose(term) for name, term in parameter_definitions(statement).items()}
            lower, upper = rounded(ends[0], up=False), rounded(ends[1], up=True)
            return Certified(statement, exact, lower, upper, defined)
    name = pending[0][0] if pending else "bound"
    raise NotCertified(name, f"undecided with {PRECISIONS[-1]} bits ({reason})")


def certificate(found: Certified) -> dict[str, Any]:
    """The JSON object that an independent checker can evaluate again (docs/rules.md, "Numerical certificates")."""
    table = TermTable()
    out: dict[str, Any] = {
        "format": FORMAT,
        "statement": encode_statement(found.statement, table.put),
        "values": {name: str(x) for name, x in found.values.items()},
        "bound": {"lower": str(found.lower), "upper": str(found.upper)},
        "statement_sha256": statement_digest(found.statement),
    }
    out["terms"] = table.entries
    return out | {"sha256": digest(out)}


def parameter_definitions(statement: Statement) -> dict[str, Term]:
    """The definitions ``par = term`` of parameters, the first of each parameter, in order."""
    out: dict[str, Term] = {}
    for fact in statement.definitions.values():
        if fact.head == "eq" and fact.args[0].head == "par":
            out.setdefault(fact.args[0].args[0], fact.args[1])
    return out


def numeric_facts(statement: Statement) -> list[tuple[str, Term]]:
    """What is checked: signs and minima, the conditions, and definitions and assumptions not about the problem."""
    out = [(k, le(low, n(time(0, **{k: 1})))) for k, (low, _) in statement.integers.items()]
    out += [(k, lt(0, par(k))) for k, parameter in statement.parameters.items() if parameter.sign == "pos"]
    out += [(k, le(0, par(k))) for k, parameter in statement.parameters.items() if parameter.sign == "nonneg"]
    defining = {eq(par(k), term) for k, term in parameter_definitions(statement).items()}
    for group in (statement.definitions, statement.assumptions):
        out += [(k, f) for k, f in group.items() if f not in defining and not _heads(f) & ABOUT_THE_PROBLEM]
    return out + list(statement.conditions.items())


def _heads(fact: Term) -> frozenset[str]:
    return frozenset((fact.head,)).union(*map(_heads, subterms(fact)))


def _exact_values(statement: Statement, values: Mapping[str, int | Fraction]) -> dict[str, Fraction]:
    if "alpha" not in values:
        raise NotCertified("alpha", "no value")
    wanted = (statement.integers.keys() | statement.parameters.keys()) - parameter_definitions(statement).keys()
    for name in sorted(wanted ^ values.keys()):
        raise NotCertified(name, "no value" if name in wanted else "a value that nothing asks for")
    for name, x in values.items():
        if isinstance(x, bool) or not isinstance(x, int | Fraction):
            raise NotCertified(name, f"expected an exact number, got {x!r}")
        if max(abs(x.numerator), x.denominator) >= 10**MAX_DIGITS:
            raise NotCertified(name, f"expected at most {MAX_DIGITS} digits")
    for name in statement.integers:
        if Fraction(values[name]).denominator != 1:
            raise NotCertified(name, f"expected an integer, got {values[name]}")
    return {name: Fraction(values[name]) for name in (*statement.integers, *statement.parameters) if name in values}


def _evaluation(statement: Statement, values: Mapping[str, Fraction], bits: int) -> Balls:
    """The values, and the definitions evaluated in their order."""
    at = Balls(values, bits)
    for name, term in parameter_definitions(statement).items():
        try:
            at.define(name, term)
        except Undefined as error:
            raise NotCertified(name, str(error)) from None
    return at


def _certainly(at: Balls, name: str, fact: Term) -> bool:
    """True if the fact certainly holds, False if it is undecided; raises ``NotCertified`` if it is false."""
    try:
        if at.holds(fact):
            return True
    except Undecided:
        return False
    except Undefined as error:
        raise NotCertified(name, str(error)) from None
    raise NotCertified(name, f"false: {text(fact)} {_sides(at, fact)}".rstrip())


def _sides(at: Balls, fact: Term) -> str:
    """The enclosures of the two sides of a comparison."""
    if fact.head not in ("le", "lt", "eq"):
        return ""
    try:
        both = [outward(*at.enclose(side)) for side in fact.args]
    except Undefined:
        return ""
    return "with sides " + " and ".join(f"[{e.lower}, {e.upper}]" for e in both)


def _enclose(at: Balls, bound: Term) -> tuple[Fraction, Fraction] | None:
    """An enclosure of the bound that is narrow enough, else None."""
    try:
        low, high = at.enclose(bound)
    except Undecided:
        return None
    except Undefined as error:
        raise NotCertified("bound", str(error)) from None
    return (low, high) if high - low <= NARROW * max(abs(low), abs(high)) else None
