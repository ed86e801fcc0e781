"""Mutants of a fact: one constant, exponent, time, sign, summand or direction changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from bounds.exponents import exponent
from bounds.terms import Term, mk, num, shift

Build = Callable[[Any], Term]


def mutants(term: Term) -> Iterator[tuple[str, Term]]:
    """(what was changed, mutant) for every single change."""
    yield from _here(term)
    for k, arg in enumerate(term.args):
        if isinstance(arg, Term) and term.head != "n" and arg.head != "time":
            for what, new in mutants(arg):
                yield what, mk(term.head, *term.args[:k], new, *term.args[k + 1 :])
        elif isinstance(arg, tuple) and term.head == "all" and k == 1:
            for j, premise in enumerate(arg):
                for what, new in mutants(premise):
                    yield f"premise: {what}", mk("all", term.args[0], (*arg[:j], new, *arg[j + 1 :]), term.args[2])
                yield "premise dropped", mk("all", term.args[0], (*arg[:j], *arg[j + 1 :]), term.args[2])


def _here(term: Term) -> Iterator[tuple[str, Term]]:
    head, a = term.head, term.args
    if head == "q":
        yield "constant + 1/100", num(a[0] + Fraction(1, 100))
        yield "constant - 1/100", num(a[0] - Fraction(1, 100))
        if a[0]:
            yield "constant negated", num(-a[0])
    elif head == "pow":
        for step in (Fraction(1, 10), Fraction(-1, 10)):
            yield f"exponent plus {step}", mk("pow", a[0], a[1] + exponent([step]))
        yield "exponent negated", mk("pow", a[0], -a[1])
    elif head in ("add", "vadd") and len(a) == 2:
        yield "first summand dropped", a[1]
        yield "second summand dropped", a[0]
    elif head == "mul":
        yield "factor doubled", mk("mul", num(2), term)
    elif head in ("le", "lt"):
        yield "direction reversed", mk(head, a[1], a[0])
    elif head in ("proc", "vproc"):
        yield "one step later", mk(head, a[0], shift(a[1], 1))
    elif head in ("sum", "vsum"):
        yield "one term more", mk(head, a[0], shift(a[1], 1), a[2])
    elif head in ("E", "Ev"):
        yield "larger sigma-field", mk(head, shift(a[0], 1), a[1])
    elif head == "par" and a[0] in SWAPS:
        yield f"{a[0]} becomes {SWAPS[a[0]]}", mk("par", SWAPS[a[0]])


SWAPS = {"rho1": "rho2", "rho2": "rho1", "z1": "z2", "z2": "z1", "lam": "sigma", "L": "R", "kappa": "rho"}
