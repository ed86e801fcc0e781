"""Long runs: cut into chunks of trajectories, kept in a file, spread over workers, resumed after any interruption.

A chunk is trajectories k size .. (k+1) size - 1 of the one simulation that the job describes, size = ``chunk_size``:
there are at most ``MOST``, because one driver merges and writes them all.  A summary depends on the job only, and
summaries merge in any order: workers, executors, interruptions and resumptions do not show in the result.  Several jobs
may share one run and one file (``store``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

import counterexamples
from bounds import methods
from bounds.methods import Method
from counterexamples.noise import Law
from counterexamples.problems import Problem
from verify.simulate.metric import Metric
from verify.simulate.noise.sampler import sampler
from verify.simulate.records import EngineName, HyperParameters, Precision
from verify.simulate.store import OtherJob, load, opened, save
from verify.simulate.summary import Summary, empty, merge, summarise

CHUNK = 2**14  # trajectories of a chunk, and of the parts in which the longer chunks of long runs are run
MOST = 2**16
Progress = Callable[[int, int], None]  # (trajectories done, all)


@dataclass(frozen=True)
class Job:
    """Everything that determines the result.

    ``also``: metrics besides that of the weighted mean and that of the last iterate; ``thresholds``: above each of
    these, the values of every metric are counted.
    """

    method: Method
    problem: Problem
    law: Law
    hp: HyperParameters
    steps: int
    runs: int
    seed: int
    metric: Metric = "gap"
    stream: int = 0
    delay: int = 1
    also: tuple[str, ...] = ()
    thresholds: tuple[float, ...] = ()
    precision: Precision = "float64"
    engine: EngineName = "auto"
    device: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the summaries: the weighted mean, the last iterate, what is kept besides."""
        return ("weighted", "last", *self.also)

    @property
    def empty(self) -> tuple[Summary, ...]:
        return (empty(self.thresholds),) * len(self.names)


def fingerprint(jobs: Sequence[Job]) -> str:
    """A digest of the jobs and of what their results depend on besides."""
    each = [{**asdict(j), "shape": repr(j.law.shape), "chunk": chunk_size(j), "given": given(j)} for j in jobs]
    return hashlib.sha256(json.dumps(each, sort_keys=True, default=str).encode()).hexdigest()


def given(job: Job) -> str:
    """What the bits of a job depend on besides the job: the code, and the numbers of which its noise is made.

    Those follow from the law and the code, on every processor; that they have is compared, too.
    """
    drawn = json.dumps(asdict(sampler(replace(job.law, steering=None))), default=_digest)
    return f"{_code()} {hashlib.sha256(drawn.encode()).hexdigest()}"


def _digest(x: np.ndarray) -> str:
    return hashlib.sha256(x.tobytes()).hexdigest()


@cache
def _code() -> str:
    """A digest of the sources that bits depend on, and the versions of the packages behind them."""
    folders = (Path(__file__).parent, Path(counterexamples.__file__).parent)
    files = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    digest = hashlib.sha256(Path(methods.__file__).read_bytes())
    for path in files:
        digest.update(path.read_bytes())
    return " ".join((digest.hexdigest(), *(f"{name} {version(name)}" for name in ("numpy", "numba"))))


