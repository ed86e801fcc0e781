"""Tables of certified bounds: the record of ``verify table`` as LaTeX, CSV and Markdown, and its check.

Every function is pure, and what is printed is a function of the record alone: the same record, the same bytes.  A
printed bound is the certified upper bound rounded up to so many significant digits, by exact decimal arithmetic.
``check`` is what stands between a record and a reader; its docstring says what it does and does not establish.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, product
from typing import TYPE_CHECKING, Any

from verify.constants import VACUOUS
from verify.constants.decimals import decimal, rounded
from verify.report.decimals import plain

if TYPE_CHECKING:
    from verify.recheck import Report

FORMAT = "tailcert-table/1"
MISSING = "--"
PANEL = ("theorem", "beta1", "delay")  # one table for each
AXES = (*PANEL, "alpha", "delta", "N")
SETTINGS = ("L", "R", "Delta", "sigma", "b0", "beta2", "eta")
Panel = tuple[str, str, int]
FORGETTING = "1-1/N"  # the usual beta2
METRIC = {False: "f(xbar) - f*", True: "mean of ||grad f(x_t)||^2"}  # by whether a theorem is non-convex
TRIVIAL = {False: "L R^2/2", True: "2 L Delta"}
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
STYLES = ("latex", "csv", "md", "json")
KEYS = {"schema_version", "format", "provenance", "command", "settings", "digits", "grid", "statements", "cells"}
CELL = {*AXES, "bound", "vacuous", "certificate", "reason"}
NUMERAL = re.compile(r"([0-9]+)(?:\.([0-9]+))?(?:e(-?[0-9]+))?")
DIGIT_NAMES = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
LETTERS = dict(zip("0123456789", DIGIT_NAMES, strict=True)) | {".": "Point", "-": "Minus", "/": "Over", "e": "E"}


class TableRefused(ValueError):
    """A table does not stand: where, and why."""


# --- numbers ----------------------------------------------------------------------------------------------


def printed(x: Fraction, digits: int) -> str:
    """``x`` >= 0 rounded up to exactly so many significant digits; trailing zeros are digits and stay.

    >>> printed(Fraction(1, 3), 4), printed(Fraction("0.26"), 4), printed(Fraction("0.99999"), 3)
    ('0.3334', '0.2600', '1.00')
    >>> printed(Fraction(123456), 4), printed(Fraction(1, 3 * 10**7), 2), printed(Fraction(0), 4)
    ('1.235e5', '3.4e-8', '0')
    """
    if x == 0:
        return "0"
    up = Decimal(decimal(rounded(x, True, digits)))
    places = digits - 1 - up.adjusted()
    if places >= 0 and up.adjusted() >= -4:
        return f"{up:.{places}f}"
    return f"{up:.{digits - 1}e}".replace("e+", "e")


def last_unit(text: str) -> tuple[Fraction, int]:
    """One unit in the last digit of a printed number, and how many significant digits it has.

    >>> last_unit("0.2600"), last_unit("1.235e5")
    ((Fraction(1, 10000), 4), (Fraction(100, 1), 4))
    """
    whole, places, exponent = _parts(text)
    return Fraction(10) ** (exponent - len(places)), len((whole + places).lstrip("0"))


def _parts(text: str) -> tuple[str, str, int]:
    """The digits before the point, those after it, and the exponent."""
    found = NUMERAL.fullmatch(text)
    if found is None or len(text) > 100:
        raise TableRefused(f"{text[:40]!r} is no printed number")
    return found[1], found[2] or "", int(found[3] or 0)


def count(n: int) -> str:
    """A number of steps as one writes it: count(10000) is '1e4', count(2500000) is '25e5', count(250) is '250'."""
    digits = str(n)
    zeros = len(digits) - len(digits.rstrip("0"))
    return f"{digits[:-zeros]}e{zeros}" if zeros >= 3 else digits


# --- the record -------------------------------------------------------------------------------------------


def dumps(record: Mapping[str, Any]) -> str:
    """The bytes whose sha256 is quoted."""
    return json.dumps(record, sort_keys=True, indent=1) + "\n"


def sha256(record: Mapping[str, Any]) -> str:
    return hashlib.sha256(dumps(record).encode()).hexdigest()


def panels(record: Mapping[str, Any]) -> list[Panel]:
    """What there is one table for."""
    return list(product(*(record["grid"][k] for k in PANEL)))


def cells_of(record: Mapping[str, Any], panel: Panel) -> list[Mapping[str, Any]]:
    return [cell for cell in record["cells"] if tuple(cell[k] for k in PANEL) == panel]


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


def render(record: Mapping[str, Any], style: str) -> str:
    """The table in one of ``STYLES``."""
    writers: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "latex": latex, "csv": long_csv, "md": markdown, "json": dumps,
    }  # fmt: skip
    return writers[style](record)


# --- csv --------------------------------------------------------------------------------------------------


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


# --- markdown and latex -----------------------------------------------------------------------------------


def markdown(record: Mapping[str, Any]) -> str:
    """One table for each theorem: rows alpha and delta, columns N."""
    return "\n".join([f"<!-- {headline(record, 'md')} -->", *_each(record, _markdown_table)]) + "\n"


def _each(record: Mapping[str, Any], write: Callable[[Mapping[str, Any], Panel], Iterable[str]]) -> Iterator[str]:
    for panel in panels(record):
        yield ""
        yield from write(record, panel)


def _markdown_table(record: Mapping[str, Any], panel: Panel) -> Iterator[str]:
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
    ] * _any_vacuous(record, panel)
    notes += [f"{MISSING}: no certified bound."] * _any_missing(record, panel)
    yield " ".join(notes)


def rows(record: Mapping[str, Any], panel: Panel) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """alpha, delta and the cells of a row."""
    for (alpha, delta), row in groupby(cells_of(record, panel), key=lambda cell: (cell["alpha"], cell["delta"])):
        yield alpha, delta, list(row)


def headline(record: Mapping[str, Any], style: str) -> str:
    version = record["provenance"]["versions"]["tailcert"]
    return f"tailcert {version}; {record['command']} --format {style}; sha256 of the table's JSON {sha256(record)}"


def _any_vacuous(record: Mapping[str, Any], panel: Panel) -> bool:
    return any(cell["vacuous"] for cell in cells_of(record, panel))


def _any_missing(record: Mapping[str, Any], panel: Panel) -> bool:
    return any(cell["certificate"] is None for cell in cells_of(record, panel))


def _settings(record: Mapping[str, Any], panel: Panel) -> str:
    """The numbers a theorem depends on, as "L = 1, R = 1, sigma = 1"."""
    return ", ".join(f"{k} = {_setting(record, panel, k)}" for k in _relevant(record, panel))


def _setting(record: Mapping[str, Any], panel: Panel, name: str) -> str:
    """A setting as it was used: a matched b0 is 1, except for Adam-type methods."""
    written: str = record["settings"][name]
    return "1" if (name, written) == ("b0", "matched") and "beta2" not in _relevant(record, panel) else written


def _relevant(record: Mapping[str, Any], panel: Panel) -> list[str]:
    given = (cell["certificate"]["values"] for cell in cells_of(record, panel) if cell["certificate"])
    used = {name for values in given for name in values}
    return [k for k in SETTINGS if k in {"L", "sigma", "Delta" if nonconvex(panel[0]) else "R"} | used]


def latex(record: Mapping[str, Any]) -> str:
    r"""One ``table`` for each theorem, to be ``\input``; needs booktabs and siunitx."""
    head = [f"% {headline(record, 'latex')}", r"% Needs \usepackage{booktabs,siunitx}. Bounds are rounded up."]
    return "\n".join([*head, *_each(record, _latex_table)]) + "\n"


def _latex_table(record: Mapping[str, Any], panel: Panel) -> Iterator[str]:
    steps, body = record["grid"]["N"], list(rows(record, panel))
    columns = [_column([row[k]["bound"] for _, _, row in body]) for k in range(len(steps))]
    yield from (
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_caption(record, panel)}}}",
        rf"\label{{tab:{label(panel)}}}",
    )
    yield rf"\begin{{tabular}}{{ll{''.join(columns)}}}"
    yield r"\toprule"
    yield " & ".join([r"$\alpha$", r"$\delta$", *(f"{{$N = {_math(count(n))}$}}" for n in steps)]) + r" \\"
    yield r"\midrule"
    for k, (alpha, delta, row) in enumerate(body):
        first = k == 0 or body[k - 1][0] != alpha
        if first and k:
            yield r"\addlinespace"
        cells = [f"${_math(alpha)}$" if first else "", f"${_math(delta)}$", *map(_latex_cell, row)]
        yield " & ".join(cells) + r" \\"
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield from (rf"\par\smallskip\footnotesize {note}" for note in _latex_notes(record, panel))
    yield r"\end{table}"


def _latex_cell(cell: Mapping[str, Any]) -> str:
    if cell["certificate"] is None:
        return f"{{{MISSING}}}"
    return cell["bound"] + (r" {\rlap{$^{\dagger}$}}" if cell["vacuous"] else "")


def label(panel: Panel) -> str:
    """The end of the LaTeX label of a table."""
    return called(panel).replace(", ", "-").replace(" ", "-")


def _caption(record: Mapping[str, Any], panel: Panel) -> str:
    theorem, beta1, delay = panel
    names = {"sigma": r"\sigma", "b0": "b_0", "eta": r"\eta", "Delta": r"\Delta", "beta2": r"\beta_2"}
    weight = r"L\gamma^2/\Delta" if nonconvex(theorem) else r"(\gamma/R)^2"
    words = {"reweighted": weight, FORGETTING: "1 - 1/N", "matched": r"\mathrm{matched}"}
    numbers = {k: _setting(record, panel, k) for k in _relevant(record, panel)}
    shown = [f"${names.get(k, k)} = {words.get(x, _math(x))}$" for k, x in numbers.items()]
    shown += [rf"$\beta_1 = {_math(beta1)}$"] * (beta1 != "0") + [rf"delay ${delay}$"] * (delay != 1)
    metric = r"the mean of $\|\nabla f(x_t)\|^2$" if nonconvex(theorem) else r"$f(\bar x) - f^*$"
    what = rf"\texttt{{{theorem}}}: certified bounds of {metric} that hold with probability at least $1-\delta$"
    return f"{what}, rounded up; {', '.join(shown)}."


def _latex_notes(record: Mapping[str, Any], panel: Panel) -> Iterator[str]:
    trivially = r"2L\Delta" if nonconvex(panel[0]) else "LR^2/2"
    if _any_vacuous(record, panel):
        value = _math(plain(trivial(record, panel[0])))
        yield rf"$^{{\dagger}}$ Above $9/10$ of the trivial bound ${trivially} = {value}$."
    if _any_missing(record, panel):
        yield f"{MISSING}: no certified bound."


def _column(entries: Sequence[str]) -> str:
    """A siunitx column that is wide enough for every entry."""
    parts = [_parts(x) for x in entries if x != MISSING]
    if not parts:
        return "c"
    whole, places = (max(len(p[k]) for p in parts) for k in (0, 1))  # type: ignore[arg-type]
    exponents = [str(p[2]) for p in parts if p[2]]
    power = ""
    if exponents:
        width = max(len(e.lstrip("-")) for e in exponents)
        power = "e" + "-" * any(e.startswith("-") for e in exponents) + str(width)
    return f"S[table-format={whole}.{places}{power}]"


def _math(text: str) -> str:
    """A number in math mode: 1e-6 is 10^{-6}, 25e3 is 25 x 10^3, anything else stands as it is."""
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    return f"10^{{{exponent}}}" if mantissa == "1" else rf"{mantissa}\cdot 10^{{{exponent}}}"


def macros(record: Mapping[str, Any]) -> str:
    r"""``constants.tex``: ``\newcommand``s for the bound and the exact parameters of every cell.

    A cell without a bound gets no macro, so that a paper that uses it does not compile.
    """
    lines = [f"% {headline(record, 'latex')}", "% Bounds are rounded up; gamma, lambda (and eta) are exact."]
    return "\n".join(lines + [line for cell in record["cells"] for line in _commands(cell)]) + "\n"


def _commands(cell: Mapping[str, Any]) -> Iterator[str]:
    if cell["certificate"] is None:
        yield f"% no certified bound: {where(cell)}"
        return
    name, values = macro_name(cell), cell["certificate"]["values"]
    yield rf"\newcommand{{\tcBound{name}}}{{{cell['bound']}}}" + " % vacuous" * cell["vacuous"]
    for prefix, key in (("Gamma", "gamma"), ("Lambda", "lam"), ("Eta", "eta")):
        if key in values:
            yield rf"\newcommand{{\tc{prefix}{name}}}{{{plain(Fraction(values[key]))}}}"


def macro_name(cell: Mapping[str, Any]) -> str:
    """Letters only, and different for different cells.

    >>> cell = {"theorem": "convex-clip-sgd", "beta1": "0", "delay": 1, "alpha": "1.5", "delta": "1e-6", "N": 10000}
    >>> macro_name(cell)
    'ConvexClipSgdAlphaOnePointFiveDeltaOneEMinusSixNOneEFour'
    """
    theorem = "".join(word.capitalize() for word in re.split("[^A-Za-z]+", cell["theorem"]))
    unusual = {"BetaOne": cell["beta1"]} if cell["beta1"] != "0" else {}
    unusual |= {"Delay": str(cell["delay"])} if cell["delay"] != 1 else {}
    numbers = unusual | {"Alpha": cell["alpha"], "Delta": cell["delta"], "N": count(cell["N"])}
    return theorem + "".join(axis + "".join(LETTERS[c] for c in text) for axis, text in numbers.items())


# --- the check --------------------------------------------------------------------------------------------


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


def check(
    record: Mapping[str, Any], proofs: Mapping[str, Report], certify: Callable[[Mapping[str, Any]], Report]
) -> Checked:
    """Check every printed digit of a table; raises ``TableRefused`` at the first cell that does not stand.

    ``certify`` is ``verify.recheck.check``; ``proofs`` are its reports on proofs, by the sha256 of the statement.

    Checked for each cell with a bound: its ``tailcert-bound/1`` certificate, put together from the cell and the shared
    statement, is evaluated by the independent checker; that statement is the one whose proof was replayed, and rests on
    the axioms that the table names; alpha, delta, N, L, R, sigma (and b0, eta, delay where the theorem has them) of
    the certificate are those of the cell and of the settings; the printed string has the stated number of significant
    digits, is >= the certified upper bound and exceeds it by less than one unit in its last digit; the mark of
    vacuous cells is right.  The cells are the whole grid, in order.  All comparisons are of exact rationals.
    Not checked: that a cell without a bound could have none, that a bound is the smallest, and the command line.
    """
    try:
        return _check(record, proofs, certify)
    except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError) as error:
        raise TableRefused(f"malformed ({type(error).__name__}: {error})") from None


def _check(
    record: Mapping[str, Any], proofs: Mapping[str, Report], certify: Callable[[Mapping[str, Any]], Report]
) -> Checked:
    _need(set(record) == KEYS and record["format"] == FORMAT, f"this is no {FORMAT}")
    _need(set(record["settings"]) == set(SETTINGS), f"settings: expected {', '.join(SETTINGS)}")
    digits = record["digits"]
    _need(type(digits) is int and 1 <= digits <= 12, "digits is no integer in [1, 12]")
    cells, grid = record["cells"], record["grid"]
    found = [tuple(cell[k] for k in AXES) for cell in cells]
    _need(found == list(product(*(grid[k] for k in AXES))), "the cells are not those of the grid, in order")
    _need(len(set(found)) == len(found), "a cell is repeated")
    for name, s in record["statements"].items():
        _need(name in proofs, f"the statement {name[:16]} is not that of a replayed proof")
        own = proofs[name]
        same = (s["id"], s["variant"], set(s["axioms"])) == (own.id, own.variant, own.leaves.axioms)
        _need(same, f"the statement {name[:16]} is not what the table says of it")
    for cell in cells:
        try:
            _check_cell(record, cell, certify)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
            missing = "missing " * isinstance(error, KeyError)
            raise TableRefused(f"{where(cell)}: {missing}{error}") from None
    missing_cells = sum(cell["certificate"] is None for cell in cells)
    vacuous = sum(cell["vacuous"] for cell in cells)
    return Checked(len(cells) - missing_cells, vacuous, missing_cells, sha256(record))


def _check_cell(
    record: Mapping[str, Any], cell: Mapping[str, Any], certify: Callable[[Mapping[str, Any]], Report]
) -> None:
    _need(set(cell) == CELL, f"expected {', '.join(sorted(CELL))}")
    if cell["certificate"] is None:
        _need(cell["bound"] == MISSING and not cell["vacuous"], "a bound without a certificate")
        _need(isinstance(cell["reason"], str) and bool(cell["reason"]), "neither a bound nor a reason")
        return
    _need(cell["reason"] == "", "a bound and a reason why there is none")
    whole = certificate(record, cell)
    report = certify(whole)
    _need((report.format, report.id) == (whole["format"], cell["theorem"]), "a certificate of something else")
    _need(report.sha256 in record["statements"], "its statement is not among the statements")
    _check_values(whole["values"], record["settings"], cell)
    upper = Fraction(whole["bound"]["upper"])
    shown, (unit, digits) = Fraction(cell["bound"]), last_unit(cell["bound"])
    _need(shown >= upper, f"the printed {cell['bound']} is below the certified {plain(upper)}")
    _need(shown - upper < unit, f"the printed {cell['bound']} is not {plain(upper)} rounded up")
    _need(digits == record["digits"] or shown == 0, f"the printed {cell['bound']} has {digits} digits")
    _need(cell["vacuous"] is (upper > VACUOUS * trivial(record, cell["theorem"])), "the mark of vacuous cells is wrong")


def certificate(record: Mapping[str, Any], cell: Mapping[str, Any]) -> dict[str, Any]:
    """The ``tailcert-bound/1`` certificate of a cell; statements are stored once and shared."""
    own = cell["certificate"]
    shared = record["statements"][own["statement_sha256"]]
    return {"format": "tailcert-bound/1", "statement": shared["statement"], "terms": shared["terms"], **own}


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
