"""Certificates: a proof as content-addressed JSON (docs/rules.md, "Certificate format").

``encode`` writes a proof, ``decode`` reads one and refuses anything that is not well formed; whether the steps are
correct is the business of ``verify.kernel.replay``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from bounds.exponents import Exponent, bernstein, exponent
from bounds.statement import Parameter, Process, Proof, Statement, Step
from bounds.terms import FACT_HEADS, SCALAR_HEADS, VECTOR_HEADS, Term, mk
from verify.kernel.normal import KernelError

FORMAT = "tailcert-proof/1"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")  # of the ids: what is printed is what is compared
NUMBER = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?\Z")
MAX_DIGITS = 400
# head -> sorts of the arguments: s scalar, v vector, f fact, t time, x name, e exponent; "*" repeats the last
SHAPES = {
    "par": "x", "n": "t", "proc": "xt", "add": "s*", "mul": "s*", "pow": "se", "expo": "e", "inner": "vv",
    "norm": "v", "app": "xv", "sum": "xts", "E": "ts", "ind": "f", "exp": "s", "ln": "s", "vpar": "x", "vvar": "x",
    "vproc": "xt", "vadd": "v*", "scale": "sv", "vapp": "xv", "vsum": "xtv", "Ev": "tv", "le": "ss", "lt": "ss",
    "eq": "ss", "veq": "vv", "and": "f*", "whp": "sf",
}  # fmt: skip
SORTS = {"s": SCALAR_HEADS, "v": VECTOR_HEADS, "f": FACT_HEADS, "t": frozenset(("time",))}
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


# --- writing ----------------------------------------------------------------------------------------


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


# --- reading ----------------------------------------------------------------------------------------


def _need(condition: bool, what: str) -> None:
    if not condition:
        raise KernelError(f"malformed certificate: {what}")


def _name(x: Any, what: str = "a name") -> str:
    _need(isinstance(x, str) and NAME.match(x) is not None, f"expected {what}, got {x!r}")
    return x


def _word(x: Any) -> str:
    _need(isinstance(x, str) and WORD.match(x) is not None, f"expected an id of letters, digits, _ . -, got {x!r}")
    return x


def _integer(x: Any, what: str) -> int:
    _need(type(x) is int and abs(x) < 10**9, f"expected an integer for {what}, got {x!r}")
    return x


def rational(x: Any) -> Fraction:
    """An exact rational from its string; floats and anything else are refused."""
    good = isinstance(x, str) and NUMBER.match(x) is not None and len(x) <= MAX_DIGITS
    _need(good, f'expected a rational as a string such as "3/2", got {x!r}')
    return Fraction(x)


def decode_exponent(x: Any) -> Exponent:
    _need(isinstance(x, list) and len(x) == 2 and all(isinstance(p, list) and len(p) <= 9 for p in x), "exponent")
    num, den = ([rational(c) for c in p] for p in x)
    _need(any(den), "exponent with zero denominator")
    reduced = exponent(num, den)
    _need(any(_positive([k * c for c in den]) for k in (1, -1)), f"the exponent {reduced} may have a pole in (1, 2]")
    return reduced


def _positive(p: list[Fraction]) -> bool:
    """p > 0 on (1, 2] by its Bernstein coefficients."""
    coefficients = bernstein(tuple(p))
    return min(coefficients) >= 0 and coefficients[-1] > 0


class TermReader:
    """Rebuilds the term table of a certificate, checking sorts, arities and that references point backwards."""

    def __init__(self, entries: Any) -> None:
        _need(isinstance(entries, list), "expected a list of terms")
        self.terms: list[Term] = []
        for entry in entries:
            self.terms.append(self._read(entry))

    def get(self, k: Any, sort: str) -> Term:
        _need(type(k) is int and 0 <= k < len(self.terms), f"reference to the term {k!r}, which is not above")
        term = self.terms[k]
        _need(term.head in SORTS[sort], f"term {k} is not of the expected sort")
        return term

    def any(self, k: Any) -> Term:
        _need(type(k) is int and 0 <= k < len(self.terms), f"reference to the term {k!r}, which is not above")
        return self.terms[k]

    def _read(self, entry: Any) -> Term:
        _need(isinstance(entry, list) and len(entry) >= 1, f"term entry {entry!r}")
        head, args = entry[0], entry[1:]
        if head == "time":
            _need(len(args) == 2 and isinstance(args[1], list), f"time entry {entry!r}")
            _need(all(isinstance(p, list) and len(p) == 2 for p in args[1]), f"time entry {entry!r}")
            coefs = tuple((_name(v), _integer(k, "a coefficient")) for v, k in args[1])
            names = [v for v, _ in coefs]
            _need(names == sorted(set(names)) and all(k for _, k in coefs), f"time entry {entry!r} is not canonical")
            return mk("time", _integer(args[0], "a time"), coefs)
        if head == "q":
            _need(len(args) == 1, f"rational entry {entry!r}")
            return mk("q", rational(args[0]))
        if head == "all":
            _need(len(args) == 3 and all(isinstance(a, list) for a in args[:2]), f"universal entry {entry!r}")
            _need(all(isinstance(p, list) and len(p) == 2 for p in args[0]), f"universal entry {entry!r}")
            variables = tuple((_name(v), s if s in ("nat", "vec") else self.get(s, "t")) for v, s in args[0])
            _need(len({v for v, _ in variables}) == len(variables), "a variable is quantified twice")
            return mk("all", variables, tuple(self.get(k, "f") for k in args[1]), self.get(args[2], "f"))
        _need(head in SHAPES, f"unknown term head {head!r}")
        shape = SHAPES[head]
        if shape.endswith("*"):
            _need(len(args) >= 1, f"{head} without arguments")
            return mk(head, *(self.get(k, shape[0]) for k in args))
        _need(len(args) == len(shape), f"{head} takes {len(shape)} arguments")
        return mk(head, *(self._arg(kind, a) for kind, a in zip(shape, args, strict=True)))

    def _arg(self, kind: str, a: Any) -> Any:
        if kind == "x":
            return _name(a)
        return decode_exponent(a) if kind == "e" else self.get(a, kind)


def decode_statement(data: Any, reader: TermReader) -> Statement:
    """A statement from its JSON object; raises KernelError when malformed."""
    try:
        facts = {
            group: {_name(k): reader.get(v, "f") for k, v in data[group].items()}
            for group in ("definitions", "assumptions", "conditions")
        }
        names = [k for group in facts.values() for k in group]
        _need(len(set(names)) == len(names), "two given facts have the same name")
        return Statement(
            id=_word(data["id"]),
            variant=_word(data["variant"]),
            title=str(data["title"]),
            source=str(data["source"]),
            integers={
                _name(k): (_integer(v["min"], "a minimum"), str(v["meaning"])) for k, v in data["integers"].items()
            },
            parameters={
                _name(k): Parameter(_choice(v["sign"], ("pos", "nonneg", "real")), str(v["meaning"]))
                for k, v in data["parameters"].items()
            },
            vectors={_name(k): str(v) for k, v in data["vectors"].items()},
            functions={
                _name(k): (_choice(v["sort"], ("scalar", "vector")), str(v["meaning"]))
                for k, v in data["functions"].items()
            },
            noise=_name(data["noise"]),
            processes=tuple(_decode_process(p, reader) for p in data["processes"]),
            free_parameters=tuple(_name(x) for x in data["free_parameters"]),
            bound=None if data["bound"] is None else reader.get(data["bound"], "s"),
            conclusion=reader.get(data["conclusion"], "f"),
            **facts,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise KernelError(f"malformed certificate: statement ({type(error).__name__}: {error})") from None


def _choice(x: Any, allowed: tuple[str, ...]) -> str:
    _need(x in allowed, f"expected one of {allowed}, got {x!r}")
    return x


def _decode_process(p: Any, reader: TermReader) -> Process:
    sort = _choice(p["sort"], ("scalar", "vector"))
    kind = sort[0]
    return Process(
        name=_name(p["name"]),
        sort=sort,
        level=_integer(p["level"], "a level"),
        start=_integer(p["from"], "from"),
        base=None if p["base"] is None else reader.get(p["base"], kind),
        step=reader.get(p["step"], kind),
        meaning=str(p["meaning"]),
    )


def decode_step(data: Any, at: int, reader: TermReader) -> Step:
    """Step number ``at``; its premises must come before it."""
    _need(isinstance(data, Mapping) and set(data) == {"rule", "concl", "hyps", "prem", "args"}, "step fields")
    rule, prem, args = data["rule"], data["prem"], data["args"]
    _need(isinstance(rule, str), f"rule {rule!r}")
    _need(isinstance(prem, list) and all(type(k) is int and 0 <= k < at for k in prem), "premises must come before")
    _need(isinstance(data["hyps"], list) and isinstance(args, Mapping), "step fields")
    wanted = RULE_ARGS.get(rule, {})
    _need(set(args) <= set(wanted), f"rule {rule} does not take the arguments {sorted(set(args) - set(wanted))}")
    missing = set(wanted) - set(args) - {"scale", "items", "squares"}
    _need(not missing, f"rule {rule} needs the arguments {sorted(missing)}")
    try:
        decoded = {k: _decode_arg(wanted[k], v, reader) for k, v in args.items()}
    except (TypeError, ValueError) as error:
        raise KernelError(f"malformed certificate: arguments of {rule} ({error})") from None
    return Step(
        rule, reader.get(data["concl"], "f"), tuple(reader.get(h, "f") for h in data["hyps"]), tuple(prem), decoded
    )


def _decode_arg(kind: str, value: Any, reader: TermReader) -> Any:
    def position(k: Any) -> int:
        _need(type(k) is int and k >= 0, f"expected a premise position, got {k!r}")
        return k

    def place(k: Any) -> int | None:
        return None if k is None else position(k)

    if kind == "x":
        return _name(value)
    if kind == "i":
        return reader.any(value)
    if kind == "time":
        return reader.get(value, "t")
    if kind == "l":
        return tuple(reader.get(x, "f") for x in value)
    if kind == "e":
        return decode_exponent(value)
    if kind == "sub":
        _need(len({k for k, _ in value}) == len(value), "a variable is substituted twice")
        return tuple((_name(k), reader.any(v)) for k, v in value)
    if kind == "scale":
        return None if value is None else (reader.get(value[0], "s"), place(value[1]))
    if kind == "triples":
        return tuple((position(k), reader.any(m), place(sign)) for k, m, sign in value)
    if kind == "squares":
        return tuple((reader.get(k, "s"), reader.any(x), place(sign)) for k, x, sign in value)
    return tuple((reader.get(k, "s"), reader.get(x, "s")) for k, x in value)  # pairs
