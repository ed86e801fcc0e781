"""The samplers draw from the laws they claim (tests of chance: seed fixed, level and power stated)."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import ALPHA, LAWS, SIGMA

from counterexamples.moments import Gaussian, OneSided, Pareto, StudentT, TwoPoint
from counterexamples.noise import INWARD, OUTWARD, Law, scaled
from verify.simulate.backends.compiled import filler
from verify.simulate.noise.sampler import Atoms, draw, sampler

SEED, LANES, STEPS = 20240607, 1000, 400  # 4e5 draws
# Kolmogorov's bound P(sup |F_n - F| > sqrt(ln(2/level)/(2n))) <= level (Massart 1990), level 1e-9
DISTANCE = float(np.sqrt(np.log(2e9) / (2 * LANES * STEPS)))


def sample(law: Law) -> np.ndarray:
    words, noise = np.empty((STEPS, LANES), np.uint32), np.zeros((STEPS, LANES))
    filler(sampler(law), noise.dtype.type)(noise, words, 0, 0, 0, SEED, 0)
    return np.sort(noise.ravel())


def exact_cdf(name: str, x: np.ndarray) -> np.ndarray:
    from scipy import stats

    x = x / LAWS[name].scale
    match name:
        case "stable":
            grid = np.sinh(np.linspace(-7, 7, 400))  # scipy integrates each point: interpolate, error 2e-5
            return np.interp(x, grid, stats.levy_stable.cdf(grid, 1.75, 0))
        case "gaussian":
            return stats.norm.cdf(x)
        case "student":
            return stats.t.cdf(x, 2)
        case "lomax":
            tail = 0.5 * (1 + np.abs(x)) ** -1.75
            return np.where(x < 0, tail, 1 - tail)
    return np.where(-x > 1 - 7 / 3, (np.maximum(-x, 1 - 7 / 3) + 7 / 3) ** -1.75, 1.0)  # outward Pareto: -X


def distance(name: str, law: Law) -> float:
    x = sample(law)
    ranks = np.arange(len(x) + 1) / len(x)
    cdf = exact_cdf(name, x)
    return float(max(np.max(cdf - ranks[:-1]), np.max(ranks[1:] - cdf)))


@pytest.mark.parametrize("name", ["stable", "gaussian", "student", "lomax", "pareto"])
def test_continuous_laws_pass_kolmogorovs_test_and_a_ten_percent_scale_error_fails(name):
    """H0: the sample has the exact law; level 1e-9.  A 10 % larger scale moves the distribution function by 0.0125
    or more, so it is missed with probability at most 2 exp(-2 n (0.0125 - DISTANCE)^2) < 1e-15."""
    law = LAWS[name]
    assert distance(name, law) < DISTANCE
    assert distance(name, replace(law, scale=law.scale * 1.1)) > DISTANCE


@pytest.mark.parametrize("base", [Gaussian(), StudentT(F(2))], ids=str)
def test_one_sided_laws_are_those_of_the_size(base):
    """Kolmogorov's test of X + E|Y| against |Y|; the symmetric law of the same scale fails."""
    from scipy import stats

    half, m = (stats.halfnorm.cdf, (2 / np.pi) ** 0.5) if base == Gaussian() else (_student_size, 2**0.5)
    law = scaled(OneSided(base), ALPHA, SIGMA, INWARD)
    ranks = np.arange(LANES * STEPS + 1) / (LANES * STEPS)
    for one, near in ((law, True), (replace(law, shape=base), False)):
        cdf = half(sample(one) / law.scale + m)
        assert (max(np.max(cdf - ranks[:-1]), np.max(ranks[1:] - cdf)) < DISTANCE) == near


def _student_size(y):
    return np.maximum(y, 0) / np.sqrt(2 + y * y)  # of Student's law with 2 degrees of freedom, E|Y| = 2^(1/2)


@pytest.mark.parametrize("name", ["two-point", "three-point"])
def test_jumps_occur_with_their_exact_probability(name):
    """H0: the number of jumps is Bin(4e5, p); six standard deviations, level about 2e-9; a wrong p is seen with
    power > 0.999 from 1.5 p on."""
    law = LAWS[name]
    p, n = float(law.shape.p), LANES * STEPS
    jumps = np.count_nonzero(np.abs(sample(law)) == law.scale)
    spread = 6 * np.sqrt(n * p * (1 - p))
    assert abs(jumps - n * p) < spread < n * p / 4


def test_two_point_law_is_centred_and_thresholds_are_exact():
    law = LAWS["two-point"]
    atoms = sampler(law)
    assert isinstance(atoms, Atoms)
    p = F(int(atoms.thresholds[0]), 2**64)
    mean = p * F(atoms.values[0]) + (1 - p) * F(atoms.values[2])
    assert p == law.shape.p and abs(mean) < F(law.scale) * F(1, 2**52)


def test_a_threshold_inside_a_first_word_is_resolved_by_the_second():
    """Draw 1 of trajectory 0 has first word w: a jump probability just above and just below its 64-bit value."""
    from verify.simulate.noise.philox import words

    ids = np.arange(1, dtype=np.uint64)
    u = (int(words(0, 0, ids, SEED)[0, 0]) << 32) + int(words(0, 1, ids, SEED)[0, 0])
    seen = []
    for cut in (u, u + 1):
        atoms = Atoms(np.array([cut, cut], np.uint64), np.array([1.0, 1.0, -1.0]))
        X, W = np.zeros((4, 1)), np.empty((4, 1), np.uint32)
        filler(atoms, X.dtype.type)(X, W, 0, 0, 0, SEED, 0)
        assert X[0, 0] == draw(atoms, 0, 0, ids, SEED)[0]
        seen.append(X[0, 0])
    assert seen == [-1.0, 1.0]


def test_orientation_flips_one_sided_laws():
    outward, inward = (sample(scaled(Pareto(F(7, 4)), ALPHA, SIGMA, o)) for o in (OUTWARD, INWARD))
    assert np.array_equal(outward, -inward[::-1])
    assert -outward[0] > 10 * outward[-1] > 0  # the large jumps point to -e1


def test_rare_tail_is_refined_beyond_31_bits():
    """Far in the tail the compiled sampler and the array sampler use the second word, and agree."""
    law = sampler(scaled(Pareto(F(7, 4)), ALPHA, SIGMA, INWARD))
    ids = np.arange(200_000, dtype=np.uint64)
    X, W = np.zeros((4, len(ids))), np.empty((4, len(ids)), np.uint32)
    filler(law, X.dtype.type)(X, W, 0, 0, 0, SEED, 0)
    refined = W[0] >> 1 < 2**16
    assert np.count_nonzero(refined) > 0
    assert np.array_equal(X[0], draw(law, 0, 0, ids, SEED))


def test_sampler_refuses_nothing_it_can_realise():
    assert isinstance(sampler(scaled(TwoPoint(F(1, 2**64)), ALPHA, SIGMA)), Atoms)
