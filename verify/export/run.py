"""Run Coq on exported certificates: compile, check the compiled files again, compare what they rest on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from verify.export.coq_file import LIBRARY

# what Print Assumptions may list: the ledger, the laws of the abstract objects, these objects, Coq's real numbers
LEDGER = {"ville": "Ville's inequality"}
LAWS = ("V_is_an_inner_product_space", "Pr_is_an_outer_probability", "E_mono", "E_lin", "E_one", "E_vec")
OBJECTS = (
    "V", "vzero", "vadd", "scale", "inner", "Omega", "omega0", "E", "Ev", "Pr", "adapted", "adapted_scalar", "Borel",
    "BorelV", "finite_moments",
)  # fmt: skip
COQ = (
    "ClassicalDedekindReals.sig_not_dec", "ClassicalDedekindReals.sig_forall_dec",
    "FunctionalExtensionality.functional_extensionality_dep", "Classical_Prop.classic",
)  # fmt: skip
ALLOWED = frozenset([*(f"{LIBRARY}.{x}" for x in (*LEDGER, *LAWS, *OBJECTS)), *COQ])
NAME = re.compile(r"^([A-Za-z_][\w.']*)\s*(?::|$)")


@dataclass(frozen=True)
class Verdict:
    """What Coq said about one file."""

    name: str
    reason: str  # empty: accepted
    assumptions: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return not self.reason


def available() -> bool:
    return shutil.which("coqc") is not None and shutil.which("coqchk") is not None


def assumptions(printed: str) -> list[tuple[str, ...]]:
    """The names in the answers to ``Print Assumptions``, one tuple for each.

    A line that names no axiom is kept whole: Coq says there what it was told not to check.

    >>> assumptions("Axioms:\\nTailcert.V : Type\\nTailcert.ville\\n  : forall x,\\n    x\\n")
    [('Tailcert.V', 'Tailcert.ville')]
    >>> assumptions("Axioms:\\nloop is assumed to be guarded.\\n")
    [('loop is assumed to be guarded.',)]
    """
    out: list[list[str]] = []
    for line in printed.splitlines():
        if line.startswith(("Axioms:", "Closed under the global context")):
            out.append([])
        elif out and line[:1].strip():  # the type of an axiom is indented
            found = NAME.match(line)
            out[-1].append(found[1] if found else line.strip())
    return [tuple(sorted(names)) for names in out]


def compile_file(folder: Path, name: str) -> Verdict:
    """``coqc``: is every lemma of the file proved?"""
    return Verdict(name, _coq(folder, ["coqc", "-q", "-noglob", "-Q", ".", LIBRARY, f"{name}.v"]))


def recheck(folder: Path, name: str) -> Verdict:
    """``coqchk -norec``, the stand-alone checker, on a compiled file; it too evaluates by the virtual machine."""
    command = ["coqchk", "-silent", "-bytecode-compiler", "yes", "-Q", ".", LIBRARY, "-norec", f"{LIBRARY}.{name}"]
    return Verdict(name, _coq(folder, command))


def _coq(folder: Path, command: list[str]) -> str:
    """What is wrong, in a line; nothing if the command succeeds."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return f"{command[0]}: {_first_error(done.stderr + done.stdout)}" if done.returncode else ""


def _first_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    place = next((i for i, line in enumerate(lines) if line.startswith("Error")), 0)
    return " ".join(lines[max(place - 1, 0) : place + 3])[:400]


def run(folder: Path, files: Iterable[tuple[str, Sequence[str]]], jobs: int | None = None) -> Iterator[Verdict]:
    """The library, and every file as soon as ``files`` names it: compiled, checked again, and what its certificates
    rest on.  ``jobs`` at a time, by default as many as there are processors."""
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        library = pool.submit(_compiled, folder, LIBRARY)
        others = [pool.submit(_judged, folder, library, file, names) for file, names in files]
        yield library.result()
        if library.result().accepted:
            yield from (other.result() for other in others)


def _compiled(folder: Path, file: str) -> Verdict:
    verdict = compile_file(folder, file)
    return recheck(folder, file) if verdict.accepted else verdict


def _judged(folder: Path, library: Future[Verdict], file: str, names: Sequence[str]) -> Verdict:
    verdict = library.result()
    if verdict.accepted:
        verdict = _compiled(folder, file)
    if not verdict.accepted:
        return verdict
    found = rests_on(folder, file, names)
    stray = [a for a in found if a not in ALLOWED]
    return Verdict(file, f"rests on {', '.join(stray)}" if stray else "", found)


def rests_on(folder: Path, file: str, names: Sequence[str]) -> tuple[str, ...]:
    """Is each certificate of a file a proof of its own statement, and from which axioms are they all?"""
    from verify.export.coq_file import check_file

    (folder / f"Check_{file}.v").write_text(check_file(file, names), encoding="utf-8")
    command = ["coqc", "-q", "-noglob", "-Q", ".", LIBRARY, f"Check_{file}.v"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = assumptions(done.stdout)
    if done.returncode or len(found) != 1:
        return (f"an answer that could not be read: {_first_error(done.stderr)}",)
    return found[0]
