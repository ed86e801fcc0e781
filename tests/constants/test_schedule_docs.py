"""docs/schedules.md: its table is that of the statements, its transcript is what the command prints."""

import re
from pathlib import Path

from bounds.theorems import uniform

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "schedules.md").read_text(encoding="utf-8")


def test_the_table_is_that_of_the_statements():
    rows = re.findall(r"^\| (uniform[a-z-]+) \((c1-\d+)\) \| (\S+) \| (\S+) \| (\S+) \| (\S+) \|$", PAGE, re.M)
    assert {(i, v) for i, v, *_ in rows} == {(i, v) for i, pairs in uniform.PAIRS.items() for v in pairs}
    for theorem, variant, C1, C2, first, second in rows:
        c = uniform.PAIRS[theorem][variant]
        assert (float(C1), float(C2)) == (float(c.C1), float(c.C2))
        for shown, value in ((first, c.chi * c.kappa**2 / 2), (second, c.level)):
            digits = shown.removesuffix("...")
            assert abs(float(digits) - float(value)) < 10.0 ** -(len(digits) - 2), (theorem, shown, float(value))
