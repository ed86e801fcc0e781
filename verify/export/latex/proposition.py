"""A uniform closed form as a proposition for a paper: the schedule in letters, the proved constants as decimals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from bounds.statement import Parameter, Statement
from bounds.terms import Term, subterms
from verify.constants.schedule import Schedule, closed_form, family
from verify.decimals import decimal, plain
from verify.export.latex.document import notation, recursion, sign
from verify.export.latex.formula import Formula
from verify.export.latex.letters import letter
from verify.export.latex.lines import shown
from verify.export.latex.prose import prose

CONVEX = (
    r"Let $f$ be convex and $L$-smooth on the ball of radius $\kappa R$ around a minimiser $x^\ast$, "
    r"and $\|x_0 - x^\ast\| \le R$."
)
NONCONVEX = r"Let $f$ be $L$-smooth and bounded below, and $f(x_0) - \inf f \le \Delta$."
NOISE = (
    r"Let $\xi_t$ be $\mathcal{F}_t$-measurable for a filtration $(\mathcal{F}_t)$, "
    r"$\mathbb{E}[\xi_t \mid \mathcal{F}_{t-1}] = 0$ and "
    r"$\mathbb{E}[\|\xi_t\|^\alpha \mid \mathcal{F}_{t-1}] \le \sigma^\alpha$ for an $\alpha \in (1, 2]$ and a "
    r"$\sigma \ge 0$, let $0 < \delta < 1$ and $A = \ln(2/\delta)$."
)
CLIP = r"Write $\operatorname{clip}_\lambda(v) := v$ if $\|v\| \le \lambda$, $(\lambda/\|v\|)\,v$ otherwise."


def proposition(found: Schedule) -> str:
    """The proposition with the pair of constants of ``found``; needs amsmath, amssymb and a proposition environment."""
    st, numbers, chosen = symbolic(found.theorem, found.variant)
    formula, parts = Formula(st), closed_form(st)
    largest = _largest([formula.inline(x) for x in parts.values()])
    metric = formula.inline(st.conclusion.args[1].args[0].args[0])
    others = [formula.sentence(x) for k, x in st.conditions.items() if k not in parts]
    smooth = formula.inline(parts["smooth_part"])
    used = ", ".join(f"${letter(name)} = {plain(value)}$" for name, value in numbers.items())
    body = [
        NONCONVEX if "Delta" in st.parameters else CONVEX,
        NOISE,
        r"For any delay $d \ge 1$ put" if "d" in st.integers else "Put",
        shown(largest) + "\nand let the method be as follows.",
        *(f"Here {_listed([sign(k, st, formula) for k in free])}." for free in [_free(st, formula, numbers)] if free),
        *(recursion(p, formula) for p in st.processes),
        f"Run it with {_listed([formula.sentence(x) for x in chosen])}, where {used}.",
        *(["Assume that " + _listed(others) + "."] if others else []),
        f"Then, for every $N \\ge {st.integers['N'][0]}$,",
        shown(rf"\mathbb{{P}}\Bigl({metric} \le \varepsilon\Bigr) \ge 1 - \delta."),
        f"Without noise, $\\sigma = 0$, this is $\\varepsilon = {smooth}$.",
    ]
    body[2:2] = [CLIP, notation(formula, "Write", {})]
    return "\n".join(
        (
            f"% {st.id} ({st.variant}); {found.proof.n_steps} steps; certificate sha256 {found.proof.sha256}",
            r"% needs amsmath, amssymb, amsthm and \newtheorem for proposition",
            rf"\begin{{proposition}}[{prose(st.title)}]\label{{{st.id}:{st.variant}}}",
            *filter(None, body),
            r"\end{proposition}",
            f"% at the numbers asked for: at most {decimal(found.upper, 12)}",
            "",
        )
    )


def _free(st: Statement, formula: Formula, numbers: Mapping[str, Fraction]) -> list[str]:
    """The parameters of the method that the schedule does not choose, and names of numbers made of them."""
    chosen = {f.args[0].args[0] for k, f in st.definitions.items() if k.startswith("schedule")}
    said = {"alpha", "sigma", "delta", "A", "L", "R", "Delta"} | chosen | set(numbers)
    used = {x for p in st.processes for term in (p.base, p.step) if term is not None for x in _parameters(term)}
    free = used - said
    made = {k for k, x in formula.inlined.items() if not free.isdisjoint(_parameters(x))}
    return [k for k in st.parameters if k in free | made]


def _parameters(x: Term) -> Iterator[str]:
    if x.head == "par":
        yield x.args[0]
    for y in subterms(x):
        yield from _parameters(y)


def symbolic(theorem: str, variant: str) -> tuple[Statement, dict[str, Fraction], tuple[Term, ...]]:
    """The statement with letters for the numbers of its closed form, these numbers, and the schedule."""
    module = family(theorem)
    st: Statement = module.statement(theorem, variant)
    numbers, schedule, conditions = module.named(theorem, variant)
    letters = {name: Parameter("pos", "a number") for name in numbers if name not in st.parameters}
    named = {k: f for k, f in st.definitions.items() if not k.endswith("_is") and k not in schedule}
    lettered = replace(
        st, parameters=dict(st.parameters) | letters, definitions=named | schedule, conditions=conditions
    )
    extra = (named["growth"],) if "growth" in named else ()
    return lettered, numbers, (*extra, *schedule.values())


def _largest(parts: list[str]) -> str:
    """epsilon = max of the parts, two on a line."""
    rows = [", ".join(parts[k : k + 2]) for k in range(0, len(parts), 2)]
    inside = ",\\\\\n&\\quad ".join(rows)
    return f"\\begin{{aligned}}\n\\varepsilon = \\max\\Bigl\\{{&{inside}\\Bigr\\}}\n\\end{{aligned}}"


def _listed(parts: Iterable[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
