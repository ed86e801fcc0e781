"""Closed forms at numbers: certified, above the best bound, at the edges, and next to the literature."""

from fractions import Fraction as F

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bounds
import verify
from verify.constants import BadInput
from verify.constants.certify import NotCertified
from verify.constants.literature import literature_bound, literature_nonconvex
from verify.constants.schedule import family

NONCONVEX = "uniform-nonconvex-clip-sgd"
CONVEX = [i for i in bounds.theorem_ids("uniform") if i != NONCONVEX]


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    theorem=st.sampled_from(CONVEX),
    alpha=st.integers(1, 1000).map(lambda n: 1 + F(n, 1000)),
    digits=st.integers(1, 300),
    power=st.integers(0, 18),
    sigma=st.sampled_from((0, F(1, 10**6), 1, 1000)),
    L=st.sampled_from((F(1, 1000), 1, 1000)),
)
def test_the_closed_form_is_certified_for_all_numbers(theorem, alpha, digits, power, sigma, L):
    """An independent evaluation of both parts with 40 digits; ``upper`` is their maximum, rounded up."""
    delta, N = F(1, 10**digits), max(10**power, 100 if "adam" in theorem else 1)
    found = verify.schedule(theorem, alpha=alpha, delta=delta, N=N, sigma=sigma, L=L)
    with mpmath.workdps(40):
        A, a = mpmath.log(2 * mpmath.mpf(10) ** digits), mpmath.mpf(alpha.numerator) / alpha.denominator
        parts = [
            float(found.constants["C1"]) * mpmath.mpf(float(L)) * A / N,
            mpmath.mpf(float(found.constants["C2"])) * float(sigma) * (A / N) ** ((a - 1) / a),
        ]
        assert float(found.upper) == pytest.approx(float(max(parts)), rel=1e-9)
        assert mpmath.mpf(found.upper.numerator) / found.upper.denominator >= max(parts) * (1 - mpmath.mpf(10) ** -13)
    assert found.proof.axioms == ("ville",)


@pytest.mark.parametrize("theorem", CONVEX)
def test_every_pair_is_certified_at_both_ends_of_alpha(theorem):
    """There k_alpha is met exactly: the printed gamma and lam, which are rounded, need a little room in K."""
    for variant in bounds.variants(theorem):
        for alpha in ("1.0001", "2"):
            found = verify.schedule(theorem, variant=variant, alpha=alpha, delta="0.01", N=10**18)
            assert found.variant == variant and found.upper <= F(found.parts["noise_part"].upper) * F(10**9 + 1, 10**9)


@pytest.mark.parametrize("theorem", ["uniform-clip-sgd", NONCONVEX])
def test_the_literature_s_search_is_silent_where_its_logarithm_is_huge(theorem, recwarn):
    """4 (N+1)/delta leaves the floats; a logarithm of infinity found no schedule."""
    search = literature_nonconvex if theorem == NONCONVEX else literature_bound
    known = search(F(3, 2), F(1, 10**300), 10**18, F(1), F(1), F(1))
    assert 0 < known < 1 and not recwarn.list
    best = verify.schedule(theorem, alpha="1.5", delta="1e-300", N=10**18).upper
    assert known > float(best)


@pytest.mark.parametrize("alpha", ["1.2", "1.5", "2"])
def test_constants_for_one_alpha_are_smaller_and_the_literature_s_larger(alpha):
    closed = verify.schedule("uniform-clip-sgd", alpha=alpha, delta="0.01", N=10**6)
    best = verify.bound("convex-clip-sgd", alpha=alpha, delta="0.01", N=10**6)
    known = literature_bound(F(alpha), F(1, 100), 10**6, F(1), F(1), F(1))
    assert best.upper_exact < closed.upper < 5 * best.upper_exact
    assert known > 2 * float(closed.upper)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(
    alpha=st.integers(1, 1000).map(lambda n: 1 + F(n, 1000)),
    digits=st.integers(1, 100),
    power=st.integers(4, 18),
    sigma=st.sampled_from((0, F(1, 10**6), 1, 10)),
    L=st.sampled_from((F(1, 1000), 1, 1000)),
)
def test_without_convexity_too(alpha, digits, power, sigma, L):
    """The four parts evaluated independently; refused exactly where their maximum is above 2 L Delta."""
    numbers = {"alpha": alpha, "delta": F(1, 10**digits), "N": 10**power, "sigma": sigma, "L": L, "Delta": 3}
    for variant in bounds.variants(NONCONVEX):
        c = family(NONCONVEX).PAIRS[NONCONVEX][variant]
        with mpmath.workdps(40):
            A, a, N = mpmath.log(2 * mpmath.mpf(10) ** digits), mpmath.mpf(float(alpha)), mpmath.mpf(10) ** power
            C1, C2, C3, M = (mpmath.mpf(float(x)) for x in (c.C1, c.C2, c.C3, c.M))
            s, S = mpmath.mpf(float(sigma)), mpmath.sqrt(3 * mpmath.mpf(float(L)))
            parts = (
                C1 * S**2 * A / N,
                C2 * (s**a * (S**2 / N) ** (a - 1)) ** (2 / (3 * a - 2)),
                C2 * S * mpmath.sqrt(s**a * (M * S) ** (2 - a) / N),
                (C2 * s ** (2 * a) * (C3 * A * S / N) ** (2 * a - 2)) ** (1 / (2 * a - 1)),
            )
        if max(parts) <= 2 * S**2:
            found = verify.schedule(NONCONVEX, variant=variant, **numbers)
            assert float(found.upper) == pytest.approx(float(max(parts)), rel=1e-9)
        else:
            with pytest.raises(NotCertified, match="not_trivial"):
                verify.schedule(NONCONVEX, variant=variant, **numbers)


