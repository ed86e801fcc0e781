"""Both checkers on one changed step, everything before it being as it was; and on whole certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bounds.statement import Proof, Step
from bounds.terms import num
from verify import recheck
from verify.kernel.certificate import (
    TermTable,
    encode_statement,
    encode_step,
)
from verify.kernel.checker import Checker
from verify.kernel.measurable import Fields
from verify.kernel.normal import KernelError, Normal
from verify.kernel.reading import TermReader, decode_statement, decode_step
from verify.kernel.replay import Refused, load, replay
from verify.kernel.rules import RULES
from verify.kernel.statement import Names
from verify.recheck_terms import Invalid

ERRORS = (
    KernelError,
    Invalid,
    ValueError,
    TypeError,
    AttributeError,
    KeyError,
    IndexError,
    ArithmeticError,
    RecursionError,
)


@dataclass(frozen=True)
class Verdict:
    """Who accepts, and the kernel's reason for refusing."""

    kernel: bool
    recheck: bool
    reason: str = ""

    @property
    def refused(self) -> bool:
        return not (self.kernel or self.recheck)


class Judges:
    """The kernel and the re-checker, each with its own reading of one correct certificate."""

    def __init__(self, proof: Proof) -> None:
        self.table = TermTable()
        st = encode_statement(proof.statement, self.table.put)
        raw = [encode_step(s, self.table) for s in proof.steps]
        entries = list(self.table.entries)
        self.reader = TermReader(entries)
        statement = decode_statement(st, self.reader)
        self.names = Names(statement)
        for term in self.reader.terms:
            self.names.check(term)
        steps = [decode_step(s, k, self.reader) for k, s in enumerate(raw)]
        self.kernel = Checker(statement, Normal(statement), Fields(statement), steps)
        self.steps = steps
        from verify.recheck import digest

        obj = {"statement": st, "terms": entries, "statement_sha256": "", "sha256": digest({})}
        self.second = recheck.Proof(recheck.read_statement(obj))
        second = self.second
        for s in raw:
            hyps = frozenset(second.normal.fact(second.terms.entry(h, "f")) for h in s["hyps"])
            second.sequents.append(recheck.Sequent(hyps, second.terms.entry(s["concl"], "f")))
        self.bad: tuple[set[int], set[int]] = (set(), set())

    def __call__(self, k: int, step: Step) -> Verdict:
        """Do they accept ``step`` as step number k?"""
        try:
            raw = encode_step(step, self.table)
        except (KeyError, TypeError) as error:  # the rule has no such argument
            return Verdict(False, False, str(error))
        self._read_new_terms()
        used = _indices(raw)
        return Verdict(*self._kernel(k, raw, used), self._last_reason)

    def _kernel(self, k: int, raw: dict[str, Any], used: set[int]) -> tuple[bool, bool]:
        self._last_reason = "a malformed term"
        first = second = False
        self.kernel.done = self.steps[:k]
        if not used & self.bad[0]:
            try:
                step = decode_step(raw, k, self.reader)
                RULES[step.rule](self.kernel, step)
                first, self._last_reason = True, ""
            except ERRORS as error:
                self._last_reason = str(error)
        if not used & self.bad[1]:
            kept = list(self.second.sequents)
            del self.second.sequents[k:]
            try:
                self.second.replay(k, raw)
                second = True
            except ERRORS:
                pass
            self.second.sequents[:] = kept
        return first, second

    def _read_new_terms(self) -> None:
        """Terms that a checker cannot read stay in the table as 0; what uses them is refused."""
        for i in range(len(self.reader.terms), len(self.table.entries)):
            entry = self.table.entries[i]
            deep = _entry_indices(entry)
            try:
                if deep & self.bad[0]:
                    raise KernelError("uses a malformed term")
                term = self.reader._read(entry)
                self.names.check(term)
                self.reader.terms.append(term)
            except ERRORS:
                self.bad[0].add(i)
                self.reader.terms.append(num(0))
            second = self.second.terms
            try:
                if deep & self.bad[1]:
                    raise Invalid("uses a malformed term")
                second.entries.append(second._read(*entry))
            except ERRORS:
                self.bad[1].add(i)
                second.entries.append(second.num(0))


def whole(certificate: Any, text: str) -> Verdict:
    """Both checkers on a complete certificate."""
    kernel = second = True
    reason = ""
    try:
        replay(load(text))
    except Refused as refusal:
        kernel, reason = False, str(refusal)
    try:
        recheck.check(certificate)
    except recheck.Refused:
        second = False
    return Verdict(kernel, second, reason)


def _indices(raw: dict[str, Any]) -> set[int]:
    """Term indices of a step; other integers in it (premise positions) are harmless supersets."""
    return {raw["concl"], *raw["hyps"], *_numbers(raw["args"])}


def _entry_indices(entry: list[Any]) -> set[int]:
    return set() if entry[0] in ("time", "q") else _numbers(entry[1:])


def _numbers(x: Any) -> set[int]:
    if type(x) is int:
        return {x}
    if isinstance(x, dict):
        return set().union(*map(_numbers, x.values()), set())
    return set().union(*map(_numbers, x), set()) if isinstance(x, list) else set()
