"""docs/simulation.md is executed."""

import doctest
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "simulation.md"


def test_the_example_runs():
    (code,) = re.findall(r"```python\n(>>>.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    test = doctest.DocTestParser().get_doctest(code, {}, "simulation", str(PAGE), 0)
    assert doctest.DocTestRunner().run(test) == (0, len(test.examples)) and test.examples


def test_the_transcript_runs(cli):
    command, want = re.search(r"\$ verify (.*)\n((?:.*\n)*?)```", PAGE.read_text(encoding="utf-8")).groups()
    got = cli(command).out
    assert doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS), got
