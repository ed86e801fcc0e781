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
from bounds.lemmas.derived import Derived
from bounds.lemmas.every_alpha import definitions
from bounds.lemmas.uniform import conditions, epsilon, schedule
from bounds.lemmas.uniform_adaptive import AdaptiveNumbers, AdaptiveSteps
from bounds.lemmas.uniform_joint import JointNumbers, JointSteps
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


# kappa, rho, t0, C1, C2, h0, C, with an accumulator z2, chi, young, for Adam a bound of growth^2: found by a search
PAIRS: Mapping[str, Mapping[str, JointNumbers]] = {
    "uniform-clip-sgd": {
        "c1-50": _joint("1.5974 0.206 0.198 50 4.69 1.6919 0.2077"),
        "c1-100": _joint("1.6697 0.1523 0.1529 100 4.25 1.6641 0.2429"),
    },
    "uniform-clip-adagrad-norm": {
        "c1-50": _adaptive("1.35705 0.21652 0.13373 50 6.76 3.00554 0.22803 0.0701 1.15835 1.27544"),
        "c1-100": _adaptive("1.43604 0.15723 0.10831 100 5.48 2.68911 0.27421 0.06579 1.14986 1.81102"),
    },
    "uniform-clip-adagrad-norm-delayed": {
        "c1-50": _adaptive("1.38733 0.21019 0.15153 50 6.21 2.51576 0.22798 0.08974 1.19251 1.35048"),
        "c1-100": _adaptive("1.4504 0.1541 0.1155 100 5.27 2.4357 0.2695 0.0748 1.1666 1.8745"),
    },
    "uniform-clip-adam-norm": {
        "c1-100": _adaptive("1.41772 0.26693 0.10254 100 17.1 3.5068 0.17671 0.04417 1.9208 0.77831 2.75"),
        "c1-200": _adaptive("1.49206 0.17075 0.09286 200 11.44 3.50871 0.28168 0.04894 1.90915 1.22949 2.75"),
    },
    "uniform-clip-adam-norm-delayed": {
        "c1-100": _adaptive("1.38399 0.19889 0.13432 100 10.18 2.62624 0.24397 0.07878 2.01515 1.1012 2.75"),
        "c1-200": _adaptive("1.4428 0.1375 0.1068 200 8.75 2.5152 0.2789 0.0659 1.9555 1.5507 2.75"),
    },
}


STEPS: Mapping[type, Any] = {JointNumbers: JointSteps, AdaptiveNumbers: AdaptiveSteps}
BUDGET = "joint"


def variants(theorem_id: str) -> tuple[str, ...]:
    """The pairs of constants, named by C1."""
    return tuple(PAIRS[theorem_id])


def method(theorem_id: str, variant: str) -> Method:
    """The method of a theorem."""
    return METHODS[theorem_id]


def master(theorem_id: str) -> tuple[str, str]:
    """The theorem with free numbers that it rests on."""
    return f"convex-{METHODS[theorem_id].name}", BUDGET


def numbers(theorem_id: str, variant: str) -> dict[str, Fraction]:
    """The numbers at which that theorem is used."""
    return PAIRS[theorem_id][variant].values(METHODS[theorem_id])


def named(theorem_id: str, variant: str) -> tuple[dict[str, Fraction], dict[str, Term], dict[str, Term]]:
    """The numbers of the closed form by name, and its schedule and conditions with these names for the numbers."""
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant]
    own = ("C1", "C2", "kappa", "t0", *(() if what.accumulator == "none" else ("chi",)))
    letters: dict[str, Any] = {name: par(name) for name in own}
    symbols = replace(c, **letters)
    return {name: getattr(c, name) for name in own}, schedule(what, symbols), conditions(symbols) | c.conditions()


def statement(theorem_id: str, variant: str = "") -> Statement:
    """The statement with the given id and pair of constants."""
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant or variants(theorem_id)[0]]
    base = convex.statement_about(theorem_id, BUDGET, what)
    parameters = {
        "A": Parameter(*convex.GIVEN["A"]),
        **base.parameters,
        "epsilon": Parameter("pos", "the accuracy, at least both parts of the rate"),
    }
    own = definitions(c.values(what)) | c.definitions()
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
        conditions=conditions(c) | c.conditions(),
        free_parameters=("epsilon",),
        bound=epsilon,
        conclusion=whp(par("delta"), both(le(gap(average(what, N)), epsilon))),
    )


def proof(theorem_id: str, variant: str = "", of: Statement | None = None) -> Proof:
    """The convex theorem at these numbers; its conditions are derived."""
    variant = variant or variants(theorem_id)[0]
    what, c = METHODS[theorem_id], PAIRS[theorem_id][variant]
    wanted = convex.statement_about(theorem_id, BUDGET, what).conditions
    s = Derived(of or statement(theorem_id, variant), lambda script: STEPS[type(c)](script, what, c), wanted)
    energy, conclusion = convex.argue(s, BUDGET, what)
    last = s.pick(conclusion, len(conclusion.fact.args) - 1)
    scale = largest_stepsize(what)
    final = s.combine(le(gap(average(what, N)), epsilon), *s.at_the_numbers(last), scale=(scale, None))
    s.whp(par("delta"), energy.events, s.conj(final), energy.confidence)
    return s.proof()
