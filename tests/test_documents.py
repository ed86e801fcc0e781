"""The transcripts and the Python examples of the documents are executed, in the way of the README's."""

from __future__ import annotations

import doctest
import re
from fractions import Fraction

import pytest

from tests.test_readme import ROOT, agree, make_shell, transcripts
from verify.constants import VACUOUS

PAGES = ("adversary", "claims", "experiments", "rare", "schedules", "simulation")
SAME = ("optimizers",)
EXAMPLES = ("optimizers", "rare", "schedules", "simulation")
TRIVIAL = {"convex": Fraction(1, 2), "nonconvex": Fraction(2)}  # L R^2/2 and 2 L Delta at L = R = Delta = 1
FOUND = [(page, t) for page in PAGES for t in transcripts((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "transcript"), FOUND, ids=[f"{page}: {t[0][0][:50]}" for page, t in FOUND])
def test_transcripts(tmp_path, page, transcript):
    shell = make_shell(tmp_path)
    for command, want in transcript:
        got = shell(command)
        assert agree(want, got), f"$ {command}\n{got}"


def test_every_page_has_a_transcript():
    assert {page for page, _ in FOUND} == set(PAGES)


@pytest.mark.parametrize("page", SAME)
def test_a_transcript_of_the_readme_is_not_run_twice(page):
    """The page says what the README says, whose transcripts are executed."""
    own, executed = (
        transcripts(path.read_text(encoding="utf-8")) for path in (ROOT / "docs" / f"{page}.md", ROOT / "README.md")
    )
    assert own and all(transcript in executed for transcript in own)


def test_the_adversary_page_marks_what_is_vacuous():
    """A row is marked where its bound exceeds 9/10 of the trivial one; one more or one less is noticed."""
    page = (ROOT / "docs" / "adversary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (convex|nonconvex)-[a-z-]+ \([a-z-]+\) \| ([\d.]+)( †)? \|", page, re.MULTILINE)
    wrong = [row for row in rows if (Fraction(row[1]) > VACUOUS * TRIVIAL[row[0]]) != bool(row[2])]
    assert (wrong, len(rows), sum(bool(mark) for *_, mark in rows)) == ([], 25, 17)


@pytest.mark.parametrize("page", EXAMPLES)
def test_examples(page):
    path = ROOT / "docs" / f"{page}.md"
    code = "\n".join(re.findall(r"```python\n(>>>.*?)```", path.read_text(encoding="utf-8"), re.S))
    test = doctest.DocTestParser().get_doctest(code, {}, page, str(path), 0)
    assert doctest.DocTestRunner().run(test) == (0, len(test.examples)) and test.examples
