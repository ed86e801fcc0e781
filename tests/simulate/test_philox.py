"""Known-answer vectors of Random123, on arrays and compiled."""

import numpy as np
import pytest
from numba import njit

from verify.simulate.noise.philox import philox4x32, words

KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter, key, expected):
    on_arrays = philox4x32(*(np.array([c], np.uint32) for c in counter + key))
    compiled = njit(philox4x32)(*map(np.uint32, counter + key))
    assert tuple(int(w[0]) for w in on_arrays) == expected
    assert tuple(map(int, compiled)) == expected


def test_words_place_block_stream_trajectory_and_seed():
    """counter (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), key (0xA4093822, 0x299F31D0)."""
    trajectory = np.array([0x0370734413198A2E], np.uint64)
    found = words(0x243F6A88, 0x85A308D3, trajectory, 0x299F31D0A4093822)
    assert tuple(int(w) for w in found[:, 0]) == KNOWN[2][2]


def test_one_changed_bit_changes_every_word():
    counter, key, expected = KNOWN[2]
    changed = philox4x32(*(np.array([c], np.uint32) for c in (*counter, key[0] ^ 1, key[1])))
    assert all(int(w[0]) != e for w, e in zip(changed, expected, strict=True))
