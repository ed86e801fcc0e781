"""The certified moment and mean of the noise as it is drawn, against sums over every number of a small grid."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from flint import arb, arb_poly
from instances import ALPHA, LAWS

from counterexamples.moments import (
    AssumptionViolated,
    Gaussian,
    Lomax,
    OneSided,
    Pareto,
    Stable,
    StudentT,
    _absolute,
)
from counterexamples.noise import isotropic, scaled, steered
from counterexamples.steering import steer
from verify.simulate.noise.grid import grid_mean, one_sided, pieces
from verify.simulate.noise.realised import _power, bounds_of, realised
from verify.simulate.noise.sampler import Atoms, Continuous, draw, sampler
from verify.simulate.noise.tables import evaluate, table

CONTINUOUS = [name for name, law in LAWS.items() if isinstance(sampler(law), Continuous)]


@pytest.mark.parametrize("n", [1, 2, 8, 64])
@pytest.mark.parametrize("q", [0, 1, 2, 3, 6, 20])
def test_the_mean_of_a_power_over_the_grid_is_exact(n, q):
    assert grid_mean(q, n) == sum((F(2 * m + 1, 2 * n) - F(1, 2)) ** q for m in range(n)) / n


def test_the_pieces_are_the_grid_of_the_sampler():
    """Their points, put through the sampler's own ``evaluate``, at every grid value below 2^-53 and in a coarse piece;
    all probabilities together are 1."""
    table = sampler(LAWS["lomax"]).table
    found = list(pieces(table))
    assert sum(probability for *_, probability in found) == 1
    K = np.arange(2**10)
    expected = np.sort(evaluate(table.coefficients, (K + 0.5) * 2.0**-63))
    small = [(p, n) for p, n, probability in found if probability <= F(1, 2**58)]
    points = [p(arb((m + 0.5) / n - 0.5)) for p, n in small for m in range(n)]
    ours = np.sort([float(x.mid()) for x in points])
    both = min(len(ours), len(expected))
    np.testing.assert_allclose(ours[-both:], expected[-both:], rtol=1e-14)
    assert both >= 2**9


@pytest.mark.parametrize(
    "coefficients", [(0.7, -0.1, 0.01), (0.05, -0.11, 0.002), (-0.03, -0.11, 0.001), (0.0, 0.2, 0.0)]
)
@pytest.mark.parametrize("alpha", [F(11, 10), F(3, 2), F(2)])
def test_the_mean_power_bounds_the_sum_and_is_close(coefficients, alpha):
    """Also where the polynomial has a zero on the piece: the bound is above and within 1e-5 of the sum itself."""
    n = 2**14
    z = (np.arange(n) + 0.5) / n - 0.5
    exact = np.mean(np.abs(np.polynomial.polynomial.polyval(z, coefficients)) ** float(alpha))
    bound = float(_power(arb_poly([arb(c) for c in coefficients]), arb(0), n, alpha).mid())
    assert exact * (1 - 1e-12) <= bound <= exact * (1 + 1e-5) + 1e-9


def test_every_law_is_in_its_class_as_drawn(law):
    """And not far inside: the cut tail costs little."""
    found = realised(law)
    assert found.moment <= 1 and found.mean <= F(1, 10**14)
    assert found.moment >= F(99, 100) or law.scale == 0


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_scale_a_millionth_too_large_is_refused_where_the_tail_is_light(name):
    """Negative twin; heavy tails lose up to 2e-3 to the cut at 2^-64, so their scale must grow by more."""
    law = LAWS[name]
    slack = 1 - float(realised(law).moment)
    too_large = replace(law, scale=law.scale * (1 + slack + 1e-6))
    with pytest.raises(AssumptionViolated, match="the numbers drawn have"):
        realised(too_large)


def test_an_uncentred_table_is_seen():
    """Negative twin: shifting every coefficient c_0 by 1e-6 moves the mean by that."""
    law = sampler(LAWS["pareto"])
    shifted = law.table.coefficients.copy()
    shifted[:, 0] += 1e-6
    moved = bounds_of(Continuous(replace(law.table, coefficients=shifted), law.scale), ALPHA)
    assert bounds_of(law, ALPHA).mean < 1e-14
    assert float(moved.mean) == pytest.approx(1e-6 * abs(law.scale), rel=1e-6)


@pytest.mark.parametrize("base", [Gaussian(), Stable(F(27, 20)), StudentT(F(5, 4))], ids=str)
@pytest.mark.parametrize("orientation", [-1, 1])
def test_one_sided_laws_are_centred_as_drawn(base, orientation):
    """Whatever the tail that the grid cuts off; less E|Y| of the exact law heavy tails are not."""
    law = scaled(OneSided(base), F(6, 5), F(1), orientation)
    assert realised(law).moment <= 1 and realised(law).mean < 1e-14
    exact = table(base).coefficients.copy()
    exact[:, 0] -= float(_absolute(base, arb(1)).mid())
    off = bounds_of(Continuous(replace(one_sided(base), coefficients=exact), law.scale), F(6, 5)).mean
    assert (off > 1e-9) == (base != Gaussian())


def test_atoms_are_summed_exactly():
    atoms = Atoms(np.array([2**62, 2**63], np.uint64), np.array([2.0, -1.0, 0.5]))
    found = bounds_of(atoms, F(2))
    assert found.mean == F(2, 4) - F(1, 4) + F(1, 4)
    assert 0 <= found.moment - (F(4, 4) + F(1, 4) + F(1, 8)) <= F(1, 10**25)


@pytest.mark.parametrize("shape", [Stable(F(7, 4)), Lomax(F(7, 4)), Pareto(F(7, 4)), OneSided(Gaussian())], ids=str)
def test_a_simulated_moment_agrees(shape):
    """E|X|^(1/2), which a sample knows well: within five standard errors of the certified value (level 6e-7)."""
    law, half = scaled(shape, ALPHA, F(1)), F(1, 2)
    sample = np.abs(draw(sampler(law), 0, 0, np.arange(2**18, dtype=np.uint64), 11)) ** 0.5
    certified = float(bounds_of(sampler(law), half).moment)
    assert abs(sample.mean() - certified) <= 5 * sample.std() / 2**9


@pytest.mark.parametrize("orientation", [-1, 1])
def test_centred_noise_of_the_class_is_as_near_as_stated(orientation):
    """Two-point noise, exactly: moved to -sigma (or sigma) with the probability of the docstring, the mean is 0 and the
    moment is in the class; with a part less of it the mean is not 0."""
    law = replace(LAWS["two-point"], orientation=orientation)
    drawn, found = sampler(law), realised(law)
    p = F(int(drawn.thresholds[0]), 2**64)
    big, small = F(float(drawn.values[0])), F(float(drawn.values[2]))
    mu = p * big + (1 - p) * small
    q, away = abs(mu) / (abs(mu) + 1), -1 if mu > 0 else 1
    assert (1 - q) * mu + q * away == 0 != (1 - q * F(9, 10)) * mu + q * F(9, 10) * away
    assert 0 < q <= found.distance <= 2 * abs(mu)
    moment = (1 - q) * (p * abs(big) ** 1.5 + (1 - p) * abs(small) ** 1.5) + q
    assert float(moment) <= 1 + 1e-15 and found.moment <= 1  # and so is any mean of found.moment and sigma^alpha


def test_symmetric_and_isotropic_noise_is_centred_exactly():
    distances = {name: realised(law).distance for name, law in LAWS.items()}
    assert {name for name, d in distances.items() if d} == {"pareto", "one-sided stable", "two-point"}
    assert all(d <= F(1, 10**14) for d in distances.values())
    assert realised(isotropic(LAWS["pareto"])).distance == 0
    assert realised(steered(LAWS["stable"], steer("turning"))).distance > 0  # a product is rounded
