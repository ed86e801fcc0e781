"""``verify claims`` on the command line."""

from bounds.claims import CLAIMS


def test_every_row_is_printed(cli):
    found = cli("claims --format json")
    assert found.code == 0 and [r["id"] for r in found.json["claims"]] == [c.id for c in CLAIMS]
    assert {r["verdict"] for r in found.json["claims"]} == {"HOLDS", "HOLDS ON", "FAILS", "OPEN"}
    assert all(r["rerun"] or r["verdict"] == "OPEN" for r in found.json["claims"])


def test_one_row_in_words(cli):
    found = cli("claims S6")
    assert found.code == 0 and found.out.startswith("S6   HOLDS ON, alpha in [6/5, 2]\n")


def test_unknown_claim(cli):
    found = cli("claims S99")
    assert found.code == 2 and "expected one of S1, S2" in found.err
