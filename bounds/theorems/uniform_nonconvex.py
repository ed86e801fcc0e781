"""A uniform closed form without convexity: a schedule and constants for every tail index in (1, 2], every N and delta.

For every epsilon <= 2 L Delta that is at least, with A = ln(2/delta) and S = (L Delta)^(1/2), each of

    C1 S^2 A/N,    C2 sigma^(2 alpha/(3 alpha-2)) (S^2/N)^((2 alpha-2)/(3 alpha-2)),
    C2 (sigma^alpha (M S)^(2-alpha) S^2/N)^(1/2),    (C2 sigma^(2 alpha) (C3 A S/N)^(2 alpha-2))^(1/(2 alpha-1)),

so for their maximum, Clip-SGD with gamma = (kappa^2/a0) Delta/(N epsilon) and lam = ell S +
g (C2^(1/2) sigma^alpha/epsilon^(1/2))^(1/(alpha-1)) has mean ||grad f(x_t)||^2 <= epsilon over t < N with probability
at least 1 - delta.  The second part has the minimax exponent and does not depend on delta; the other parts are smaller
from some N on: the third is the noise clipped at M S, the last one the range of the martingales.
Above 2 L Delta the claim would say nothing about x_0.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from bounds.lemmas.derived import Derived
from bounds.lemmas.every_alpha import definitions
from bounds.lemmas.nonconvex_skeleton import mean
from bounds.lemmas.uniform_nonconvex import Numbers, conditions, epsilon, schedule
from bounds.lemmas.uniform_nonconvex_steps import Steps
from bounds.methods import CLIP_SGD, Method
from bounds.setting import HALF, HP, N
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import Term, both, le, par, whp
from bounds.theorems import nonconvex

KIND = "uniform"
CONSTANTS = ("C1", "C2", "C3", "M")
MASTER, BUDGET = "nonconvex-clip-sgd", "self-bounded"
IDS = ("uniform-nonconvex-clip-sgd",)


def _numbers(text: str) -> Numbers:
    return Numbers(*map(Fraction, text.split()))


# kappa, rho, phi, a0, g, ell, C1, c2, C3, z1, z2 (C2 = c2^2): found by a search, checked by the proof
PAIRS: Mapping[str, Mapping[str, Numbers]] = {
    IDS[0]: {
        "c1-100": _numbers("17849/10000 3/5 323/1250 337/400 5/8 42107/10000 100 22/5 20 1004/625 3247/10000"),
        "c1-200": _numbers("473/250 3/5 1753/5000 8079/10000 5/8 4463/1000 200 309/100 30 15067/10000 3901/10000"),
        "c1-500": _numbers("19163/10000 3/5 829/2000 7799/10000 5/8 568/125 500 251/100 60 5341/5000 2759/10000"),
    },
}


def variants(theorem_id: str) -> tuple[str, ...]:
    """The pairs of constants, named by C1."""
    return tuple(PAIRS[theorem_id])


def method(theorem_id: str, variant: str) -> Method:
    """The method of a theorem."""
    return CLIP_SGD


def master(theorem_id: str) -> tuple[str, str]:
    """The theorem with free numbers that it rests on."""
    return MASTER, BUDGET


def numbers(theorem_id: str, variant: str) -> dict[str, Fraction]:
    """The numbers at which that theorem is used."""
    return PAIRS[theorem_id][variant].values()


def named(theorem_id: str, variant: str) -> tuple[dict[str, Fraction], dict[str, Term], dict[str, Term]]:
    """The numbers of the closed form by name, and its schedule and conditions with these names for the numbers."""
    c, own = PAIRS[theorem_id][variant], ("C1", "C2", "C3", "M", "kappa", "a0", "ell", "g")
    symbols: Any = SimpleNamespace(**{name: par(name) for name in own})
    symbols.c2, symbols.size = symbols.C2**HALF, symbols.kappa**2 / symbols.a0
    return {name: getattr(c, name) for name in own}, schedule(symbols), conditions(symbols)


def statement(theorem_id: str, variant: str = "") -> Statement:
    """The statement with the given id and pair of constants."""
    variant = variant or variants(theorem_id)[0]
    base, c = nonconvex.statement(MASTER, BUDGET), PAIRS[theorem_id][variant]
    return Statement(
        id=theorem_id,
        variant=variant,
        title=f"Closed form for {CLIP_SGD.name}, smooth f bounded below, every tail index",
        source="theory, section 5, rates; constants are our own",
        integers=base.integers,
        parameters=dict(base.parameters)
        | {"epsilon": Parameter("pos", "the accuracy, at least all parts of the rate")},
        vectors=base.vectors,
        functions=base.functions,
        noise=base.noise,
        processes=base.processes,
        definitions=dict(base.definitions) | definitions(c.values()) | schedule(c),
        assumptions=base.assumptions,
        conditions=conditions(c),
        free_parameters=("epsilon",),
        bound=epsilon,
        conclusion=whp(par("delta"), both(le(mean(CLIP_SGD, N), epsilon))),
    )


def proof(theorem_id: str, variant: str = "", of: Statement | None = None) -> Proof:
    """The non-convex theorem at these numbers; its conditions are derived."""
    variant = variant or variants(theorem_id)[0]
    c = PAIRS[theorem_id][variant]
    wanted = nonconvex.statement(MASTER, BUDGET).conditions
    s = Derived(of or statement(theorem_id, variant), lambda script: Steps(script, c), wanted)
    paid, conclusion = nonconvex.argue(s, BUDGET, CLIP_SGD)
    last = s.pick(conclusion, len(conclusion.fact.args) - 1)
    final = s.combine(le(mean(CLIP_SGD, N), epsilon), *s.at_the_numbers(last), scale=(HP.gamma, None))
    s.whp(par("delta"), paid.events, s.conj(final), paid.confidence)
    return s.proof()
