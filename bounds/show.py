"""Readable text for terms and facts (display only)."""

from __future__ import annotations

from typing import Any

from bounds.terms import Term, num

RELATIONS = {"le": "<=", "lt": "<", "eq": "=", "veq": "="}


def text(x: Term) -> str:
    """A term or fact in one line of ASCII; between factors stands nothing, or * before a number.

    >>> from bounds.terms import par
    >>> text(num(2) * num(3) * par("h")), text(num("1/2") * par("h"))
    ('2 * 3 h', '(1/2) h')
    """
    return _show(x, 0)


def time_text(t: Term) -> str:
    const, coefs = t.args
    out = "".join(("+" if k > 0 else "-") + (str(abs(k)) if abs(k) != 1 else "") + v for v, k in coefs)
    if const or not out:
        out += f"+{const}" if const > 0 and out else str(const)
    return out.removeprefix("+")


def _show(x: Term, level: int) -> str:
    """``level``: 0 anything, 1 a factor of a product (which is no product: those are one), 2 base of a power."""
    head, a = x.head, x.args
    if head in ("add", "vadd"):
        return _paren(_join_sum(a), level > 0)
    if head in ("mul", "scale") or _inverted(x):
        return _paren(_join_product((x,) if head == "pow" else a), level > 0)
    if head == "pow" and a[1].constant == 1:
        return _show(a[0], level)
    if head == "pow":
        return _paren(f"{_show(a[0], 2)}^{_exponent(a[1])}", level > 1)
    if head == "q":
        return _paren(str(a[0]), level > 0 and (a[0] < 0 or a[0].denominator != 1))
    if head in RELATIONS:
        return f"{_show(a[0], 0)} {RELATIONS[head]} {_show(a[1], 0)}"
    if head == "all":
        names = ", ".join(
            v + (": vector" if s == "vec" else "" if s == "nat" else f": F[{time_text(s)}]-measurable") for v, s in a[0]
        )
        premises = "".join(f"{_clause(p)} => " for p in a[1])
        return f"for all {names}: {premises}{_clause(a[2])}" if names else f"{premises}{_clause(a[2])}"
    if head == "and":
        return "\n  and ".join(_clause(f) for f in a)
    if head == "whp":
        failure = _show(a[0], 0)
        failure = _paren(failure, a[0].head == "add" or failure.startswith("-"))
        return f"with probability >= 1 - {failure}:\n      {_show(a[1], 0)}"
    return _atom(x)


def _atom(x: Term) -> str:
    head, a = x.head, x.args
    if head in ("par", "vpar", "vvar"):
        return str(a[0])
    if head == "time":
        return time_text(x)
    if head == "n":
        out = time_text(a[0])
        return out if out.isidentifier() or out.isdigit() else f"({out})"
    if head == "expo":
        return f"({a[0]})"
    if head in ("proc", "vproc"):
        return f"{a[0]}[{time_text(a[1])}]"
    if head == "inner":
        return f"<{_show(a[0], 0)}, {_show(a[1], 0)}>"
    if head == "norm":
        return f"||{_show(a[0], 0)}||"
    if head in ("app", "vapp"):
        return f"{a[0]}({_show(a[1], 0)})"
    if head in ("sum", "vsum"):
        return f"sum({a[0]}<{time_text(a[1])}: {_show(a[2], 0)})"
    if head in ("E", "Ev"):
        return f"E[{_show(a[1], 0)} | F[{time_text(a[0])}]]"
    if head == "ind":
        return f"1{{{_show(a[0], 0)}}}"
    return f"{head}({_show(a[0], 0)})"


def _clause(fact: Term) -> str:
    """A fact inside another one; what has parts of its own is put in parentheses, so that its extent is plain."""
    return _paren(_show(fact, 0), fact.head not in RELATIONS)


def _sort(sort: Any) -> str:
    if sort == "nat":
        return ""
    return ": vector" if sort == "vec" else f": F[{time_text(sort)}]-measurable"


def _join_sum(parts: tuple[Term, ...]) -> str:
    out = ""
    for p in parts:
        s = _show(p, 0)
        out += s if not out else f" - {s[1:]}" if s.startswith("-") else f" + {s}"
    return out


def _join_product(parts: tuple[Term, ...]) -> str:
    factors = [q for x in parts for q in _factors(x)]
    sign = ""
    if factors[0].head == "q" and factors[0].args[0] < 0 and len(factors) > 1:
        sign, factors = "-", [num(-factors[0].args[0]), *factors[1:]]
    above = [x for x in factors if not _inverted(x) and x is not num(1)]
    below = [x.args[0] if x.args[1].constant == -1 else x.args[0] ** -x.args[1] for x in factors if _inverted(x)]
    top = " ".join("* " * (k > 0 and x.head == "q") + _show(x, 1) for k, x in enumerate(above)) or "1"
    if not below:
        return sign + top
    if len(below) == 1:
        return f"{sign}{top}/{_show(below[0], 1 if below[0].head == 'pow' else 2)}"
    flat = [y for x in below for y in ([x] if any(map(_inverted, _factors(x))) else _factors(x))]
    return f"{sign}{top}/({' '.join(_show(x, 1) for x in flat)})"


def _factors(x: Term) -> list[Term]:
    return [q for y in x.args for q in _factors(y)] if x.head in ("mul", "scale") else [x]


def _inverted(x: Term) -> bool:
    """A power with a negative rational exponent."""
    e = x.args[1].constant if x.head == "pow" else None
    return e is not None and e < 0


def _exponent(e: Any) -> str:
    s = str(e)
    return s if s.isalnum() else f"({s})"


def _paren(s: str, needed: bool) -> str:
    return f"({s})" if needed else s
