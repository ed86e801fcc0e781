"""Many instances in one run and one file, and what is counted: the same as each by itself, compiled once."""

import json
from dataclasses import replace
from fractions import Fraction as F

import numpy as np
import pytest
from instances import ALPHA, LAWS

from bounds.methods import CLIP_SGD
from counterexamples.noise import OUTWARD, OneSided, Pareto, Stable, StudentT, jump_law, scaled
from counterexamples.problems import huber, squareplus
from verify.simulate import HyperParameters, shards, simulate, summary
from verify.simulate.backends import kernels
from verify.simulate.levels import power
from verify.simulate.shards import Job, OtherJob, run, run_all
from verify.simulate.summary import Summary, empty, merge, quantile, summarise

HP = HyperParameters(gamma=0.05, lam=3.0)
JOB = Job(CLIP_SGD, huber(1.0, 0.4, 1.0), LAWS["pareto"], HP, steps=12, runs=2500, seed=3)
JOBS = [JOB, replace(JOB, law=LAWS["three-point"], runs=900), replace(JOB, also=("max_gap",), steps=13, runs=1001)]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Chunks of 1000 trajectories, 50 largest values."""
    monkeypatch.setattr(shards, "CHUNK", 1000)
    monkeypatch.setattr(summary, "KEPT", 50)


def test_several_jobs_are_each_by_itself_also_after_an_interruption(tmp_path):
    """Stopped after every chunk and resumed: six runs for six chunks, and then nothing is left to do."""
    expected, path, seen = tuple(run(job) for job in JOBS), tmp_path / "runs.sqlite", []
    assert run_all(JOBS) == expected and len(set(expected)) == 3

    def once(done, total):
        seen.append((done, total))
        if len(seen) > 1 and done > seen[-2][0]:
            raise KeyboardInterrupt

    for _ in range(6):
        with pytest.raises(KeyboardInterrupt):
            run_all(JOBS, path=path, progress=once)
    assert [done for done, _ in seen[1::2]] == [1000, 2000, 2500, 3400, 4400, 4401]
    assert run_all(JOBS, path=path, progress=once) == expected and seen[-1] == (4401, 4401)
    for other in (JOBS[:2], JOBS[::-1], JOB):
        with pytest.raises(OtherJob, match="begun with another job"):
            run_all([other] if isinstance(other, Job) else other, path=path)
    with pytest.raises(ValueError, match=r"^jobs: expected at least one"):
        run_all([])


def test_a_hundred_instances_are_compiled_once():
    """Widths, jumps and hyper-parameters are arguments; another metric is another loop."""
    problems = [huber(1.0, 0.1 + k / 100, 1.0) for k in range(100)]
    noise = [jump_law(F(5 + k), ALPHA, F(1), OUTWARD) for k in range(100)]
    jobs = [Job(CLIP_SGD, problems[k], noise[k], replace(HP, lam=3.0 + k), 8, 40, k) for k in range(100)]
    run(jobs[0])
    loops = kernels._loop.cache_info().misses
    found = run_all(jobs)
    assert len(found) == 100 == len(set(found))
    assert kernels._loop.cache_info().misses == loops
    run(replace(JOB, also=("max_distance",), runs=1))
    assert kernels._loop.cache_info().misses == loops + 1


def test_counts_above_thresholds_are_exact():
    """In the bulk, in the tail, at a value itself (which does not exceed it) and next to it; without a name before the
    run the bulk has bounds only."""
    values = simulate(CLIP_SGD, JOB.problem, JOB.law, hp=HP, steps=12, runs=2500, seed=3).values
    one = float(np.sort(values)[1200])
    below, bulk, tail = np.nextafter(one, 0), 0.1, float(np.sort(values)[-3])
    found = run(replace(JOB, thresholds=(tail, one, below, bulk)))[0]
    assert found.exceeded == tuple((x, (values > x).sum()) for x in sorted((tail, one, below, bulk)))
    assert found.above(one) == (1299, 1299) and found.above(below) == (1300, 1300)
    unnamed = run(JOB)[0].above(one)
    assert unnamed[0] <= 1299 <= unnamed[1] and unnamed[0] < unnamed[1]
    assert found.sound and run(JOB)[0] == replace(found, exceeded=())
    wrong = tuple((x, n + 1100 * (x == one)) for x, n in found.exceeded)
    assert not replace(found, exceeded=wrong).sound


def test_summaries_of_other_thresholds_are_not_merged():
    x = np.arange(5.0)
    with pytest.raises(ValueError, match="the same thresholds"):
        merge(summarise(x, (1.0,)), summarise(x, (2.0,)))
    assert merge(summarise(x, (1.0,)), empty((1.0,))).exceeded == ((1.0, 3),)


def test_thresholds_are_part_of_the_job(tmp_path):
    run(replace(JOB, thresholds=(0.1,)), path=tmp_path / "run.sqlite")
    with pytest.raises(OtherJob, match="begun with another job"):
        run(replace(JOB, thresholds=(0.2,)), path=tmp_path / "run.sqlite")


def test_laws_of_the_same_numbers_are_other_jobs():
    """Their fingerprints differ in the families alone."""
    two = F(2)
    shapes = (Pareto(two), StudentT(two), OneSided(StudentT(two)), OneSided(Stable(two)))
    laws = [replace(JOB.law, shape=shape) for shape in shapes]
    assert len({shards.fingerprint([replace(JOB, law=one)]) for one in laws}) == 4


def test_ten_exceedances_are_enough_for_a_band():
    """At delta = 10/runs both ends of the 99% band are values of the sample; at 5/runs (P(no exceedance) > 1/200) the
    upper one is not."""
    values = np.random.default_rng(5).pareto(1.5, 20_000)
    s, ordered = summarise(values), np.sort(values)
    band = quantile(s, F(10, 20_000), F(1, 100))
    assert band.estimate == ordered[-11] and band.lower < band.estimate < band.upper
    assert {band.lower, band.upper} <= set(ordered)
    assert quantile(s, F(5, 20_000), F(1, 100)).upper == np.inf


def test_an_end_of_a_bin_is_not_above_the_exact_values():
    """Many equal values: the estimate falls with delta also where it passes from bins to exact values."""
    s = Summary(*[getattr(summarise(np.full(1000, 0.1)), name) for name in ("runs", "counts", "largest")])
    assert [quantile(s, delta, F(1, 100)).estimate for delta in (F(1, 2), F(1, 100))] == [0.1, 0.1]


def test_the_command_line_prints_the_metrics_and_counts_asked_for(cli):
    """The numbers of the run from Python; text and JSON say the same."""
    options = "simulate clip-sgd --problem huber --noise pareto --gamma 0.05 --lam 3 --steps 12 --runs 2500 --seed 3"
    options += " --delta 0.01 --metric max_gap,weighted,best_grad_sq --threshold 0.45,0.1"
    found = json.loads(cli(f"{options} --format json").out)
    job = replace(JOB, problem=huber(1.0, 0.125, 1.0), also=("max_gap", "best_grad_sq"), thresholds=(0.1, 0.45))
    summaries = dict(zip(job.names, run(job), strict=True))
    assert list(found["quantiles"]) == sorted(found["metrics"]) == ["best_grad_sq", "max_gap", "weighted"]
    for name, row in found["above"].items():
        assert [(r["threshold"], r["runs"]) for r in row] == [
            (t, summaries[name].above(x)[0]) for t, x in (("1/10", 0.1), ("9/20", 0.45))
        ]
        assert all(float(r["rate_lower"]) <= r["runs"] / 2500 <= float(r["rate_upper"]) for r in row)
        estimate = quantile(summaries[name], F(1, 100), F(1, 100)).estimate
        assert float(found["quantiles"][name][0]["estimate"]) == pytest.approx(estimate, rel=1e-6)
    text = cli(options).out.splitlines()
    assert [word for word in text[1].split()[5:] if word[0] in "mwb"][::2] == ["max_gap", "weighted", "best_grad_sq"]
    assert text[4].split()[:2] == ["0.1", str(found["above"]["max_gap"][0]["runs"])]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--metric best", "--metric: expected some of weighted, last, average"),
        ("--metric last,last", "each once, got 'last,last'"),
        ("--threshold -1", "--threshold: expected numbers >= 0, got '-1'; try --threshold 0.1,0.2"),
        ("--threshold 0.1,x", "expected numbers >= 0"),
    ],
)
def test_bad_metrics_and_thresholds_are_one_line(cli, option, message):
    found = cli(f"simulate clip-sgd --gamma 0.05 {option}")
    assert found.code == 2 and message in found.err and found.err.count("\n") == 1


def test_the_command_line_takes_powers_indices_and_all_problems(cli):
    """The levels are those of Python; another power, index or problem is another run."""
    base = "simulate clip-sgd --gamma 1/4 --lam 1/2 --steps 12 --runs 400 --seed 3 --delta 0.1 --noise pareto"
    base += " --format json"

    def estimate(options):
        found = json.loads(cli(f"{base} {options}").out)
        return float(found["quantiles"]["weighted"][0]["estimate"]), found["options"]

    options = "--problem squareplus --index 9/4 --gamma-power -1/2 --lam-power 2/3"
    hp = HyperParameters(power(F(1, 4), F(-1, 2), 12), power(F(1, 2), F(2, 3), 12))
    problem, law = squareplus(F(1), F(1), 0.5), scaled(Pareto(F(9, 4)), ALPHA, F(1))
    values = simulate(CLIP_SGD, problem, law, hp=hp, steps=12, runs=400, seed=3).values
    found, said = estimate(options)
    assert found == pytest.approx(np.sort(values)[359], rel=1 / 256)
    assert said["lam_power"] == "2/3" and said["index"] == "9/4" and said["seed"] == "3" and said["beta2"] is None
    others = ["--index 9/4", "--problem pseudo-huber", "--problem plateau", "--problem well", "--problem double-well"]
    assert len({found, *(estimate(option)[0] for option in others)}) == 6


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--noise gaussian --index 1.75", "--index: expected noise that has one, got gaussian; try --noise stable"),
        ("--index 1.4", "E|X|^3/2 is infinite; need index > 3/2"),
        ("--lam-power 2/3", "--lam-power: expected a --lam that is finite, got inf; try --lam 1"),
        ("--gamma-power 3", "expected a number in [-2, 2], got '3'"),
        ("--gamma-power 1 --steps 1e7", "--gamma-power: expected at most 1000000 steps, got 10000000"),
        ("--problem squareplus --dim 2", "squareplus: expected noise along e1"),
        ("--problem double-well --metric max_distance", "max_distance is for problems with one minimiser"),
    ],
)
def test_bad_instances_are_one_line(cli, option, message):
    found = cli(f"simulate clip-sgd --gamma 0.05 --runs 10 {option}")
    assert found.code == 2 and message in found.err and found.err.count("\n") == 1
