"""The proof of a theorem as LaTeX: a sequence of lemmas, each with its lines and what they follow from."""

from __future__ import annotations

import re

from bounds.statement import Step
from bounds.terms import VECTOR_HEADS, Term, inner, num
from verify.export.latex.formula import Formula, exponent_latex, time_latex
from verify.export.latex.letters import letter
from verify.export.latex.lines import INLINE, RELATION, broken, shown, unmarked, width
from verify.export.latex.sections import Outline, Section, extra

NAMES = {
    "cauchy_schwarz": "the Cauchy--Schwarz inequality",
    "exp_add": r"$e^{a}e^{b}=e^{a+b}$",
    "exp_tangent": r"$1+a\le e^{a}$",
    "exp_neg_ln": r"$e^{-\ln s}=1/s$",
    "pow_split": r"$s^{a}s^{b}=s^{a+b}$",
    "ind_one": "the indicator being $1$ here",
    "sum_step": "splitting off the last term",
    "sum_zero": "the empty sum",
    "inner_sum": "linearity of the inner product",
}
DERIVED = {
    "le_of_sq_le": "taking square roots",
    "norm_congr": "as equal vectors have equal norms",
    "norm_add_le": "by the triangle inequality",
    "inner_sq_le": "by the Cauchy--Schwarz inequality, squared",
    "gated_le": "on the event and off it",
    "sum_const": "summing a constant",
    "sum_nonneg": "by induction on the number of terms",
    "sum_mono_upto": "by induction on the number of terms",
    "summed_le_zero": "summing over time (induction on $T$)",
    "sum_le_of_before": "by induction on $T$",
}
PROSE = re.compile(r"[A-Za-z][A-Za-z ,'-]{14,}\Z")


