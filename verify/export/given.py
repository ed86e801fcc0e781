"""What a family of certificates speaks about and assumes: the records of the exported file.

All objects of the family are fields of one record.  The hypotheses are the fields of several: one record for each set
of certificates, which holds what exactly these certificates assume.  So a lemma takes the records that it needs, and
every certificate that assumes their fields can use it.
"""

from __future__ import annotations

from collections.abc import Sequence

from bounds.statement import Statement
from bounds.terms import le, lt, par
from verify.export.statement import hypotheses, variables

DECLARED = ("s_", "m_", "b_", "a_")  # with h_noise: what the text of a lemma takes for granted about a name
EMPTY = {"R": "0", "Z": "0%Z", "V": "vzero"}  # values of what a certificate does not speak about


def declarations(st: Statement) -> dict[str, str]:
    """The types of the objects of a statement, their signs, minima and levels of measurability."""
    facts = [(name, text) for name, text in hypotheses(st) if name.startswith(DECLARED) or name == "h_noise"]
    return dict([*variables(st), *facts])


def compatible(a: dict[str, str], b: dict[str, str]) -> bool:
    """Can two statements share lemmas: does a name mean the same in both?"""
    return all(b.get(name, text) == text for name, text in a.items())


class Given:
    """The records of a family, and how each of its statements calls their fields."""

    def __init__(self, names: Sequence[str], statements: Sequence[Statement]) -> None:
        self.names, self.statements = names, statements
        self.objects = {name: kind for st in statements for name, kind in variables(st)}
        holders: dict[tuple[str, str], list[int]] = {}
        for c, st in enumerate(statements):
            for fact in hypotheses(st):
                holders.setdefault(fact, []).append(c)
        self.records: dict[tuple[int, ...], dict[str, str]] = {}  # the certificates -> the fields and their texts
        self.field: dict[tuple[str, str], str] = {}  # a hypothesis, by name and text -> its field
        self.record: dict[str, int] = {}  # a field -> the number of its record
        for fact, who in holders.items():
            field = self.field[fact] = self._fresh(fact[0])
            fields = self.records.setdefault(tuple(who), {})
            fields[field] = fact[1]
            self.record[field] = list(self.records).index(tuple(who))

    def _fresh(self, name: str) -> str:
        """The certificates of a family may call different hypotheses by the same name."""
        k, field = 2, name
        while field in self.record:
            field, k = f"{name}__{k}", k + 1
        return field

    def references(self, c: int) -> dict[str, str]:
        """The proof, in Coq, of each hypothesis of certificate c."""
        fields = {name: self.field[name, text] for name, text in hypotheses(self.statements[c])}
        return {name: f"({field} B{self.record[field]})" for name, field in fields.items()}

    def range_of_alpha(self, c: int) -> tuple[str, str]:
        """The hypotheses 1 < alpha and alpha <= 2 of certificate c."""
        facts = self.statements[c].assumptions
        low, high = (
            next(k for k, f in facts.items() if f is wanted) for wanted in (lt(1, par("alpha")), le(par("alpha"), 2))
        )
        return f"h_{low}", f"h_{high}"

    def lines(self) -> list[str]:
        """The records, and the objects by their own names; ``given`` is free (``lift``)."""
        fields = ";\n".join(f"  {name} : {kind}" for name, kind in self.objects.items())
        out = ["", f"Module Given.\nRecord objects : Type := {{\n{fields} }}.\nEnd Given.\n"]
        out += [f"Definition {name} := Given.{name} given." for name in self.objects]
        for k, (who, facts) in enumerate(self.records.items()):
            fields = ";\n".join(f"  {name} : {text}" for name, text in facts.items())
            out.append(f"(* assumed by {', '.join(self.names[c] for c in who)} *)")
            out.append(f"Record assumed{k} : Prop := {{\n{fields} }}.")
        return out

    def value(self, c: int) -> str:
        """The objects of certificate c, where its statement has introduced them."""
        own = dict(variables(self.statements[c]))
        values = (name if name in own else self._empty(kind) for name, kind in self.objects.items())
        return f"(Given.Build_objects {' '.join(values)})"

    def _empty(self, kind: str) -> str:
        *arguments, last = kind.split(" -> ")
        return f"(fun {' '.join('_' for _ in arguments)} => {EMPTY[last]})" if arguments else EMPTY[last]

    def assumed(self, c: int, k: int, objects: str) -> str:
        """Record k for certificate c, where its statement has introduced the hypotheses."""
        back = {self.field[name, text]: name for name, text in hypotheses(self.statements[c])}
        fields = list(self.records.values())[k]
        return f"(Build_assumed{k} {objects} {' '.join(back[field] for field in fields)})"
