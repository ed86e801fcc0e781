"""From a theorem's id to a replayed certificate."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bounds
from verify.kernel.certificate import encode
from verify.kernel.replay import Replay, load, replay


@dataclass(frozen=True)
class Proved:
    """A certificate together with what its replay established."""

    certificate: dict[str, Any]
    replay: Replay


def prove(theorem_id: str, variant: str | None = None, progress: Callable[[int, int], None] | None = None) -> Proved:
    """Write the certificate of a theorem and replay it from its JSON text.

    Raises ``bounds.UnknownTheorem`` or ``verify.kernel.replay.Refused`` (the first failing step and the reason).
    """
    certificate = load(dumps(encode(bounds.proof(theorem_id, variant))))
    return Proved(certificate, replay(certificate, progress))


def dumps(certificate: Any) -> str:
    """The JSON text of a certificate as it is written to a file."""
    return json.dumps(certificate, sort_keys=True, separators=(",", ":")) + "\n"
