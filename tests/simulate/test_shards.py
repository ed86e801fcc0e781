"""Long runs: exact summaries, the same bits however they are cut, spread, killed and resumed."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import LAWS

from bounds.methods import CLIP_SGD
from counterexamples.problems import huber
from verify.simulate import HyperParameters, shards, simulate, summary
from verify.simulate.noise import sampler
from verify.simulate.shards import Job, OtherJob, run
from verify.simulate.summary import empty, merge, quantile, summarise
from verify.statistics import quantile_band

ROOT = Path(__file__).resolve().parents[2]
HP = HyperParameters(gamma=0.05, lam=3.0)
JOB = Job(CLIP_SGD, huber(1.0, 0.4, 1.0), LAWS["pareto"], HP, steps=12, runs=5000, seed=3)


@pytest.fixture
def small(monkeypatch):
    """Chunks of 1000 trajectories, 50 largest values."""
    monkeypatch.setattr(shards, "CHUNK", 1000)
    monkeypatch.setattr(summary, "KEPT", 50)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1e300) | st.just(np.inf), min_size=1, max_size=300), st.integers(0, 300))
def test_merging_is_summarising(values, cut):
    x = np.array(values)
    parts = [summarise(part) for part in (x[:cut], x[cut:]) if len(part)]
    merged = empty()
    for part in parts:
        merged = merge(merged, part)
    assert merged == summarise(x) == merge(empty(), summarise(x))
    assert merged.runs == len(x) == sum(n for _, n in merged.counts)


def test_a_bin_is_the_256th_part_of_an_octave():
    """1 and 1 + 1/512 share one, 1 + 1/256 begins the next one."""
    x = np.array([0.0, 1.0, 1 + 1 / 512, 1 + 1 / 256, np.inf, np.inf])
    assert [n for _, n in summarise(x).counts] == [1, 2, 1, 2]
    x[2] = 1 + 1 / 256
    assert [n for _, n in summarise(x).counts] == [1, 1, 2, 2]


def test_negative_numbers_and_nan_are_refused():
    for bad in (-1.0, np.nan):
        with pytest.raises(ValueError, match="expected values >= 0"):
            summarise(np.array([1.0, bad]))


def test_quantiles_contain_those_of_the_whole_sample(small):
    """Exact in the tail, within a bin (1/256) elsewhere."""
    whole = simulate(CLIP_SGD, JOB.problem, JOB.law, hp=HP, steps=12, runs=5000, seed=3).values
    found = run(JOB)[0]
    for delta in (F(1, 2), F(1, 10), F(1, 200)):
        mine, exact = quantile(found, delta, F(1, 100)), quantile_band(whole.tolist(), delta, F(1, 100))
        assert exact.lower * (1 - 1 / 256) <= mine.lower <= exact.lower
        assert exact.upper <= mine.upper <= exact.upper * (1 + 1 / 256)
    assert (
        quantile(found, F(1, 200), F(1, 100)).estimate == quantile_band(whole.tolist(), F(1, 200), F(1, 100)).estimate
    )
    for threshold in (float(np.sort(whole)[-20]), 0.1):
        low, high = found.above(threshold)
        assert low <= (whole > threshold).sum() <= high and (threshold == 0.1 or low == high == 19)


def test_workers_and_executors_do_not_show(small):
    expected = run(JOB, workers=1)
    assert run(JOB, workers=3) == expected
    with ThreadPoolExecutor(3) as pool:
        assert run(JOB, executor=pool, in_flight=2) == expected
    assert run(replace(JOB, seed=4)) != expected


def test_spawned_processes_do_not_show():
    """Processes see the module's own chunk size, so the job has two chunks of it."""
    job = replace(JOB, runs=shards.CHUNK + 500, steps=2)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert run(job, executor=pool) == run(job)


def test_a_resumed_run_is_the_same(small, tmp_path):
    expected, path, seen = run(JOB), tmp_path / "run.sqlite", []

    class Stop(Exception):
        pass

    def stop(done, total):
        if done >= 2000:
            raise Stop

    with pytest.raises(Stop):
        run(JOB, path=path, progress=stop)
    assert run(JOB, path=path, progress=lambda done, total: seen.append(done)) == expected
    assert seen == [2000, 3000, 4000, 5000]
    assert run(JOB, path=path, progress=lambda done, total: seen.append(done)) == expected and seen[-1] == 5000


