"""``verify claims`` on the command line."""

import re
from pathlib import Path

from bounds.claims import CLAIMS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "claims.md").read_text(encoding="utf-8")


def test_every_row_is_printed(cli):
    found = cli("claims --format json")
    assert found.code == 0 and [r["id"] for r in found.json["claims"]] == [c.id for c in CLAIMS]
    assert {r["verdict"] for r in found.json["claims"]} == {"HOLDS", "HOLDS ON", "FAILS", "OPEN"}
    assert all(r["rerun"] or r["verdict"] == "OPEN" for r in found.json["claims"])
    verdicts = [(r["id"], r["verdict"], r["range"]) for r in found.json["claims"]]
    shown = [(i, f"{v}, {where}" if v == "HOLDS ON" else v) for i, v, where in verdicts]
    assert re.findall(r"^\| ([SPL]\d+) \|.*\| ([^|]*) \|$", PAGE, re.MULTILINE) == shown  # the table of the page


def test_one_row_in_words(cli):
    found = cli("claims S6")
    assert found.code == 0 and found.out.startswith("S6   HOLDS ON, alpha in [6/5, 2]\n")


def test_unknown_claim(cli):
    found = cli("claims S99")
    assert found.code == 2 and "expected one of S1, S2" in found.err
