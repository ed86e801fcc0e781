"""What Coq must know about exponents to bring the powers in a term to normal form."""

from __future__ import annotations

from fractions import Fraction

from bounds.exponents import Exponent, exponent
from bounds.terms import Term, subterms
from verify.export.exponents import ALPHA, Exponents
from verify.export.text import natural_power
from verify.kernel.normal import Normal, as_exponent, factor


class Powers:
    """Enters the exponents of terms and their products into the table."""

    def __init__(self, exponents: Exponents, normal: Normal) -> None:
        self.exponents, self.normal = exponents, normal
        self.seen: set[Term] = set()

    def visit(self, x: Term) -> None:
        if x in self.seen:
            return
        self.seen.add(x)
        for s in subterms(x):
            self.visit(s)
        if x.head == "pow" and natural_power(x.args[1]) is None:
            self._power(x)

    def _power(self, x: Term) -> None:
        base, e = x.args
        self.exponents.number(e)
        if base.head == "norm":
            self.exponents.number(ALPHA - e)
        poly = self.normal.scalar(base)
        if len(poly) == 1:
            ((mono, _),) = poly.items()
            for k in sorted({as_exponent(k) for _, k in mono}, key=str):  # in no order that others decide
                self.exponents.product(k, e)
            for f in primes(base)[1].values():
                self.exponents.product(f, e)


def primes(x: Term) -> tuple[Fraction, dict[int, Exponent]]:
    """The rational factor and the powers of primes of a monomial; in Coq no integer part moves between them."""
    c, powers = Fraction(x.args[0] if x.head == "q" else 1), dict[int, Exponent]()

    def multiply(prime: int, e: Exponent) -> None:
        powers[prime] = powers.get(prime, exponent([])) + e

    if x.head == "mul":
        for d, more in map(primes, x.args):
            c *= d
            for prime, e in more.items():
                multiply(prime, e)
    if x.head == "pow":
        (d, inside), e, k = primes(x.args[0]), x.args[1], natural_power(x.args[1])
        for prime, f in inside.items():
            multiply(prime, f * e)
        if k is not None:
            return d**k, powers
        for number, sign in ((d.numerator, 1), (d.denominator, -1)) if d > 0 else ():
            for prime, times in factor(number):
                multiply(prime, e * exponent([sign * times]))
    return c, powers
