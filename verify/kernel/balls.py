"""Real numbers in balls: the value of a deterministic scalar term at exact parameters, with a rigorous error.

A value is an exact rational for as long as it can be one (``fmpq``), else a ball that contains it (``arb``).
Balls are never compared by their midpoints: a comparison is certainly true, certainly false, or ``Undecided`` at this
precision.  Nothing here may be a float, and nothing that is not a finite number is ever a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce

from flint import arb, ctx, fmpq

from bounds.terms import Term
from verify.kernel.normal import KernelError

Value = fmpq | arb
EXACT_BITS = 4096  # rationals longer than this become balls
EXACT_POWER = 2**10  # larger integer powers are computed in balls
FARTHEST = 2**13  # binary exponents of the ends of a ball that are written down as rationals
LARGEST_POWER = 2**32  # larger integer exponents go through exp and ln


class Undecided(KernelError):
    """The question cannot be decided at this precision."""


class Undefined(KernelError):
    """The term has no value: 0 to a negative power, ln of a number <= 0, a name without a value."""


def rational(x: int | Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def fraction(x: fmpq) -> Fraction:
    return Fraction(int(x.p), int(x.q))


def ends(x: Value) -> tuple[Fraction, Fraction]:
    """Exact rationals lo <= x <= hi."""
    if isinstance(x, fmpq):
        return fraction(x), fraction(x)
    return _dyadic(x.lower()), _dyadic(x.upper())


def _dyadic(x: arb) -> Fraction:
    m, e = (int(k) for k in x.man_exp())
    if abs(e) > FARTHEST:
        raise Undefined("the value is too large or too small to be written down")
    return Fraction(m * 2**e) if e >= 0 else Fraction(m, 2**-e)


def _ball(x: Value) -> arb:
    return x if isinstance(x, arb) else arb(x)


def _finite(x: arb) -> arb:
    """A computation that ended in an infinite ball or nan says nothing."""
    if not x.is_finite():
        raise Undecided("the value is not enclosed")
    return x


def _short(x: fmpq) -> Value:
    return x if max(int(x.p).bit_length(), int(x.q).bit_length()) <= EXACT_BITS else _finite(arb(x))


def sign(x: Value) -> int:
    """-1, 0 or 1, when it is certain."""
    for s in (1, -1):
        if x * s > 0:
            return s
    if isinstance(x, fmpq) or x.is_zero():
        return 0
    raise Undecided("the sign is not decided")


def less_equal(x: Value, y: Value) -> bool:
    """Whether x <= y, when it is certain either way."""
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        return bool(x <= y)
    a, b = _ball(x), _ball(y)
    if a <= b:
        return True
    if a > b:
        return False
    raise Undecided("the comparison is not decided")


def add(x: Value, y: Value) -> Value:
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        return _short(x + y)
    return _finite(_ball(x) + _ball(y))


def mul(x: Value, y: Value) -> Value:
    if isinstance(x, fmpq) and isinstance(y, fmpq):
        return _short(x * y)
    if (isinstance(x, fmpq) and x == 0) or (isinstance(y, fmpq) and y == 0):
        return fmpq(0)
    return _finite(_ball(x) * _ball(y))


def inverse(x: Value) -> Value:
    if sign(x) == 0:
        raise Undefined("the inverse of 0")
    return 1 / x if isinstance(x, fmpq) else _finite(1 / x)


def exp(x: Value) -> Value:
    return fmpq(1) if isinstance(x, fmpq) and x == 0 else _finite(_ball(x).exp())


def ln(x: Value) -> Value:
    if sign(x) <= 0:
        raise Undefined("ln of a number <= 0")
    return fmpq(0) if isinstance(x, fmpq) and x == 1 else _finite(_ball(x).log())


def power(x: Value, e: Fraction) -> Value:
    """x^e with 0^0 = 1; refuses 0 to a negative power and a negative number to a power that is not an integer."""
    if e == 0:
        return fmpq(1)
    if e.denominator == 1 and abs(e) <= LARGEST_POWER:
        return _natural_power(x if e > 0 else inverse(x), abs(e.numerator))
    s = sign(x)
    if s > 0:
        return exp(mul(rational(e), ln(x)))
    if s < 0 or e < 0:
        raise Undefined(f"a number {'< 0' if s < 0 else '= 0'} to the power {e}")
    return fmpq(0)


def _natural_power(x: Value, k: int) -> Value:
    """By repeated squaring; a ball around 0 is squared as a product, which is wide but sound."""
    out: Value = fmpq(1)
    base = x if k <= EXACT_POWER else _ball(x)
    for digit in bin(k)[2:]:
        out = mul(out, out)
        if digit == "1":
            out = mul(out, base)
    return out


class Balls:
    """Terms and facts at exact values of the parameters and integers, with ``bits`` bits of precision.

    >>> from bounds.terms import num, par, le
    >>> at = Balls({"alpha": Fraction(3, 2), "L": Fraction(2)}, bits=64)
    >>> [round(float(end), 6) for end in at.enclose(par("L") ** Fraction(1, 2))], at.holds(le(par("L"), 2))
    ([1.414214, 1.414214], True)
    """

    def __init__(self, values: Mapping[str, Fraction], bits: int) -> None:
        self.bits, self.alpha = bits, values["alpha"]
        self.names: dict[str, Value] = {name: rational(x) for name, x in values.items()}
        self._known: dict[Term, Value] = {}

    def define(self, name: str, term: Term) -> None:
        """The name stands for the value of the term."""
        if name in self.names:
            raise Undefined(f"{name} already has a value")
        with ctx.workprec(self.bits):
            self.names[name] = self._value(term)

    def enclose(self, term: Term) -> tuple[Fraction, Fraction]:
        """Exact rationals on both sides of the value of the term."""
        with ctx.workprec(self.bits):
            return ends(self._value(term))

    def holds(self, fact: Term) -> bool:
        """Whether the fact is certainly true, or certainly false; else ``Undecided``."""
        with ctx.workprec(self.bits):
            return self._holds(fact)

    def _holds(self, fact: Term) -> bool:
        if fact.head == "and":
            return all(self._holds(f) for f in fact.args)
        if fact.head not in ("le", "lt", "eq"):
            raise Undefined(f"{fact!r} cannot be evaluated")
        x, y = (self._value(side) for side in fact.args)
        if fact.head == "le":
            return less_equal(x, y)
        if fact.head == "lt":
            return not less_equal(y, x)
        return less_equal(x, y) and less_equal(y, x)

    def _value(self, term: Term) -> Value:
        found = self._known.get(term)
        if found is None:
            found = self._known[term] = self._compute(term)
        return found

    def _compute(self, term: Term) -> Value:
        head, args = term.head, term.args
        if head == "q":
            return rational(args[0])
        if head == "par":
            return self._named(args[0])
        if head == "n":
            return self._integer(args[0])
        if head in ("add", "mul"):
            start: Value = fmpq(head == "mul")
            return reduce(add if head == "add" else mul, map(self._value, args), start)
        if head == "pow":
            return power(self._value(args[0]), args[1].at(self.alpha))
        if head == "expo":
            return rational(args[0].at(self.alpha))
        if head == "exp":
            return exp(self._value(args[0]))
        if head == "ln":
            return ln(self._value(args[0]))
        raise Undefined(f"{head} has no numerical value")

    def _named(self, name: str) -> Value:
        if name not in self.names:
            raise Undefined(f"{name} has no value")
        return self.names[name]

    def _integer(self, at: Term) -> Value:
        const, coefs = at.args
        out: Value = fmpq(const)
        for name, k in coefs:
            out = add(out, mul(fmpq(k), self._named(name)))
        return out
