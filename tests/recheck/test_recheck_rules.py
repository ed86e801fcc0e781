"""Every rule: a small certificate that is accepted, and its nearest false neighbours, refused for the stated reason."""

from __future__ import annotations

import copy
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.recheck.certificates import (
    ALPHA,
    FALSUM,
    GOAL,
    ONE,
    RHO,
    X0,
    XSTAR,
    ZERO,
    C,
    L,
    accepted,
    add,
    bound,
    e,
    eq,
    finish,
    forall,
    inner,
    le,
    lt,
    minus,
    mul,
    n,
    norm,
    par,
    proc,
    process,
    proof,
    pw,
    q,
    refused,
    seal,
    statement,
    statement_refused,
    step,
    time,
    vproc,
)
from verify import recheck

S_T, XI_T = proc("s", t=1), vproc("xi", t=1)
FACT = le(S_T, L)


def vvar(name: str) -> tuple:
    return ("vvar", name)


def ex(body: tuple, const: int = -1, **coefs: int) -> tuple:
    return ("E", time(const, **(coefs or {"t": 1})), body)


# --- logic --------------------------------------------------------------------------------------------------


def test_given() -> None:
    accepted("given", le(norm(X0), C), name="start")
    accepted("given", le(ZERO, add(C, minus(norm(X0)))), name="start")
    refused("the conclusion should be", "given", le(norm(X0), ZERO), name="start")
    refused("no fact", "given", le(norm(X0), C), name="end")
    refused("unknown argument extra", "given", le(norm(X0), C), name="start", extra=1)
    refused("not used", "given", le(norm(X0), C), FACT, name="start")


def test_assume() -> None:
    accepted("assume", FACT, hyps=[FACT])
    refused("no hypothesis", "assume", FACT, hyps=[lt(S_T, L)])


def test_define() -> None:
    later = add(proc("s", t=1), norm(vproc("x", 1, t=1)))
    accepted("define", eq(proc("s", 1, t=1), later), name="s", time=time(1, t=1), case="step")
    moved = ("vadd", vproc("x", -1, t=1), vproc("xi", -1, t=1))
    x_step = {"name": "x", "time": time(t=1), "case": "step"}
    accepted("define", ("veq", vproc("x", t=1), moved), le(ONE, n(t=1)), **x_step)
    refused("premise is missing", "define", ("veq", vproc("x", t=1), moved), **x_step)
    refused("expected", "define", ("veq", vproc("x", t=1), moved), le(ZERO, n(t=1)), **x_step)
    early = {"name": "x", "time": time(0), "case": "base"}
    accepted("define", ("veq", vproc("x"), X0), le(ONE, ONE), **early)
    refused("premise is missing", "define", ("veq", vproc("x"), X0), **early)
    refused("expected", "define", ("veq", vproc("x"), X0), le(q(2), q(2)), **(early | {"time": time(t=1)}))
    refused("no process", "define", ("veq", vproc("x"), X0), name="xi", time=time(0), case="base")
    unknown = {"processes": [process("x", "vector", -1, 1, None, vproc("x", -1, t=1))]}
    refused("has no base", "define", ("veq", vproc("x"), X0), le(ONE, ONE), changes=unknown, **early)
    total = ("sum", "j", time(t=1), n(j=1, t=1))
    capture = {"processes": [process("s", "scalar", 0, 0, ZERO, total)]}
    bad = eq(proc("s", j=1), ("sum", "j", time(j=1), n(j=2)))
    refused("captured", "define", bad, changes=capture, name="s", time=time(j=1), case="step")


def test_intro() -> None:
    positive = le(n(t=1), S_T)
    accepted("intro", forall({"t": "nat"}, [positive], FACT), ([positive], FACT))
    refused("free in a hypothesis", "intro", forall({"t": "nat"}, [], FACT), ([positive], FACT), hyps=[positive])
    refused("has a hypothesis", "intro", forall({"t": "nat"}, [], FACT), ([positive], FACT))
    timed = forall({"a": time(t=1)}, [], le(norm(vvar("a")), L))
    refused("only nat and vec", "intro", timed, le(norm(vvar("a")), L))


def test_malformed_binders() -> None:
    def bad(reason: str, fact: tuple) -> None:
        with pytest.raises(recheck.Refused, match=reason):
            recheck.check(proof(finish([step("assume", fact, [fact])])))

    bad("declared name N is bound", forall({"N": "nat"}, [], le(ONE, n(N=1))))
    bad("declared name d is bound", le(("sum", "d", time(N=1), n(d=1)), ONE))
    bad("not distinct", ("all", [["t", "nat"], ["t", "nat"]], [], FACT))
    bad("inside an expectation", forall({"v": "vec"}, [], eq(ex(inner(vvar("v"), XI_T)), ZERO)))
    bad("as an integer and as a vector", forall({"v": "nat"}, [], le(norm(vvar("v")), L)))
    bad("not deterministic", ("whp", S_T, FACT))
    bad("free variable", ("whp", n(t=1), FACT))
    bad("not deterministic", ("whp", norm(vvar("v")), FACT))
    bad("declared name x is used", forall({"x": "nat"}, [], le(ONE, n(x=1))))
    bad("declared name f is used as a variable", le(norm(vvar("f")), ONE))
    bad("declared name f is used as a variable", le(n(f=1), ONE))
    no_atom = ("whp", ZERO, lt(ZERO, norm(("vadd", XI_T, ("scale", q(-1), vvar("v"))))))
    bad("inside an expectation or a whp", forall({"v": "vec"}, [], no_atom))


def test_elim() -> None:
    everywhere = forall({"t": "nat", "v": "vec"}, [le(ONE, n(t=1))], le(S_T, norm(vvar("v"))))
    instance, where = le(proc("s", 1, N=1), norm(X0)), le(ONE, n(1, N=1))
    sub = [["t", time(1, N=1)], ["v", X0]]
    accepted("elim", instance, everywhere, where, sub=sub)
    refused("premise is missing", "elim", instance, everywhere, sub=sub)
    refused("expected", "elim", instance, everywhere, le(q(2), n(1, N=1)), sub=sub)
    refused("not for the variables", "elim", instance, everywhere, where, sub=sub[:1])
    refused("not for the variables", "elim", instance, everywhere, where, sub=[*sub, sub[0]])
    refused("should be", "elim", le(proc("s", N=1), norm(X0)), everywhere, where, sub=sub)
    always, before = forall({"t": "nat"}, [], FACT), le(proc("s", -1, t=1), L)
    accepted("elim", before, always, le(ZERO, n(-1, t=1)), sub=[["t", time(-1, t=1)]])
    refused("premise is missing", "elim", before, always, sub=[["t", time(-1, t=1)]])
    nested = forall({"t": "nat"}, [], forall({"k": "nat"}, [], le(n(t=1), n(k=1))))
    wrong = forall({"k": "nat"}, [], le(n(k=1), n(k=1)))
    refused("captured", "elim", wrong, nested, sub=[["t", time(k=1)]])
    vectors = forall({"v": "vec"}, [], forall({"w": "vec"}, [], le(norm(vvar("v")), norm(vvar("w")))))
    trivial = forall({"w": "vec"}, [], le(norm(vvar("w")), norm(vvar("w"))))
    refused("captured", "elim", trivial, vectors, sub=[["v", vvar("w")]])


