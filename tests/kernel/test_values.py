"""Both checkers against the values of random terms: normal forms, signs, substitution, measurability; bugs planted."""

from __future__ import annotations

from itertools import product
from typing import Any

import mpmath
import pytest

from bounds.terms import Term, free_variables, mk, num, substitute, time
from tests.kernel.values import DIGITS, STATEMENT, OutOfRange, Terms, at, holds, latest, value
from verify import recheck, recheck_terms
from verify.kernel.certificate import TermTable, encode_statement
from verify.kernel.measurable import Fields
from verify.kernel.normal import KernelError, Normal, Poly, as_exponent

DECLARED = encode_statement(STATEMENT, lambda _: None)
NEAR = mpmath.mpf(10) ** -15


def second(*terms: Term) -> tuple[recheck_terms.Terms, list[Any]]:
    """The terms as the second checker reads them."""
    table = TermTable()
    places = [table.put(x) for x in terms]
    found = recheck_terms.Terms(recheck.read_declared(DECLARED), table.entries)
    return found, [found.entries[k] for k in places]


def written_out(normal: Normal, p: Poly) -> Term:
    """The normal form as a term."""
    out = num(0)
    for m, c in p.items():
        term = num(c)
        for atom, e in m:
            term = term * mk("pow", normal.term(atom), as_exponent(e))
        out = out + term
    return out


def wrong_normal_forms(seed: int, count: int) -> list[str]:
    """Terms whose normal form has another value or, at some point, another sign than it shows."""
    source, out, compared = Terms(seed), [], 0
    for _ in range(count):
        term, normal = source.scalar(4), Normal(STATEMENT)
        try:
            p = normal.scalar(term)
        except KernelError:
            continue
        back = written_out(normal, p)
        nonneg, positive = normal.manifestly_nonneg(p), normal.manifestly_positive(p)
        terms, (again,) = second(term)
        try:
            other = recheck_terms.Normal(terms)
            if (other.nonneg(other.of(again)), other.positive(other.of(again))) != (nonneg, positive):
                out.append(f"the checkers disagree on the sign of {term!r}")
        except recheck_terms.Invalid:
            pass  # too long for the second checker
        for _ in range(3):
            point = source.point()
            try:
                x, y = value(term, point), value(back, point)
            except OutOfRange:
                continue
            compared += 1
            room = NEAR * (1 + abs(x))
            if abs(x - y) > room or (nonneg and x < -room) or (positive and x <= 0):
                out.append(f"{term!r} is {x}, its normal form {y}")
    assert compared > count  # most terms were looked at
    return out


def test_normal_forms_keep_values_and_signs() -> None:
    with mpmath.workdps(DIGITS):
        assert wrong_normal_forms(seed=1, count=120) == []


def test_a_root_of_what_may_be_zero_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: (x^a)^b = x^(a b) for x >= 0 and any b."""
    monkeypatch.setattr(Normal, "_root_allowed", lambda self, atom, e: self.sign(atom) in ("pos", "nonneg"))
    with mpmath.workdps(DIGITS):
        assert wrong_normal_forms(seed=1, count=120) != []


def known_too_early(seed: int, count: int) -> tuple[list[str], int]:
    """Terms that a checker calls known at a time at which, for some values of the variables, they are not."""
    source, fields, out, known = Terms(seed), Fields(STATEMENT), [], 0
    for _ in range(count):
        body, s = source.random(3), source.time()
        terms, (term, now) = second(body, s)
        first, other = fields.measurable(body, s), terms.known(terms.uses(term), now)
        known += first and other
        if first != other:
            out.append(f"the checkers disagree on {body!r} at {s!r}")
        names = sorted((free_variables(body) | free_variables(s)) - {"N", "d"}) if first or other else []
        for chosen in product(range(3), repeat=len(names)) if first or other else ():
            for N, d in ((1, 1), (3, 1), (1, 2)):
                point = {**dict(zip(names, chosen, strict=True)), "N": N, "d": d}
                if latest(body, point, fields.levels) > max(at(s, point), -1):
                    out.append(f"{body!r} is not known at {s!r} for {point}")
    return out, known


def test_nothing_is_known_too_early() -> None:
    out, known = known_too_early(seed=1, count=250)
    assert out == [] and known > 30


def test_a_sum_whose_last_term_is_forgotten_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: the times under a sum at the first summand."""
    monkeypatch.setattr(
        "verify.kernel.measurable.shift", lambda t, k: time(0) if k == -1 else mk("time", t.args[0] + k, t.args[1])
    )
    assert any("not known at" in line for line in known_too_early(seed=1, count=250)[0])


def test_substitution_keeps_the_meaning() -> None:
    """f[v := s] at a point is f at the point with v at s; both checkers refuse the same captures."""
    source, captured = Terms(2), 0
    for _ in range(150):
        fact = source.fact(3)
        sub = {v: source.time() for v in source.rng.sample(("t", "j", "k"), 2)}
        terms, (there, *values) = second(fact, *sub.values())
        try:
            result = substitute(fact, sub)
        except ValueError:
            captured += 1
            with pytest.raises(recheck_terms.Invalid):
                terms.put(there, dict(zip(sub, values, strict=True)))
            continue
        terms, (there, again, *values) = second(fact, result, *sub.values())
        assert terms.put(there, dict(zip(sub, values, strict=True))) == again
        for _ in range(3):
            point = {v: source.rng.randint(0, 3) for v in ("t", "j", "k", "i")}
            assert holds(fact, {**point, **{v: at(s, point) for v, s in sub.items()}}) == holds(result, point)
    assert 5 < captured < 60
