"""Proofs whose conditions are derived from others: a closed form uses a theorem at numbers of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from bounds.script import Line, Script
from bounds.statement import Statement
from bounds.terms import Term

Items = tuple[tuple[Line, Any], ...]


class Derivation(Protocol):
    """What is derived."""

    def conditions(self, wanted: Mapping[str, Term]) -> dict[str, Line]:
        """The conditions of the theorem by name; KeyError for one that is not known."""

    def last(self, bound: Line) -> Items:
        """The items that turn the theorem's bound, scaled, into the closed form."""


class Derived(Script):
    """A script whose ``given`` also knows the ``wanted`` conditions, derived from those of the statement."""

    def __init__(
        self, statement: Statement, derivation: Callable[[Script], Derivation], wanted: Mapping[str, Term]
    ) -> None:
        super().__init__(statement)
        self._derived: dict[str, Line] = {}
        self._derivation = derivation(self)
        self._derived = self._derivation.conditions(wanted)

    def given(self, name: str) -> Line:
        return self._derived[name] if name in self._derived else super().given(name)

    def at_the_numbers(self, bound: Line) -> Items:
        """The items that turn the theorem's bound, scaled, into the closed form."""
        return self._derivation.last(bound)
