"""The uniform closed forms: proved for every alpha at once; slightly better constants are refused, at a named step."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

import bounds
from bounds.exponents import exponent
from bounds.terms import Term, mk
from bounds.theorems import uniform
from verify import recheck
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps, prove

PAIRS = [(i, v) for i in uniform.IDS for v in bounds.variants(i)]


@pytest.mark.parametrize(("theorem", "variant"), PAIRS)
def test_both_checkers_accept_and_only_ville_is_cited(theorem, variant, tmp_path):
    found = prove(theorem, variant)
    assert found.replay.axioms == ("ville",) and found.replay.statement.free_parameters == ("epsilon",)
    path = tmp_path / "certificate.json"
    path.write_text(dumps(found.certificate), encoding="utf-8")
    assert recheck.main([str(path)]) == 0


def mutated(monkeypatch, theorem, variant, **changes):
    """The certificate of the theorem with other numbers: statement and proof are both written again."""
    pairs = {theorem: {variant: replace(uniform.PAIRS[theorem][variant], **changes)}}
    monkeypatch.setattr(uniform, "PAIRS", uniform.PAIRS | pairs)
    return load(dumps(encode(uniform.proof(theorem, variant))))


@pytest.mark.parametrize(("theorem", "variant"), PAIRS)
def test_a_smaller_constant_is_refused(monkeypatch, theorem, variant, tmp_path):
    """C2 three percent smaller: the budget for the noise, or the stepsizes', no longer holds."""
    c = uniform.PAIRS[theorem][variant]
    worse = mutated(monkeypatch, theorem, variant, C2=c.C2 * F(97, 100))
    with pytest.raises(Refused, match=r"does not follow: residual -"):
        replay(worse)
    path = tmp_path / "certificate.json"
    path.write_text(dumps(worse), encoding="utf-8")
    assert recheck.main([str(path)]) != 0


@pytest.mark.parametrize(
    "change", [{"C1": F(45)}, {"z1": F(4, 5)}, {"z2": F(1, 100)}, {"rho": F(1, 5)}, {"t0": F(1, 5)}]
)
def test_every_number_is_tight_enough_to_matter(monkeypatch, change):
    with pytest.raises(Refused):
        replay(mutated(monkeypatch, "uniform-clip-sgd", "c1-50", **change))


def test_larger_constants_are_true_too(monkeypatch):
    """The neighbour on the true side, so that the checks above are not refusing everything."""
    c = uniform.PAIRS["uniform-clip-sgd"]["c1-50"]
    assert replay(mutated(monkeypatch, "uniform-clip-sgd", "c1-50", C2=c.C2 * F(101, 100))).n_steps > 700


def with_exponent(term, old, new):
    """The term with one exponent replaced everywhere."""
    if not isinstance(term, Term):
        return tuple(with_exponent(x, old, new) for x in term) if isinstance(term, tuple) else term
    args = tuple(new if a == old else with_exponent(a, old, new) for a in term.args)
    return mk(term.head, *args)


def test_a_better_rate_is_refused():
    """(A/N)^(1/2) for all alpha, the rate of finite variance: refused."""
    statement = uniform.statement("uniform-clip-sgd", "c1-50")
    wrong = with_exponent(statement.conditions["noise_part"], exponent([-1, 1], [0, 1]), exponent([F(1, 2)]))
    assert wrong is not statement.conditions["noise_part"]
    changed = replace(statement, conditions={**statement.conditions, "noise_part": wrong})
    with pytest.raises(Refused, match="does not follow"):
        replay(load(dumps(encode(uniform.proof("uniform-clip-sgd", "c1-50", changed)))))
