"""Certification: the certified point passes, its nearest false neighbours fail and the condition is named."""

import dataclasses
from fractions import Fraction

import mpmath
import pytest

import bounds
import verify
from bounds.terms import eq, le, lt, num, par
from verify import recheck
from verify.constants.certify import NotCertified, certificate, certify, numeric_facts
from verify.kernel.certificate import digest

PLAIN = ("sgd", "adagrad-norm", "adagrad-norm-delayed", "adam-norm", "adam-norm-delayed")
THEOREMS = tuple(f"convex-clip-{name}" for name in PLAIN)
UP, DOWN = 1 + Fraction(1, 10**6), 1 - Fraction(1, 10**6)
root_two = num(2) ** Fraction(1, 2)


def statement_and_values(theorem, **numbers):
    numbers = {"alpha": "1.5", "delta": "0.01", "N": 10**4} | numbers
    st = bounds.theorem(theorem)
    found = verify.bound(theorem, **numbers, variant="freedman").parameters
    wanted = st.integers.keys() | (st.parameters.keys() - {"alpha_m1", "A", "beta2_c", "growth"})
    return st, {k: x for k, x in found.items() if k in wanted}


@pytest.fixture(scope="module", params=THEOREMS)
def case(request):
    return statement_and_values(request.param)


# --- the nearest false neighbours -------------------------------------------------------------------

NEIGHBOURS = [
    ("lam", DOWN, "grad"),
    ("rho", DOWN, "grad"),
    ("rho1", UP, "rho_split"),
    ("rho2", DOWN, "rho_plus"),
    ("q1", UP, "q_split"),
    ("z1", DOWN, "freedman1"),
    ("z2", DOWN, "freedman2"),
    ("z1", UP, "budget"),
    ("kappa", DOWN, "budget"),
    ("rho1", DOWN * Fraction(9, 10), "budget"),
    ("chi", DOWN, "chi"),
    ("L", UP, "grad"),
    ("R", UP, "grad"),
    ("sigma", UP, "freedman1"),
    ("delta", DOWN, "freedman1"),
    ("N", Fraction(10001, 10000), "freedman1"),
    ("gamma", Fraction(101, 100), "q_split"),
]


@pytest.mark.parametrize(("name", "factor", "condition"), NEIGHBOURS)
def test_the_nearest_false_neighbour_fails_and_the_condition_is_named(case, name, factor, condition):
    st, values = case
    certify(st, values)
    if name not in st.parameters.keys() | st.integers.keys():
        assert (st.id, name) == ("convex-clip-sgd", "chi")
        return
    with pytest.raises(NotCertified) as error:
        certify(st, values | {name: values[name] * factor})
    if name == "N" and "growth" in st.parameters:
        condition = "q_split"  # the stepsizes grow with N, and this condition comes first
    assert error.value.name == condition and condition in str(error.value)


DOMAIN = [
    ("alpha", Fraction(1), "alpha_m1"),
    ("alpha", 2 + Fraction(1, 10**9), "alpha_range_high"),
    ("delta", Fraction(1), "delta_range"),
    ("delta", Fraction(0), "delta"),
    ("N", Fraction(0), "N"),
    ("N", Fraction(20001, 2), "N"),
    ("sigma", Fraction(-1), "sigma"),
    ("L", Fraction(0), "L"),
    ("kappa", Fraction(-2), "kappa"),
    ("lam", 5.0, "lam"),
    ("R", True, "R"),
]


@pytest.mark.parametrize(("name", "value", "what"), DOMAIN)
def test_values_outside_the_domain_are_refused(case, name, value, what):
    st, values = case
    with pytest.raises(NotCertified) as error:
        certify(st, values | {name: value})
    assert error.value.name in (what, "A", "alpha_m1") and error.value.name in st.parameters.keys() | {what}


def test_delay_must_be_at_least_one():
    st, values = statement_and_values("convex-clip-adagrad-norm-delayed", delay=3)
    certify(st, values)
    with pytest.raises(NotCertified, match="d: false"):
        certify(st, values | {"d": 0})


def test_exactly_the_declared_names_take_a_value(case):
    st, values = case
    with pytest.raises(NotCertified, match="z1: no value"):
        certify(st, {k: x for k, x in values.items() if k != "z1"})
    for surplus in ("A", "epsilon"):  # A is defined as ln(2/delta)
        with pytest.raises(NotCertified, match=f"{surplus}: a value that nothing asks for"):
            certify(st, values | {surplus: Fraction(6)})


# --- what a statement may ask ------------------------------------------------------------------------


def test_every_numeric_fact_is_checked(case):
    st, _ = case
    names = {name for name, _ in numeric_facts(st)}
    assert names >= st.conditions.keys() | {"alpha_range_low", "alpha_range_high", "delta_range", "N", "gamma"}
    assert not names & {"convex", "smooth", "noise_moment", "start", "minimiser", "clip_active"}


