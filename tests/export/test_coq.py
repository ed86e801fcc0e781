"""The export to Coq, as far as it can be judged without Coq; tests/export/coq.py runs coqc."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import bounds
from bounds.ledger import LEDGER as CITED
from bounds.terms import le, lt, mk, num, par, time
from verify.export import run as coq
from verify.export.combine import Item
from verify.export.coq_file import LIBRARY, check_file, development, families, library, module, stated, states
from verify.export.development import Development
from verify.export.family import Family
from verify.export.names import NAME
from verify.export.rules import SCRIPTS
from verify.export.statement import STARS, hypotheses, variables
from verify.export.text import Printer, Unsupported, exponent_text
from verify.kernel.rules import RULES

SAMPLE = [("norm-condexp-clip-sub-le", None), ("convex-clip-sgd", "joint"), ("lower-adagrad-norm", None)]


@pytest.fixture(scope="module")
def exported():
    return {i: (bounds.proof(i, v), development({"one": bounds.proof(i, v)})) for i, v in SAMPLE}


@pytest.mark.parametrize("theorem", [i for i, _ in SAMPLE])
def test_the_file_is_the_same_graph(exported, theorem):
    """One lemma for each step, which uses the lemmas of the step's premises and no later ones."""
    proof, text = exported[theorem]
    lemmas = dict(re.findall(r"^Lemma s(\d+) .*?\nProof\. (.*?) Qed\.$", text, flags=re.M | re.S))
    assert sorted(map(int, lemmas)) == list(range(len(proof.steps)))
    for k, step in enumerate(proof.steps):
        used = {int(j) for j in re.findall(r"\bs(\d+)\b", lemmas[str(k)])}
        assert used <= set(step.prem) and (used == set(step.prem) or step.rule in ("cases", "E_mono"))


@pytest.mark.parametrize("theorem", [i for i, _ in SAMPLE])
def test_nothing_is_assumed_outside_the_statement(exported, theorem):
    _, text = exported[theorem]
    assert not re.search(r"\b(Axiom|Axioms|Parameter|Parameters|Conjecture|Hypothesis|Admitted|admit|Abort)\b", text)
    assert text.count(STARS) == 1 and stated(text) == ["one"]
    for line in re.findall(r"^(?:Definition|Lemma|Record) .*\bgiven\b.*$", text, flags=re.M):  # bound where it is used
        assert re.match(r"\w+ \w+ \(given : Given\.objects\)", line)
    assert not re.search(r"^(Section|Variable|Context)\b", text, flags=re.M)


@pytest.mark.parametrize("theorem", [i for i, _ in SAMPLE])
def test_definitions_stay_out_of_the_statement(exported, theorem):
    """A statement is printed in full; below it a large term is a name, defined once, from names defined before."""
    _, text = exported[theorem]
    statement, rest = text.split(STARS)
    assert not NAME.search(statement)
    defined = re.findall(r"^Definition (\w+_\d+)(?: \(\w+ : [^)]*\))* : [RV] := (.*)\.$", rest, flags=re.M)
    assert len(defined) > 10 and len({name for name, _ in defined}) == len(defined)
    for k, (_, body) in enumerate(defined):  # no definition before those that it uses
        assert set(NAME.findall(body)) <= {name for name, _ in defined[:k]}
    assert set(NAME.findall(rest)) == {name for name, _ in defined}


@pytest.mark.parametrize("theorem", [i for i, _ in SAMPLE])
def test_a_literal_is_read_once(exported, theorem):
    """Below the statement a number of the data of ``combine`` is a name for exactly this number; no name is idle."""
    _, text = exported[theorem]
    rest = text.split(STARS)[1]
    found = re.findall(r"^Definition ([CAWDL]\d+) : (?:ex|vx|nat|R) := (.*)\.$", rest, flags=re.M)
    assert len(found) == len({name for name, _ in found}) == len({value for _, value in found}) > 10
    defined = {name for name, _ in found}
    proofs = re.sub(r"^Definition ([CAWDL]\d+) : .*$", "", rest, flags=re.M)
    assert set(re.findall(r"\b[CAWDL]\d+\b", proofs)) == defined
    assert not re.search(r"\((?:Cq|At|Va) |%nat", proofs)