class ProofWriter:
    """Writes the lemmas of one proof; ``key`` makes its labels unique."""

    def __init__(self, outline: Outline, formula: Formula, key: str) -> None:
        self.o, self.formula, self.key = outline, formula, key
        self.result_of = {r: i for i, s in enumerate(outline.sections[:-1]) for r in s.results}
        steps = outline.proof.steps
        self.events = {s.concl.args[1]: k for k, s in enumerate(steps) if s.concl.head == "whp"}
        self.inductive = {s.concl for s in steps if s.rule == "induct"}
        for s in steps:
            if s.rule == "induct_strong":
                self.inductive |= set(steps[s.prem[0]].hyps) - set(s.hyps)

    def lemmas(self) -> list[str]:
        """Every lemma with its proof; the last section, the theorem itself, is not among them."""
        return [self._lemma(i, s) for i, s in enumerate(self.o.sections[:-1])]

    def main(self) -> str:
        """The proof of the theorem from its lemmas."""
        return self._proof(self.o.sections[-1])

    # --- lemmas ---

    def _lemma(self, i: int, s: Section) -> str:
        claims = [self.o.step(r) for r in s.results]
        hyps = claims[0].hyps
        if all(set(c.hyps) == set(hyps) for c in claims):
            body = self._given(hyps) + self._claims([c.concl for c in claims])
        else:
            body = "\n".join(f"({j}) {self._given(c.hyps)}{self._shown(c.concl)}" for j, c in enumerate(claims, 1))
        title = s.name.strip("_").replace("_", r"\_")
        prose = next((w for w in re.split(r"[:;.()]\s*", " ".join(s.doc.split())) if PROSE.match(w)), "")
        more = f" {prose[0].upper()}{prose[1:]}." if prose else ""
        label = rf"\label{{{self.key}:lemma:{i}}}"
        return (
            f"\\begin{{lemma}}[\\texttt{{{title}}}]{label}\n{body}\n\\end{{lemma}}\n"
            f"\\begin{{proof}}{more}\n{self._proof(s)}\n\\end{{proof}}"
        )

    def _given(self, hyps: tuple[Term, ...]) -> str:
        if not hyps:
            return ""
        return f"If {_words([self._hypothesis(h) for h in hyps])}, then"

    def _hypothesis(self, h: Term) -> str:
        """A hypothesis in words; a high-probability fact is named by the line that proves it."""
        if h in self.inductive:
            return "the induction hypothesis holds"
        if h in self.events:
            return f"the event of {self._ref(self.events[h])} holds"
        return self.formula.sentence(h)

    def _claims(self, facts: list[Term]) -> str:
        if len(facts) == 1:
            return self._shown(facts[0])
        return "\n".join(shown(self.formula.display(f), tag=rf" \tag*{{({j})}}") for j, f in enumerate(facts, 1))

    def _shown(self, fact: Term, label: str = "") -> str:
        return shown(self.formula.display(fact), label)

    # --- proofs ---

    def _proof(self, s: Section) -> str:
        standing = tuple(h for r in s.results for h in self.o.step(r).hyps)
        out = []
        for k in s.lines:
            step = self.o.step(k)
            why = self._why(k)
            under = extra(step.hyps, standing)
            when = f"if {_words([self._hypothesis(h) for h in under])}: " if under else ""
            if k in s.results:
                claim = "the claim" if len(s.results) == 1 else f"claim ({s.results.index(k) + 1})"
                out.append(f"{_capital(why)}, we get {claim}.")
            else:
                out.append(f"{_capital(when + why)},\n" + self._shown(step.concl, rf"\label{{{self._label(k)}}}"))
        for r in s.results:
            if r not in s.lines:
                claim = "The claim" if len(s.results) == 1 else f"Claim ({s.results.index(r) + 1})"
                cited = _words(self._cite(self.o.premises(r)))
                out.append(f"{claim} follows from {cited}." if cited else f"{claim} follows by expansion.")
        return "\n".join(out)

    def _label(self, k: int) -> str:
        return f"{self.key}:{k}"

    def _ref(self, k: int) -> str:
        if k in self.result_of:
            i = self.result_of[k]
            results = self.o.sections[i].results
            which = f"({results.index(k) + 1})" if len(results) > 1 else ""
            return rf"Lemma~\ref{{{self.key}:lemma:{i}}}{which}"
        return rf"\eqref{{{self._label(k)}}}"

    # --- what a line follows from ---

    def _why(self, k: int) -> str:
        s = self.o.step(k)
        cited = self._cite(self.o.premises(k))
        if k in self.o.derived:
            name = self.o.derived[k].name
            return _from(cited, DERIVED.get(name, rf"by \texttt{{{name.strip('_').replace('_', ' ')}}}"))
        special = getattr(self, f"_by_{s.rule}", None)
        return special(s, cited) if special else _from(cited, f"by {s.rule.replace('_', ' ')}")

    def _by_combine(self, s: Step, cited: list[str]) -> str:
        parts: list[str] = []
        named: list[str] = []
        wide: list[str] = []
        for j, multiplier, sign in s.args["items"]:
            words = self._cite(self._above(s)[j : j + 1])
            if words:
                factor = self.formula.write(multiplier, 1)
                if width(factor) > INLINE:
                    named.append(f"m_{{{len(named) + 1}}}")
                    wide.append(shown(broken(f"{named[-1]} = {self.formula.write(multiplier)}")))
                    factor = named[-1]
                times = "" if multiplier is num(1) else rf"${unmarked(factor)}\,\times{{}}$"
                because = () if sign is None else tuple(self._cite(self._above(s)[sign : sign + 1]))
                using = [*words[1:], *(f"{w} for the sign of the factor" for w in because if w not in words)]
                parts.append(times + words[0] + (f" (using {_words(using)})" if using else ""))
        for coefficient, x, _ in s.args["squares"]:
            square = self.formula.write(coefficient * (x**2 if x.head not in VECTOR_HEADS else inner(x, x)))
            nonneg = rf"{square} {RELATION}\ge 0"
            parts.append(shown(broken(nonneg)) if width(nonneg) > INLINE else f"${unmarked(nonneg)}$")
        scale = s.args.get("scale")
        end = f", divided by {self.formula.sentence(scale[0])}" if scale else ""
        end += ", where" + "".join(wide) if wide else ""
        return (f"from {_words(list(dict.fromkeys(parts)))}" if parts else "expanding") + end

    def _by_cases(self, s: Step, cited: list[str]) -> str:
        branches = []
        for case, p in zip((s.args["P"], s.args["Q"]), s.prem, strict=True):
            words = _words(self._cite((self.o.inside.get(p, p),)))
            branches.append(
                f"in the case {self.formula.sentence(case)}" + (f" by {words}" if words else " by hypothesis")
            )
        return ", ".join(branches)

    def _by_induct(self, s: Step, cited: list[str]) -> str:
        return _from(cited, f"by induction on ${letter(s.args['t'])}$")

    def _by_induct_strong(self, s: Step, cited: list[str]) -> str:
        return _from(cited, f"by strong induction on ${letter(s.args['T'])}$")

    def _by_pow_mono(self, s: Step, cited: list[str]) -> str:
        e = s.concl.args[0].args[1] if s.concl.args[0].head == "pow" else None
        power = f" ${exponent_latex(e)}$" if e is not None else ""
        return f"raising {_words(self._cite(self._above(s)[1:])) or 'the order of the bases'} to the power{power}"

    def _above(self, s: Step) -> tuple[int, ...]:
        return tuple(self.o.inside.get(p, p) for p in s.prem)

    def _by_amgm(self, s: Step, cited: list[str]) -> str:
        return f"by the weighted AM--GM inequality with weight ${exponent_latex(s.args['theta'])}$"

    def _by_exp_mono(self, s: Step, cited: list[str]) -> str:
        return _from(cited, "as $\\exp$ is increasing")

    def _by_exp_convex(self, s: Step, cited: list[str]) -> str:
        return _from(cited, "by convexity of $\\exp$")

    def _by_exp_remainder(self, s: Step, cited: list[str]) -> str:
        return _from(cited, r"comparing the power series of $e^{v}-1-v$ term by term")

    def _by_E_mono(self, s: Step, cited: list[str]) -> str:
        at = time_latex(s.concl.args[0].args[0])
        first = _words(self._cite(self._above(s)[:1]))
        return f"taking $\\mathbb{{E}}[\\,\\cdot\\mid\\mathcal{{F}}_{{{at}}}]$" + (f" in {first}" if first else "")

    def _by_E_lin(self, s: Step, cited: list[str]) -> str:
        return "by linearity of the conditional expectation"

    def _by_E_vec(self, s: Step, cited: list[str]) -> str:
        return "by linearity of the conditional expectation of a vector"

    def _by_ville(self, s: Step, cited: list[str]) -> str:
        upto = f"{letter(s.args['t'])}<{letter(s.args['T'])}"
        m = rf"\exp\Bigl(\sum_{{{upto}}} {self.formula.write(s.args['Y'], 1)}\Bigr)"
        formula = shown(broken(m)) if width(m) > INLINE else f"${unmarked(m)}$"
        return _from(cited, f"by Ville's inequality for the supermartingale {formula}")

    def _by_whp(self, s: Step, cited: list[str]) -> str:
        *events, line, budget = self._above(s)
        union = _words(self._cite(tuple(events)))
        allowed = _words(self._cite((budget,))) or "by expansion"
        return (
            f"on the intersection of the events of {union}, whose failure probabilities add up as allowed "
            f"({allowed}), by {_words(self._cite((line,)))}"
        )

    # --- citations ---

    def _cite(self, premises: tuple[int, ...]) -> list[str]:
        """What the premises are called; signs and hypotheses are not mentioned."""
        return list(dict.fromkeys(w for p in premises for w in self._called(p)))

    def _called(self, k: int) -> list[str]:
        k = self.o.inside.get(k, k)
        s = self.o.step(k)
        if k in self.result_of or (k in self.o.section_of and k in self.o.sections[self.o.section_of[k]].lines):
            return [self._ref(k)]
        if k in self.o.trivial or s.rule == "assume":
            return []
        if s.rule == "given":
            return [tag(s.args["name"])]
        if s.rule == "define":
            return [f"the recursion of ${_process(s.args['name'])}$"]
        if s.rule in NAMES:
            return [NAMES[s.rule]]
        if s.rule == "absurd":
            return [f"the contradiction {w}" for w in self._cite(s.prem)]
        if s.rule == "elim":
            return self._instance(s)
        return self._cite(self.o.premises(k))

    def _instance(self, s: Step) -> list[str]:
        """A fact for all variables at particular values."""
        whole, *rest = self.o.premises(self.o.proof.steps.index(s))
        called = self._called(whole)
        values = [self._value(v, x) for v, x in s.args["sub"] if _worth(v, x)]
        if called and values:
            called[0] += f" at {_words(values)}"
        return called + self._cite(tuple(rest))

    def _value(self, v: str, x: Term) -> str:
        value = f"{letter(v)}={time_latex(x) if x.head == 'time' else self.formula.write(x)}"
        return shown(broken(value)) if width(value) > INLINE else f"${unmarked(value)}$"


def _process(name: str) -> str:
    return f"{letter(name.removesuffix('_sq'))}_t" + ("^2" if name.endswith("_sq") else "")


def tag(name: str) -> str:
    """How a fact of the statement is cited."""
    return rf"\mbox{{\textsf{{({name.replace('_', ' ')})}}}}"


def _worth(v: str, x: Term) -> bool:
    """An instance at the variable itself is not worth a mention."""
    return not (x.head == "time" and x.args == (0, ((v, 1),))) and not (x.head == "vvar" and x.args == (v,))


def _words(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""


def _from(cited: list[str], how: str) -> str:
    return f"{how}, from {_words(cited)}" if cited else how


def _capital(s: str) -> str:
    return s[0].upper() + s[1:] if s and s[0].isalpha() else s
