"""Where a formula may be broken into lines, how wide it is, and how it is displayed.

A formula carries marks at the places where a line may be broken: ``BREAK`` at the outermost sum, ``INNER`` inside
parentheses, ``CLAUSE`` after a quantifier, ``RELATION`` before a relation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

BREAK, INNER, CLAUSE, RELATION = "\x01", "\x02", "\x03", "\x04"
MARKS = f"{BREAK}{INNER}{CLAUSE}{RELATION}"
WIDTH = 76  # of a displayed line, in letters
INLINE = 44  # of a formula inside a sentence
SIZES = ((124.0, r"\tiny"), (104.0, r"\scriptsize"), (86.0, r"\footnotesize"))


def nested(s: str) -> str:
    """Breaks inside brackets are a last resort."""
    return s.replace(BREAK, INNER).replace(RELATION, INNER)


def whole(s: str) -> str:
    """What is short is not broken at all."""
    return unmarked(s) if width(s) < 36 else nested(s)


def unmarked(s: str) -> str:
    """Without marks: in one line."""
    return re.sub(f"[{MARKS}]", "", s)


def width(s: str) -> float:
    """A rough width in letters: a fraction is as wide as its wider half, an index is small."""
    s = unmarked(s)
    total, k = 0.0, 0
    while k < len(s):
        if s.startswith((r"\frac", r"\tfrac"), k):
            start = s.index("{", k)
            top = _group(s, start)
            bottom = _group(s, top)
            total += max(width(s[start + 1 : top - 1]), width(s[top + 1 : bottom - 1]))
            k = bottom
        elif s[k] in "^_" and k + 1 < len(s) and s[k + 1] == "{":
            end = _group(s, k + 1)
            total += 0.7 * width(s[k + 2 : end - 1])
            k = end
        elif s[k] == "\\":
            word = re.compile(r"\\([A-Za-z]+|.)").match(s, k)
            if word is None:
                raise ValueError(f"a lone backslash in {s!r}")
            name = word.group(1)
            spaces = ("bigl", "bigr", "Bigl", "Bigr", "text", "mathbb", "mathcal", "mathbf", "operatorname", "mathrm")
            total += 0 if name in spaces else 2.2 if name in ("sum", "exp", "le", "ge", "sqrt") else 1.1
            k = word.end()
        else:
            total += 0 if s[k] in "{}$" else 0.5 if s[k] == " " else 2.0 if s[k] in "+-=<" else 1.0
            k += 1
    return total


def _group(s: str, k: int) -> int:
    """The position after the group that opens at k."""
    depth = 0
    for j in range(k, len(s)):
        depth += (s[j] == "{") - (s[j] == "}")
        if depth == 0:
            return j + 1
    raise ValueError(f"an open group in {s!r}")


def broken(s: str) -> str:
    """The formula, as several aligned lines if it is too wide for one."""
    if width(s) <= WIDTH:
        return unmarked(s)
    clause = s.split(CLAUSE)[-1]
    sides = clause.split(RELATION)
    halves = len(sides) == 2 and width(clause) > WIDTH - 8 >= max(map(width, sides))
    lines = [""]
    for piece in _pieces(s):
        limit = WIDTH if len(lines) == 1 else WIDTH - 6
        full = width(lines[-1]) + width(piece)
        early = piece[0] in (BREAK, RELATION) and full > limit * 0.75 and width(piece) > limit / 4
        if lines[-1] and (piece[0] == CLAUSE or full > limit or early or (piece[0] == RELATION and halves)):
            lines.append(unmarked(piece))
        else:
            lines[-1] += unmarked(piece)
    if len(lines) == 1:
        return lines[0]
    body = (r" \\" + "\n  &\\qquad ").join(lines)
    return f"\\begin{{aligned}}\n  &{body}\n\\end{{aligned}}"


def shown(formula: str, label: str = "", tag: str = "") -> str:
    """A displayed formula, in smaller letters if it does not fit otherwise; ``label`` numbers it, ``tag`` names it."""
    body = re.sub(r"\\begin\{aligned\}|\\end\{aligned\}", "", formula)
    widest = max(width(line.replace("&", "").replace(r"\qquad", "MM")) for line in body.split(r"\\"))
    size = next((name for limit, name in SIZES if widest > limit), "")
    numbered = f"\\begin{{equation}}{label}\n{formula}\n\\end{{equation}}"
    out = numbered if label else f"\\[\n{formula}{tag}\n\\]"
    return f"{{{size}{out}}}" if size else out


def _pieces(s: str) -> Iterable[str]:
    return [p for p in re.split(f"(?=[{MARKS}])", s) if p]
