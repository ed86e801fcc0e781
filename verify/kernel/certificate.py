"""Certificates: a proof as content-addressed JSON (docs/rules.md, "Certificate format").

``encode`` writes a proof; ``verify.kernel.reading`` reads one, and whether its steps are correct is the business of
``verify.kernel.replay``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bounds.exponents import Exponent
from bounds.statement import Proof, Statement, Step
from bounds.terms import Term

FORMAT = "tailcert-proof/1"
# what the arguments of the rules are: x name, i term, l list of facts, e exponent; others by hand
RULE_ARGS: dict[str, dict[str, str]] = {
    "given": {"name": "x"},
    "define": {"name": "x", "time": "time", "case": "x"},
    "elim": {"sub": "sub"},
    "cases": {"P": "i", "Q": "i"},
    "induct": {"t": "x"},
    "induct_strong": {"T": "x", "t": "x", "H": "l"},
    "combine": {"scale": "scale", "items": "triples", "squares": "squares"},
    "amgm": {"theta": "e"},
    "E_lin": {"parts": "pairs"},
    "exp_convex": dict.fromkeys("sab", "i"),
    "exp_remainder": dict.fromkeys("vsx", "i"),
    "exp_bernstein": {"x": "i"},
    "ville": dict.fromkeys("tTN", "x") | dict.fromkeys("YA", "i"),
}


def digest(data: Any) -> str:
    """sha256 of canonical JSON (sorted keys, no spaces)."""
    return hashlib.sha256(json.dumps(data, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class TermTable:
    def __init__(self) -> None:
        self.entries: list[list[Any]] = []
        self.index: dict[Term, int] = {}

    def put(self, term: Term) -> int:
        k = self.index.get(term)
        if k is None:
            entry = [term.head, *(self._arg(term, a) for a in term.args)]
            k = self.index[term] = len(self.entries)
            self.entries.append(entry)
        return k

    def _arg(self, term: Term, a: Any) -> Any:
        if isinstance(a, Term):
            return self.put(a)
        if isinstance(a, Fraction):
            return str(a)
        if isinstance(a, Exponent):
            return encode_exponent(a)
        if isinstance(a, tuple):
            return [x if isinstance(x, str | int) else self.put(x) if isinstance(x, Term) else self._pair(x) for x in a]
        return a

    def _pair(self, x: tuple[str, Any]) -> list[Any]:
        return [x[0], self.put(x[1]) if isinstance(x[1], Term) else x[1]]


def encode_exponent(e: Exponent) -> list[list[str]]:
    return [[str(c) for c in e.num], [str(c) for c in e.den]]


def encode_statement(st: Statement, put: Callable[[Term], Any]) -> dict[str, Any]:
    """The statement with every term replaced by ``put(term)``."""
    return {
        "id": st.id,
        "variant": st.variant,
        "title": st.title,
        "source": st.source,
        "integers": {k: {"min": low, "meaning": text} for k, (low, text) in st.integers.items()},
        "parameters": {k: {"sign": p.sign, "meaning": p.meaning} for k, p in st.parameters.items()},
        "vectors": dict(st.vectors),
        "functions": {k: {"sort": sort, "meaning": text} for k, (sort, text) in st.functions.items()},
        "noise": st.noise,
        "processes": [
            {
                "name": p.name,
                "sort": p.sort,
                "level": p.level,
                "from": p.start,
                "base": None if p.base is None else put(p.base),
                "step": put(p.step),
                "meaning": p.meaning,
            }
            for p in st.processes
        ],
        "definitions": {k: put(f) for k, f in st.definitions.items()},
        "assumptions": {k: put(f) for k, f in st.assumptions.items()},
        "conditions": {k: put(f) for k, f in st.conditions.items()},
        "free_parameters": list(st.free_parameters),
        "bound": None if st.bound is None else put(st.bound),
        "conclusion": put(st.conclusion),
    }


def statement_digest(st: Statement) -> str:
    """sha256 of the statement with its terms written out."""

    def nested(term: Term) -> list[Any]:
        return [term.head, *(flat(a) for a in term.args)]

    def flat(a: Any) -> Any:
        if isinstance(a, Term):
            return nested(a)
        if isinstance(a, Exponent):
            return encode_exponent(a)
        if isinstance(a, tuple):
            return [flat(x) for x in a]
        return str(a) if isinstance(a, Fraction) else a

    return digest(encode_statement(st, nested))


def encode(proof: Proof) -> dict[str, Any]:
    """The certificate of a proof."""
    table = TermTable()
    out: dict[str, Any] = {"format": FORMAT, "statement": encode_statement(proof.statement, table.put)}
    out["steps"] = [encode_step(s, table) for s in proof.steps]
    out["terms"] = table.entries
    out["statement_sha256"] = statement_digest(proof.statement)
    return out | {"sha256": digest(out)}


def encode_step(s: Step, table: TermTable) -> dict[str, Any]:
    """A step; its terms go into the table."""
    return {
        "rule": s.rule,
        "concl": table.put(s.concl),
        "hyps": [table.put(h) for h in s.hyps],
        "prem": list(s.prem),
        "args": {k: _encode_arg(RULE_ARGS[s.rule][k], v, table) for k, v in s.args.items()},
    }


def _encode_arg(kind: str, value: Any, table: TermTable) -> Any:
    put = table.put
    if kind == "x":
        return value
    if kind in ("i", "time"):
        return put(value)
    if kind == "l":
        return [put(x) for x in value]
    if kind == "e":
        return encode_exponent(value)
    if kind == "sub":
        return [[k, put(v)] for k, v in value]
    if kind == "scale":
        return None if value is None else [put(value[0]), value[1]]
    if kind == "triples":
        return [[k, put(m), sign] for k, m, sign in value]
    if kind == "squares":
        return [[put(coefficient), put(x), sign] for coefficient, x, sign in value]
    return [[put(coefficient), put(x)] for coefficient, x in value]  # pairs
