"""How the hundreds of steps of a proof are grouped for a reader: lemmas, and within each the lines worth printing."""

from __future__ import annotations

from dataclasses import dataclass, field

from bounds.statement import Proof, Step
from bounds.terms import Term, num
from verify.export.latex.outline import Call

DERIVED = ("order", "sums")  # modules of bounds.lemmas whose functions are read as rules
INLINE = ("discharge", "good")  # functions that only change hypotheses
SILENT = frozenset(("given", "assume", "define", "intro", "elim", "conj", "pick", "absurd", "pow_pos"))
NAMED = frozenset(  # rules that are cited by their name
    (
        "cauchy_schwarz",
        "exp_add",
        "exp_tangent",
        "exp_neg_ln",
        "pow_split",
        "ind_one",
        "sum_step",
        "sum_zero",
        "inner_sum",
    )
)


@dataclass
class Section:
    """A lemma: what it proves (``results``), and the steps of its proof that are printed (``lines``), in order."""

    name: str
    doc: str
    results: tuple[int, ...]
    lines: list[int] = field(default_factory=list)


@dataclass
class Outline:
    """The sections in order of proof; ``derived`` maps a step to the call of a derived rule that ends with it."""

    proof: Proof
    sections: list[Section]
    derived: dict[int, Call]
    inside: dict[int, int]  # a step inside a derived rule -> its last step
    trivial: frozenset[int]
    section_of: dict[int, int]

    def step(self, k: int) -> Step:
        return self.proof.steps[k]

    def premises(self, k: int) -> tuple[int, ...]:
        """The premises of a step; of a derived rule, those of all its steps that come from outside."""
        if k not in self.derived:
            return tuple(self.inside.get(p, p) for p in self.step(k).prem)
        within = [j for j, end in self.inside.items() if end == k]
        outside = (self.inside.get(p, p) for j in within for p in self.step(j).prem)
        return tuple(dict.fromkeys(p for p in outside if p != k))


def group(proof: Proof, root: Call) -> Outline:
    """Lemmas are the calls that contribute at least two printed lines; smaller calls belong to their caller."""
    out = Outline(proof, [], {}, {}, frozenset(), {})
    for call in root.walk():
        _note_derived(call, out)
    _expose(out)
    out.trivial = _trivial(out)
    _collect(root, out, is_root=True)
    return out


def _note_derived(call: Call, out: Outline) -> None:
    """Steps of a call of a derived rule, unless what it proves is older than the call."""
    steps = call.all_steps()
    if call.module not in DERIVED or call.name == "discharge" or not call.results or call.results[-1] not in steps:
        return
    out.derived = {k: c for k, c in out.derived.items() if k not in steps}
    out.derived[call.results[-1]] = call
    out.inside |= dict.fromkeys(steps, call.results[-1])


def _expose(out: Outline) -> None:
    """A step inside a derived rule that is used outside of it as well is read as a step of its own."""
    group = dict(out.inside)
    open_steps = [p for k, s in enumerate(out.proof.steps) for p in s.prem if group.get(p, p) not in (p, group.get(k))]
    leaves = [k for k in group if out.step(k).rule in ("given", "assume", "define")]
    pending = [*open_steps, *leaves]
    while pending:
        p = pending.pop()
        if out.inside.get(p, p) != p:
            pending += [q for q in out.step(p).prem if out.inside.get(q) == out.inside[p]]
            del out.inside[p]


def _trivial(out: Outline) -> frozenset[int]:
    """Steps that only restate a sign, or the size of something, by expansion: nobody prints or cites them."""
    found: set[int] = set()
    for k, s in enumerate(out.proof.steps):
        if k in out.inside and out.inside[k] != k:
            continue
        premises = out.premises(k)
        plain = all(p in found for p in premises)
        seen = all(p in found or out.step(p).rule == "assume" for p in premises)
        sign = s.concl.head in ("le", "lt") and s.concl.args[0] is num(0)
        if s.rule == "pow_pos" or (s.rule == "combine" and (seen if sign else plain and not s.args["squares"])):
            found.add(k)
    return frozenset(found)


def _collect(call: Call, out: Outline, is_root: bool = False) -> list[int]:
    """Append the sections of a call; return the printed lines that its caller has to take over."""
    lines: list[int] = []
    at = sorted((c.all_steps() or [-1])[0] for c in call.calls)
    pending = list(call.calls)
    own = [k for k in call.steps if _printed(k, out)]
    for k in sorted(own + [a for a in at if a >= 0]):
        while pending and (pending[0].all_steps() or [-1])[0] <= k:
            lines += _collect(pending.pop(0), out)
        if k in own and k not in lines:
            lines.append(k)
    for rest in pending:
        lines += _collect(rest, out)
    lines = sorted(set(lines))
    results = tuple(r for r in call.results if r in set(call.all_steps()) and r not in out.section_of)
    if is_root:
        results = (len(out.proof.steps) - 1,)
    elif len(lines) < 2 or not results or call.module in DERIVED or call.name in INLINE or not _closed(lines, out):
        return lines
    for k in (*lines, *results):
        out.section_of.setdefault(k, len(out.sections))
    out.sections.append(Section(call.name, call.doc, results, lines))
    return []


def _closed(lines: list[int], out: Outline) -> bool:
    """Do these lines rest on each other and on earlier sections only, and not on lines of the caller?"""
    seen: set[int] = set()

    def known(k: int) -> bool:
        k = out.inside.get(k, k)
        if k in seen or k in lines or k in out.section_of:
            return True
        seen.add(k)
        return not _printed(k, out) and all(map(known, out.premises(k)))

    return all(known(p) for k in lines for p in out.premises(k))


def _printed(k: int, out: Outline) -> bool:
    if k in out.inside and out.inside[k] != k:
        return False
    if k in out.derived:
        return True
    return out.step(k).rule not in SILENT | NAMED and k not in out.trivial


def extra(hyps: tuple[Term, ...], standing: tuple[Term, ...]) -> list[Term]:
    """The hypotheses of a line that its lemma does not have."""
    return [h for h in hyps if h not in standing]
