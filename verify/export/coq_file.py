"""The Coq file of one or more certificates, the file that asks Coq about it, and the check of a statement."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from bounds.statement import Proof, Statement
from verify.export.development import Development
from verify.export.family import USED, Family
from verify.export.given import compatible, declarations
from verify.export.lift import lifted
from verify.export.rules import write_step
from verify.export.statement import STARS, conclusion, heading, hypotheses, variables
from verify.export.text import random

LIBRARY = "Tailcert"
STATED = re.compile(r"^Definition statement_(\w+) : Prop :=$", flags=re.M)


def library() -> str:
    """The text of the Coq library that all certificates share."""
    return (files("verify.export") / "coq" / f"{LIBRARY}.v").read_text(encoding="utf-8")


def module(theorem: str, variant: str) -> str:
    """The name of a certificate in Coq."""
    return f"{theorem}__{variant}".replace("-", "_")


def families(certificates: Sequence[tuple[str, str]], statements: Sequence[Statement]) -> dict[str, list[int]]:
    """The files, and which certificates each holds: a theorem and those whose names continue its name share one.

    So do lemmas; but certificates to which a name means different things do not.
    """
    ids = {theorem for theorem, _ in certificates}
    out: dict[str, list[int]] = {}
    meaning: dict[str, dict[str, str]] = {}
    for c, (theorem, variant) in enumerate(certificates):
        root = min((i for i in ids if f"{theorem}-".startswith(f"{i}-")), key=len)
        kind, own = "lemmas" if variant == "lemma" else root.replace("-", "_"), declarations(statements[c])
        name, k = kind, 2
        while not compatible(meaning.get(name, {}), own):
            name, k = f"{kind}_{k}", k + 1
        out.setdefault(name, []).append(c)
        meaning[name] = {**meaning.get(name, {}), **own}
    return {name if len(who) > 1 else module(*certificates[who[0]]): who for name, who in out.items()}


def development(proofs: Mapping[str, Proof]) -> str:
    """The statements of certificates, given by their names in Coq, one lemma for each step, and the theorems."""
    family = Family(list(proofs), list(proofs.values()))
    given = family.given
    theorems = [_theorem(family, c) for c in range(len(proofs))]
    statements = {name: proof.statement for name, proof in proofs.items()}
    proved = [*family.terms.lines, *family.lines]
    literals = family.terms.literals.used("\n".join(proved))
    parts = lifted([*given.lines(), *family.exponents.lines(), *literals, *proved])
    return heading(statements) + "\n".join([*parts, *theorems]) + "\n"


def _theorem(family: Family, c: int) -> str:
    """The lemmas of certificate c that are not there yet, and its theorem."""
    d, name, given = Development(family, c), family.names[c], family.given
    for k in range(len(d.steps)):
        write_step(d, k)
    st = d.statement
    result = d.coerce(d.steps[-1].concl, st.conclusion, f"({family.call(d.names[-1])} w)", {})
    result = f"(fun w => {result})" if random(st.conclusion) else f"((fun w => {result}) omega0)"
    lemma = family.lemma(f"certificate_{name}", "", conclusion(st), f"exact {result}.")
    introduced = " ".join(x for x, _ in [*variables(st), *hypotheses(st)])
    records = " ".join(given.assumed(c, int(k), "o") for k in USED.findall(family.needs[lemma]))
    return (
        f"(* {name}: steps {_ranges(family.numbers[c])} *)\nTheorem proof_{name} : statement_{name}.\n"
        f"Proof. intros {introduced}. pose (o := {given.value(c)}). exact ({lemma} o {records}). Qed.\n"
    )


def _ranges(numbers: Sequence[int]) -> str:
    """The lemmas of consecutive steps.

    >>> _ranges([0, 1, 2, 7, 8, 3])
    's0-s2, s7-s8, s3'
    """
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(f"s{a}-s{b}" if a < b else f"s{a}" for a, b in runs)


def states(text: str, statements: Mapping[str, Statement]) -> bool:
    """Does a Coq file begin with exactly these statements?  What follows can only prove them."""
    return text.startswith(heading(statements))


def stated(text: str) -> list[str]:
    """The names of the certificates that a file claims to state before the line of stars."""
    return STATED.findall(text.split(STARS)[0])


def check_file(file: str, names: Sequence[str]) -> str:
    """Coq text that asks about a file: is each proof one of its own statement, and from which axioms are they all?"""
    claims = "".join(
        f"Theorem checked_{name} : {file}.statement_{name}. Proof. exact {file}.proof_{name}. Qed.\n" for name in names
    )
    everything = " ".join(f"(conj checked_{name}" for name in names) + " I" + ")" * len(names)
    return f"From Tailcert Require {file}.\n{claims}Definition checked := {everything}.\nPrint Assumptions checked.\n"
