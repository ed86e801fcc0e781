"""docs/extending.md is executed: its theorem is proved, its error is what it shows; and all theorem files are alike."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import re
import sys
import types
from pathlib import Path

import pytest

import bounds.theorems
from tests.kernel import trees
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
WHOLE, WRONG = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
RIGHT, REFUSED, TREES = re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def add(monkeypatch):
    """Add a theorem file to the library, as the page says."""

    def install(source: str) -> types.ModuleType:
        module = types.ModuleType("bounds.theorems.floor")
        exec(compile(source, "floor.py", "exec"), module.__dict__)
        monkeypatch.setitem(sys.modules, "bounds.theorems.floor", module)
        monkeypatch.setattr(bounds.theorems, "FAMILIES", (*bounds.theorems.FAMILIES, "floor"))
        return module

    return install


def run(cli, capfd, transcript: str, code: int) -> None:
    """The commands of a transcript print what it shows; "..." stands for any text."""
    parts = re.split(r"^\$ verify (.*)\n", transcript, flags=re.MULTILINE)[1:]
    assert parts
    for command, want in zip(parts[::2], parts[1::2], strict=True):
        capfd.readouterr()
        found = cli(command)
        got = found.out
        assert found.code == code
        assert doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS), got


def test_the_theorem_of_the_page_is_proved(add, cli, capfd, tmp_path, monkeypatch):
    add(WHOLE)
    monkeypatch.chdir(tmp_path)
    run(cli, capfd, RIGHT, 0)
    for option in ("", " --latex"):
        assert "clip-accumulator-floor" in cli(f"show clip-accumulator-floor{option}").out


def test_the_error_of_the_page_is_what_the_kernel_says(add, cli, capfd):
    """Negative twin: one multiplier is wrong, and the residual shows it."""
    line = next(x for x in WHOLE.splitlines() if x.strip().startswith("stepped = "))
    assert WRONG.strip() != line.strip()
    add(WHOLE.replace(line, WRONG.rstrip("\n")))
    run(cli, capfd, REFUSED, 1)


def test_the_theorem_of_the_page_is_true_in_finite_models(add, capsys):
    """Every step holds on random trees, as the page says; a lower ceiling is false on them, and refused."""
    add(WHOLE)
    command, shown = TREES.removeprefix("$ python -m tests.kernel.trees ").split("\n", 1)
    assert (trees.main(command.split()), capsys.readouterr().out) == (0, shown)
    lower = add(WHOLE.replace("CEILING = b0**2 + eta * lam**2 * n(T)", "CEILING = b0**2 + eta * lam**2 * n(T) / 2"))
    assert trees.main(command.split()) == 1
    assert "4 false\n  step 39 (induct) is false at {'T': 2}" in capsys.readouterr().out
    with pytest.raises(Refused, match="induction step: expected"):
        replay(load(dumps(encode(lower.proof("clip-accumulator-floor")))))


def test_the_page_is_a_page():
    assert len(WHOLE.splitlines()) <= 75
    assert all(
        len(line) <= 140 for line in PAGE.splitlines() if not line.startswith(("clip-acc", "certificates/", "|"))
    )


@pytest.mark.parametrize("name", bounds.theorems.FAMILIES)
def test_one_skeleton_for_all_theorem_files(name):
    family = importlib.import_module(f"bounds.theorems.{name}")
    assert family.__doc__ and family.IDS and family.KIND in ("convex", "nonconvex", "uniform", "lower", "lemma")
    assert list(inspect.signature(family.variants).parameters) == ["theorem_id"]
    for function in ("method", "statement"):
        assert list(inspect.signature(getattr(family, function)).parameters)[:2] == ["theorem_id", "variant"]
    assert list(inspect.signature(family.proof).parameters) == ["theorem_id", "variant", "of"]
    for theorem in family.IDS:
        for variant in family.variants(theorem):
            st = family.statement(theorem, variant)
            assert (st.id, st.variant) == (theorem, variant)


def test_a_proof_that_no_tree_fits_is_not_called_true(capsys):
    assert trees.main(["norm-clip-sub-le", "--seeds", "2"]) == 3
    assert "on 0 trees" in capsys.readouterr().out


def test_the_example_is_as_the_repository_is_written():
    """No unused import: every imported name is used."""
    tree = ast.parse(WHOLE)
    imported = {a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names}
    assert imported == imported & {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
