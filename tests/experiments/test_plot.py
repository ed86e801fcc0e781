"""Figures: the same bytes again, one clear line where none can be drawn."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

from verify.report.plot import Curve, NoPlot, Panel, check, curves_json, draw

CURVE = Curve("median", (1.0, 10.0, 100.0), (1.0, 0.5, math.inf), (0.5, 0.1, 0.0), (2.0, 1.0, math.inf))
PANELS = (Panel("one", "steps", "gap", (CURVE,)), Panel("two", "steps", "gap", (CURVE, CURVE), ("linear", "log")))


@pytest.mark.parametrize(("suffix", "magic"), [(".pdf", b"%PDF"), (".svg", b"<?xml"), (".png", b"\x89PNG")])
def test_the_same_curves_give_the_same_bytes(tmp_path, suffix, magic):
    first, again, other = (tmp_path / f"{k}{suffix}" for k in range(3))
    draw(PANELS, first)
    draw(PANELS, again)
    draw(PANELS[:1], other)
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    assert first.read_bytes().startswith(magic)


def test_an_unknown_kind_of_file_is_refused():
    with pytest.raises(NoPlot, match=r"expected a file name ending in \.pdf, \.svg, \.png, got 'a\.jpg'"):
        check(Path("a.jpg"))


def test_without_matplotlib_one_line_says_what_to_install(cli, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    found = cli(f"experiment synthetic --plot {tmp_path / 'a.pdf'}")
    assert found.code == 2 and found.err.count("\n") == 1 and "pip install 'tailcert[plot]'" in found.err


def test_points_are_written_as_strings_that_read_back():
    (curve,) = curves_json(PANELS[:1])[0]["curves"]
    assert tuple(map(float, curve["y"])) == CURVE.y and curve["high"][-1] == "inf"