def test_elim_needs_a_known_vector() -> None:
    mean = forall({"t": "nat", "a": time(-1, t=1)}, [], eq(ex(inner(vvar("a"), XI_T)), ZERO))

    def use(v: tuple) -> tuple:
        return eq(ex(inner(v, XI_T)), ZERO), mean

    accepted("elim", *use(vproc("x", t=1)), sub=[["t", time(t=1)], ["a", vproc("x", t=1)]])
    refused("not F", "elim", *use(XI_T), sub=[["t", time(t=1)], ["a", XI_T]])
    later = vproc("x", 1, t=1)
    refused("not F", "elim", *use(later), sub=[["t", time(t=1)], ["a", later]])
    refused("not F", "elim", *use(vvar("b")), sub=[["t", time(t=1)], ["a", vvar("b")]])


def test_cases() -> None:
    p, strict = le(S_T, L), lt(L, S_T)
    for other in (le(L, S_T), strict, eq(("ind", p), ZERO)):
        accepted("cases", FALSUM, ([p], FALSUM), ([other], FALSUM), P=p, Q=other)
    refused("exhaustive", "cases", FALSUM, ([strict], FALSUM), ([lt(S_T, L)], FALSUM), P=strict, Q=lt(S_T, L))
    integers, after = le(n(k=1), n(t=1)), le(n(1, t=1), n(k=1))
    accepted("cases", FALSUM, ([integers], FALSUM), ([after], FALSUM), P=integers, Q=after)
    reals, gap = le(S_T, n(t=1)), le(n(1, t=1), S_T)
    refused("exhaustive", "cases", FALSUM, ([reals], FALSUM), ([gap], FALSUM), P=reals, Q=gap)
    skip = le(n(2, t=1), n(k=1))
    refused("exhaustive", "cases", FALSUM, ([integers], FALSUM), ([skip], FALSUM), P=integers, Q=skip)
    refused("has a hypothesis", "cases", FALSUM, ([p], FALSUM), ([p], FALSUM), P=p, Q=strict)
    both = ("and", p, strict)
    refused("exhaustive", "cases", FALSUM, ([both], FALSUM), ([strict], FALSUM), P=both, Q=strict)


def test_conj_and_pick() -> None:
    p, r = FACT, le(C, RHO)
    accepted("conj", ("and", p, r), p, r)
    refused("expected", "conj", ("and", p, r), r, p)
    refused("missing", "conj", ("and", p, r), p)
    accepted("pick", r, ("and", p, r))
    refused("no member", "pick", le(RHO, C), ("and", p, r))


def test_induct() -> None:
    base, later = le(proc("s"), L), le(proc("s", 1, t=1), L)
    accepted("induct", FACT, base, ([FACT], later), t="t")
    refused("expected", "induct", FACT, le(proc("s", 1), L), ([FACT], later), t="t")
    refused("has a hypothesis", "induct", FACT, base, ([le(S_T, C)], later), t="t")
    loose = le(n(t=1), L)
    refused("free in a hypothesis", "induct", FACT, base, ([FACT], later), hyps=[loose], t="t")
    fact, first, next_ = (le(proc("s", **k), L) for k in ({"N": 1}, {}, {"const": 1, "N": 1}))
    refused("declared integer", "induct", fact, first, ([fact], next_), t="N")


def test_induct_strong() -> None:
    goal, limit = le(proc("s", T=1), L), le(n(T=1), n(N=1))
    before = [le(n(1, t=1), n(T=1)), le(n(t=1), n(N=1))]
    ih = forall({"t": "nat"}, before, FACT)
    args: dict[str, Any] = {"T": "T", "t": "t", "H": [limit]}
    accepted("induct_strong", goal, ([limit, ih], goal), hyps=[limit], **args)
    for wrong in ([le(n(t=1), n(T=1)), before[1]], before[:1]):
        refused(
            "has a hypothesis",
            "induct_strong",
            goal,
            ([limit, forall({"t": "nat"}, wrong, FACT)], goal),
            hyps=[limit],
            **args,
        )
    refused("no hypothesis of the step", "induct_strong", goal, ([ih], goal), **args)
    refused("outside H", "induct_strong", goal, ([ih], goal), hyps=[limit], **(args | {"H": []}))
    extra = le(n(t=1), n(T=1))
    refused("t is free in", "induct_strong", extra, extra, hyps=[limit], **args)
    refused("declared integer", "induct_strong", goal, goal, hyps=[limit], **(args | {"T": "N"}))
    refused("same variable", "induct_strong", goal, goal, hyps=[limit], **(args | {"t": "T"}))


def test_absurd() -> None:
    for false in (le(ONE, ZERO), lt(L, L), eq(L, add(L, ONE))):
        accepted("absurd", FACT, false)
    for true in (le(ONE, ONE), lt(ZERO, ONE), eq(L, L), le(L, ZERO), ("and", FALSUM)):
        refused("is not false|no comparison", "absurd", FACT, true)
    refused("has a hypothesis", "absurd", FACT, ([FACT], FALSUM))


# --- algebra ------------------------------------------------------------------------------------------------


def test_combine() -> None:
    x, y = S_T, proc("s", 1, t=1)
    accepted("combine", le(mul(L, x), mul(L, y)), le(x, y), items=[[0, L, None]])
    refused("not known to be >= 0", "combine", le(mul(RHO, x), mul(RHO, y)), le(x, y), items=[[0, RHO, None]])
    signed = {"items": [[0, RHO, 1]]}
    accepted("combine", le(mul(RHO, x), mul(RHO, y)), le(x, y), le(ZERO, RHO), **signed)
    refused("not known to be >= 0", "combine", le(mul(RHO, x), mul(RHO, y)), le(x, y), le(ZERO, C), **signed)
    refused("residual -1 is not manifestly", "combine", le(x, add(y, q(-1))), le(x, y), items=[[0, ONE, None]])
    refused("not used", "combine", le(ZERO, ONE), le(x, y), items=[])
    refused("no premise at position", "combine", le(ZERO, ONE), items=[[0, ONE, None]])
    refused("no premise at position True", "combine", le(x, y), le(x, y), FACT, items=[[True, ONE, None]])
    accepted("combine", le(mul(q(2), x, y), add(pw(x, 2), pw(y, 2))), squares=[[ONE, add(x, minus(y)), None]])
    refused("coefficient", "combine", le(pw(x, 2), ZERO), squares=[[q(-1), x, None]])
    accepted(
        "combine",
        le(mul(q(2), inner(X0, XSTAR)), add(inner(X0, X0), inner(XSTAR, XSTAR))),
        squares=[[ONE, ("vadd", X0, ("scale", q(-1), XSTAR)), None]],
    )
    refused("residual", "combine", le(ZERO, x))
    refused("residual", "combine", le(ZERO, inner(X0, XSTAR)))
    accepted("combine", le(ZERO, mul(inner(X0, X0), pw(x, 2))))


