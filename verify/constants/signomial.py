"""The conditions of a statement at given numbers, as sums of monomials in its free parameters.

A condition ``a <= b`` becomes  sum of c_k x^(e_k) exp(...)  <=  sum of d_k x^(f_k),  all c_k, d_k > 0: whatever has no
free parameter in it is a number, exponents are taken at alpha, and negative terms change sides.  Most conditions have
one monomial on the right and no exponential: their logarithms are convex in ln x.  The coefficients are exact or balls,
so what holds of these conditions holds of those of the statement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import product

from flint import arb, ctx, fmpq

from bounds.statement import Statement
from bounds.terms import Term
from verify.constants.certify import numeric_facts, parameter_definitions
from verify.kernel import balls
from verify.kernel.balls import Value
from verify.kernel.normal import KernelError

BITS = 192
LAST_EXPONENT = 500  # of e: where a parameter ends that could go to 0 or to infinity
LARGEST_EXPANSION = 6  # powers of a sum that are multiplied out
Monomial = tuple[tuple[str, Fraction], ...]  # sorted by name, no exponent 0
Key = tuple[Monomial, tuple[Term, ...]]  # x^e exp(t_1) exp(t_2) ..., the t in the order of their ids
Signomial = dict[Key, Value]
ONE: Key = ((), ())


class NotExpandable(ValueError):
    """A term that is no sum of monomials and exponentials in the free parameters."""


@dataclass(frozen=True)
class Atom:
    """coefficient x^monomial times exp(sum of grow - sum of decay), or times exp(Y + D) - 1 - Y.

    With ``linear`` (the Y; then ``grow`` is the D) the factor is the remainder; all of them are posynomials.
    """

    monomial: Monomial
    coefficient: Value
    grow: tuple[tuple[Monomial, Value], ...] = ()
    decay: tuple[tuple[Monomial, Value], ...] = ()
    linear: tuple[tuple[Monomial, Value], ...] | None = None

    @property
    def plain(self) -> bool:
        """No exponential."""
        return not self.grow and not self.decay and self.linear is None


@dataclass(frozen=True)
class Condition:
    """sum of left <= sum of right."""

    name: str
    left: tuple[Atom, ...]
    right: tuple[Atom, ...]
    artificial: bool = False  # no condition of the theorem


@dataclass(frozen=True)
class Conditions:
    """Minimise the objective over positive variables."""

    variables: tuple[str, ...]
    objective: tuple[Atom, ...]
    conditions: tuple[Condition, ...]


def conditions(statement: Statement, values: Mapping[str, Fraction], instead: Mapping[str, Term]) -> Conditions:
    """The conditions and the bound at the values; ``instead``: terms to be written for parameters."""
    bound = statement.bound
    if bound is None:
        raise NotExpandable(f"{statement.id} has no bound")
    with ctx.workprec(BITS):
        at = Expander(statement, values, instead)
        try:
            found = [at.condition(name, fact) for name, fact in numeric_facts(statement)]
            objective = at.atoms(at.expand(bound), positive=True)
        except KernelError as error:
            raise NotExpandable(str(error)) from None
        own = tuple(c for c in found if c is not None)
        return Conditions(statement.free_parameters, objective, own + _ends(statement.free_parameters, objective, own))


def _ends(names: tuple[str, ...], objective: tuple[Atom, ...], found: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """A last value for each parameter that nothing keeps from going to 0 or to infinity."""
    powers: dict[str, set[int]] = {name: set() for name in names}

    def see(monomial: Monomial, sign: int = 1) -> None:
        for name, e in monomial:
            powers[name].add(sign if e > 0 else -sign)

    for atom in objective:
        see(atom.monomial)
    for c in found:
        for atom, other in product(c.left, c.right):
            see(times(atom.monomial, raised(other.monomial, Fraction(-1))))
        for atom in c.left:
            for monomial, _ in (*atom.grow, *(atom.linear or ())):
                see(monomial)
            for monomial, _ in atom.decay:
                see(monomial, -1)
    end = arb(LAST_EXPONENT).exp()
    return tuple(
        Condition(f"{name} has an end", (Atom(((name, Fraction(-s)),), fmpq(1)),), (Atom((), end),), artificial=True)
        for name, signs in powers.items()
        if len(signs) == 1
        for s in signs
    )


def times(a: Monomial, b: Monomial) -> Monomial:
    out = dict(a)
    for name, e in b:
        out[name] = out.get(name, Fraction(0)) + e
    return tuple(sorted((name, e) for name, e in out.items() if e))


def raised(a: Monomial, e: Fraction) -> Monomial:
    return tuple((name, k * e) for name, k in a) if e else ()


def _add(a: Signomial, b: Signomial) -> Signomial:
    out = dict(a)
    for key, c in b.items():
        total = balls.add(out[key], c) if key in out else c
        if balls.sign(total):
            out[key] = total
        else:
            out.pop(key, None)
    return out


def _mul(a: Signomial, b: Signomial) -> Signomial:
    out: Signomial = {}
    for (m, e), c in a.items():
        for (n, f), d in b.items():
            out = _add(out, {(times(m, n), tuple(sorted((*e, *f), key=id))): balls.mul(c, d)})
    return out


def _minus(a: Signomial) -> Signomial:
    return {key: -c for key, c in a.items()}


class Expander:
    """Terms at numbers."""

    def __init__(self, statement: Statement, values: Mapping[str, Fraction], instead: Mapping[str, Term]) -> None:
        self.alpha, self.values = values["alpha"], values
        self.instead = parameter_definitions(statement) | dict(instead)
        self.free = frozenset(statement.free_parameters)
        self.known: dict[Term, Signomial] = {}

    def expand(self, term: Term) -> Signomial:
        found = self.known.get(term)
        if found is None:
            found = self.known[term] = self._expand(term)
        return found

    def _expand(self, term: Term) -> Signomial:
        head, args = term.head, term.args
        if head == "q":
            return _number(args[0])
        if head == "expo":
            return _number(args[0].at(self.alpha))
        if head == "par":
            return self._named(args[0])
        if head == "n":
            const, coefs = args[0].args
            return _number(const + sum((k * self.values[name] for name, k in coefs), Fraction(0)))
        if head == "add":
            return reduce(_add, map(self.expand, args), {})
        if head == "mul":
            return reduce(_mul, map(self.expand, args), {ONE: fmpq(1)})
        if head == "pow":
            return _power(self.expand(args[0]), args[1].at(self.alpha))
        if head == "exp":
            inner = self.expand(args[0])
            return {ONE: balls.exp(constant(inner))} if is_constant(inner) else {((), (args[0],)): fmpq(1)}
        if head == "ln":
            return _nonzero(balls.ln(constant(self.expand(args[0]))))
        raise NotExpandable(f"{head} has no numerical value")

    def _named(self, name: str) -> Signomial:
        if name in self.instead:
            return self.expand(self.instead[name])
        if name in self.values:
            return _number(self.values[name])
        if name in self.free:
            return {(((name, Fraction(1)),), ()): fmpq(1)}
        raise NotExpandable(f"{name} has no value")

    def condition(self, name: str, fact: Term) -> Condition | None:
        """None if the fact has no free parameter, or holds whatever they are."""
        if fact.head not in ("le", "lt"):
            if all(is_constant(self.expand(side)) for side in fact.args):
                return None
            raise NotExpandable(f"{name}: {fact.head}")
        low, high = (self.expand(side) for side in fact.args)
        difference = _add(low, _minus(high))
        if is_constant(difference):
            return None
        left = {key: c for key, c in difference.items() if c > 0}
        right = {key: -c for key, c in difference.items() if c < 0}
        if not left:
            return None
        remainders = self._remainders(left, right)
        if not right:
            raise NotExpandable(f"{name} cannot hold")
        return Condition(name, self.atoms(left) + remainders, self.atoms(right, positive=True))

    def _remainders(self, left: Signomial, right: Signomial) -> tuple[Atom, ...]:
        """Take c m (exp(Y + D) - 1 - Y) out of the two sides."""
        out = []
        for (m, exps), c in list(left.items()):
            if len(exps) != 1 or not _agree(right.get((m, ())), c):
                continue
            inside = self.expand(exps[0])
            if any(exps or a < 0 for (_, exps), a in inside.items()):
                continue
            linear = {k for (k, _), a in inside.items() if _agree(right.get((times(m, k), ())), c * a)}
            for k in ((), *linear):
                del right[(times(m, k), ())]
            del left[(m, exps)]
            parts = [(k, a) for (k, _), a in inside.items()]
            split = [tuple(p for p in parts if (p[0] in linear) is is_linear) for is_linear in (False, True)]
            out.append(Atom(m, c, grow=split[0], linear=split[1]))
        return tuple(out)

    def atoms(self, side: Signomial, positive: bool = False) -> tuple[Atom, ...]:
        out = []
        for (m, exps), c in side.items():
            if positive and (exps or not c > 0):
                raise NotExpandable("an exponential on the right of a condition, or a negative bound")
            inside: Signomial = reduce(_add, map(self.expand, exps), {})
            if any(more for _, more in inside):
                raise NotExpandable("an exponential of an exponential")
            grow = tuple((k, a) for (k, _), a in inside.items() if a > 0)
            decay = tuple((k, -a) for (k, _), a in inside.items() if a < 0)
            out.append(Atom(m, c, grow, decay))
        return tuple(out)


def is_constant(s: Signomial) -> bool:
    return not s.keys() - {ONE}


def constant(s: Signomial) -> Value:
    if not is_constant(s):
        raise NotExpandable("ln of a free parameter")
    return s.get(ONE, fmpq(0))


def _nonzero(c: Value) -> Signomial:
    return {ONE: c} if balls.sign(c) else {}


def _number(x: Fraction | int) -> Signomial:
    return {ONE: balls.rational(Fraction(x))} if x else {}


def _agree(a: Value | None, b: Value) -> bool:
    return a is not None and bool(arb(a - b).contains(0))


def _power(base: Signomial, e: Fraction) -> Signomial:
    if e == 0:
        return {ONE: fmpq(1)}
    if not base:
        if e < 0:
            raise NotExpandable("0 to a negative power")
        return {}
    if len(base) == 1:
        ((m, exps), c), *_ = base.items()
        if not exps:
            return {(raised(m, e), ()): balls.power(c, e)}
    if e.denominator == 1 and 0 < e <= LARGEST_EXPANSION:
        return reduce(_mul, [base] * e.numerator)
    raise NotExpandable("a power of a sum")
