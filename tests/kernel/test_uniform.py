"""The uniform closed forms: proved for every alpha at once; slightly better constants are refused, at a named step."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

import bounds
from bounds.exponents import exponent
from bounds.lemmas import uniform, uniform_joint
from bounds.lemmas.rounding import down, up
from bounds.terms import Term, le, mk
from verify import recheck
from verify.constants import proved
from verify.constants.schedule import family
from verify.kernel.certificate import encode
from verify.kernel.replay import Refused, load, replay
from verify.prove import dumps

NONCONVEX = "uniform-nonconvex-clip-sgd"
PAIRS = [(i, v) for i in bounds.theorem_ids("uniform") for v in bounds.variants(i)]


@pytest.mark.parametrize(("theorem", "variant"), PAIRS)
def test_both_checkers_accept_and_only_ville_is_cited(theorem, variant, tmp_path):
    certificate, (_, found) = encode(bounds.proof(theorem, variant)), proved(theorem, variant)
    assert certificate["sha256"] == found.sha256  # it is the same every time
    assert found.axioms == ("ville",) and found.statement.free_parameters == ("epsilon",)
    path = tmp_path / "certificate.json"
    path.write_text(dumps(certificate), encoding="utf-8")
    assert recheck.main([str(path)]) == 0


def mutated(monkeypatch, theorem, variant, **changes):
    """The certificate of the theorem with other numbers: statement and proof are both written again."""
    module = family(theorem)
    pairs = {theorem: {variant: replace(module.PAIRS[theorem][variant], **changes)}}
    monkeypatch.setattr(module, "PAIRS", module.PAIRS | pairs)
    return load(dumps(encode(module.proof(theorem, variant))))


def c2(theorem, variant, factor):
    """C2 times about a factor."""
    c = family(theorem).PAIRS[theorem][variant]
    return {"C2": c.C2 * factor} if theorem != NONCONVEX else {"c2": c.c2 * (1 + (factor - 1) / 2)}


@pytest.mark.parametrize(("theorem", "variant"), PAIRS)
def test_a_smaller_constant_is_refused(monkeypatch, theorem, variant, tmp_path):
    """C2 three percent smaller: the budget for the noise, or the stepsizes', no longer holds."""
    worse = mutated(monkeypatch, theorem, variant, **c2(theorem, variant, F(97, 100)))
    with pytest.raises(Refused, match=r"does not follow: residual -"):
        replay(worse)
    path = tmp_path / "certificate.json"
    path.write_text(dumps(worse), encoding="utf-8")
    assert recheck.main([str(path)]) != 0


@pytest.mark.parametrize(
    ("theorem", "changes"),
    [
        ("uniform-clip-sgd", "C1=45 h0=6/5 C=1/4 t0=1/5"),
        ("uniform-clip-adagrad-norm-delayed", "C1=45 h0=2 z2=1/100 chi=11/10"),
        ("uniform-clip-adam-norm", "C1=90 h0=3 z2=1/100 grown=4"),
        (NONCONVEX, "C1=90 C3=18 rho=1/2 a0=43/50 z1=3/2"),
    ],
)
def test_every_number_is_tight_enough_to_matter(monkeypatch, theorem, changes):
    for name, value in (change.split("=") for change in changes.split()):
        with monkeypatch.context() as m, pytest.raises(Refused, match="does not follow"):
            replay(mutated(m, theorem, bounds.variants(theorem)[0], **{name: F(value)}))


@pytest.mark.parametrize("theorem", ["uniform-clip-sgd", NONCONVEX])
def test_larger_constants_are_true_too(monkeypatch, theorem):
    """The neighbour on the true side, so that the checks above are not refusing everything."""
    variant = bounds.variants(theorem)[0]
    assert replay(mutated(monkeypatch, theorem, variant, **c2(theorem, variant, F(101, 100)))).n_steps > 600


def test_numbers_that_are_rounded_are_on_the_safe_side():
    for x in (F(1, 3), F(-1, 3), F(7, 4), F(2)):
        low, high = down(x, 100), up(x, 100)
        assert low <= x <= high and high - low in (0, F(1, 100)) and (low == high) == ((x * 100).denominator == 1)
    assert up(F(1, 3)) == F(333333334, 10**9) and down(F(1, 3)) == F(333333333, 10**9)


@pytest.mark.parametrize("name", ["y0", "q", "x", "share"])
def test_a_number_rounded_to_the_unsafe_side_is_refused(monkeypatch, name):
    """As many decimals, but below; only K has room, for a schedule in floating point."""
    exact, variant = getattr(uniform_joint.JointNumbers, name), bounds.variants("uniform-clip-sgd")[0]

    def below(c):
        with monkeypatch.context() as m:
            for module in (uniform, uniform_joint):
                m.setattr(module, "up", down)
            return exact.fget(c)

    monkeypatch.setattr(uniform_joint.JointNumbers, name, property(below))
    with pytest.raises(Refused, match=r"does not follow|not known to be nonnegative"):
        replay(load(dumps(encode(bounds.proof("uniform-clip-sgd", variant)))))


def with_exponent(term, old, new):
    """The term with one exponent replaced everywhere."""
    if not isinstance(term, Term):
        return tuple(with_exponent(x, old, new) for x in term) if isinstance(term, tuple) else term
    args = tuple(new if a == old else with_exponent(a, old, new) for a in term.args)
    return mk(term.head, *args)


@pytest.mark.parametrize(
    ("theorem", "part", "old", "new"),
    [
        ("uniform-clip-sgd", "noise_part", exponent([-1, 1], [0, 1]), exponent([F(1, 2)])),  # that of finite variance
        (NONCONVEX, "noise_part", exponent([-2, 2], [-2, 3]), exponent([-1, 1], [-1, 2])),
        (NONCONVEX, "early_part", exponent([F(1, 2)]), exponent([1])),
    ],
)
def test_a_better_rate_is_refused(theorem, part, old, new):
    """The power of 1/N where the statement has a smaller one, for all alpha: refused."""
    module, variant = family(theorem), bounds.variants(theorem)[0]
    statement = module.statement(theorem, variant)
    wrong = with_exponent(statement.conditions[part], old, new)
    assert wrong is not statement.conditions[part]
    changed = replace(statement, conditions={**statement.conditions, part: wrong})
    with pytest.raises(Refused, match="does not follow"):
        replay(load(dumps(encode(module.proof(theorem, variant, changed)))))


@pytest.mark.parametrize("part", ["smooth_part", "noise_part", "early_part", "range_part", "not_trivial"])
def test_every_condition_is_needed(part):
    """Without convexity: a condition that says half of what it does is refused."""
    statement = bounds.theorem(NONCONVEX)
    left, right = statement.conditions[part].args
    weak = replace(statement, conditions={**statement.conditions, part: le(left, 2 * right)})
    with pytest.raises(Refused, match="does not follow"):
        replay(load(dumps(encode(bounds.proof_of(NONCONVEX, statement.variant, weak)))))