def test_combine_strict_and_scaled() -> None:
    x, y = S_T, proc("s", 1, t=1)
    accepted("combine", lt(x, y), lt(x, y), items=[[0, ONE, None]])
    refused("not strict", "combine", lt(x, y), le(x, y), items=[[0, ONE, None]])
    refused("not strict", "combine", lt(mul(C, x), mul(C, y)), lt(x, y), items=[[0, C, None]])
    accepted("combine", lt(mul(C, x), mul(C, y)), lt(x, y), lt(ZERO, C), items=[[0, C, 1]])
    refused("not strict", "combine", lt(mul(C, x), mul(C, y)), lt(x, y), le(ZERO, C), items=[[0, C, 1]])
    accepted("combine", lt(x, add(x, L)))
    refused("not strict", "combine", lt(x, add(x, C)))
    refused("not strict", "combine", lt(ZERO, norm(X0)))
    big = le(mul(L, x), mul(L, y))
    accepted("combine", le(x, y), big, items=[[0, ONE, None]], scale=[L, None])
    refused("scale", "combine", le(x, y), le(mul(C, x), mul(C, y)), items=[[0, ONE, None]], scale=[C, None])
    refused("scale", "combine", le(x, y), le(mul(C, x), mul(C, y)), le(ZERO, C), items=[[0, ONE, None]], scale=[C, 1])
    refused("scale", "combine", le(x, y), items=[], scale=[ZERO, None])


def test_combine_equations() -> None:
    x, y, v, w = S_T, proc("s", 1, t=1), vproc("x", t=1), vproc("x", 1, t=1)
    accepted("combine", eq(mul(RHO, x), mul(RHO, y)), eq(x, y), items=[[0, RHO, None]])
    refused("from equations only", "combine", eq(x, y), le(x, y), items=[[0, ONE, None]])
    refused("no squares", "combine", eq(ZERO, ZERO), squares=[[ONE, ZERO, None]])
    refused("residual .* is not 0", "combine", eq(x, y))
    accepted("combine", le(inner(X0, v), inner(X0, w)), ("veq", v, w), items=[[0, X0, None]])
    refused("is no vector", "combine", le(x, y), ("veq", v, w), items=[[0, ONE, None]])
    accepted("combine", ("veq", ("scale", RHO, v), ("scale", RHO, w)), ("veq", v, w), items=[[0, RHO, None]])
    refused("vector residual", "combine", ("veq", v, X0), ("veq", v, w), items=[[0, ONE, None]])
    refused("no scale", "combine", ("veq", v, v), scale=[ONE, None])
    refused("is no scalar", "combine", ("veq", v, w), ("veq", v, w), items=[[0, X0, None]])


def test_normal_forms_of_powers() -> None:
    def same(a: tuple, b: tuple) -> None:
        accepted("combine", eq(a, b))

    def different(a: tuple, b: tuple) -> None:
        refused("residual", "combine", eq(a, b))

    v = ("vadd", X0, ("scale", q(-1), XSTAR))
    same(pw(norm(v), 2), add(inner(X0, X0), mul(q(-2), inner(X0, XSTAR)), inner(XSTAR, XSTAR)))
    same(norm(v), norm(("scale", q(-1), v)))
    same(norm(("vadd", v, ("scale", q(-1), v))), ZERO)
    same(mul(pw(norm(X0), 0, 1), pw(norm(X0), 2, -1)), inner(X0, X0))
    same(mul(pw(L, 0, 1), pw(L, 1, -1)), L)
    same(pw(pw(L, 1, den=(0, 1)), 0, 1), L)
    same(pw(pw(C, "1/2"), 2), C)
    same(mul(pw(q(8), "1/3"), pw(q(2), "1/2"), pw(q(2), "1/2")), q(4))
    same(pw(q("3/4"), -1), q("4/3"))
    same(pw(q("9/4"), "1/2"), q("3/2"))
    same(mul(pw(q(2), 1, 1), pw(q(2), 0, -1)), q(2))
    same(pw(("ind", FACT), 5), ("ind", FACT))
    same(("ind", FACT), ("ind", le(ZERO, add(L, minus(S_T)))))
    same(("expo", e(1, 1, den=(0, 1))), add(ONE, pw(ALPHA, -1)))
    same(pw(ZERO, 0), ONE)
    same(("exp", add(S_T, minus(S_T))), ONE)
    same(pw(("exp", S_T), "1/2"), pw(("exp", mul(q(1), S_T)), "1/2"))
    same(("sum", "j", time(N=1), proc("s", j=1)), ("sum", "k", time(N=1), proc("s", k=1)))
    nested = [
        ("sum", a, time(N=1), ("sum", b, time(**{a: 1}), proc("s", **{a: 1, b: 1})))
        for a, b in (("i", "j"), ("j", "i"))
    ]
    same(*nested)
    different(pw(pw(RHO, 2), "1/2"), RHO)
    different(pw(pw(RHO, "1/2"), 2), RHO)
    different(mul(C, pw(C, -1)), ONE)
    different(mul(norm(X0), pw(norm(X0), -1)), ONE)
    different(pw(("ind", FACT), "1/2"), ("ind", FACT))
    different(pw(inner(X0, X0), "1/2"), norm(X0))
    different(("ind", FACT), ("ind", lt(S_T, L)))
    different(("sum", "j", time(N=1), n(j=1, k=1)), ("sum", "k", time(N=1), n(j=1, k=1)))
    different(pw(C, -1, 1, den=(-1, 2)), pw(C, -1, 1))


def test_cauchy_schwarz() -> None:
    v, w = X0, vproc("x", t=1)
    accepted("cauchy_schwarz", le(inner(v, w), mul(norm(v), norm(w))))
    refused("not of the shape", "cauchy_schwarz", le(inner(v, w), mul(norm(v), norm(v))))
    refused("not of the shape", "cauchy_schwarz", lt(inner(v, w), mul(norm(v), norm(w))))


def test_pow_pos() -> None:
    accepted("pow_pos", lt(ZERO, pw(S_T, -1)), lt(ZERO, S_T))
    refused("expected", "pow_pos", lt(ZERO, pw(S_T, -1)), le(ZERO, S_T))
    refused("not of the shape", "pow_pos", le(ZERO, pw(S_T, -1)), lt(ZERO, S_T))


def test_pow_split() -> None:
    fact = eq(mul(pw(S_T, "1/2"), pw(S_T, "1/2")), pw(S_T, 1))
    accepted("pow_split", fact, lt(ZERO, S_T))
    refused("expected", "pow_split", fact, le(ZERO, S_T))
    refused("do not add up", "pow_split", eq(mul(pw(S_T, 1), pw(S_T, 2)), pw(S_T, 4)), lt(ZERO, S_T))
    refused("not of the shape", "pow_split", eq(mul(pw(S_T, 1), pw(L, 2)), pw(S_T, 3)), lt(ZERO, S_T))


