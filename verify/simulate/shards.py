"""Long runs: cut into chunks of trajectories, kept in a file, spread over workers, resumed after any interruption.

A chunk is trajectories k CHUNK .. (k+1) CHUNK - 1 of the one simulation that the job describes.  Its summary depends on
the job only, and summaries merge in any order: workers, executors, interruptions and resumptions do not show in the
result.  The file is an sqlite database in which only the driver writes, one transaction a chunk: killed at any moment,
a run loses the chunks that were in flight.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bounds.methods import Method
from counterexamples.noise import Law
from counterexamples.problems import Problem
from verify.simulate.metric import Metric
from verify.simulate.records import HyperParameters
from verify.simulate.summary import EMPTY, Summary, merge, summarise

CHUNK = 2**14
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
    """The file belongs to another job."""


def fingerprint(job: Job) -> str:
    """A digest of the job."""
    fields = {**asdict(job), "shape": type(job.law.shape).__name__, "chunk": CHUNK}
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()


def chunk(job: Job, index: int, workers: int = 1) -> tuple[Summary, ...]:
    """The summaries of one chunk, one for each of ``METRICS``."""
    from verify.simulate.engine import simulate

    first = index * CHUNK
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
    in_flight: int = 8,
    progress: Progress | None = None,
) -> tuple[Summary, ...]:
    """All chunks of a job, merged; those in the file at ``path`` are not run again.

    executor: anything with ``submit`` (threads, spawned processes, a cluster's); without one the chunks run here, on
              ``workers`` threads.  At most ``in_flight`` chunks wait in an executor.
    Raises OtherJob if the file was begun with another job.
    """
    total = -(-job.runs // CHUNK)
    with closing(_open(path, job)) as store:
        done, merged = _load(store)
        if progress is not None:
            progress(merged[0].runs, job.runs)
        missing = (index for index in range(total) if index not in done)
        for index, row in _results(job, missing, executor, workers, in_flight):
            merged = tuple(map(merge, merged, row))
            _save(store, index, merged)
            if progress is not None:
                progress(merged[0].runs, job.runs)
    return merged


def _results(
    job: Job, missing: Iterator[int], executor: Executor | None, workers: int | None, in_flight: int
) -> Iterator[tuple[int, tuple[Summary, ...]]]:
    if executor is None:
        from verify.simulate.arguments import available

        yield from ((index, chunk(job, index, workers or available())) for index in missing)
        return
    pending = {}
    try:
        while True:
            for index in missing:
                pending[executor.submit(chunk, job, index)] = index
                if len(pending) >= in_flight:
                    break
            if not pending:
                return
            finished, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in finished:
                yield pending.pop(future), future.result()
    finally:
        for future in pending:
            future.cancel()


# --- the file ---------------------------------------------------------------------------------------


def _open(path: Path | None, job: Job) -> sqlite3.Connection:
    store = sqlite3.connect(":memory:" if path is None else path)
    try:
        store.execute("pragma journal_mode = wal")
        store.execute("create table if not exists job (fingerprint text)")
        store.execute("create table if not exists chunks (id integer primary key)")
        store.execute("create table if not exists merged (summaries text)")
        known = store.execute("select fingerprint from job").fetchone()
        if known is None:
            store.execute("insert into job values (?)", (fingerprint(job),))
            store.commit()
        elif known[0] != fingerprint(job):
            raise OtherJob(f"{path}: begun with another job; give the same options, or another file")
    except sqlite3.DatabaseError as error:
        store.close()
        raise OtherJob(f"{path}: expected a file that verify simulate wrote: {error}") from None
    except OtherJob:
        store.close()
        raise
    return store


def _load(store: sqlite3.Connection) -> tuple[set[int], tuple[Summary, ...]]:
    """The chunks that are done, and what they merged to."""
    done = {index for (index,) in store.execute("select id from chunks")}
    found = store.execute("select summaries from merged").fetchone()
    if found is None:
        return set(), (EMPTY,) * len(METRICS)
    return done, tuple(_decode(item) for item in json.loads(found[0]))


def _save(store: sqlite3.Connection, index: int, merged: tuple[Summary, ...]) -> None:
    """One transaction: the chunk is done and merged, or neither."""
    with store:
        store.execute("insert into chunks values (?)", (index,))
        store.execute("delete from merged")
        store.execute("insert into merged values (?)", (json.dumps([_encode(s) for s in merged]),))


def _encode(s: Summary) -> Any:
    return [s.runs, s.counts, [x.hex() for x in s.largest]]


def _decode(item: Any) -> Summary:
    runs, counts, largest = item
    return Summary(runs, tuple((b, n) for b, n in counts), tuple(map(float.fromhex, largest)))
