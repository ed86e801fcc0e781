"""Steps of several certificates, each distinct one once, with the certificates that use it (coq/Certificates.v)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bounds.statement import Statement
from bounds.terms import Term, mk, time
from verify.export.encode import Argument, Member, Ref, Scope, Writer
from verify.export.pack import integer

KINDS = ("signs", "minima", "scalar functions", "vector functions", "processes", "givens")
SIGNS = {"nonneg": 1, "pos": 2}


class Pool:
    """All that the statements of a file assume; a part of it is a number for each kind, its bits say what is in it."""

    def __init__(self) -> None:
        self.items: dict[str, dict[Any, int]] = {kind: {} for kind in KINDS}

    def place(self, kind: str, item: Hashable) -> int:
        return self.items[kind].setdefault(item, len(self.items[kind]))

    def part(self, writer: Writer, st: Statement) -> Part:
        """What a statement assumes."""
        number, scope = writer.number, Scope(frozenset(st.integers))
        own: dict[str, list[Hashable]] = {
            "signs": [(number("parameter", x), SIGNS[p.sign]) for x, p in st.parameters.items() if p.sign in SIGNS],
            "minima": [(number("integer", x), low) for x, (low, _) in st.integers.items()],
            "processes": [],
            "givens": list(writer.terms(given_facts(st).values(), scope)),
        }
        for sort in ("scalar", "vector"):
            names = [x for x, (kind, _) in st.functions.items() if kind == sort]
            own[f"{sort} functions"] = [number(f"{sort} function", x) for x in names]
        adapted = list[Hashable]()  # the same processes with a recursion that says nothing: what others may share
        for p in st.processes:
            base = () if p.base is None else (writer.term(p.base, scope),)
            head = (int(p.sort == "vector"), number(f"{p.sort} process", p.name), integer(p.level), integer(p.start))
            own["processes"].append((*head, len(base), *base, writer.term(p.step, scope)))
            itself = writer.term(mk("vproc" if p.sort == "vector" else "proc", p.name, time(0, t=1)), scope)
            adapted.append((*head[:3], integer(0), 0, itself))
        places = {kind: [self.place(kind, item) for item in own[kind]] for kind in KINDS}
        places["adapted"] = [self.place("processes", item) for item in adapted]
        bits = {kind: sum(1 << k for k in set(places[kind])) for kind in KINDS}
        bits["processes"] |= sum(1 << k for k in places["adapted"])
        return Part(places, tuple(bits.values()))


@dataclass(frozen=True)
class Part:
    """What one certificate assumes: the places in the pool, in its own order, and the same as bits."""

    places: dict[str, list[int]]
    bits: tuple[int, ...]


def given_facts(st: Statement) -> dict[str, Term]:
    """The definitions, assumptions and conditions, in the order in which Coq counts them."""
    return {**st.definitions, **st.assumptions, **st.conditions}


@dataclass
class Shared:
    """One step of one or more certificates."""

    tag: str
    arguments: tuple[Argument, ...]
    premises: tuple[int, ...]
    hypotheses: Ref
    conclusion: Ref
    users: int = 0  # bits


@dataclass
class Steps:
    """The distinct steps so far."""

    steps: list[Shared] = field(default_factory=list)
    known: dict[Hashable, int] = field(default_factory=dict)
    claimed: dict[Hashable, int] = field(default_factory=dict)  # by what decides how they are written

    def add(self, claim: Hashable, written: Callable[[], Shared], certificate: int) -> int:
        """The number of a step that a certificate takes; it is written when it is claimed first."""
        number = self.claimed.get(claim)
        if number is None:
            step = written()
            key = (step.tag, step.arguments, step.premises, step.hypotheses, step.conclusion)
            number = self.claimed[claim] = self.known.setdefault(key, len(self.steps))
            if number == len(self.steps):
                self.steps.append(step)
        self.steps[number].users |= 1 << certificate
        return number

    def write(self, writer: Writer, parts: Sequence[Part]) -> list[int]:
        """Group by group; a step rests on steps of groups with more users.  The number, in Coq, of each step."""
        groups: dict[int, list[int]] = {}
        for k, step in enumerate(self.steps):
            groups.setdefault(step.users, []).append(k)
        numbers, count = [0] * len(self.steps), 0
        for users in sorted(groups, key=lambda u: (-u.bit_count(), u)):
            common = [~0] * len(KINDS)
            for c, part in enumerate(parts):
                if users >> c & 1:
                    common = [a & b for a, b in zip(common, part.bits, strict=True)]
            member = _counter(dict(zip(KINDS, common, strict=True)))
            for k in groups[users]:
                step = self.steps[k]
                count += 1
                numbers[k] = count
                premises = [count - numbers[j] for j in step.premises]
                end: list[Argument] = [len(premises), *premises, step.hypotheses, step.conclusion]
                writer.out.write(step.tag, [*step.arguments, *end], member)
            writer.out.write("group", [users, *common])
        return numbers


def _counter(bits: dict[str, int]) -> Callable[[Member], int]:
    def place(m: Member) -> int:
        """How many members of this kind come before this one?"""
        return (bits[m.kind] & ((1 << m.place) - 1)).bit_count()

    return place
