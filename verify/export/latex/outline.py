"""The outline of a proof: which lemma of ``bounds.lemmas`` wrote which step.

A proof is written by functions that call each other; the functions are the lemmas, what they return is what they prove.
This is read off while the proof is being written.  It is an annotation for readers: the certificate does not contain it
and no checker uses it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import bounds
from bounds.script import Line, Script
from bounds.statement import Proof

LEMMAS = ("bounds.lemmas.", "bounds.theorems.")


@dataclass
class Call:
    """One call of a lemma: its own steps in order, its calls, and the lines it returned."""

    name: str
    module: str
    doc: str
    steps: list[int] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    results: tuple[int, ...] = ()

    def walk(self) -> Iterator[Call]:
        """This call and all below it, the inner ones first."""
        for c in self.calls:
            yield from c.walk()
        yield self

    def all_steps(self) -> list[int]:
        return sorted(k for c in self.walk() for k in c.steps)


def outline(theorem_id: str, variant: str) -> tuple[Proof, Call]:
    """The proof of a theorem and the call tree that wrote it."""
    root = Call("proof", "", "")
    stack, frames = [root], [None]
    add: CodeType = Script._add.__code__

    def watch(frame: FrameType, event: str, value: Any) -> None:
        if event not in ("call", "return"):
            return
        code = frame.f_code
        if code is add:
            if event == "return" and isinstance(value, Line) and value.at not in seen:
                seen.add(value.at)
                stack[-1].steps.append(value.at)
            return
        module = frame.f_globals.get("__name__", "")
        if not module.startswith(LEMMAS) or code.co_name.startswith(("<", "__")):
            return
        if event == "call":
            doc = code.co_consts[0] if code.co_consts and isinstance(code.co_consts[0], str) else ""
            call = Call(code.co_name, module.rpartition(".")[2], doc)
            stack[-1].calls.append(call)
            stack.append(call)
            frames.append(frame)  # type: ignore[arg-type]
        elif frames[-1] is frame:
            stack[-1].results = tuple(dict.fromkeys(line.at for line in _lines(value)))
            stack.pop()
            frames.pop()

    seen: set[int] = set()
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        proof = bounds.proof(theorem_id, variant)
    finally:
        sys.setprofile(before)
    return proof, root


def _lines(value: Any) -> Iterator[Line]:
    """The lines in what a lemma returns: a line, a tuple, or a record with lines in it."""
    if isinstance(value, Line):
        yield value
    elif isinstance(value, tuple):
        for x in value:
            yield from _lines(x)
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, Proof):
        for name in value.__dataclass_fields__:
            yield from _lines(getattr(value, name))
