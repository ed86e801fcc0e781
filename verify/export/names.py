"""Names for the large subterms of a family: each distinct one is printed once, as a definition."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from bounds.terms import VECTOR_HEADS, Term, free_variables, substitute, subterms, time

if TYPE_CHECKING:
    from verify.export.text import Printer, Scope

SHORT = 40  # a text of at most so many characters is not worth a name
LITERAL = 12  # nor is a number of so many
PREFIX = {
    "E": "mean", "Ev": "mean", "sum": "sum", "vsum": "sum", "ind": "ind", "exp": "exp", "ln": "ln", "norm": "norm",
    "pow": "power", "add": "term", "mul": "prod", "inner": "inner", "vadd": "vec", "scale": "vec", "app": "value",
    "vapp": "value",
}  # fmt: skip
CALLED = re.compile(r"\b[CAWDL]\d+\b")
NAME = re.compile(rf"\b(?:{'|'.join(sorted(set(PREFIX.values())))})_\d+\b")


class Literals:
    """The numbers of a family and its expressions ``Cq q``, ``At k``, ``Va k``: Coq computes each literal it reads.

    So each one is read once, in a definition, and called by its name: C0, A0, W0 and, for naturals and reals, D0, L0.
    """

    def __init__(self) -> None:
        self.known: dict[str, str] = {}  # definition -> name
        self.lines: dict[str, str] = {}  # name -> its definition in Coq

    def _name(self, letter: str, kind: str, text: str) -> str:
        if text not in self.known:
            name = self.known[text] = f"{letter}{len(self.known)}"
            self.lines[name] = f"Definition {name} : {kind} := {text}."
        return self.known[text]

    def used(self, text: str) -> list[str]:
        """The definitions that a text needs: a number may have been printed for a text that was not written."""
        found = set(CALLED.findall(text))
        return [line for name, line in self.lines.items() if name in found]

    def rational(self, q: Fraction) -> str:
        return self._name("C", "ex", f"Cq {rational_q(q)}")

    def atom(self, k: int) -> str:
        return self._name("A", "ex", f"At {k}")

    def vector(self, k: int) -> str:
        return self._name("W", "vx", f"Va {k}")

    def natural(self, k: int) -> str:
        return self._name("D", "nat", f"{k}%nat")

    def real(self, text: str) -> str:
        """A real number, if its text is worth a name."""
        return self._name("L", "R", text) if len(text) > LITERAL else text


class Names:
    """The definitions so far, inner ones first."""

    def __init__(self) -> None:
        self.literals = Literals()
        self.known: dict[str, str] = {}  # parameters and text -> name
        self.text: dict[str, str] = {}  # name -> text
        self.shifted: set[str] = set()  # the names that depend on a time variable
        self.lines: list[str] = []

    def call(self, printer: Printer, x: Term, scope: Scope) -> str | None:
        """The name of a term applied to its variables; None for a term that gets none.

        The time variable of a term is called t in its definition if it is the only one, so that a change of variable
        does not make another name.  A term in which a time is replaced by a compound one is printed in full.
        """
        variables = sorted(v for v in free_variables(x) if v not in printer.integers)
        if x.head not in PREFIX or not set(variables) <= set(scope) or not _worth(x):
            return None
        if any(not re.fullmatch(r"[ni]_\w+", printer.at.get(v, f"n_{v}")) for v in variables):
            return None
        naturals = [v for v in variables if scope[v] == "nat"]
        y, inside, called = x, dict(scope), {v: v for v in variables}
        if len(naturals) == 1 and naturals != ["t"] and _movable(x, naturals[0], printer):
            (v,) = naturals
            y, called[v] = substitute(x, {v: time(0, t=1)}), "t"
            inside = {**{u: k for u, k in scope.items() if u != v}, "t": "nat"}
        return self._define(printer, y, inside, called)

    def _define(self, printer: Printer, x: Term, scope: Scope, called: dict[str, str]) -> str:
        from verify.export.text import random

        parameters, arguments = [], []
        for v, inner in called.items():
            if scope[inner] == "nat":
                parameters.append(f"(n_{inner} : Z)")
                arguments.append(printer.variable(v))
            else:
                parameters.append(f"(u_{inner} : {'V' if scope[inner] == 'vec' else 'Omega -> V'})")
                arguments.append(f"u_{v}")
        if random(x):
            parameters.append("(w : Omega)")
            arguments.append("w")
        text = printer.plain().unnamed(x, scope)
        key = " ".join([*parameters, text])
        if key not in self.known:
            name = self.known[key] = f"{PREFIX[x.head]}_{len(self.known)}"
            self.text[name] = text
            if any(p.endswith(": Z)") for p in parameters):
                self.shifted.add(name)
            given = "".join(f" {p}" for p in parameters)
            self.lines.append(f"Definition {name}{given} : {'V' if x.head in VECTOR_HEADS else 'R'} := {text}.")
        return f"({' '.join([self.known[key], *arguments])})" if arguments else self.known[key]

    def unfold(self, text: str, every: bool = False) -> str:
        """The reduction that makes the times in a text visible, or everything; nothing if no name hides any."""
        found: dict[str, None] = {}
        todo = NAME.findall(text)
        while todo:
            name = todo.pop()
            if (every or name in self.shifted) and name not in found:
                found[name] = None
                todo += NAME.findall(self.text[name])
        return f"cbv beta delta [{' '.join(found)}]" if found else ""


def _worth(x: Term) -> bool:
    """Is there more in it than numbers and parameters?"""
    return x.head not in ("add", "mul", "q", "par", "n") or any(_worth(s) for s in subterms(x))


def _movable(x: Term, v: str, printer: Printer) -> bool:
    """Can v be renamed to t: nothing binds t, and v is in no sum with another variable, whose order may change?"""
    if x.head == "time":
        others = {u for u, _ in x.args[1] if u not in printer.integers}
        return v not in others or others == {v}
    bound = {x.args[0]} if x.head in ("sum", "vsum") else {u for u, _ in x.args[0]} if x.head == "all" else set()
    return "t" not in bound and v not in bound and all(_movable(s, v, printer) for s in subterms(x))


def rational_q(c: Fraction) -> str:
    """A rational as a Coq Q."""
    return f"({c.numerator} # {c.denominator})" if c.numerator >= 0 else f"(({c.numerator}) # {c.denominator})"
