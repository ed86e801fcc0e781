"""The export to Coq, as far as it can be judged without Coq; tests/export/coq.py runs coqc."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import bounds
from bounds.ledger import LEDGER as CITED
from bounds.statement import Step
from bounds.terms import le, lt, mk, num, par, time
from tests.export.decoded import Decoded, fact_text, layout, numbers
from verify.export import run as coq
from verify.export.certificates import development
from verify.export.closing import Closing
from verify.export.coq_file import (
    LIBRARY,
    LIBRARY_FILES,
    ONE_FILE,
    check_file,
    counted,
    families,
    library,
    module,
    stated,
    states,
)
from verify.export.encode import TAGS, Writer
from verify.export.exponents import Exponents
from verify.export.naming import numbering, variables
from verify.export.pack import data
from verify.export.sharing import Pool, given_facts
from verify.export.statement import STARS, hypotheses
from verify.export.statement import variables as objects
from verify.export.steps import PLAIN, TERMS, Steps
from verify.export.text import Printer, Unsupported, exponent_text
from verify.kernel.rules import RULES

SAMPLE = [("norm-condexp-clip-sub-le", None), ("convex-clip-sgd", "joint"), ("lower-adagrad-norm", None)]
DATA = re.compile(r"^Definition \w+_data_\d+ : words := (?:\(Words(?: 0x[0-9a-f]+){20} )+NoWords\)+\.$", flags=re.M)


class Texts:
    """The terms and facts of a certificate in the words of the statement's printer."""

    def __init__(self, proof):
        self.printer = Printer(proof.statement.integers)
        self.scope = dict.fromkeys(variables([proof]), "vec")

    def fact(self, f):
        return fact_text(self.printer, f, self.scope)

    def term(self, x):
        return self.printer.time(x) if x.head == "time" else self.printer.term(x, self.scope)

    def step(self, s):
        return s.rule.replace("_", "").lower(), tuple(map(self.fact, s.hyps)), self.fact(s.concl)


def read(step):
    """The same of a step that Coq reads."""
    return step.rule.removesuffix("Vec" if step.rule == "CombineVec" else "").lower(), step.hypotheses, step.conclusion


@pytest.fixture(scope="module")
def exported():
    return {i: (bounds.proof(i, v), development({"one": bounds.proof(i, v)})) for i, v in SAMPLE}


@pytest.mark.parametrize("theorem", [i for i, _ in SAMPLE])
def test_coq_reads_the_same_graph(exported, theorem):
    """The data say each step's rule, premises, hypotheses and conclusion, in the words of the statement."""
    proof, text = exported[theorem]
    texts, found = Texts(proof), Decoded(text, [proof])
    assert len(found.steps) == len(proof.steps)
    for step, decoded in zip(proof.steps, found.steps, strict=True):
        assert read(decoded) == texts.step(step)
        assert decoded.premises == list(step.prem) and decoded.users == 1
    assert counted(text) == f"{len(proof.steps)}, distinct {len(found.steps)}"
    assert found.statement[1:] == (
        [texts.fact(f) for f in given_facts(proof.statement).values()],
        [texts.fact(proof.statement.conclusion)],
    )
    assert f"claims : list (positive * fact) := [({len(proof.steps)}%positive, nth 0 " in text


@pytest.mark.parametrize("theorem", [i for i, _ in SAMPLE])
def test_coq_reads_the_same_arguments(exported, theorem):
    """What a step cites, and the multipliers of a combination with the premises that they belong to."""
    proof, text = exported[theorem]
    texts, found, st = Texts(proof), Decoded(text, [proof]), proof.statement
    cited = 0
    for step, decoded in zip(proof.steps, found.steps, strict=True):
        if step.rule == "given":
            fact = found.statement[1][decoded.arguments[0]]
            assert fact == texts.fact(given_facts(st)[step.args["name"]])
        if step.rule == "define":
            assert found.statement[0][decoded.arguments[0]][0] == step.args["name"]
            assert decoded.arguments[2] == (step.args["case"] == "step")
        if step.rule in ("induct", "induct_strong"):
            assert decoded.arguments[0] == numbering([proof])(
                "variable", step.args["t" if len(step.args) == 1 else "T"]
            )
        if step.rule == "combine":
            items = [(k, texts.term(m), s) for k, m, s in step.args.get("items", ())]
            wanted = sorted(([k] if s is None else [k, s], m if s is None else "1") for k, m, s in items)
            assert sorted(combined(decoded)) == wanted
        cited += step.rule in ("given", "define")
    assert cited > 5