def test_another_job_or_file_is_refused(small, tmp_path):
    path = tmp_path / "run.sqlite"
    run(replace(JOB, runs=1000), path=path)
    for other in (replace(JOB, runs=1000, seed=4), JOB, replace(JOB, runs=1000, law=LAWS["lomax"])):
        with pytest.raises(OtherJob, match="begun with another job"):
            run(other, path=path)
    (tmp_path / "text").write_text("no database, but long enough to be read as one" * 50, encoding="utf-8")
    with pytest.raises(OtherJob, match="expected a file that verify simulate wrote"):
        run(JOB, path=tmp_path / "text")


def test_many_infinities_have_infinite_quantiles(small):
    """More than the largest values that are kept; below them the end of a bin, never nan."""
    x = np.r_[np.full(200, 1.7e308), np.full(300, np.inf)]
    for delta in (F(1, 2), F(3, 10), F(9, 10)):
        band, exact = quantile(summarise(x), delta, F(1, 100)), quantile_band(x.tolist(), delta, F(1, 100))
        assert band.lower <= exact.lower and exact.upper <= band.upper
        assert exact.estimate <= band.estimate and not np.isnan([band.lower, band.estimate]).any()


DAMAGE = {
    "no text": "update merged set summaries = '[[1'",
    "another number of runs": "delete from chunks where id = 1",
    "no summary": "delete from merged",
    "two summaries": "insert into merged select * from merged",
    "counts that do not add up": "update merged set summaries = '[[5000, [], [], []], [5000, [], [], []]]'",
    "a chunk that the job has not": "insert into chunks values (77)",
    "a job that is not there": "update merged set job = 1",
}


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_refused(small, tmp_path, statement):
    """Else a chunk would be merged twice; untouched, the file is read again."""
    path = tmp_path / "run.sqlite"
    expected = run(JOB, path=path)
    assert run(JOB, path=path) == expected
    with sqlite3.connect(path) as store:
        store.execute(statement)
    store.close()
    with pytest.raises(OtherJob, match=r"run\.sqlite: damaged: the summaries are not those of the chunks"):
        run(JOB, path=path)


def test_what_sqlite_says_is_one_line(small, tmp_path):
    path = tmp_path / "run.sqlite"
    run(JOB, path=path)
    with sqlite3.connect(path) as store:
        store.execute("drop table merged")
        store.execute("create table merged (other text)")
    store.close()
    for other in (path, tmp_path / "nowhere" / "run.sqlite"):
        with pytest.raises(OtherJob, match="expected a file that verify simulate wrote: "):
            run(JOB, path=other)


def test_another_database_is_left_alone(tmp_path):
    path = tmp_path / "mine.sqlite"
    with sqlite3.connect(path) as store:
        store.execute("create table mine (x int)")
    store.close()
    before = path.read_bytes()
    with pytest.raises(OtherJob, match="got another database"):
        run(JOB, path=path)
    assert path.read_bytes() == before


def test_a_second_writer_is_found_out(small, tmp_path):
    """Two runs in one file would each write a summary without the other's chunks; the first one goes on."""
    path, expected, second = tmp_path / "run.sqlite", run(JOB), []

    def overtaken(done, total):
        if done == 2000 and not second:
            second.append(run(JOB, path=path))

    with pytest.raises(OtherJob, match="another run writes in this file"):
        run(JOB, path=path, progress=overtaken)
    assert second == [expected] and run(JOB, path=path) == expected


def test_other_code_is_another_job(small, tmp_path, monkeypatch):
    """A chunk of another version has other bits."""
    path = tmp_path / "run.sqlite"
    run(JOB, path=path)
    monkeypatch.setattr(shards, "_code", lambda: "another version")
    with pytest.raises(OtherJob, match="begun with another job or version"):
        run(JOB, path=path)


def test_a_worker_with_other_code_is_refused(small):
    """Its bits would be merged with ours."""

    class Elsewhere(ThreadPoolExecutor):
        def submit(self, function, *args, expected, **more):
            return super().submit(function, *args, expected=f"older than {expected}", **more)

    with Elsewhere(1) as pool, pytest.raises(OtherJob, match="a worker has another version"):
        run(JOB, executor=pool)


