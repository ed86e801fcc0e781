"""``simulate --instances``: each line is the run of its options by itself; a bad line is named."""

from __future__ import annotations

import pytest

BASE = "simulate clip-sgd --gamma 0.05 --lam 3 --steps 9 --runs 300 --delta 0.3"
LINES = """{"noise": "pareto", "gamma": 0.1}

{"method": "clip-adagrad-norm", "metric": "last,max_gap", "threshold": "0.1", "runs": 200}
{"stale": true, "delay": 3, "gamma-power": "-1/2"}
{}
"""
OPTIONS = {
    1: "--noise pareto --gamma 0.1",
    3: "--metric last,max_gap --threshold 0.1 --runs 200",
    4: "--stale --delay 3 --gamma-power -1/2",
    5: "",
}


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "runs.jsonl"
    found.write_text(LINES)
    return found


def alone(cli, line: int) -> str:
    method = "clip-adagrad-norm" if line == 3 else "clip-sgd"
    return f"{BASE.replace('clip-sgd', method)} {OPTIONS[line]}"


def test_every_line_is_a_run_by_itself(cli, path):
    """The record is that of a call with these options, and of no other line."""
    found = cli(f"{BASE} --instances {path} --format json").json["instances"]
    singles = {line: cli(f"{alone(cli, line)} --format json").json for line in OPTIONS}
    assert [record.pop("line") for record in found] == list(OPTIONS)
    for record, (_, single) in zip(found, singles.items(), strict=True):
        assert {"schema_version": single.pop("schema_version"), **record} == {"schema_version": 1, **single}
    assert len({str(record["quantiles"]) for record in found}) == len(found)


def test_the_text_names_the_lines(cli, path):
    blocks = cli(f"{BASE} --instances {path}").out.rstrip("\n").split("\n\n")
    heads, rest = zip(*(block.split("\n", 1) for block in blocks), strict=True)
    assert heads[0] == "line 1: noise=pareto gamma=0.1" and heads[3] == "line 5: as on the command line"
    assert heads[2] == "line 4: stale=true delay=3 gamma-power=-1/2"
    assert [text + "\n" for text in rest] == [cli(alone(cli, line)).out for line in OPTIONS]


def test_all_lines_share_one_file_that_is_resumed(cli, path, tmp_path, monkeypatch):
    """Interrupted after each of the seven chunks; then nothing is left to do, and other lines are refused."""
    from verify.simulate import shards

    monkeypatch.setattr(shards, "CHUNK", 250)
    command, kept = f"{BASE} --instances {path} --format json", tmp_path / "runs.sqlite"
    expected, chunk, done = cli(command).out, shards.chunk, []

    def once(job, index, *arguments, **more):
        if done and done[-1]:
            raise KeyboardInterrupt
        done.append(True)
        return chunk(job, index, *arguments, **more)

    with monkeypatch.context() as patched:
        patched.setattr(shards, "chunk", once)
        assert cli(f"{command} --out {kept}").code == 130
        for _ in range(6):
            done.append(False)
            found = cli(f"{command} --out {kept} --resume")
        assert found.out == expected and done.count(True) == 7
    assert cli(f"{command} --out {kept}").code == 2
    path.write_text(LINES.replace("0.1,", "0.2,").replace("0.1}", "0.2}"))
    other = cli(f"{command} --out {kept} --resume")
    assert other.code == 2 and "begun with another job" in other.err


def test_an_unsafe_line_decides_the_exit_code(cli, tmp_path):
    path, base = (
        tmp_path / "runs.jsonl",
        "simulate clip-sgd --gamma 1 --steps 200 --runs 20 --delta 0.5 --precision float32",
    )
    for gamma, code in (("1", 0), ("3", 3)):
        path.write_text(f'{{"lam": "3"}}\n{{"problem": "quadratic", "gamma": {gamma}}}\n')
        assert cli(f"{base} --problem quadratic --instances {path}").code == code


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"gama": 1}', "expected options of method, gamma, lam"),
        ('{"out": "x"}', "got 'out'"),
        ('{"gamma": "-1"}', "expected a number in [1e-60, 1e60], got '-1'"),
        ('{"gamma": NaN}', "expected numbers, got NaN"),
        ('{"gamma": null}', "gamma: expected a string or a number, got null"),
        ('{"stale": "yes"}', 'stale: expected true or false, got "yes"'),
        ('{"gamma": 1, "gamma": 2}', "expected each option once, got 'gamma' twice"),
        ('{"gamma": 1', "expected a JSON object (Expecting ',' delimiter at column 12)"),
        ("[1]", "expected a JSON object of options"),
        ("[" * 100_000, "expected a JSON object"),
        ('{"metric": "best"}', "--metric: expected some of weighted"),
        ('{"index": "1.2"}', "E|X|^3/2 is infinite; need index > 3/2"),
        ('{"corrected": true}', "--corrected: expected an Adam-type method"),
        ('{"threshold": "1", "precision": "float32"}', "--threshold: counts are exact in float64 only"),
    ],
)
def test_a_bad_line_is_one_line_with_its_number(cli, tmp_path, line, message):
    path = tmp_path / "runs.jsonl"
    path.write_text("{}\n\n" + line + "\n{}\n")
    found = cli(f"{BASE} --instances {path}")
    assert found.code == 2 and found.out == "" and found.err.count("\n") == 1
    assert f"{path}, line 3: " in found.err and message in found.err


def test_files_that_are_none(cli, tmp_path):
    path = tmp_path / "runs.jsonl"
    for content, message in ((b"\n \n", "expected a line for each instance, got none"), (b"\xff", "a text file")):
        path.write_bytes(content)
        found = cli(f"{BASE} --instances {path}")
        assert found.code == 2 and message in found.err and found.err.count("\n") == 1
    assert cli(f"{BASE} --instances {tmp_path / 'nothing'}").code == 2