def test_pow_mono() -> None:
    x, y = S_T, proc("s", 1, t=1)
    up, down = le(pw(x, -1, 1), pw(y, -1, 1)), le(pw(y, 1, -1), pw(x, 1, -1))
    accepted("pow_mono", up, le(ZERO, x), le(x, y))
    accepted("pow_mono", down, lt(ZERO, x), le(x, y))
    refused("expected", "pow_mono", up, le(ZERO, y), le(x, y))
    refused("expected", "pow_mono", down, le(ZERO, x), le(x, y))
    refused("expected", "pow_mono", down, lt(ZERO, x), le(y, x))
    mixed = le(pw(x, -3, 2), pw(y, -3, 2))  # 2 alpha - 3 changes its sign at 3/2
    refused("not known", "pow_mono", mixed, le(ZERO, x), le(x, y))
    refused("not of the shape", "pow_mono", le(pw(x, 1), pw(y, 2)), le(ZERO, x), le(x, y))


def test_amgm() -> None:
    x, z, signs = S_T, C, (le(ZERO, S_T), le(ZERO, C))

    def fact(theta: list, other: list) -> tuple:
        weights = mul(("expo", theta), x), mul(("expo", other), z)
        return le(mul(("pow", x, theta), ("pow", z, other)), add(*weights))

    theta, other = e(1, den=(0, 1)), e(-1, 1, den=(0, 1))
    accepted("amgm", fact(theta, other), *signs, theta=theta)
    refused("missing", "amgm", fact(theta, other), signs[0], theta=theta)
    refused("expected", "amgm", fact(theta, other), signs[0], le(ZERO, RHO), theta=theta)
    refused("not theta", "amgm", fact(theta, theta), *signs, theta=theta)
    alpha, rest = e(0, 1), e(1, -1)
    refused("not known: 0 <=", "amgm", fact(alpha, rest), *signs, theta=alpha)
    wrong = le(mul(("pow", x, theta), ("pow", z, other)), add(mul(("expo", other), x), mul(("expo", theta), z)))
    refused("should be", "amgm", wrong, *signs, theta=theta)


def test_indicator_exp_and_ln() -> None:
    accepted("ind_one", eq(("ind", FACT), ONE), FACT)
    refused("expected", "ind_one", eq(("ind", FACT), ONE), le(L, S_T))
    refused("not of the shape", "ind_one", eq(("ind", FACT), ZERO), FACT)
    fact = eq(("exp", minus(("ln", S_T))), pw(S_T, -1))
    accepted("exp_neg_ln", fact, lt(ZERO, S_T))
    refused("expected", "exp_neg_ln", fact, le(ZERO, S_T))
    refused("not of the shape", "exp_neg_ln", eq(("exp", ("ln", S_T)), pw(S_T, -1)), lt(ZERO, S_T))
    accepted("exp_mono", le(("exp", S_T), ("exp", L)), FACT)
    refused("expected", "exp_mono", le(("exp", L), ("exp", S_T)), FACT)
    refused("not of the shape", "exp_mono", le(("ln", S_T), ("ln", L)), FACT)


def test_exp() -> None:
    v, x, half = S_T, L, q("1/2")

    def exp(a: tuple) -> tuple:
        return ("exp", a)

    accepted("exp_add", eq(mul(exp(v), exp(x)), exp(add(v, x))))
    for wrong in (eq(mul(exp(v), exp(x)), exp(mul(v, x))), eq(mul(exp(v), exp(x)), exp(add(v, v)))):
        refused("not of the shape", "exp_add", wrong)
    refused("not of the shape", "exp_add", eq(mul(exp(v), exp(x), exp(x)), exp(add(v, x))))
    refused("not used", "exp_add", eq(mul(exp(v), exp(x)), exp(add(v, x))), FACT)
    accepted("exp_tangent", le(add(ONE, v), exp(v)))
    for wrong in (le(add(ONE, v), exp(x)), lt(add(ONE, v), exp(v)), le(add(q(2), v), exp(v)), le(exp(v), add(ONE, v))):
        refused("not of the shape", "exp_tangent", wrong)

    def convex(s: tuple) -> tuple:
        rest = add(ONE, minus(s))
        return le(exp(add(mul(s, v), mul(rest, x))), add(mul(s, exp(v)), mul(rest, exp(x))))

    inside = le(ZERO, RHO), le(RHO, ONE)
    accepted("exp_convex", convex(RHO), *inside, s=RHO, a=v, b=x)
    refused("missing", "exp_convex", convex(RHO), inside[0], s=RHO, a=v, b=x)
    refused("expected", "exp_convex", convex(RHO), inside[0], le(RHO, q(2)), s=RHO, a=v, b=x)
    refused("expected", "exp_convex", convex(RHO), le(q(-1), RHO), inside[1], s=RHO, a=v, b=x)
    refused("should be", "exp_convex", le(*reversed(convex(RHO)[1:])), *inside, s=RHO, a=v, b=x)
    refused("should be", "exp_convex", convex(RHO), *inside, s=RHO, a=x, b=v)
    refused("argument b is missing", "exp_convex", convex(RHO), *inside, s=RHO, a=v)

    def remainder(power: int) -> tuple:
        return le(add(exp(v), q(-1), minus(v)), mul(pw(RHO, power), add(exp(x), q(-1), minus(x))))

    small = le(v, mul(RHO, x)), le(minus(v), mul(RHO, x)), *inside, le(ZERO, x)
    args = {"v": v, "s": RHO, "x": x}
    accepted("exp_remainder", remainder(2), *small, **args)
    refused("should be", "exp_remainder", remainder(3), *small, **args)
    refused("should be", "exp_remainder", lt(*remainder(2)[1:]), *small, **args)
    for i in range(len(small)):
        refused("expected|missing", "exp_remainder", remainder(2), *small[:i], *small[i + 1 :], **args)
    refused("expected", "exp_remainder", remainder(2), le(v, x), *small[1:], **args)

    def series(denominator: int, square: tuple = pw(x, 2)) -> tuple:
        return le(mul(q(2), add(ONE, mul(q(f"-1/{denominator}"), x)), add(exp(x), q(-1), minus(x))), square)

    accepted("exp_bernstein", series(3), le(ZERO, x), x=x)
    refused("should be", "exp_bernstein", series(4), le(ZERO, x), x=x)
    refused("should be", "exp_bernstein", series(3, mul(q("99/100"), pw(x, 2))), le(ZERO, x), x=x)
    refused("expected", "exp_bernstein", series(3), le(q(-1), x), x=x)
    refused("missing", "exp_bernstein", series(3), x=x)
    refused("argument x is missing", "exp_bernstein", series(3), le(ZERO, x))
    accepted("combine", eq(exp(add(v, minus(v))), ONE))
    accepted("combine", lt(ZERO, exp(v)))
    refused("residual", "combine", eq(exp(half), ONE))
    refused("residual", "combine", eq(exp(ONE), add(ONE, ONE)))


