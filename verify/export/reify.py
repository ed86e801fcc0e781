"""A scalar term as an expression over numbered atoms, with everything known about the atoms (Coq's ``step``)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from bounds.exponents import Exponent, exponent
from bounds.terms import Term, n, num, time
from verify.export.text import Scope, exponent_text, laurent, natural_power, ordered, split_difference
from verify.kernel.normal import _factor, as_exponent

if TYPE_CHECKING:
    from verify.export.development import Development


class Atoms:
    """The atoms of one application of ``combine``."""

    def __init__(self, d: Development, scope: Scope, stop: frozenset[Term] | None = None) -> None:
        """``stop``: terms that are atoms; then so is all that is no polynomial, and nothing is known of an inside."""
        self.stop = stop
        self.statement, self.normal, self.printer, self.exponents = d.statement, d.normal, d.printer, d.exponents
        self.scope, self.equal, self.hypothesis = scope, d.equal, d.hypothesis
        self.literals = d.family.terms.literals
        self.call, self.exponents_ok = d.family.call, d.family.call("exponents_ok").removeprefix("exponents_ok ")
        self.scalars: dict[str, int] = {}
        self.vectors: dict[str, int] = {}
        self.signs: list[int] = []
        self.sign_proofs: list[str] = []
        self.primes: list[tuple[int, int]] = []
        self.squares: list[tuple[int, str, str]] = []
        self.same: list[tuple[int, str, str]] = []
        self.vsame: list[tuple[int, int, str]] = []
        self.canonical: dict[int, tuple[int, Term]] = {}  # atom of the kernel's normal form -> ours

    # --- expressions ---

    def scalar(self, x: Term) -> str:
        """The expression of a scalar term; its Coq value is convertible with the term's text."""
        head, a = x.head, x.args
        if head == "q":
            return self.literals.rational(a[0])
        if self.closed(x):
            return self.literals.atom(self._put(x))
        if head == "n":
            return self._time(a[0])
        if head in ("add", "mul"):
            pair = split_difference(x)
            if pair is not None:
                return f"(Su {self.scalar(pair[0])} {self.scalar(pair[1])})"
            return self._fold("Ad" if head == "add" else "Mu", [self.scalar(s) for s in a])
        if head == "pow":
            k = natural_power(a[1])
            if k is not None:
                return f"(Po {self.scalar(a[0])} {self.literals.natural(k)})"
            return self._power(x)
        if head == "expo":
            value = laurent(a[0])
            if value is not None:
                return self.scalar(value)
        if head == "inner":
            return f"(In {self.vector(a[0])} {self.vector(a[1])})"
        return self.literals.atom(self.atom(x))

    def vector(self, x: Term) -> str:
        if x.head == "vadd":
            out = self.vector(x.args[-1])
            for v in reversed(x.args[:-1]):
                out = f"(Vd {self.vector(v)} {out})"
            return out
        if x.head == "scale":
            return f"(Vs {self.scalar(x.args[0])} {self.vector(x.args[1])})"
        return self.literals.vector(self.vector_atom(x))

    def _fold(self, op: str, parts: list[str]) -> str:
        out = parts[0]
        for p in parts[1:]:
            out = f"({op} {out} {p})"
        return out

    def _time(self, t: Term) -> str:
        const, coefs = t.args[0], ordered(t, self.statement.integers)
        parts = []
        for v, k in coefs:
            atom = self.literals.atom(self._put(n(time(0, **{v: 1}))))
            parts.append(atom if k == 1 else f"(Mu {self.literals.rational(Fraction(k))} {atom})")
        if const or not parts:
            parts.append(self.literals.rational(Fraction(const)))
        return self._fold("Ad", parts)

    def _power(self, x: Term) -> str:
        base, e = x.args
        poly = self.normal.scalar(base)
        if len(poly) == 1:
            ((mono, c),) = poly.items()
            if c > 0 and all(self.normal._root_allowed(atom, e) for atom, _ in mono):
                for _, k in mono:
                    self.exponents.product(as_exponent(k), e)
                for f in self._primes(base)[1].values():
                    self.exponents.product(f, e)
                self._factorise(Fraction(c))
                return f"(Pw {self.scalar(base)} {self.literals.natural(self.exponents.number(e))})"
        return self.literals.atom(self.atom(x))

    def _primes(self, x: Term) -> tuple[Fraction, dict[int, Exponent]]:
        """The rational factor and the powers of primes of a monomial; in Coq no integer part moves between them."""
        c, powers = Fraction(x.args[0] if x.head == "q" else 1), dict[int, Exponent]()

        def multiply(prime: int, e: Exponent) -> None:
            powers[prime] = powers.get(prime, exponent([])) + e

        if x.head == "mul":
            for d, more in map(self._primes, x.args):
                c *= d
                for prime, e in more.items():
                    multiply(prime, e)
        if x.head == "pow":
            (d, inside), e, k = self._primes(x.args[0]), x.args[1], natural_power(x.args[1])
            for prime, f in inside.items():
                multiply(prime, f * e)
            if k is not None:
                return d**k, powers
            for number, sign in ((d.numerator, 1), (d.denominator, -1)) if d > 0 else ():
                for prime, times in _factor(number):
                    multiply(prime, e * exponent([sign * times]))
        return c, powers

    def _factorise(self, c: Fraction) -> None:
        """A power of a rational number is a product of powers of primes."""
        for number in (c.numerator, c.denominator):
            for prime, _ in _factor(number):
                self._put(num(prime), prime)

    # --- atoms ---

    def closed(self, x: Term) -> bool:
        """Is a term that could be opened an atom?"""
        if self.stop is None or x.head in ("q", "n"):
            return False
        polynomial = x.head in ("add", "mul") or (x.head == "pow" and natural_power(x.args[1]) is not None)
        return x in self.stop or not (polynomial or (x.head == "expo" and laurent(x.args[0]) is not None))

    def known(self, x: Term) -> tuple[str, int]:
        """The text of an atom and its sign."""
        text = self._text(x)
        return text, self._sign(x, text)[0]

    def atom(self, x: Term) -> int:
        """The number of an atom; one that equals an earlier one is recorded as the same."""
        text = self.printer.term(x, self.scope)
        if text in self.scalars:
            return self.scalars[text]
        poly = self.normal.scalar(x)
        keys = [(m, c) for m, c in poly.items()]
        if x.head == "norm" and not poly:
            return self._same(x, self.literals.rational(Fraction(0)), num(0))
        if len(keys) == 1 and keys[0][1] == 1 and len(keys[0][0]) == 1 and keys[0][0][0][1] == 1:
            kernel_atom = keys[0][0][0][0]
            if kernel_atom in self.canonical:
                index, first = self.canonical[kernel_atom]
                return self._same(x, self.literals.atom(index), first)
            index = self._put(x)
            self.canonical[kernel_atom] = (index, x)
            return index
        if x.head == "exp" and len(keys) == 1:  # exp(0) = 1
            return self._same(x, self.literals.rational(Fraction(1)), num(1))
        return self._put(x)

    def _same(self, x: Term, expression: str, other: Term) -> int:
        index = self._put(x)
        self.same.append((index, expression, self.equal(x, other, self.scope)))
        return index

    def _put(self, x: Term, prime: int | None = None) -> int:
        text = self.printer.term(x, self.scope)
        if text in self.scalars:
            return self.scalars[text]
        index = self.scalars[text] = len(self.signs)
        sign, proof = self._sign(x, text)
        self.signs.append(sign)
        if proof:
            self.sign_proofs.append(proof)
        if prime is not None:
            self.primes.append((index, prime))
        if self.stop is not None:
            return index
        if x.head == "norm":
            v = self.vector(x.args[0])
            self.squares.append((index, f"(In {v} {v})", f"(norm_square {self._text(x.args[0])})"))
        if x.head == "ind":
            sides = " ".join(map(self._text, x.args[0].args))
            self.squares.append((index, self.literals.atom(index), f"(ind_{x.args[0].head}_square {sides})"))
        return index

    def _text(self, x: Term) -> str:
        return self.printer.term(x, self.scope)

    def _sign(self, x: Term, text: str) -> tuple[int, str]:
        """0 any, 1 nonnegative, 2 positive, with the proof of it."""
        if x.head == "q":
            return 2, f"(IZR_lt 0 {x.args[0]} eq_refl)"
        if x.head == "par":
            sign = self.statement.parameters[x.args[0]].sign
            return {"pos": 2, "nonneg": 1}.get(sign, 0), "" if sign == "real" else self.hypothesis[f"s_{x.args[0]}"]
        if x.head == "n":
            var = x.args[0].args[1][0][0]
            if var in self.statement.integers:
                low = self.statement.integers[var][0]
                lemma = self.call(f"positive_{var}" if low >= 1 else f"nonneg_{var}")
                return 2 if low >= 1 else 1, f"({lemma})"
            return 1, f"(IZR_le 0 n_{var} P_{var})"
        if x.head == "pow" and self.stop is not None and natural_power(x.args[1]) is None:
            return 1, f"(pw_nonneg {self._text(x.args[0])} {exponent_text(x.args[1])})"
        if x.head == "inner" and self.stop is not None and x.args[0] is x.args[1]:
            return 1, f"(inner_pos ips {self._text(x.args[0])})"
        if x.head == "exp":
            return 2, f"(exp_pos {self._text(x.args[0])})"
        if x.head == "norm":
            return 1, f"(norm_nonneg {self._text(x.args[0])})"
        if x.head == "ind":
            return 1, f"(ind_{x.args[0].head}_nonneg {' '.join(map(self._text, x.args[0].args))})"
        return 0, ""

    def force(self, x: Term, sign: int, proof: str) -> str:
        """A term as an atom of a given sign, whatever it is made of."""
        text = self.printer.term(x, self.scope)
        if text not in self.scalars:
            self.scalars[text] = len(self.signs)
            self.signs.append(sign)
            self.sign_proofs.append(proof)
        return self.literals.atom(self.scalars[text])

    def vector_atom(self, x: Term) -> int:
        text = self.printer.term(x, self.scope)
        if text in self.vectors:
            return self.vectors[text]
        index = self.vectors[text] = len(self.vectors)
        ((kernel_atom, _),) = self.normal.vector(x).items()
        if kernel_atom in self.canonical:
            first, other = self.canonical[kernel_atom]
            self.vsame.append((index, first, self.equal(x, other, self.scope)))
        else:
            self.canonical[kernel_atom] = (index, x)
        return index

    # --- Coq ---

    def record(self) -> str:
        """The value of type ``step``."""
        number = self.literals.natural
        signs = "; ".join(map(number, self.signs))
        primes = "; ".join(f"({number(i)}, {p}%positive)" for i, p in self.primes)
        squares = "; ".join(f"({number(i)}, {e})" for i, e, _ in self.squares)
        same = "; ".join(f"({number(i)}, {e})" for i, e, _ in self.same)
        vsame = "; ".join(f"({number(i)}, {number(j)})" for i, j, _ in self.vsame)
        return f"(Build_step [{signs}] [{primes}] [{squares}] [{same}] [{vsame}])"

    def lists(self) -> str:
        return f"[{'; '.join(self.scalars)}] [{'; '.join(self.vectors)}]"

    def proofs(self) -> list[str]:
        """That the record tells the truth, in the order of its fields."""
        primes = [f"(eq_refl (IZR {p}))" for _, p in self.primes]
        return [*self.sign_proofs, *primes, *(p for group in (self.squares, self.same, self.vsame) for *_, p in group)]
