"""The Coq file of one certificate, the file that checks them all, and the check of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from bounds.statement import Proof, Statement
from bounds.terms import le, lt, par
from verify.export.development import Development
from verify.export.rules import write_step
from verify.export.statement import conclusion, hypotheses, proposition, variables
from verify.export.text import random

LIBRARY = "Tailcert"


def library() -> str:
    """The text of the Coq library that all certificates share."""
    return (files("verify.export") / "coq" / f"{LIBRARY}.v").read_text(encoding="utf-8")


def module(theorem: str, variant: str) -> str:
    """The name of a certificate's Coq module."""
    return f"{theorem}__{variant}".replace("-", "_")


def development(proof: Proof) -> str:
    """The statement, then one lemma for each step, then the theorem."""
    st = proof.statement
    d = Development(st, proof.steps)
    for k in range(len(proof.steps)):
        write_step(d, k)
    objects, facts = variables(st), hypotheses(st)
    fields = ";\n".join(f"  {name} : {text}" for name, text in [*objects, *facts])
    opening = ["", f"Module Given.\nRecord setting : Type := {{\n{fields} }}.\nEnd Given.\n"]
    opening.append("Section Certificate.\nVariable given : Given.setting.")
    opening += [f"Local Notation {name} := (Given.{name} given)." for name, _ in [*objects, *facts]]
    for name, (low, _) in st.integers.items():
        relation, lemma = ("<", f"positive_{name}") if low >= 1 else ("<=", f"nonneg_{name}")
        rule = "IZR_lt" if low >= 1 else "IZR_le"
        opening.append(
            f"Lemma {lemma} : 0 {relation} IZR i_{name}.\nProof. pose proof m_{name}. apply {rule}. lia. Qed."
        )
    minima = " ".join(f"pose proof m_{name};" for name in st.integers)
    opening.append(f"Local Ltac times := {minima} lia.")
    least, most = (
        next(f"h_{k}" for k, f in st.assumptions.items() if f is wanted)
        for wanted in (lt(1, par("alpha")), le(par("alpha"), 2))
    )
    opening += d.exponents.lines(least, most)
    last = len(proof.steps) - 1
    result = d.coerce(proof.steps[-1].concl, st.conclusion, f"(s{last} w)", {})
    result = f"(fun w => {result})" if random(st.conclusion) else f"((fun w => {result}) omega0)"
    closing = [f"Theorem certificate : {conclusion(st)}.\nProof. exact {result}. Qed.", "End Certificate.", ""]
    names = " ".join(name for name, _ in [*objects, *facts])
    closing.append(
        f"Theorem proof : statement.\nProof. intros {names}. exact (certificate (Given.Build_setting {names})). Qed.\n"
    )
    return proposition(st) + "\n".join([*opening, *d.lines, *closing])


def states(text: str, statement: Statement) -> bool:
    """Does a Coq file begin with exactly this statement?  What follows can only prove it."""
    return text.startswith(proposition(statement))


def check_file(names: Sequence[str]) -> str:
    """Coq text that asks for every certificate: is it a proof of its own statement, and what does it rest on?"""
    lines = []
    for name in names:
        lines.append(f"From Tailcert Require {name}.")
        lines.append(f"Theorem checked_{name} : {name}.statement. Proof. exact {name}.proof. Qed.")
        lines.append(f"Print Assumptions checked_{name}.")
    return "\n".join(lines) + "\n"
