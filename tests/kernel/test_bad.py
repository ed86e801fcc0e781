"""Certificates with one sin each: both checkers refuse every one, the kernel for the stated reason."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

import bounds
from bounds.setting import xstar
from bounds.terms import eq, le, mk, par
from tests.bad.make import HERE, always, files, with_functions
from verify import recheck
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay

NAMES = sorted(p.name for p in HERE.glob("*.json"))
FILES = cache(files)  # written when they are first needed, not where tests are collected


def test_the_files_are_what_the_generator_writes() -> None:
    assert set(NAMES) == set(FILES())
    stale = [name for name, (text, _) in FILES().items() if (HERE / name).read_text() != text]
    assert stale == [], "run python -m tests.bad.make"


@pytest.mark.parametrize("name", NAMES)
def test_refused_by_the_kernel_for_the_stated_reason(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        replay(load((HERE / name).read_text()))
    assert FILES()[name][1] in str(refusal.value)


@pytest.mark.parametrize("name", NAMES)
def test_refused_by_the_recheck_too(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert recheck.main([str(HERE / name)]) == 1
    assert "REFUSED" in capsys.readouterr().out


def test_each_names_the_first_failing_step() -> None:
    """The last step is the sin; everything before it is correct, so a checker that refuses early is noticed."""
    for name, (text, _) in FILES().items():
        with pytest.raises(Refused) as refusal:
            replay(load(text))
        where = refusal.value.where
        if where.startswith("step") and name not in ("forward_reference.json", "delay_may_be_zero.json"):
            assert int(where.split()[1]) == len(json.loads(text)["steps"]) - 1, name


def test_damaged_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = (HERE / "edited_after_sealing.json").read_text()
    for name, text in (("cut.json", good[: len(good) // 2]), ("empty.json", ""), ("list.json", "[1, 2]")):
        path = tmp_path / name
        path.write_text(text)
        assert recheck.main([str(path)]) in (1, 2)
        out = capsys.readouterr()
        assert len((out.out + out.err).strip().splitlines()) == 1
        with pytest.raises(Exception, match=r"certificate|JSON"):
            replay(load(text))


def test_functions_may_be_defined_by_others_in_a_row(tmp_path: Path) -> None:
    """The true neighbour of the circles: g by h and a premise about h, h by nothing, a parameter by g."""
    v = mk("vvar", "v")
    g, h = (mk("app", name, v) for name in "gh")
    proof = with_functions(
        bounds.proof("convex-clip-adagrad-norm-delayed"),
        up=always(eq(g, h + 1), le(h, 2)),
        top=eq(par("top"), mk("app", "g", xstar)),
        down=always(eq(h, 1)),
    )
    path = tmp_path / "row.json"
    path.write_text(json.dumps(encode(proof)))
    assert replay(load(path.read_text())).n_steps == len(proof.steps)
    assert recheck.main([str(path)]) == 0
