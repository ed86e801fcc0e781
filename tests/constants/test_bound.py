"""``verify.bound``: the figures reached, how bounds depend on the numbers, and what is refused."""

import dataclasses
from fractions import Fraction
from math import exp, log, log1p

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import bounds
import verify
from tests.constants.oracle import Problem, Program, log_add, log_of
from verify.constants import NoBound
from verify.constants.certify import NotCertified, certify
from verify.constants.inputs import BadInput
from verify.decimals import finite, rounded
from verify.kernel.certificate import statement_digest

THEOREMS = ("convex-clip-sgd", "convex-clip-adagrad-norm", "convex-clip-adagrad-norm-delayed")
SGD, ADAGRAD, DELAYED = THEOREMS
DEFAULTS = {"alpha": "1.5", "delta": "0.01", "N": 10_000, "variant": "freedman"}  # test_joint.py: the other one


def upper(theorem=SGD, **numbers):
    return verify.bound(theorem, **(DEFAULTS | numbers)).upper_exact


# --- figures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("theorem", [SGD, DELAYED])
@pytest.mark.parametrize(("steps", "target"), [(10**4, "0.4190"), (10**5, "0.1921"), (10**6, "0.0889")])
def test_the_figures_of_the_freedman_bound_are_reached(theorem, steps, target):
    assert upper(theorem, N=steps, eta=0) <= Fraction(target)


@pytest.mark.parametrize(("theorem", "figure"), [(SGD, "0.41857"), (ADAGRAD, "0.43131"), (DELAYED, "0.42259")])
def test_no_theorem_is_vacuous_at_the_defaults(theorem, figure):
    b = verify.bound(theorem, **DEFAULTS)
    assert b.upper_exact <= Fraction(figure) and not b.vacuous
    assert (b.trivial_lower, b.trivial_upper) == ("0.5", "0.5")


def test_vacuous_is_said_where_the_trivial_bound_is_as_good():
    assert verify.bound(SGD, **DEFAULTS | {"N": 9_000}).vacuous is False
    assert verify.bound(SGD, **DEFAULTS | {"N": 7_000}).vacuous is True


def test_a_twentieth_of_the_bound_is_not_certified():
    b = verify.bound(SGD, **DEFAULTS)
    own = bounds.theorem(SGD)
    values = {k: x for k, x in b.parameters.items() if k in own.integers or k in own.parameters}
    for cheat in ({"gamma": 20 * values["gamma"]}, {"kappa": values["kappa"] / 4}, {"N": 20 * values["N"]}):
        with pytest.raises(NotCertified):
            certify(own, values | cheat)


def test_bounds_are_enclosed_tightly_and_witnessed_exactly():
    b = verify.bound(DELAYED, **DEFAULTS)
    assert 0 < b.upper_exact - b.lower_exact <= b.upper_exact / 10**10
    p = b.parameters
    assert p["tau"] == p["u"] * p["lam"] / p["R"] and p["q"] == p["L"] * p["gamma"] / p["b0"]
    assert p["eta"] == (p["gamma"] / p["R"]) ** 2
    assert b.enclosures["A"] == ("5.29831736654", "5.29831736655")
    assert b.proof.axioms == ("ville",) and b.proof.statement_sha256 == b.certificate["statement_sha256"]


def test_a_method_is_answered_with_the_best_of_its_theorems():
    """The convex theorem, with Delta the non-convex one; the record says which variant was best."""
    numbers = {"alpha": "1.5", "delta": "0.01", "N": 10_000}
    best = verify.bound("clip-sgd", **numbers)
    assert (best.theorem, best.variant) == (SGD, "joint") and best.upper_exact < upper()
    assert verify.bound("clip-sgd", **numbers, Delta=1).theorem == "nonconvex-clip-sgd"
    with pytest.raises(bounds.UnknownTheorem):
        verify.bound("clip-sgdx", **numbers)


# --- the search reaches the optimum ------------------------------------------------------------------

