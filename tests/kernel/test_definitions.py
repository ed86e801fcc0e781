"""Definitions of one function by cases agree where the cases meet: functions as in the definitions exist."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import mpmath
import pytest
from mpmath import mpf

import bounds
from bounds.statement import Statement
from bounds.terms import Term, forall, le, mk, norm, par, veq
from tests.kernel.values import value

STATEMENTS = {
    frozenset(f for f in st.definitions.values() if f.head == "all"): st
    for st in (bounds.theorem(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i))
}


def cases(st: Statement) -> Iterator[tuple[Term, Term]]:
    """Pairs of facts about the same function."""
    facts = [f for f in st.definitions.values() if f.head == "all"]
    return ((f, g) for f, g in combinations(facts, 2) if function(f) == function(g))


def parts(fact: Term) -> tuple[Any, Term, Term]:
    """factor, f(v), value of ``factor * f(v) = value``."""
    left, right = fact.args[2].args
    return (*left.args, right) if left.head == "scale" else (None, left, right)


def function(fact: Term) -> str:
    return str(parts(fact)[1].args[0])


def defined(fact: Term, point: dict[str, Any]) -> tuple[Any, ...]:
    factor, _, right = parts(fact)
    out = value(right, point)
    scale = mpf(1) if factor is None else value(factor, point)
    return tuple(x / scale for x in (out if isinstance(out, tuple) else (out,)))


def meeting(first: Term, second: Term, point: dict[str, Any]) -> dict[str, Any]:
    """A point on the boundary a = b of the cases a <= b and b <= a, on a ray."""
    (a, b), (c, d) = first.args[1][0].args, second.args[1][0].args
    assert (a, b) == (d, c) and len(first.args[1]) == len(second.args[1]) == 1

    def on(s: Any) -> dict[str, Any]:
        return {**point, "v": tuple(x + s * y for x, y in zip(point["xstar"], point["v"], strict=True))}

    def gap(s: Any) -> Any:
        return value(b, on(s)) - value(a, on(s))

    low, high = mpf(0), mpf(1)
    while gap(high) * gap(low) > 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if gap(middle) * gap(low) > 0 else (low, middle)
    return on(low)


def apart(st: Statement) -> int:
    """The number of pairs of cases that disagree at some boundary point; -1 if there is no pair."""
    found = -1
    point: dict[str, Any] = {name: mpf(k + 2) / 3 for k, name in enumerate(st.parameters)}
    point |= {"xstar": (mpf(1) / 7, mpf(-1) / 5), "v": (mpf(2), mpf(3)), "tail": Fraction(3, 2)}
    with mpmath.workdps(40):
        for first, second in cases(st):
            edge = meeting(first, second, point)
            pairs = zip(defined(first, edge), defined(second, edge), strict=True)
            found = max(found, 0) + any(abs(x - y) > mpf(10) ** -30 for x, y in pairs)
    return found


def test_the_cases_of_every_theorem_agree_where_they_meet() -> None:
    counts = [apart(st) for st in STATEMENTS.values()]
    assert set(counts) <= {-1, 0} and counts.count(0) >= 2


@pytest.mark.parametrize("scale", [1, 2])
def test_a_clip_that_jumps_is_noticed(scale: int) -> None:
    v = mk("vvar", "v")
    clip, lam = mk("vapp", "clip", v), par("lam")
    inside = forall({"v": "vec"}, (le(norm(v), lam),), veq(clip, v))
    outside = forall({"v": "vec"}, (le(lam, norm(v)),), veq(norm(v) * clip, scale * lam * v))
    st = next(st for st in STATEMENTS.values() if "clip" in st.functions)
    changed = Statement(**{**vars(st), "definitions": {"inside": inside, "outside": outside}})
    assert apart(changed) == (scale != 1)
