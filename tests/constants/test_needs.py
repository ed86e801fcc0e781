"""What a theorem asks of momentum and forgetting: said in words, before any search, exactly where it fails."""

import warnings
from fractions import Fraction as F

import pytest

import bounds
import verify
from verify.constants import BadInput, NoBound
from verify.constants.certify import numeric_facts, parameter_definitions
from verify.constants.needs import MOMENTUM, unmet
from verify.kernel.balls import Balls

ADAM = "nonconvex-clip-adam-norm"
NUMBERS = {"alpha": 2, "delta": "0.01", "Delta": 1, "N": 100}
JUST = F(1, 10**6)


@pytest.mark.parametrize("sigma", [0, 1])
@pytest.mark.parametrize("beta1", ["0.9", "0.95"])
def test_momentum_that_remembers_longer_than_the_accumulator(beta1, sigma):
    """At beta1 = beta2 (once "0 to a negative power") and above; no warning of a search that cannot succeed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(NoBound) as error:
            verify.bound(ADAM, **NUMBERS, beta1=beta1, beta2="0.9", sigma=sigma)
    told = "(self-bounded-momentum, exponential-momentum): no bound at these numbers: this theorem needs beta1 < beta2"
    assert str(error.value) == f"{ADAM} {told}, got beta1 = {beta1} and beta2 = 0.9"


def test_momentum_that_forgets_a_little_sooner_has_a_bound():
    """Positive twin."""
    assert verify.bound(ADAM, **NUMBERS, beta1="0.9", beta2="0.95", sigma=0).upper_exact > 0


def _about_momentum():
    for i in bounds.theorem_ids():
        for v in bounds.variants(i):
            names = [name for name, _ in numeric_facts(bounds.theorem(i, v)) if name in MOMENTUM]
            if names:
                yield pytest.param(i, v, *names, id=f"{i}-{v}")


@pytest.mark.parametrize(("theorem", "variant", "name"), list(_about_momentum()))
def test_the_words_are_the_fact_of_the_statement(theorem, variant, name):
    """On both sides of the boundary the fact in Q agrees with the one that the statement has."""
    statement = bounds.theorem(theorem, variant)
    (fact,) = (f for k, f in numeric_facts(statement) if k == name)
    edge, seen = F(1, 4), []
    middle = F(1, 2) if name == "momentum_short" else edge  # 1/2 = (1/4)^(1/2)
    for beta1 in (middle - JUST, middle + JUST):
        values = {"alpha": F(2), "beta1": beta1, "beta2": edge, "N": F(10)}
        at = Balls(values, 128)
        for parameter in ("beta1_c", "beta2_c", "step_growth", "kept"):
            if parameter in statement.parameters:
                at.define(parameter, parameter_definitions(statement)[parameter])
        seen.append(at.holds(fact))
        assert (not unmet(statement, values)) is seen[-1] is Balls(values, 128).holds(MOMENTUM[name][0])
    assert seen == [True, False]
    values = {"alpha": F(2), "beta1": middle, "beta2": edge, "N": F(10)}
    assert (not unmet(statement, values)) is (name == "memory")


def test_the_fewest_steps_say_so_too():
    with pytest.raises(NoBound, match="this theorem needs beta1 < beta2, got"):
        verify.smallest_steps(ADAM, epsilon="0.4", alpha=2, delta="0.01", Delta=1, beta1="0.9", beta2="0.9")


@pytest.mark.parametrize(("beta2", "good"), [("0.9", False), (1 - F(1, 10**18), True)])
def test_what_is_forgotten_at_once_is_no_endless_work(beta2, good):
    """gamma of a matched b0 would be beta2^(N/2), a number of 10^16 digits."""
    numbers = {"alpha": 2, "delta": "0.01", "N": 10**18, "beta2": beta2}
    if good:
        assert verify.bound("convex-clip-adam-norm", **numbers).upper_exact > 0
        return
    with pytest.raises(NoBound, match="try beta2 near 1 - 1/N"):
        verify.bound("convex-clip-adam-norm", **numbers)


@pytest.mark.parametrize("theorem", bounds.theorem_ids("uniform"))
def test_a_closed_form_is_answered_with_its_own_function(theorem):
    with pytest.raises(BadInput) as error:
        verify.bound(theorem, alpha="1.5", delta="0.01", N=10**6)
    assert f'try verify.schedule("{theorem}", ...), or the command verify schedule {theorem}' in str(error.value)
    assert "\n" not in str(error.value)


def test_the_function_that_it_names_works():
    """Positive twin."""
    assert verify.schedule("uniform-clip-sgd", alpha="1.5", delta="0.01", N=10**6).upper > 0