def test_sums() -> None:
    def total(const: int = 0, **coefs: int) -> tuple:
        return ("sum", "j", time(const, **coefs), proc("s", j=1))

    vectors = ("vsum", "j", time(T=1), vproc("x", j=1))
    accepted("sum_zero", eq(total(), ZERO))
    accepted("sum_zero", eq(total(T=1), ZERO), le(n(T=1), ZERO))
    accepted("sum_zero", ("veq", vectors, ("scale", ZERO, vectors)), le(n(T=1), ZERO))
    refused("missing", "sum_zero", eq(total(T=1), ZERO))
    refused("expected", "sum_zero", eq(total(T=1), ZERO), le(n(T=1), ONE))
    after = add(total(T=1), proc("s", T=1))
    accepted("sum_step", eq(total(1, T=1), after))
    refused("not b", "sum_step", eq(total(1, T=1), add(total(T=1), proc("s", 1, T=1))))
    refused("missing", "sum_step", eq(total(T=1), add(total(-1, T=1), proc("s", -1, T=1))))
    accepted("sum_step", eq(total(T=1), add(total(-1, T=1), proc("s", -1, T=1))), le(ZERO, n(-1, T=1)))
    more = ("vsum", "j", time(1, T=1), vproc("x", j=1))
    accepted("sum_step", ("veq", more, ("vadd", vectors, vproc("x", T=1))))
    accepted("inner_sum", eq(inner(X0, vectors), ("sum", "j", time(T=1), inner(X0, vproc("x", j=1)))))
    v = vproc("x", j=1)
    refused("j is free", "inner_sum", eq(inner(v, vectors), ("sum", "j", time(T=1), inner(v, vproc("x", j=1)))))


# --- expectation --------------------------------------------------------------------------------------------

D = mul(C, norm(XI_T))


def within(x: tuple, d: tuple) -> tuple[tuple, tuple]:
    return le(x, d), le(minus(x), d)


def test_e_mono() -> None:
    x, y = norm(XI_T), mul(q(2), norm(XI_T))
    facts = (le(x, y), *within(x, D), *within(y, D))
    accepted("E_mono", le(ex(x), ex(y)), *facts)
    accepted("E_mono", eq(ex(x), ex(y)), eq(x, y), *facts[1:])
    refused("expected", "E_mono", le(ex(y), ex(x)), *facts)
    refused("expected", "E_mono", eq(ex(x), ex(y)), *facts)
    refused("missing", "E_mono", le(ex(x), ex(y)), *facts[:3])
    known, unknown = le(proc("s", -1, t=1), L), FACT
    accepted("E_mono", le(ex(x), ex(y)), *facts, hyps=[known])
    for h in (le(norm(XI_T), L), unknown, forall({"k": "nat"}, [], known), ("and", known), le(norm(vvar("v")), L)):
        refused("-measurable", "E_mono", le(ex(x), ex(y)), ([h], facts[0]), *facts[1:], hyps=[h])
    refused("not of the shape", "E_mono", le(ex(x), ex(y, 0)), *facts)


def test_domination() -> None:
    x = norm(XI_T)

    def attempt(call: Any, d: tuple, *reason: str) -> None:
        call(*reason, "E_mono", le(ex(x), ex(x)), le(x, x), *within(x, d), *within(x, d))

    for fine in (pw(x, 0, 1), add(L, mul(proc("s", -1, t=1), x)), mul(q(-1), norm(vproc("x", t=1))), ex(x)):
        attempt(accepted, fine)
    for bad in (
        pw(x, 2),  # the second moment may be infinite
        pw(x, 1, 1),
        mul(x, pw(x, 0, 1)),
        pw(x, -1),
        norm(vproc("xi", 1, t=1)),
        pw(S_T, 1),
        mul(norm(vproc("x", 1, t=1)), x),
        norm(vvar("v")),
    ):
        attempt(refused, bad, "does not dominate")
    refused("with one D", "E_mono", le(ex(x), ex(x)), le(x, x), le(x, D), le(minus(x), L), *within(x, D))


def test_e_lin() -> None:
    x, before = norm(XI_T), proc("s", -1, t=1)
    z = add(mul(before, x), mul(q(3), L))
    parts = [[before, x], [mul(q(3), L), ONE]]
    right = add(mul(before, ex(x)), mul(q(3), L))
    accepted("E_lin", eq(ex(z), right), *within(x, D), parts=parts)
    refused("missing", "E_lin", eq(ex(z), right), parts=parts)
    refused("not the sum of the parts", "E_lin", eq(ex(z), right), *within(x, D), parts=parts[:1])
    refused("sum of the expectations", "E_lin", eq(ex(z), add(right, L)), *within(x, D), parts=parts)
    refused("is not F", "E_lin", eq(ex(mul(S_T, x)), mul(S_T, ex(x))), *within(x, D), parts=[[S_T, x]])
    square = pw(x, 2)
    refused("does not dominate", "E_lin", eq(ex(square), ex(square)), *within(square, square), parts=[[ONE, square]])
    refused("-measurable", "E_lin", eq(ex(z), right), *within(x, D), parts=parts, hyps=[FACT])


def test_e_vec() -> None:
    mean, known = ("Ev", time(-1, t=1), XI_T), vproc("x", t=1)
    accepted("E_vec", eq(inner(known, mean), ex(inner(known, XI_T))), le(norm(XI_T), D))
    refused("missing", "E_vec", eq(inner(known, mean), ex(inner(known, XI_T))))
    refused("dominate", "E_vec", eq(inner(known, mean), ex(inner(known, XI_T))), le(norm(XI_T), pw(norm(XI_T), 2)))
    refused("is not F", "E_vec", eq(inner(XI_T, mean), ex(inner(XI_T, XI_T))), le(norm(XI_T), D))
    refused("not of the shape", "E_vec", eq(inner(known, mean), ex(inner(X0, XI_T))), le(norm(XI_T), D))


def test_sum_measurability() -> None:
    x = norm(XI_T)
    facts = (le(x, x), *within(x, D), *within(x, D))

    def past(upto: tuple, body: tuple) -> tuple:
        return le(("sum", "j", upto, body), L)

    fine = past(time(t=1), proc("s", j=1)), past(time(1, t=1), proc("s", -1, t=1, j=-1))
    double = past(time(t=1), ("sum", "k", time(1, j=1), proc("s", k=1)))
    for h in (*fine, double):
        accepted("E_mono", le(ex(x), ex(x)), *facts, hyps=[h])
    for h in (
        past(time(1, t=1), proc("s", j=1)),
        past(time(t=1), proc("s", 1, j=1)),
        past(time(t=1), proc("s", t=1, j=-1)),
        past(time(t=1), ("sum", "k", time(2, j=1), proc("s", k=1))),
        past(time(t=1), ex(x, 0, j=2)),
    ):
        refused("-measurable", "E_mono", le(ex(x), ex(x)), *facts, hyps=[h])


# --- probability --------------------------------------------------------------------------------------------


def ville(**changes: Any) -> tuple[tuple, list[tuple], dict]:
    """A conclusion, its premises, its arguments."""
    y = add(inner(vproc("x", t=1), XI_T), minus(C))
    a: dict[str, Any] = {"Y": y, "A": C, "t": "t", "T": "T", "N": "N"} | changes
    below = le(("sum", "t", time(T=1), a["Y"]), a["A"])
    until = forall({"T": "nat"}, [le(n(T=1), n(N=1))], below)
    premises = [le(ex(("exp", a["Y"])), ONE), *within(("exp", a["Y"]), add(ONE, D)), le(ZERO, a["A"])]
    return ("whp", ("exp", minus(a["A"])), until), premises, a


