"""Where the checkers differ (docs/rules.md, "Limits"): true facts, each next to a false one that both refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.recheck.certificates import (
    ONE,
    X0,
    ZERO,
    add,
    eq,
    finish,
    inner,
    le,
    minus,
    mul,
    norm,
    par,
    proc,
    process,
    proof,
    pw,
    q,
    steps_of,
    time,
    vproc,
)
from verify import recheck
from verify.kernel.replay import Refused, replay

XI_T = vproc("xi", t=1)
SIZE, NOW, Q = norm(XI_T), time(t=1), par("c")
CONSTANT, SAME = ("exp", Q), ("exp", add(SIZE, minus(SIZE), Q))


def total(j: str, upto: tuple, body: tuple) -> tuple:
    return ("sum", j, upto, body)


def ex(body: tuple) -> tuple:
    return ("E", time(-1, t=1), body)


def within(x: tuple, dominating: tuple) -> tuple:
    return le(x, dominating), le(minus(x), dominating)


def one_step(rule: str, concl: tuple, *premises: tuple, changes: Any = None, **args: Any) -> dict[str, Any]:
    return proof(finish(steps_of(rule, concl, premises, (), args)), **(changes or {}))


def cancelling(rest: tuple) -> dict[str, Any]:
    """sum(j<N, s[j] + S - S) = sum(j<N, s[j]) + rest."""
    inside = total("i", time(N=1), proc("s", i=1))
    plain = total("j", time(N=1), proc("s", j=1))
    return one_step("combine", eq(total("j", time(N=1), add(proc("s", j=1), inside, minus(inside))), add(plain, rest)))


def recursive(upto: tuple) -> dict[str, Any]:
    """A process s with the step sum(j<upto, s[j])."""
    x = process("x", "vector", -1, 1, X0, ("vadd", vproc("x", -1, t=1), vproc("xi", -1, t=1)))
    s = process("s", "scalar", 0, 0, ZERO, total("j", upto, proc("s", j=1)))
    return one_step("combine", le(ZERO, ONE), changes={"processes": [x, s]})


def pulled_out(upto: tuple) -> dict[str, Any]:
    """sum(j<t, sum(i<upto, ||xi[i+j]||)) is taken out of E[ . | F_{t-1}]."""
    factor = total("j", NOW, total("i", upto, norm(vproc("xi", i=1, j=1))))
    z = mul(factor, SIZE)
    return one_step("E_lin", eq(ex(z), mul(factor, ex(SIZE))), *within(SIZE, SIZE), parts=[[factor, SIZE]])


def bounded_by(premise: tuple) -> dict[str, Any]:
    """E_vec with this premise for ||xi|| <= D."""
    known, mean = vproc("x", t=1), ("Ev", time(-1, t=1), XI_T)
    return one_step("E_vec", eq(inner(known, mean), ex(inner(known, XI_T))), premise)


def dominated(first: tuple, second: tuple) -> dict[str, Any]:
    """E[1] <= E[1], dominated by ``first`` and by ``second``."""
    return one_step("E_mono", le(ex(ONE), ex(ONE)), le(ONE, ONE), *within(ONE, first), *within(ONE, second))


def mentions(term: tuple) -> dict[str, Any]:
    """term <= term."""
    return one_step("combine", le(term, term))


CASES = {  # certificate, whether the kernel accepts it, whether the re-checker does
    "a root of a prime below a million": (mentions(pw(q(999_983), "1/2")), True, True),
    "a root of a prime above a million": (mentions(pw(q(1_000_003), "1/2")), False, False),
    "a power of a norm": (mentions(pw(norm(X0), 33)), True, True),
    "a larger power of a norm": (mentions(pw(norm(X0), 34)), False, False),
    "a power of a constant": (mentions(pw(q(2), 2000)), True, True),
    "a larger power of a constant": (mentions(pw(q(2), 2001)), False, False),
    "1830 monomials": (mentions(pw(add(*(proc("s", k) for k in range(60))), 2)), True, True),
    "2485 monomials": (mentions(pw(add(*(proc("s", k) for k in range(70))), 2)), True, False),
    "a sum that cancels": (cancelling(ZERO), False, True),
    "a sum that cancels, and one more": (cancelling(ONE), False, False),
    "a sum over the past": (recursive(NOW), False, True),
    "a sum over the past and now": (recursive(time(1, t=1)), False, False),
    "two sums over the past": (pulled_out(time(t=1, j=-1)), False, True),
    "two sums over the past and now": (pulled_out(time(1, t=1, j=-1)), False, False),
    "a bound as displayed": (bounded_by(le(SIZE, add(SIZE, ONE))), True, True),
    "the same bound with other sides": (bounded_by(le(ZERO, ONE)), False, True),
    "a bound that may have no mean": (bounded_by(le(SIZE, pw(SIZE, 2))), False, False),
    "a constant first": (dominated(CONSTANT, SAME), True, True),
    "the same constant, spelled with the noise first": (dominated(SAME, CONSTANT), False, False),
}


@pytest.mark.parametrize("name", CASES)
def test_what_each_checker_says(name: str) -> None:
    certificate, kernel, second = CASES[name]
    for check, refusal, good in ((replay, Refused, kernel), (recheck.check, recheck.Refused, second)):
        if good:
            check(certificate)
        else:
            with pytest.raises(refusal):
                check(certificate)
