"""Closed forms as propositions: complete, well formed, and the same schedule as the statement's."""

from __future__ import annotations

import re
from fractions import Fraction as F

import pytest

import bounds
from bounds.terms import mk, par
from verify.constants.schedule import family, schedule
from verify.export.latex.proposition import proposition, symbolic
from verify.kernel.balls import Balls

NUMBERS = {"alpha": "1.5", "delta": "0.01", "N": 10**6}
VALUES = {k: F(x) for k, x in {"alpha": "1.7", "delta": "0.03", "sigma": 3, "L": 2, "R": 5, "Delta": 7}.items()} | {
    k: F(x) for k, x in {"N": 1000, "b0": "0.3", "beta2": "0.999", "epsilon": "0.4", "gamma": "0.01"}.items()
}
THEOREMS = bounds.theorem_ids("uniform")


def values(facts, more):
    """What the right-hand sides of definitions, or the sides of conditions, are at VALUES."""
    at = Balls(VALUES | more, 256)
    at.define("A", mk("ln", 2 / par("delta")))
    at.define("growth", mk("exp", -500 * mk("ln", par("beta2"))))
    at.define("beta2_c", 1 - par("beta2"))
    return [at.enclose(side) for fact in facts for side in fact.args[fact.head == "eq" :]]


def same(theorem, change):
    """Does the proposition's schedule, with its numbers, have the values of the statement's?"""
    variant = bounds.variants(theorem)[-1]
    lettered, numbers, _ = symbolic(theorem, variant)
    st = family(theorem).statement(theorem, variant)
    schedules = [[f for k, f in x.definitions.items() if k.startswith("schedule")] for x in (lettered, st)]
    mine, own = (
        values([*chosen, *x.conditions.values()], numbers | change)
        for x, chosen in zip((lettered, st), schedules, strict=True)
    )
    return len(schedules[0]) >= 2 and all(
        low <= high2 and low2 <= high for (low, high), (low2, high2) in zip(mine, own, strict=True)
    )


@pytest.mark.parametrize("theorem", THEOREMS)
def test_the_letters_stand_for_the_numbers_of_the_statement(theorem):
    assert same(theorem, {})


@pytest.mark.parametrize("name", ["C1", "C2", "C3", "M", "kappa", "a0", "ell", "g"])
def test_another_number_is_seen(name):
    c = symbolic("uniform-nonconvex-clip-sgd", "c1-500")[1][name]
    assert not same("uniform-nonconvex-clip-sgd", {name: c * F(100001, 100000)})


@pytest.mark.parametrize("theorem", THEOREMS)
def test_well_formed_and_complete(theorem):
    found = schedule(theorem, **NUMBERS)
    text = proposition(found)
    body = re.sub(r"(?m)^%.*$", "", text).replace(r"\{", "").replace(r"\}", "")
    assert body.count("{") == body.count("}") and body.count("$") % 2 == 0 and "None" not in text
    for name in ("proposition", "aligned"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 1
    assert found.proof.sha256 in text and r"\sigma = 0" in text
    assert r"filtration $(\mathcal{F}_t)$" in text and r"\operatorname{clip}_\lambda(v) := v$ if" in text
    assert (r"$\beta_{2} > 0$ and $1 - \beta_{2} > 0$" in text) == ("adam" in theorem)
    assert (r"Here $b_{0} > 0$" in text) == ("adagrad" in theorem)
    numbers = symbolic(theorem, found.variant)[1]
    assert all(re.search(rf"= {re.escape(str(float(x)).removesuffix('.0'))}\$", text) for x in numbers.values())


def test_the_command(cli):
    found = cli("schedule uniform-clip-sgd --alpha 1.5 --steps 1e6 --format latex")
    assert found.code == 0 and r"$C_{1} = 100$, $C_{2} = 4.25$" in found.out
