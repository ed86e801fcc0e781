"""``constants.tex``: the numbers of a table as LaTeX commands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from verify.decimals import plain
from verify.tables.numbers import count
from verify.tables.record import headline, where

DIGIT_NAMES = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
LETTERS = dict(zip("0123456789", DIGIT_NAMES, strict=True)) | {".": "Point", "-": "Minus", "/": "Over", "e": "E"}


def macros(record: Mapping[str, Any]) -> str:
    r"""``constants.tex``: ``\newcommand``s for the bound and the exact parameters of every cell.

    A cell without a bound gets no macro, so that a paper that uses it does not compile.
    """
    lines = [f"% {headline(record, 'latex')}", "% Bounds are rounded up; gamma, lambda (and eta, b0) are exact."]
    return "\n".join(lines + [line for cell in record["cells"] for line in _commands(cell)]) + "\n"


def _commands(cell: Mapping[str, Any]) -> Iterator[str]:
    if cell["certificate"] is None:
        yield f"% no certified bound: {where(cell)}"
        return
    name, values = macro_name(cell), cell["certificate"]["values"]
    yield rf"\newcommand{{\tcBound{name}}}{{{cell['bound']}}}" + " % vacuous" * cell["vacuous"]
    for prefix, key in (("Gamma", "gamma"), ("Lambda", "lam"), ("Eta", "eta"), ("Bzero", "b0")):
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
