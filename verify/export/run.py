"""Run Coq on the library and the certificates: compile, check the compiled files again, compare what they rest on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bounds.statement import Statement
from verify.export.coq_file import LIBRARY, LIBRARY_FILES, check_file

# what Print Assumptions may list: the ledger, the laws of the abstract objects, these objects, Coq's real numbers,
# and the machine integers from which the data are read
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
INTEGERS = ("int", "add", "sub", "lsl", "lsr", "land", "eqb", "ltb", "leb")
ALLOWED = frozenset(
    [*(f"{LIBRARY}.{x}" for x in (*LEDGER, *LAWS, *OBJECTS)), *COQ, *(f"PrimInt63.{x}" for x in INTEGERS)]
)
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
    """``coqc``: is everything in the file proved?"""
    return Verdict(name, _coq(folder, ["coqc", "-q", "-noglob", "-Q", ".", LIBRARY, f"{name}.v"]))


def compile_library(folder: Path) -> Verdict:
    """``coqc`` on its files, one after the other because each needs those before."""
    reasons = (compile_file(folder, name).reason for name in LIBRARY_FILES)
    return Verdict(LIBRARY, next(filter(None, reasons), ""))


def recheck(folder: Path, names: Sequence[str]) -> str:
    """``coqchk -norec``, the stand-alone checker, on compiled files; it too evaluates by the virtual machine."""
    modules = [x for name in names for x in ("-norec", f"{LIBRARY}.{name}")]
    return _coq(folder, ["coqchk", "-silent", "-bytecode-compiler", "yes", "-Q", ".", LIBRARY, *modules])


def _coq(folder: Path, command: list[str]) -> str:
    """What is wrong, in a line; nothing if the command succeeds."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return f"{command[0]}: {_first_error(done.stderr + done.stdout)}" if done.returncode else ""


def _first_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    place = next((i for i, line in enumerate(lines) if line.startswith("Error")), 0)
    return " ".join(lines[max(place - 1, 0) : place + 3])[:400]


def run(
    folder: Path, files: Iterable[tuple[str, Mapping[str, Statement]]], jobs: int | None = None
) -> Iterator[Verdict]:
    """The library, and every file as soon as ``files`` names it: compiled, checked again, and what its certificates
    rest on.  ``jobs`` at a time, by default as many as there are processors."""
    with ThreadPoolExecutor(jobs or os.cpu_count()) as pool:
        library = pool.submit(compile_library, folder)
        others = [pool.submit(_judged, folder, library, file, statements) for file, statements in files]
        again = pool.submit(_rechecked, folder, library)
        if library.result().accepted:
            yield from (other.result() for other in others)
        yield again.result()


def _rechecked(folder: Path, library: Future[Verdict]) -> Verdict:
    compiled = library.result()
    return Verdict(LIBRARY, recheck(folder, LIBRARY_FILES)) if compiled.accepted else compiled


def _judged(folder: Path, library: Future[Verdict], file: str, statements: Mapping[str, Statement]) -> Verdict:
    verdict = library.result()
    if verdict.accepted:
        verdict = compile_file(folder, file)
    reason = verdict.reason or recheck(folder, [file])
    if reason:
        return Verdict(file, reason)
    found = rests_on(folder, file, statements)
    stray = [a for a in found if a not in ALLOWED]
    return Verdict(file, f"rests on {', '.join(stray)}" if stray else "", found)


def rests_on(folder: Path, file: str, statements: Mapping[str, Statement]) -> tuple[str, ...]:
    """Is each certificate of a file a proof of its own statement, and from which axioms are they all?"""
    (folder / f"Check_{file}.v").write_text(check_file(file, statements), encoding="utf-8")
    command = ["coqc", "-q", "-noglob", "-Q", ".", LIBRARY, f"Check_{file}.v"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = assumptions(done.stdout)
    if done.returncode or len(found) != 1:
        return (f"an answer that could not be read: {_first_error(done.stderr)}",)
    return found[0]