numbers = st.fixed_dictionaries(
    {
        "alpha": st.sampled_from(["1.000001", "1.1", "3/2", "1.9", "2"]),
        "delta": st.sampled_from(["0.9", "0.01", "1e-12", "1e-300"]),
        "N": st.sampled_from([1, 2, 1000, 10**6, 10**18]),
        "L": st.sampled_from(["1e-60", "1", "1e60"]),
        "R": st.sampled_from(["1e-3", "7/3", "1e60"]),
        "sigma": st.sampled_from(["0", "1e-60", "0.1", "100", "1e60"]),
        "b0": st.sampled_from(["1", "1e-6"]),
        "eta": st.sampled_from(["reweighted", "0", "1", "1e-6"]),
    }
)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(THEOREMS), numbers, st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), max_size=8))
@example(
    ADAGRAD,  # with eta = 0 nothing depends on one of the parameters of the search
    {"alpha": "1.000001", "delta": "0.01", "N": 1, "L": "1e60", "R": "1e-3", "sigma": "1e-60", "b0": "1", "eta": "0"},
    [],
)
def test_the_certified_bound_is_the_minimum(theorem, at, steps):
    b = verify.bound(theorem, **at, variant="freedman")
    eta = Fraction(0) if theorem == SGD else None if at["eta"] == "reweighted" else Fraction(at["eta"])
    exact = {k: Fraction(at[k]) for k in ("alpha", "delta", "L", "R", "sigma", "b0")}
    program = Program(Problem(**exact, N=at["N"], eta=eta, drift=theorem == ADAGRAD))
    best = program.best()
    assert abs(log_of(b.upper_exact / (exact["L"] * exact["R"] ** 2 / 2)) - best.log_bound) <= 1e-6
    rho = best.log_rho - log1p(-exp(best.log_rho)) if best.log_rho < -1e-8 else 20.0
    for dk, dx in steps:
        x = min(rho + dx, 20.0)
        log_rho1 = -log_add(0.0, x)
        other = program.point(1 + exp(log(best.kappa - 1) + dk), x + log_rho1, log_rho1)
        assert other.log_bound >= best.log_bound - 1e-5


# --- how it depends on the numbers -------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(THEOREMS), st.sampled_from(["1.05", "1.3", "1.7", "2"]), st.integers(0, 3))
def test_the_bound_is_monotone(theorem, alpha, k):
    base = {"alpha": alpha, "N": 10 ** (3 + k), "sigma": 2, "delta": "0.01"}
    value = upper(theorem, **base)
    assert upper(theorem, **base | {"N": 2 * base["N"]}) < value
    for harder in ({"sigma": 3}, {"delta": "0.001"}, {"L": 2}, {"R": 2}):
        assert upper(theorem, **base | harder) > value


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(THEOREMS), st.sampled_from([Fraction(1, 7), Fraction(10**6)]), st.sampled_from([3, "1e-20"]))
def test_the_bound_scales(theorem, length, height):
    """With x in units of ``length`` and f in units of ``height``: L ~ height/length^2, sigma ~ height/length."""
    height = Fraction(height)
    scaled = upper(theorem, R=2 * length, L=3 * height / length**2, sigma=height / length)
    assert abs(scaled / (height * upper(theorem, R=2, L=3)) - 1) <= Fraction(1, 10**7)


def test_the_initial_accumulator_is_a_unit_only():
    assert abs(upper(ADAGRAD, b0="1e9") / upper(ADAGRAD, b0="1e-9") - 1) <= Fraction(1, 10**7)


def test_without_accumulator_weight_the_delayed_method_is_sgd():
    assert abs(upper(DELAYED, eta=0, delay=5) / upper(SGD) - 1) <= Fraction(1, 10**7)


@pytest.mark.parametrize("theorem", THEOREMS)
@pytest.mark.parametrize(
    "at", [{"N": 10**12}, {"N": 10**18, "sigma": "1e60"}, {"N": 1, "sigma": 0}, {"delta": "1e-399"}, {"eta": 10**60}]
)
def test_extreme_numbers_give_a_bound(theorem, at):
    assert 0 < upper(theorem, **at, variant=None) <= upper(theorem, **at)


