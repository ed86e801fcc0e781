"""Coq itself on every certificate, and on mutants that it must refuse: ``python -m tests.export.coq``."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import bounds
from bounds.statement import Proof, Statement, Step
from bounds.terms import mk, num
from verify.cli import run as command
from verify.export.certificates import IMPORTS, development
from verify.export.coq_file import LIBRARY, module, stated
from verify.export.run import Coq
from verify.export.statement import STARS, heading
from verify.kernel.certificate import encode
from verify.kernel.replay import WRONG, replay

SMALL = "norm-condexp-clip-sub-le"
OTHERS = {"assume": "intro", "intro": "assume", "conj": "pick", "pick": "conj"}  # and combine for any other


def mutants(proof: Proof) -> Iterator[tuple[str, Proof]]:
    """One thing changed in one step, or in the theorem."""
    for k, s in enumerate(proof.steps):
        for what, step in changed(s):
            yield f"step {k}, {s.rule}: {what}", replace(proof, steps=(*proof.steps[:k], step, *proof.steps[k + 1 :]))
    wrong = mk("le", num(1), num(0))
    yield "another conclusion", replace(proof, statement=replace(proof.statement, conclusion=wrong, bound=None))
    yield "no last step", replace(proof, steps=proof.steps[:-1])


def changed(s: Step) -> Iterator[tuple[str, Step]]:
    if s.concl.head in ("le", "lt", "eq"):
        a, b = s.concl.args
        yield "a smaller bound", replace(s, concl=mk(s.concl.head, a + num("1/100"), b))
    if s.args.get("items"):
        (k, m, sign), *rest = s.args["items"]
        if sign is None:  # else the fact that gives the sign is the multiplier
            yield "a multiplier", replace(s, args={**s.args, "items": ((k, num("1/2") * m, sign), *rest)})
        yield "one fact less", replace(s, args={**s.args, "items": tuple(rest)})
    if s.hyps:
        yield "a hypothesis less", replace(s, hyps=s.hyps[1:])
    if s.prem:
        yield "a premise less", replace(s, prem=s.prem[:-1])
        yield "another premise", replace(s, prem=(*s.prem[:-1], max(s.prem[-1] - 1, 0)))
    if not (s.rule == "combine" and any(h.head == s.concl.head for h in s.hyps)):  # else it may say what is assumed
        yield "another rule", replace(s, rule=OTHERS.get(s.rule, "combine" if s.rule != "combine" else "assume"))


def decided(folder: Path, proofs: list[Proof]) -> list[bool | None]:
    """What the checker says of each proof, all in one run of coqc; None: there is no export of it."""
    texts = list(map(exported, proofs))
    modules = [f"Module m{k}.\n{text}End m{k}.\n" for k, text in enumerate(texts) if text]
    answers = "; ".join(f"m{k}.answer p_alpha" for k, text in enumerate(texts) if text)
    question = (
        f"Set Printing Width 100000.\nSet Printing Depth 100000.\nEval vm_compute in fun p_alpha : R => [{answers}].\n"
    )
    (folder / "mutants.v").write_text(heading({}) + IMPORTS + "".join(modules) + question, encoding="utf-8")
    arguments = ["coqc", "-q", "-noglob", "-Q", ".", LIBRARY, "mutants.v"]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True)
    found = [word == "true" for word in re.findall(r"\b(?:true|false)\b", done.stdout)]
    if len(found) != len(modules):
        raise ValueError(f"{len(found)} answers to {len(modules)} questions")
    said = iter(found)
    return [next(said) if text else None for text in texts]


def exported(proof: Proof) -> str:
    """The data of a proof and ``answer``, what is to be true of them; nothing if there is no text for it."""
    try:
        text = development({"one": proof}).split(STARS)[1].split(IMPORTS)[1]
    except WRONG:
        return ""
    text = re.sub(r"^Lemma exponents_ok .*?^Qed\.$", "", text, flags=re.M | re.S)
    data, claim = text.split("Lemma checked : forall p_alpha,\n")
    return f"{data}Definition answer (p_alpha : R) :=\n{claim.split(' = true.')[0]}.\n"


def accepted(proof: Proof) -> bool:
    """Does the kernel accept a certificate?"""
    try:
        replay(encode(proof))
    except WRONG:
        return False
    return True


def believed(folder: Path, file: str, text: str, statement: Statement) -> bool:
    """Would a file be accepted as the proof of a statement?"""
    (folder / f"{file}.v").write_text(text, encoding="utf-8")
    coq = Coq.at(folder)
    return not (coq.compile_file(file) or coq.rests_on(file, {"one": statement}))


def hostile(statement: Statement) -> dict[str, str]:
    """Files that begin as they should, compile, and prove nothing."""
    claim = "Theorem proof_one : statement_one. Proof."
    tails = {
        "takes_back": f"Reset statement_one.\nDefinition statement_one : Prop := True.\n{claim} exact I. Qed.\n",
        "adds_an_axiom": f"Axiom cheat : statement_one.\n{claim} exact cheat. Qed.\n",
        "loops": "Unset Guard Checking.\nFixpoint loop (n : nat) : False := loop n.\n"
        f"{claim} destruct (loop 0%nat). Qed.\n",
        "names_an_axiom_like_ours": "Module Tailcert. Axiom ville : False. End Tailcert.\n"
        f"{claim} destruct Tailcert.ville. Qed.\n",
    }
    return {name: heading({"one": statement}) + tail for name, tail in tails.items()}


def refused(folder: Path) -> bool:
    """Does Coq refuse what the kernel refuses, and accept the original?  The folder holds the compiled library."""
    proof = bounds.proof(SMALL)
    all_mutants = list(mutants(proof))
    first, *answers = decided(folder, [proof, *(p for _, p in all_mutants)])
    texts = {"original": development({"one": proof}), "mutant": development({"one": all_mutants[-1][1]})}
    texts |= hostile(proof.statement)
    files = {file: believed(folder, file, text, proof.statement) for file, text in texts.items()}
    print(f"files believed: {', '.join(file for file, yes in files.items() if yes)}")
    good = first is True and files == {file: file == "original" for file in texts}
    wrong = [what for (what, p), yes in zip(all_mutants, answers, strict=True) if yes and not accepted(p)]
    print(f"{SMALL}: mutants {len(answers)}, without text {answers.count(None)}, refused {answers.count(False)}")
    for what in wrong:
        print(f"accepted by Coq and refused by the kernel: {what}")
    return good and not wrong and answers.count(False) > 100


def main() -> int:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        code = command(["export", "coq", "--out", name, "--run"])
        print(f"coq: {time.monotonic() - start:.0f} s for all certificates")
        files = [f for f in sorted(Path(name).glob("*.v")) if not f.stem.startswith("Check_")]
        code |= command(["export", "coq", "--check", *map(str, files)])
        found = [x for f in files for x in stated(f.read_text(encoding="utf-8"))]
        expected = sorted(module(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i))
        if sorted(found) != expected:
            print(f"not exactly once in a file: {sorted(set(expected) ^ set(found)) or 'some certificate'}")
            code = 1
        return code | (not refused(Path(name)))


if __name__ == "__main__":
    sys.exit(main())