@pytest.mark.parametrize(
    ("group", "fact", "reason"),
    [
        ("conditions", lt(par("kappa"), par("kappa")), "false"),
        ("assumptions", le(2, par("L")), "false"),
        ("definitions", le(2, par("L")), "false"),
        ("definitions", eq(par("L"), num(2)), "a value that nothing asks for"),
        ("definitions", eq(par("A"), num(2)), "false"),
        ("conditions", le(root_two * root_two, 2), "undecided"),
        ("conditions", le(0, par("sigma") ** -1 * 0), None),
    ],
)
def test_a_further_fact_is_not_overlooked(case, group, fact, reason):
    st, values = case
    for name in ("further", "budget"):  # a name that is taken does not hide it
        if group == "conditions" and name == "budget":
            continue
        mutant = dataclasses.replace(st, **{group: dict(getattr(st, group)) | {name: fact}})
        if reason is None:
            certify(mutant, values)
        else:
            with pytest.raises(NotCertified, match=reason):
                certify(mutant, values)


# --- by hand, in fifty digits ------------------------------------------------------------------------


def by_hand(p, theorem):
    """Theory, section 4, written down again: (name, left side, right side) of every condition, and the bound."""
    m = {k: mpmath.mpf(x.numerator) / x.denominator for k, x in p.items()}
    a, kappa, rho, z1, z2 = (m[k] for k in ("alpha", "kappa", "rho", "z1", "z2"))
    growth = m.get("beta2", mpmath.mpf(1)) ** (-m["N"] / 2)  # section 6.2
    u = m["gamma"] * growth / m.get("b0", 1)
    tau, q = u * m["lam"] / m["R"], m["L"] * u
    big_a, y = mpmath.log(2 / m["delta"]), m["N"] * (m["sigma"] / m["lam"]) ** a
    k_a = (a - 1) ** (a - 1) / a**a
    s_b = k_a * (1 - rho) ** (1 - a) * tau * y
    s_v = (1 + rho) ** (2 - a) * tau**2 * y

    def br(big_m, g):
        return big_m * big_a / 3 + mpmath.sqrt((big_m * big_a / 3) ** 2 + 2 * g * big_a)

    falls = {"convex-clip-adagrad-norm": 1 - 1 / m.get("chi", 1), "convex-clip-adam-norm": 1}
    drift = 2 * kappa * tau * falls.get(theorem, 0)
    chi = m.get("chi", mpmath.mpf(1))
    th = s_v + br((1 + rho) ** 2 * tau**2, (1 + rho) ** 2 * tau**2 * s_v)
    conditions = [
        ("grad", q * kappa, rho * tau),
        ("freedman1", br(4 * kappa * tau, 4 * kappa**2 * s_v), z1),
        ("freedman2", th - s_v, z2),
        ("budget", 1 + 2 * kappa * s_b + z1 + th / (1 - q) + drift, kappa**2),
    ]
    if "chi" in m:
        weight = m["eta"] if "eta" in m else 1 - m["beta2"]
        h = weight * m["R"] ** 2 / m["gamma"] ** 2
        conditions.append(("chi", growth**2 + h * (mpmath.sqrt(chi * q) * kappa + mpmath.sqrt(th)) ** 2, chi**2))
    return conditions, chi * kappa**2 * m["R"] ** 2 / (2 * m["N"] * u)


@pytest.mark.parametrize("theorem", THEOREMS)
@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"alpha": 2, "N": 10**6, "sigma": "0.1"},
        {"alpha": "1.05", "delta": "1e-300", "N": 10**12, "L": "7/3", "R": "20", "sigma": 30, "b0": "0.3"},
        {"eta": "1e-6", "sigma": 0, "N": 50},
    ],
)
def test_fifty_digits_by_hand_agree(theorem, numbers):
    _, values = statement_and_values(theorem, **numbers)
    b = verify.bound(theorem, **({"alpha": "1.5", "delta": "0.01", "N": 10**4, "variant": "freedman"} | numbers))
    with mpmath.workdps(50):
        conditions, value = by_hand(values, theorem)
        for name, left, right in conditions:
            assert left <= right, name
            assert right - left <= mpmath.mpf("1e-4") * right, f"{name} is not used up"
        assert mpmath.mpf(b.lower) <= value <= mpmath.mpf(b.upper)


# --- the certificate ---------------------------------------------------------------------------------


def test_the_independent_checker_accepts_the_certificate(case):
    st, values = case
    assert st.id in recheck.check(certificate(certify(st, values))).summary


@pytest.mark.parametrize("edit", ["upper", "lower", "z1", "delta", "digest"])
def test_the_independent_checker_refuses_an_edited_certificate(case, edit):
    st, values = case
    obj = certificate(certify(st, values))
    if edit in ("upper", "lower"):
        end = Fraction(obj["bound"][edit])
        obj["bound"] = obj["bound"] | {edit: str(end * (DOWN if edit == "upper" else UP))}
    elif edit != "digest":
        obj["values"] = obj["values"] | {edit: str(values[edit] * DOWN)}
    obj["sha256"] = "0" * 64 if edit == "digest" else digest({k: x for k, x in obj.items() if k != "sha256"})
    with pytest.raises(recheck.Refused):
        recheck.check(obj)
