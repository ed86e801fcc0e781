"""Noise given its large draws: the same bits in every engine, and the exact conditional law."""

from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import ALPHA, LAWS

from bounds.methods import CLIP_ADAGRAD_NORM
from counterexamples.noise import Stable, isotropic, scaled
from counterexamples.problems import huber
from verify.simulate import HyperParameters, simulate
from verify.simulate.backends.compiled import filler
from verify.simulate.noise.philox import low_high, words
from verify.simulate.noise.sampler import Isotropic, Planned, again, draw, place, sampler
from verify.simulate.noise.tables import evaluate

HP = HyperParameters(gamma=0.05, lam=3.0, eta=0.01)
ARRAYS = ("values", "last_values", "weight_sums")
RNG = np.random.default_rng(3)
TIMES, VALUES = np.array([RNG.permutation(37)[:2] for _ in range(60)]).T.copy(), RNG.normal(size=(2, 60)) * 9
TIMES[1, ::3] = -1  # never
CUTS = {"half": 2**62, "coarse": 2**55, "inside a first word": 2**58 + 2**31, "refined": 2**40}


def planned(name: str, cut: int) -> Planned:
    return Planned(TIMES, VALUES, sampler(LAWS[name]), cut)


def run(law, engine="compiled", dim=1, **changes):
    given = {"hp": HP, "steps": 37, "runs": 60, "seed": 7} | changes
    return simulate(CLIP_ADAGRAD_NORM, huber(1.3, 0.4, 1.0, dim), law, engine=engine, **given)


def same(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("name", ["stable", "pareto"])
def test_engines_agree_bit_for_bit(name, cut):
    law = planned(name, CUTS[cut])
    fast = run(law)
    assert same(fast, run(law, "reference")) and same(fast, run(law, workers=1))
    part = run(law, first=31, runs=9)
    assert np.array_equal(fast.values[31:40], part.values)
    piece = replace(law, times=TIMES[:, 30:], values=VALUES[:, 30:], start=30)
    assert same(part, run(piece, first=31, runs=9)) and same(part, run(piece, "reference", first=31, runs=9))
    assert not same(fast, run(replace(law, values=-VALUES))) and not same(fast, run(law, seed=8))


def test_directions_and_torch():
    law = planned("stable", CUTS["half"])
    wide = run(Isotropic(law), dim=3)
    assert same(wide, run(Isotropic(law), "reference", dim=3))
    pytest.importorskip("torch")
    short = {"steps": 6, "runs": 20}
    assert same(run(Isotropic(law), dim=3, **short), run(Isotropic(law), "torch", dim=3, **short))
    assert same(run(law, **short), run(law, "torch", **short))


def test_without_a_cut_and_without_jumps_it_is_the_law_itself():
    law, none = LAWS["stable"], np.empty((0, 0))
    given = Planned(none.astype(np.int64), none, sampler(law))
    assert same(run(given), run(law))
    wide = Isotropic(replace(given, background=sampler(isotropic(law)).radius))
    assert same(run(wide, dim=3), run(isotropic(law), dim=3))
    assert not same(run(replace(given, cut=2**58)), run(law))


def test_only_what_is_large_is_drawn_again():
    """Against a search by hand: the first attempt of the step's own words whose place is at least the cut."""
    law, cut, lanes = sampler(LAWS["stable"]), 2**62, 300
    ids, seed, stream = np.arange(lanes, dtype=np.uint64), 2**40 + 5, 4
    none = np.empty((0, 0))
    X, W = np.zeros((8, lanes)), np.empty((8, lanes), np.uint32)
    filler(Planned(none.astype(np.int64), none, law, cut), X.dtype.type)(X, W, 0, 8, stream, *low_high(seed))
    plain = np.stack([draw(law, t, stream, ids, seed) for t in range(8, 16)])
    first, second = (np.concatenate([words(b, s, ids, seed) for b in (2, 3)]) for s in (stream, stream + 1))
    large = place(first, second) < cut
    assert 0.45 < large.mean() < 0.55 and np.array_equal(X[~large], plain[~large])
    s, i = np.argwhere(large)[17]
    for attempt in range(1, 99):
        ident = np.array([int(i) + 2**40 * attempt + 2**62], np.uint64)
        pair = [words(2 + s // 4, k, ident, seed)[s % 4, 0] for k in (stream, stream + 1)]
        if int(pair[0]) >> 1 >= 2**30:
            break
    size = evaluate(law.table.coefficients, np.array([((int(pair[0]) >> 1) + 0.5) * 2.0**-31]))[0]
    assert X[s, i] == law.scale * (-size if pair[0] & 1 else size)


@pytest.mark.parametrize("name", ["stable", "pareto", "gaussian"])
def test_the_conditional_law(name):
    """The places of 1.2e5 numbers drawn again are those of the plain law that are 1/4 or more: Kolmogorov's two-sample
    distance is below its bound at level 1e-9 (Massart's constant for both samples), and not for 1/4 + 1/32."""
    law, n = sampler(LAWS[name]), 120_000
    ids, t = np.arange(2 * n, dtype=np.uint64), np.arange(n)
    plain, where = draw(law, 0, 0, ids, 12), place(*(words(0, stream, ids, 12)[0] for stream in (0, 1)))
    found = np.sort(again(law, 2**61, t, 0, np.full(n, 5), 11))
    bound = 2 * np.sqrt(np.log(4e9) / (2 * n))

    def distance(cut: int) -> float:
        kept = np.sort(plain[where >= cut])
        ranks = np.arange(len(kept)) / len(kept)
        return float(np.max(np.abs(np.searchsorted(found, kept) / n - ranks)))

    assert distance(2**61) < bound < distance(2**61 + 2**58)


def test_moments_of_planned_noise_are_not_claimed():
    from verify.simulate.noise.realised import bounds_of

    with pytest.raises(ValueError, match="planned jumps"):
        bounds_of(planned("stable", 2**50), ALPHA)
    assert bounds_of(sampler(scaled(Stable(F(7, 4)), ALPHA, F(1))), ALPHA).moment <= 1
