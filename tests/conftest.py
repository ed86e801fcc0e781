"""Shared by all tests: the command line in this process."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import settings

from verify.cli import run

# the same examples every time; other ones: --hypothesis-profile=default
settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")

# terms are interned and kept, so searching them for cycles again and again is a sixth of all symbolic work
gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the collector need not look at it again."""
    gc.freeze()


@dataclass(frozen=True)
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        def no_float(text: str) -> Any:
            raise ValueError(f"a float in the JSON output: {text}")

        return json.loads(self.out, parse_float=no_float, parse_constant=no_float)


@pytest.fixture
def cli(capfd) -> Callable[..., Outcome]:
    """``cli("theorems", "--format", "json")`` or ``cli("theorems --format json")``."""

    def call(*arguments: str) -> Outcome:
        words = arguments[0].split() if len(arguments) == 1 else list(arguments)
        capfd.readouterr()
        code = run(words)
        return Outcome(code, *capfd.readouterr())

    return call
