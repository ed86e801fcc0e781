"""Typeset everything that the library writes in LaTeX: all theorems with their proofs, and a table (needs a TeX).

    python -m tests.latex.compile [FOLDER]

Fails on any error, any undefined reference, and any line that sticks out by more than two centimetres.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import bounds
from verify.cli import run
from verify.constants.schedule import schedule
from verify.export.latex.document import PREAMBLE, document, fragment
from verify.export.latex.proposition import proposition
from verify.prove import prove

TABLE = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{lmodern}
\usepackage{booktabs,siunitx}
\begin{document}
\input{constants}
\input{bounds}
\end{document}
"""
NUMBERS: dict[str, Any] = {"alpha": "1.5", "delta": "0.01", "N": 10**6}
STICKS_OUT = re.compile(r"Overfull \\hbox \(([0-9.]+)pt too wide\)")


def typeset(folder: Path, name: str) -> int:
    """Run pdflatex twice; the number of pages.  Raises SystemExit with the reason."""
    log = ""
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        log = done.stdout
        if done.returncode:
            raise SystemExit(f"{name}: pdflatex failed\n{log[-3000:]}")
    wide = [w for w in map(float, STICKS_OUT.findall(log)) if w > 57]
    if wide or "undefined" in log or "multiply defined" in log:
        problems = [line for line in log.splitlines() if re.search("Overfull|undefined|multiply", line)]
        raise SystemExit(f"{name}: does not look right\n" + "\n".join(problems[:20]))
    return int(re.findall(r"\((\d+) pages?,", log)[-1])


def propositions() -> str:
    """A document with the proposition of every closed form."""
    found = (schedule(i, variant=v, **NUMBERS) for i in bounds.theorem_ids("uniform") for v in bounds.variants(i))
    body = "\n".join(map(proposition, found))
    head = PREAMBLE + "\\newtheorem{proposition}{Proposition}\n"
    return f"{head}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def main(folder: Path) -> None:
    names = [(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i)]
    parts = [(f"{i} ({v})", fragment(prove(i, v).replay)) for i, v in names]
    (folder / "theorems.tex").write_text(document(parts), encoding="utf-8")
    print(f"theorems.tex: {len(parts)} theorems and proofs, {typeset(folder, 'theorems.tex')} pages")
    (folder / "propositions.tex").write_text(propositions(), encoding="utf-8")
    print(f"propositions.tex: {typeset(folder, 'propositions.tex')} pages")
    table = f"table --alpha 1.5,2 --steps 1e5,1e6 --theorem convex-clip-sgd --out {folder / 'bounds.tex'}"
    if run(table.split()):
        raise SystemExit("verify table failed")
    (folder / "table.tex").write_text(TABLE, encoding="utf-8")
    print(f"table.tex: {typeset(folder, 'table.tex')} page")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        target = Path(sys.argv[1])
        target.mkdir(parents=True, exist_ok=True)
        main(target)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(Path(scratch))
