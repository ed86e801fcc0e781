"""Certificates damaged at random places and sealed again: no checker crashes, and both say the same."""

from __future__ import annotations

import contextlib
import copy
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

import bounds
from verify import recheck
from verify.kernel.certificate import digest, encode, statement_digest
from verify.kernel.normal import KernelError
from verify.kernel.reading import TermReader, decode_statement
from verify.kernel.replay import Refused, load, replay

JUNK = (
    None,
    True,
    -1,
    0,
    1,
    2,
    10**12,
    "x",
    "t",
    "N",
    "nat",
    "vec",
    "1/2",
    "1/0",
    "01",
    "alpha",
    "E",
    [],
    {},
    [0],
    [[0]],
)
MALFORMED = (KernelError, KeyError, TypeError, AttributeError, IndexError)


def places(x: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for k, y in x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ():
        yield (*at, k)
        yield from places(y, (*at, k))


def damaged(certificate: Any, rng: random.Random) -> str:
    """One value replaced, repeated, left out, added or out of order; the digests are right again."""
    out = copy.deepcopy(certificate)
    groups: dict[Any, list[tuple[Any, ...]]] = {}
    for place in places(out):
        groups.setdefault(place[:2] if place[0] == "statement" else place[0], []).append(place)
    *way, last = rng.choice(rng.choice(list(groups.values())))
    inside = out
    for k in way:
        inside = inside[k]
    kind = rng.choice(("replace", "replace", "replace", "repeat", "leave out", "add", "shuffle"))
    if kind == "repeat" and isinstance(inside, list):
        inside.insert(last, copy.deepcopy(rng.choice(inside)))
    elif kind == "leave out":
        del inside[last]
    elif kind == "add" and isinstance(inside, dict):
        inside[rng.choice(("extra", "min", "t", "hyps"))] = rng.choice(JUNK)
    elif kind == "shuffle" and isinstance(inside, list):
        rng.shuffle(inside)
    else:
        inside[last] = rng.choice((*JUNK, rng.randrange(len(certificate["terms"]))))
    with contextlib.suppress(*MALFORMED):
        out["statement_sha256"] = statement_digest(decode_statement(out["statement"], TermReader(out["terms"])))
    return json.dumps({**out, "sha256": digest({k: v for k, v in out.items() if k != "sha256"})})


def verdicts(text: str) -> tuple[bool, bool]:
    """Whether the kernel and the second checker accept; anything but a refusal is an error of the test."""
    try:
        replay(load(text))
        first = True
    except Refused:
        first = False
    try:
        recheck.check(recheck.load(text.encode()))
    except recheck.Refused:
        return first, False
    return first, True


@pytest.mark.parametrize(
    ("theorem", "count"), [("norm-step-le-adagrad-norm", 120), ("huber-convex-smooth", 40), ("norm-clip-sub-le", 40)]
)
def test_both_checkers_say_the_same(theorem: str, count: int) -> None:
    """Most damage is fatal; a changed meaning, or a level that is larger than need be, is not."""
    rng, good = random.Random(7), load(json.dumps(encode(bounds.proof(theorem))))
    assert verdicts(json.dumps(good)) == (True, True)
    found = Counter(verdicts(damaged(good, rng)) for _ in range(count))
    assert set(found) == {(True, True), (False, False)} and found[False, False] > count / 2
