"""Replay a certificate: the only way in which anything here is ever called proved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bounds.statement import Statement
from bounds.terms import BINDERS, Term, free_variables, le, lt, mk, par, subterms, time, time_sub
from verify.kernel.certificate import (
    FORMAT,
    TermReader,
    decode_statement,
    decode_step,
    digest,
    statement_digest,
)
from verify.kernel.checker import Checker, require, under_expectation
from verify.kernel.measurable import Fields, deterministic
from verify.kernel.normal import KernelError, Normal
from verify.kernel.rules import RULES

AXIOM_RULES = ("ville",)


@dataclass(frozen=True)
class Replay:
    """What a successful replay established."""

    statement: Statement
    statement_sha256: str
    sha256: str
    n_steps: int
    rules: Mapping[str, int]
    leaves: tuple[str, ...]  # "given:NAME", "define:NAME": the premises that a human must judge
    axioms: tuple[str, ...]  # names in the ledger


class Refused(KernelError):
    """A certificate that does not check: the first failing step, its rule and the reason."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where, self.reason = where, reason


def load(text: str) -> Any:
    """JSON with duplicate keys and non-integers refused."""

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({k for k, _ in items}) != len(items):
            raise KernelError("malformed certificate: duplicate keys")
        return dict(items)

    def number(x: str) -> Any:
        raise KernelError(f'malformed certificate: the float {x}; write an exact rational as a string such as "3/2"')

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise KernelError(f"not a JSON certificate: {error}") from None


