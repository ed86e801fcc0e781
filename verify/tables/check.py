"""Does a table stand?  Every printed digit against its certificate, by the independent checker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import bounds
from verify import recheck
from verify.constants import VACUOUS
from verify.decimals import plain
from verify.prove import prove
from verify.recheck import Report
from verify.tables.fill import Grid, written
from verify.tables.numbers import last_unit
from verify.tables.record import (
    AXES,
    FORGETTING,
    FORMAT,
    MISSING,
    SETTINGS,
    TableRefused,
    certificate,
    dumps,
    nonconvex,
    sha256,
    trivial,
    where,
)

WORDS = {"b0": "matched", "beta2": FORGETTING, "eta": "reweighted"}  # what a setting may be beside a number
VERSION = re.compile(r"[0-9]+(\.[0-9a-z+]+)*")
KEYS = {"schema_version", "format", "provenance", "command", "settings", "digits", "grid", "statements", "cells"}
CELL = {*AXES, "bound", "vacuous", "certificate", "reason"}


@dataclass(frozen=True)
class Checked:
    """What an accepted table holds."""

    certified: int
    vacuous: int
    missing: int
    sha256: str

    @property
    def summary(self) -> str:
        counts = f"{self.certified} bounds ({self.vacuous} vacuous), {self.missing} cells without one"
        return f"CERTIFIED {counts}; sha256 {self.sha256}"


def check(record: Mapping[str, Any]) -> Checked:
    """Check every printed digit of a table; raises ``TableRefused`` at the first cell that does not stand.

    The checker is ``verify.recheck``, which shares no code with the search, the balls and the kernel.

    Checked for each cell with a bound: its ``tailcert-bound/1`` certificate, put together from the cell and the shared
    statement, is evaluated by the checker; that statement is the one whose proof it replayed, and rests on the axioms
    that the table names; alpha, delta, N, L, R, sigma (and b0, eta, delay where the theorem has them) of
    the certificate are those of the cell and of the settings; the printed string has the stated number of significant
    digits, is >= the certified upper bound and exceeds it by less than one unit in its last digit; the mark of
    vacuous cells is right.  The cells are the whole grid, in order.  All comparisons are of exact rationals.
    What else is printed is as the library writes it: theorems by their ids, numbers in their one spelling, the command
    line that makes this grid, a reason in one line.
    Not checked: that a cell without a bound could have none, and that a bound is the smallest.
    """
    try:
        return _check(record, replayed(record))
    except TableRefused:
        raise
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise TableRefused(f"malformed ({type(error).__name__}: {error})") from None


def _check(record: Mapping[str, Any], proofs: Mapping[str, Report]) -> Checked:
    _need(set(record) == KEYS and record["format"] == FORMAT, f"this is no {FORMAT}")
    _need(set(record["settings"]) == set(SETTINGS), f"settings: expected {', '.join(SETTINGS)}")
    digits = record["digits"]
    _need(type(digits) is int and 1 <= digits <= 12, "digits is no integer in [1, 12]")
    cells, grid = record["cells"], record["grid"]
    found = [tuple(cell[k] for k in AXES) for cell in cells]
    _need(dumps(found) == dumps(list(product(*(grid[k] for k in AXES)))), "the cells are not the grid's, in order")
    _need(len(set(found)) == len(found), "a cell is repeated")
    for name, s in record["statements"].items():
        _need(name in proofs, f"the statement {name[:16]} is not that of a replayed proof")
        own = proofs[name]
        same = (s["id"], s["variant"], set(s["axioms"])) == (own.id, own.variant, own.leaves.axioms)
        _need(same, f"the statement {name[:16]} is not what the table says of it")
    for cell in cells:
        try:
            _check_cell(record, cell)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            missing = "missing " * isinstance(error, KeyError)
            raise TableRefused(f"{where(cell)}: {missing}{error}") from None
    _check_words(record)
    missing_cells = sum(cell["certificate"] is None for cell in cells)
    vacuous = sum(cell["vacuous"] for cell in cells)
    return Checked(len(cells) - missing_cells, vacuous, missing_cells, sha256(record))


def _check_words(record: Mapping[str, Any]) -> None:
    """Nothing in a table can be mistaken for a number, nor hide one: every text has only one spelling."""
    version, axes, settings = record["provenance"]["versions"]["tailcert"], record["grid"], record["settings"]
    _need(record["provenance"] == {"versions": {"tailcert": version}}, "the provenance holds more than a version")
    _need(VERSION.fullmatch(version) is not None, "the version is no version")
    _need(set(axes["theorem"]) <= set(bounds.theorem_ids()), "a theorem that this library does not know")
    read = {k: settings[k] if settings[k] == WORDS.get(k) else Fraction(settings[k]) for k in SETTINGS}
    beta1, alpha, delta = (tuple(map(Fraction, axes[name])) for name in ("beta1", "alpha", "delta"))
    theorem, delay, n = (tuple(axes[name]) for name in ("theorem", "delay", "N"))
    grid = Grid(theorem, beta1, delay, alpha, delta, n, read, record["digits"])
    _need(dumps(grid.axes) == dumps(axes), "a number of the grid is not written the way tables are")
    _need(written(grid.settings) == settings, "a setting is not written the way tables are")
    _need(grid.command == record["command"], f"the command is not the one that makes this table, {grid.command}")


def _check_cell(record: Mapping[str, Any], cell: Mapping[str, Any]) -> None:
    _need(set(cell) == CELL, f"expected {', '.join(sorted(CELL))}")
    _need(type(cell["vacuous"]) is bool, "the mark of vacuous cells is no boolean")
    if cell["certificate"] is None:
        _need(cell["bound"] == MISSING and not cell["vacuous"], "a bound without a certificate")
        _need(bool(cell["reason"]) and cell["reason"].isprintable(), "neither a bound nor a reason in one line")
        return
    _need(cell["reason"] == "", "a bound and a reason why there is none")
    whole = certificate(record, cell)
    report = certified(whole)
    _need((report.format, report.id) == (whole["format"], cell["theorem"]), "a certificate of something else")
    _need(report.sha256 in record["statements"], "its statement is not among the statements")
    _check_values(whole["values"], record["settings"], cell)
    upper = Fraction(whole["bound"]["upper"])
    shown, (unit, digits) = Fraction(cell["bound"]), last_unit(cell["bound"])
    _need(shown >= upper, f"the printed {cell['bound']} is below the certified {plain(upper)}")
    _need(shown - upper < unit, f"the printed {cell['bound']} is not {plain(upper)} rounded up")
    _need(digits == record["digits"] or shown == 0, f"the printed {cell['bound']} has {digits} digits")
    _need(cell["vacuous"] is (upper > VACUOUS * trivial(record, cell["theorem"])), "the mark of vacuous cells is wrong")


def _check_values(values: Mapping[str, str], settings: Mapping[str, Any], cell: Mapping[str, Any]) -> None:
    """The certificate is about the numbers of the cell."""
    scale = "Delta" if nonconvex(cell["theorem"]) else "R"
    expected = {k: Fraction(settings[k]) for k in ("L", scale, "sigma")}
    expected |= {k: Fraction(cell[k]) for k in ("alpha", "delta", "N")}
    expected |= {k: Fraction(cell[s]) for k, s in (("d", "delay"), ("beta1", "beta1")) if k in values}
    _need("beta1" in values or Fraction(cell["beta1"]) == 0, "its certificate is for a method without momentum")
    if "beta2" in values:
        usual = settings["beta2"] == FORGETTING
        expected["beta2"] = 1 - 1 / expected["N"] if usual else Fraction(settings["beta2"])
    if "b0" in values and settings["b0"] != "matched":
        expected["b0"] = Fraction(settings["b0"])
    elif "b0" in values and "beta2" not in values:  # matched: an Adam-type method has a b0 of its own
        expected["b0"] = Fraction(1)
    if "eta" in values:
        adaptive = Fraction(values["gamma"]) ** 2 / (
            expected["Delta"] / expected["L"] if scale == "Delta" else expected["R"] ** 2
        )
        expected["eta"] = adaptive if settings["eta"] == "reweighted" else Fraction(settings["eta"])
    for name, x in expected.items():
        _need(Fraction(values[name]) == x, f"its certificate is for {name} = {values[name]}")


def _need(fact: bool, reason: str) -> None:
    if not fact:
        raise TableRefused(reason)


def certified(certificate: Mapping[str, Any]) -> Report:
    """The verdict of the independent checker on a certificate."""
    try:
        return recheck.check(certificate)
    except recheck.Refused as error:
        raise TableRefused(f"its certificate is refused {error}") from None


def replayed(record: Mapping[str, Any]) -> dict[str, Report]:
    """The proofs of the theorems in a table, replayed by the independent checker, by the sha256 of the statement."""
    try:
        wanted = {(s["id"], s["variant"]) for s in record["statements"].values()}
        known = [(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i) if (i, v) in wanted]
    except (AttributeError, KeyError, TypeError) as error:
        raise TableRefused(f"malformed statements ({type(error).__name__}: {error})") from None
    return {report.sha256: report for report in (replay(i, v) for i, v in known)}


@cache
def replay(theorem: str, variant: str) -> Report:
    """The independent checker's report on a proof of the library, once per process."""
    return certified(prove(theorem, variant).certificate)
