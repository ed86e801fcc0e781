"""``theorems``, ``show``, ``axioms``, ``prove``, ``recheck``."""

import json
from contextlib import redirect_stdout
from io import StringIO

import pytest

import bounds
import verify.prove
from bounds.ledger import LEDGER
from verify.cli.prove import attempts
from verify.constants import proved

IDS = bounds.theorem_ids()
PROOFS = [(i, v) for i in IDS for v in bounds.variants(i)]
FAMILIES = ("convex-clip-sgd", "nonconvex-clip-sgd", "lower-adam-norm", "clip-bias-tight", "norm-step-le-adagrad-norm")
LAST = [(i, bounds.variants(i)[-1]) for i in IDS]  # the longest statement of each theorem


PROVE = verify.prove.prove


def from_the_cache(theorem, variant):
    """What ``prove`` finds, without the certificate; a proof is replayed once in this process."""
    with pytest.MonkeyPatch.context() as real:
        real.setattr(verify.prove, "prove", PROVE)
        return verify.prove.Proved({}, proved(theorem, variant)[1])


@pytest.fixture
def replayed_once(monkeypatch):
    """For tests of what is printed."""
    monkeypatch.setattr(verify.prove, "prove", from_the_cache)


@pytest.fixture(scope="module")
def proved_families(tmp_path_factory):
    """The folder with the certificates, and the record."""
    from verify.cli import run

    folder, out = tmp_path_factory.mktemp("certificates"), StringIO()
    with redirect_stdout(out):
        assert run(["prove", *FAMILIES, "--out", str(folder), "--format", "json"]) == 0
    return folder, json.loads(out.getvalue())


@pytest.fixture(scope="module")
def certificates(proved_families):
    return sorted(proved_families[0].glob("*.json"))


def test_theorems_lists_every_variant(cli):
    assert [line.split("  ")[0] for line in cli("theorems").out.splitlines()] == [f"{i} ({v})" for i, v in PROOFS]
    listed = cli("theorems --format json").json
    assert [(t["id"], t["variant"]) for t in listed["theorems"]] == PROOFS and listed["schema_version"] == 1


@pytest.mark.parametrize(("theorem", "variant"), LAST)
@pytest.mark.usefixtures("replayed_once")
def test_show_prints_every_fact_a_human_must_judge(cli, theorem, variant):
    s = bounds.theorem(theorem, variant)
    text = cli(f"show {theorem} --variant {variant}").out
    for name in (*s.definitions, *s.assumptions, *s.conditions, *s.parameters, *s.integers, *s.vectors, *s.functions):
        assert f"\n  {name} " in text
    shown = cli(f"show {theorem} --variant {variant} --format json").json
    assert set(shown["conditions"]) == set(s.conditions) and set(shown["assumptions"]) == set(s.assumptions)


def test_a_denominator_of_several_factors_is_in_parentheses(cli):
    shown = cli("show convex-clip-sgd --format json").json
    assert shown["bound"] == "(kappa R)^2/(2 N gamma)"


def test_show_prints_the_scope_of_the_proof(cli):
    """Cited results as a union, the steps by rule, and what no machine checks."""
    theorem, variant = "convex-clip-adagrad-norm", "joint"
    shown = cli(f"show {theorem} --variant {variant} --format json").json
    scope, proof = shown["scope"], shown["proof"]
    assert set(scope["axioms"]) == {"ville"} and proof["status"] == "PROVED"
    assert sum(scope["rules"].values()) == scope["n_steps"] == proof["n_steps"]
    given = {f"given:{k}" for k in scope["facts_used"]} | {f"define:{k}" for k in scope["recursions_used"]}
    leaves = cli(f"axioms {theorem} --format json").json["variants"]
    assert given == set(next(v["leaves"] for v in leaves if v["variant"] == variant))
    judged = "\n".join(scope["judge"])
    for word in ("noise_mean", "noise_moment", "smooth", "clip_active", "ville", "a minimiser of f"):
        assert word in judged
    text = cli(f"show {theorem} --variant {variant}").out
    assert judged.splitlines()[0] in text and f"combine {scope['rules']['combine']}" in text


def test_show_of_a_refused_proof_shows_no_scope(cli, monkeypatch):
    from dataclasses import replace

    good = bounds.proof(IDS[0])
    monkeypatch.setattr(bounds, "proof", lambda *_: replace(good, steps=good.steps[:-1]))
    found = cli(f"show {IDS[0]}")
    assert found.code == 1 and "REFUTED at step" in found.out and "must still judge" not in found.out


