"""Lemmas that a proof asks for again and again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from bounds.script import Script

About = ParamSpec("About")
Found = TypeVar("Found")


def once(lemma: Callable[Concatenate[Script, About], Found]) -> Callable[Concatenate[Script, About], Found]:
    """A lemma about the same terms is derived once in a script; asked again, the lines of the first time are found.

    The script would find each of these lines by itself, one after the other, which takes most of the time of a proof.
    """

    @wraps(lemma)
    def kept(s: Script, *about: About.args, **more: About.kwargs) -> Found:
        key: Any = (lemma, about, tuple(more.items()))
        if key not in s.lemmas:
            s.lemmas[key] = lemma(s, *about, **more)
        return s.lemmas[key]

    return kept
