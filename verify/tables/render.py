"""A table in a format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verify.tables.csv import long_csv
from verify.tables.latex import latex
from verify.tables.macros import macros
from verify.tables.markdown import markdown
from verify.tables.record import dumps

WRITERS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "latex": latex,
    "csv": long_csv,
    "md": markdown,
    "json": dumps,
    "macros": macros,
}


def render(record: Mapping[str, Any], kind: str) -> str:
    """The table as "latex", "csv", "md" or "json", or the "macros" of its numbers."""
    return WRITERS[kind](record)
