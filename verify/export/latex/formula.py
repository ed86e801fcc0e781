"""Terms and facts as LaTeX formulas, with marks where they may be broken (``verify.export.latex.lines``)."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from bounds.exponents import Exponent, Poly
from bounds.statement import Statement
from bounds.terms import Term, is_vector, mk, num, shift
from verify.export.latex.letters import Short, inlined, letter, shorts
from verify.export.latex.lines import (
    BREAK,
    CLAUSE,
    INLINE,
    INNER,
    RELATION,
    broken,
    nested,
    shown,
    unmarked,
    whole,
    width,
)

RELATIONS = {"le": r"\le", "lt": "<", "eq": "=", "veq": "="}
NUMERATOR = 60  # letters; a wider sum over a number is the sum times its inverse, which can be broken into lines
SIMPLE = frozenset(("par", "q", "n", "norm", "ln", "proc"))


class Formula:
    """Writes the terms of one statement; remembers which short names it used."""

    def __init__(self, st: Statement) -> None:
        self.shorts, self.inlined = shorts(st), inlined(st)
        self.positive = {k for k, p in st.parameters.items() if p.sign == "pos"}
        self._known_for: tuple[Short, ...] = ()
        self._known: dict[Term, tuple[Short, Term] | None] = {}
        self.used: dict[str, Short] = {}
        self.announced: dict[str, object] = {}

    # --- what the rest of the exporter calls ---

    def inline(self, x: Term) -> str:
        """A term or fact inside a sentence, without the dollars."""
        return unmarked(self.write(x))

    def display(self, x: Term) -> str:
        """A term or fact in a displayed formula, broken into lines where it is too long."""
        return broken(self.write(x))

    def sentence(self, x: Term) -> str:
        """A term or fact inside a sentence, with its dollars; a wide one is displayed."""
        out = self.write(x)
        return shown(broken(out)) if width(out) > INLINE else f"${unmarked(out)}$"

    def definition(self, s: Short) -> str:
        """``name := term``, with its dollars; the name is not used inside its own definition."""
        self.shorts, kept = tuple(o for o in self.shorts if o is not s), self.shorts
        try:
            name = s.latex.replace("#", s.variable)
            out = f"{name} := {self.write(s.term)}"
            return shown(broken(out)) if width(out) > INLINE else f"${unmarked(out)}$"
        finally:
            self.shorts = kept

    def function(self, name: str) -> str:
        """The symbol of a function."""
        return _function(name)

    # --- scalars, vectors and facts ---

    def write(self, x: Term, level: int = 0) -> str:
        """``level``: 0 a sum may stand here, 1 a product, 2 an atom or a call, 3 the base of a power."""
        short = self._short(x)
        if short is not None:
            return short
        head, a = x.head, x.args
        if head in RELATIONS:
            return self._relation(x)
        if head == "all":
            return self._forall(x)
        if head == "and":
            return r"\ \text{and}\ ".join(BREAK + self._clause(f) for f in a).removeprefix(BREAK)
        if head == "whp":
            return rf"\mathbb{{P}}\bigl\{{{INNER}{nested(self.write(a[1]))}\bigr\}} \ge 1 - {self.write(a[0], 1)}"
        if head in ("add", "vadd"):
            return _paren(self._sum(x), level > 0)
        if head in ("mul", "scale") or (head == "pow" and _negative(a[1])):
            out = self._product(x)
            return _paren(out, level > 2 or (level > 1 and not out.startswith(r"\frac")) or (level and out[0] == "-"))
        if head == "pow":
            return self._power(a[0], a[1], level)
        if head == "q":
            return _paren(_rational(a[0]), level > 0 and (a[0] < 0 or (a[0].denominator != 1 and level > 2)))
        if head == "n":
            out = time_latex(a[0])
            return _paren(out, level > 0 and not out.isalnum())
        if head == "par" and a[0] in self.inlined:
            return self.write(self.inlined[a[0]], level)
        return self._atom(x)

    def _short(self, x: Term) -> str | None:
        found = self._instance(x)
        if found is None:
            return None
        s, at = found
        self.used[s.latex] = s
        return s.latex.replace("#", time_latex(at))

    def _instance(self, x: Term) -> tuple[Short, Term] | None:
        """The short name of a term and its time."""
        if self._known_for is not self.shorts:
            self._known_for, self._known = self.shorts, {}
        if x not in self._known:
            named = ((s, s.at(x)) for s in self.shorts)
            self._known[x] = next(((s, at) for s, at in named if at is not None), None)
        return self._known[x]

    def _atom(self, x: Term) -> str:
        head, a = x.head, x.args
        if head in ("par", "vpar", "vvar"):
            return letter(a[0])
        if head == "expo":
            return rf"\left({exponent_latex(a[0])}\right)" if len(a[0].num) > 1 else exponent_latex(a[0])
        if head in ("proc", "vproc"):
            stem, power = _stem(a[0])
            return f"{stem}_{{{time_latex(a[1])}}}{power and '^' + power}"
        if head == "inner":
            if a[0] is a[1]:
                return rf"\|{self._vector(a[0])}\|^2"
            return rf"\langle {whole(self.write(a[0]))},\, {whole(self.write(a[1]))}\rangle"
        if head == "norm":
            return rf"\|{self._vector(a[0])}\|"
        if head in ("app", "vapp"):
            return rf"{_function(a[0])}({whole(self.write(a[1]))})"
        if head in ("sum", "vsum"):
            return rf"\sum_{{{letter(a[0])}<{time_latex(a[1])}}} {self.write(a[2], 1)}"
        if head in ("E", "Ev"):
            body = whole(self.write(a[1]))
            return rf"\mathbb{{E}}\bigl[{body} \bigm| \mathcal{{F}}_{{{time_latex(a[0])}}}\bigr]"
        if head == "ind":
            return rf"\mathbf{{1}}\{{{unmarked(self.write(a[0]))}\}}"
        return rf"\{head}{_bracket(nested(self.write(a[0])))}"  # exp, ln

    def _power(self, base: Term, e: Exponent, level: int) -> str:
        if e.constant == 1:
            return self.write(base, level)
        if base is num(1):
            return "1"
        if base.head == "pow" and base.args[0].head == "par" and base.args[0].args[0] in self.positive:
            return self._power(base.args[0], base.args[1] * e, level)
        if e.constant == Fraction(1, 2) and self._root(base) is None:
            return rf"\sqrt{{{unmarked(self.write(base))}}}"
        root = self._root(base)
        if root is not None:  # b_t^2 to the power e is b_t to the power 2 e
            e = e + e
            return root if e.constant == 1 else f"{root}^{{{exponent_latex(e)}}}"
        if base.head == "norm":
            return f"{self.write(base)}^{{{exponent_latex(e)}}}"
        if base.head == "inner" and base.args[0] is base.args[1]:
            return rf"\|{self._vector(base.args[0])}\|^{{{exponent_latex(e + e)}}}"
        inside = self.write(base, 3)
        if "^" in inside and not inside.endswith((")", "]")):
            inside = f"({inside})"
        return f"{inside}^{{{exponent_latex(e)}}}"

    def _vector(self, v: Term) -> str:
        """A vector inside a norm, where its sign does not matter."""
        return whole(self.write(v)).removeprefix("-") if v.head == "scale" else whole(self.write(v))

    def _root(self, base: Term) -> str | None:
        if base.head == "proc":
            stem, power = _stem(base.args[0])
            if power == "2":
                return f"{stem}_{{{time_latex(base.args[1])}}}"
        return None

    def _sum(self, x: Term) -> str:
        out = ""
        for part in _flat(x, (x.head,)):
            s = self.write(part)
            if s == "0":
                continue
            if s.startswith("-"):
                out += f"{BREAK} - {s[1:]}" if out else s
            else:
                out += f"{BREAK} + {s}" if out else s
        return out or "0"

    def _product(self, x: Term) -> str:
        """Numbers first, then a fraction of the simple factors, then sums, expectations and vectors."""
        number, above, below, large = Fraction(1), [], [], []
        for factor in self._factors(x):
            e = factor.args[1] if factor.head == "pow" else None
            if factor.head == "q":
                number *= factor.args[0]
            elif factor.head in ("add", "vadd") and self.write(factor) == "0":
                return "0"
            elif e is not None and _negative(e):
                below.append(mk("pow", factor.args[0], -e))
            elif e is not None and factor.args[0].head == "q" and e.constant in (1, 2):
                number *= factor.args[0].args[0] ** int(e.constant)
            elif is_vector(factor) or not self._simple(factor):
                large.append(factor)
            else:
                above.append(factor)
        sign, number = ("-", -number) if number < 0 else ("", number)
        if number == 0:
            return "0"
        top, bottom = number.numerator, number.denominator
        if not below and bottom == 1 and not (above or large):
            return sign + str(top)
        upper = " ".join((*([str(top)] if top != 1 else []), *(self.write(f, 2) for f in above)))
        if below or bottom != 1:
            denominators = " ".join((*([str(bottom)] if bottom != 1 else []), *(self.write(f, 2) for f in below)))
            only = len(below) == 1 and bottom == 1
            lower = self.write(below[0]) if only else denominators
            over = self.write(large[0]) if not upper and len(large) == 1 and not is_vector(large[0]) else ""
            if over and width(over) <= NUMERATOR:
                return rf"{sign}\frac{{{unmarked(over)}}}{{{unmarked(lower)}}}"
            upper = rf"\frac{{{unmarked(upper or '1')}}}{{{unmarked(lower)}}}"
        tail = [
            self.write(f, 1 if k + 1 == len(large) and f.head in ("sum", "vsum") else 2) for k, f in enumerate(large)
        ]
        return sign + rf"{INNER}\,".join(filter(None, (upper, *tail)))

    def _factors(self, x: Term) -> list[Term]:
        if x.head in ("mul", "scale") and self._instance(x) is None:
            return [f for y in x.args for f in self._factors(y)]
        if x.head == "pow" and x.args[1].constant == -1 and x.args[0].head == "mul":
            return [f**-1 if f.head != "pow" else mk("pow", f.args[0], -f.args[1]) for f in self._factors(x.args[0])]
        return [x]

    def _simple(self, x: Term) -> bool:
        if self._instance(x) is not None:
            return True
        return x.head in SIMPLE or (x.head == "pow" and (x.args[0].head in SIMPLE or x.args[0].head == "mul"))

    # --- facts ---

    def _relation(self, x: Term) -> str:
        a, b = x.args
        if x.head == "le" and a.head == b.head == "n" and a.args[0].args[0] == 1 and b.args[0].args[0] <= 0:
            return f"{time_latex(shift(a.args[0], -1))} < {self.write(b)}"  # t + 1 <= T
        if x.head == "le" and a is num(1) and b.head == "n":
            return rf"{self.write(b)} \ge 1"
        return f"{self.write(a)} {RELATION}{RELATIONS[x.head]} {self.write(b)}"

    def _forall(self, x: Term) -> str:
        variables, premises, fact = x.args
        names = [letter(v) for v, s in variables]
        words = []
        naturals = [k for k, (_, s) in enumerate(variables) if s == "nat"]
        vectors = [k for k, (_, s) in enumerate(variables) if s == "vec"]
        rest = list(premises)
        for k in naturals:
            word = names[k]
            for p in rest:
                if (
                    p.head == "le"
                    and p.args[0].head == p.args[1].head == "n"
                    and _about(p.args[0].args[0], variables[k][0])
                ):
                    word = self.inline(p)
                    rest.remove(p)
                    break
            words.append(f"${word}$")
        if vectors:
            words.append(f"vectors ${', '.join(names[k] for k in vectors)}$")
        for k, (_, s) in enumerate(variables):
            if s not in ("nat", "vec"):
                words.append(rf"$\mathcal{{F}}_{{{time_latex(s)}}}$-measurable ${names[k]}$")
        given = " and ".join(f"${self.inline(p)}$" for p in rest)
        wide = [p for p in rest if width(self.write(p)) > INLINE]
        if wide:
            told = r"\ \text{and}\ ".join(BREAK + self.write(p) for p in rest)
            everyone = rf"\text{{for all {' and '.join(words)}:}}\ {CLAUSE}" if words else ""
            return rf"{everyone}{told}\ {CLAUSE}\Longrightarrow\ {self._clause(fact)}"
        if not words:
            return rf"\text{{if {given} then}}\ {self._clause(fact)}" if given else self._clause(fact)
        told = f" with {given}" if given else ""
        return rf"\text{{for all {' and '.join(words)}{told}:}}\ {CLAUSE}{self._clause(fact)}"

    def _clause(self, fact: Term) -> str:
        out = self.write(fact)
        return out if fact.head in RELATIONS else rf"\bigl[{nested(out)}\bigr]"


# --- pieces -----------------------------------------------------------------------------------------


def time_latex(t: Term) -> str:
    """An integer expression; what is added comes before what is subtracted."""
    const, coefs = t.args
    parts = [(k, letter(v)) for v, k in coefs]
    parts.sort(key=lambda p: p[0] < 0)
    out = "".join(("+" if k > 0 else "-") + (str(abs(k)) if abs(k) != 1 else "") + v for k, v in parts)
    if const or not out:
        out += f"+{const}" if const > 0 and out else str(const)
    return out.removeprefix("+")


def exponent_latex(e: Exponent) -> str:
    """With whole coefficients: 2/3 alpha could be read in two ways."""
    common = lcm(*(c.denominator for c in (*e.num, *e.den)))
    top, bottom = (_poly(tuple(c * common for c in p)) for p in (e.num, e.den))
    if bottom == "1":
        return top
    return f"{_paren(top, len([c for c in e.num if c]) > 1)}/{_paren(bottom, len([c for c in e.den if c]) > 1)}"


def _poly(p: Poly) -> str:
    terms = [(c, k) for k, c in enumerate(p) if c]
    terms.sort(key=lambda ck: (ck[0] < 0, -ck[1]))
    out = ""
    for c, k in terms:
        power = "" if k == 0 else r"\alpha" if k == 1 else rf"\alpha^{k}"
        size = "" if power and abs(c) == 1 else str(abs(c))
        out += ("-" if c < 0 else "+" if out else "") + size + power
    return out or "0"


def _stem(name: str) -> tuple[str, str]:
    """The letter of a process and its power: b_sq is the square of b."""
    if name.endswith("_sq"):
        return letter(name.removesuffix("_sq")), "2"
    return letter(name), ""


def _function(name: str) -> str:
    if name == "grad":
        return r"\nabla f"
    return rf"\operatorname{{{name}}}_\lambda" if name == "clip" else letter(name)


def _rational(q: Fraction) -> str:
    if q.denominator == 1:
        return str(q.numerator)
    return rf"{'-' if q < 0 else ''}\tfrac{{{abs(q.numerator)}}}{{{q.denominator}}}"


def _negative(e: Exponent) -> bool:
    return bool(e.num) and max(e.num) <= 0


def _flat(x: Term, heads: tuple[str, ...]) -> list[Term]:
    return [p for y in x.args for p in _flat(y, heads)] if x.head in heads else [x]


def _about(t: Term, variable: str) -> bool:
    return any(v == variable for v, _ in t.args[1])


def _bracket(s: str) -> str:
    return rf"\Bigl({s}\Bigr)" if r"\frac" in s or r"\sum" in s else f"({s})"


def _paren(s: str, needed: object) -> str:
    return _bracket(nested(s)) if needed else s
