"""Terms, facts and steps as instructions for Coq (coq/Decode.v): each distinct one is written once, before it is used.

A term is written in the order in which the statement's text has it, so that both mean the same by computation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from bounds.statement import Statement
from bounds.terms import FACT_HEADS, VECTOR_HEADS, Term, free_variables
from verify.export.closing import Closing
from verify.export.exponents import Exponents
from verify.export.pack import integer
from verify.export.text import Unsupported, laurent, natural_power, ordered, split_difference

# the instructions of coq/Decode.v in their order, from 1
TAGS = [
    "Combine", "Smul", "RLe", "REq", "Sadd", "cons", "Ssub", "Elim", "Sproc", "Spow", "Spw", "SE", "SSum",
    "Sinner", "Snorm", "Vproc", "Vscale", "Vadd", "Vapp", "Given", "Assume", "Define", "Intro", "time", "RLt",
    "Fveq", "Fimp", "FallN", "Sn", "Sq", "group", "Fand", "FallV", "FallR", "Fwhp", "Sp", "Sexpo", "Sexp",
    "Sln", "Sapp", "Sind_le", "Sind_lt", "Sind_eq", "Sindv", "Vp", "Vv", "Vr", "VSum", "VE", "Cases", "Conj",
    "Pick", "Induct", "InductStrong", "Absurd", "CombineVec", "CauchySchwarz", "PowPos", "PowSplit", "PowMono",
    "Amgm", "IndOne", "ExpNegLn", "ExpMono", "ExpAdd", "ExpTangent", "ExpConvex", "ExpRemainder",
    "ExpBernstein", "SumZero", "SumStep", "InnerSum", "EMono", "ELin", "EVec", "Ville", "Whp", "statement",
]  # fmt: skip
TAG = {name: k for k, name in enumerate(TAGS, 1)}
BINARY = {"inner": "Sinner", "scale": "Vscale", "vadd": "Vadd"}
UNARY = {"norm": "Snorm", "exp": "Sexp", "ln": "Sln"}
INDICATORS = {"le": "Sind_le", "lt": "Sind_lt", "eq": "Sind_eq", "veq": "Sindv"}
RELATIONS = {"le": "RLe", "lt": "RLt", "eq": "REq", "veq": "Fveq"}


class Ref(NamedTuple):
    """A term, fact, time or list of facts: the stack on which Coq puts it, and its number among all that are known."""

    stack: str
    number: int


class Member(NamedTuple):
    """A process or a named fact among those of the file; Coq counts those that the certificates of a step share."""

    kind: str
    place: int


Argument = int | Ref | Member


def _alone(m: Member) -> int:
    raise ValueError(f"{m} is no part of a term")


class Instructions:
    """The numbers of a file; what Coq computes from them lies on stacks, counted from the top."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.heights = {"time": 0, "scalar": 0, "vector": 0, "fact": 0, "hypotheses": 1}
        self.known: dict[tuple[Argument | str, ...], Ref] = {}
        self.made_by: list[tuple[str, tuple[Argument, ...]]] = [("", ())]  # the empty list of hypotheses is there
        self.places: dict[Ref, int] = {NO_HYPOTHESES: 0}

    def beside(self) -> Instructions:
        """A second list of instructions about the same items, of which none is there yet."""
        out = Instructions()
        out.known, out.made_by = self.known, self.made_by
        return out

    def put(self, stack: str, tag: str, *arguments: Argument) -> Ref:
        """The item that an instruction makes; the instruction is written when the item is first needed."""
        key = (tag, *arguments)
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = Ref(stack, len(self.made_by))
            self.made_by.append((tag, arguments))
        return found

    def write(self, tag: str, arguments: Iterable[Argument], members: Callable[[Member], int] = _alone) -> None:
        """An instruction, after those that make its arguments."""
        arguments = list(arguments)
        for a in arguments:
            if isinstance(a, Ref) and a not in self.places:
                self.write(*self.made_by[a.number])
                self.places[a] = self.heights[a.stack]
                self.heights[a.stack] += 1
        self.numbers.append(TAG[tag])
        for a in arguments:
            if isinstance(a, Ref):
                self.numbers.append(self.heights[a.stack] - 1 - self.places[a])
            elif isinstance(a, Member):
                self.numbers.append(members(a))
            else:
                self.numbers.append(a)


NO_HYPOTHESES = Ref("hypotheses", 0)


