"""docs/schedules.md: its table is that of the statements, its transcript is what the command prints."""

import re
from pathlib import Path

import pytest

import verify
from bounds.theorems import uniform, uniform_nonconvex

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


def test_the_table_without_convexity():
    rows = re.findall(r"^\| (uniform-nonconvex[a-z-]+) \((c1-\d+)\) \|" + r" (\S+) \|" * 7 + "$", PAGE, re.M)
    pairs = uniform_nonconvex.PAIRS
    assert {(i, v) for i, v, *_ in rows} == {(i, v) for i in pairs for v in pairs[i]}
    for theorem, variant, *shown in rows:
        c = pairs[theorem][variant]
        for text, value in zip(shown, (c.C1, c.C2, c.C3, c.M, c.size, c.ell, c.g), strict=True):
            assert float(text.removesuffix("...")) == pytest.approx(float(value), rel=1e-6 if "..." in text else 1e-15)


@pytest.mark.parametrize("row", re.findall(r"^\| (1\.2|1\.5|2) \| (1e\d) \| (\S+) \| (\S+) \| (\S+) \|$", PAGE, re.M))
def test_the_comparison(row):
    alpha, steps, closed, *_ = row
    found = verify.schedule("uniform-clip-sgd", alpha=alpha, delta="0.01", N=int(float(steps)))
    assert found.variant == "c1-100" and float(found.upper) == pytest.approx(float(closed), rel=1e-3)


def test_the_comparison_without_convexity():
    """One row of each alpha: what the library finds; the digits shown are rounded to nearest."""
    rows = re.findall(r"^\| (1\.2|1\.5|2) \| (1e6) \| (\S+) \| (c1-\d+) \| (\S+) \| (\S+) \|$", PAGE, re.M)
    assert len(rows) == 3
    for alpha, steps, closed, variant, *_ in rows:
        found = verify.schedule("uniform-nonconvex-clip-sgd", alpha=alpha, delta="0.01", N=int(float(steps)))
        assert found.variant == variant and float(found.upper) == pytest.approx(float(closed), rel=1e-3)
