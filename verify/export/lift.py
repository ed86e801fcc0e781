"""The objects of a family as the first argument of every definition, record and lemma that mentions them.

A section of Coq does the same when it ends.  But with each of its lemmas it keeps a list of all names of the section,
and ``coqchk`` reads that list again for every lemma: four fifths of its time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

OBJECTS = "given"
NAME = r"(?<![\w.])[A-Za-z_]\w*"
DECLARED = re.compile(r"(?:Definition|Lemma|Record) (\w+)")
FIELD = re.compile(r"^  (\w+) : ", flags=re.M)
TOKEN = re.compile(rf"delta \[[^\]]*\]|unfold [\w, ]+|{NAME}")  # what a tactic unfolds is a name, not a value


def lifted(declarations: Iterable[str]) -> list[str]:
    """Declarations in which ``given`` is free, with ``given`` bound in each; what follows each name applies it.

    >>> first, second, last = lifted(["Definition p_R := Given.p_R given.", "Definition e := 3.", "Lemma s : p_R < 2."])
    >>> first, second
    ('Definition p_R (given : Given.objects) := Given.p_R given.', 'Definition e := 3.')
    >>> last
    'Lemma s (given : Given.objects) : (p_R given) < 2.'
    """
    closed, out = set[str](), list[str]()

    def applied(name: re.Match[str]) -> str:
        return f"({name[0]} {OBJECTS})" if name[0] in closed else name[0]

    for text in declarations:
        declared = DECLARED.match(text)
        words = set(re.findall(NAME, text))
        if declared is None or (OBJECTS not in words and closed.isdisjoint(words)):
            out.append(text)
            continue
        out.append(f"{declared[0]} ({OBJECTS} : Given.objects){TOKEN.sub(applied, text[declared.end() :])}")
        closed.update([declared[1], *(FIELD.findall(text) if text.startswith("Record") else ())])
    return out
