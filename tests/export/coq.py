"""Coq itself on every certificate, and on mutants that it must refuse: ``python -m tests.export.coq``."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import bounds
from bounds.statement import Proof
from bounds.terms import mk, num
from verify.cli import run as command
from verify.export.coq_file import LIBRARY, development, library, module, stated
from verify.export.run import compile_file

SMALL = "norm-condexp-clip-sub-le"


def mutants() -> list[tuple[str, Proof]]:
    """One constant changed in a combine step: its conclusion, a multiplier; and in the theorem."""
    proof = bounds.proof(SMALL)
    steps = list(proof.steps)
    places = [k for k, s in enumerate(steps) if s.rule == "combine" and s.concl.head == "le"]
    k = places[len(places) // 2]
    out = []
    a, b = steps[k].concl.args
    out.append((f"step {k}: a smaller bound", replace(steps[k], concl=mk("le", a + num("1/100"), b))))
    with_items = next(k for k in reversed(places) if steps[k].args.get("items"))
    first, *rest = steps[with_items].args["items"]
    doubled = ((first[0], num(2) * first[1], first[2]), *rest)
    out.append(
        (
            f"step {with_items}: a multiplier",
            replace(steps[with_items], args={**steps[with_items].args, "items": doubled}),
        )
    )
    mutated = [
        (what, replace(proof, steps=(*steps[:at], step, *steps[at + 1 :])))
        for (what, step), at in zip(out, (k, with_items), strict=True)
    ]
    wrong = mk("le", num(1), num(0))
    return [
        *mutated,
        ("another conclusion", replace(proof, statement=replace(proof.statement, conclusion=wrong, bound=None))),
    ]


def refused() -> bool:
    """Does coqc refuse every mutant, and accept the original?"""
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"{LIBRARY}.v").write_text(library(), encoding="utf-8")
        good &= compile_file(folder, LIBRARY).accepted
        for k, (what, proof) in enumerate([("unchanged", bounds.proof(SMALL)), *mutants()]):
            try:
                text = development({f"mutant{k}": proof})
            except ValueError as error:
                print(f"mutant ({what}): no export, {error}")
                continue
            (folder / f"mutant{k}.v").write_text(text, encoding="utf-8")
            verdict = compile_file(folder, f"mutant{k}")
            print(f"{SMALL} ({what}): {'accepted' if verdict.accepted else 'refused: ' + verdict.reason[:100]}")
            good &= verdict.accepted == (k == 0)
    return good


def main() -> int:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        code = command(["export", "coq", "--out", name, "--run"])
        files = [f for f in sorted(Path(name).glob("*.v")) if not f.stem.startswith("Check_")]
        code |= command(["export", "coq", "--check", *map(str, files)])
        found = [x for f in files for x in stated(f.read_text(encoding="utf-8"))]
    expected = sorted(module(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i))
    if sorted(found) != expected:
        print(f"not exactly once in a file: {sorted(set(expected) ^ set(found)) or 'some certificate'}")
        code = 1
    print(f"coq: {time.monotonic() - start:.0f} s for all certificates")
    return code | (not refused())


if __name__ == "__main__":
    sys.exit(main())