def test_ville() -> None:
    concl, premises, args = ville()
    accepted("ville", concl, *premises, **args)
    for i in range(len(premises)):
        refused("expected|missing|with one D|no <=", "ville", concl, *premises[:i], *premises[i + 1 :], **args)
    refused("takes no hypotheses", "ville", concl, *premises, hyps=[le(L, C)], **args)
    refused("has a hypothesis", "ville", concl, ([FACT], premises[0]), *premises[1:], **args)
    refused("should be", "ville", ("whp", ("exp", args["A"]), concl[2]), *premises, **args)
    refused("should be", "ville", ("whp", ("exp", minus(mul(q(2), C))), concl[2]), *premises, **args)
    refused("expected", "ville", concl, le(ex(args["Y"]), ONE), *premises[1:], **args)
    refused("expected", "ville", concl, le(ex(("exp", args["Y"])), q(2)), *premises[1:], **args)
    refused("expected", "ville", concl, le(ex(("exp", args["Y"]), 0), ONE), *premises[1:], **args)
    quadratic = within(("exp", args["Y"]), pw(norm(XI_T), 2))
    refused("does not dominate", "ville", concl, premises[0], *quadratic, premises[3], **args)
    longer = forall({"T": "nat"}, [le(n(T=1), n(1, N=1))], concl[2][3])
    refused("should be", "ville", ("whp", concl[1], longer), *premises, **args)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Y": inner(X0, vproc("xi", 1, t=1))}, r"Y is not F\[t\]"),
        ({"Y": inner(X0, vproc("xi", k=1))}, r"Y is not F\[t\]"),
        ({"Y": n(k=1)}, "free variable other than t"),
        ({"Y": norm(vvar("v"))}, r"Y is not F\[t\]"),
        ({"A": RHO}, None),
        ({"N": "k"}, "no declared integer"),
        ({"t": "d"}, "declared integer|declared name"),
        ({"T": "t"}, "same variable"),
    ],
)
def test_ville_side_conditions(changes: dict, reason: str | None) -> None:
    concl, premises, args = ville(**changes)
    if reason is None:
        accepted("ville", concl, *premises, **args)
    else:
        refused(reason, "ville", ville()[0], *premises, **args)


@pytest.mark.parametrize("level", [proc("s", -1, t=1), n(T=1), n(t=1), norm(vvar("v"))])
def test_ville_needs_a_deterministic_level(level: tuple) -> None:
    concl, premises, args = ville()
    refused("A is not deterministic", "ville", concl, *premises[:3], le(ZERO, level), **(args | {"A": level}))


def test_whp() -> None:
    first, second, both = le(S_T, L), le(S_T, C), le(mul(q(2), S_T), add(L, C))
    e1, e2, total = L, C, add(L, C)
    events = ("whp", e1, first), ("whp", e2, second)
    follows = ([first, second], both)
    accepted("whp", ("whp", total, both), *events, follows, le(total, total))
    refused("expected", "whp", ("whp", e1, both), *events, follows, le(e1, e1))
    refused("has a hypothesis", "whp", ("whp", e1, both), events[0], follows, le(e1, e1))
    refused("takes no hypotheses", "whp", ("whp", total, both), *events, follows, le(total, total), hyps=[FACT])
    refused("has a hypothesis", "whp", ("whp", total, both), ([FACT], events[0]), events[1], follows, le(total, total))
    refused("expected whp", "whp", ("whp", total, both), first, events[1], follows, le(total, total))
    refused("missing", "whp", ("whp", ONE, both), le(ZERO, ONE), both)


# --- the statement ------------------------------------------------------------------------------------------


def one_process(step_: tuple, level: int = 0, start: int = 0, base: Any = ZERO) -> dict:
    return {"processes": [process("s", "scalar", level, start, base, step_)]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (one_process(add(S_T, ONE)), "looks at"),
        (one_process(proc("s", 1, t=1)), "looks at"),
        (one_process(proc("s", -1, t=2)), "looks at"),
        (one_process(("sum", "j", time(1, t=1), proc("s", j=1))), "looks at"),
        (one_process(add(proc("s", -1, t=-1), ONE), start=-3), "from of s must be"),
        (one_process(norm(vproc("xi", 1, t=1))), "not of its level"),
        (one_process(norm(XI_T), level=-1), "not of its level"),
        (one_process(proc("s", -1, k=1)), "free variable k"),
        (one_process(norm(vvar("v"))), "free variable v"),
        (one_process(ex(norm(XI_T))), "has an expectation"),
        (one_process(("ind", ("and", FALSUM))), "ind is of"),
        (one_process(ONE, base=norm(vproc("xi"))), "base of s"),
        (one_process(ONE, base=n(N=1)), "base of s"),
        (one_process(ONE, base=X0), "is no scalar"),
        ({"definitions": {"A": eq(par("A"), add(par("A"), ONE))}}, "defined later"),
        ({"definitions": {"A": eq(par("A"), RHO), "r": eq(RHO, par("A")), "again": eq(par("A"), L)}}, "defined later"),
        ({"definitions": {"a": eq(par("A"), L), "b": eq(par("A"), C)}}, "defines A again"),
        ({"definitions": {"a": eq(par("L"), C)}}, "free parameter"),
        ({"definitions": {"a": eq(par("alpha"), q(3))}}, "defines alpha"),
        ({"definitions": {"a": eq(par("A"), proc("s"))}}, "not deterministic"),
        ({"definitions": {"a": le(par("A"), C)}}, "expected eq"),
        ({"definitions": {"a": FALSUM}}, "expected eq"),
        ({"definitions": {"a": forall({"t": "nat"}, [], FACT)}}, "does not end in an equation"),
        ({"definitions": {"a": forall({"v": "vec"}, [], FALSUM)}}, "does not end in an equation"),
        ({"definitions": {"a": forall({"v": "vec"}, [], eq(ONE, ONE))}}, "defines no function"),
        ({"assumptions": {"falsum": FALSUM}}, "two facts are called falsum"),
        ({"assumptions": {"a": FACT}}, "free variable t"),
        ({"assumptions": {"low": le(ONE, ALPHA)}}, "not among the assumptions"),
        ({"assumptions": {"high": le(ALPHA, q(3))}}, "not among the assumptions"),
        ({"integers": {"N": {"min": -1, "meaning": ""}}}, "minimum of N"),
        ({"integers": {"t": {"min": 0, "meaning": ""}}}, "t is the time"),
        ({"vectors": {"t": ""}}, "t is the time"),
        ({"integers": {"N": {"min": True, "meaning": ""}}}, "minimum of N"),
        ({"vectors": {"xi": ""}}, "declared twice"),
        ({"parameters": {"L": {"sign": "pos", "meaning": ""}}}, "alpha must be"),
        ({"free_parameters": ["N"]}, "names no parameter"),
        ({"bound": C}, "last right-hand side"),
        ({"bound": None, "conclusion": le(ZERO, n(k=1))}, "the conclusion has the free variable k"),
        ({"conclusion": le(ZERO, ONE)}, "expected whp"),
        ({"conclusion": ("whp", ZERO, le(ZERO, ONE))}, "expected and"),
        ({"conclusion": ("whp", S_T, ("and", le(ZERO, ONE)))}, "not deterministic"),
        ({"bound": proc("s"), "conclusion": ("whp", ZERO, ("and", le(ZERO, proc("s"))))}, "bound is not deterministic"),
        ({"conditions": {"c": eq(C, C)}}, "condition c is no"),
        ({"conditions": {"c": le(norm(vproc("x")), C)}}, "condition c is no"),
        ({"conditions": {"c": le(norm(vproc("x", N=1)), C)}}, "condition c is no"),
        ({"extra": ""}, "unknown key extra"),
    ],
)
def test_statements(changes: dict, reason: str) -> None:
    statement_refused(reason, **changes)