# --- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"alpha": "1"}, "expected a tail index in \\(1, 2\\], got '1'"),
        ({"alpha": "2.1"}, "tail index"),
        ({"delta": "0"}, "probability in \\(0, 1\\)"),
        ({"delta": 1}, "probability"),
        ({"N": 0}, "integer >= 1"),
        ({"N": "1.5"}, "integer >= 1"),
        ({"sigma": -1}, "number >= 0"),
        ({"L": 0}, "number > 0"),
        ({"R": "nan"}, "finite number"),
        ({"R": "inf"}, "finite number"),
        ({"R": "1/0"}, "finite number"),
        ({"R": "1e999"}, "digits"),
        ({"N": 10**101}, "digits"),
        ({"b0": "0"}, "number > 0"),
        ({"eta": "plain"}, 'or "reweighted"'),
        ({"delay": 0}, "integer >= 1"),
    ],
)
def test_bad_numbers_get_one_clear_line(at, message):
    with pytest.raises(BadInput, match=message) as error:
        verify.bound(SGD, **(DEFAULTS | at))
    assert isinstance(error.value, ValueError) and "\n" not in str(error.value) and next(iter(at)) in str(error.value)


@pytest.mark.parametrize("at", [{"alpha": 1.5}, {"sigma": float("nan")}, {"N": True}, {"L": None}, {"R": 1j}])
def test_inexact_numbers_are_type_errors(at):
    with pytest.raises(TypeError, match="expected"):
        verify.bound(SGD, **(DEFAULTS | at))


def test_a_float_comes_with_a_hint():
    with pytest.raises(TypeError, match=r'write a string such as "1\.5"'):
        verify.bound(SGD, alpha=1.5, delta="0.01", N=10)


def test_an_unknown_theorem_is_answered_with_the_nearest():
    with pytest.raises(bounds.UnknownTheorem, match=SGD):
        verify.bound("convex-clip-sdg", **DEFAULTS)


def test_a_statement_is_as_good_as_its_id():
    assert verify.bound(bounds.theorem(SGD), **DEFAULTS).upper == verify.bound(SGD, **DEFAULTS).upper


def test_a_forged_statement_is_refused():
    own = bounds.theorem(SGD)
    easy = {k: f for k, f in own.conditions.items() if k != "budget"}
    for forged in (dataclasses.replace(own, conditions=easy), dataclasses.replace(own, bound=own.bound / 20)):
        with pytest.raises(BadInput, match="not the statement"):
            verify.bound(forged, **DEFAULTS)

    class Liar(type(own)):
        def __eq__(self, other):
            return True

        __hash__ = object.__hash__

    liar = Liar(**{f.name: getattr(own, f.name) for f in dataclasses.fields(own)} | {"bound": own.bound / 20})
    assert statement_digest(liar) != statement_digest(own)
    with pytest.raises(BadInput, match="not the statement"):
        verify.bound(liar, **DEFAULTS)
    with pytest.raises(TypeError, match="id or a Statement"):
        verify.bound(3, **DEFAULTS)


def test_a_search_that_finds_nothing_says_so(monkeypatch):
    from verify.constants import parameters

    found = parameters.candidates

    def wrong(*problem):
        return (free | {"z1": free["z1"] / 2} for free in found(*problem))

    monkeypatch.setattr(parameters, "candidates", wrong)
    with pytest.raises(NoBound, match="freedman1") as error:
        verify.bound(SGD, **DEFAULTS)
    assert "\n" not in str(error.value)


# --- decimals ----------------------------------------------------------------------------------------


@given(st.fractions(), st.booleans(), st.integers(1, 20))
def test_decimals_are_rounded_to_the_right_side(x, up, digits):
    y = rounded(x, up, digits)
    assert (y >= x if up else y <= x) and abs(y - x) <= abs(x) * Fraction(10) ** (1 - digits)
    assert Fraction(finite(y)) == y


@pytest.mark.parametrize("x", [Fraction(999999, 1000), Fraction(1, 10**40), Fraction(10**40), Fraction(1000)])
def test_decimals_at_the_edges(x):
    assert Fraction(finite(rounded(x, True, 3))) >= x >= Fraction(finite(rounded(x, False, 3)))
    with pytest.raises(ValueError, match="finite decimal"):
        finite(Fraction(1, 3))