def combined(step):
    """The premises with their multipliers, or with the premises that give the signs of those."""
    if step.rule == "CombineVec":
        return [([k], weight) for k, weight in step.arguments[0]]
    _, _, products, *equations = step.arguments
    found = [(facts, weight) for ((weight, facts, root),) in products if root is None]
    return found + [([k], weight) for group in equations for k, weight in group]


def test_a_changed_step_is_read_as_changed():
    """Negative twin: another multiplier, premise, hypothesis, conclusion or rule shows in the data."""
    proof = bounds.proof("norm-condexp-clip-sub-le")
    k = next(
        k for k, s in enumerate(proof.steps) if s.rule == "combine" and s.args.get("items") and s.concl.head == "le"
    )
    step, texts = proof.steps[k], Texts(proof)
    (i, m, s), *rest = step.args["items"]
    changed = replace(step, args={**step.args, "items": ((i, num(2) * m, s), *rest)})
    other = le(step.concl.args[0], step.concl.args[1] + num(1))
    for new in (changed, replace(step, concl=other), replace(step, hyps=()), replace(step, hyps=(other,))):
        mutant = replace(proof, steps=(*proof.steps[:k], new, *proof.steps[k + 1 :]))
        decoded = Decoded(development({"one": mutant}), [mutant]).steps[k]
        assert read(decoded) == texts.step(new)
        assert (read(decoded) != texts.step(step)) == (new is not changed and new != step)
        assert (combined(decoded) != combined(Decoded(development({"one": proof}), [proof]).steps[k])) == (
            new is changed
        )


@pytest.mark.parametrize("theorem", [i for i, _ in SAMPLE])
def test_nothing_is_assumed_outside_the_statement(exported, theorem):
    """No axiom, and below the statement no text of the certificate's terms: only data, tables and the last lines."""
    _, text = exported[theorem]
    assert not re.search(r"\b(Axioms?|Parameters?|Conjecture|Hypothesis|Variable|Context|Admitted|admit|Abort)\b", text)
    assert text.count(STARS) == 1 and stated(text) == ["one"]
    rest = text.split(STARS)[1]
    assert len(DATA.findall(rest)) >= 2 and not DATA.search(text.split(STARS)[0])
    assert re.findall(r"^(?:Lemma|Theorem) (\w+)", rest, flags=re.M) == ["exponents_ok", "checked", "proof_one"]


def test_numbers_are_packed_and_unpacked():
    wanted = [1, 31, 32, 33, 2**70 + 5, 0, 7] * 10000
    text = "\n".join(data("x", wanted))
    assert text.count(" : words :=") == 3  # of at most 10000 words
    found = list(numbers(text, "x"))
    assert found[: len(wanted)] == wanted and not any(found[len(wanted) :]) and len(found) < len(wanted) + 200


def test_every_rule_is_written():
    proof = bounds.proof("norm-condexp-clip-sub-le")
    writer = Writer(numbering([proof]), Exponents())
    own = Steps(writer, proof, Pool().part(writer, proof.statement)).rules
    assert {*PLAIN, *TERMS, *own} == set(RULES) and len(PLAIN) + len(TERMS) + len(own) == len(RULES)


def test_coq_reads_the_instructions_that_are_written():
    """The numbers of instructions in encode.py are those in Decode.v."""
    known = layout()
    assert sorted(known) == list(range(1, len(TAGS) + 1))
    steps = {TAGS[k - 1]: constructor for k, (stack, constructor, _) in known.items() if stack == "step"}
    assert all(tag == constructor for tag, constructor in steps.items()) and len(steps) == len(RULES) + 1


def combination(goal, *facts):
    items = tuple((k, num(1), None) for k in range(len(facts)))
    step = Step("combine", goal, (), tuple(range(len(facts))), {"items": items})
    closing = Closing()
    closing.admits(bounds.theorem("convex-clip-sgd", "joint"))
    return closing.terms(step, lambda k: facts[k])


def test_terms_are_opened_no_farther_than_needed():
    """From x <= y and y <= z follows x <= z whatever they are; ||v||^2 = <v, v> takes more than polynomials."""
    v = mk("vpar", "x0")
    x, y, z = mk("exp", par("lam") * par("h")), par("lam") * par("R") ** "1/2", mk("norm", v) * par("h")
    assert set(combination(le(x, z), le(x, y), le(y, z))) == {y, z}  # an exponential is an atom in any case
    assert combination(le(x, z), le(x, y)) is None  # negative twin
    opened = combination(le(par("lam") * (x + y), par("lam") * x + par("lam") * y))
    assert opened is not None and not {par("lam") * (x + y), x + y} & set(opened)
    assert combination(le(0, mk("norm", v) * mk("norm", v) - mk("inner", v, v))) is None


