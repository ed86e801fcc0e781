"""Order lemmas: squares, norms, indicators."""

from __future__ import annotations

from bounds.once import once
from bounds.script import Line, Script
from bounds.terms import Term, eq, ind, inner, le, lt, norm


@once
def le_of_sq_le(s: Script, squares: Line, nonneg: Line) -> Line:
    """a <= b from a^2 <= b^2 (written a*a or a^2) and 0 <= b."""
    b = nonneg.fact.args[1]
    a = _root(squares.fact.args[0])
    below, above = le(a, b), lt(b, a)
    bigger = s.assume(above)
    both_positive = s.combine(lt(0, a + b), bigger, (nonneg, 2))
    squared = s.combine(lt(b * b, a * a), (bigger, a + b, both_positive))
    contradiction = s.combine(lt(a * a, a * a), squared, squares)
    return s.cases(below, s.assume(below), above, s.absurd(contradiction, below))


def _root(square: Term) -> Term:
    if square.head == "inner":
        return norm(square.args[0])
    return square.args[0]


def norm_congr(s: Script, equal: Line) -> Line:
    """||v|| <= ||w|| from v = w."""
    v, w = equal.fact.args
    squares = s.combine(le(inner(v, v), norm(w) ** 2), (equal, v + w))
    return le_of_sq_le(s, squares, s.combine(le(0, norm(w))))


@once
def norm_add_le(s: Script, v: Term, w: Term) -> Line:
    """||v + w|| <= ||v|| + ||w||."""
    total = norm(v) + norm(w)
    squares = s.combine(le(inner(v + w, v + w), total**2), (s.cauchy_schwarz(v, w), 2))
    return le_of_sq_le(s, squares, s.combine(le(0, total)))


def inner_sq_le(s: Script, v: Term, w: Term) -> Line:
    """<v, w>^2 <= ||v||^2 ||w||^2."""
    upper, lower = s.cauchy_schwarz(v, w), s.cauchy_schwarz(-1 * v, w)
    positive = s.combine(le(0, norm(v) * norm(w) + inner(v, w)), lower)
    goal = le(inner(v, w) ** 2, inner(v, v) * inner(w, w))
    return s.combine(goal, (upper, norm(v) * norm(w) + inner(v, w), positive))


def gated_le(s: Script, good: Term, under: Line, nonneg: Line) -> Line:
    """1{good} y <= c from good |- y <= c and 0 <= c."""
    y, c = under.fact.args
    goal = le(ind(good) * y, c)
    open_gate = s.ind_one(s.assume(good))
    shut = eq(ind(good), 0)
    return s.cases(
        good,
        s.combine(goal, under, (open_gate, y)),
        shut,
        s.combine(goal, nonneg, (s.assume(shut), y)),
    )
