"""Reading certificates: everything that is not well formed is refused (docs/rules.md, "Certificate format")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from bounds.exponents import Exponent, bernstein, exponent
from bounds.statement import Parameter, Process, Statement, Step
from bounds.terms import FACT_HEADS, SCALAR_HEADS, VECTOR_HEADS, Term, mk
from verify.kernel.certificate import RULE_ARGS
from verify.kernel.normal import KernelError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")  # of the ids: what is printed is what is compared
NUMBER = re.compile(r"-?[0-9]+(/[1-9][0-9]*)?\Z")
MAX_DIGITS = 400  # characters of a rational
MAX_INTEGER = 10**6  # constants and coefficients of times, minima, levels
MAX_COEFFICIENTS = 9  # of a polynomial of an exponent, as written
# head -> sorts of the arguments: s scalar, v vector, f fact, t time, x name, e exponent; "*" repeats the last
SHAPES = {
    "par": "x", "n": "t", "proc": "xt", "add": "s*", "mul": "s*", "pow": "se", "expo": "e", "inner": "vv",
    "norm": "v", "app": "xv", "sum": "xts", "E": "ts", "ind": "f", "exp": "s", "ln": "s", "vpar": "x", "vvar": "x",
    "vproc": "xt", "vadd": "v*", "scale": "sv", "vapp": "xv", "vsum": "xtv", "Ev": "tv", "le": "ss", "lt": "ss",
    "eq": "ss", "veq": "vv", "and": "f*", "whp": "sf",
}  # fmt: skip
SORTS = {"s": SCALAR_HEADS, "v": VECTOR_HEADS, "f": FACT_HEADS, "t": frozenset(("time",))}
STATEMENT = (
    *("id", "variant", "title", "source", "integers", "parameters", "vectors", "functions", "noise", "processes"),
    *("definitions", "assumptions", "conditions", "free_parameters", "bound", "conclusion"),
)


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
    _need(type(x) is int and abs(x) <= MAX_INTEGER, f"expected an integer for {what}, got {x!r}")
    return x


def rational(x: Any) -> Fraction:
    """An exact rational from its string in lowest terms; floats and anything else are refused."""
    found = _rational(x) if isinstance(x, str) and len(x) <= MAX_DIGITS else None
    if found is None:
        raise KernelError(
            f'malformed certificate: expected a rational as a string in lowest terms such as "3/2", got {x!r}'
        )
    return found


@lru_cache(maxsize=2**14)
def _rational(x: str) -> Fraction | None:
    """None for any other text."""
    found = Fraction(x) if NUMBER.match(x) is not None else None
    return found if str(found) == x else None


def decode_exponent(x: Any) -> Exponent:
    _need(isinstance(x, list) and len(x) == 2 and all(isinstance(p, list) for p in x), "exponent")
    _need(max(map(len, x)) <= MAX_COEFFICIENTS, f"a polynomial with more than {MAX_COEFFICIENTS} coefficients")
    num, den = (tuple(rational(c) for c in p) for p in x)
    return _exponent(num, den)


@lru_cache(maxsize=2**14)
def _exponent(num: tuple[Fraction, ...], den: tuple[Fraction, ...]) -> Exponent:
    """The same few occur again and again."""
    _need(any(den), "exponent with zero denominator")
    reduced = exponent(num, den)
    known = any(_positive(tuple(k * c for c in den)) for k in (1, -1))
    _need(known, f"the exponent {reduced} may have a pole in (1, 2]")
    return reduced


def _positive(p: tuple[Fraction, ...]) -> bool:
    """p > 0 on (1, 2] by its Bernstein coefficients."""
    coefficients = bernstein(p)
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


def record(x: Any, keys: Iterable[str], what: str) -> Mapping[str, Any]:
    """An object with exactly these keys: what is not understood is not ignored."""
    _need(isinstance(x, Mapping), f"{what}: expected an object, got {x!r}")
    wrong = set(keys) ^ set(x)
    _need(not wrong, f"{what}: missing or unknown {sorted(map(str, wrong))}")
    return x


def _named(x: Any, what: str) -> dict[str, Any]:
    _need(isinstance(x, Mapping), f"{what}: expected an object, got {x!r}")
    return {_name(k): v for k, v in x.items()}


def _list(x: Any, what: str) -> list[Any]:
    _need(isinstance(x, list), f"{what}: expected a list, got {x!r}")
    return list(x)


def _text(x: Any) -> str:
    _need(isinstance(x, str), f"expected a text, got {x!r}")
    return str(x)


def decode_statement(data: Any, reader: TermReader) -> Statement:
    """A statement from its JSON object; raises KernelError when malformed."""
    record(data, STATEMENT, "statement")
    facts = {
        group: {k: reader.get(v, "f") for k, v in _named(data[group], group).items()}
        for group in ("definitions", "assumptions", "conditions")
    }
    names = [k for group in facts.values() for k in group]
    _need(len(set(names)) == len(names), "two given facts have the same name")
    free = tuple(_name(x) for x in _list(data["free_parameters"], "free_parameters"))
    _need(len(set(free)) == len(free), "a free parameter is named twice")

    def rows(group: str, key: str) -> dict[str, tuple[Any, str]]:
        named = {k: record(v, (key, "meaning"), k) for k, v in _named(data[group], group).items()}
        return {k: (v[key], _text(v["meaning"])) for k, v in named.items()}

    signs, sorts = ("pos", "nonneg", "real"), ("scalar", "vector")
    return Statement(
        id=_word(data["id"]),
        variant=_word(data["variant"]),
        title=_text(data["title"]),
        source=_text(data["source"]),
        integers={k: (_integer(low, "a minimum"), text) for k, (low, text) in rows("integers", "min").items()},
        parameters={k: Parameter(_choice(x, signs), text) for k, (x, text) in rows("parameters", "sign").items()},
        vectors={k: _text(v) for k, v in _named(data["vectors"], "vectors").items()},
        functions={k: (_choice(x, sorts), text) for k, (x, text) in rows("functions", "sort").items()},
        noise=_name(data["noise"]),
        processes=tuple(_decode_process(p, reader) for p in _list(data["processes"], "processes")),
        free_parameters=free,
        bound=None if data["bound"] is None else reader.get(data["bound"], "s"),
        conclusion=reader.get(data["conclusion"], "f"),
        **facts,
    )


def _choice(x: Any, allowed: tuple[str, ...]) -> str:
    _need(x in allowed, f"expected one of {allowed}, got {x!r}")
    return str(x)


def _decode_process(p: Any, reader: TermReader) -> Process:
    record(p, ("name", "sort", "level", "from", "base", "step", "meaning"), "a process")
    sort = _choice(p["sort"], ("scalar", "vector"))
    kind = sort[0]
    return Process(
        name=_name(p["name"]),
        sort=sort,
        level=_integer(p["level"], "a level"),
        start=_integer(p["from"], "from"),
        base=None if p["base"] is None else reader.get(p["base"], kind),
        step=reader.get(p["step"], kind),
        meaning=_text(p["meaning"]),
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
