"""``verify rare``: the text, the JSON, what is refused."""

from __future__ import annotations

from fractions import Fraction as F

import pytest

SGD = "rare clip-sgd --gamma 0.01 --problem quadratic --steps 100 --metric last --runs 10000 "
JUMPS = "rare clip-sgd --gamma 0.01 --lam 5 --noise two-point --jump 100 --steps 50 --runs 10000 "


def test_json_adds_up(cli):
    found = cli(SGD + "--threshold 1490.57 --format json")
    (one,) = found.json["failures"]
    groups = one["groups"]
    assert found.code == 0 and not found.err and found.json["confidence"] == "0.99"
    assert F(8, 10**7) < F(one["lower"]) < F(1, 10**6) < F(one["upper"]) < F(14, 10**7)
    lower, upper = (sum(F(g["adds"][end]) for g in groups) for end in ("lower", "upper"))
    upper += F(one["left_out"])
    assert lower <= F(one["lower"]) * F(1001, 1000) and F(one["upper"]) <= upper * F(1001, 1000)
    assert abs(sum(F(g["probability"]["upper"]) for g in groups) + F(one["left_out"]) - 1) < F(1, 10**9)
    assert {g["how"] for g in groups} == {"proved", "sampled"} and sum(g["runs"] for g in groups) < one[
        "runs"
    ] <= 10_100


def test_two_questions_share_the_confidence_and_the_runs(cli):
    one, two = (
        cli(SGD + f"--threshold {x} --confidence 0.9 --format json").json["failures"] for x in ("1490", "1490,9")
    )
    assert len(two) == 2 and two[0]["runs"] < one[0]["runs"]
    width = [F(f["upper"]) - F(f["lower"]) for f in (one[0], two[0])]
    assert width[0] < width[1]


def test_quantiles_and_the_upper_end_that_is_not_there(cli):
    found = cli(SGD + "--delta 1e-9 --format json").json["quantiles"][0]
    assert 3e6 < float(found["lower"]) < float(found["upper"]) < 6e6
    text = cli(SGD.replace("--problem", "--lam 1 --problem") + "--delta 1e-6").out
    assert ", inf]" in text and "some 10/delta runs" in text


def test_jumps_are_counted(cli):
    text = cli(JUMPS + "--threshold 0.45").out
    assert text.splitlines()[2].split()[:2] == ["jumps", "probability"] and "cannot fail" in text
    assert "measured, not proved" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "expected either --threshold or --delta, got neither"),
        ("--threshold 1 --delta 0.1", "expected either --threshold or --delta, got both"),
        ("--delta 2", "--delta: expected probabilities in (0, 1), got '2'; try"),
        ("--threshold -1", "--threshold: expected numbers > 0, got '-1'; try"),
        ("--threshold 1 --confidence 1", "--confidence"),
        ("--threshold 1 --runs 10", "runs: expected at least"),
    ],
)
def test_bad_input_is_one_line(cli, arguments, message):
    found = cli(SGD + arguments)
    assert found.code == 2 and message in found.err and found.err.count("\n") == 1 and not found.out
