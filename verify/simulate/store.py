"""The file of a long run: an sqlite database in which only the driver writes, one transaction for what has come in.

Killed at any moment, a run loses the chunks that were in flight.  What is read back must add up, and a second driver
is found out before it writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from verify.simulate.summary import Summary

TABLES = {"job": "fingerprint text", "chunks": "id integer primary key", "merged": "job integer, summaries text"}
Rows = Mapping[int, tuple[Summary, ...]]  # the summaries of jobs, by their number


class OtherJob(ValueError):
    """The file belongs to another job, or is no file of a job, or another run writes in it."""


@contextmanager
def opened(path: Path | None, fingerprint: str) -> Iterator[sqlite3.Connection]:
    """The file, begun if there is none; without a path in memory.  What sqlite says about it comes in one line."""
    try:
        with closing(_open(path, fingerprint)) as store:
            yield store
    except OtherJob as error:
        raise OtherJob(f"{path}: {error}") from None
    except sqlite3.Error as error:
        raise OtherJob(f"{path}: expected a file that verify simulate wrote: {error}") from None


def _open(path: Path | None, fingerprint: str) -> sqlite3.Connection:
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
            store.execute("insert into job values (?)", (fingerprint,))
            store.commit()
        elif known[0] != fingerprint:
            raise OtherJob("begun with another job or version; give the same options, or another file")
    except BaseException:
        store.close()
        raise
    return store


def load(store: sqlite3.Connection, sizes: Sequence[Sequence[int]], empty: Sequence[tuple[Summary, ...]]) -> tuple:
    """(the chunks that are done, what they merged to: a list over jobs); OtherJob if they do not fit.

    ``sizes``: the trajectories of every chunk of every job; ``empty``: what a job without chunks has.
    """
    with store:
        store.execute("begin")  # both of one moment
        done = {index for (index,) in store.execute("select id from chunks")}
        found = store.execute("select job, summaries from merged").fetchall()
    merged, first, sound = list(empty), 0, len(dict(found)) == len(found)
    try:
        for number, text in found:
            if not 0 <= number < len(empty):
                raise ValueError("a job that is not there")
            merged[number] = tuple(map(_decode, json.loads(text)))
        for row, blank, chunks in zip(merged, empty, sizes, strict=True):
            runs = sum(size for index, size in enumerate(chunks, first) if index in done)
            sound &= all(s.runs == runs and s.like(b) and s.sound for s, b in zip(row, blank, strict=True))
            first += len(chunks)
    except (TypeError, ValueError):
        sound = False
    if not sound or not done <= set(range(first)):
        raise OtherJob("damaged: the summaries are not those of the chunks; begin again with another file")
    return done, merged


def save(store: sqlite3.Connection, indices: list[int], rows: Rows, before: int) -> None:
    """One transaction: chunks are done and merged, or neither; OtherJob unless ``before`` chunks are in the file."""
    with store:
        store.execute("begin immediate")
        if store.execute("select count(*) from chunks").fetchone() != (before,):
            raise OtherJob("another run writes in this file; let it finish")
        store.executemany("insert into chunks values (?)", [(index,) for index in indices])
        for number, row in rows.items():
            store.execute("delete from merged where job = ?", (number,))
            store.execute("insert into merged values (?, ?)", (number, json.dumps([_encode(s) for s in row])))


def _encode(s: Summary) -> Any:
    return [s.runs, s.counts, [x.hex() for x in s.largest], [[x.hex(), n] for x, n in s.exceeded]]


def _decode(item: Any) -> Summary:
    runs, counts, largest, exceeded = item
    pairs = tuple((float.fromhex(x), n) for x, n in exceeded)
    return Summary(runs, tuple((b, n) for b, n in counts), tuple(map(float.fromhex, largest)), pairs)
