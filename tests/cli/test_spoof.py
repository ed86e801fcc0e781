"""A checked certificate under a borrowed name, and numbers that the simulation cannot represent."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import bounds
from bounds.statement import Proof
from bounds.terms import le, par
from verify.cli import INTERNAL_ERROR, run
from verify.kernel.certificate import encode
from verify.prove import dumps, prove


def test_a_theorem_under_its_own_name_passes_and_another_under_that_name_does_not(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The second file is a correct proof, of a statement with one more assumption."""
    honest, spoof = tmp_path / "honest.json", tmp_path / "spoof.json"
    honest.write_text(dumps(prove("convex-clip-sgd").certificate))
    proof = bounds.proof("convex-clip-sgd")
    st = proof.statement
    easier = replace(st, assumptions={**st.assumptions, "mild": le(par("sigma"), par("R"))})
    spoof.write_text(dumps(encode(Proof(easier, proof.steps))))
    assert run(["recheck", str(honest)]) == 0
    assert "NOT the statement" not in capfd.readouterr().err
    assert run(["recheck", str(spoof)]) == 1
    out = capfd.readouterr()
    assert "PROVED" in out.out and "NOT the statement that this library knows under its id" in out.err


def test_recheck_takes_tables_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "t.csv"
    grid = ["--alpha", "2", "--delta", "0.01", "--steps", "10000", "--theorem", "convex-clip-sgd"]
    assert run(["table", *grid, "--out", str(out)]) == 0
    assert run(["recheck", str(out)]) == 0
    assert run(["recheck", str(out.with_suffix(".json"))]) == 0
    assert capfd.readouterr().out.count("CERTIFIED 1 bounds") == 2
    text = out.read_text()
    assert "0.07257" in text
    out.write_text(text.replace("0.07257", "0.07256"))
    assert run(["recheck", str(out)]) == 1
    assert "REFUSED" in capfd.readouterr().out


def test_recheck_of_files_of_all_kinds_at_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each file has its line, in order, in both formats; a borrowed name is told although other files are refused."""
    proof = bounds.proof("norm-step-le-adagrad-norm")
    st = proof.statement
    easier = replace(st, assumptions={**st.assumptions, "mild": le(par("b0"), par("b0"))})
    honest, cut, spoof, other, none = (str(tmp_path / f"{k}.json") for k in ("honest", "cut", "spoof", "other", "none"))
    table = str(tmp_path / "t.csv")
    Path(honest).write_text(dumps(encode(proof)))
    Path(cut).write_text(dumps(encode(proof))[:-40])
    Path(spoof).write_text(dumps(encode(Proof(easier, proof.steps))))
    Path(other).write_text(dumps(encode(Proof(replace(easier, id="norm-step-1e-adagrad-norm"), proof.steps))))
    grid = ["--alpha", "2", "--delta", "0.01", "--steps", "10000", "--theorem", "convex-clip-sgd"]
    assert run(["table", *grid, "--out", table]) == 0
    capfd.readouterr()
    files = [table, honest, cut, spoof, other, table]
    words = ["CERTIFIED", "PROVED", "REFUSED", "PROVED", "PROVED", "CERTIFIED"]
    assert run(["recheck", *files]) == 1
    out = capfd.readouterr()
    lines = out.out.splitlines()
    assert [line.split(": ")[0] for line in lines] == files
    assert [line.split(": ")[1].split()[0] for line in lines] == words
    assert out.err.splitlines() == [
        f"{spoof}: NOT the statement that this library knows under its id",
        f"{other}: its id is that of no theorem of this library",
    ]
    assert run(["recheck", "--format", "json", *files, none]) == 2
    found = json.loads(capfd.readouterr().out)
    assert found["exit_code"] == 2 and [row["status"] for row in found["files"]] == [*words, "UNREADABLE"]
    assert [row["id"] for row in found["files"]] == [None, "known", None, "borrowed", "unknown", None, None]


@pytest.mark.parametrize(
    ("numbers", "what"),
    [
        (["--L", "1e60", "--R", "1e60", "--b0", "1e-60"], "eta is about 1e-3"),
        (["--L", "1e-60", "--R", "1e-60", "--b0", "1e60", "--sigma", "0"], "eta is about 1e"),
    ],
)
def test_numbers_beyond_float64_are_not_simulated(
    numbers: list[str], what: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """An eta that underflows to 0 would turn AdaGrad-Norm into SGD: proved, but not attacked, hence UNDECIDED."""
    args = ["bound-check", "--alpha", "1.5", "--theorem", "convex-clip-adagrad-norm", "--steps", "200", "--runs", "400"]
    assert run([*args, *numbers]) == 3
    out = capfd.readouterr().out
    assert "no attack: " in out and what in out and "verdict: UNDECIDED" in out


def test_a_bug_is_not_a_verdict(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise OverflowError("planted")

    monkeypatch.setattr(bounds, "theorem_ids", broken)
    assert run(["theorems"]) == INTERNAL_ERROR
    assert "internal error" in capfd.readouterr().err
