"""Bad input: exit code 2 and one line on stderr that says what was expected, what was given, what to try."""

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest

BAD = {
    "bound-check --alpha 1.5 --variant joint": ("expected one --theorem that has it, got 0", "--theorem"),
    "bound-check --alpha 1.5 --theorem convex-clip-sgd --variant fast": ("no variant 'fast'; it has freedman, joint",),
    "bound-check --alpha 1.5 --theorem convex-clip-sgd --variant joint-momentum": ("speaks about a --beta1 above 0",),
    "bound-check --alpha 1": ("--alpha", "(1, 2]", "'1'", "try --alpha 1.5"),
    "bound-check --alpha 2.5": ("--alpha", "(1, 2]", "'2.5'"),
    "bound-check --alpha nan": ("--alpha", "'nan'"),
    "bound-check --alpha inf": ("--alpha", "'inf'"),
    "bound-check --alpha abc": ("--alpha", "'abc'"),
    "bound-check --alpha 3/0": ("--alpha", "'3/0'"),
    "bound-check --alpha 1e999999999": ("--alpha", "'1e999999999'"),
    "bound-check --alpha 1.5 --delta 0": ("--delta", "(0, 1)", "'0'", "try --delta 0.01"),
    "bound-check --alpha 1.5 --delta 1": ("--delta", "(0, 1)", "'1'"),
    "bound-check --alpha 1.5 --steps 0": ("--steps", "integer", "'0'", "try --steps 10000"),
    "bound-check --alpha 1.5 --steps 1.5": ("--steps", "integer", "'1.5'"),
    "bound-check --alpha 1.5 --steps 1e19": ("--steps", "integer", "'1e19'"),
    "bound-check --alpha 1.5 --runs -1": ("--runs", "integer", "'-1'"),
    "bound-check --alpha 1.5 --sigma -1": ("--sigma", "'-1'"),
    "bound-check --alpha 1.5 --sigma 1e-61": ("--sigma", "0 or a number in [1e-60, 1e60]", "'1e-61'"),
    f"bound-check --alpha 1.5 --sigma 1.{'0' * 60}1e-59": ("--sigma", "at most 100 digits", "rounder"),
    f"bound-check --alpha 1.5 --delta 0.{'3' * 401}": ("--delta", "at most 400 digits", "rounder"),
    "bound-check --alpha 1.5 --eta 1e-150": ("--eta", "'1e-150'"),
    "bound-check --alpha 1.5 --L 0": ("--L", "'0'"),
    "bound-check --alpha 1.5 --R 1e100": ("--R", "'1e100'"),
    "bound-check --alpha 1.5 --eta rewieghted": ("--eta", "'rewieghted'"),
    "bound-check --alpha 1.5 --delay 0": ("--delay", "'0'"),
    "bound-check --alpha 1.5 --theorem convex-clip-adagrad-norm-stale --beta1 0.9": (
        "--beta1",
        "not proved",
        "try --beta1 0",
    ),
    "bound-check --alpha 1.5 --beta1 1": ("--beta1", "0 or a number in [1e-60, 1)", "'1'"),
    "bound-check --alpha 1.5 --beta1 1e-150": ("--beta1", "'1e-150'"),
    "bound-check --alpha 1.5 --beta2 1": ("--beta2", "[1e-60, 1)", "'1'", "try --beta2 0.9999"),
    "bound-check --alpha 1.5 --beta2 1e-150": ("--beta2", "'1e-150'"),
    "bound-check --alpha 1.5 --theorem nonconvex-clip-sgd": ("--Delta", "nonconvex-clip-sgd", "try --Delta 1"),
    "bound-check --alpha 1.5 --Delta 0": ("--Delta", "'0'"),
    "bound-check --alpha 1.5 --theorem lower-adam-norm": ("--theorem", "expected an upper bound", "convex-clip-sgd"),
    "table --alpha 1.5 --theorem clip-bias-tight": ("--theorem", "expected an upper bound", "convex-clip-sgd"),
    "bound-check --alpha 1.5 --level 2": ("--level", "'2'"),
    "bound-check --alpha 1.5 --theorem convex-clip-sdg": ("convex-clip-sdg", "did you mean convex-clip-sgd"),
    "bound-check --alpha 1.5 --format xml": ("--format", "xml"),
    "bound-check --alpha 1.5 --momentum 1": ("--momentum",),
    "bound-check": ("--alpha",),
    "show": ("THEOREM",),
    "show convex-clip-sgd --standalone": ("--standalone", "--latex"),
    "show convex-clip-sgd --latex --format json": ("--format json", "--latex"),
    "show lower-adagrad-nrom": ("lower-adagrad-nrom", "did you mean"),
    "show convex-clip-sgd --variant x": ("--variant", "freedman", "'x'"),
    "axioms x": ("'x'", "did you mean"),
    "prove convex": ("'convex'", "did you mean"),
    "prove --out /dev/null/x": ("/dev/null/x",),
    "table --out table.pdf": ("--out", "*.tex", "'table.pdf'"),
    "bound-chekc": ("bound-chekc", "did you mean bound-check"),
    "recheck": ("FILE",),
}


@pytest.mark.parametrize("line", BAD)
def test_bad_input_gets_one_clear_line(cli, line):
    found = cli(line)
    assert (found.code, found.out) == (2, "")
    assert found.err.count("\n") == 1 and found.err.startswith("verify: error: ")
    assert "Traceback" not in found.err
    for words in BAD[line]:
        assert words in found.err


def test_no_command_is_a_usage_error_with_help(cli):
    found = cli()
    assert found.code == 2 and "bound-check" in found.err and not found.out


def test_long_values_are_cut(cli):
    found = cli("bound-check", "--alpha", "9" * 10_000)
    assert found.code == 2 and len(found.err) < 200


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_full_disk_is_no_bug():
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-m", "verify.cli", "theorems"], stdout=full, stderr=PIPE, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "cannot write: No space left" in done.stderr


def test_a_tiny_delta_is_too_much_work_and_no_bug(cli):
    """1 - delta is not rounded to 0.99999, and neither an attack nor a search overflows."""
    found = cli("bound-check --alpha 1.5 --delta 1e-320 --theorem convex-clip-sgd")
    assert found.code == 3 and "with probability >= 1 - 1e-320" in found.out and "trajectory-steps, more" in found.out
    found = cli("adversary --alpha 1.5 --delta 1e-320 --theorem convex-clip-sgd")
    assert found.code == 3 and found.err.count("\n") == 1 and "no search" in found.err


@pytest.mark.parametrize("line", ["theorems", "--help", "--version", "bound-check --help", "show convex-clip-sgd"])
def test_good_input_has_no_complaint(cli, line):
    """Positive twin."""
    found = cli(line)
    assert found.code == 0 and found.out and not found.err
