"""The README is executed: its transcripts, its Python, its links; and ``.ci/run`` runs its test command.

In a transcript "..." stands for any text, as in doctest.  ``python -m tests.update_transcripts`` renews the outputs.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from unittest.mock import patch

import pytest

import verify.cli

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHECKER = doctest.OutputChecker()


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def transcripts(page: str = README) -> list[list[tuple[str, str]]]:
    """(command, output) pairs of every console block."""
    found = []
    for block in blocks("console", page):
        parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)[1:]
        found.append(list(zip(parts[::2], parts[1::2], strict=True)))
    return found


def make_shell(folder: Path) -> Callable[[str], str]:
    """Run command lines in a folder of its own, with this very package as ``verify``; stdout and stderr together.

    A line that is one command of ours needs neither a shell nor another interpreter, which would import everything
    and replay every proof again.
    """
    script = folder / "bin" / "verify"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m verify.cli "$@"\n')
    script.chmod(0o755)
    path = {"PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "COLUMNS": "80"}

    def run(command: str) -> str:
        if command.startswith("verify ") and not set(command) & set("|&;<>()$`*?[]#~"):
            with chdir(folder), patch.dict(os.environ, path):
                return here(shlex.split(command)[1:])
        done = subprocess.run(
            command, shell=True, cwd=folder, env=os.environ | path, text=True, stdout=-1, stderr=subprocess.STDOUT
        )
        return done.stdout

    return run


def here(words: list[str]) -> str:
    """What the command line prints in this process."""
    with TextIOWrapper(BytesIO(), encoding="utf-8", write_through=True) as out:
        with redirect_stdout(out), redirect_stderr(out):
            verify.cli.run(words)
        out.seek(0)
        return out.read()


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    return make_shell(tmp_path_factory.mktemp("readme"))


def agree(want: str, got: str) -> bool:
    return CHECKER.check_output(want, got, doctest.ELLIPSIS)


@pytest.mark.parametrize("transcript", transcripts(), ids=lambda t: t[0][0][:60])
def test_transcripts(shell, transcript):
    for command, want in transcript:
        got = shell(command)
        assert agree(want, got), f"$ {command}\n{got}"


def test_a_wrong_transcript_is_noticed():
    """Negative twin: a changed number, a missing line."""
    assert agree("bound 0.41\n...\nHOLDS\n", "bound 0.41\nmore\nHOLDS\n")
    assert not agree("bound 0.42\n...\nHOLDS\n", "bound 0.41\nmore\nHOLDS\n")
    assert not agree("bound 0.41\nHOLDS\n", "bound 0.41\nmore\nHOLDS\n")
    assert sum(len(t) for t in transcripts()) >= 8


def test_the_python_of_the_readme_runs():
    tests = [doctest.DocTestParser().get_doctest(b, {}, "README", "README.md", 0) for b in blocks("python")]
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    results = [runner.run(test) for test in tests]
    assert sum(r.attempted for r in results) >= 4 and not sum(r.failed for r in results)


def test_two_commands_do_everything():
    main, tests = (block.strip() for block in blocks("sh"))
    setup = "python3 -m venv .venv && .venv/bin/pip install -q"
    assert main == f"{setup} . && .venv/bin/verify bound-check --alpha 1.5"
    assert tests == f"{setup} -c constraints.txt '.[torch,test]' && .venv/bin/pytest"


def test_ci_runs_the_test_command_of_the_readme():
    ci = ROOT / ".ci" / "run"
    lines = [line.strip() for line in ci.read_text(encoding="utf-8").splitlines()]
    assert lines.count(blocks("sh")[1].strip()) == 1
    assert os.access(ci, os.X_OK) and "set -euo pipefail" in lines
    assert lines.index("rm -rf .venv") < lines.index(blocks("sh")[1].strip())


def test_links_of_the_documents_lead_somewhere():
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (path.parent / target).exists(), f"{path.name}: {target}"


def test_constraints_pin_what_the_extras_ask_for():
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert any(re.fullmatch(r"torch==[0-9.]+", pin) for pin in pins)
