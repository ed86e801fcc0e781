"""The numbers that runs are made of have the same bits on every processor."""

import json
import os
import subprocess
import sys
from pathlib import Path

import everywhere
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def elsewhere():
    """Digests from a process without the instructions that only some processors have."""
    without = everywhere.OFF | {"NPY_DISABLE_CPU_FEATURES": " ".join(everywhere.features()), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, everywhere.__file__]
    return json.loads(subprocess.run(command, env=os.environ | without, capture_output=True, check=True).stdout)


def changed(here, there):
    return {name for name, numbers in here.items() if everywhere.digest(numbers) != there[name]}


def test_tables_and_factors_do_not_depend_on_the_processor(elsewhere):
    assert not changed(everywhere.ours(), elsewhere[0])


def test_those_of_numpy_and_of_the_c_library_do(elsewhere):
    """So the other test can fail: a table made with any of these would."""
    if not everywhere.features():
        pytest.skip("numpy has no code for this processor that it could do without")
    assert changed(everywhere.theirs(), elsewhere[1])
