"""Run Coq on the library and the certificates: compile, check the compiled files again, compare what they rest on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore

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
NEEDS = re.compile(rf"^From {LIBRARY} Require (?:Import )?(.*)\.$", flags=re.M)
MEMORY = "o=1000"  # OCaml collects old garbage less often: an eighth of the time of coqc
WAITING = 32  # threads; these only wait, for Coq or for each other
NAME = re.compile(r"^([A-Za-z_][\w.']*)\s*(?::|$)")


@dataclass(frozen=True)
class Verdict:
    """What Coq said about one file."""

    name: str
    reason: str  # empty: accepted

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


@dataclass(frozen=True)
class Coq:
    """Coq's programs in a folder, a few at a time."""

    folder: Path
    slots: BoundedSemaphore

    @classmethod
    def at(cls, folder: Path, jobs: int | None = None) -> Coq:
        """``jobs`` at a time, by default as many as there are processors."""
        return cls(folder, BoundedSemaphore(jobs or os.cpu_count() or 1))

    def compile_file(self, name: str) -> str:
        """``coqc``: what is not proved in the file, in a line; nothing if all is."""
        return self._answer(["coqc", "-q", "-noglob", "-Q", ".", LIBRARY, f"{name}.v"])[0]

    def recheck(self, names: Sequence[str]) -> str:
        """``coqchk -norec``, the stand-alone checker, on compiled files; it too evaluates by the virtual machine."""
        modules = [x for name in names for x in ("-norec", f"{LIBRARY}.{name}")]
        return self._answer(["coqchk", "-silent", "-bytecode-compiler", "yes", "-Q", ".", LIBRARY, *modules])[0]

    def rests_on(self, file: str, statements: Mapping[str, Statement]) -> str:
        """Is each certificate of a file a proof of its own statement, and all of them from axioms that are allowed?"""
        (self.folder / f"Check_{file}.v").write_text(check_file(file, statements), encoding="utf-8")
        reason, printed = self._answer(["coqc", "-q", "-noglob", "-Q", ".", LIBRARY, f"Check_{file}.v"])
        found = assumptions(printed)
        if reason or len(found) != 1:
            return reason or "rests on an answer that could not be read"
        stray = [a for a in found[0] if a not in ALLOWED]
        return f"rests on {', '.join(stray)}" if stray else ""

    def _answer(self, command: list[str]) -> tuple[str, str]:
        """What is wrong, in a line, and what was printed."""
        environment = {"OCAMLRUNPARAM": MEMORY, **os.environ}
        with self.slots:
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, text=True, errors="replace", check=False
            )
        said = _first_error(done.stderr + done.stdout) or f"exit status {done.returncode}"
        return f"{command[0]}: {said}" if done.returncode else "", done.stdout


def _first_error(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    place = next((i for i, line in enumerate(lines) if line.startswith("Error")), 0)
    return " ".join(lines[max(place - 1, 0) : place + 3])[:400]


def run(
    folder: Path, files: Iterable[tuple[str, Mapping[str, Statement]]], jobs: int | None = None
) -> Iterator[Verdict]:
    """The library, and every file as soon as ``files`` names it: compiled, checked again, and what its certificates
    rest on.  ``jobs`` at a time, by default as many as there are processors."""
    coq = Coq.at(folder, jobs)
    with ThreadPoolExecutor(WAITING) as pool:

        def later(work: Callable[[], str], after: Iterable[Future[str]]) -> Future[str]:
            """Work that begins when other work, given to the pool before, is done and found nothing wrong."""
            before = list(after)
            return pool.submit(lambda: next((r for f in before if (r := f.result())), "") or work())

        library = dict[str, Future[str]]()
        for name in LIBRARY_FILES:
            needed = NEEDS.findall((folder / f"{name}.v").read_text(encoding="utf-8"))
            known = [library[x] for line in needed for x in line.split()]
            library[name] = later(partial(coq.compile_file, name), known)
        again = later(partial(coq.recheck, LIBRARY_FILES), library.values())
        judged = dict[str, list[Future[str]]]()
        for file, statements in files:
            compiled = later(partial(coq.compile_file, file), library.values())
            questions = (partial(coq.recheck, [file]), partial(coq.rests_on, file, statements))
            judged[file] = [later(question, [compiled]) for question in questions]
        for name, reasons in (*judged.items(), (LIBRARY, [again])):
            yield Verdict(name, next((r for f in reasons if (r := f.result())), ""))
