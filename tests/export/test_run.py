"""What is made of the answers of Coq's programs, with others in their place."""

from __future__ import annotations

import os

import pytest

import bounds
from verify.export.coq_file import library
from verify.export.run import run

START = "#!/bin/sh\nfor file; do :; done\n"  # the last argument
SAYS = 'case "$file" in Check_*) printf "$SAID";; esac\n'
ENDS = '[ "$file" = "$KILLED" ] && kill -9 $$\n[ "$file" = "$FAILS" ] && exit 1\nexit 0\n'
HONEST = r"Axioms:\nTailcert.V : Type\n"


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """What is refused of two files and the library, if a program says this, or fails on this file."""
    statement = bounds.theorem("norm-condexp-clip-sub-le")
    for name in ("coqc", "coqchk"):
        (tmp_path / name).write_text(START + SAYS + ENDS)
        (tmp_path / name).chmod(0o755)
    for name, text in library().items():
        (tmp_path / f"{name}.v").write_text(text)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def asked(fails="", killed="", said=HONEST, files=("one", "two"), jobs=None):
        for name, value in (("FAILS", fails), ("KILLED", killed), ("SAID", said)):
            monkeypatch.setenv(name, value)
        verdicts = list(run(tmp_path, ((file, {"one": statement}) for file in files), jobs))
        assert [v.name for v in verdicts] == [*files, "Tailcert"]
        return {v.name: v.reason for v in verdicts if not v.accepted}

    return asked


def test_what_coq_accepts_is_accepted(refused):
    assert not refused() and not refused(files=[f"f{k}" for k in range(60)], jobs=1)


@pytest.mark.parametrize("how", ["fails", "killed"])
@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("Terms.v", {"one", "two", "Tailcert"}),  # of the library: nothing rests on it
        ("Decode.v", {"one", "two", "Tailcert"}),
        ("two.v", {"two"}),
        ("Check_two.v", {"two"}),
        ("Tailcert.two", {"two"}),  # coqchk
        ("Tailcert.Decode", {"Tailcert"}),
    ],
)
def test_a_program_that_fails_is_a_refusal(refused, how, file, wanted):
    """Whatever it said before; and has a reason, even if it was killed and said nothing."""
    found = refused(**{how: file})
    assert set(found) == wanted and not any(reason.endswith(": ") for reason in found.values())


@pytest.mark.parametrize("said", ["", HONEST + HONEST, HONEST + r"x.cheat : False\n", r"Error: no\n"])
def test_an_answer_that_is_not_the_allowed_axioms_is_a_refusal(refused, said):
    assert set(refused(said=said)) == {"one", "two"}
