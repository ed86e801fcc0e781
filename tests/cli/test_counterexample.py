"""``counterexample``: the record, the text, the exit codes."""

from fractions import Fraction as F

import pytest

LINE = "counterexample {} --alpha 1.5 --delta 0.01 --epsilon 0.01"
KEYS = {"schema_version", "alpha", "delta", "epsilon", "sigma", "method", "theorem", "variant", "proof", "parameters"}
KEYS |= {
    "forced_steps",
    "forced_nothing_because",
    "forced_probability",
    "failure_probability",
    "first_success",
    "problem",
    "noise",
}
METHODS = ("adagrad-norm", "adagrad-norm-delayed", "adam-norm", "adam-norm-delayed")


@pytest.mark.parametrize("method", METHODS)
def test_the_record_has_the_documented_shape(cli, method):
    found = cli(LINE.format(method) + " --format json")
    record = found.json
    assert found.code == 0 and not found.err and set(record) == KEYS
    assert record["proof"]["status"] == "PROVED" and record["theorem"] == f"lower-{method}"
    assert record["forced_steps"] < record["first_success"]["steps"]
    low, high = (F(record["failure_probability"][end]) for end in ("lower", "upper"))
    assert F(1, 100) <= low <= high <= F(1, 49)
    jump, p = F(record["noise"]["jump"]), F(record["noise"]["probability"])
    assert p / 2 > F(1, 100) and jump > F(record["problem"]["nu"]) and p * jump ** F(3, 2) <= 1 + 1e-12


@pytest.mark.parametrize("method", METHODS)
def test_a_smaller_delta_forces_more(cli, method):
    """In proportion to delta^(-1/alpha), or more where the delay multiplies it."""
    first, second = (
        cli(f"counterexample {method} --alpha 2 --delta {delta} --epsilon 1e-4 --beta1 0.5 --format json").json
        for delta in ("1e-1", "1e-3")
    )
    assert second["forced_steps"] > 9 * first["forced_steps"] and second["variant"] == "momentum"


def test_the_text_says_what_is_forced(cli):
    out = cli(LINE.format("adagrad-norm")).out
    assert "f(x_95) - f* > 0.01 with probability > 0.01, for every gamma" in out and "first at step 97" in out


def test_nothing_forced_is_not_success(cli):
    found = cli(LINE.format("adam-norm") + " --beta1 0.9 --beta2 0.5")
    assert found.code == 3
    assert "forced   nothing: this theorem needs beta1 < beta2^(1/2), got beta1 = 0.9 and beta2 = 0.5" in found.out
    edge = cli(LINE.format("adam-norm") + " --beta1 0.5 --beta2 0.25")
    assert edge.code == 3 and "this theorem needs beta1 < beta2^(1/2)" in edge.out
    good = cli(LINE.format("adam-norm") + " --beta1 0.9 --beta2 0.99")
    assert good.code == 0 and "needs" not in good.out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("counterexample adagrad --alpha 1.5", ("adagrad", "adagrad-norm")),
        ("counterexample adagrad-norm --alpha 2.5", ("--alpha", "(1, 2]")),
        ("counterexample adagrad-norm --alpha 1.5 --delta 0.6", ("delta", "(0, 1/2)", "3/5")),
        ("counterexample adagrad-norm --alpha 1.5 --delta 0.4 --epsilon 10", ("not larger than the slope", "try")),
        ("counterexample adam-norm-delayed --alpha 1.5 --b0 0", ("--b0", "expected a number > 0")),
    ],
)
def test_bad_input_gets_one_clear_line(cli, line, words):
    found = cli(line)
    assert (found.code, found.out) == (2, "") and found.err.count("\n") == 1
    assert all(word in found.err for word in words)
