"""Every upper bound of the library at numbers: fifty digits agree, and it depends on the numbers as it must."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bounds
import verify
from bounds.terms import Term
from verify.constants.certify import numeric_facts, parameter_definitions
from verify.constants.inputs import BadInput

CASES = [
    (theorem, variant)
    for kind in ("convex", "nonconvex")
    for theorem in bounds.theorem_ids(kind)
    for variant in bounds.variants(theorem)
]
DEFAULTS = {"alpha": "1.5", "delta": "0.01", "N": 10**4, "Delta": 1}


def certified(theorem: str, variant: str, **numbers: object) -> verify.constants.Bound:
    momentum = {"beta1": "0.9"} if bounds.method(theorem, variant).momentum else {}
    return verify.bound(theorem, variant=variant, **(DEFAULTS | momentum | numbers))


def fifty_digits(term: Term, at: dict[str, mpmath.mpf], alpha: Fraction) -> mpmath.mpf:
    """The value of a term: an evaluation that shares no code with the library's."""

    def exact(x: Fraction) -> mpmath.mpf:
        return mpmath.mpf(x.numerator) / x.denominator

    def value(t: Term) -> mpmath.mpf:
        head, args = t.head, t.args
        if head == "q":
            return exact(args[0])
        if head == "par":
            return at[args[0]]
        if head == "n":
            return args[0].args[0] + sum(k * at[name] for name, k in args[0].args[1])
        if head == "add":
            return mpmath.fsum(map(value, args))
        if head == "mul":
            return mpmath.fprod(map(value, args))
        if head == "pow":
            return value(args[0]) ** exact(args[1].at(alpha))
        if head == "expo":
            return exact(args[0].at(alpha))
        return {"exp": mpmath.exp, "ln": mpmath.log}[head](value(args[0]))

    return value(term)


@pytest.mark.parametrize(("theorem", "variant"), CASES)
def test_fifty_digits_agree(theorem, variant):
    statement, found = bounds.theorem(theorem, variant), certified(theorem, variant)
    alpha = found.parameters["alpha"]
    with mpmath.workdps(50):
        at = {k: mpmath.mpf(x.numerator) / x.denominator for k, x in found.parameters.items()}
        for name, term in parameter_definitions(statement).items():
            at[name] = fifty_digits(term, at, alpha)
        for name, fact in numeric_facts(statement):
            if fact.head in ("le", "lt"):
                left, right = (fifty_digits(side, at, alpha) for side in fact.args)
                assert left <= right * (1 + mpmath.mpf("1e-45")), name
        value = fifty_digits(statement.bound, at, alpha)
        assert mpmath.mpf(found.lower) * (1 - mpmath.mpf("1e-45")) <= value <= mpmath.mpf(found.upper)


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(CASES), st.sampled_from(["1.1", "1.5", "2"]), st.integers(3, 9))
def test_every_bound_is_monotone(case, alpha, k):
    base = {"alpha": alpha, "N": 10**k, "sigma": 2}
    upper, lower = (getattr(certified(*case, **base), end) for end in ("upper_exact", "lower_exact"))
    assert certified(*case, **base | {"N": 2 * 10**k}).upper_exact < lower
    scale = "Delta" if "Delta" in bounds.theorem(case[0]).parameters else "R"
    for harder in ({"sigma": 3}, {"delta": "1e-6"}, {scale: 2}):
        assert certified(*case, **base | harder).lower_exact > upper


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(CASES), st.sampled_from([Fraction(1, 7), Fraction(10**12)]), st.sampled_from([3, "1e-20"]))
def test_every_bound_scales(case, length, height):
    """With x in units of ``length`` and f in units of ``height``: L ~ height/length^2, sigma ~ height/length.

    An Adam-type accumulator is in units of the gradient, and eta is reweighted, so b0 is left to the library.
    """
    height = Fraction(height)
    scaled = certified(
        *case, R=2 * length, L=3 * height / length**2, sigma=height / length, Delta=5 * height
    ).upper_exact
    unit = height / length**2 if case[0].startswith("nonconvex") else Fraction(1)
    unit = unit * height if case[0].startswith("nonconvex") else height
    assert abs(scaled / (unit * certified(*case, R=2, L=3, Delta=5).upper_exact) - 1) <= Fraction(1, 10**6)


@pytest.mark.parametrize(
    ("theorem", "numbers", "message"),
    [
        ("convex-clip-adam-norm", {"N": 1}, "N: convex-clip-adam-norm needs an integer >= 2, because beta2 = 1 - 1/N"),
        ("nonconvex-clip-sgd", {"Delta": None}, "Delta: nonconvex-clip-sgd needs a bound of f"),
        ("nonconvex-clip-sgd", {"Delta": 0}, "Delta: expected a number > 0"),
        ("convex-clip-adagrad-norm-stale", {"beta1": "0.9"}, "beta1: .* speaks about beta1 = 0 only, got 9/10"),
        ("convex-clip-sgd", {"variant": "joint-momentum"}, "beta1: .*joint-momentum.* speaks about beta1 > 0 only"),
        ("convex-clip-sgd", {"beta1": 1}, r"beta1: expected a number in \[0, 1\)"),
        ("convex-clip-adam-norm", {"beta2": 1}, r"beta2: expected a number in \(0, 1\)"),
    ],
)
def test_what_a_theorem_does_not_speak_about_is_one_clear_line(theorem, numbers, message):
    with pytest.raises(BadInput, match=message) as error:
        verify.bound(theorem, **(DEFAULTS | numbers))
    assert "\n" not in str(error.value)