class Numbers:
    """The numbers of the names of a file, by kind, from 1."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        """``t``, the variable of recursions, and ``alpha`` come first; times list their variables by number."""
        self.number = {
            kind: {x: k for k, x in enumerate(sorted(set(known), key=first), 1)} for kind, known in names.items()
        }

    def __call__(self, kind: str, name: str) -> int:
        return self.number[kind][name]


def first(name: str) -> tuple[bool, str]:
    return name not in ("t", "alpha"), name


@dataclass(frozen=True)
class Scope:
    """What decides how a term is written: the declared integers, and the variables that are random vectors."""

    integers: frozenset[str]
    random: frozenset[str] = frozenset()


class Writer:
    """Writes the terms of a file."""

    def __init__(self, numbers: Numbers, exponents: Exponents) -> None:
        self.number, self.exponents = numbers, exponents
        self.out = Instructions()
        self.closings: dict[frozenset[str], list[Closing]] = {}
        self.memo: dict[tuple[Term, frozenset[str], frozenset[str]], Ref] = {}

    def closing(self, st: Statement) -> Closing:
        """The search for terms that stay closed, shared by statements that give names the same meaning."""
        known = self.closings.setdefault(frozenset(st.integers), [])
        found = next((c for c in known if c.admits(st)), None)
        if found is None:
            found = Closing()
            found.admits(st)
            known.append(found)
        return found

    def term(self, x: Term, scope: Scope) -> Ref:
        """A term, a fact or a time."""
        key = (x, scope.integers, scope.random & free_variables(x) if scope.random else scope.random)
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = self._term(x, scope)
        return found

    def terms(self, xs: Iterable[Term], scope: Scope) -> list[Ref]:
        return [self.term(x, scope) for x in xs]

    def hypotheses(self, facts: Sequence[Term], scope: Scope) -> Ref:
        out = NO_HYPOTHESES
        for ref in reversed(self.terms(facts, scope)):
            out = self.out.put("hypotheses", "cons", ref, out)
        return out

    # --- terms ---

    def _term(self, x: Term, scope: Scope) -> Ref:
        if x.head == "time":
            return self._time(x, scope)
        if x.head in VECTOR_HEADS:
            return self._vector(x, scope)
        return self._fact(x, scope) if x.head in FACT_HEADS else self._scalar(x, scope)

    def _time(self, t: Term, scope: Scope) -> Ref:
        coefficients = ordered(t, scope.integers)
        out = [len(coefficients)]
        for v, k in coefficients:
            declared = v in scope.integers
            out += [2 * self.number("integer" if declared else "variable", v) + declared, integer(k)]
        return self.out.put("time", "time", *out, integer(t.args[0]))

    def _scalar(self, x: Term, scope: Scope) -> Ref:
        head, a, put = x.head, x.args, self.out.put
        if head == "q":
            return put("scalar", "Sq", *_rational(a[0]))
        if head in ("add", "mul"):
            pair = split_difference(x)
            if pair is not None:
                return put("scalar", "Ssub", *self.terms(pair, scope))
            out = self.term(a[0], scope)
            for s in a[1:]:
                out = put("scalar", "Sadd" if head == "add" else "Smul", out, self.term(s, scope))
            return out
        if head == "pow":
            k, base = natural_power(a[1]), self.term(a[0], scope)
            if k is not None:
                return put("scalar", "Spow", base, k)
            return put("scalar", "Spw", base, self.exponents.number(a[1]))
        if head == "expo":
            value = laurent(a[0])
            return put("scalar", "Sexpo", self.exponents.number(a[0])) if value is None else self.term(value, scope)
        if head == "par":
            return put("scalar", "Sp", self.number("parameter", a[0]))
        if head == "n":
            return put("scalar", "Sn", self.term(a[0], scope))
        if head in ("inner", *UNARY):
            return put("scalar", BINARY.get(head) or UNARY[head], *self.terms(a, scope))
        if head in ("proc", "app"):
            kind = "scalar process" if head == "proc" else "scalar function"
            return put("scalar", "Sproc" if head == "proc" else "Sapp", self.number(kind, a[0]), self.term(a[1], scope))
        if head == "sum":
            return put("scalar", "SSum", self.number("variable", a[0]), *self.terms(a[1:], scope))
        if head == "E":
            return put("scalar", "SE", *self.terms(a, scope))
        if head == "ind" and a[0].head in INDICATORS:
            return put("scalar", INDICATORS[a[0].head], *self.terms(a[0].args, scope))
        raise Unsupported(f"a scalar with head {head}")

    def _vector(self, x: Term, scope: Scope) -> Ref:
        head, a, put = x.head, x.args, self.out.put
        if head in ("vadd", "scale"):
            out = self.term(a[-1], scope)
            for v in reversed(a[:-1]):
                out = put("vector", BINARY[head], self.term(v, scope), out)
            return out
        if head == "vpar":
            return put("vector", "Vp", self.number("vector", a[0]))
        if head == "vvar":
            return put("vector", "Vr" if a[0] in scope.random else "Vv", self.number("variable", a[0]))
        if head in ("vproc", "vapp"):
            kind = "vector process" if head == "vproc" else "vector function"
            return put(
                "vector", "Vproc" if head == "vproc" else "Vapp", self.number(kind, a[0]), self.term(a[1], scope)
            )
        if head == "vsum":
            return put("vector", "VSum", self.number("variable", a[0]), *self.terms(a[1:], scope))
        return put("vector", "VE", *self.terms(a, scope))

    def _fact(self, f: Term, scope: Scope) -> Ref:
        head, a, put = f.head, f.args, self.out.put
        if head in RELATIONS:
            return put("fact", RELATIONS[head], *self.terms(a, scope))
        if head == "and":
            out = self.term(a[-1], scope)
            for g in reversed(a[:-1]):
                out = put("fact", "Fand", self.term(g, scope), out)
            return out
        if head == "whp":
            return put("fact", "Fwhp", *self.terms(a, scope))
        scopes = list(_below(a[0], scope))
        out = self.term(a[2], scopes[-1])
        for p in reversed(a[1]):
            out = put("fact", "Fimp", self.term(p, scopes[-1]), out)
        for (v, sort), outside in reversed(list(zip(a[0], scopes[1:], strict=True))):
            number = self.number("variable", v)
            if isinstance(sort, Term):
                out = put("fact", "FallR", number, self.term(sort, outside), out)
            else:
                out = put("fact", "FallN" if sort == "nat" else "FallV", number, out)
        return out


def _below(variables: Iterable[tuple[str, str | Term]], scope: Scope) -> Iterator[Scope]:
    """The scope outside, and that below each variable."""
    yield scope
    random = scope.random
    for v, sort in variables:
        random = random | {v} if isinstance(sort, Term) else random - {v}
        yield Scope(scope.integers, random)


def _rational(q: Fraction) -> tuple[int, int, int]:
    return int(q < 0), abs(q.numerator), q.denominator