def test_a_table_with_another_last_digit_is_another_job(small, tmp_path, monkeypatch):
    """Laws without a table do not depend on it."""
    path, without = tmp_path / "run.sqlite", replace(JOB, law=LAWS["two-point"])
    expected, plain = run(JOB, path=path), shards.given(without)
    found = sampler.table(JOB.law.shape)
    other = replace(found, coefficients=np.nextafter(found.coefficients, 9))
    with monkeypatch.context() as m:
        m.setattr(sampler, "table", lambda shape: other)
        with pytest.raises(OtherJob, match="begun with another job or version"):
            run(JOB, path=path)
        assert shards.given(without) == plain
    assert run(JOB, path=path) == expected


COMMAND = [
    "simulate",
    "clip-sgd",
    "--gamma",
    "0.05",
    "--lam",
    "3",
    "--steps",
    "400",
    "--runs",
    "131072",
    "--workers",
    "1",
]


def test_killed_at_any_moment_it_goes_on_with_the_same_result(tmp_path, cli):
    """kill -9 after the first chunks; the resumed result is that of an undisturbed run, and chunks were kept."""
    path = tmp_path / "run.sqlite"
    command = [sys.executable, "-m", "verify.cli", *COMMAND, "--out", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def chunks():
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
                return store.execute("select count(*) from chunks").fetchone()[0]
        except sqlite3.Error:
            return 0

    deadline = time.monotonic() + 60
    while chunks() < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 2 <= chunks() < 8
    whole, resumed = cli(*COMMAND), cli(*COMMAND, "--out", str(path), "--resume")
    assert whole.code == resumed.code == 0 and whole.out == resumed.out and "0.001" in whole.out
    refused = cli(*COMMAND, "--out", str(path))
    assert refused.code == 2 and "add --resume to continue it" in refused.err


def test_bad_questions_are_one_line(cli, tmp_path):
    for extra, message in (
        (["--resume"], "expected --out with a file of an earlier run"),
        (["--delta", "2"], "expected probabilities in (0, 1)"),
        (["--noise", "cauchy"], "cauchy"),
        (["--noise", "two-point", "--jump", "1e60"], "its probability is below 2^-64"),
    ):
        found = cli("simulate", "clip-sgd", "--gamma", "0.05", *extra)
        assert found.code == 2 and message in found.err and found.err.count("\n") == 1


def test_long_runs_have_longer_chunks_and_the_same_result(small, monkeypatch, tmp_path):
    """Five thousand trajectories in at most two chunks, so of four parts each; killed after the first, then resumed."""
    expected = run(JOB)
    monkeypatch.setattr(shards, "MOST", 2)
    assert [shards.chunk_size(replace(JOB, runs=n)) for n in (1, 2000, 2001, 4000, 4001, 5000)] == [
        1000, 1000, 2000, 2000, 4000, 4000
    ]  # fmt: skip
    path, seen = tmp_path / "run.sqlite", []

    def stop(done, total):
        seen.append(done)
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(JOB, path=path, progress=stop)
    assert seen == [0, 4000]
    assert run(JOB, path=path) == run(JOB) == expected
    monkeypatch.setattr(shards, "MOST", 4)
    with pytest.raises(OtherJob, match="begun with another job"):
        run(JOB, path=path)


@pytest.mark.parametrize("workers", [1, 3])
def test_an_executor_is_given_two_chunks_for_each_worker(small, workers):
    """So that none waits for the driver; more would only wait."""
    waiting, most = 0, 0

    class Counting(ThreadPoolExecutor):
        def submit(self, *args, **more):
            nonlocal waiting, most
            waiting += 1
            most = max(most, waiting)
            future = super().submit(*args, **more)
            future.add_done_callback(lambda _: finished())
            return future

    def finished():
        nonlocal waiting
        waiting -= 1

    release = threading.Event()
    with Counting(workers) as pool:
        for _ in range(workers):  # all are busy, so chunks pile up
            pool.submit(release.wait)
        threading.Timer(0.2, release.set).start()
        assert run(replace(JOB, runs=20_000), executor=pool) == run(replace(JOB, runs=20_000))
    assert most == workers + 2 * workers
