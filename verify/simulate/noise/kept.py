"""Tables on disk, next to the compiled loops: to compute that of a stable law takes as long as a short run.

A file is named by a digest of what its numbers depend on, the law and the sources as they were when this process began,
and begins with a digest of that name and the numbers.  One that does not fit, because it was cut off, damaged or
renamed, is computed again and replaced; it is written beside its place and moved there.

A digest is no seal, and none is needed for what is certified: ``realised`` bounds moment and mean of the numbers drawn
from the very coefficients that are used, wherever they come from; and a run that is resumed compares their digest.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np

MOST = 256  # files of 96 KiB
_HERE = Path(__file__).parent


def _digest() -> bytes:
    """Of what turns a law into numbers."""
    sources = [_HERE / f"{name}.py" for name in ("kept", "pieces", "stable", "tables")]
    return sha256(b"".join(p.read_bytes() for p in [*sources, _HERE.parent / "portable.py"])).digest()


_COMPUTED_BY = _digest()  # now: later the files may be those of another version


def _folders() -> Iterator[Path]:
    """Where numba may write, too; then a folder of the user."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    yield Path(chosen) if chosen else _HERE / "__pycache__"
    with suppress(RuntimeError):  # nobody's home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tailcert"


def kept(law: str, shape: tuple[int, int], compute: Callable[[], np.ndarray]) -> np.ndarray:
    """The float64 array ``compute()`` of this shape for ``law``, from a file where there is a sound one."""
    key = sha256(_COMPUTED_BY + repr((law, shape)).encode()).digest()
    name = f"law-{key.hex()[:32]}.table"
    for folder in _folders():
        with suppress(OSError):
            digest, numbers = (found := (folder / name).read_bytes())[:32], found[32:]
            if digest == sha256(key + numbers).digest():
                return np.frombuffer(numbers, "<f8").reshape(shape).copy()
    made = compute()
    numbers = made.astype("<f8").tobytes()
    for folder in _folders():
        with suppress(OSError):
            _write(folder, name, sha256(key + numbers).digest() + numbers)
            break
    return made


def _write(folder: Path, name: str, content: bytes) -> None:
    """All of the file or nothing; OSError where that cannot be.  The oldest ones make room."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix="law-", suffix=".draft", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(draft, folder / name)
    except BaseException:
        os.unlink(draft)
        raise
    with suppress(OSError):  # others may clear away at the same time
        others = sorted((p for p in folder.glob("law-*.table") if p.name != name), key=os.path.getmtime)
        lost = [p for p in folder.glob("law-*.draft") if time.time() - p.stat().st_mtime > 3600]
        for old in [*others[: 1 - MOST], *lost]:
            old.unlink()
