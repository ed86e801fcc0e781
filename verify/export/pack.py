"""Numbers as the machine integers from which Coq reads them (coq/Decode.v)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

PAYLOAD = 5  # bits of a digit that count; one more says whether the number goes on
PER_WORD = 10
ROW = 20  # words in one constructor
CHUNK = 500 * ROW  # in one definition, which Coq reads by recursion


@cache
def digits(n: int) -> tuple[int, ...]:
    """A natural number, its lowest digit first.

    >>> digits(5), digits(32), digits(33)
    ((5,), (32, 1), (33, 1))
    """
    out = []
    while n >> PAYLOAD:
        out.append(n % (1 << PAYLOAD) + (1 << PAYLOAD))
        n >>= PAYLOAD
    return (*out, n)


def integer(z: int) -> int:
    """0, -1, 1, -2, ... as 0, 1, 2, 3, ..."""
    return 2 * z if z >= 0 else -2 * z - 1


def words(numbers: Iterable[int]) -> list[int]:
    """Whole rows of words; each has its first digit in the highest place."""
    stream = [d for n in numbers for d in digits(n)]
    stream += [0] * (-len(stream) % (PER_WORD * ROW))
    out = []
    for i in range(0, len(stream), PER_WORD):
        word = 0
        for d in stream[i : i + PER_WORD]:
            word = (word << (PAYLOAD + 1)) + d
        out.append(word)
    return out


def data(name: str, numbers: Iterable[int]) -> list[str]:
    """The definition of ``name``: words in reverse order, so that Coq can unpack them from the end."""
    back = words(numbers)[::-1]
    parts = [_rows(back[i : i + CHUNK]) for i in range(0, len(back), CHUNK)]
    lines = [f"Definition {name}_{k} : words := {part}." for k, part in enumerate(parts)]
    return [*lines, f"Definition {name} : list words := {listed([f'{name}_{k}' for k in range(len(parts))])}."]


def _rows(back: Sequence[int]) -> str:
    rows = ["(Words " + " ".join(map(hex, back[i : i + ROW])) for i in range(0, len(back), ROW)]
    return f"{' '.join(rows)} NoWords{')' * len(rows)}"


def listed(items: Iterable[str]) -> str:
    """A list in Coq.

    >>> listed(["1", "2"])
    '[1; 2]'
    """
    return f"[{'; '.join(items)}]"
