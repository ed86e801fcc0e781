"""Uniform closed forms: schedules and constants that serve every tail index alpha in (1, 2], every N and every delta.

For every epsilon with

    C1 L R^2 A/N <= epsilon    and    C2 sigma R (A/N)^((alpha-1)/alpha) <= epsilon,        A = ln(2/delta),

so for their maximum, the method with gamma = (chi kappa^2/2) R^2/(N epsilon) (times b0 for AdaGrad, with
eta = (gamma/R)^2) and lam = (2 t0/(chi kappa^2)) N epsilon/(R A) has f(xbar_N) - f* <= epsilon with probability at
least 1 - delta.  kappa, t0, chi, C1, C2 are the numbers of ``PAIRS``: the smaller C1, the larger C2.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from bounds.lemmas.average import average
from bounds.lemmas.uniform import Derived, Numbers, at_the_numbers, conditions, epsilon, schedule
from bounds.methods import CLIP_ADAGRAD_NORM, CLIP_ADAGRAD_NORM_DELAYED, CLIP_SGD, Method
from bounds.setting import HP, N, gap
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import both, eq, le, par, whp
from bounds.theorems import convex

KIND = "uniform"
CONSTANTS = ("C1", "C2")
METHODS: Mapping[str, Method] = {
    "uniform-clip-sgd": CLIP_SGD,
    "uniform-clip-adagrad-norm": CLIP_ADAGRAD_NORM,
    "uniform-clip-adagrad-norm-delayed": CLIP_ADAGRAD_NORM_DELAYED,
}
IDS = tuple(METHODS)


def _numbers(text: str) -> Numbers:
    return Numbers(*map(Fraction, text.split()))


# kappa, rho, t0, C1, C2, z1, z2, and chi, young with an accumulator: found by a search, checked by the proof
PAIRS: Mapping[str, Mapping[str, Numbers]] = {
    "uniform-clip-sgd": {
        "c1-50": _numbers("198/125 93/250 107/1000 50 481/50 443/500 37/500"),
        "c1-100": _numbers("1659/1000 89/500 129/1000 100 867/100 217/200 43/500"),
    },
    "uniform-clip-adagrad-norm": {
        "c1-50": _numbers("1383/1000 877/2000 137/2000 50 647/50 1009/2000 33/1000 1131/1000 181/250"),
        "c1-100": _numbers("1449/1000 21/100 81/1000 100 1067/100 127/200 19/500 111/100 133/125"),
    },
    "uniform-clip-adagrad-norm-delayed": {
        "c1-50": _numbers("1403/1000 413/1000 77/1000 50 1213/100 569/1000 1/25 1149/1000 383/500"),
        "c1-100": _numbers("147/100 193/1000 93/1000 100 1017/100 357/500 47/1000 1127/1000 1127/1000"),
    },
}


def variants(theorem_id: str) -> tuple[str, ...]:
    """The pairs of constants, named by C1."""
    return tuple(PAIRS[theorem_id])


def method(theorem_id: str, variant: str) -> Method:
    """The method of a theorem."""
    return METHODS[theorem_id]


def master(theorem_id: str) -> tuple[str, str]:
    """The theorem with free numbers that it rests on."""
    return f"convex-{METHODS[theorem_id].name}", "freedman"


def numbers(theorem_id: str, variant: str) -> dict[str, Fraction]:
    """The numbers at which that theorem is used."""
    return PAIRS[theorem_id][variant].values(METHODS[theorem_id])


def statement(theorem_id: str, variant: str = "") -> Statement:
    """The statement with the given id and pair of constants."""
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant or variants(theorem_id)[0]]
    base = convex.statement_about(theorem_id, "freedman", what)
    parameters = dict(base.parameters) | {"epsilon": Parameter("pos", "the accuracy, at least both parts of the rate")}
    numbers = {f"{name}_is": eq(par(name), value) for name, value in c.values(what).items()}
    return Statement(
        id=theorem_id,
        variant=variant or variants(theorem_id)[0],
        title=f"Closed form for {what.name}, convex and smooth f, every tail index",
        source="theory, section 4, scaling; constants are our own",
        integers=base.integers,
        parameters=parameters,
        vectors=base.vectors,
        functions=base.functions,
        noise=base.noise,
        processes=base.processes,
        definitions=dict(base.definitions) | numbers | schedule(what, c),
        assumptions=base.assumptions,
        conditions=conditions(c),
        free_parameters=("epsilon",),
        bound=epsilon,
        conclusion=whp(par("delta"), both(le(gap(average(what, N)), epsilon))),
    )


def proof(theorem_id: str, variant: str = "", of: Statement | None = None) -> Proof:
    """The convex theorem at these numbers; its conditions are derived."""
    variant = variant or variants(theorem_id)[0]
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant]
    wanted = convex.statement_about(theorem_id, "freedman", what).conditions
    s = Derived(of or statement(theorem_id, variant), what, c, wanted)
    energy, conclusion = convex.argue(s, "freedman", what)
    last = s.pick(conclusion, len(conclusion.fact.args) - 1)
    final = s.combine(le(gap(average(what, N)), epsilon), *at_the_numbers(s, what, c, last), scale=(HP.gamma, None))
    s.whp(par("delta"), energy.events, s.conj(final), energy.confidence)
    return s.proof()
