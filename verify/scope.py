"""What a proved theorem rests on, and what a human must still judge: read off the statement and its replay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bounds.ledger import LEDGER
from bounds.statement import Statement
from bounds.terms import Term, subterms
from verify.kernel.normal import Normal
from verify.kernel.replay import Replay


@dataclass(frozen=True)
class Scope:
    """The union of all cited results below a theorem, its steps by rule, and the lines that no machine checks."""

    axioms: tuple[str, ...]
    n_steps: int
    rules: Mapping[str, int]
    facts: tuple[str, ...]  # definitions, assumptions and conditions that the proof uses
    recursions: tuple[str, ...]  # processes whose recursion the proof uses
    judge: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        cited = {k: {"statement": LEDGER[k].statement, "reference": LEDGER[k].reference} for k in self.axioms}
        return {
            "axioms": cited,
            "n_steps": self.n_steps,
            "rules": dict(self.rules),
            "facts_used": list(self.facts),
            "recursions_used": list(self.recursions),
            "judge": list(self.judge),
        }


def scope(replay: Replay) -> Scope:
    """The scope of a replayed proof."""
    used: dict[str, list[str]] = {"given": [], "define": []}
    for leaf in replay.leaves:
        kind, _, name = leaf.partition(":")
        used[kind].append(name)
    return Scope(
        replay.axioms,
        replay.n_steps,
        dict(sorted(replay.rules.items(), key=lambda item: (-item[1], item[0]))),
        tuple(used["given"]),
        tuple(used["define"]),
        judge(replay.statement, replay.axioms),
    )


def judge(st: Statement, axioms: tuple[str, ...]) -> tuple[str, ...]:
    """What is in the statement and not machine-checked, a line each."""
    lines = ["The statement is the theorem you want: the checkers compare the last step with it and nothing else."]
    if st.functions or st.vectors:
        meanings = dict(st.vectors) | {k: meaning for k, (_, meaning) in st.functions.items()}
        words = [f"{k} is {meaning}" for k, meaning in meanings.items()]
        lines.append("Names are only names; a proof knows what the facts say about them: " + "; ".join(words) + ".")
    functions = [k for k, fact in st.definitions.items() if fact.head == "all"]
    if functions:
        lines.append(f"Functions as in {', '.join(functions)} exist.")
    signs = _signs_by_definition(st)
    if signs:
        lines.append(f"What is defined has the sign that is declared: {', '.join(signs)}.")
    about_noise = [k for k, fact in st.assumptions.items() if _mentions(fact, st.noise)]
    if about_noise:
        moment = f"E[||{st.noise}[t]||^alpha | F[t-1]]"
        lines.append(
            f"Your noise {st.noise}[t] is F[t]-measurable with finite {moment}, and satisfies {', '.join(about_noise)}."
        )
    others = [k for k, fact in st.assumptions.items() if k not in about_noise and not _is_number(fact)]
    if others:
        lines.append(f"Your problem satisfies {', '.join(others)}.")
    if any(x.head == "whp" for x in _all_terms(st.conclusion)):
        lines.append("'With probability' refers to any probability space with any filtration F[-1], F[0], ....")
    for name in axioms:
        lines.append(f"The cited result {name} ({LEDGER[name].name}) holds as `verify axioms {st.id}` words it.")
    lines.append("The rules of docs/rules.md are sound; each is argued on paper.")
    return tuple(lines)


def _signs_by_definition(st: Statement) -> list[str]:
    """The parameters whose definition does not show their sign: ``A = ln(2/delta)``, A > 0."""
    normal, out = Normal(st), []
    for fact in st.definitions.values():
        if fact.head == "eq" and fact.args[0].head == "par":
            name, value = fact.args[0].args[0], normal.scalar(fact.args[1])
            sign = st.parameters[name].sign
            if sign == "pos" and not normal.manifestly_positive(value):
                out.append(f"{name} > 0")
            elif sign == "nonneg" and not normal.manifestly_nonneg(value):
                out.append(f"{name} >= 0")
    return out


def _all_terms(term: Term) -> Iterator[Term]:
    yield term
    for x in subterms(term):
        yield from _all_terms(x)


def _mentions(fact: Term, name: str) -> bool:
    return any(x.head in ("proc", "vproc") and x.args[0] == name for x in _all_terms(fact))


def _is_number(fact: Term) -> bool:
    """A comparison of parameters."""
    heads = {x.head for x in _all_terms(fact)}
    return not heads & {"vpar", "vvar", "proc", "vproc", "app", "vapp", "all"}
