"""Theorems and proofs as LaTeX: complete, well formed, every reference backwards, no two formulas alike."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import bounds
from bounds.exponents import ALPHA, exponent
from bounds.setting import HP, VARIANCE, gc, p, t, x, xi
from bounds.terms import expect, forall, ind, inner, le, lt, n, norm, num, par, shift, time, total
from tests.kernel.mutate import mutants
from verify.constants import proved
from verify.export.latex.document import document, fragment
from verify.export.latex.formula import Formula
from verify.export.latex.letters import letter
from verify.export.latex.lines import WIDTH, broken, width
from verify.export.latex.outline import outline
from verify.export.latex.proof import tag
from verify.export.latex.prose import prose
from verify.export.latex.sections import group

ALL = [(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i)]
PROOFS = ALL[:: max(1, len(ALL) // 5)]  # .ci/run typesets all of them
SGD = bounds.theorem("convex-clip-sgd")
SMALL = "lower-adagrad-norm"
T = time(0, T=1)
PAST = r"\bigm| \mathcal{F}_{t-1}\bigr]"


@pytest.fixture(scope="module")
def written() -> dict[tuple[str, str], str]:
    return {key: fragment(proved(*key)[1]) for key in PROOFS}


@pytest.mark.parametrize("key", PROOFS)
def test_well_formed_and_complete(written: dict[tuple[str, str], str], key: tuple[str, str]) -> None:
    text, st = written[key], bounds.theorem(*key)
    body = re.sub(r"(?m)^%.*$", "", text).replace(r"\{", "").replace(r"\}", "")
    assert body.count("{") == body.count("}") and body.count("$") % 2 == 0
    for name in ("theorem", "lemma", "proof", "equation", "aligned"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}")
    inlined = set(Formula(st).inlined)
    shown = {k for k, f in st.definitions.items() if f.head != "eq" or f.args[0].args[0] not in inlined}
    for name in (*shown, *st.assumptions, *st.conditions):
        assert rf"\tag*{{{tag(name)}}}" in text
    assert "\x01" not in text and "None" not in text


@pytest.mark.parametrize("key", PROOFS)
def test_every_sign_is_a_hypothesis(written: dict[tuple[str, str], str], key: tuple[str, str]) -> None:
    """Also that of a parameter for which its number is written, such as 1 - beta2: without it the theorem is false."""
    st = bounds.theorem(*key)
    formula, objects = Formula(st), re.search(r"\\label\{.*\}\n(Let .*)", written[key])[1]  # type: ignore[index]
    for name, parameter in st.parameters.items():
        relation = {"pos": "> 0", "nonneg": r"\ge 0", "real": r"\in\mathbb{R}"}[parameter.sign]
        assert f"${formula.inline(par(name))} {relation}$" in objects


def test_without_its_sign_a_theorem_is_false() -> None:
    """The twin: at beta2 = 4 what else ``lower-adam-norm`` asks for holds at T = 1, but no jump misses 1/2."""

    def missed(jump: float) -> float:
        z, b_sq = 1.01, 100.0  # <e, x - x*>, with nu = 1, sigma D = 1.4, gamma = 20
        for noise in (jump, 0.0):
            gradient = max(-1.0, min(1.0, z)) + noise
            b_sq = 4 * b_sq + (1 - 4) * gradient**2
            z -= 20 / b_sq**0.5 * gradient
        return z * z / 2 if abs(z) <= 1 else abs(z) - 0.5

    assert max(map(missed, (-1.4, 0.0, 1.4))) < 0.5


@pytest.mark.parametrize("key", PROOFS)
def test_every_reference_points_backwards(written: dict[tuple[str, str], str], key: tuple[str, str]) -> None:
    """A lemma is proved before it is used, and a line is numbered before it is cited."""
    text = written[key]
    labels = {m.group(1): m.start() for m in re.finditer(r"\\label\{([^}]*)\}", text)}
    assert len(labels) == text.count(r"\label{")
    refs = [(m.group(1), m.start()) for m in re.finditer(r"\\(?:eq)?ref\{([^}]*)\}", text)]
    assert len(refs) > (50 if bounds.kind(key[0]) != "lemma" else 5)
    assert [r for r, at in refs if labels.get(r, at) >= at] == []


def test_an_outline_holds_every_step_once() -> None:
    proof, root = outline("convex-clip-adagrad-norm", "joint")
    assert root.all_steps() == list(range(len(proof.steps)))
    sections = group(proof, root).sections
    printed = [k for s in sections for k in s.lines]
    assert len(printed) == len(set(printed)) and len(sections) > 20
    assert sections[-1].results == (len(proof.steps) - 1,)
    names = {s.name for s in sections}
    assert {"norm_clip_sub_le_noise", "interpolation", "one_step", "jensen"} <= names


def test_formulas() -> None:
    f = Formula(SGD)
    a = inner(x(t) - par("R") * xi(t), xi(t))
    for term, latex in (
        (VARIANCE, "V"),
        (gc(shift(t, -1)), r"\hat g_{t-1}"),
        (norm(p(t)) ** ALPHA, r"\|p_{t}\|^{\alpha}"),
        (par("z1") ** exponent([1, -1]), r"z_{1}^{1-\alpha}"),
        (par("z1") ** (ALPHA / exponent([1, 1])), r"z_{1}^{\alpha/(\alpha+1)}"),
        (par("z1") ** exponent([0, "2/3"]), r"z_{1}^{2\alpha/3}"),
        (num(2) * HP.gamma / par("rho2") ** 2, r"\frac{2 \gamma}{\rho_{2}^{2}}"),
        (par("alpha_m1") * HP.lam, r"(\alpha - 1) \lambda"),
        (expect(shift(t, -1), a), r"\mathbb{E}\bigl[\langle x_{t} - R\,\xi_{t},\, \xi_{t}\rangle " + PAST),
        (ind(lt(0, HP.lam)), r"\mathbf{1}\{0 < \lambda\}"),
        (total("t", T, norm(xi(t))), r"\sum_{t<T} \|\xi_{t}\|"),
        (forall({"t": "nat"}, (le(n(shift(t, 1)), n(T)),), le(n(t), 3)), r"\text{for all $t < T$:}\ t \le 3"),
    ):  # fmt: skip
        assert f.inline(term) == latex
    assert (letter("beta2"), letter("b0"), letter("Delta")) == (r"\beta_{2}", "b_{0}", r"\Delta")


@pytest.mark.parametrize("key", [("convex-clip-adagrad-norm-delayed", v) for v in ("freedman", "joint")])
def test_a_changed_fact_is_printed_differently(key: tuple[str, str]) -> None:
    """No mutant of a fact of the statement looks like the fact: what a reader sees determines what was proved."""
    st = bounds.theorem(*key)
    formula = Formula(st)
    for fact in (*st.assumptions.values(), *st.conditions.values(), *st.conclusion.args[1].args):
        shown = formula.inline(fact)
        assert [what for what, mutant in mutants(fact) if mutant is not fact and formula.inline(mutant) == shown] == []


def test_long_formulas_are_broken_and_nothing_else_changes() -> None:
    f = Formula(bounds.theorem("convex-clip-adagrad-norm", "joint"))
    for fact in f_conditions():
        plain, lines = f.inline(fact), f.display(fact)
        assert lines.replace(r"\\", "").replace(r"&\qquad", "").replace("&", "").split() == (
            plain.split() if lines == plain else [r"\begin{aligned}", *plain.split(), r"\end{aligned}"]
        )
        for line in lines.split(r"\\"):
            assert width(re.sub(r"\\(begin|end)\{aligned\}|&|\\qquad", "", line)) < WIDTH + 12
    assert broken("a") == "a"


def test_a_wide_sum_over_a_number_can_be_broken() -> None:
    """Its twin, a short one, stays a fraction: only what sticks out is written as a product."""
    f = Formula(bounds.theorem("convex-clip-sgd", "joint"))
    R, lam = par("R"), par("lam")
    parts = [sum((num(k) * lam * par("kappa") for k in range(3, count)), num(2) * lam) for count in (5, 30)]
    short, wide = (f.display(le((part) / R, num(1))) for part in parts)
    assert r"}{R}" in short and r"\frac{1}{R}" not in short and "aligned" not in short
    assert r"\frac{1}{R}" in wide and wide.count(r"\\") >= 2
    assert all(
        width(re.sub(r"\\(begin|end)\{aligned\}|&|\\qquad", "", line)) < WIDTH + 12 for line in wide.split(r"\\")
    )


def f_conditions():
    return bounds.theorem("convex-clip-adagrad-norm", "joint").conditions.values()


def test_prose() -> None:
    assert prose("growth per (sigma/lam)^alpha") == r"growth per $(\sigma /\lambda )^{\alpha }$"
    assert prose("ln(1/failure probability), so that P is one") == "ln(1/failure probability), so that $P$ is one"
    assert prose("50% of a_bound & more") == r"$50\%$ of $a_{\mathrm{bound} }$ \& more"


def test_command_line(cli) -> None:
    found = cli(f"show {SMALL} --latex")
    assert found.code == 0 and found.out == fragment(proved(SMALL, "plain")[1])
    whole = cli(f"show {SMALL} --latex --standalone").out
    assert whole == document([(f"{SMALL} (plain)", found.out)]) and whole.startswith(r"\documentclass")


def test_a_refused_proof_is_not_typeset(cli, monkeypatch) -> None:
    good = bounds.proof(SMALL)
    monkeypatch.setattr(bounds, "proof", lambda *_: replace(good, steps=good.steps[:-1]))
    found = cli(f"show {SMALL} --latex")
    assert found.code == 1 and found.out == "" and "REFUTED" in found.err
