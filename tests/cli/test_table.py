"""``table``: what is printed is certified, and what is not certified is refused."""

import copy
import csv
import hashlib
import io
import json
import re
import subprocess
import sys
import time
from decimal import Decimal
from fractions import Fraction

import mpmath
import pytest

from verify.cli import run
from verify.tables import numbers
from verify.tables import record as records
from verify.tables.render import render

# vacuous at N = 10, in scientific notation at N = 1e10
COMMAND = "table --alpha 1.5,2 --delta 0.01,1e-6 --steps 10,1e4,1e10 --theorem convex-clip-sgd"
SMALL = "table --alpha 1.5 --delta 0.01 --steps 1e4 --theorem convex-clip-sgd"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    where = tmp_path_factory.mktemp("tables")
    adaptive = "--theorem convex-clip-adagrad-norm --theorem convex-clip-adagrad-norm-delayed --delay 2 --b0 3/2"
    small = "--alpha 1.5 --delta 0.01 --steps 1e4,1e5"
    assert run([*COMMAND.split(), "--out", str(where / "bounds.tex")]) == 0
    assert run(["table", *adaptive.split(), *small.split(), "--out", str(where / "more.csv")]) == 0
    return where


@pytest.fixture(scope="module")
def record(folder):
    return json.loads((folder / "bounds.json").read_text())


@pytest.fixture
def verdict(cli, tmp_path):
    """The outcome of --check on a record that is written as tables are."""

    def call(record):
        path = tmp_path / "t.json"
        path.write_text(records.dumps(record), encoding="utf-8")
        return cli("table", "--check", str(path))

    return call


def edited(record, *path, to):
    """A copy in which the entry at a path is another one, or a function of the old one."""
    new = copy.deepcopy(record)
    *parents, last = path
    place = new
    for key in parents:
        place = place[key]
    place[last] = to(place[last]) if callable(to) else to
    return new


def lowered(text):
    """One unit less in the last digit."""
    x = Decimal(text)
    return str(x - Decimal(1).scaleb(x.as_tuple().exponent)).lower()


# --- the check --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bounds.json", "bounds.tex", "more.csv", "more.json"])
def test_a_table_stands(cli, folder, name):
    found = cli("table", "--check", str(folder / name))
    assert found.code == 0 and "CERTIFIED" in found.out and not found.err


def test_a_record_stands(verdict, record):
    """Positive twin of everything that is refused below."""
    found = verdict(record)
    assert found.code == 0 and "CERTIFIED 12 bounds (4 vacuous), 0 cells without one" in found.out


@pytest.mark.parametrize("k", (0, 1, 2, 7, 11))
def test_a_digit_lowered_by_one_unit_is_refused(verdict, record, k):
    found = verdict(edited(record, "cells", k, "bound", to=lowered))
    assert found.code == 1 and "is below the certified" in found.out
    assert records.where(record["cells"][k]) in found.out


@pytest.mark.parametrize(
    ("path", "to", "why"),
    [
        (("cells", 1, "bound"), lambda x: x[:-1] + "9", "rounded up"),
        (("cells", 1, "bound"), lambda x: x + "0", "rounded up|5 digits"),
        (("cells", 1, "bound"), "nan", "no printed number|Invalid"),
        (("cells", 1, "bound"), "--", "."),
        (("cells", 1, "delta"), "0.001", "grid"),
        (("cells", 1, "vacuous"), True, "vacuous"),
        (("cells", 0, "vacuous"), False, "vacuous"),
        (("cells", 1, "certificate"), None, "without a certificate"),
        (("cells", 1, "certificate", "values", "delta"), "1/1000", "certificate is refused"),
        (("cells", 1, "certificate", "values", "gamma"), "1", "certificate is refused"),
        (("cells", 1, "certificate", "bound", "upper"), "1/5", "certificate is refused"),
        (("cells", 1, "certificate", "sha256"), "0" * 64, "certificate is refused"),
        (("cells", 1, "reason"), "none", "reason"),
        (("grid", "delta", 0), "0.001", "grid"),
        (("settings", "sigma"), "1/2", "sigma"),
        (("settings", "L"), "2", "L = 1|vacuous"),
        (("digits",), 5, "digits"),
        (("format",), "tailcert-table/2", "tailcert-table/1"),
        (("cells",), [], "grid"),
        (("cells",), 7, "malformed"),
        (("statements",), {}, "."),
        (("extra",), 1, "tailcert-table/1"),
        (("command",), lambda x: x + "\n0.00001\n\\endinput %", "command"),
        (("provenance", "versions", "tailcert"), "0.1.0 -->", "version"),
        (("provenance", "versions", "more"), "0.1", "provenance"),
        (("settings", "L"), " 1 ", "setting"),
        (("settings", "Delta"), "x", "malformed"),
        (("cells", 1, "bound"), lambda x: "0" + x, "no printed number"),
    ],
)
def test_an_edit_is_refused(verdict, record, path, to, why):
    new = edited(record, *path, to=to) if path != ("extra",) else record | {"extra": to}
    found = verdict(new)
    assert found.code == 1 and "REFUSED" in found.out and re.search(why, found.out)
    assert found.out.count("\n") == 1 and not found.err


