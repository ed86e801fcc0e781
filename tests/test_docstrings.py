"""The examples in docstrings are executed."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bounds", "counterexamples", "verify")
FILES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if ">>> " in path.read_text("utf-8")
)
NAMES = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in FILES]


@pytest.mark.parametrize("name", NAMES)
def test_examples(name):
    found = doctest.testmod(import_module(name))
    assert found.attempted and not found.failed


def test_a_wrong_example_is_noticed():
    wrong = ModuleType("wrong", ">>> 1 + 1\n3\n")
    assert doctest.testmod(wrong, report=False, verbose=False).failed == 1
