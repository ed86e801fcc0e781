"""The weights of the strata against rationals and against plain draws; exact draws from a stratum."""

from __future__ import annotations

from fractions import Fraction as F
from math import comb

import numpy as np
import pytest

from counterexamples.noise import OUTWARD, Lomax, Pareto, Stable, jump_law, no_noise, scaled
from verify.rare.planned import number_of_paths, paths, sampled, slack
from verify.rare.strata import JUMPS, MOST, PLACES, Partition, Stratum, partition, stratum
from verify.simulate.backends.compiled import noise_block
from verify.simulate.noise.philox import words
from verify.simulate.noise.sampler import Continuous, draw, place, sampler

ALPHA = F(3, 2)
STABLE = sampler(scaled(Stable(F(7, 4)), ALPHA, F(1)))
THREE, TWO = (sampler(jump_law(F(20), ALPHA, F(1), OUTWARD, symmetric=s)) for s in (True, False))
OFTEN = sampler(jump_law(F(4), ALPHA, F(1), OUTWARD, symmetric=True))
LEAST = F(1, 10**9)


def exact(s: Stratum, size: int, steps: int) -> F:
    """The multinomial probability, written anew."""
    rest = steps - s.count - s.more
    ways = comb(steps, s.count + s.more) * comb(s.count + s.more, s.count)
    places = (s.high - s.low) ** s.count * (s.top - s.high) ** s.more * (size - s.top) ** rest
    return F(ways * places, size**steps)


@pytest.mark.parametrize("few", [F(1, 8), F(4)])
@pytest.mark.parametrize("law", [STABLE, THREE, TWO], ids=["stable", "three", "two"])
def test_weights_enclose_the_multinomial_and_leave_little_out(law, few):
    found, steps, close = partition(law, 12, LEAST, few), 12, 1 + F(1, 10**40)
    parts = [exact(s, found.size, steps) for s in found.strata]
    for s, p in zip(found.strata, parts, strict=True):
        assert s.weight[0] <= p <= s.weight[1] <= s.weight[0] * close
    assert 1 - sum(parts) <= found.rest <= min(LEAST, 1 - sum(parts) + F(1, 10**40))
    assert len({(s.low, s.high, s.count, s.more) for s in found.strata}) == len(found.strata)


def test_a_wrong_weight_is_seen():
    """Negative twin: the nearest false formula (N - K + 1 others) is outside of the enclosure."""
    for s in partition(STABLE, 12, LEAST, F(2)).strata:
        false = exact(s, PLACES, 12) * F(PLACES - s.top, PLACES)
        assert not s.weight[0] <= false <= s.weight[1]


def classify(first, second, found: Partition) -> np.ndarray:
    """The number of the stratum of each trajectory, from all of its words; -1 for none.  int [lanes]."""
    where = place(first, second) if found.size == PLACES else first.astype(np.uint64) << np.uint64(32) | second
    result = np.full(where.shape[1], -1)
    for k, s in enumerate(found.strata):
        below = [(where < np.uint64(edge)).sum(axis=0) for edge in (s.low, s.high, s.top)]
        mine = (below[0] == 0) & (below[1] == s.count) & (below[2] == s.count + s.more)
        assert np.all(result[mine] == -1)  # disjoint
        result[mine] = k
    return result


@pytest.mark.parametrize("few", [F(1, 8), F(4)])
@pytest.mark.parametrize("law", [STABLE, OFTEN], ids=["stable", "jumps"])
def test_plain_draws_fall_into_the_strata_with_their_weights(law, few):
    """40 000 trajectories of 8 draws; six standard deviations for each stratum, level about 2e-9 each.  What is drawn
    from a stratum has the law of the plain draws that fell into it: two-sample Kolmogorov distances, level 1e-9, of
    the largest draw, the sum, and the time of the largest."""
    n, steps, seed = 40_000, 8, 5
    ids, found = np.arange(n, dtype=np.uint64), partition(law, steps, F(1, 1000), 8 * few)
    first, second = (np.concatenate([words(b, k, ids, seed) for b in range(2)]) for k in (0, 1))
    where = classify(first, second, found)
    noise = np.stack([draw(law, t, 0, ids, seed) for t in range(steps)])
    checked = 0
    for k, s in enumerate(found.strata):
        mine, p = np.count_nonzero(where == k), s.middle
        assert abs(mine - n * p) <= 6 * np.sqrt(n * p * (1 - p)) + 1
        if mine >= 500:
            checked += 1
            other = noise_block(sampled(law, [s], steps, 0, 4000, seed + 1, k), steps, 0, 4000, seed + 1, k)
            bound = np.sqrt(11) * (mine**-0.5 + 4000**-0.5)
            for statistic in (lambda x: abs(x).max(axis=0), lambda x: x.sum(axis=0), lambda x: abs(x).argmax(axis=0)):
                assert distance(statistic(noise[:, where == k]), statistic(other)) < bound
    assert checked >= 3


def distance(a: np.ndarray, b: np.ndarray) -> float:
    grid = np.concatenate([a, b])
    first, second = (np.searchsorted(np.sort(x), grid, side="right") / len(x) for x in (a, b))
    return float(np.max(np.abs(first - second)))