def test_another_spelling_of_a_number_is_refused(verdict, record):
    other = {"0.01": "0.0_1"}
    new = edited(record, "cells", to=[c | {"delta": other.get(c["delta"], c["delta"])} for c in record["cells"]])
    new = edited(new, "grid", "delta", to=[other.get(x, x) for x in record["grid"]["delta"]])
    found = verdict(new)
    assert found.code == 1 and "a number of the grid is not written the way tables are" in found.out


def test_a_certificate_of_another_cell_is_refused(verdict, record):
    found = verdict(edited(record, "cells", 1, "certificate", to=record["cells"][4]["certificate"]))
    assert found.code == 1 and "its certificate is for delta" in found.out


def test_a_statement_that_is_not_proved_is_refused(verdict, record):
    """A weaker set of conditions, with digests to match, certifies but has no proof."""
    from verify import recheck

    (old, _), *_ = record["statements"].items()
    new = copy.deepcopy(record)
    new["statements"][old]["statement"]["title"] = "another theorem"
    shared = new["statements"].pop(old)
    changed = recheck.statement_digest(shared["statement"], shared["terms"])
    new["statements"][changed] = shared
    for cell in new["cells"]:
        if cell["certificate"]["statement_sha256"] == old:
            cell["certificate"]["statement_sha256"] = changed
            whole = records.certificate(new, cell)
            cell["certificate"]["sha256"] = recheck.digest({k: x for k, x in whole.items() if k != "sha256"})
            assert recheck.check(records.certificate(new, cell)).sha256 == changed
    found = verdict(new)
    assert found.code == 1 and "not that of a replayed proof" in found.out


def test_a_cell_that_no_theorem_speaks_about_says_why(cli):
    """One step is too few for beta2 = 1 - 1/N: the other cells have their bounds; a grid of such cells is an error."""
    command = "table --alpha 1.5 --delta 0.01 --theorem convex-clip-adam-norm --sigma 0 --format json --steps "
    found = cli(command + "1,2")
    first, second = found.json["cells"]
    assert found.code == 0 and first["bound"] == "--" and second["certificate"] and first["certificate"] is None
    assert first["reason"].startswith("N: convex-clip-adam-norm needs an integer >= 2") and first["reason"] in found.err
    alone = cli(command + "1")
    assert alone.code == 2 and "needs an integer >= 2" in alone.err


@pytest.mark.parametrize("name", ["bounds.tex", "constants.tex"])
def test_an_edited_file_beside_the_json_is_refused(cli, folder, tmp_path, name):
    for file in ("bounds.tex", "bounds.json", "constants.tex"):
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    assert cli("table", "--check", str(tmp_path / "bounds.tex")).code == 0
    text = (tmp_path / name).read_text()
    (tmp_path / name).write_text(text.replace("0.2040", "0.2039"))
    found = cli("table", "--check", str(tmp_path / "bounds.tex"))
    assert found.code == 1 and f"{name} is not what bounds.json prints" in found.out


def test_other_bytes_of_the_same_json_are_refused(cli, folder, tmp_path):
    (tmp_path / "t.json").write_text((folder / "bounds.json").read_text() + "\n")
    assert cli("table", "--check", str(tmp_path / "t.json")).code == 1


# --- the digits -------------------------------------------------------------------------------------------


def test_mpmath_agrees_at_fifty_digits(folder):
    """chi (kappa R)^2 b0 / (2 N gamma), evaluated by hand at the exact parameters."""
    with mpmath.workdps(50):
        for row in [*long(folder, "bounds"), *long(folder, "more")]:
            x = {k: mpmath.mpf(f.numerator) / f.denominator for k, v in row.items() if (f := number(v)) is not None}
            value = x.get("chi", 1) * (x["kappa"] * x["R"]) ** 2 * x.get("b0", 1) / (2 * x["N"] * x["gamma"])
            assert x["lower"] * (1 - mpmath.mpf(10) ** -45) <= value <= x["upper"] * (1 + mpmath.mpf(10) ** -45)
            assert value <= x["bound"] <= value * (1 + mpmath.mpf(10) ** -3)