def test_a_statement_without_a_bound() -> None:
    """Its conclusion is any closed fact; nothing can be read off at numbers."""
    fact = forall({"v": "vec"}, [le(norm(vvar("v")), C)], le(ZERO, norm(vvar("v"))))
    steps = [step("combine", fact[3]), step("intro", fact, prem=[0])]
    report = recheck.check(proof(steps, bound=None, conclusion=fact))
    assert report.summary.startswith("PROVED toy")
    numerical("the statement has no bound", bound=None, conclusion=fact)
    numerical("expected whp", conclusion=fact)


# --- the file -----------------------------------------------------------------------------------------------


def good() -> dict:
    return proof(finish([]))


def refusal(obj: dict) -> str:
    with pytest.raises(recheck.Refused) as info:
        recheck.check(seal(obj))
    return str(info.value)


def test_report_and_leaves() -> None:
    concl, premises, args = ville()
    steps = [step("given", FALSUM, name="falsum")]
    steps += [step("absurd", p, prem=[0]) for p in premises]
    steps.append(step("ville", concl, prem=range(1, 5), **args))
    steps.append(
        step(
            "define",
            eq(proc("s", t=1), add(proc("s", -1, t=1), norm(vproc("x", t=1)))),
            name="s",
            time=time(t=1),
            case="step",
        )
    )
    obj = proof(finish(steps))
    report = recheck.check(obj)
    assert report.leaves == recheck.Leaves(
        frozenset({"sure"}), frozenset(), frozenset()
    )  # the end does not rest on them
    obj["steps"] = obj["steps"][: len(steps)]
    assert recheck.leaves(obj).define == {"s"}
    obj["steps"] = obj["steps"][:-1]
    assert recheck.leaves(obj) == recheck.Leaves(frozenset({"falsum"}), frozenset(), frozenset({"ville"}))


def test_the_end() -> None:
    assert "not the statement's conclusion" in refusal(proof(finish([])[:-1]))
    assert "no steps" in refusal(proof([]))
    hypothetical = step("assume", GOAL, [GOAL])
    assert "has hypotheses" in refusal(proof([hypothetical]))


def test_premises_must_be_earlier() -> None:
    for wrong in ([3], [4], [-1], [True], ["0"], [0.0]):
        obj = good()
        obj["steps"][1]["prem"] = wrong
        assert "not an earlier step" in refusal(obj)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (["add"], "length 1"),
        (["add", 10**6], "not that of an earlier term"),
        (["add", True], "not that of an earlier term"),
        (["add", -1], "not that of an earlier term"),
        (["q", 1], "rational in a string"),
        (["q", "1/0"], "rational in a string"),
        (["q", "1e3"], "rational in a string"),
        (["q", "٣"], "rational in a string"),
        (["q", "nan"], "rational in a string"),
        (["par", "nobody"], "not a declared parameter"),
        (["par", "x0"], "not a declared parameter"),
        (["time", 0, [["t", 0]]], "coefficient is 0"),
        (["time", 0, [["t", 1], ["k", 1]]], "not sorted"),
        (["time", 0, [["t", 1], ["t", 1]]], "not sorted"),
        (["time", 1.0, []], "must be an integer"),
        (["time", 10**30, []], "must be an integer"),
        (["time", 0, [["#0", 1]]], "must be a name"),
        (["vvar", "N"], "used as a variable"),
        (["min", 0, 0], "unknown head"),
        ([], "unknown head"),
        (["expo", [["1"], ["0"]]], "denominator 0"),
        (["expo", [["1"], ["-3", "2"]]], "may vanish"),
        (["expo", [["1"] * 50, ["1"]]], "too high a degree"),
    ],
)
def test_malformed_terms(entry: list, reason: str) -> None:
    obj = good()
    obj["terms"].append(entry)
    assert reason in refusal(obj)


def test_sizes_are_limited() -> None:
    square: tuple = add(L, C, RHO, ALPHA)  # 969 terms to the power 16
    for _ in range(6):
        square = pw(square, 16)
    assert "too" in refusal(proof(finish([step("assume", le(square, ONE), [le(square, ONE)])])))
    for big in (pw(q(2), 10**20), pw(q(f"{10**30 + 57}"), "1/2"), pw(pw(q(3), 10**3), -(10**3))):
        fact = le(big, ONE)
        reason = refusal(proof(finish([step("assume", fact, [fact])])))
        assert "too long" in reason or "above a million" in reason or "too large" in reason
    deep: tuple = L
    for _ in range(1500):
        deep = ("exp", deep)
    with pytest.raises((recheck.Refused, RecursionError)):
        recheck.check(proof(finish([step("assume", le(deep, ONE), [le(deep, ONE)])])))


def test_digests() -> None:
    obj = good()
    obj["sha256"] = "0" * 64
    with pytest.raises(recheck.Refused, match="the content has sha256"):
        recheck.check(obj)
    obj = good()
    obj["statement_sha256"] = "0" * 64
    assert "the statement has sha256" in refusal(obj)
    broken = good()
    broken["steps"][0]["concl"] = broken["statement"]["conditions"]["falsum"]
    with pytest.raises(recheck.Refused, match=r"at step 0 \(combine\): residual -1"):
        recheck.check(broken)  # the digest is wrong too: the step is named all the same


