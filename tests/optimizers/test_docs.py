"""docs/optimizers.md is executed, and names every departure of the catalogue."""

import doctest
import re
from pathlib import Path

from bounds.methods import METHODS
from verify.optimizers.catalogue import departures
from verify.optimizers.conformance import stated

PAGE = Path(__file__).resolve().parents[2] / "docs" / "optimizers.md"


def test_the_example_runs():
    (code,) = re.findall(r"```python\n(>>>.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    test = doctest.DocTestParser().get_doctest(code, {}, "optimizers", str(PAGE), 0)
    assert doctest.DocTestRunner().run(test) == (0, len(test.examples)) and test.examples


def test_every_departure_is_explained():
    text = PAGE.read_text(encoding="utf-8")
    methods = [
        stated(name, beta1=0.9, corrected=c) for name in METHODS for c in (False, True) if "adam" in name or not c
    ]
    names = {d.name for m in methods for d in departures(m, 1)} | {"gradient-alias"}
    assert names == set(
        re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text.partition("| name |")[2].partition("A departure is certain")[0])
    )