def test_terms_are_opened_no_farther_than_needed():
    """From x <= y and y <= z follows x <= z whatever they are; with ||v||^2 = <v, v> the norm must be opened."""
    proof = bounds.proof("convex-clip-sgd", "joint")
    d = Development(Family(["one"], [proof]), 0)
    v = mk("vpar", "x0")
    x, y, z = mk("exp", par("lam") * par("h")), par("lam") * par("R") ** "1/2", mk("norm", v) * par("h")
    chain = [Item(le(x, y), "P"), Item(le(y, z), "Q")]
    closed = d.combine(le(x, z), {}, chain)
    a = d.family.terms.literals.atom
    assert f"(Fle {a(0)} {a(2)})" in closed and f"(Fle {a(2)} {a(1)})" in closed and "Mu" not in closed
    false = d.combine(le(x, z), {}, chain[:1])  # negative twin: nothing but the normal form is left, which Coq refuses
    assert "Mu" in false
    opened = d.combine(le(0, mk("norm", v) * mk("norm", v) - mk("inner", v, v)), {}, [])
    w = d.family.terms.literals.vector
    assert f"(In {w(0)} {w(0)})" in opened and "norm_square" in opened


def test_every_rule_has_a_script():
    assert set(SCRIPTS) == set(RULES)


def test_the_library_assumes_the_ledger_and_the_allow_list():
    """What Print Assumptions may list is what the library declares, and the cited results are the ledger."""
    declared = re.findall(r"^(?:Axiom|Parameter) (\w+)", library(), flags=re.M)
    assert sorted(declared) == sorted([*coq.LEDGER, *coq.LAWS, *coq.OBJECTS])
    rules = {a.rule for a in CITED.values()}
    assert set(coq.LEDGER) <= rules and set(RULES) & rules <= set(coq.LEDGER)
    assert not re.search(r"\b(Admitted|admit|Conjecture)\b", library())


def test_what_coq_was_told_not_to_check_is_seen():
    """After ``Unset Guard Checking`` anything can be proved, without an axiom; coqc and coqchk accept it."""
    (found,) = coq.assumptions("Axioms:\nTailcert.V : Type\nfile.loop is assumed to be guarded.\n")
    assert not set(found) <= coq.ALLOWED


def test_a_stray_axiom_is_seen():
    """Negative twin: an axiom that a certificate adds is not on the list."""
    printed = "Axioms:\nTailcert.ville\n  : forall xi : Z,\n    noise xi\nx.cheat : False\nAxioms:\nTailcert.V : Type\n"
    first, second = coq.assumptions(printed)
    assert first == ("Tailcert.ville", "x.cheat") and set(first) - coq.ALLOWED == {"x.cheat"}
    assert set(second) <= coq.ALLOWED


def test_the_statement_is_matched(cli, tmp_path):
    out = cli(f"export coq norm-condexp-clip-sub-le --out {tmp_path}")
    assert out.code == 0 and "steps by rule" in out.out
    files = [tmp_path / f"{LIBRARY}.v", tmp_path / "norm_condexp_clip_sub_le__lemma.v"]
    assert cli(f"export coq --check {files[0]} {files[1]}").code == 0
    name = "norm_condexp_clip_sub_le__lemma"
    assert (tmp_path / f"Check_{name}.v").read_text() == check_file(name, [name])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1 < p_alpha", "1 <= p_alpha"),  # another domain
        ("p_alpha <= 2", "p_alpha <= 1"),  # a contradiction among the assumptions
        ("0 < p_lam", "p_lam < 0"),
        ("forall p_sigma : R,", "forall p_sigma : R, False ->"),
        ("Definition statement", "Definition statement_x : Prop := True. Definition other"),
        ("Definition statement_norm", "Definition statement_other"),
    ],
)
def test_an_easier_statement_is_refused(cli, tmp_path, old, new):
    """Negative twins: a file that proves something else, under the name of the theorem."""
    name = "norm_condexp_clip_sub_le__lemma"
    text = development({name: bounds.proof("norm-condexp-clip-sub-le")})
    head, tail = text.split(STARS)
    assert old in head
    (tmp_path / f"{name}.v").write_text(head.replace(old, new, 1) + STARS + tail)
    found = cli(f"export coq --check {tmp_path / name}.v")
    assert found.code == 1 and "NOT what this library knows" in found.out


def test_a_weaker_constant_is_another_statement():
    """A conclusion with 2 for 1 in it, however it is proved, is not the theorem's."""
    proof = bounds.proof("convex-clip-sgd", "joint")
    whp = proof.statement.conclusion
    weaker = replace(proof.statement, conclusion=mk("whp", num(2) * whp.args[0], whp.args[1]))
    text = development({"one": proof})
    assert states(text, {"one": proof.statement}) and not states(text, {"one": weaker})


