"""A table as CSV, one line for each cell."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from verify.decimals import plain
from verify.tables.record import AXES, nonconvex, trivial

POINT = ("gamma", "lam", "eta", "beta2", "b0", "kappa", "rho", "chi")  # the exact values a reader may want, in the csv
COLUMNS = (
    *AXES,
    "variant",
    "L",
    "R",
    "Delta",
    "sigma",
    "bound",
    "lower",
    "upper",
    "trivial",
    "vacuous",
    *POINT,
    "sha256",
    "reason",
)


def long_csv(record: Mapping[str, Any]) -> str:
    """One line for each cell; what is not the rounded ``bound`` is exact or a twelve-digit enclosure."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(record, cell) for cell in record["cells"])
    return out.getvalue()


def _row(record: Mapping[str, Any], cell: Mapping[str, Any]) -> dict[str, Any]:
    shared = {k: cell[k] for k in (*AXES, "bound", "reason")}
    scale = "Delta" if nonconvex(cell["theorem"]) else "R"
    shared |= {k: record["settings"][k] for k in ("L", scale, "sigma")}
    shared["trivial"] = plain(trivial(record, cell["theorem"]))
    certificate = cell["certificate"]
    if certificate is None:
        return shared
    values, ends = certificate["values"], certificate["bound"]
    return shared | {
        "variant": record["statements"][certificate["statement_sha256"]]["variant"],
        "lower": plain(Fraction(ends["lower"])),
        "upper": plain(Fraction(ends["upper"])),
        "vacuous": "yes" if cell["vacuous"] else "no",
        "sha256": certificate["sha256"],
        **{k: plain(Fraction(values[k])) for k in POINT if k in values},
    }
