"""The second checker: exponents, terms, normal forms (standard library only; see recheck.py).

A term is a number, its place in a table of nodes ``(head, arguments)``; a polynomial is a map from monomials to
rationals.  Written from docs/rules.md alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
RATIONAL = re.compile(r"-?[0-9]{1,600}(/0*[1-9][0-9]{0,600})?", re.ASCII)
MAX_LENGTH = 400  # characters of a rational in a term
MAX_WRITTEN = 9  # coefficients of a polynomial of an exponent in the file
MAX_DEGREE = 12  # of the polynomials in an exponent
MAX_PRIME = 10**6  # in a constant under a root
MAX_INT = 10**6  # constants and coefficients of times, minima, levels
MAX_BITS = 4_000  # of a rational coefficient
MAX_TERMS = 2_000  # monomials of a normal form
MAX_WORK = 200_000  # products of monomials in one certificate


class Invalid(Exception):
    """What is wrong, without the place."""


def need(condition: bool, reason: str) -> None:
    if not condition:
        raise Invalid(reason)


# --- reading JSON -----------------------------------------------------------------------------------------


def whole(x: object, low: int, what: str) -> int:
    if type(x) is not int or not low <= x <= MAX_INT:
        raise Invalid(f"{what} must be an integer between {low} and {MAX_INT}")
    return x


def text(x: object, what: str) -> str:
    if not isinstance(x, str) or not NAME.fullmatch(x):
        raise Invalid(f"{what} must be a name")
    return x


def rational(x: object) -> Fraction:
    if not isinstance(x, str) or not RATIONAL.fullmatch(x):
        raise Invalid(f"expected a rational in a string, got {str(x)[:40]!r}")
    return Fraction(x)


def number(x: object) -> Fraction:
    """A rational in a term: in lowest terms, so that it has one spelling."""
    value = rational(x)
    need(str(value) == x, f"the rational {str(x)[:40]!r} is not in lowest terms")
    need(len(str(x)) <= MAX_LENGTH, f"a rational has more than {MAX_LENGTH} characters")
    return value


def record(x: object, keys: Iterable[str], what: str, optional: Iterable[str] = ()) -> dict[str, Any]:
    if not isinstance(x, dict):
        raise Invalid(f"{what} must be an object")
    wrong = set(keys).symmetric_difference(x) - set(optional)
    need(not wrong, f"{what}: missing or unknown key {', '.join(sorted(wrong))}")
    return x


def array(x: object, what: str, length: int | None = None) -> list[Any]:
    if not isinstance(x, list) or (length is not None and len(x) != length):
        raise Invalid(f"{what} must be a list{'' if length is None else f' of length {length}'}")
    return x


# --- exponents: rational functions of alpha ---------------------------------------------------------------

Coefs = tuple[Fraction, ...]  # a polynomial in alpha, low degree first, the last coefficient nonzero


def trim(p: Iterable[Fraction]) -> Coefs:
    c = list(p)
    while c and not c[-1]:
        c.pop()
    return tuple(c)


def plus(p: Coefs, q: Coefs) -> Coefs:
    return trim(a + b for a, b in zip_longest(p, q, fillvalue=Fraction(0)))


def times(p: Coefs, q: Coefs) -> Coefs:
    out = [Fraction(0)] * (len(p) + len(q))
    for i, a in enumerate(p):
        for j, b in enumerate(q):
            out[i + j] += a * b
    return trim(out)


def divide(p: Coefs, q: Coefs) -> tuple[Coefs, Coefs]:
    """Quotient and remainder."""
    quotient: Coefs = ()
    while len(p) >= len(q):
        part = (Fraction(0),) * (len(p) - len(q)) + (p[-1] / q[-1],)
        quotient, p = plus(quotient, part), plus(p, times(part, (*(-c for c in q),)))
    return quotient, p


def on_domain(p: Coefs) -> Coefs:
    """Coefficients of p(1 + 1/(1 + y)) (1 + y)^degree: 1 < alpha <= 2 is y >= 0, and alpha = 2 is y = 0.
    They are the Bernstein coefficients of p on [1, 2] up to positive factors."""
    total: Coefs = ()
    for k, c in enumerate(p):
        term: Coefs = (c,)
        for i in range(len(p) - 1):
            term = times(term, (Fraction(2 if i < k else 1), Fraction(1)))
        total = plus(total, term)
    return total


class Exponent:
    """num(alpha) / den(alpha), den > 0 on (1, 2].  ``ratio`` makes one object for each function."""

    __slots__ = ("den", "integer", "natural", "nonneg", "num")

    def __init__(self, num: Coefs, den: Coefs) -> None:
        self.num, self.den = num, den
        c = num[0] if num else Fraction(0)
        constant = len(num) <= 1 and den == (1,) and c.denominator == 1
        self.integer: int | None = c.numerator if constant else None
        self.natural = self.integer is not None and self.integer >= 0
        self.nonneg = min(on_domain(num), default=Fraction(0)) >= 0  # if so, >= 0 for all 1 < alpha <= 2

    def __add__(self, other: Exponent) -> Exponent:
        return _added(self, other)

    def __mul__(self, other: Exponent) -> Exponent:
        return ratio(times(self.num, other.num), times(self.den, other.den))

    def __neg__(self) -> Exponent:
        return self * exponent(-1)

    def at(self, alpha: Fraction) -> Fraction:
        num, den = (sum((c * alpha**k for k, c in enumerate(p)), Fraction(0)) for p in (self.num, self.den))
        return num / den

    def __str__(self) -> str:
        if self.integer is not None:
            return str(self.integer)
        num, den = (
            " + ".join(f"{c} alpha^{k}" if k else str(c) for k, c in enumerate(p)) for p in (self.num, self.den)
        )
        return f"(({num})/({den}))"


_one_object = cache(Exponent)


@cache
def _added(a: Exponent, b: Exponent) -> Exponent:
    return ratio(plus(times(a.num, b.den), times(b.num, a.den)), times(a.den, b.den))


@cache
def ratio(num: Coefs, den: Coefs) -> Exponent:
    need(bool(den), "an exponent has the denominator 0")
    p, q = num, den
    while q:
        p, q = q, divide(p, q)[1]
    num, den = divide(num, p)[0], divide(den, p)[0]  # by the greatest common divisor
    signs = on_domain(den)
    one_sign = bool(signs[0]) and all(c * signs[0] >= 0 for c in signs)
    need(one_sign, "the denominator of an exponent may vanish for 1 < alpha <= 2")
    scale = abs(den[-1]) if signs[0] > 0 else -abs(den[-1])
    num, den = tuple(c / scale for c in num), tuple(c / scale for c in den)
    need(max(len(num), len(den)) <= MAX_DEGREE + 1, "an exponent has too high a degree")
    need(all(length(c) <= 1000 for c in num + den), "an exponent has too large coefficients")
    return _one_object(num, den)


def length(c: int | Fraction) -> int:
    """Bits of the numerator or the denominator."""
    return max(c.numerator.bit_length(), c.denominator.bit_length())


@cache
def exponent(x: int | Fraction) -> Exponent:
    return ratio(trim((Fraction(x),)), (Fraction(1),))


def read_exponent(x: object) -> Exponent:
    written = [array(p, "a polynomial") for p in array(x, "an exponent", 2)]
    need(max(map(len, written)) <= MAX_WRITTEN, "an exponent has too high a degree")
    num, den = (trim(map(number, p)) for p in written)
    return ratio(num, den)


ZERO, ONE, ALPHA = exponent(0), exponent(1), ratio((Fraction(0), Fraction(1)), (Fraction(1),))


# --- terms ------------------------------------------------------------------------------------------------


class Time(NamedTuple):
    """const + sum of coefficient * variable, sorted, no zero coefficient."""

    const: int
    coefs: tuple[tuple[str, int], ...] = ()

    def plus(self, other: Time | int, factor: int = 1) -> Time:
        const, coefs = (other, ()) if isinstance(other, int) else other
        total = dict(self.coefs)
        for v, k in coefs:
            total[v] = total.get(v, 0) + factor * k
        return Time(self.const + factor * const, tuple(sorted((v, k) for v, k in total.items() if k)))

    def put(self, sub: Mapping[str, Any]) -> Time:
        out = Time(self.const)
        for v, k in self.coefs:
            value = sub.get(v, variable(v))
            need(isinstance(value, Time), f"the integer variable {v} cannot take a vector")
            out = out.plus(value, k)
        return out

    def __str__(self) -> str:
        terms = "".join(f"{'+' if k > 0 else '-'}{'' if abs(k) == 1 else abs(k)}{v}" for v, k in self.coefs)
        return (terms + (f"{self.const:+d}" if self.const or not terms else "")).removeprefix("+")


def variable(name: str) -> Time:
    return Time(0, ((name, 1),))


# The arguments of each head.  s scalar, v vector, f fact, t time, e exponent, q rational, + one or more of these;
# j a bound integer variable, x a vector variable; names as in KINDS.  ("all" is read apart.)
SORTS = {"s": "scalar", "v": "vector", "f": "fact", "t": "time"}
SHAPES = {
    "s": "q:q par:p n:t proc:yt add:s+ mul:s+ pow:se expo:e inner:vv norm:v app:mv sum:jts E:ts ind:f exp:s ln:s",
    "v": "vpar:V vvar:x vproc:Yt vadd:v+ scale:sv vapp:Mv vsum:jtv Ev:tv",
    "f": "le:ss lt:ss eq:ss veq:vv and:f+ whp:sf all:",
}
SORT = {shape.split(":")[0]: sort for sort, row in SHAPES.items() for shape in row.split()}
LETTERS = dict(shape.split(":") for row in SHAPES.values() for shape in row.split())
KINDS = {
    **{"i": "integer", "p": "parameter", "V": "vector", "m": "scalar function", "M": "vector function"},
    **{"y": "scalar process", "Y": "vector process"},
}
COMPARISONS = ("le", "lt", "eq", "veq")
INFIX = {
    **{"add": " + ", "vadd": " + ", "mul": "*", "scale": "*", "pow": "^"},
    **{"le": " <= ", "lt": " < ", "eq": " = ", "veq": " = "},
}


def letters(head: str, count: int) -> str:
    """The letter of each argument."""
    row = LETTERS[head]
    return row[0] * max(count, 1) if row.endswith("+") else row


class Declared(NamedTuple):
    """The names of a statement."""

    kinds: dict[str, str]  # of every name, a letter of KINDS
    minima: dict[str, int]  # of the integers
    signs: dict[str, str]  # of the parameters
    levels: dict[str, int]  # of the processes in order, then of the noise
    starts: dict[str, int]  # of the processes: from
    noise: str


class Use(NamedTuple):
    """An occurrence of something random: a process (at its latest time), E (its time), or what is never known."""

    kind: str  # "process", "E" or "never"
    name: str
    time: Time


class Terms:
    """The table of terms of one certificate."""

    def __init__(self, declared: Declared, entries: object) -> None:
        self.declared = declared
        self.nodes: list[tuple[Any, ...]] = []
        self.shown: dict[int, str] = {}
        self.ids: dict[tuple[Any, ...], int] = {}
        self.variables: dict[str, str] = {}  # "integer" or "vector", throughout the certificate
        self._free: dict[tuple[int, bool], frozenset[str]] = {}
        self._uses: dict[int, frozenset[Use]] = {}
        self._size: dict[int, int] = {}
        self.entries: list[Any] = []
        for i, entry in enumerate(array(entries, "terms")):
            try:
                self.entries.append(self._read(*array(entry, "an entry")))
            except Invalid as error:
                raise Invalid(f"term {i}: {error}") from None

    def mk(self, head: str, *args: Any) -> int:
        node = (head, *args)
        if node not in self.ids:
            self.ids[node] = len(self.nodes)
            self.nodes.append(node)
        return self.ids[node]

    def num(self, x: int) -> int:
        return self.mk("q", Fraction(x))

    # reading

    def entry(self, i: object, sorts: str) -> Any:
        """The time, scalar, vector or fact (one of these sorts) with this index."""
        if type(i) is not int or not 0 <= i < len(self.entries):
            raise Invalid(f"index {i!r} is not that of an earlier term")
        x = self.entries[i]
        found = "t" if isinstance(x, Time) else SORT[self.head(x)]
        need(found in sorts, f"index {i} is no {' and no '.join(SORTS[sort] for sort in sorts)}")
        return x

    def _variable(self, name: object, kind: str, bound: bool) -> str:
        v = text(name, "a variable")
        need(self.variables.setdefault(v, kind) == kind, f"{v} is used as an integer and as a vector")
        need(not bound or v not in self.declared.kinds, f"the declared name {v} is bound")
        of = self.declared.kinds.get(v)
        need(of is None or (of == "i" and kind == "integer"), f"the declared name {v} is used as a variable")
        return v

    def _read(self, head: object = None, *args: Any) -> Any:
        if head == "time":
            array([*args], "a time", 2)
            coefs = [array(pair, "a coefficient", 2) for pair in array(args[1], "coefficients")]
            names = [self._variable(v, "integer", bound=False) for v, _ in coefs]
            need(names == sorted(set(names)), "the variables of a time are not sorted or not distinct")
            need(all(whole(k, -MAX_INT, "a coefficient") != 0 for _, k in coefs), "a coefficient is 0")
            return Time(whole(args[0], -MAX_INT, "a constant"), tuple((v, k) for v, k in coefs))
        if head == "all":
            return self._read_all(*array([*args], "all", 3))
        if not isinstance(head, str) or head not in LETTERS:
            raise Invalid(f"unknown head {head!r}")
        row = letters(head, len(args))
        array([*args], head, len(row))
        term = self.mk(head, *map(self._read_argument, row, args))
        if head == "ind":
            need(
                self.head(self.nodes[term][1]) in COMPARISONS,
                "ind is of <=, < and = only: other facts need not be events",
            )
        if head == "whp":
            failure = self.nodes[term][1]
            need(not self.uses(failure), "the failure probability of a whp is not deterministic")
            need(not self.loose(failure), "the failure probability of a whp has a free variable")
        return term

    def _read_argument(self, letter: str, x: Any) -> Any:
        match letter:
            case "s" | "v" | "f" | "t":
                return self.entry(x, letter)
            case "q":
                return number(x)
            case "e":
                return read_exponent(x)
            case "j":
                return self._variable(x, "integer", bound=True)
            case "x":
                return self._variable(x, "vector", bound=False)
        need(self.declared.kinds.get(text(x, "a name")) == letter, f"{x} is not a declared {KINDS[letter]}")
        return x

    def _read_all(self, variables: object, premises: object, fact: object) -> int:
        out = []
        for pair in array(variables, "the variables of an all"):
            name, sort = array(pair, "a quantified variable", 2)
            sort = sort if sort in ("nat", "vec") else self.entry(sort, "t")
            out.append((self._variable(name, "integer" if sort == "nat" else "vector", bound=True), sort))
        need(len({v for v, _ in out}) == len(out), "the variables of an all are not distinct")
        facts = tuple(self.entry(p, "f") for p in array(premises, "the premises of an all"))
        term = self.mk("all", tuple(out), facts, self.entry(fact, "f"))
        for v, sort in out:
            sealed = any(v in self.free(f, sealed=True) for f in self.inside(term))
            need(sort != "vec" or not sealed, f"the vector variable {v} occurs inside an expectation or a whp")
        return term

    # structure

    def node(self, term: int) -> tuple[Any, ...]:
        return self.nodes[term]

    def head(self, term: int) -> str:
        return self.nodes[term][0]

    def shape(self, term: int, head: str) -> tuple[Any, ...]:
        """The arguments of a term that must have this head."""
        need(self.head(term) == head, f"expected {head}, found {self.show(term)}")
        return self.nodes[term][1:]

    def inside(self, term: int) -> list[int]:
        """The immediate sub-terms."""
        head, *args = self.nodes[term]
        if head == "all":
            return [*args[1], args[2]]
        return [x for letter, x in zip(letters(head, len(args)), args, strict=True) if letter in "svf"]

    def subterms(self, term: int) -> set[int]:
        seen, stack = set(), [term]
        while stack:
            x = stack.pop()
            if x not in seen:
                seen.add(x)
                stack += self.inside(x)
        return seen

    def defined_names(self, term: int) -> set[str]:
        """The parameters and functions in a term: what definitions may define."""
        return {x[1] for x in map(self.node, self.subterms(term)) if x[0] in ("par", "app", "vapp")}

    def size(self, term: int) -> int:
        """The number of nodes of the term written as a tree."""
        if term not in self._size:
            self._size[term] = 1 + sum(map(self.size, self.inside(term)))
        return self._size[term]

    def free(self, term: int, sealed: bool = False) -> frozenset[str]:
        """The free variables, declared integers included; if ``sealed``, those inside an E, Ev or whp only."""
        if (term, sealed) not in self._free:
            head, *args = self.nodes[term]
            if sealed and head in ("E", "Ev", "whp"):
                return self.free(term)
            found = frozenset[str]().union(*(self.free(x, sealed) for x in self.inside(term)))
            times = [sort for _, sort in args[0]] if head == "all" else args
            own = {v for time in times if isinstance(time, Time) for v, _ in time.coefs}
            own = set() if sealed else own | {args[0]} if head == "vvar" else own
            if head in ("sum", "vsum"):
                found -= {args[0]}  # the upper time stands outside
            found |= own
            self._free[term, sealed] = found - {v for v, _ in args[0]} if head == "all" else found
        return self._free[term, sealed]

    def loose(self, term: int) -> frozenset[str]:
        """The free variables that are not declared."""
        return self.free(term) - self.declared.minima.keys()

    def put(self, term: int, sub: Mapping[str, Any]) -> int:
        """Simultaneous substitution of times and vectors; what would be captured is refused."""
        sub = {v: x for v, x in sub.items() if v in self.free(term)}
        if not sub:
            return term
        head, *args = self.nodes[term]
        if head == "vvar":
            need(isinstance(sub[args[0]], int), f"the vector variable {args[0]} cannot take an integer")
            return sub[args[0]]
        if head == "all":
            variables, premises, fact = args
            self._no_capture(sub, {v for v, _ in variables})
            sorts = tuple((v, s.put(sub) if isinstance(s, Time) else s) for v, s in variables)
            return self.mk(head, sorts, tuple(self.put(p, sub) for p in premises), self.put(fact, sub))
        if head in ("sum", "vsum"):
            j, upto, body = args
            within = {v: x for v, x in sub.items() if v != j and v in self.free(body)}
            self._no_capture(within, {j})
            return self.mk(head, j, upto.put(sub), self.put(body, within))
        row = zip(letters(head, len(args)), args, strict=True)
        return self.mk(head, *(x.put(sub) if c == "t" else self.put(x, sub) if c in "svf" else x for c, x in row))

    def _no_capture(self, sub: Mapping[str, Any], names: set[str]) -> None:
        for v, x in sub.items():
            free = {w for w, _ in x.coefs} if isinstance(x, Time) else self.free(x)
            need(not free & names, f"what is put for {v} is captured by {', '.join(sorted(names))}")

    # times and measurability

    def surely(self, time: Time) -> bool:
        """Whether the time is >= 0 for all admissible values of its variables."""
        least = time.const + sum(k * self.declared.minima.get(v, 0) for v, k in time.coefs)
        return least >= 0 and all(k >= 0 for _, k in time.coefs)

    def uses(self, term: int) -> frozenset[Use]:
        """Everything random in a term; the times of what stands under a sum at their largest."""
        if term not in self._uses:
            self._uses[term] = frozenset(self._find_uses(term))
        return self._uses[term]

    def _find_uses(self, term: int) -> Iterator[Use]:
        head, *args = self.nodes[term]
        if head in ("proc", "vproc"):
            yield Use("process", args[0], args[1])
        elif head in ("E", "Ev"):
            yield Use("E", "", args[0])
        elif head in ("vvar", "all", "and", "whp"):
            yield Use("never", head, Time(0))
        elif head in ("sum", "vsum"):
            j, upto, body = args
            for use in self.uses(body):
                k = dict(use.time.coefs).get(j, 0)
                yield use._replace(time=use.time.put({j: upto.plus(-1) if k >= 0 else Time(0)}))
        else:
            for x in self.inside(term):
                yield from self.uses(x)

    def known(self, uses: Iterable[Use], now: Time) -> bool:
        """Whether what has these uses is F_now-measurable."""

        def fine(use: Use) -> bool:
            level = self.declared.levels[use.name] if use.kind == "process" else 0
            return use.kind != "never" and self.surely(now.plus(use.time, -1).plus(-level))

        return all(map(fine, uses))

    def show(self, x: Any) -> str:
        """A short text for messages, kept: messages are made of the same few terms."""
        if type(x) is not int:
            return str(x)
        if x not in self.shown:
            self.shown[x] = self._show(x) if self.size(x) <= 400 else "..."
        return self.shown[x]

    def _show(self, x: int) -> str:
        head, *args = self.nodes[x]
        if head == "all":
            premises = ", ".join(map(self.show, args[1]))
            return f"all {', '.join(v for v, _ in args[0])}: [{premises}] => {self.show(args[2])}"
        shown = [self.show(a) for a in args]
        if head in INFIX:
            joined = INFIX[head].join(shown)
            return joined if head in COMPARISONS else f"({joined})"
        if head in ("proc", "vproc"):
            return f"{shown[0]}[{shown[1]}]"
        return shown[0] if head in ("q", "par", "n", "vpar", "vvar", "expo") else f"{head}({', '.join(shown)})"


# --- normal forms -----------------------------------------------------------------------------------------

Number = int | Fraction
Monomial = tuple[tuple[int, Exponent], ...]  # (atom, nonzero exponent), sorted by atom
Poly = dict[Monomial, Number]  # no zero coefficient
Vector = dict[int, Poly]  # vector atom -> nonzero coefficient


class Atom(NamedTuple):
    kind: str
    sign: str  # "pos", "nonneg" or another for none
    shown: str  # for messages
    uses: frozenset[Use]
    data: Any = None  # the prime, or the vector normal form under a norm


def accumulate(total: Poly, p: Poly, factor: Number = 1) -> Poly:
    """total += factor * p, in place."""
    for m, c in p.items():
        c = total.get(m, 0) + factor * c
        if c:
            total[m] = c
        else:
            total.pop(m, None)
    need(len(total) <= MAX_TERMS, "a normal form has too many terms")
    return total


def minus(p: Poly, q: Poly) -> Poly:
    return accumulate(dict(p), q, -1)


def negated(p: Poly) -> Poly:
    return {m: -c for m, c in p.items()}


LARGE_PRIME = "a constant under a root has a prime factor above a million"


def factored(n: int) -> dict[int, int]:
    out: dict[int, int] = {}
    p = 2
    while p * p <= n:
        need(p < MAX_PRIME, LARGE_PRIME)
        while n % p == 0:
            n, out[p] = n // p, out.get(p, 0) + 1
        p += 1
    need(n < MAX_PRIME, LARGE_PRIME)
    return out | ({n: out.get(n, 0) + 1} if n > 1 else {})


class Normal:
    """Normal forms of terms.  Under ``depth`` sums the bound variables are called #0, #1, ..."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.work = 0
        self.atoms: list[Atom] = []
        self._atom_ids: dict[Any, int] = {}
        self._keys: dict[Any, int] = {}
        self._memo: dict[Any, Any] = {}

    # keys and atoms

    def key(self, x: Any) -> int:
        """A number for each hashable object."""
        return self._keys.setdefault(x, len(self._keys))

    def poly_key(self, p: Poly) -> int:
        return self.key(("poly", frozenset(p.items())))

    def vector_key(self, v: Vector) -> int:
        return self.key(("vector", frozenset((a, self.poly_key(p)) for a, p in v.items())))

    def up_to_sign(self, v: Vector) -> frozenset[int]:
        return frozenset((self.vector_key(v), self.vector_key({a: negated(p) for a, p in v.items()})))

    def atom(
        self, kind: str, key: Any, sign: str, shown: Any, uses: frozenset[Use] = frozenset(), data: Any = None
    ) -> int:
        if (kind, key) not in self._atom_ids:
            self._atom_ids[kind, key] = len(self.atoms)
            self.atoms.append(Atom(kind, sign, self.terms.show(shown), uses, data))
        return self._atom_ids[kind, key]

    # polynomials

    def mul(self, p: Poly, q: Poly) -> Poly:
        self.work += len(p) * len(q)
        need(self.work <= MAX_WORK, "too many products")
        out: Poly = {}
        for m, c in p.items():
            for n, d in q.items():
                exponents = dict(m)
                for a, e in n:
                    exponents[a] = exponents[a] + e if a in exponents else e
                accumulate(out, self._settled(exponents), c * d)
        need(all(length(c) <= MAX_BITS for c in out.values()), "a coefficient is too long")
        return out

    def _settled(self, exponents: dict[int, Exponent]) -> Poly:
        """The normal form of a product of powers of atoms."""
        factor: Poly = {(): 1}
        for a, e in list(exponents.items()):
            atom = self.atoms[a]
            if atom.kind == "ind" and e is not ZERO:
                exponents[a] = ONE
            elif atom.kind == "norm" and e.natural and (e.integer or 0) >= 2:
                half, rest = divmod(e.integer or 0, 2)
                need(half <= 16, "too high a power of a norm")
                factor = self.mul(factor, self.power(self.inner(atom.data, atom.data), half))
                exponents[a] = exponent(rest)
            elif atom.kind == "prime":
                constant = divide(e.num, e.den)[0][:1]  # of the polynomial part
                carry = int(constant[0] // 1) if constant else 0
                need(abs(carry) * atom.data.bit_length() <= MAX_BITS, "a power of a constant is too long")
                factor = self.mul(factor, {(): Fraction(atom.data) ** carry}) if carry else factor
                exponents[a] = e + exponent(-carry)
            if exponents[a] is ZERO:
                del exponents[a]
        base: Poly = {tuple(sorted(exponents.items())): 1}
        return base if factor == {(): 1} else self.mul(base, factor)

    def power(self, p: Poly, k: int) -> Poly:
        out: Poly = {(): 1}
        for _ in range(k):
            out = self.mul(out, p)
        return out

    def of(self, term: int, depth: int = 0) -> Poly:
        """The normal form of a scalar term."""
        key = ("scalar", term, depth)
        if key not in self._memo:
            self._memo[key] = self._scalar(term, depth)
        return self._memo[key]

    def _scalar(self, term: int, depth: int) -> Poly:
        head, *args = self.terms.node(term)
        known: Poly | None = None
        sign, data = "any", None
        match head:
            case "q":
                value = args[0].numerator if args[0].denominator == 1 else args[0]
                return {(): value} if value else {}
            case "n":
                return self._integer(args[0])
            case "add":
                total: Poly = {}
                for a in args:
                    accumulate(total, self.of(a, depth))
                return total
            case "mul":
                product: Poly = {(): 1}
                for a in args:
                    product = self.mul(product, self.of(a, depth))
                return product
            case "inner":
                return self.inner(self.vector(args[0], depth), self.vector(args[1], depth))
            case "pow":
                known = self._power(self.of(args[0], depth), args[1])
            case "expo":
                known = self._value_of_exponent(args[0])
            case "norm":
                sign, data = "nonneg", self.vector(args[0], depth)
                known = None if data else {}
            case "par":
                sign = self.terms.declared.signs[args[0]]
            case "ind":
                sign = "nonneg"
            case "exp":
                sign = "pos"
                known = None if self.of(args[0], depth) else {(): 1}
        return {((self._atom_of(term, depth, sign, data), ONE),): 1} if known is None else known

    def _atom_of(self, term: int, depth: int, sign: str = "any", data: Any = None) -> int:
        """The atom of a term, known by the normal forms of its parts."""
        head, *args = self.terms.node(term)
        if head in ("sum", "vsum"):
            j, upto, body = args
            args, depth = [depth, upto, self.terms.put(body, {j: variable(f"#{depth}")})], depth + 1
        key: list[Any] = []
        for letter, x in zip(LETTERS[head], args, strict=True):
            if letter == "v":
                x = self.up_to_sign(data) if head == "norm" else self.vector_key(self.vector(x, depth))
            elif letter in "sf":
                x = self.poly_key(self.of(x, depth)) if letter == "s" else self.fact(x, depth)
            key.append(x)
        return self.atom(head, tuple(key), sign, term, self.terms.uses(term), data)

    def _integer(self, time: Time) -> Poly:
        total: Poly = {(): time.const} if time.const else {}
        for v, k in time.coefs:
            sign = "pos" if self.terms.declared.minima.get(v, 0) >= 1 else "nonneg"
            total[((self.atom("integer", v, sign, v), ONE),)] = k
        return total

    def _power(self, p: Poly, e: Exponent) -> Poly | None:
        if e.natural and (e.integer or 0) <= 16:
            return self.power(p, e.integer or 0)
        if len(p) != 1:
            return None
        ((m, c),) = p.items()
        if c < 0 or not all(self._any_power(self.atoms[a], e) for a, _ in m):
            return None
        return self.mul(self._settled({a: x * e for a, x in m}), self._constant_power(Fraction(c), e))

    def _any_power(self, atom: Atom, e: Exponent) -> bool:
        return atom.sign == "pos" or (atom.sign == "nonneg" and atom.kind not in ("ip", "ind") and e.nonneg)

    def _constant_power(self, c: Fraction, e: Exponent) -> Poly:
        if e.integer is not None:
            need(abs(e.integer) * length(c) <= MAX_BITS, "a power of a constant is too long")
            return {(): c**e.integer}
        exponents = {}
        for n, sign in ((c.numerator, 1), (c.denominator, -1)):
            for p, k in factored(n).items():
                exponents[self.atom("prime", p, "pos", str(p), data=p)] = exponent(sign * k) * e
        return self._settled(exponents)

    def _value_of_exponent(self, e: Exponent) -> Poly | None:
        if any(e.den[:-1]):
            return None
        alpha, low = self.atom("par", ("alpha",), "pos", "alpha"), len(e.den) - 1
        return {((alpha, exponent(k - low)),) if k != low else (): c / e.den[-1] for k, c in enumerate(e.num) if c}

    # vectors

    def vector(self, term: int, depth: int = 0) -> Vector:
        key = ("vector", term, depth)
        if key not in self._memo:
            self._memo[key] = self._vector(term, depth)
        return self._memo[key]

    def _vector(self, term: int, depth: int) -> Vector:
        head, *args = self.terms.node(term)
        if head == "scale":
            return self.combined([(self.of(args[0], depth), self.vector(args[1], depth))])
        if head == "vadd":
            return self.combined([({(): 1}, self.vector(a, depth)) for a in args])
        return {self._atom_of(term, depth): {(): 1}}

    def combined(self, parts: Iterable[tuple[Poly, Vector]]) -> Vector:
        """The sum of factor * vector."""
        total: Vector = {}
        for factor, v in parts:
            for a, p in v.items():
                accumulate(total.setdefault(a, {}), self.mul(factor, p))
        return {a: p for a, p in total.items() if p}

    def inner(self, v: Vector, w: Vector) -> Poly:
        total: Poly = {}
        for a, p in v.items():
            for b, q in w.items():
                x, y = self.atoms[a], self.atoms[b]
                sign = "nonneg" if a == b else "any"
                ip = self.atom("ip", frozenset((a, b)), sign, f"inner({x.shown}, {y.shown})", x.uses | y.uses)
                accumulate(total, self.mul(self.mul(p, q), {((ip, ONE),): 1}))
        return total

    # facts

    def difference(self, fact: int, depth: int = 0) -> Poly:
        """rhs - lhs of a le, lt or eq."""
        _, a, b = self.terms.node(fact)
        return minus(self.of(b, depth), self.of(a, depth))

    def vector_difference(self, fact: int, depth: int = 0) -> Vector:
        _, v, w = self.terms.node(fact)
        return self.combined([({(): 1}, self.vector(w, depth)), ({(): -1}, self.vector(v, depth))])

    def fact(self, term: int, depth: int = 0) -> int:
        """A number that two facts share exactly when they are the same fact."""
        key = ("fact", term, depth)
        if key not in self._memo:
            self._memo[key] = self.key(self._fact(term, depth))
        return self._memo[key]

    def _fact(self, term: int, depth: int) -> tuple[Any, ...]:
        head, *args = self.terms.node(term)
        match head:
            case "le" | "lt":
                return (head, self.poly_key(self.difference(term, depth)))
            case "eq":
                p = self.difference(term, depth)
                return (head, frozenset((self.poly_key(p), self.poly_key(negated(p)))))
            case "veq":
                return (head, self.up_to_sign(self.vector_difference(term, depth)))
            case "and":
                return (head, *(self.fact(a, depth) for a in args))
            case "whp":
                return (head, self.poly_key(self.of(args[0], depth)), self.fact(args[1], depth))
        variables, premises, fact = args
        return (head, variables, tuple(self.fact(p, depth) for p in premises), self.fact(fact, depth))

    # signs

    def _sign(self, m: Monomial) -> bool:
        return all(self.atoms[a].sign in ("pos", "nonneg") or (e.natural and (e.integer or 0) % 2 == 0) for a, e in m)

    def nonneg(self, p: Poly) -> bool:
        """Manifestly >= 0."""
        return all(c > 0 and self._sign(m) for m, c in p.items())

    def positive(self, p: Poly) -> bool:
        """Manifestly > 0."""
        return self.nonneg(p) and any(all(self.atoms[a].sign == "pos" for a, _ in m) for m in p)

    def show(self, p: Poly) -> str:
        out = []
        for m, c in list(p.items())[:12]:
            powers = [self.atoms[a].shown + ("" if e is ONE else f"^{e}") for a, e in m]
            out.append("*".join(([str(c)] if c != 1 or not m else []) + powers))
        return (" + ".join(out) or "0") + (f" + ... ({len(p)} terms)" if len(p) > 12 else "")