def number(text):
    try:
        return Fraction(text)
    except ValueError:
        return None


def long(folder, name):
    record = json.loads((folder / f"{name}.json").read_text())
    return list(csv.DictReader(io.StringIO(render(record, "csv"))))


def test_printed_numbers_are_rounded_up_by_less_than_a_unit():
    for x in (Fraction(1, 7), Fraction(10), Fraction(99999, 10**4), Fraction(10**9, 7), Fraction(1, 3 * 10**9)):
        for digits in (1, 2, 4, 12):
            text = numbers.printed(x, digits)
            unit, shown = numbers.last_unit(text)
            assert x <= Fraction(text) < x + unit and shown == digits


# --- the formats ------------------------------------------------------------------------------------------


def test_latex_structure(folder):
    text = (folder / "bounds.tex").read_text()
    first, rest = text.split("\n", 1)
    assert (
        first.startswith("% tailcert ") and "verify table --alpha 1.5,2 --delta 0.01,1e-6 --steps 10,1e4,1e10" in first
    )
    assert first.endswith(hashlib.sha256((folder / "bounds.json").read_bytes()).hexdigest())
    for name in ("table", "tabular"):
        assert rest.count(rf"\begin{{{name}}}") == rest.count(rf"\end{{{name}}}") == 1
    assert rest.count("{") == rest.count("}") and rest.isascii()
    assert [rest.count(rf"\{x}") for x in ("toprule", "midrule", "bottomrule", "addlinespace")] == [1, 1, 1, 1]
    lines = [line for line in rest.splitlines() if line.endswith(r"\\")]
    columns = re.search(r"\\begin\{tabular\}\{ll((?:S\[table-format=[0-9]+\.[0-9]+(?:e-?[0-9]+)?\])+)\}", rest)
    assert columns is not None and columns[1].count("S[") == 3
    assert {line.count("&") for line in lines} == {4} and len(lines) == 5
    assert rest.count(r"\rlap{$^{\dagger}$}") == 4 and "trivial bound" in rest
    for cell in json.loads((folder / "bounds.json").read_text())["cells"]:
        assert cell["bound"] in rest


def test_macros(folder, record):
    text = (folder / "constants.tex").read_text()
    names = re.findall(r"^\\newcommand\{\\([A-Za-z]+)\}\{[0-9./e-]+\}(?: % vacuous)?$", text, re.M)
    assert len(names) == len(set(names)) == text.count("newcommand") == 3 * len(record["cells"])
    assert r"\newcommand{\tcBoundConvexClipSgdAlphaOnePointFiveDeltaZeroPointZeroOneNOneEFour}{0.2040}" in text


def test_csv_and_markdown_print_the_same_digits(folder, record):
    rows, md = long(folder, "bounds"), render(record, "md")
    assert [row["bound"] for row in rows] == [cell["bound"] for cell in record["cells"]]
    assert [row["vacuous"] for row in rows] == ["yes" if cell["vacuous"] else "no" for cell in record["cells"]]
    body = [line for line in md.splitlines() if line.startswith("| 1.5") or line.startswith("| 2")]
    assert [c.removesuffix(" †") for line in body for c in line.strip("| ").split(" | ")[2:]] == [
        cell["bound"] for cell in record["cells"]
    ]


def test_the_order_of_the_arguments_does_not_matter(cli, folder):
    mixed = "table --steps 1e10,1e4,10,10000 --delta 1e-6,1/100 --theorem convex-clip-sgd --alpha 2,3/2 --format json"
    assert cli(mixed).out.encode() == (folder / "bounds.json").read_bytes()


# --- momentum, delays, non-convex theorems ----------------------------------------------------------------


