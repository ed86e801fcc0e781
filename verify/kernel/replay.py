"""Replay a certificate: the only way in which anything here is ever called proved."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bounds.statement import Statement
from verify.kernel.certificate import (
    FORMAT,
    digest,
    statement_digest,
)
from verify.kernel.checker import Checker, require
from verify.kernel.measurable import Fields
from verify.kernel.normal import KernelError, Normal
from verify.kernel.reading import TermReader, decode_statement, decode_step, record
from verify.kernel.rules import RULES
from verify.kernel.statement import Names, check_statement

AXIOM_RULES = ("ville",)
# what a malformed or excessive certificate may raise: whatever it is, the certificate is refused
WRONG = (KernelError, ArithmeticError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError)


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
    except (ValueError, RecursionError) as error:
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
        record(certificate, ("format", "statement", "terms", "steps", "statement_sha256", "sha256"), "certificate")
        raw = certificate.get("steps")
        require(isinstance(raw, list) and bool(raw), "expected a list of steps")
        reader = TermReader(certificate.get("terms"))
        statement = decode_statement(certificate.get("statement"), reader)
        check_statement(statement)
        names = Names(statement)
        for term in reader.terms:
            names.check(term)
        both = names.integer_variables & names.vector_variables
        require(not both, "{} are used as integers and as vectors", sorted(both))
    except WRONG as error:
        raise Refused("statement", _reason(error)) from None
    checker = Checker(statement, Normal(statement), Fields(statement), [])
    for k, data in enumerate(raw):
        rule = data.get("rule") if isinstance(data, Mapping) else None
        try:
            require(isinstance(rule, str) and rule in RULES, "unknown rule {!r}", rule)
            step = decode_step(data, k, reader)
            RULES[step.rule](checker, step)
        except WRONG as error:
            raise Refused(f"step {k} ({rule})", _reason(error)) from None
        checker.done.append(step)
        if progress is not None:
            progress(k + 1, len(raw))
    return _close(certificate, checker)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, KernelError | ValueError) else f"{type(error).__name__}: {error}"


def _close(certificate: Mapping[str, Any], checker: Checker) -> Replay:
    statement, steps = checker.statement, checker.done
    last = steps[-1]
    end = f"step {len(steps) - 1} ({last.rule})"
    try:
        reached = not last.hyps and checker.same(last.concl, statement.conclusion)
    except WRONG as error:
        raise Refused(end, _reason(error)) from None
    if not reached:
        raise Refused(end, "the last step is not the statement's conclusion")
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
