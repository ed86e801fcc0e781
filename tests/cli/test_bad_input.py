"""Bad input: exit code 2 and one line on stderr that says what was expected, what was given, what to try."""

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
    "bound-check --alpha 1.5 --L 0": ("--L", "'0'"),
    "bound-check --alpha 1.5 --R 1e100": ("--R", "'1e100'"),
    "bound-check --alpha 1.5 --eta rewieghted": ("--eta", "'rewieghted'"),
    "bound-check --alpha 1.5 --delay 0": ("--delay", "'0'"),
    "bound-check --alpha 1.5 --theorem convex-clip-adagrad-norm-stale --beta1 0.9": (
        "--beta1",
        "not proved",
        "try --beta1 0",
    ),
    "bound-check --alpha 1.5 --beta1 1": ("--beta1", "[0, 1)", "'1'"),
    "bound-check --alpha 1.5 --beta2 1": ("--beta2", "(0, 1)", "'1'", "try --beta2 0.9999"),
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
    "show lower-adagrad-nrom": ("lower-adagrad-nrom", "did you mean"),
    "show convex-clip-sgd --variant x": ("--variant", "freedman", "'x'"),
    "axioms x": ("'x'", "did you mean"),
    "prove convex": ("'convex'", "did you mean"),
    "prove --out /dev/null/x": ("/dev/null/x",),
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


@pytest.mark.parametrize("line", ["theorems", "--help", "--version", "bound-check --help", "show convex-clip-sgd"])
def test_good_input_has_no_complaint(cli, line):
    """Positive twin."""
    found = cli(line)
    assert found.code == 0 and found.out and not found.err
