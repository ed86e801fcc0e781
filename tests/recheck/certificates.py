"""A terse way to write small certificates for tests.

A tuple is a term (its arguments: terms, names, lists), a list is copied.  Every certificate starts with the step
``|- 1 <= 0`` from the condition "falsum"; so ``|- phi`` can be had for any phi, and a rule can be tried alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from verify import recheck


def q(x: Any) -> tuple:
    return ("q", str(x))


def par(name: str) -> tuple:
    return ("par", name)


def time(const: int = 0, **coefs: int) -> tuple:
    return ("time", const, [[v, k] for v, k in sorted(coefs.items())])


def n(const: int = 0, **coefs: int) -> tuple:
    return ("n", time(const, **coefs))


def e(*num: Any, den: tuple = (1,)) -> list:
    return [[str(c) for c in num], [str(c) for c in den]]


def pw(base: tuple, *num: Any, den: tuple = (1,)) -> tuple:
    return ("pow", base, e(*num, den=den))


def vproc(name: str, const: int = 0, **coefs: int) -> tuple:
    return ("vproc", name, time(const, **coefs))


def proc(name: str, const: int = 0, **coefs: int) -> tuple:
    return ("proc", name, time(const, **coefs))


def le(a: tuple, b: tuple) -> tuple:
    return ("le", a, b)


def lt(a: tuple, b: tuple) -> tuple:
    return ("lt", a, b)


def eq(a: tuple, b: tuple) -> tuple:
    return ("eq", a, b)


def add(*terms: tuple) -> tuple:
    return ("add", *terms)


def mul(*terms: tuple) -> tuple:
    return ("mul", *terms)


def minus(a: tuple) -> tuple:
    return mul(q(-1), a)


def norm(v: tuple) -> tuple:
    return ("norm", v)


def inner(v: tuple, w: tuple) -> tuple:
    return ("inner", v, w)


def forall(variables: dict, premises: list, fact: tuple) -> tuple:
    return ("all", [[v, s] for v, s in variables.items()], premises, fact)


ZERO, ONE, FALSUM = q(0), q(1), le(q(1), q(0))
ALPHA, L, C, RHO = par("alpha"), par("L"), par("c"), par("rho")  # pos, pos, nonneg, real
X0, XSTAR = ("vpar", "x0"), ("vpar", "xstar")
SURE = ("whp", ZERO, le(ZERO, norm(X0)))
RANGE = {"low": lt(ONE, ALPHA), "high": le(ALPHA, q(2)), "sure": SURE}
GOAL = ("whp", ZERO, ("and", le(ZERO, ONE)))


def process(name: str, sort: str, level: int, start: int, base: Any, step: tuple) -> dict:
    row = {"name": name, "sort": sort, "level": level, "from": start, "base": base, "step": step, "meaning": ""}
    return row


def statement(**changes: Any) -> dict:
    noise = vproc("xi", -1, t=1)
    out = {
        "id": "toy",
        "variant": "test",
        "title": "",
        "source": "",
        "integers": {"N": {"min": 1, "meaning": ""}, "d": {"min": 0, "meaning": ""}},
        "parameters": {
            k: {"sign": sign, "meaning": ""}
            for k, sign in {"alpha": "pos", "L": "pos", "c": "nonneg", "rho": "real", "A": "real"}.items()
        },
        "vectors": {"x0": "", "xstar": ""},
        "functions": {"f": {"sort": "scalar", "meaning": ""}, "grad": {"sort": "vector", "meaning": ""}},
        "noise": "xi",
        "processes": [
            process("x", "vector", -1, 1, X0, ("vadd", vproc("x", -1, t=1), noise)),
            process("s", "scalar", 0, 0, ZERO, add(proc("s", -1, t=1), norm(vproc("x", 0, t=1)))),
        ],
        "definitions": {"A": eq(par("A"), ("ln", mul(q(2), L)))},
        "assumptions": {"start": le(norm(X0), C)},
        "conditions": {"falsum": FALSUM},
        "free_parameters": ["L"],
        "bound": ONE,
        "conclusion": GOAL,
    }
    out |= changes
    out["assumptions"] = RANGE | out["assumptions"]
    return out


def step(rule: str, concl: tuple, hyps: Any = (), prem: Any = (), **args: Any) -> dict:
    return {"rule": rule, "concl": concl, "hyps": list(hyps), "prem": list(prem), "args": args}


class Writer:
    """Turns nested terms into a table."""

    def __init__(self) -> None:
        self.entries: list[list] = []
        self.known: dict[str, int] = {}

    def index(self, term: tuple) -> int:
        entry = [self.copy(a) for a in term]
        key = json.dumps(entry)
        if key not in self.known:
            self.known[key] = len(self.entries)
            self.entries.append(entry)
        return self.known[key]

    def copy(self, x: Any) -> Any:
        if isinstance(x, tuple):
            return self.index(x)
        if isinstance(x, list):
            return [self.copy(a) for a in x]
        return {k: self.copy(a) for k, a in x.items()} if isinstance(x, dict) else x


def nest(x: Any) -> Any:
    if isinstance(x, list | tuple):
        return [nest(a) for a in x]
    return {k: nest(a) for k, a in x.items()} if isinstance(x, dict) else x


def sha(x: Any) -> str:
    return hashlib.sha256(json.dumps(x, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def seal(obj: dict) -> dict:
    obj["sha256"] = sha({k: x for k, x in obj.items() if k != "sha256"})
    return obj


def proof(steps: list[dict], **changes: Any) -> dict:
    s, writer = statement(**changes), Writer()
    out = {"format": "tailcert-proof/1", "statement": writer.copy(s), "steps": writer.copy(steps)}
    return seal(out | {"terms": writer.entries, "statement_sha256": sha(nest(s))})


def bound(values: dict, ends: tuple, **changes: Any) -> dict:
    s, writer = statement(**changes), Writer()
    out = {"format": "tailcert-bound/1", "statement": writer.copy(s), "values": values}
    out |= {"bound": dict(zip(("lower", "upper"), ends, strict=True))}
    return seal(out | {"terms": writer.entries, "statement_sha256": sha(nest(s))})


def finish(steps: list[dict]) -> list[dict]:
    """The steps, then a proof of the toy conclusion."""
    k = len(steps)
    return [
        *steps,
        step("combine", le(ZERO, ONE)),
        step("conj", ("and", le(ZERO, ONE)), prem=[k]),
        step("combine", le(ZERO, ZERO)),
        step("given", SURE, name="sure"),
        step("whp", GOAL, prem=[k + 3, k + 1, k + 2]),
    ]


def steps_of(rule: str, concl: tuple, premises: Any, hyps: Any, args: dict) -> list[dict]:
    """The rule applied to admitted premises: a fact, or a pair (hypotheses, fact) with a list of hypotheses."""
    out = [step("given", FALSUM, name="falsum")]
    for p in premises:
        before, fact = p if isinstance(p[0], list) else ([], p)
        out.append(step("absurd", fact, before, [0]))
    return [*out, step(rule, concl, hyps, range(1, len(out)), **args)]


def accepted(rule: str, concl: tuple, *premises: Any, hyps: Any = (), changes: dict | None = None, **args: Any) -> None:
    recheck.check(proof(finish(steps_of(rule, concl, premises, hyps, args)), **(changes or {})))


def refused(
    reason: str, rule: str, concl: tuple, *premises: Any, hyps: Any = (), changes: dict | None = None, **args: Any
) -> None:
    """The rule's own step is refused, for this reason (a regular expression)."""
    steps = steps_of(rule, concl, premises, hyps, args)
    with pytest.raises(recheck.Refused, match=reason) as info:
        recheck.check(proof(finish(steps), **(changes or {})))
    assert (info.value.step, info.value.rule) == (len(steps) - 1, rule)


def statement_refused(reason: str, **changes: Any) -> None:
    """The statement itself is refused."""
    with pytest.raises(recheck.Refused, match=reason) as info:
        recheck.check(proof(finish([]), **changes))
    assert info.value.step is None