@pytest.mark.parametrize("alpha", ["1.2", "2"])
def test_without_convexity_it_lies_between_the_best_and_the_literature_s(alpha):
    closed = verify.schedule(NONCONVEX, alpha=alpha, delta="0.01", N=10**6)
    best = verify.bound("nonconvex-clip-sgd", alpha=alpha, delta="0.01", N=10**6, Delta=1)
    known = literature_nonconvex(F(alpha), F(1, 100), 10**6, F(1), F(1), F(1))
    assert best.upper_exact < closed.upper < 7 * best.upper_exact and known > 4 * float(closed.upper)


@pytest.mark.parametrize(("N", "fits"), [(44, True), (43, False)])
def test_an_accumulator_that_forgets_faster_is_refused(N, fits):
    """(1 - 1/N)^(-N) <= 11/4 from N = 44 on, and not for 43."""
    try:
        verify.schedule("uniform-clip-adam-norm-delayed", alpha="1.5", delta="0.01", N=N)
    except NotCertified as error:
        assert not fits and error.name == "decay"
    else:
        assert fits


def test_it_is_homogeneous():
    """Scaling f by 2^k scales L and sigma, and the bound with them."""
    one = verify.schedule("uniform-clip-sgd", alpha="1.5", delta="0.01", N=1000, L=1, sigma=1)
    two = verify.schedule("uniform-clip-sgd", alpha="1.5", delta="0.01", N=1000, L=1024, sigma=1024)
    assert float(two.upper) == pytest.approx(1024 * float(one.upper), rel=1e-9)


@pytest.mark.parametrize(
    ("theorem", "numbers", "message"),
    [
        ("convex-clip-sgd", {}, "expected one of uniform-clip-sgd"),
        ("uniform-clip-sgd", {"alpha": "1"}, "tail index"),
        ("uniform-clip-sgd", {"kappa": 2}, "got kappa"),
        ("uniform-clip-adam-norm", {"b0": 2}, "got b0"),
        ("uniform-clip-adam-norm", {"N": 1}, "N: "),
    ],
)
def test_bad_questions_are_refused(theorem, numbers, message):
    with pytest.raises(BadInput, match=message):
        verify.schedule(theorem, **({"alpha": "1.5", "delta": "0.01", "N": 100} | numbers))


def test_the_command(cli):
    found = cli("schedule uniform-clip-adagrad-norm --alpha 1.5 --steps 1e6 --format json")
    record = found.json
    assert (
        found.code == 0
        and record["proof"]["status"] == "PROVED"
        and set(record["parameters"]) >= {"gamma", "lam", "eta"}
    )
    text = cli("schedule --alpha 1.5 --steps 1e6").out
    assert "C1 = 100, C2 = 4.25" in text and "times the closed form" in text
    assert cli("schedule --alpha 3").code == 2
    small = cli(f"schedule {NONCONVEX} --alpha 2 --steps 1e5 --format json").json
    assert set(small) >= {"C3", "M", "range_part"} and "eta" not in small["parameters"]
    vacuous = cli(f"schedule {NONCONVEX} --alpha 1.5 --steps 100")
    assert vacuous.code == 3 and "epsilon <= 2 L Delta" in vacuous.out
