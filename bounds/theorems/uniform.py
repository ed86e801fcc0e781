"""Uniform closed forms: schedules and constants that serve every tail index alpha in (1, 2], every N and every delta.

For every epsilon with

    C1 L R^2 A/N <= epsilon    and    C2 sigma R (A/N)^((alpha-1)/alpha) <= epsilon,        A = ln(2/delta),

so for their maximum, the method with gamma = (chi kappa^2/2) R^2/(N epsilon) (times b0 for AdaGrad, with
eta = (gamma/R)^2) and lam = (2 t0/(chi kappa^2)) N epsilon/(R A) has f(xbar_N) - f* <= epsilon with probability at
least 1 - delta.  kappa, t0, chi, C1, C2 are the numbers of ``PAIRS``: the smaller C1, the larger C2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from bounds.lemmas.average import average
from bounds.lemmas.every_alpha import definitions
from bounds.lemmas.uniform import Numbers, conditions, epsilon, schedule
from bounds.lemmas.uniform_adaptive import AdaptiveNumbers, AdaptiveSteps
from bounds.lemmas.uniform_adaptive import definitions as second_level
from bounds.lemmas.uniform_freedman import FreedmanSteps
from bounds.lemmas.uniform_joint import JointNumbers, JointSteps
from bounds.lemmas.uniform_joint import definitions as joint_definitions
from bounds.lemmas.uniform_steps import Derived
from bounds.methods import (
    CLIP_ADAGRAD_NORM,
    CLIP_ADAGRAD_NORM_DELAYED,
    CLIP_ADAM_NORM,
    CLIP_ADAM_NORM_DELAYED,
    CLIP_SGD,
    Method,
)
from bounds.setting import N, gap, largest_stepsize
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import Term, both, le, par, whp
from bounds.theorems import common, convex

KIND = "uniform"
CONSTANTS = ("C1", "C2")
METHODS: Mapping[str, Method] = {
    "uniform-clip-sgd": CLIP_SGD,
    "uniform-clip-adagrad-norm": CLIP_ADAGRAD_NORM,
    "uniform-clip-adagrad-norm-delayed": CLIP_ADAGRAD_NORM_DELAYED,
    "uniform-clip-adam-norm": CLIP_ADAM_NORM,
    "uniform-clip-adam-norm-delayed": CLIP_ADAM_NORM_DELAYED,
}
IDS = tuple(METHODS)


def _joint(text: str) -> JointNumbers:
    return JointNumbers(*map(Fraction, text.split()))


def _adaptive(text: str) -> AdaptiveNumbers:
    return AdaptiveNumbers(*map(Fraction, text.split()))


def _numbers(text: str) -> Numbers:
    return Numbers(*map(Fraction, text.split()))


# kappa, rho, t0, C1, C2, z1, z2, with an accumulator chi, young, for Adam a bound of growth^2: found by a search
PAIRS: Mapping[str, Mapping[str, Numbers | JointNumbers]] = {
    "uniform-clip-sgd": {
        "c1-50": _joint("15829/10000 2073/10000 383/2000 50 533/100 6571/5000 489/2000"),
        "c1-100": _joint("3281/2000 381/2500 363/2500 100 487/100 639/500 181/625"),
    },
    "uniform-clip-adagrad-norm": {
        "c1-50": _adaptive(
            "6711/5000 2253/10000 609/5000 50 153/20 647/250 2320/10000 553/10000 2837/2500 11787/10000"
        ),
        "c1-100": _adaptive(
            "14199/10000 317/2000 1017/10000 100 609/100 4551/2000 3007/10000 261/5000 11247/10000 16577/10000"
        ),
    },
    "uniform-clip-adagrad-norm-delayed": {
        "c1-50": _adaptive(
            "13671/10000 1091/5000 1359/10000 50 699/100 22507/10000 477/2000 173/2500 11599/10000 3121/2500"
        ),
        "c1-100": _adaptive(
            "1801/1250 1567/10000 1089/10000 100 583/100 10203/5000 1493/5000 607/10000 11409/10000 17217/10000"
        ),
    },
    "uniform-clip-adam-norm": {
        "c1-100": _numbers("2899/2000 2637/5000 271/5000 100 961/50 2689/5000 21/1000 1171/625 2837/5000 11/4"),
        "c1-200": _numbers("15099/10000 827/2500 237/5000 200 409/25 323/500 37/2000 2277/1250 409/500 11/4"),
    },
    "uniform-clip-adam-norm-delayed": {
        "c1-100": _numbers("14451/10000 589/1250 611/10000 100 77/5 6597/10000 281/10000 1192/625 6731/10000 11/4"),
        "c1-200": _numbers("1879/1250 2959/10000 531/10000 200 279/20 1503/2000 47/2000 18453/10000 4709/5000 11/4"),
    },
}


STEPS = {Numbers: FreedmanSteps, JointNumbers: JointSteps, AdaptiveNumbers: AdaptiveSteps}


def variants(theorem_id: str) -> tuple[str, ...]:
    """The pairs of constants, named by C1."""
    return tuple(PAIRS[theorem_id])


def method(theorem_id: str, variant: str) -> Method:
    """The method of a theorem."""
    return METHODS[theorem_id]


def master(theorem_id: str) -> tuple[str, str]:
    """The theorem with free numbers that it rests on."""
    return f"convex-{METHODS[theorem_id].name}", "freedman" if METHODS[theorem_id].accumulator == "adam" else "joint"


def numbers(theorem_id: str, variant: str) -> dict[str, Fraction]:
    """The numbers at which that theorem is used."""
    return PAIRS[theorem_id][variant].values(METHODS[theorem_id])


def named(theorem_id: str, variant: str) -> tuple[dict[str, Fraction], dict[str, Term], dict[str, Term]]:
    """The numbers of the closed form by name, and its schedule and conditions with these names for the numbers."""
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant]
    own = ("C1", "C2", "kappa", "t0", *(() if what.accumulator == "none" else ("chi",)))
    letters: dict[str, Any] = {name: par(name) for name in own}
    symbols = replace(c, **letters)
    return {name: getattr(c, name) for name in own}, schedule(what, symbols), conditions(what, symbols)


def statement(theorem_id: str, variant: str = "") -> Statement:
    """The statement with the given id and pair of constants."""
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant or variants(theorem_id)[0]]
    base = convex.statement_about(theorem_id, master(theorem_id)[1], what)
    parameters = {
        "A": Parameter(*convex.GIVEN["A"]),
        **base.parameters,
        "epsilon": Parameter("pos", "the accuracy, at least both parts of the rate"),
    }
    own = definitions(c.values(what)) | (joint_definitions(c) if isinstance(c, JointNumbers) else {})
    own |= second_level() if isinstance(c, AdaptiveNumbers) else {}
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
        definitions=common.confidence() | dict(base.definitions) | own | schedule(what, c),
        assumptions=base.assumptions,
        conditions=conditions(what, c),
        free_parameters=("epsilon",),
        bound=epsilon,
        conclusion=whp(par("delta"), both(le(gap(average(what, N)), epsilon))),
    )


def proof(theorem_id: str, variant: str = "", of: Statement | None = None) -> Proof:
    """The convex theorem at these numbers; its conditions are derived."""
    variant = variant or variants(theorem_id)[0]
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant]
    budget = master(theorem_id)[1]
    wanted = convex.statement_about(theorem_id, budget, what).conditions
    steps = STEPS[type(c)]
    s = Derived(of or statement(theorem_id, variant), what, c, wanted, steps)
    energy, conclusion = convex.argue(s, budget, what)
    last = s.pick(conclusion, len(conclusion.fact.args) - 1)
    scale = largest_stepsize(what)
    final = s.combine(le(gap(average(what, N)), epsilon), *s.at_the_numbers(last), scale=(scale, None))
    s.whp(par("delta"), energy.events, s.conj(final), energy.confidence)
    return s.proof()
