"""Tables on disk: used where they are sound, computed again where they are not."""

import os
import time

import numpy as np
import pytest

from verify.simulate.noise import kept as module
from verify.simulate.noise.kept import kept

NUMBERS = np.arange(6.0).reshape(3, 2)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where tables are kept, and nowhere else."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "loops"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return tmp_path / "loops"


def ask(law, numbers=NUMBERS):
    """(what comes out, was it computed)."""
    calls = []
    found = kept(law, numbers.shape, lambda: calls.append(law) or numbers)
    return found, bool(calls)


def only(folder):
    (file,) = folder.iterdir()
    return file


def test_a_table_is_computed_once_for_each_law(folder):
    assert ask("a")[1]
    found, computed = ask("a", NUMBERS + 1)  # what it would compute does not matter any more
    assert not computed and np.array_equal(found, NUMBERS)
    found, computed = ask("b", NUMBERS + 1)
    assert computed and np.array_equal(found, NUMBERS + 1)


DAMAGE = {
    "one bit": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "cut off": lambda content: content[:-8],
    "empty": lambda content: b"",
    "digest of another": lambda content: bytes(32) + content[32:],
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_computed_again_and_replaced(folder, damage):
    ask("a")
    sound = only(folder).read_bytes()
    only(folder).write_bytes(damage(sound))
    found, computed = ask("a")
    assert computed and np.array_equal(found, NUMBERS) and only(folder).read_bytes() == sound
    assert not ask("a")[1]


def test_the_file_of_another_law_is_not_taken(folder):
    """Sound in itself, under a name that is not its own."""
    ask("a")
    other = only(folder).read_bytes()
    only(folder).unlink()
    ask("b")
    only(folder).write_bytes(other)
    assert ask("b", NUMBERS + 1)[1]


def test_other_sources_have_other_files(folder, monkeypatch):
    ask("a")
    monkeypatch.setattr(module, "_COMPUTED_BY", b"another version")
    assert ask("a")[1] and len(list(folder.iterdir())) == 2


def test_the_digest_is_of_all_sources(monkeypatch):
    """It was taken at import, so that a library that is updated on disk meanwhile does not matter."""
    now = module._digest()
    assert now == module._COMPUTED_BY
    for other in ("kept", "pieces", "portable", "stable", "tables"):
        with monkeypatch.context() as m:
            read = module.Path.read_bytes
            m.setattr(module.Path, "read_bytes", lambda p, o=other, r=read: r(p) + b"#" * (p.stem == o))
            assert module._digest() != now
    monkeypatch.setattr(module.Path, "read_bytes", lambda p, r=module.Path.read_bytes: r(p) + b"#" * (p.stem == "grid"))
    assert module._digest() == now


def test_where_nothing_can_be_written_nothing_is_kept(folder, tmp_path):
    for name in ("loops", "user"):
        (tmp_path / name).write_text("a file, not a folder")
    assert ask("a")[1] and ask("a")[1]
    (tmp_path / "user").unlink()  # a folder of the user can
    assert ask("a")[1] and not ask("a")[1]


def test_the_oldest_make_room(folder, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    ask("a")
    os.utime(only(folder), (1, 1))
    for draft, age in (("law-lost.draft", 4000), ("law-now.draft", 0)):  # of a killed process; of one at work
        (folder / draft).touch()
        os.utime(folder / draft, (time.time() - age,) * 2)
    ask("b")
    ask("c")
    assert len(list(folder.glob("*.table"))) == 2 and not ask("b")[1] and not ask("c")[1] and ask("a")[1]
    assert [p.name for p in folder.glob("*.draft")] == ["law-now.draft"]


def test_a_stable_table_from_disk_is_the_one_computed(folder, monkeypatch):
    from fractions import Fraction

    from counterexamples.moments import Lomax, Stable
    from verify.simulate.noise import tables

    law = Stable(Fraction(13, 10))
    first = tables.table.__wrapped__(law).coefficients
    tables.table.__wrapped__(Lomax(Fraction(2)))  # cheap, not kept
    monkeypatch.setattr(tables, "tabulate", lambda quantile: pytest.fail("computed again"))
    second = tables.table.__wrapped__(law).coefficients
    assert len(list(folder.iterdir())) == 1 and np.array_equal(first.view(np.uint64), second.view(np.uint64))
    assert not second.flags.writeable
