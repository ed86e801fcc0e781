"""The default attack stays inside the noise class and contains what it promises."""

from fractions import Fraction as F

import pytest
from flint import ctx

from counterexamples.battery import battery, nonconvex_battery, rare_jump
from counterexamples.moments import Zero, ball
from counterexamples.problems import certify, start_gap

ARGUMENTS = {"L": F(1), "R": F(1, 3), "N": 10_000, "u": 0.002, "lam": 40.0, "rho": F(1, 20)}


@pytest.mark.parametrize("alpha", [F(101, 100), F(3, 2), F(2)], ids=str)
def test_every_law_is_in_the_class_and_every_problem_in_its_own(alpha):
    sigma = F(7, 10)
    attacks = battery(alpha, sigma, **ARGUMENTS)
    assert len(attacks) == len({a.name for a in attacks}) == 12
    for attack in attacks:
        assert F(attack.problem.start) <= ARGUMENTS["R"] and attack.problem.L == 1
        with ctx.workprec(128):
            assert ball(attack.law.moment[1]) <= ball(sigma) ** ball(alpha), attack.name


NONCONVEX = {"L": F(7, 5), "Delta": F(1, 3), "N": 10_000, "u": 0.002, "lam": 40.0, "rho": F(1, 20), "delta": F(1, 100)}


@pytest.mark.parametrize("alpha", [F(101, 100), F(3, 2), F(2)], ids=str)
def test_every_nonconvex_attack_is_in_the_class_to_the_last_digits(alpha):
    sigma = F(7, 10)
    attacks = nonconvex_battery(alpha, sigma, **NONCONVEX)
    assert len(attacks) == len({a.name for a in attacks}) == 17
    assert {a.problem.shape for a in attacks} == {"huber", "plateau", "well", "double-well"}
    for attack in attacks:
        certify(attack.problem, NONCONVEX["L"], NONCONVEX["Delta"])
        assert start_gap(attack.problem) > NONCONVEX["Delta"] * (1 - F(1, 10**13))
        with pytest.raises(ValueError, match="exceeds Delta"):  # negative twin
            certify(attack.problem, NONCONVEX["L"], NONCONVEX["Delta"] * (1 - F(1, 10**13)))
        with ctx.workprec(128):
            assert ball(attack.law.moment[1]) <= ball(sigma) ** ball(alpha), attack.name


def test_without_noise_every_nonconvex_problem_remains():
    attacks = nonconvex_battery(F(3, 2), F(0), **NONCONVEX)
    assert len(attacks) == 6 and all(a.law.shape == Zero() for a in attacks)


@pytest.mark.parametrize("p", [F(1, 3), F(1, 10**12), F(1, 10**30)], ids=str)
def test_a_rare_jump_has_the_probability_asked_for(p):
    law = rare_jump(F(2), F(1), p)
    assert law.shape.p / 2 == max(F(int(p * 2**64)), F(1)) / 2**64
    assert F(law.scale) ** 2 * law.shape.p <= 1


def test_both_orientations_and_the_noiseless_worst_case_are_there():
    attacks = battery(F(3, 2), F(1), **ARGUMENTS)
    linear = [a for a in attacks if a.problem.name == "nearly-linear"]
    assert {a.law.orientation for a in linear} == {-1, 1}
    assert any(a.law.shape == Zero() for a in linear)


def test_without_noise_only_noiseless_attacks_remain():
    attacks = battery(F(3, 2), F(0), **ARGUMENTS)
    assert attacks and all(a.law.shape == Zero() for a in attacks)


@pytest.mark.parametrize("sigma", [F(1, 10**25), F(10**25)], ids=str)
def test_extreme_noise_levels_still_give_admissible_laws(sigma):
    for attack in battery(F(3, 2), sigma, **ARGUMENTS):
        with ctx.workprec(128):
            assert ball(attack.law.moment[1]) <= ball(sigma) ** ball(F(3, 2)), attack.name
