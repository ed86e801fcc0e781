"""The kernel under ``python -O``: nothing in it may rely on ``assert``.  Run as a program; raises at the first failure.

python -O tests/kernel/optimized.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bounds
import bounds.terms
from verify.kernel.normal import KernelError
from verify.kernel.replay import load, replay
from verify.prove import dumps, prove
from verify.recheck import Refused as SecondRefused
from verify.recheck import check

BAD = Path(__file__).resolve().parents[1] / "bad"


class Failed(Exception):
    """An expectation about the kernel is not met."""


def expect(condition: bool, message: str) -> None:
    if not condition:
        raise Failed(message)


def refuses(job: Callable[[], Any], *errors: type[Exception]) -> bool:
    try:
        job()
    except errors:
        return True
    return False


def first(certificate: Any) -> Any:
    """The kernel on a fresh copy."""
    return replay(load(json.dumps(certificate)))


def edited(certificate: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**certificate, **changes}


def check_theorem(theorem_id: str, variant: str) -> None:
    """The true certificate passes both checkers, its nearest false neighbours pass neither."""
    good = json.loads(dumps(prove(theorem_id, variant).certificate))
    expect(first(good).statement.id == theorem_id, f"{theorem_id}: the kernel refuses its own certificate")
    check(good)
    last = good["steps"][-1]
    twins = {
        "truncated": edited(good, steps=good["steps"][:-1]),
        "another conclusion": edited(good, steps=[*good["steps"][:-1], {**last, "concl": good["steps"][0]["concl"]}]),
        "no proof": edited(
            good, steps=[{"rule": "assume", "concl": last["concl"], "hyps": [], "prem": [], "args": {}}]
        ),
        "edited title": edited(good, statement={**good["statement"], "title": "another"}),
        "wrong format": edited(good, format="tailcert-proof/0"),
    }
    for name, twin in twins.items():
        expect(refuses(lambda twin=twin: first(twin), KernelError), f"{theorem_id}, {name}: the kernel accepts")
        expect(refuses(lambda twin=twin: check(twin), SecondRefused), f"{theorem_id}, {name}: the checker accepts")


def check_bad_files() -> int:
    """Every file of tests/bad is refused by both checkers."""
    files = sorted(BAD.glob("*.json"))
    expect(bool(files), f"no bad certificates in {BAD}")
    for path in files:
        text = path.read_text(encoding="utf-8")
        expect(refuses(lambda text=text: replay(load(text)), KernelError), f"{path.name}: the kernel accepts")
        expect(refuses(lambda text=text: check(json.loads(text)), SecondRefused), f"{path.name}: the checker accepts")
    return len(files)


def main() -> None:
    expect(not __debug__, "run this with python -O")
    expect(refuses(lambda: bounds.terms.num(0.5), TypeError), "a float was accepted as a term")
    proofs = [(i, v) for i in bounds.theorem_ids() for v in bounds.variants(i)]
    for theorem_id, variant in proofs:
        check_theorem(theorem_id, variant)
    count = check_bad_files()
    print(f"python -O: {len(proofs)} theorems proved and rechecked, {count} bad certificates refused")


if __name__ == "__main__":
    sys.exit(main())
