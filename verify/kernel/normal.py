"""Normal forms: every scalar term is a polynomial over atoms, every vector a combination of vector atoms.

The specification is docs/rules.md, "Normal form".  A monomial is a sorted tuple of (atom, exponent); an exponent
is an ``int`` when it is an integer constant and an ``Exponent`` (a rational function of alpha) otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from bounds.exponents import Exponent, fixed
from bounds.statement import Statement
from bounds.terms import Term, inner, n, num, par, substitute, time

Power = int | Exponent
Mono = tuple[tuple[int, Power], ...]
Coefficient = int | Fraction  # int where it is one: faster; only sums and products are taken, never a quotient
Poly = dict[Mono, Coefficient]
Vec = dict[int, Poly]

ONE: Poly = {(): 1}
MAX_NATURAL_POWER = 16
MAX_FACTOR = 10**6
MAX_BITS = 4000  # of a power of a prime


class KernelError(Exception):
    """A step that does not check; the message says what was expected and what was found."""


def as_exponent(e: Power) -> Exponent:
    return fixed(e) if isinstance(e, int) else e


def _power(e: Exponent) -> Power:
    c = e.constant
    return int(c) if c is not None and c.denominator == 1 else e


def nonnegative(e: Power) -> bool:
    """e >= 0 for all alpha in (1, 2]."""
    return e >= 0 if isinstance(e, int) else e.nonnegative()


def _whole(c: Fraction) -> Coefficient:
    return c.numerator if c.denominator == 1 else c


def add(p: Poly, q: Poly, factor: Coefficient = 1) -> Poly:
    """p + factor q."""
    out = dict(p)
    for m, c in q.items():
        s = out.get(m, 0) + factor * c
        if s:
            out[m] = s
        else:
            out.pop(m, None)
    return out


class Normal:
    """Normal forms relative to a statement (which declares the signs of its parameters)."""

    def __init__(self, statement: Statement) -> None:
        self.minima = {name: low for name, (low, _) in statement.integers.items()}
        self.signs = {name: p.sign for name, p in statement.parameters.items()}
        self._ids: dict[Any, int] = {}
        self._keys: list[tuple[str, Any]] = []  # atom -> (class, key)
        self._terms: list[Term] = []  # atom -> a term it stands for
        self._special: dict[int, tuple[str, Any]] = {}  # norm, ind and prime atoms
        self._norms: dict[Any, int] = {}
        self._scalars: dict[Term, Poly] = {}
        self._vectors: dict[Term, Vec] = {}

    # --- atoms ---

    def _atom(self, sign: str, key: Any, term: Term) -> int:
        atom = self._ids.get(key)
        if atom is None:
            atom = self._ids[key] = len(self._keys)
            self._keys.append((sign, key))
            self._terms.append(term)
            if key[0] in ("ind", "prime", "norm"):
                self._special[atom] = (key[0], key[-1])
        return atom

    def sign(self, atom: int) -> str:
        """The class of an atom: "pos", "nonneg", "any", or "ip" / "ipself" for inner products."""
        return self._keys[atom][0]

    def kind(self, atom: int) -> str:
        """What an atom is: "par", "int", "prime", "pow", "ip" or the head of its term."""
        return str(self._keys[atom][1][0])

    def term(self, atom: int) -> Term:
        """A term that the atom stands for."""
        return self._terms[atom]

    @staticmethod
    def key(p: Poly) -> Any:
        return frozenset(p.items())

    @staticmethod
    def vkey(v: Vec) -> Any:
        return frozenset((a, frozenset(p.items())) for a, p in v.items())

    # --- polynomials ---

    def mul(self, p: Poly, q: Poly) -> Poly:
        out: Poly = {}
        for m1, c1 in p.items():
            for m2, c2 in q.items():
                for m, c in self._mono_mul(m1, m2).items():
                    s = out.get(m, 0) + c * c1 * c2
                    if s:
                        out[m] = s
                    else:
                        out.pop(m, None)
        return out

    def _mono_mul(self, m1: Mono, m2: Mono) -> Poly:
        if not m1:
            return {m2: 1}
        if not m2:
            return {m1: 1}
        powers: dict[int, Power] = dict(m1)
        for a, e in m2:
            old = powers.get(a, 0)
            if isinstance(old, int) and isinstance(e, int):
                powers[a] = old + e
            else:
                powers[a] = _power(as_exponent(old) + as_exponent(e))
        return self._collect(powers)

    def _collect(self, powers: dict[int, Power]) -> Poly:
        """The polynomial of a product of atom powers: primes, indicators and norms brought to normal form."""
        coefficient: Coefficient = 1
        extra = ONE
        for a, (kind, data) in [(a, self._special[a]) for a in powers if a in self._special]:
            e = powers[a]
            if kind == "prime":
                whole, powers[a] = _split_integer(e)
                if abs(whole) * int(data).bit_length() > MAX_BITS:
                    raise KernelError(f"{data} to the power {whole} is too long to be written down")
                coefficient *= _whole(Fraction(data) ** whole)
            elif kind == "ind":
                if isinstance(e, int) and e > 1:
                    powers[a] = 1
            elif isinstance(e, int) and e >= 2:
                if e > 2 * MAX_NATURAL_POWER + 1:
                    raise KernelError(f"a norm to the power {e} is too long to be written down")
                powers[a] = e % 2
                square = self._inner(data, data)
                for _ in range(e // 2):
                    extra = self.mul(extra, square)
        mono = tuple(sorted(((a, e) for a, e in powers.items() if e != 0), key=lambda x: x[0]))
        if extra is ONE:
            return {mono: coefficient}
        return self.mul({mono: coefficient}, extra)

    def _pow(self, term: Term, base: Poly, e: Exponent) -> Poly:
        natural = _power(e)
        if isinstance(natural, int) and 0 <= natural <= MAX_NATURAL_POWER:
            out = ONE
            for _ in range(natural):
                out = self.mul(out, base)
            return out
        if len(base) == 1:
            ((mono, c),) = base.items()
            if c > 0 and all(self._root_allowed(a, e) for a, _ in mono):
                powers = {a: _power(as_exponent(k) * e) for a, k in mono}
                out = self._collect(powers)
                return self.mul(out, self._rational_power(c, e))
        return self._single("any", ("pow", self.key(base), e), term)

    def _root_allowed(self, atom: int, e: Exponent) -> bool:
        sign, key = self._keys[atom]
        return sign == "pos" or (sign == "nonneg" and key[0] != "ind" and e.nonnegative())

    def _rational_power(self, c: Coefficient, e: Exponent) -> Poly:
        out = ONE
        for number, sign in ((c.numerator, 1), (c.denominator, -1)):
            for prime, k in factor(number):
                atom = self._atom("pos", ("prime", prime), num(prime))
                out = self.mul(out, self._collect({atom: _power(e * fixed(sign * k))}))
        return out

    def _single(self, sign: str, key: Any, term: Term) -> Poly:
        return {((self._atom(sign, key, term), 1),): 1}

    # --- scalar terms ---

    def scalar(self, term: Term) -> Poly:
        """The normal form of a scalar term."""
        poly = self._scalars.get(term)
        if poly is None:
            poly = self._scalars[term] = self._scalar(term)
        return poly

    def _scalar(self, term: Term) -> Poly:
        head, a = term.head, term.args
        out: Poly = {}
        if head == "q":
            return {(): _whole(a[0])} if a[0] else {}
        if head == "par":
            return self._single({"real": "any"}.get(self.signs[a[0]], self.signs[a[0]]), ("par", a[0]), term)
        if head == "n":
            out = {(): a[0].args[0]} if a[0].args[0] else out
            for v, k in a[0].args[1]:
                sign = "pos" if self.minima.get(v, 0) >= 1 else "nonneg"
                out = add(out, self._single(sign, ("int", v), n(time(0, **{v: 1}))), k)
            return out
        if head == "add":
            for s in a:
                out = add(out, self.scalar(s))
            return out
        if head == "mul":
            out = ONE
            for s in a:
                out = self.mul(out, self.scalar(s))
            return out
        if head == "pow":
            return self._pow(term, self.scalar(a[0]), a[1])
        if head == "expo":
            return self._expo(term)
        if head == "inner":
            return self._inner(self.vector(a[0]), self.vector(a[1]))
        if head == "norm":
            return self._norm(term, self.vector(a[0]))
        if head == "proc":
            return self._single("any", ("proc", a[0], a[1]), term)
        if head == "app":
            return self._single("any", ("app", a[0], self.vkey(self.vector(a[1]))), term)
        if head == "sum":
            return self._single("any", ("sum", a[1], self.key(self.scalar(canonical_body(term)))), term)
        if head == "E":
            return self._single("any", ("E", a[0], self.key(self.scalar(a[1]))), term)
        if head == "ind":
            return self._single("nonneg", ("ind", self.fact_key(a[0])), term)
        if head == "exp" and not self.scalar(a[0]):
            return ONE
        if head in ("exp", "ln"):
            return self._single("pos" if head == "exp" else "any", (head, self.key(self.scalar(a[0]))), term)
        raise KernelError(f"not a scalar term: {head}")

    def _expo(self, term: Term) -> Poly:
        e = term.args[0]
        k = len(e.den) - 1
        if any(e.den[:-1]):
            return self._single("any", ("expo", e), term)
        alpha = self._atom("pos", ("par", "alpha"), par("alpha"))
        return {(((alpha, j - k),) if j != k else ()): _whole(c) for j, c in enumerate(e.num) if c}

    def _inner(self, v: Vec, w: Vec) -> Poly:
        out: Poly = {}
        for a, p in v.items():
            for b, q in w.items():
                key = ("ip", min(a, b), max(a, b))
                product = inner(self._terms[a], self._terms[b])
                atom = self._single("ipself" if a == b else "ip", key, product)
                out = add(out, self.mul(self.mul(p, q), atom))
        return out

    def _norm(self, term: Term, v: Vec) -> Poly:
        if not v:
            return {}
        key = self.vkey(v)
        if key not in self._norms:
            atom = self._atom("nonneg", ("norm", _Ref(v)), term)
            self._special[atom] = ("norm", v)
            minus = self.vkey({a: {m: -c for m, c in p.items()} for a, p in v.items()})
            self._norms[key] = self._norms[minus] = atom
        return {((self._norms[key], 1),): 1}

    # --- vector terms ---

    def vector(self, term: Term) -> Vec:
        """The normal form of a vector term: vector atom -> coefficient polynomial."""
        vec = self._vectors.get(term)
        if vec is None:
            vec = self._vectors[term] = self._vector(term)
        return vec

    def _vector(self, term: Term) -> Vec:
        head, a = term.head, term.args
        if head == "vadd":
            out: Vec = {}
            for v in a:
                out = vec_add(out, self.vector(v))
            return out
        if head == "scale":
            s = self.scalar(a[0])
            scaled = {atom: self.mul(s, p) for atom, p in self.vector(a[1]).items()}
            return {atom: p for atom, p in scaled.items() if p}
        if head in ("vpar", "vvar", "vproc"):
            key: Any = (head, *a)
        elif head == "vapp":
            key = ("vapp", a[0], self.vkey(self.vector(a[1])))
        elif head == "vsum":
            key = ("vsum", a[1], self.vkey(self.vector(canonical_body(term))))
        elif head == "Ev":
            key = ("Ev", a[0], self.vkey(self.vector(a[1])))
        else:
            raise KernelError(f"not a vector term: {head}")
        return {self._atom("vector", key, term): ONE}

    # --- comparisons ---

    def difference(self, a: Term, b: Term) -> Poly:
        """The normal form of b - a."""
        return add(self.scalar(b), self.scalar(a), -1)

    def equal(self, a: Term, b: Term) -> bool:
        return a is b or not self.difference(a, b)

    def fact_key(self, fact: Term) -> Any:
        """Equal keys exactly for facts that are the same (docs/rules.md)."""
        head, a = fact.head, fact.args
        if head in ("le", "lt"):
            return (head, self.key(self.difference(*a)))
        if head == "eq":
            return (head, frozenset((self.key(self.difference(*a)), self.key(self.difference(a[1], a[0])))))
        if head == "veq":
            v = vec_add(self.vector(a[1]), self.vector(a[0]), -1)
            w = vec_add(self.vector(a[0]), self.vector(a[1]), -1)
            return (head, frozenset((self.vkey(v), self.vkey(w))))
        if head == "and":
            return (head, tuple(self.fact_key(f) for f in a))
        if head == "all":
            return (head, a[0], tuple(self.fact_key(p) for p in a[1]), self.fact_key(a[2]))
        if head == "whp":
            return (head, self.key(self.scalar(a[0])), self.fact_key(a[1]))
        raise KernelError(f"not a fact: {head}")

    def same(self, f: Term, g: Term) -> bool:
        return f is g or (f.head == g.head and self.fact_key(f) == self.fact_key(g))

    def manifestly_nonneg(self, p: Poly) -> bool:
        """Every coefficient is positive and every monomial a product of nonnegative factors."""
        return all(
            c > 0
            and all(
                self.sign(a) in ("pos", "nonneg", "ipself") or (isinstance(e, int) and e > 0 and e % 2 == 0)
                for a, e in m
            )
            for m, c in p.items()
        )

    def manifestly_positive(self, p: Poly) -> bool:
        return self.manifestly_nonneg(p) and any(all(self.sign(a) == "pos" for a, _ in m) for m in p)

    def show(self, p: Poly) -> str:
        """A readable polynomial, for messages only."""
        if not p:
            return "0"
        out = []
        for m, c in list(p.items())[:12]:
            factors = [self._show_atom(a) + (f"^({e})" if e != 1 else "") for a, e in m]
            out.append("*".join(([str(c)] if c != 1 or not factors else []) + factors))
        return " + ".join(out) + (f" + ... ({len(p)} terms)" if len(p) > 12 else "")

    def show_vector(self, v: Vec) -> str:
        """A readable vector, for messages only."""
        return self._show_vec(v.items()) or "0"

    def _show_atom(self, atom: int) -> str:
        key = self._keys[atom][1]
        if key[0] in ("par", "int", "prime", "vpar", "vvar"):
            return str(key[1])
        if key[0] in ("proc", "vproc"):
            return f"{key[1]}[{_show_time(key[2])}]"
        if key[0] == "ip":
            return f"<{self._show_atom(key[1])},{self._show_atom(key[2])}>"
        if key[0] == "norm":
            return f"|{self._show_vec(key[1].vec.items())}|"
        if key[0] in ("app", "vapp"):
            return f"{key[1]}({self._show_vec((a, dict(p)) for a, p in key[2])})"
        return f"{key[0]}#{atom}"

    def _show_vec(self, items: Iterable[tuple[int, Poly]]) -> str:
        parts = [("" if p == ONE else f"({self.show(p)})*") + self._show_atom(a) for a, p in items]
        return " + ".join(parts)


class _Ref:
    """Identity-hashed holder of a vector normal form inside an atom key."""

    def __init__(self, vec: Vec) -> None:
        self.vec = vec


def vec_add(v: Vec, w: Vec, factor: int = 1) -> Vec:
    """v + factor w."""
    out = dict(v)
    for a, p in w.items():
        s = add(out.get(a, {}), p, factor)
        if s:
            out[a] = s
        else:
            out.pop(a, None)
    return out


def canonical_body(term: Term) -> Term:
    """The body of a sum with its bound variable renamed by nesting depth, so that names do not matter."""
    var, _, body = term.args
    return substitute(body, {var: time(0, **{f"#{_sum_depth(body)}": 1})})


def _sum_depth(term: Any) -> int:
    if not isinstance(term, Term):
        return max((_sum_depth(x) for x in term), default=0) if isinstance(term, tuple) else 0
    inside = max((_sum_depth(x) for x in term.args), default=0)
    return inside + (term.head in ("sum", "vsum"))


def _show_time(t: Term) -> str:
    const, coefs = t.args
    out = "".join(("+" if k > 0 else "-") + (str(abs(k)) if abs(k) != 1 else "") + v for v, k in coefs)
    out += (f"+{const}" if const > 0 else str(const)) if const or not out else ""
    return out.removeprefix("+")


def _split_integer(e: Power) -> tuple[int, Power]:
    """e = whole + rest, whole the floor of the constant coefficient of e's polynomial part."""
    if isinstance(e, int):
        return e, 0
    num, den = list(e.num), e.den
    while len(num) > len(den):  # reduce to the constant quotient of the division by den
        c, k = num[-1], len(num) - len(den)
        for i, b in enumerate(den):
            num[k + i] -= c * b
        while num and num[-1] == 0:
            num.pop()
    constant = num[-1] if len(num) == len(den) else Fraction(0)
    whole = constant.numerator // constant.denominator
    return whole, _power(e - fixed(whole))


def factor(number: int) -> list[tuple[int, int]]:
    """Primes and their multiplicities; a prime above MAX_FACTOR raises KernelError."""
    out, p = [], 2
    while number > 1:
        p = p if p * p <= number else number  # what is left is a prime
        if p > MAX_FACTOR:
            raise KernelError(f"expected numbers with prime factors below {MAX_FACTOR}, got the factor {number}")
        k = 0
        while number % p == 0:
            number //= p
            k += 1
        if k:
            out.append((p, k))
        p += 1
    return out
