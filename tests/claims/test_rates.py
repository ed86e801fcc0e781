"""Rates of the proved theorems, against the published ones; schedules off by a little are refused."""

from dataclasses import replace

import pytest

import bounds
from bounds.exponents import ALPHA, exponent
from bounds.terms import num, par
from verify.claims.rates import NoRate, convex_schedule, nonconvex_schedule, rate

IDS = [i for i in bounds.theorem_ids("convex") if bounds.method(i).accumulator != "adam"]
ONE = exponent([1])


@pytest.mark.parametrize("theorem", IDS)
def test_convex_rate(theorem):
    """(A/N)^((alpha-1)/alpha), for every alpha at once: theory.md, section 4 (scaling)."""
    found = rate(bounds.theorem(theorem, "freedman"), convex_schedule(theorem))
    assert found.m == exponent([1, -1], [0, 1]) and found.a == exponent([]) and found.in_steps == (ALPHA - ONE) / ALPHA


@pytest.mark.parametrize("theorem", bounds.theorem_ids("nonconvex"))
def test_nonconvex_rate_with_and_without_momentum(theorem):
    """(A/N)^((2 alpha-2)/(3 alpha-2)), the minimax exponent; where mix takes too much it is lost."""
    schedule = nonconvex_schedule(theorem)
    for variant in ("self-bounded", "self-bounded-momentum"):
        found = rate(bounds.theorem(theorem, variant), schedule)
        assert found.m == exponent([2, -2], [-2, 3]) and found.a == exponent([])
    with pytest.raises(NoRate, match="descent"):
        rate(bounds.theorem(theorem, "self-bounded-momentum"), schedule | {"mix": num(1)})


@pytest.mark.parametrize("power", [exponent(["1/100"]), exponent(["-1/100"])], ids=["larger", "smaller"])
def test_another_stepsize_exponent_is_refused_or_slower(power):
    """A stepsize larger by M^(1/100) breaks the budget; a smaller one is admissible and its rate is worse."""
    theorem = "convex-clip-sgd"
    schedule = convex_schedule(theorem)
    schedule["gamma"] = schedule["gamma"] * par("M") ** power
    statement = bounds.theorem(theorem, "freedman")
    if power.at(2) > 0:
        with pytest.raises(NoRate, match="not met in the limit"):
            rate(statement, schedule)
    else:
        assert rate(statement, schedule).in_steps == (ALPHA - ONE) / ALPHA + power


def test_the_clipping_level_of_the_summary_is_not_admissible_with_this_stepsize():
    """lam ~ N^(1/(2 alpha)) (claim S7): the bias term of the budget grows."""
    schedule = convex_schedule("convex-clip-sgd")
    schedule["lam"] = par("sigma") * (par("M") / par("eps")) ** exponent([1], [0, 2])
    with pytest.raises(NoRate, match="not met in the limit"):
        rate(bounds.theorem("convex-clip-sgd", "freedman"), schedule)


def test_constants_that_do_not_fit_are_refused():
    schedule = convex_schedule("convex-clip-sgd") | {"kappa": num(1)}
    with pytest.raises(NoRate, match="budget"):
        rate(bounds.theorem("convex-clip-sgd", "freedman"), schedule)


def test_a_schedule_must_be_complete():
    schedule = convex_schedule("convex-clip-sgd")
    del schedule["z2"]
    with pytest.raises(NoRate, match="gives no z2"):
        rate(bounds.theorem("convex-clip-sgd", "freedman"), schedule)


def test_a_statement_with_an_opaque_condition_has_no_rate():
    with pytest.raises(NoRate, match="gives no"):
        rate(bounds.theorem("convex-clip-sgd", "joint"), convex_schedule("convex-clip-sgd"))
    plain = bounds.theorem("convex-clip-sgd", "freedman")
    with pytest.raises(NoRate, match="has no bound"):
        rate(replace(plain, bound=None), convex_schedule("convex-clip-sgd"))
