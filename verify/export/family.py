"""Certificates that share lemmas: a step that several of them take for the same reasons is proved once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bounds.statement import Proof, Step
from bounds.terms import Term, free_variables
from verify.export.exponents import CORRECT, Exponents, correct, rules
from verify.export.given import Given
from verify.export.names import Names

USED = re.compile(r"\bB(\d+)\b")


class Family:
    """The lemmas written so far, for all certificates of one file."""

    def __init__(self, names: Sequence[str], proofs: Sequence[Proof]) -> None:
        self.names, self.proofs = names, proofs
        self.given = Given(names, [p.statement for p in proofs])
        self.exponents, self.terms = Exponents(), Names()
        self.lines: list[str] = []
        self.memo: dict[Any, str] = {}
        self.needs: dict[str, str] = {}  # a lemma -> the records of hypotheses that it takes
        self.count = 0
        seen: dict[Any, int] = {}
        self.numbers = [self._number(c, proof, seen) for c, proof in enumerate(proofs)]
        low, high = (self.given.references(0)[h] for h in self.given.range_of_alpha(0))
        self.lemma("exponents_ok", "", CORRECT, correct(low, high))
        self.lines += rules(self.needs["exponents_ok"].strip())
        for c, proof in enumerate(proofs):
            for name, (least, _) in proof.statement.integers.items():
                self._positive(name, least, self.given.references(c)[f"m_{name}"])

    def _number(self, c: int, proof: Proof, seen: dict[Any, int]) -> list[int]:
        """The lemma of each step of certificate c; equal steps with equal premises have the same."""
        known, integers, out = self.given.references(c), frozenset(proof.statement.integers), list[int]()
        for step in proof.steps:
            key = (step.rule, step.hyps, step.concl, frozen(step.args), _cited(step, known), _integers(step, integers))
            out.append(seen.setdefault((key, tuple(out[j] for j in step.prem)), len(seen)))
        return out

    def _positive(self, name: str, least: int, minimum: str) -> None:
        """An integer as a real number is positive, or not negative."""
        relation, lemma = ("<", f"positive_{name}") if least >= 1 else ("<=", f"nonneg_{name}")
        if lemma not in self.needs:
            rule = "IZR_lt" if least >= 1 else "IZR_le"
            self.lemma(lemma, "", f"0 {relation} IZR i_{name}", f"pose proof {minimum}. apply {rule}. lia.")

    def lemma(self, name: str, binders: str, goal: str, script: str) -> str:
        """Append a lemma; the records that its text mentions are its first arguments."""
        used = sorted(set(USED.findall(f"{binders} {goal} {script}")), key=int)
        self.needs[name] = "".join(f" B{k}" for k in used)
        given = "".join(f" (B{k} : assumed{k})" for k in used)
        self.lines.append(f"Lemma {name}{given} {binders} : {goal}.\nProof. {script} Qed.")
        return name

    def call(self, name: str) -> str:
        """A lemma applied to the records that it needs."""
        return name + self.needs[name]

    def fresh(self) -> str:
        self.count += 1
        return f"q{self.count}"


def frozen(x: Any) -> Any:
    """A hashable copy of a rule's arguments."""
    if isinstance(x, Mapping):
        return tuple((k, frozen(v)) for k, v in sorted(x.items()))
    return tuple(map(frozen, x)) if isinstance(x, list | tuple) else x


def _cited(step: Step, known: Mapping[str, str]) -> tuple[str, ...]:
    """The hypotheses that a step cites by a name."""
    name = step.args.get("name")
    if step.rule == "given":
        return (known[f"h_{name}"],)
    if step.rule == "define":
        return tuple(known[h] for h in (f"d_{name}_base", f"d_{name}_step") if h in known)
    return ()


def _integers(step: Step, integers: frozenset[str]) -> frozenset[str]:
    """The declared integers among the variables of a step."""
    terms = [step.concl, *step.hyps, *terms_in(step.args)]
    return frozenset().union(*map(free_variables, terms)) & integers


def terms_in(x: Any) -> list[Term]:
    """The terms in a rule's arguments."""
    if isinstance(x, Term):
        return [x]
    parts = x.values() if isinstance(x, Mapping) else x if isinstance(x, list | tuple) else ()
    return [t for y in parts for t in terms_in(y)]