@pytest.mark.parametrize("theorem", FAMILIES)
@pytest.mark.usefixtures("replayed_once")
def test_axioms_are_the_ledger_and_leaves_are_the_setting(cli, theorem):
    found = cli(f"axioms {theorem} --format json").json
    assert [v["variant"] for v in found["variants"]] == list(bounds.variants(theorem))
    for v in found["variants"]:
        s = bounds.theorem(theorem, v["variant"])
        setting = {f"given:{n}" for n in (*s.definitions, *s.assumptions, *s.conditions)}
        setting |= {f"define:{p.name}" for p in s.processes}
        assert v["leaves"] and set(v["leaves"]) <= setting and set(v["axioms"]) <= set(LEDGER)
    text = cli(f"axioms {theorem}").out
    assert found["axioms"].keys() == {a for v in found["variants"] for a in v["axioms"]}
    assert all(a["statement"] in text and a["reference"] in text for a in found["axioms"].values())


def test_prove_says_what_the_kernel_found(proved_families):
    _, found = proved_families
    proofs = [(i, v, "PROVED") for i in FAMILIES for v in bounds.variants(i)]
    assert [(t["id"], t["variant"], t["status"]) for t in found["theorems"]] == proofs
    assert all(t["n_steps"] > 10 for t in found["theorems"])
    assert {tuple(t["axioms"]) for t in found["theorems"]} <= {(), ("ville",)}


def test_proofs_come_back_from_other_processes_as_they_are():
    several, alone = attempts(["norm-step-le-adagrad-norm", "clip-bias-tight"]), attempts(["clip-bias-tight"])
    assert several[-1:] == alone and several[-1].replay.statement.conclusion is alone[0].replay.statement.conclusion
    assert several[0] != alone[0]


def test_a_refused_proof_is_refuted_and_names_the_step(cli, monkeypatch):
    """Negative twin: one step of the proof is dropped."""
    from dataclasses import replace

    alone = "clip-bias-tight"  # one variant, so proved in this process
    good = bounds.proof(alone)
    monkeypatch.setattr(bounds, "proof", lambda *_: replace(good, steps=good.steps[:-1]))
    for command in ("prove", "axioms"):
        found = cli(f"{command} {alone}")
        assert found.code == 1 and f"REFUTED at step {len(good.steps) - 2} " in found.out


def test_recheck_accepts_what_prove_writes(cli, certificates):
    """All of them as a record, two of them as text."""
    two = certificates[:1] + certificates[-1:]
    found = cli("recheck", *map(str, two))
    assert found.code == 0 and [line.split()[1] for line in found.out.splitlines()] == ["PROVED"] * 2
    assert len(certificates) == sum(len(bounds.variants(i)) for i in FAMILIES)
    report = cli("recheck", "--format", "json", *map(str, certificates)).json
    assert [f["status"] for f in report["files"]] == ["PROVED"] * len(certificates) and report["exit_code"] == 0


def broken(certificate, sin):
    """One sin each."""
    text = certificate.read_text()
    if sin == "truncated file":
        return text[: len(text) // 2]
    data = json.loads(text)
    if sin == "step dropped":
        del data["steps"][-1]
    elif sin == "premise exchanged":
        k = next(k for k, s in enumerate(data["steps"]) if s["rule"] == "cases")
        data["steps"][k]["prem"].reverse()
        return json.dumps(data), k
    elif sin == "edited statement":
        data["statement"]["title"] = "something else"
    elif sin == "forged digest":
        data["sha256"] = "0" * 64
    return json.dumps(data)


@pytest.mark.parametrize("sin", ["truncated file", "step dropped", "edited statement", "forged digest"])
def test_recheck_refuses_a_broken_certificate(cli, certificates, tmp_path, sin):
    path = tmp_path / "broken.json"
    path.write_text(broken(certificates[0], sin))
    found = cli(f"recheck {path}")
    assert found.code == 1 and "REFUSED" in found.out and "Traceback" not in found.out + found.err


def test_recheck_names_the_first_failing_step(cli, certificates, tmp_path):
    text, step = broken(certificates[0], "premise exchanged")
    path = tmp_path / "broken.json"
    path.write_text(text)
    found = cli(f"recheck {path}")
    assert found.code == 1 and f"step {step} (cases)" in found.out


def test_recheck_of_a_missing_file_is_a_usage_error(cli, tmp_path):
    found = cli(f"recheck {tmp_path}/none.json")
    assert found.code == 2 and "UNREADABLE" in found.out


def test_recheck_runs_this_package_whatever_the_working_directory_holds(cli, certificates, tmp_path, monkeypatch):
    """A folder named ``verify`` or a file ``json.py`` beside the user must not be imported."""
    (tmp_path / "verify").mkdir()
    (tmp_path / "verify" / "recheck.py").write_text("print('PROVED everything')")
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.chdir(tmp_path)
    found = cli(f"recheck {certificates[0]}")
    assert found.code == 0 and f"PROVED {certificates[0].name.split(chr(46))[0]} " in found.out
