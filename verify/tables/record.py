"""The record of a table (format tailcert-table/1), and what is read off it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import groupby, product
from typing import Any

FORMAT = "tailcert-table/1"
MISSING = "--"
PANEL = ("theorem", "beta1", "delay")  # one table for each
AXES = (*PANEL, "alpha", "delta", "N")
SETTINGS = ("L", "R", "Delta", "sigma", "b0", "beta2", "eta")
Panel = tuple[str, str, int]
FORGETTING = "1-1/N"  # the usual beta2
METRIC = {False: "f(xbar) - f*", True: "mean of ||grad f(x_t)||^2"}  # by whether a theorem is non-convex
TRIVIAL = {False: "L R^2/2", True: "2 L Delta"}


class TableRefused(ValueError):
    """A table does not stand: where, and why."""


def dumps(record: Any) -> str:
    """The bytes whose sha256 is quoted."""
    return json.dumps(record, sort_keys=True, indent=1) + "\n"


def sha256(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(dumps(record).encode()).hexdigest()


def panels(record: Mapping[str, Any]) -> list[Panel]:
    """What there is one table for."""
    return list(product(*(record["grid"][k] for k in PANEL)))


def cells_of(record: Mapping[str, Any], panel: Panel) -> list[Mapping[str, Any]]:
    return [cell for cell in record["cells"] if tuple(cell[k] for k in PANEL) == panel]


def rows(record: Mapping[str, Any], panel: Panel) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """alpha, delta and the cells of a row."""
    for (alpha, delta), row in groupby(cells_of(record, panel), key=lambda cell: (cell["alpha"], cell["delta"])):
        yield alpha, delta, list(row)


def nonconvex(theorem: str) -> bool:
    """Whether the theorem bounds ||grad f||^2 and not the gap."""
    return theorem.startswith("nonconvex-")


def trivial(record: Mapping[str, Any], theorem: str) -> Fraction:
    """What holds at x_0: f - f* <= L R^2/2; where f need not be convex, ||grad f||^2 <= 2 L Delta."""
    given = {k: record["settings"][k] for k in ("L", "R", "Delta")}
    if nonconvex(theorem):
        return 2 * Fraction(given["L"]) * Fraction(given["Delta"])
    return Fraction(given["L"]) * Fraction(given["R"]) ** 2 / 2


def where(cell: Mapping[str, Any]) -> str:
    return f"{called(panel_of(cell))}, alpha {cell['alpha']}, delta {cell['delta']}, N {cell['N']}"


def panel_of(cell: Mapping[str, Any]) -> Panel:
    return cell["theorem"], cell["beta1"], cell["delay"]


def called(panel: Panel) -> str:
    """A theorem, with its momentum and delay where they are not the usual ones.

    >>> called(("convex-clip-sgd", "0", 1)), called(("convex-clip-sgd", "0.9", 2))
    ('convex-clip-sgd', 'convex-clip-sgd, beta1 0.9, delay 2')
    """
    theorem, beta1, delay = panel
    return theorem + f", beta1 {beta1}" * (beta1 != "0") + f", delay {delay}" * (delay != 1)


def headline(record: Mapping[str, Any], style: str) -> str:
    version = record["provenance"]["versions"]["tailcert"]
    return f"tailcert {version}; {record['command']} --format {style}; sha256 of the table's JSON {sha256(record)}"


def any_vacuous(record: Mapping[str, Any], panel: Panel) -> bool:
    return any(cell["vacuous"] for cell in cells_of(record, panel))


def any_missing(record: Mapping[str, Any], panel: Panel) -> bool:
    return any(cell["certificate"] is None for cell in cells_of(record, panel))


def setting(record: Mapping[str, Any], panel: Panel, name: str) -> str:
    """A setting as it was used: a matched b0 is 1, except for Adam-type methods."""
    written: str = record["settings"][name]
    return "1" if (name, written) == ("b0", "matched") and "beta2" not in relevant(record, panel) else written


def relevant(record: Mapping[str, Any], panel: Panel) -> list[str]:
    given = (cell["certificate"]["values"] for cell in cells_of(record, panel) if cell["certificate"])
    used = {name for values in given for name in values}
    return [k for k in SETTINGS if k in {"L", "sigma", "Delta" if nonconvex(panel[0]) else "R"} | used]


def certificate(record: Mapping[str, Any], cell: Mapping[str, Any]) -> dict[str, Any]:
    """The ``tailcert-bound/1`` certificate of a cell; statements are stored once and shared."""
    own = cell["certificate"]
    shared = record["statements"][own["statement_sha256"]]
    return {"format": "tailcert-bound/1", "statement": shared["statement"], "terms": shared["terms"], **own}
