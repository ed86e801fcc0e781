"""The whole attack on Clip-SGD at alpha = 3/2, N = 3000: the theorem's bound survives, a planted one does not."""

from fractions import Fraction as F

import pytest

from bounds.methods import CLIP_SGD
from counterexamples.battery import battery
from verify.simulate import HyperParameters, simulate
from verify.statistics import SUPPORTED, VIOLATED, attack_status, exceedances, power, split_level

# kappa^2 R^2/(2 u N) at a feasible point of the joint budget (theory, 4.1): L = R = sigma = 1, kappa = 1.7, h = 4.3
STEPS, RUNS, DELTA, LEVEL = 3000, 2000, F(1, 20), F(1, 10**6)
U, LAM, RHO, KAPPA = F(139, 10**5), F(67, 2), F(508, 10**4), F(17, 10)
BOUND = KAPPA**2 / (2 * U * STEPS)  # 0.347; the trivial bound is 0.5


@pytest.fixture(scope="module")
def gaps():
    hp = HyperParameters(gamma=float(U), lam=float(LAM), eta=0.0)
    attacks = battery(F(3, 2), F(1), F(1), F(1), STEPS, U, LAM, RHO)
    return {
        a.name: simulate(CLIP_SGD, a.problem, a.law, hp=hp, steps=STEPS, runs=RUNS, seed=3, stream=i).values
        for i, a in enumerate(attacks)
    }


def statuses(gaps, bound):
    level = split_level(LEVEL, len(gaps))
    return {name: attack_status(exceedances(g, bound), RUNS, DELTA, level) for name, g in gaps.items()}


def test_the_bound_survives_every_attack(gaps):
    """P(any false VIOLATED) <= 1e-6 if the bound is true."""
    assert set(statuses(gaps, BOUND).values()) == {SUPPORTED}


def test_a_planted_bound_is_violated(gaps):
    """The nearest false claim: the bound without kappa^2 and without the time of the first steps, which the
    noiseless worst case alone refutes; a rate of 1/10 or more is found with probability > 0.99."""
    assert power(F(1, 10), RUNS, DELTA, split_level(LEVEL, len(gaps)))[0] > F(99, 100)
    planted = F(999, 1000) / (2 * (U * (STEPS - 1) + 1))
    found = statuses(gaps, planted)
    assert found["nearly-linear + none"] == VIOLATED
    assert list(found.values()).count(VIOLATED) >= 4
