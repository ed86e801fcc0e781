"""The Coq files: the library, which certificates share a file, the file that asks Coq, and the check of a statement."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from importlib.resources import files

from bounds.statement import Proof, Statement
from verify.export.statement import STARS, heading

LIBRARY = "Tailcert"  # the logical prefix, and the library file that says what everything means
LIBRARY_FILES = (
    "Tailcert", "Terms", "Substitute", "Functions", "Expectation", "Equality", "Combination", "Logic", "Certificates",
    "Decode",
)  # fmt: skip
STATED = re.compile(r"^Definition statement_(\w+) : Prop :=$", flags=re.M)
COUNTED = re.compile(r"^\(\* steps (\d+, distinct \d+) \*\)$", flags=re.M)
ONE_FILE = 4000  # distinct steps that are not worth a second file


def library() -> dict[str, str]:
    """The texts of the library that all certificates share; a file needs only files before it."""
    folder = files("verify.export") / "coq"
    return {name: (folder / f"{name}.v").read_text(encoding="utf-8") for name in LIBRARY_FILES}


def module(theorem: str, variant: str) -> str:
    """The name of a certificate in Coq."""
    return f"{theorem}__{variant}".replace("-", "_")


def families(certificates: Sequence[tuple[str, str]], proofs: Sequence[Proof]) -> dict[str, list[int]]:
    """The files, and which certificates each holds: one or two for each name of the noise, of about equal work.

    A file costs seconds before its first step, and a step that certificates share is checked once in a file; a second
    file is for the second processor.  A theorem and those whose names continue its name share most, and stay together.
    """
    ids = {theorem for theorem, _ in certificates}
    together: dict[tuple[str, str], list[int]] = {}
    for c, (theorem, _) in enumerate(certificates):
        root = min((i for i in ids if f"{theorem}-".startswith(f"{i}-")), key=len)
        together.setdefault((proofs[c].statement.noise, root), []).append(c)
    steps = _distinct(proofs)
    groups = list[list[int]]()
    for noise in dict.fromkeys(noise for noise, _ in together):
        groups += _halves([who for key, who in together.items() if key[0] == noise], steps)
    names = (f"theorems_{k}" if len(groups) > 1 else "theorems" for k in range(1, len(groups) + 1))
    return {
        name if len(who) > 1 else module(*certificates[who[0]]): who for name, who in zip(names, groups, strict=True)
    }


def _halves(clusters: Sequence[list[int]], steps: Sequence[set[int]]) -> list[list[int]]:
    """All certificates of the clusters in one group, or in two with about as many distinct steps."""

    def union(who: Sequence[int]) -> set[int]:
        return set[int]().union(*(steps[c] for c in who))

    if len(union([c for who in clusters for c in who])) <= ONE_FILE:
        return [sorted(c for who in clusters for c in who)]
    groups: tuple[list[int], list[int]] = ([], [])
    known: tuple[set[int], set[int]] = (set(), set())
    for who in sorted(clusters, key=lambda who: len(union(who)), reverse=True):
        own = union(who)
        k = min((0, 1), key=lambda k: len(known[k] | own))
        groups[k].extend(who)
        known[k].update(own)
    return [sorted(who) for who in groups if who]


def _distinct(proofs: Sequence[Proof]) -> list[set[int]]:
    """Numbers for the steps of each certificate; steps with the same sequent, rule and premises have the same."""
    known: dict[Hashable, int] = {}
    out = []
    for proof in proofs:
        own = list[int]()
        for s in proof.steps:
            key = (s.rule, s.concl, tuple(s.hyps), tuple(own[k] for k in s.prem))
            own.append(known.setdefault(key, len(known)))
        out.append(set(own))
    return out


def states(text: str, statements: Mapping[str, Statement]) -> bool:
    """Does a Coq file begin with exactly these statements?  What follows can only prove them."""
    return text.startswith(heading(statements))


def stated(text: str) -> list[str]:
    """The names of the certificates that a file claims to state before the line of stars."""
    return STATED.findall(text.split(STARS)[0])


def counted(text: str) -> str:
    """How many steps the certificates of a file have, and how many are in it, as ``certificates.py`` notes there."""
    found = COUNTED.search(text)
    return found[1] if found else ""


def check_file(file: str, statements: Mapping[str, Statement]) -> str:
    """Coq text that states theorems again and asks about a file: does it prove them, and from which axioms?

    The statements stand in a module of their own, before the file is loaded: a file can take back its own (``Reset``).
    """
    claims = "".join(
        f"Theorem checked_{name} : Stated.statement_{name}. Proof. exact {file}.proof_{name}. Qed.\n"
        for name in statements
    )
    everything = " ".join(f"(conj checked_{name}" for name in statements) + " I" + ")" * len(statements)
    return (
        f"Module Stated.\n{heading(statements)}End Stated.\nFrom Tailcert Require {file}.\n"
        f"{claims}Definition checked := {everything}.\nPrint Assumptions checked.\n"
    )
