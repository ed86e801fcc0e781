"""Plain text with formulas in ASCII, as it stands in statements, as LaTeX."""

from __future__ import annotations

import re

from verify.export.latex.letters import GREEK, LETTERS, letter

WORD = re.compile(r"[A-Za-z]+[0-9]*(?:_[A-Za-z0-9]+)?")
TOKEN = re.compile(r"\|\||<=|>=|[A-Za-z]+[0-9]*|[0-9]+|\s+|.")
SYMBOLS = {"||": r"\|", "<=": r"\le ", ">=": r"\ge ", "<": "<", "*": r"^\ast ", "|": r"\mid ", "{": "{", "}": "}"}
FUNCTIONS = {
    "ln": r"\ln ",
    "exp": r"\exp ",
    "sum": r"\sum ",
    "min": r"\min ",
    "max": r"\max ",
    "grad": r"\nabla ",
    "E": r"\mathbb{E}",
    "P": r"\mathbb{P}",
    "F": r"\mathcal{F}",
}
SIGNS = set("|<>=^_+*/[]{}")
BRACKETS = ("(", "[", "{")


def prose(text: str) -> str:
    r"""Words stay words; runs of words with signs between them become formulas.

    >>> prose("bound of ||x_0 - x*||"), prose("at most 1 - L u")
    ('bound of $\\|x_{0} - x^\\ast \\|$', 'at most $1 - L u$')
    """
    out: list[str] = []
    run: list[str] = []
    words = re.split(r"(\s+|(?<=\})-(?=[a-z]{4}))", text)
    for word, following in zip(words, [*words[2:], "", ""], strict=False):
        if word.isspace():
            (run if run else out).append(word)
        elif _is_math(word, bool(run)) or (word.isdigit() and following in ("-", "+")):
            run.append(word)
        else:
            _flush(run, out)
            out.append(plain(word))
    _flush(run, out)
    return "".join(out)


def _is_math(word: str, after_math: bool) -> bool:
    bare = word.strip(",.;:()")
    if not bare:
        return False
    if word == "-":
        return after_math
    names = WORD.findall(bare)
    if any(n.isalpha() and len(n) > 5 and n not in GREEK for n in names):  # a word of the language
        return False
    if set(bare) & SIGNS or bare.startswith("exp("):
        return True
    if bare.isdigit() or (len(bare) == 1 and bare.isupper() and word.endswith(".")):
        return after_math and bare.isdigit()
    known = all(n in GREEK or n in LETTERS or len(n) == 1 or n in FUNCTIONS or n[-1].isdigit() for n in names)
    return known and bare not in ("a", "A", "I") and (bare[0].isalnum() and "-" not in bare[1:])


def _flush(run: list[str], out: list[str]) -> None:
    """Set the formula; spaces and closing punctuation at its ends stay outside."""
    if not run:
        return
    s = "".join(run)
    run.clear()
    core = s.strip()
    lead = s[: len(s) - len(s.lstrip())]
    trail = s[len(s.rstrip()) :]
    stop = ""
    while core and (core[-1] in ",.;:" or (core[-1] == ")" and core.count(")") > core.count("("))):
        core, stop = core[:-1], core[-1] + stop
    start = ""
    while core and core[0] == "(" and core.count("(") > core.count(")"):
        core, start = core[1:], start + core[0]
    out.append(f"{lead}{start}${_formula(core)}${stop}{trail}" if core else s)


def _formula(s: str) -> str:
    out = ""
    tokens = TOKEN.findall(re.sub(r"\^\(([^()]*)\)", r"^{\1}", re.sub(r"([_^])([A-Za-z0-9]+)", r"\1{\2}", s)))
    for token, following in zip(tokens, [*tokens[1:], ""], strict=True):
        if token.isspace():
            out += " "
        elif token in SYMBOLS:
            out += SYMBOLS[token]
        elif token in FUNCTIONS and (token != "P" or following in BRACKETS):  # a P by itself is a number
            out += FUNCTIONS[token]
        elif token[0].isalpha():
            out += letter(token) + (" " if letter(token).startswith("\\") else "")
        else:
            out += token.replace("%", r"\%").replace("&", r"\&").replace("#", r"\#")
    return out


def plain(word: str) -> str:
    """Text without formulas."""
    out = word.replace("\\", r"\textbackslash ")
    for c in "&%$#_{}":
        out = out.replace(c, "\\" + c)
    return out
