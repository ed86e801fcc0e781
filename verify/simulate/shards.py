"""Long runs: cut into chunks of trajectories, kept in a file, spread over workers, resumed after any interruption.

A chunk is trajectories k size .. (k+1) size - 1 of the one simulation that the job describes, size = ``chunk_size``:
there are at most ``MOST``, because one driver merges and writes them all.  A summary depends on the job only, and
summaries merge in any order: workers, executors, interruptions and resumptions do not show in the result.  The file is
an sqlite database in which only the driver writes, one transaction for what has come in: killed at any moment, a run
loses the chunks that were in flight.  What is read back must add up, and a second driver is found out before it writes.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import counterexamples
from bounds import methods
from bounds.methods import Method
from counterexamples.noise import Law
from counterexamples.problems import Problem
from verify.simulate.metric import Metric
from verify.simulate.records import HyperParameters
from verify.simulate.summary import EMPTY, Summary, merge, summarise

CHUNK = 2**14  # trajectories of a chunk, and of the parts in which the longer chunks of long runs are run
MOST = 2**16
METRICS = (
    "values",
    "last_values",
)  # of ``records.Result``: the metric of the average (or mean), and of the last iterate
Progress = Callable[[int, int], None]  # (trajectories done, all)


@dataclass(frozen=True)
class Job:
    """Everything that determines the result."""

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


class OtherJob(ValueError):
    """The file belongs to another job, or is no file of a job, or another run writes in it."""


def fingerprint(job: Job) -> str:
    """A digest of the job and of the code that runs it."""
    fields = {**asdict(job), "shape": type(job.law.shape).__name__, "chunk": chunk_size(job), "code": _code()}
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _code() -> str:
    """A digest of the sources that bits depend on, and the versions of the packages behind them."""
    folders = (Path(__file__).parent, Path(counterexamples.__file__).parent)
    files = sorted((path for folder in folders for path in folder.glob("*.py")), key=lambda path: path.parts[-2:])
    digest = hashlib.sha256(Path(methods.__file__).read_bytes())
    for path in files:
        digest.update(path.read_bytes())
    return " ".join((digest.hexdigest(), *(f"{name} {version(name)}" for name in ("numpy", "scipy", "numba"))))


def chunk_size(job: Job) -> int:
    """``CHUNK`` times the smallest power of 2 that leaves at most ``MOST`` chunks."""
    chunks = -(-job.runs // CHUNK)
    return CHUNK * 2 ** (-(-chunks // MOST) - 1).bit_length()


def chunk(job: Job, index: int, workers: int = 1, code: str | None = None) -> tuple[Summary, ...]:
    """The summaries of one chunk, one for each of ``METRICS``; memory does not grow with its size.

    OtherJob where the code is not ``code``, the driver's.
    """
    if code is not None and code != _code():
        raise OtherJob("a worker has another version of this library, numpy, scipy or numba")
    size = chunk_size(job)
    merged = (EMPTY,) * len(METRICS)
    for first in range(index * size, min((index + 1) * size, job.runs), CHUNK):
        merged = tuple(map(merge, merged, _part(job, first, workers)))
    return merged


def _part(job: Job, first: int, workers: int) -> tuple[Summary, ...]:
    from verify.simulate.engine import simulate

    found = simulate(
        job.method,
        job.problem,
        job.law,
        hp=job.hp,
        steps=job.steps,
        runs=min(CHUNK, job.runs - first),
        first=first,
        seed=job.seed,
        stream=job.stream,
        delay=job.delay,
        metric=job.metric,
        workers=workers,
    )
    return tuple(summarise(getattr(found, name)) for name in METRICS)


def run(
    job: Job,
    *,
    path: Path | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    in_flight: int | None = None,
    progress: Progress | None = None,
) -> tuple[Summary, ...]:
    """All chunks of a job, merged; those in the file at ``path`` are not run again.

    executor: anything with ``submit`` (threads, spawned processes, a cluster's); without one the chunks run here, on
              ``workers`` threads.
    in_flight: how many chunks are in an executor at a time [default: twice its workers where it says how many, else 8]
    Raises OtherJob if the file was begun with another job or another version of this library, if it is damaged, or if
    another run writes in it.
    """
    total = -(-job.runs // chunk_size(job))
    if in_flight is None:
        in_flight = 2 * getattr(executor, "_max_workers", 4)
    with _readable(path), closing(_open(path, job)) as store:
        done, merged = _load(store, job)
        if progress is not None:
            progress(merged[0].runs, job.runs)
        missing = (index for index in range(total) if index not in done)
        for found in _results(job, missing, executor, workers, in_flight):
            for row in found.values():
                merged = tuple(map(merge, merged, row))
            _save(store, list(found), merged, len(done))
            done |= found.keys()
            if progress is not None:
                progress(merged[0].runs, job.runs)
    return merged


def _results(
    job: Job, missing: Iterator[int], executor: Executor | None, workers: int | None, in_flight: int
) -> Iterator[dict[int, tuple[Summary, ...]]]:
    """Chunks by number, all those together that were finished when the driver came back."""
    if executor is None:
        from verify.simulate.arguments import available

        yield from ({index: chunk(job, index, workers or available())} for index in missing)
        return
    pending = {}
    try:
        while True:
            for index in missing:
                pending[executor.submit(chunk, job, index, code=_code())] = index
                if len(pending) >= in_flight:
                    break
            if not pending:
                return
            finished, _ = wait(pending, return_when=FIRST_COMPLETED)
            yield {pending.pop(future): future.result() for future in finished}
    finally:
        for future in pending:
            future.cancel()


# --- the file ---------------------------------------------------------------------------------------


@contextmanager
def _readable(path: Path | None) -> Iterator[None]:
    """What sqlite says about the file, in one line."""
    try:
        yield
    except OtherJob as error:
        raise OtherJob(f"{path}: {error}") from None
    except sqlite3.Error as error:
        raise OtherJob(f"{path}: expected a file that verify simulate wrote: {error}") from None


TABLES = {"job": "fingerprint text", "chunks": "id integer primary key", "merged": "summaries text"}


def _open(path: Path | None, job: Job) -> sqlite3.Connection:
    store = sqlite3.connect(":memory:" if path is None else path)
    try:
        found = {name for (name,) in store.execute("select name from sqlite_master where type = 'table'")}
        if not found <= TABLES.keys():
            raise OtherJob("expected a file that verify simulate wrote, got another database")
        store.execute("pragma journal_mode = wal")
        for name, columns in TABLES.items():
            store.execute(f"create table if not exists {name} ({columns})")
        known = store.execute("select fingerprint from job").fetchone()
        if known is None:
            store.execute("insert into job values (?)", (fingerprint(job),))
            store.commit()
        elif known[0] != fingerprint(job):
            raise OtherJob("begun with another job or version; give the same options, or another file")
    except BaseException:
        store.close()
        raise
    return store


def _load(store: sqlite3.Connection, job: Job) -> tuple[set[int], tuple[Summary, ...]]:
    """The chunks that are done, and what they merged to; OtherJob if the one is not what the other adds up to."""
    with store:
        store.execute("begin")  # both of one moment
        done = {index for (index,) in store.execute("select id from chunks")}
        found = store.execute("select summaries from merged").fetchall()
    size = chunk_size(job)
    runs = sum(min(size, job.runs - index * size) for index in done)
    try:
        merged = tuple(map(_decode, json.loads(found[0][0]))) if found else (EMPTY,) * len(METRICS)
        sound = len(found) <= 1 and len(merged) == len(METRICS) and all(s.runs == runs and s.sound for s in merged)
    except (TypeError, ValueError):
        sound = False
    if not sound or any(not 0 <= index * size < job.runs for index in done):
        raise OtherJob("damaged: the summaries are not those of the chunks; begin again with another file")
    return done, merged


def _save(store: sqlite3.Connection, indices: list[int], merged: tuple[Summary, ...], before: int) -> None:
    """One transaction: chunks are done and merged, or neither; OtherJob unless ``before`` chunks are in the file."""
    with store:
        store.execute("begin immediate")
        if store.execute("select count(*) from chunks").fetchone() != (before,):
            raise OtherJob("another run writes in this file; let it finish")
        store.executemany("insert into chunks values (?)", [(index,) for index in indices])
        store.execute("delete from merged")
        store.execute("insert into merged values (?)", (json.dumps([_encode(s) for s in merged]),))


def _encode(s: Summary) -> Any:
    return [s.runs, s.counts, [x.hex() for x in s.largest]]


def _decode(item: Any) -> Summary:
    runs, counts, largest = item
    return Summary(runs, tuple((b, n) for b, n in counts), tuple(map(float.fromhex, largest)))
