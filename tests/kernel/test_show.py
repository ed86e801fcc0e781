"""What is printed, read as arithmetic, is what the term says: a human judges statements by their text."""

from __future__ import annotations

import re
from fractions import Fraction

import mpmath
import pytest
from mpmath import mpf

import bounds.show
from bounds.terms import Term, mk, num, par
from tests.kernel.values import DIGITS, EXPONENTS, OutOfRange, Terms, value

POINT = {"sigma": mpf("0.7"), "b0": mpf("1.3"), "lam": mpf("0.9"), "tail": Fraction(7, 5), "alpha": mpf(7) / 5}


def scalar(source: Terms, depth: int) -> Term:
    rng = source.rng
    if depth <= 0 or rng.random() < 0.25:
        names = [par(name) for name in ("sigma", "b0", "lam", "alpha")]
        return rng.choice([*names, *map(num, (2, -1, 12, Fraction(1, 2), Fraction(-3, 4)))])
    a, b = scalar(source, depth - 1), scalar(source, depth - 1)
    ways = (lambda: a + b, lambda: a - b, lambda: a / b, lambda: a * b, lambda: mk("pow", a, rng.choice(EXPONENTS)))
    return rng.choice(ways)()


class Ambiguous(Exception):
    """a/b c: is c above or below?"""


def read(text: str) -> object:
    """The value of a text: a blank between factors is a product."""
    code = re.sub(r"(?<=[\w)]) +(?=[\w(])", "*", text.replace("^", "**"))
    if re.search(r"/\w+(\*\*\w+|\*\*\([^()]*\))?\*(?!\*)", code):
        raise Ambiguous
    code = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"mpf(\1)", code)
    return eval(code, {**POINT, "mpf": mpf})


def misprints(seed: int, count: int) -> list[str]:
    source, out, compared = Terms(seed), [], 0
    with mpmath.workdps(DIGITS):
        for _ in range(count):
            term = scalar(source, 4)
            try:
                expected, found = value(term, POINT), read(bounds.show.text(term))
            except (OutOfRange, ZeroDivisionError, OverflowError):
                continue
            except Ambiguous:
                out.append(bounds.show.text(term))
                continue
            if isinstance(found, mpf) and mpmath.isfinite(found):  # not a power that the rules leave open
                compared += 1
                if abs(expected - found) > mpf(10) ** -15 * (1 + abs(expected)):
                    out.append(bounds.show.text(term))
    assert compared > count / 2
    return out


def test_the_text_means_the_term() -> None:
    assert misprints(seed=1, count=400) == []


def test_a_product_that_reads_as_a_difference_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: no parentheses in a/(1/b), which prints a/1/b."""
    monkeypatch.setattr(bounds.show, "_paren", lambda s, needed: f"({s})" if needed and not s.startswith("1/") else s)
    assert misprints(seed=1, count=400) != []
