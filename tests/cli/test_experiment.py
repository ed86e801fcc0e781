"""``experiment``: output formats, files, bad input."""

from __future__ import annotations

import pytest

SMALL = "experiment synthetic --steps 20 --runs 12"


def test_the_same_seed_gives_the_same_record_and_another_does_not(cli):
    first, again, other = (cli(f"{SMALL} --format json --seed {seed}").json for seed in (1, 1, 2))
    assert first == again and first["rows"] != other["rows"]
    assert first["experiment"] == "synthetic" and first["provenance"]["seed"] == "1"


def test_text_and_figure(cli, tmp_path):
    path = tmp_path / "new" / "figure.svg"
    found = cli(f"{SMALL} --plot {path}")
    assert found.code == 0 and "Clip-AdaGradD-Norm, reweighted" in found.out and f"wrote {path}" in found.err
    assert path.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{SMALL} --plot figure.jpg", ("--plot", ".pdf, .svg, .png", "figure.jpg")),
        (f"{SMALL} --plot /proc/no/figure.pdf", ("cannot write",)),
        ("experiment synthetic --steps 1", ("--steps", "'1'")),
        ("experiment synthetic --runs 0", ("--runs", "'0'")),
        ("experiment nothing", ("nothing",)),
        ("experiment", ("clip-level, comparison, quantiles, synthetic", "try verify experiment synthetic")),
    ],
)
def test_bad_input_gets_one_clear_line(cli, line, words):
    found = cli(line)
    assert (found.code, found.out) == (2, "") and found.err.count("\n") == 1
    assert all(word in found.err for word in words)