def test_the_library_assumes_the_ledger_and_the_allow_list():
    """What Print Assumptions may list is what the library declares, and the cited results are the ledger."""
    declared = re.findall(r"^(?:Axiom|Parameter) (\w+)", library()[LIBRARY], flags=re.M)
    assert sorted(declared) == sorted([*coq.LEDGER, *coq.LAWS, *coq.OBJECTS])
    rules = {a.rule for a in CITED.values()}
    assert set(coq.LEDGER) <= rules and set(RULES) & rules <= set(coq.LEDGER)
    assert len(coq.ALLOWED) == len(declared) + len(coq.COQ) + len(coq.INTEGERS)


@pytest.mark.parametrize("name", LIBRARY_FILES)
def test_the_checker_assumes_nothing(name):
    """Axioms are in Tailcert.v alone; a hypothesis belongs to a section; no check of Coq's is switched off."""
    text = re.sub(r"\(\*.*?\*\)", "", library()[name], flags=re.S)
    assert not re.search(
        r"\b(Admitted|admit|Abort|Conjecture|Unset|bypass_check|Declare|Primitive)\b|type-in-type", text
    )
    if name != LIBRARY:
        assert not re.search(r"^\s*(Axioms?|Parameters?)\b", text, flags=re.M)
    depth = 0
    for line in text.splitlines():
        depth += bool(re.match(r"Section \w", line)) - bool(re.match(r"End \w", line))
        assert depth or not re.match(r"\s*(Hypothes[ie]s|Variables?|Context|Let)\b", line), line
    assert depth == 0


def test_a_file_of_the_library_needs_only_those_before():
    for k, (_, text) in enumerate(library().items()):
        needed = {x for line in re.findall(r"From Tailcert Require Import ([\w ]+)\.", text) for x in line.split()}
        assert needed <= set(LIBRARY_FILES[:k])


def test_the_integers_that_coq_computes_with_are_those_that_decode_needs():
    """Machine integers read the data; nothing else of them is admitted."""
    code = re.sub(r"\(\*.*?\*\)", "", library()["Decode"], flags=re.S)
    names = "add addc sub subc mul mulc div mod lsl lsr land lor lxor eqb ltb leb compare head0 tail0 asr addmuldiv"
    used = {x for x in names.split() if re.search(rf"(?<![\w.]){x}\b(?! *\()", code)}
    assert used | {"int"} == set(coq.INTEGERS)


def test_what_coq_was_told_not_to_check_is_seen():
    """After ``Unset Guard Checking`` anything can be proved, without an axiom; coqc and coqchk accept it."""
    (found,) = coq.assumptions("Axioms:\nTailcert.V : Type\nfile.loop is assumed to be guarded.\n")
    assert not set(found) <= coq.ALLOWED


def test_a_stray_axiom_is_seen():
    """Negative twin: an axiom that a certificate adds is not on the list."""
    printed = "Axioms:\nPrimInt63.add : int\n"
    printed += "Tailcert.ville\n  : forall xi : Z,\n    noise xi\nx.cheat : False\nAxioms:\nTailcert.V : Type\n"
    first, second = coq.assumptions(printed)
    assert first == ("PrimInt63.add", "Tailcert.ville", "x.cheat") and set(first) - coq.ALLOWED == {"x.cheat"}
    assert set(second) <= coq.ALLOWED


def test_the_statement_is_matched(cli, tmp_path):
    out = cli(f"export coq norm-condexp-clip-sub-le --out {tmp_path}")
    assert out.code == 0 and "steps by rule" in out.out
    name = "norm_condexp_clip_sub_le__lemma"
    assert f"wrote {tmp_path / name}.v (certificates 1, steps 101, distinct 101)" in out.out
    files = " ".join(str(tmp_path / f"{file}.v") for file in (*LIBRARY_FILES, name))
    assert cli(f"export coq --check {files}").code == 0
    assert (tmp_path / f"Check_{name}.v").read_text() == check_file(
        name, {name: bounds.theorem("norm-condexp-clip-sub-le")}
    )


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