def chunk_size(job: Job) -> int:
    """``CHUNK`` times the smallest power of 2 that leaves at most ``MOST`` chunks."""
    chunks = -(-job.runs // CHUNK)
    return CHUNK * 2 ** (-(-chunks // MOST) - 1).bit_length()


def chunk(job: Job, index: int, workers: int = 1, expected: str | None = None) -> tuple[Summary, ...]:
    """The summaries of one chunk, one for each of ``job.names``; memory does not grow with its size.

    OtherJob where what it depends on is not ``expected``, what the driver has.
    """
    if expected is not None and expected != given(job):
        raise OtherJob("a worker has another version of this library, numpy or numba, or another table of its noise")
    size = chunk_size(job)
    merged = job.empty
    for first in range(index * size, min((index + 1) * size, job.runs), CHUNK):
        merged = tuple(map(merge, merged, _part(job, first, workers)))
    return merged


def _part(job: Job, first: int, workers: int) -> tuple[Summary, ...]:
    found = results(job, first, min(CHUNK, job.runs - first), workers)
    return tuple(summarise(row, job.thresholds) for row in found.values())


def results(job: Job, first: int, runs: int, workers: int | None) -> dict[str, np.ndarray]:
    """The metrics of trajectories first .. first + runs - 1, by the names ``job.names``."""
    from verify.simulate.engine import simulate

    found = simulate(
        job.method,
        job.problem,
        job.law,
        hp=job.hp,
        steps=job.steps,
        runs=runs,
        first=first,
        seed=job.seed,
        stream=job.stream,
        delay=job.delay,
        metric=job.metric,
        also=job.also,
        workers=workers,
        precision=job.precision,
        engine=job.engine,
        device=job.device,
    )
    rows = (found.values, found.last_values, *(found.also[name] for name in job.also))
    return dict(zip(job.names, rows, strict=True))


def run(
    job: Job,
    *,
    path: Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    in_flight: int | None = None,
    progress: Progress | None = None,
) -> tuple[Summary, ...]:
    """``run_all`` for one job."""
    (found,) = run_all([job], path=path, executor=executor, workers=workers, in_flight=in_flight, progress=progress)
    return found


def run_all(
    jobs: Sequence[Job],
    *,
    path: Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    in_flight: int | None = None,
    progress: Progress | None = None,
) -> tuple[tuple[Summary, ...], ...]:
    """All chunks of all jobs, merged job by job; those in the file at ``path`` are not run again.

    Jobs whose methods and shapes of problems agree share their compiled loops: numbers are arguments.

    executor: anything with ``submit`` (threads, spawned processes, a cluster's); without one the chunks run here, on
              ``workers`` threads.
    in_flight: how many chunks are in an executor at a time [default: twice its workers where it says how many, else 8]
    progress: called with the trajectories of all jobs, (done, all)
    Raises OtherJob if the file was begun with other jobs or another version of this library, if it is damaged, or if
    another run writes in it; ValueError without jobs.
    """
    if not jobs:
        raise ValueError("jobs: expected at least one, got none")
    if in_flight is None:
        in_flight = 2 * getattr(executor, "_max_workers", 4)
    sizes = [_sizes(job) for job in jobs]
    tasks = [(number, index) for number, chunks in enumerate(sizes) for index in range(len(chunks))]
    total = sum(job.runs for job in jobs)
    with opened(path, fingerprint(jobs)) as store:
        done, merged = load(store, sizes, [job.empty for job in jobs])
        if progress is not None:
            progress(sum(row[0].runs for row in merged), total)
        missing = ((task, jobs[number], index) for task, (number, index) in enumerate(tasks) if task not in done)
        for found in _results(missing, executor, workers, in_flight):
            for task, row in found.items():
                number, _ = tasks[task]
                merged[number] = tuple(map(merge, merged[number], row))
            if path is not None:
                save(store, list(found), {tasks[task][0]: merged[tasks[task][0]] for task in found}, len(done))
            done |= found.keys()
            if progress is not None:
                progress(sum(row[0].runs for row in merged), total)
    return tuple(merged)


def _sizes(job: Job) -> list[int]:
    """The trajectories of every chunk."""
    size = chunk_size(job)
    return [min(size, job.runs - first) for first in range(0, job.runs, size)]


def _results(
    missing: Iterator[tuple[int, Job, int]], executor: Executor | None, workers: int | None, in_flight: int
) -> Iterator[dict[int, tuple[Summary, ...]]]:
    """Chunks by the number of their task, all those together that were finished when the driver came back."""
    if executor is None:
        from verify.simulate.arguments import available

        yield from ({task: chunk(job, index, workers or available())} for task, job, index in missing)
        return
    pending = {}
    try:
        while True:
            for task, job, index in missing:
                pending[executor.submit(chunk, job, index, expected=given(job))] = task
                if len(pending) >= in_flight:
                    break
            if not pending:
                return
            finished, _ = wait(pending, return_when=FIRST_COMPLETED)
            yield {pending.pop(future): future.result() for future in finished}
    finally:
        for future in pending:
            future.cancel()
