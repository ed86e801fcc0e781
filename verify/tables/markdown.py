"""A table as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from verify.decimals import plain
from verify.tables.numbers import count
from verify.tables.record import (
    METRIC,
    MISSING,
    TRIVIAL,
    Panel,
    any_missing,
    any_vacuous,
    called,
    headline,
    nonconvex,
    panels,
    relevant,
    rows,
    setting,
    trivial,
)


def markdown(record: Mapping[str, Any]) -> str:
    """One table for each theorem: rows alpha and delta, columns N."""
    lines = [f"<!-- {headline(record, 'md')} -->"]
    for panel in panels(record):
        lines += ["", *_one(record, panel)]
    return "\n".join(lines) + "\n"


def _one(record: Mapping[str, Any], panel: Panel) -> Iterator[str]:
    yield f"**{called(panel)}**\n"
    steps = record["grid"]["N"]
    yield "| " + " | ".join(["alpha", "delta", *(f"N = {count(n)}" for n in steps)]) + " |"
    yield "|" + " ---: |" * (2 + len(steps))
    for alpha, delta, row in rows(record, panel):
        shown = [cell["bound"] + (" †" if cell["vacuous"] else "") for cell in row]
        yield "| " + " | ".join([alpha, delta, *shown]) + " |"
    yield ""
    notes = [
        f"{METRIC[nonconvex(panel[0])]} <= entry with probability >= 1 - delta, "
        f"at {_settings(record, panel)}; rounded up."
    ]
    notes += [
        f"†: above 9/10 of the trivial bound {TRIVIAL[nonconvex(panel[0])]} = {plain(trivial(record, panel[0]))}."
    ] * any_vacuous(record, panel)
    notes += [f"{MISSING}: no certified bound."] * any_missing(record, panel)
    yield " ".join(notes)


def _settings(record: Mapping[str, Any], panel: Panel) -> str:
    """The numbers a theorem depends on, as "L = 1, R = 1, sigma = 1"."""
    return ", ".join(f"{k} = {setting(record, panel, k)}" for k in relevant(record, panel))
