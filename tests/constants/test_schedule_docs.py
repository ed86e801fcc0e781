"""docs/schedules.md: its table is that of the statements, its transcript is what the command prints."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

import verify
from bounds.theorems import uniform, uniform_nonconvex
from verify.constants.literature import literature_bound, literature_nonconvex
from verify.decimals import decimal

ONE = Fraction(1)

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


NUMBER = r" (\S+) \|"
CONVEX = re.findall(rf"^\| (1\.2|1\.5|2) \| (1e\d) \|{NUMBER * 3}$", PAGE, re.M)
NONCONVEX = re.findall(rf"^\| (1\.2|1\.5|2) \| (1e\d) \|{NUMBER} (c1-\d+) \|{NUMBER * 2}$", PAGE, re.M)


def up(bound: Fraction) -> str:
    """What the page shows of a certified upper bound: never less than it."""
    return decimal(bound, 4, up=True)


def test_the_comparison():
    """Every row is what the library certifies, rounded up."""
    assert len(CONVEX) == 6
    for alpha, steps, closed, best, estimate in CONVEX:
        numbers = {"alpha": alpha, "delta": "0.01", "N": int(float(steps))}
        found = verify.schedule("uniform-clip-sgd", **numbers)
        assert (found.variant, closed) == ("c1-100", up(found.upper))
        assert best == up(verify.bound("convex-clip-sgd", **numbers).upper_exact)
        known = literature_bound(Fraction(alpha), Fraction("0.01"), numbers["N"], ONE, ONE, ONE)
        assert float(estimate) == pytest.approx(known, rel=1e-3)


def test_a_number_rounded_to_nearest_is_noticed():
    """Negative twin: 0.07409 is the nearest number, and too small."""
    found = verify.schedule("uniform-clip-sgd", alpha="1.5", delta="0.01", N=10**6)
    nearest = f"{float(found.upper):.4g}"
    assert Fraction(nearest) < found.upper <= Fraction(up(found.upper))
    assert nearest not in [closed for _, _, closed, *_ in CONVEX]


def test_the_comparison_without_convexity():
    assert len(NONCONVEX) == 6
    for alpha, steps, closed, variant, best, estimate in NONCONVEX:
        numbers = {"alpha": alpha, "delta": "0.01", "N": int(float(steps))}
        found = verify.schedule("uniform-nonconvex-clip-sgd", **numbers)
        assert (found.variant, up(found.upper)) == (variant, closed)
        assert best == up(verify.bound("nonconvex-clip-sgd", Delta=1, **numbers).upper_exact)
        known = literature_nonconvex(Fraction(alpha), Fraction("0.01"), numbers["N"], ONE, ONE, ONE)
        assert float(estimate) == pytest.approx(known, rel=1e-3)