def test_the_draws_of_a_stratum_are_in_it():
    strata = partition(STABLE, 50, LEAST, F(4)).strata
    s = next(s for s in strata if (s.count, s.more) == (2, 2) and s.low)
    noise = sampled(STABLE, [s], 50, 0, 3000, 9, 4)
    ends = [abs(STABLE.scale) * quantile(edge) for edge in (s.low, s.high, s.top)]
    assert np.all(abs(noise.values[:2]) <= ends[0]) and np.all(abs(noise.values[:2]) >= ends[1])
    assert np.all(abs(noise.values[2:]) <= ends[1]) and np.all(abs(noise.values[2:]) >= ends[2])
    assert all(len(set(column)) == 4 and set(column) <= set(range(50)) for column in noise.times.T.tolist())
    X = noise_block(noise, 50, 0, 3000, 9, 4)
    assert np.all((abs(X) >= ends[2]).sum(axis=0) == 4)
    assert np.array_equal(noise.times, sampled(STABLE, [s], 50, 0, 3000, 9, 4).times)
    assert np.array_equal(noise.times[:, 70:99], sampled(STABLE, [s], 50, 70, 29, 9, 4).times)
    assert np.array_equal(noise.times[:, :99], sampled(STABLE, [s], 50, 0, 99, 9, 4).times)
    assert not np.array_equal(noise.times, sampled(STABLE, [s], 50, 0, 3000, 9, 5).times)


def quantile(edge: int) -> float:
    """|X| at the place ``edge`` of the stable law, from the table."""
    from verify.simulate.noise.tables import evaluate

    return float(evaluate(STABLE.table.coefficients, np.array([edge / PLACES]))[0])


def test_all_paths():
    s = next(s for s in partition(THREE, 6, LEAST, F(1)).strata if s.count == 2)
    assert number_of_paths(THREE, s, 6) == comb(6, 2) * 4
    noise = paths(THREE, s, 6)
    seen = {(tuple(t), tuple(v)) for t, v in zip(noise.times.T.tolist(), noise.values.T.tolist(), strict=True)}
    assert len(seen) == 60 and {v for _, pair in seen for v in pair} == set(THREE.values[:2].tolist())
    two = next(s for s in partition(TWO, 6, LEAST, F(1)).strata if s.count == 1)
    assert number_of_paths(TWO, two, 6) == 6 and paths(TWO, two, 6).background == TWO.values[2] != 0
    assert number_of_paths(STABLE, partition(STABLE, 6, LEAST, F(1)).strata[0], 6) is None
    with pytest.raises(ValueError, match="finitely many equally likely"):
        paths(STABLE, partition(STABLE, 6, LEAST, F(1)).strata[0], 6)


def test_without_noise_and_with_jumps_all_the_time_there_is_one_stratum():
    nothing = sampler(no_noise(ALPHA, F(1)))
    assert [s.weight for s in partition(nothing, 9, LEAST, F(1)).strata] == [(F(1), F(1))]
    steps = int(MOST * JUMPS / int(THREE.thresholds[1])) + 1
    (only,) = partition(THREE, steps, LEAST, F(1)).strata
    assert only.top == 0 and sampled(THREE, [only], steps, 0, 5, 0, 0) is THREE
    assert len(partition(THREE, steps - 1, LEAST, F(1)).strata) > 60


@pytest.mark.parametrize("shape", [Pareto(F(7, 4)), Lomax(F(7, 4)), Stable(F(7, 4))], ids=str)
def test_edges_are_powers_of_two_and_the_last_one_is_rare(shape):
    law = sampler(scaled(shape, ALPHA, F(1)))
    assert isinstance(law, Continuous)
    found = partition(law, 1000, F(1, 10**12), F(1, 8))
    edges = sorted({e for s in found.strata for e in (s.low, s.high)} - {0})
    assert all(e & (e - 1) == 0 for e in edges) and F(1, 32) < F(edges[-1] * 1000, PLACES) <= F(1, 8)
    assert F(edges[0] * 1000, PLACES) < F(1, 10**10)
    assert stratum(PLACES, (0, edges[0]), 1, edges[-1], 0, 1000) == found.strata[0]


def test_groups_mix_their_strata_with_their_shares():
    """Six standard deviations for each of the strata; words are those of each stratum by itself."""
    found, steps, n = partition(OFTEN, 8, F(1, 1000), F(1)), 8, 40_000
    noise = sampled(OFTEN, found.strata, steps, 0, n, 3, 1)
    counts = (noise.times >= 0).sum(axis=0)
    total = sum(s.middle for s in found.strata)
    for s in found.strata:
        p = s.middle / total
        assert abs(np.count_nonzero(counts == s.count) - n * p) <= 6 * np.sqrt(n * p * (1 - p)) + 1
        alone = sampled(OFTEN, [s], steps, 0, n, 3, 1)
        assert np.array_equal(noise.times[: s.count, counts == s.count], alone.times[:, counts == s.count])
    assert slack(found.strata) == F(2 * len(found.strata), 2**64) and slack(found.strata[:1]) == 0
    later = sampled(OFTEN, found.strata, steps, 123, 50, 3, 1)
    assert np.array_equal(later.times, noise.times[: len(later.times), 123:173]) and later.start == 123
