"""Certificates with one sin each: both checkers refuse every one, the kernel for the stated reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bad.make import HERE, files
from verify import recheck
from verify.kernel.replay import Refused, load, replay

FILES = files()


def test_the_files_are_what_the_generator_writes() -> None:
    assert {p.name for p in HERE.glob("*.json")} == set(FILES)
    stale = [name for name, (text, _) in FILES.items() if (HERE / name).read_text() != text]
    assert stale == [], "run python -m tests.bad.make"


@pytest.mark.parametrize("name", sorted(FILES))
def test_refused_by_the_kernel_for_the_stated_reason(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        replay(load((HERE / name).read_text()))
    assert FILES[name][1] in str(refusal.value)


@pytest.mark.parametrize("name", sorted(FILES))
def test_refused_by_the_recheck_too(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert recheck.main([str(HERE / name)]) == 1
    assert "REFUSED" in capsys.readouterr().out


def test_each_names_the_first_failing_step() -> None:
    """The last step is the sin; everything before it is correct, so a checker that refuses early is noticed."""
    for name, (text, _) in FILES.items():
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
