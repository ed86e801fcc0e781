"""Statements and proofs as frozen data.  Nothing here judges anything: the kernel does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bounds.terms import Term


@dataclass(frozen=True)
class Process:
    """A process: ``base`` at indices below ``start``, ``step`` (in the variable t) from ``start`` on.

    Its value at index s is F_{s+level}-measurable.
    """

    name: str
    sort: str  # "scalar" or "vector"
    level: int
    start: int
    base: Term | None
    step: Term
    meaning: str


@dataclass(frozen=True)
class Parameter:
    sign: str  # "pos", "nonneg" or "real"
    meaning: str


@dataclass(frozen=True)
class Statement:
    """Everything a human must judge: the setting, the hypotheses and the conclusion of a theorem."""

    id: str
    variant: str
    title: str
    source: str
    integers: Mapping[str, tuple[int, str]]  # name -> (minimum, meaning)
    parameters: Mapping[str, Parameter]
    vectors: Mapping[str, str]
    functions: Mapping[str, tuple[str, str]]  # name -> (sort of the value, meaning)
    noise: str
    processes: tuple[Process, ...]
    definitions: Mapping[str, Term]
    assumptions: Mapping[str, Term]
    conditions: Mapping[str, Term]
    free_parameters: tuple[str, ...]
    bound: Term | None  # what may be read off at given numbers; None: the conclusion is any closed fact
    conclusion: Term

    def given(self, name: str) -> Term | None:
        """The named definition, assumption or condition."""
        for group in (self.definitions, self.assumptions, self.conditions):
            if name in group:
                return group[name]
        return None


@dataclass(frozen=True)
class Step:
    """One claimed sequent ``hyps |- concl``, by a rule from earlier steps; see docs/rules.md."""

    rule: str
    concl: Term
    hyps: tuple[Term, ...] = ()
    prem: tuple[int, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Proof:
    """A statement with the steps that are claimed to prove it."""

    statement: Statement
    steps: tuple[Step, ...]