def test_another_theorem_under_the_name_of_a_theorem_is_refused(cli, tmp_path):
    """Negative twin: the file of one theorem may not state another one of the library."""
    name = "norm_condexp_clip_sub_le__lemma"
    (tmp_path / "others.v").write_text(development({name: bounds.proof("norm-condexp-clip-sub-le")}))
    assert f"states {name}" in cli(f"export coq --check {tmp_path / 'others.v'}").out
    (tmp_path / "norm_clip_sub_le__lemma.v").write_text((tmp_path / "others.v").read_text())
    assert cli(f"export coq --check {tmp_path / 'norm_clip_sub_le__lemma.v'}").code == 1


def test_equal_steps_are_proved_once():
    """Two variants share the lemmas of steps with the same sequent, rule, arguments, citations and premises."""
    names = ["with-momentum", "plain"]
    proofs = [bounds.proof("convex-clip-sgd", v) for v in ("joint-momentum", "joint")]
    family = Family(names, proofs)
    first, second = family.numbers
    common = {n: k for k, n in enumerate(first) if n in set(second)}
    assert len(common) > 50 and len(first) == len(set(first)) == len(proofs[0].steps)
    for j, n in enumerate(second):
        a, b = proofs[1].steps[j], proofs[0].steps[common[n]] if n in common else None
        if b is not None:
            assert (a.rule, a.hyps, a.concl, dict(a.args)) == (b.rule, b.hyps, b.concl, dict(b.args))
            assert [second[i] for i in a.prem] == [first[i] for i in b.prem]
    cited = {n: proofs[1].steps[j].args["name"] for j, n in enumerate(second) if proofs[1].steps[j].rule == "given"}
    own = family.given.references(1)
    assert all(own[f"h_{x}"] == family.given.references(0)[f"h_{x}"] for n, x in cited.items() if n in common)
    different = [x for x in own if family.given.references(0).get(x, own[x]) != own[x]]
    assert "h_budget" in different  # the same name for another condition: another field


def test_names_that_mean_different_things_are_in_different_files():
    """The radius rho is positive in one theorem and not negative in another, so these two share no lemma."""
    pairs = [("norm-clip-sub-le", "lemma"), ("clip-bias-tight", "lemma"), ("huber-convex-smooth", "lemma")]
    found = families(pairs, [bounds.theorem(*p) for p in pairs])
    assert found == {"lemmas": [0, 2], "clip_bias_tight__lemma": [1]}


def test_an_edited_library_is_refused(cli, tmp_path):
    (tmp_path / f"{LIBRARY}.v").write_text(library().replace("WHP e P", "WHP P e", 1) + "\nAxiom no : False.\n")
    assert cli(f"export coq --check {tmp_path / LIBRARY}.v").code == 1


def test_no_name_of_a_certificate_is_a_name_of_coq():
    """A parameter R is p_R: every object and hypothesis has the prefix of its kind, and no two share a name."""
    for i in bounds.theorem_ids():
        for v in bounds.variants(i):
            names = [name for name, _ in (*variables(bounds.theorem(i, v)), *hypotheses(bounds.theorem(i, v)))]
            assert len(set(names)) == len(names) and all(re.match(r"[pivfXsmbhad]_\w", n) for n in names)
    modules = [module(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i)]
    assert len(set(modules)) == len(modules)


def test_facts_are_printed_with_their_domains():
    p = Printer(["N"])
    x, natural = par("a"), mk("n", time(1, t=1))
    assert p.fact(mk("all", (("t", "nat"),), (lt(0, x),), le(natural, x)), {}) == (
        "forall n_t : Z, (0 <= n_t)%Z -> (0 < p_a) -> ((IZR n_t + 1) <= p_a)"
    )
    assert p.time(time(-1, N=1, t=2)) == "(2 * n_t + i_N + -1)%Z"
    assert exponent_text(bounds_exponent([1, -1])) == "(1 + (-1) * p_alpha)"


def test_what_the_library_does_not_know_is_refused():
    """Negative twin: no text is invented for a term without counterpart."""
    whp = mk("whp", num(0), le(0, 1))
    with pytest.raises(Unsupported, match="indicator"):
        Printer([]).term(mk("ind", whp), {})


def test_usage(cli, tmp_path):
    assert cli("export coq").code == 2 and "--out" in cli("export coq").err
    assert cli(f"export coq no-such-theorem --out {tmp_path}").code == 2
    assert cli("export coq --check").code == 2
    assert cli(f"export coq --check {tmp_path / 'none.v'}").code == 2


def bounds_exponent(coefficients):
    from bounds.exponents import exponent

    return exponent(coefficients)