def test_one_table_for_each_momentum_and_delay(cli, verdict):
    delayed = "convex-clip-adagrad-norm-delayed"
    line = f"table --alpha 1.5 --delta 0.01 --steps 1e4 --theorem {delayed} --beta1 0,0.9 --delay 1,3"
    found = cli(f"{line} --format json").json
    assert [(c["beta1"], c["delay"]) for c in found["cells"]] == [("0", 1), ("0", 3), ("0.9", 1), ("0.9", 3)]
    plain_bound, delayed_bound, momentum_bound, _ = (Fraction(c["bound"]) for c in found["cells"])
    assert plain_bound == delayed_bound < momentum_bound < 2 * plain_bound
    assert "CERTIFIED 4 bounds" in verdict(found).out
    text, macros = render(found, "latex"), render(found, "macros")
    assert rf"\label{{tab:{delayed}-beta1-0.9-delay-3}}" in text and text.count(r"\begin{table}") == 4
    assert macros.count("NormDelayedBetaOneZeroPointNineDelayThreeAlpha") == 5  # bound, gamma, lambda, eta, b0
    for lie, name in (("beta1", "beta1"), ("delay", "d")):
        moved = edited(found, "grid", lie, to=["0", "0.5"] if lie == "beta1" else [1, 2])
        for k in range(4):
            moved = edited(moved, "cells", k, lie, to=moved["grid"][lie][(k // 2, k % 2)[lie == "delay"]])
        refused = verdict(moved)
        assert refused.code == 1 and f"its certificate is for {name} = " in refused.out


def test_a_nonconvex_table_bounds_the_squared_gradient(cli, verdict):
    line = "table --alpha 1.5 --delta 0.01 --steps 10,1e5 --theorem nonconvex-clip-adagrad-norm --Delta 3"
    found = cli(f"{line} --format json").json
    assert [c["vacuous"] for c in found["cells"]] == [True, False]
    assert "CERTIFIED 2 bounds (1 vacuous)" in verdict(found).out
    assert "2 L Delta = 6" in render(found, "md") and r"\|\nabla f(x_t)\|^2" in render(found, "latex")
    refused = verdict(edited(found, "settings", "Delta", to="2"))
    assert refused.code == 1 and "its certificate is for Delta = 3" in refused.out


# --- cells without a bound --------------------------------------------------------------------------------


def test_a_cell_without_a_bound_is_marked_and_explained(cli, monkeypatch, verdict):
    from verify.constants import bound

    def some(theorem, **numbers):
        from verify.constants import NoBound

        if numbers["N"] == 10:
            raise NoBound("no point was found")
        return bound(theorem, **numbers)

    monkeypatch.setattr("verify.tables.fill.bound", some)
    found = cli(SMALL.replace("1e4", "10,1e4") + " --format json")
    assert found.code == 0 and found.err.count("\n") == 1 and "N 10: no point was found" in found.err
    assert [c["bound"] for c in found.json["cells"]] == ["--", "0.2040"]
    assert found.json["cells"][0]["reason"] == "no point was found"
    text = render(found.json, "latex")
    assert "{--} & 0.2040" in text and "no certified bound" in text and text.count("{") == text.count("}")
    assert render(found.json, "macros").count("newcommand") == 3
    assert "1 bounds (0 vacuous), 1 cells without one" in verdict(found.json).out
    assert verdict(edited(found.json, "cells", 0, "reason", to="")).code == 1
    assert verdict(edited(found.json, "cells", 0, "bound", to="0.1")).code == 1
    assert cli(SMALL.replace("1e4", "10")).code == 3


# --- the command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("table --alpha 1.5,1", ("--alpha", "(1, 2]", "'1'")),
        ("table --alpha 1.5,,2", ("--alpha", "''")),
        ("table --delta 0.1,2", ("--delta", "'2'")),
        ("table --steps 1e4,x", ("--steps", "'x'")),
        ("table --steps 1.5", ("--steps", "integer")),
        ("table --digits 13", ("--digits", "[1, 12]")),
        ("table --theorem convex-clip-sdg", ("did you mean convex-clip-sgd",)),
        ("table --format xml", ("--format", "xml")),
        ("table --out /dev/null/x.tex", ("cannot write",)),
        ("table --out t.json --format latex", ("--out", "try t.tex")),
        ("table --out constants.tex", ("--out", "constants.tex")),
        ("table --check missing.json", ("cannot read missing.json",)),
        ("table --check missing.pdf", ("--check", "*.json", "'missing.pdf'")),
        (f"table --alpha 1.5 --steps {','.join(map(str, range(1, 40_000)))}", ("at most 100000 cells",)),
    ],
)
def test_bad_input_gets_one_clear_line(cli, line, words):
    found = cli(line)
    assert (found.code, found.out) == (2, "") and found.err.count("\n") == 1
    for word in words:
        assert word in found.err


def test_an_interrupt_is_quiet(cli, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("verify.tables.fill.attempt", interrupted)
    found = cli(SMALL)
    assert (found.code, found.out, found.err) == (130, "", "verify: interrupted\n")


def test_the_help_is_light():
    code = "import sys\nfrom verify.cli import run\nrun(['table', '--help'])\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "flint", "mpmath", "rich"} & set(done.stderr.split())


def test_a_cell_is_fast(cli):
    """200 cells in a minute, with room to spare, once the proofs are replayed."""
    cli(SMALL)
    start = time.process_time()
    assert cli(SMALL.replace("1e4", "3e4,3e5")).code == 0
    assert time.process_time() - start < 2 * 0.3