def replay(certificate: Any, progress: Callable[[int, int], None] | None = None) -> Replay:
    """Check every step; raise ``Refused`` naming the first that fails.

    A digest that does not match is refused too, after the steps, so that an edit is located where it hurts.
    """
    try:
        require(isinstance(certificate, Mapping), "expected a JSON object")
        require(
            certificate.get("format") == FORMAT, "expected the format {}, got {!r}", FORMAT, certificate.get("format")
        )
        raw = certificate.get("steps")
        require(isinstance(raw, list) and bool(raw), "expected a list of steps")
        reader = TermReader(certificate.get("terms"))
        statement = decode_statement(certificate.get("statement"), reader)
        check_statement(statement)
        names = _Names(statement)
        for term in reader.terms:
            names.check(term)
        both = names.integer_variables & names.vector_variables
        require(not both, "{} are used as integers and as vectors", sorted(both))
    except KernelError as error:
        raise Refused("statement", str(error)) from None
    checker = Checker(statement, Normal(statement), Fields(statement), [])
    for k, data in enumerate(raw):
        rule = data.get("rule") if isinstance(data, Mapping) else None
        try:
            require(isinstance(rule, str) and rule in RULES, "unknown rule {!r}", rule)
            step = decode_step(data, k, reader)
            RULES[step.rule](checker, step)
        except (KernelError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise Refused(f"step {k} ({rule})", str(error)) from None
        checker.done.append(step)
        if progress is not None:
            progress(k + 1, len(raw))
    return _close(certificate, checker)


def _close(certificate: Mapping[str, Any], checker: Checker) -> Replay:
    statement, steps = checker.statement, checker.done
    last = steps[-1]
    if last.hyps or not checker.same(last.concl, statement.conclusion):
        raise Refused(f"step {len(steps) - 1} ({last.rule})", "the last step is not the statement's conclusion")
    sealed = {k: v for k, v in certificate.items() if k != "sha256"}
    for key, value in (("statement_sha256", statement_digest(statement)), ("sha256", digest(sealed))):
        if certificate.get(key) != value:
            raise Refused("certificate", f"{key} does not match: the file was edited or truncated")
    leaves = {f"{s.rule}:{s.args['name']}" for s in steps if s.rule in ("given", "define")}
    return Replay(
        statement,
        certificate["statement_sha256"],
        certificate["sha256"],
        len(steps),
        dict(sorted(Counter(s.rule for s in steps).items())),
        tuple(sorted(leaves)),
        tuple(a for a in AXIOM_RULES if any(s.rule == a for s in steps)),
    )


# --- the statement itself ---------------------------------------------------------------------------


def check_statement(st: Statement) -> None:
    """Names are distinct, processes well founded and measurable, the bound is what the conclusion says."""
    names = [*st.integers, *st.parameters, *st.vectors, *st.functions, st.noise, *(p.name for p in st.processes)]
    require(len(set(names)) == len(names), "two objects of the statement have the same name")
    require("t" not in names, "t is the variable of the recursions and cannot be declared")
    for name, (low, _) in st.integers.items():
        require(low >= 0, "expected a minimum >= 0 for the integer {}, got {}", name, low)
    require("alpha" in st.parameters, "the statement has no parameter alpha")
    require(st.parameters["alpha"].sign == "pos", "alpha must be positive")
    for wanted in (lt(1, par("alpha")), le(par("alpha"), 2)):
        require(wanted in st.assumptions.values(), "the statement does not assume {!r}", wanted)
    unknown = set(st.free_parameters) - set(st.parameters)
    require(not unknown, "free parameters {} are not parameters", sorted(unknown))
    fields = Fields(st)
    earlier: list[str] = []
    for p in st.processes:
        _check_process(st, fields, p.name, earlier)
        earlier.append(p.name)
    _check_definitions(st)
    for group in (st.definitions, st.assumptions, st.conditions):
        for name, fact in group.items():
            require(free_variables(fact) <= set(st.integers), "{} has free variables", name)
    for name, fact in st.conditions.items():
        require(
            fact.head in ("le", "lt") and all(map(deterministic, fact.args)), "condition {} is not of parameters", name
        )
    require(free_variables(st.conclusion) <= set(st.integers), "the conclusion has free variables")
    if st.bound is not None:
        _check_bound(st.bound, st.conclusion)


def _check_bound(bound: Term, conclusion: Term) -> None:
    """The bound is the right-hand side of the last inequality of ``whp(e, and(...))``."""
    require(conclusion.head == "whp" and conclusion.args[1].head == "and", "expected the conclusion whp(e, and(...))")
    last = conclusion.args[1].args[-1]
    require(last.head == "le" and last.args[1] is bound, "the bound is not the last inequality of the conclusion")
    require(deterministic(bound), "the bound is not deterministic")


def _check_definitions(st: Statement) -> None:
    """``parameter = term`` of earlier parameters, once; or a fact for all vectors that defines a function."""
    open_names = {f.args[0].args[0] for f in st.definitions.values() if _defines_parameter(f)}
    for name, fact in st.definitions.items():
        if _defines_parameter(fact):
            target = fact.args[0].args[0]
            require(target in open_names, "{} defines {} a second time", name, target)
            require(
                target != "alpha" and target not in st.free_parameters, "{} defines {}, which is given", name, target
            )
            used = _parameters(fact.args[1])
            require(deterministic(fact.args[1]) and not used & open_names, "{} is circular or not deterministic", name)
            open_names.discard(target)
        else:
            require(_defines_function(fact), "{} defines neither a parameter nor the value of a function", name)
            require(not any(x.head != "vvar" for x in _occurrences(fact)), "{} mentions a process", name)
            _check_value(st, name, fact)


def _check_value(st: Statement, name: str, fact: Term) -> None:
    """A value in terms of the function itself, or a factor that may be 0, can be a contradiction."""
    _, premises, equation = fact.args
    left, value = equation.args
    if left.head == "scale":
        factor, left = left.args
        floors = [p.args[0] for p in premises if p.head == "le" and p.args[1] is factor]
        positive = any(a.head == "par" and st.parameters[a.args[0]].sign == "pos" for a in floors)
        require(
            positive,
            "the factor {!r} of {} may be 0: expected a premise p <= factor, p a positive parameter",
            factor,
            name,
        )
    used = set().union(*map(_functions, (*premises, value)))
    require(left.args[0] not in used, "{} defines {} by itself", name, left.args[0])


def _defines_parameter(fact: Term) -> bool:
    return fact.head == "eq" and fact.args[0].head == "par"


def _defines_function(fact: Term) -> bool:
    """For all vectors v: ... => f(v) = value, or factor * f(v) = value."""
    if fact.head != "all" or fact.args[2].head not in ("eq", "veq"):
        return False
    variables, _, equation = fact.args
    left = equation.args[0]
    if left.head == "scale":
        left = left.args[1]
    of_variable = left.head in ("app", "vapp") and left.args[1].head == "vvar"
    return of_variable and variables == ((left.args[1].args[0], "vec"),)


def _parameters(term: Term) -> set[str]:
    return {term.args[0]} if term.head == "par" else set().union(*(_parameters(x) for x in subterms(term)))


def _functions(term: Term) -> set[str]:
    own = {term.args[0]} if term.head in ("app", "vapp") else set()
    return own.union(*map(_functions, subterms(term)))


def _check_process(st: Statement, fields: Fields, name: str, earlier: list[str]) -> None:
    p = next(q for q in st.processes if q.name == name)
    require(p.start >= 0, "the recursion of {} starts at {}, expected a start >= 0", name, p.start)
    if p.base is not None:
        require(not _stochastic(p.base) and not free_variables(p.base), "the base of {} is not a constant", name)
    require(free_variables(p.step) <= {"t", *st.integers}, "the step of {} has free variables", name)
    require(not _sums_over_t(p.step), "a sum in the step of {} is over t, the variable of the recursion", name)
    now = time(0, t=1)
    for atom in _occurrences(p.step):
        require(atom.head in ("proc", "vproc"), "the step of {} contains {}", name, atom.head)
        other, r = atom.args
        if other == st.noise:
            continue
        late = time(0, t=1) if other in earlier else time(-1, t=1)
        require(
            fields.surely_nonneg(time_sub(late, r)),
            "the recursion of {} is not well founded at {}[{!r}]",
            name,
            other,
            r,
        )
    at = mk("time", now.args[0] + p.level, now.args[1])
    require(fields.measurable(p.step, at), "the step of {} is not measurable at its declared level", name)


def _sums_over_t(term: Term) -> bool:
    """Then an index t in the step need not be the time of the step, and r <= t - 1 would say nothing."""
    return (term.head in BINDERS and term.args[0] == "t") or any(map(_sums_over_t, subterms(term)))


def _occurrences(term: Term) -> list[Term]:
    if term.head in ("proc", "vproc", "E", "Ev", "vvar"):
        return [term]
    return [x for s in subterms(term) for x in _occurrences(s)]


def _stochastic(term: Term) -> bool:
    return bool(_occurrences(term))


class _Names:
    """Every name in a term is declared, with the right sort; bound variables are not declared names."""

    def __init__(self, st: Statement) -> None:
        self.scalars = {p.name for p in st.processes if p.sort == "scalar"}
        self.declared: dict[str, set[str]] = {
            "par": set(st.parameters),
            "vpar": set(st.vectors),
            "proc": self.scalars,
            "vproc": {p.name for p in st.processes if p.sort == "vector"} | {st.noise},
            "app": {k for k, (sort, _) in st.functions.items() if sort == "scalar"},
            "vapp": {k for k, (sort, _) in st.functions.items() if sort == "vector"},
        }
        self.taken = set().union(*self.declared.values())
        self.integer_variables: set[str] = set()
        self.vector_variables: set[str] = set()
        self.integers = set(st.integers)

    def check(self, term: Term) -> None:
        head = term.head
        if head in self.declared:
            require(term.args[0] in self.declared[head], "{!r} is not declared as {}", term.args[0], head)
        elif head in ("sum", "vsum"):
            require(
                term.args[0] not in self.taken | self.integers,
                "the bound variable {!r} is a declared name",
                term.args[0],
            )
        elif head == "all":
            for v, sort in term.args[0]:
                require(v not in self.taken | self.integers, "the quantified variable {!r} is a declared name", v)
                if sort == "vec":
                    inside = any(under_expectation(v, x) for x in (*term.args[1], term.args[2]))
                    require(not inside, "the vector variable {} occurs inside an expectation or a whp", v)
        elif head == "whp":
            constant = deterministic(term.args[0]) and free_variables(term.args[0]) <= self.integers
            require(constant, "the failure probability {!r} is not deterministic", term.args[0])
        elif head == "vvar":
            self.vector_variables.add(term.args[0])
            require(
                term.args[0] not in self.taken | self.integers, "the variable {!r} is a declared name", term.args[0]
            )
        elif head == "time":
            for v, _ in term.args[1]:
                require(v not in self.taken, "the integer variable {!r} is a declared name", v)
                self.integer_variables.add(v)