def test_every_mutation_of_a_number_is_refused() -> None:
    """Changing any index, premise or hypothesis list of a small proof never leaves it accepted as another proof."""
    base = good()
    for i, key in itertools.product(range(5), ("concl", "prem", "hyps", "rule")):
        for value in (0, 1, [0], [1], [2, 1], "conj", "assume", None):
            obj = copy.deepcopy(base)
            if obj["steps"][i][key] == value:
                continue
            obj["steps"][i][key] = value
            try:
                report = recheck.check(seal(obj))
            except recheck.Refused:
                continue
            assert report.sha256 == base["statement_sha256"]
            assert key in ("hyps", "concl") or i < 4


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {name: tmp_path / f"{name}.json" for name in ("good", "cut", "twice", "float", "nan", "list", "bound")}
    whole = json.dumps(good())
    files["good"].write_text(whole)
    files["cut"].write_text(whole[: len(whole) // 2])
    files["twice"].write_text('{"format": "tailcert-proof/1", "format": "tailcert-proof/1"}')
    files["float"].write_text('{"format": 1.5}')
    files["nan"].write_text('{"format": NaN}')
    files["list"].write_text("[]")
    assert recheck.main([str(files["good"])]) == 0
    assert "PROVED toy test (steps=5, axioms=none, statement sha256" in capsys.readouterr().out
    for name, reason in {
        "cut": "no readable",
        "twice": "repeated",
        "float": "1.5",
        "nan": "NaN",
        "list": "object",
    }.items():
        assert recheck.main([str(files[name])]) == 1
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        assert "REFUSED" in out
        assert reason in out
    assert recheck.main([str(tmp_path / "missing")]) == 2
    assert recheck.main([]) == 2


@pytest.mark.parametrize("flags", [[], ["-O"]])
def test_alone(tmp_path: Path, flags: list[str]) -> None:
    """The three files run without the rest, also without asserts."""
    (tmp_path / "verify").mkdir()
    for file in Path(recheck.__file__).parent.glob("recheck*.py"):
        (tmp_path / "verify" / file.name).write_text(file.read_text())
    (tmp_path / "good.json").write_text(json.dumps(good()))
    bad = good()
    bad["steps"][0]["hyps"] = [bad["steps"][0]["concl"]]
    (tmp_path / "bad.json").write_text(json.dumps(seal(bad)))
    command = [sys.executable, *flags, "-E", "verify/recheck.py", "good.json", "bad.json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1, run.stderr
    assert "good.json: PROVED" in run.stdout
    assert "bad.json: REFUSED at step 1 (conj): premise 1 has a hypothesis" in run.stdout


def test_only_the_standard_library() -> None:
    for file in Path(recheck.__file__).parent.glob("recheck*.py"):
        for line in file.read_text().splitlines():
            if line.lstrip().startswith(("import ", "from ")):
                module = line.split()[1].split(".")[0]
                own = line.split()[1].split(".")[-1].startswith("recheck")
                assert own or module in sys.stdlib_module_names, line


# --- numerical certificates ---------------------------------------------------------------------------------

SIGNS = statement()["parameters"]
VALUES = {"alpha": "3/2", "L": "5", "c": "0", "rho": "-1", "N": "10", "d": "0"}
NUMBER = add(mul(par("A"), pw(L, 1, den=(0, 1))), pw(C, 0, 1))  # ln(10) 5^(2/3) + 0
CLAIM = {"bound": NUMBER, "conclusion": ("whp", ZERO, ("and", le(ZERO, NUMBER))), "conditions": {"range": lt(C, L)}}


def numerical(
    reason: str | None = None, values: dict | None = None, ends: tuple = ("67/10", "68/10"), **changes: Any
) -> None:
    obj = bound(VALUES | (values or {}), ends, **(CLAIM | changes))
    if reason is None:
        recheck.check(obj)
        return
    with pytest.raises(recheck.Refused, match=reason):
        recheck.check(obj)


def test_numerical_certificate() -> None:
    numerical()
    numerical("not between", ends=("67/10", "673/100"))
    numerical("not between", ends=("68/10", "69/10"))
    numerical("alpha is not in", {"alpha": "1"})
    numerical("alpha is not in", {"alpha": "5/2"})
    numerical("L is not pos", {"L": "-5"})
    numerical("c is not nonneg", {"c": "-1/1000000"})
    numerical("N is no integer", {"N": "0"})
    numerical("N is no integer", {"N": "3/2"})
    numerical("the value of A is not", {"A": "7"})
    numerical("unknown key B", {"B": "7"})
    free = {"definitions": {}}
    numerical(None, {"A": "2"}, ("5", "6"), **free)
    numerical("missing or unknown key A", **free)
    given_value = {"definitions": {"A": eq(par("A"), mul(q(2), L))}}
    numerical(None, {"A": "10"}, ("29", "30"), **given_value)
    numerical("the value of A is not", {"A": "9"}, **given_value)
    numerical("A is not pos", {"L": "1/3"}, parameters=SIGNS | {"A": {"sign": "pos", "meaning": ""}})
    entry = {"range": le(add(("exp", C), minus(ONE), minus(C)), L)}  # e^c - 1 - c <= 5
    numerical(None, {"c": "2"}, ("0", "100"), conditions=entry)
    numerical("range does not hold", {"c": "21/10"}, ("0", "100"), conditions=entry)
    numerical("undecided", {"c": "1" + "0" * 9}, ("0", "1"), conditions=entry)
    numerical("rational in a string", {"L": "5.0"})
    numerical("range does not hold", {"c": "5"})
    numerical("range cannot be evaluated", conditions={"range": le(norm(X0), L)})
    numerical("order does not hold", assumptions={"order": le(L, C)})
    numerical(None, assumptions={"start": le(norm(X0), C)})
    numerical("inverse of 0", conditions={"range": le(pw(C, -1), L)})
    numerical("to the power", conditions={"range": le(pw(RHO, "1/2"), L)})
    numerical(None, assumptions={"third": eq(mul(q("1/3"), L), q("5/3"))})
    numerical("undecided", assumptions={"root": eq(pw(L, "1/2"), pw(L, "1/2"))})
    numerical("root cannot be evaluated", assumptions={"root": ("whp", ZERO, le(ZERO, L))})


def test_numerical_extremes() -> None:
    tiny, huge = f"1/{10**300}", str(10**18)
    number = mul(pw(L, "7/2"), pw(C, 0, 1), ("exp", minus(RHO)))
    claim = {"bound": number, "conclusion": ("whp", ZERO, ("and", le(ZERO, number)))}
    numerical(None, {"L": tiny, "c": huge, "rho": "700"}, ("0", tiny), conditions={"range": lt(L, C)}, **claim)
    numerical(None, {"c": "0"}, ("0", "0"), **claim)
    close = {"range": lt(("ln", add(ONE, L)), L)}
    numerical(None, {"L": tiny, "c": tiny}, ("0", tiny), conditions=close, **claim)
    numerical("undecided", {"L": tiny, "rho": "-1" + "0" * 40, "c": huge}, ("0", "1"), conditions={}, **claim)


def test_links_between_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    a.write_text(json.dumps(good()))
    b.write_text(json.dumps(bound(VALUES, ("1", "1"))))
    assert recheck.main([str(b)]) == 1  # the toy statement has a false condition
    assert "falsum does not hold" in capsys.readouterr().out
    true = {"conditions": {"range": lt(ZERO, L)}}
    a.write_text(json.dumps(proof(finish([]), **true)))
    b.write_text(json.dumps(bound(VALUES, ("1", "1"), **true)))
    assert recheck.main([str(b)]) == 0
    assert "; proof not given" in capsys.readouterr().out
    assert recheck.main([str(b), str(a)]) == 0
    assert f"; proved by {a}" in capsys.readouterr().out


def test_the_statement_is_what_is_written() -> None:
    """The digest changes with anything in the statement."""
    seen = {recheck.check(proof(finish([]), title=title)).sha256 for title in ("a", "b")}
    assert len(seen) == 2
    assert set(statement()) == set(recheck.STATEMENT_KEYS)