def test_equal_steps_are_written_once():
    """Two variants share the steps with the same sequent, rule, arguments, citations and premises."""
    proofs = [bounds.proof("convex-clip-sgd", v) for v in ("joint-momentum", "joint")]
    text = development({"with_momentum": proofs[0], "plain": proofs[1]})
    found = Decoded(text, proofs)
    for c, proof in enumerate(proofs):
        texts = Texts(proof)
        own = [s for s in found.steps if s.users >> c & 1]
        assert sorted(map(read, own)) == sorted(texts.step(s) for s in proof.steps)
    common = [s for s in found.steps if s.users == 3]
    assert len(common) > 50 and len(found.steps) == sum(len(p.steps) for p in proofs) - len(common)
    for s in found.steps:  # a step rests on steps that all its certificates have
        assert all(found.steps[k].users & s.users == s.users for k in s.premises)
    assert counted(text) == f"{sum(len(p.steps) for p in proofs)}, distinct {len(found.steps)}"


def test_a_step_that_cites_another_fact_is_not_shared():
    """Negative twin: the condition ``budget`` is one thing in the one certificate and another in the other."""
    proofs = [bounds.proof("convex-clip-sgd", v) for v in ("joint-momentum", "joint")]
    found = Decoded(development({"with_momentum": proofs[0], "plain": proofs[1]}), proofs)
    facts = [given_facts(p.statement)["budget"] for p in proofs]
    assert facts[0] != facts[1]
    for c, proof in enumerate(proofs):
        cited = [s for s in found.steps if s.rule == "Given" and s.conclusion == Texts(proof).fact(facts[c])]
        assert cited and all(s.users == 1 << c for s in cited)
        for s in cited:
            assert member(found, s) == s.conclusion
    shared = [s for s in found.steps if s.rule == "Given" and s.users == 3]
    assert shared and all(member(found, s) == s.conclusion for s in shared)


def member(found, step):
    """The fact that a step cites, among those that its certificates have in common."""
    *_, givens = step.part
    return [f for k, f in enumerate(found.statement[1]) if givens >> k & 1][step.arguments[0]]


def test_few_certificates_are_one_file_and_all_are_two():
    pairs = [(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i)]
    proofs = [bounds.proof(i, v) for i, v in pairs]
    found = families(pairs, proofs)
    assert list(found) == ["theorems_1", "theorems_2"] and sorted(c for who in found.values() for c in who) == list(
        range(len(pairs))
    )
    of = {pairs[c][0]: name for name, who in found.items() for c in who}
    assert all(of[pairs[c][0]] == name for name, who in found.items() for c in who)
    assert of["convex-clip-adam-norm"] == of["convex-clip-adam-norm-delayed"]
    small = [c for c, p in enumerate(proofs) if len(p.steps) < ONE_FILE // 10][:3]
    assert families([pairs[c] for c in small], [proofs[c] for c in small]) == {"theorems": [0, 1, 2]}
    assert families([pairs[0]], [proofs[0]]) == {module(*pairs[0]): [0]}


def test_another_noise_is_another_file():
    """Negative twin: in a file the noise has one name."""
    pairs = [("norm-clip-sub-le", "lemma"), ("clip-bias-tight", "lemma")]
    first, second = (bounds.proof(*p) for p in pairs)
    other = replace(second, statement=replace(second.statement, noise="zeta"))
    assert families(pairs, [first, second]) == {"theorems": [0, 1]}
    assert families(pairs, [first, other]) == {"norm_clip_sub_le__lemma": [0], "clip_bias_tight__lemma": [1]}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [(LIBRARY, "WHP e P", "WHP P e"), ("Certificates", "Some m => run_claims m parts 0 claims", "Some m => true")],
)
def test_an_edited_library_is_refused(cli, tmp_path, name, old, new):
    text = library()[name]
    assert old in text
    (tmp_path / f"{name}.v").write_text(text)
    assert cli(f"export coq --check {tmp_path / name}.v").code == 0
    (tmp_path / f"{name}.v").write_text(text.replace(old, new, 1))
    assert cli(f"export coq --check {tmp_path / name}.v").code == 1


def test_no_name_of_a_certificate_is_a_name_of_coq():
    """A parameter R is p_R: every object and hypothesis has the prefix of its kind, and no two share a name."""
    for i in bounds.theorem_ids():
        for v in bounds.variants(i):
            names = [name for name, _ in (*objects(bounds.theorem(i, v)), *hypotheses(bounds.theorem(i, v)))]
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
