"""A dask cluster of two processes: the same bits, also when one of them is killed."""

import os
import signal
from dataclasses import replace

import pytest
from distributed import LocalCluster
from instances import LAWS

from bounds.methods import CLIP_SGD
from counterexamples.problems import huber
from verify.simulate import HyperParameters
from verify.simulate.shards import CHUNK, Job, run

HP = HyperParameters(gamma=0.05, lam=3.0)
JOB = Job(CLIP_SGD, huber(1.0, 0.4, 1.0), LAWS["pareto"], HP, steps=20, runs=5 * CHUNK + 7, seed=3)


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as found:
        yield found


def test_a_killed_worker_does_not_show(cluster):
    """One of two processes is killed after the first chunk; its chunks are run again, the result is the same."""
    victim = next(iter(cluster.workers.values())).pid

    def kill_once(done, total):
        nonlocal victim
        if done and victim:
            os.kill(victim, signal.SIGKILL)
            victim = 0

    with cluster.get_client() as client:
        found = run(JOB, executor=client.get_executor(), in_flight=4, progress=kill_once)
    assert victim == 0 and found == run(JOB) != run(replace(JOB, seed=4))


def test_the_command_line_takes_a_scheduler(cluster, cli):
    command = f"simulate clip-sgd --gamma 0.05 --lam 3 --steps 20 --runs {CHUNK + 5}".split()
    here, there = cli(*command), cli(*command, "--scheduler", cluster.scheduler_address)
    assert here.code == there.code == 0 and here.out == there.out


def test_no_scheduler_is_one_line(cli):
    found = cli("simulate", "clip-sgd", "--gamma", "0.05", "--scheduler", "nonsense://nowhere")
    assert found.code == 2 and "expected the address of a running dask scheduler" in found.err
    assert found.err.count("\n") == 1
