"""Lemma C with certificates of its own: the clipped estimator (theory, section 1).

One step of Clip-SGD with any gradient map: mu := grad f(x_t) is predictable, X = mu + xi_t, gc_t = clip(X).  With
||mu|| <= rho lam, rho + rho1 <= 1 and 1 + rho <= rho2: B and V bound the bias and the variance of gc_t.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bounds.lemmas import estimator, literature
from bounds.lemmas.clip import (
    PAST,
    condexp_sq_clip_sub_le,
    lam,
    norm_clip_sub_le,
    norm_clip_sub_le_noise,
    rho,
    rho1,
    rho2,
    small,
)
from bounds.lemmas.estimator import BIAS_VECTOR, SPREAD
from bounds.methods import CLIP_SGD, Method
from bounds.script import Line, Script
from bounds.setting import BIAS, VARIANCE, processes, t, theta, xi
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import Term, both, expect, forall, inner, le, norm
from bounds.theorems import common

SOURCE = "theory, section 1"
LITERATURE = "Sadiev et al., ICML 2023 (arXiv 2302.00999), Lemma 5.1; theory, section 1"
KIND = "lemma"
VARIANTS = ("lemma",)
PARAMETERS = {
    "alpha": Parameter("pos", "tail index, in (1, 2]"),
    "alpha_m1": Parameter("pos", "alpha - 1"),
    "sigma": Parameter("nonneg", "noise level: E[||xi_t||^alpha | F_{t-1}] <= sigma^alpha"),
    "gamma": Parameter("pos", "stepsize"),
    "lam": Parameter("pos", "clipping level"),
    "rho": Parameter("pos", "||grad f(x_t)|| <= rho lam"),
    "rho1": Parameter("pos", "at most 1 - rho"),
    "rho2": Parameter("pos", "at least 1 + rho"),
}


@dataclass(frozen=True)
class Lemma:
    """Facts for every t, under the premises, with the lines that prove them in order."""

    title: str
    facts: tuple[Term, ...]
    lines: Callable[[Script], tuple[Line, ...]]
    premises: tuple[Term, ...] = (small(),)
    definitions: Mapping[str, Term] | None = None
    source: str = SOURCE


ERROR_SQ = expect(PAST, inner(theta(t), theta(t)))
SPREAD_SQ = expect(PAST, inner(SPREAD, SPREAD))
LEMMAS = {
    "norm-clip-sub-le": Lemma(
        "The error of the clipped estimator is at most (1 + rho) lam, and at most the noise",
        (le(norm(theta(t)), rho2 * lam), le(norm(theta(t)), norm(xi(t)))),
        lambda s: (norm_clip_sub_le(s), norm_clip_sub_le_noise(s)),
    ),
    "norm-clip-sub-condexp-le-two-mul": Lemma(
        "The clipped estimator is within 2 lam of its conditional mean",
        (le(norm(SPREAD), 2 * lam),),
        lambda s: (estimator.norm_spread_le(s),),
        (),
    ),
    "norm-clip-sub-condexp-le": Lemma(
        "The clipped estimator is within (1 + rho) lam + B of its conditional mean",
        (le(norm(SPREAD), rho2 * lam + BIAS),),
        lambda s: (estimator.norm_spread_le_bias(s),),
    ),
    "norm-condexp-clip-sub-le": Lemma(
        "The bias of the clipped estimator is at most B",
        (le(norm(BIAS_VECTOR), BIAS),),
        lambda s: (estimator.norm_bias_le(s),),
    ),
    "condexp-sq-norm-clip-sub-le": Lemma(
        "The mean squared error and the variance of the clipped estimator are at most V",
        (le(ERROR_SQ, VARIANCE), le(SPREAD_SQ, VARIANCE)),
        lambda s: (condexp_sq_clip_sub_le(s), estimator.condexp_sq_spread_le(s)),
    ),
    "clip-literature-constants": Lemma(
        "At rho = 1/2: bias at most 2^alpha sigma^alpha / lam^(alpha-1), variance at most 18 lam^(2-alpha) sigma^alpha",
        (le(norm(BIAS_VECTOR), literature.BIAS_BOUND), le(SPREAD_SQ, literature.VARIANCE_BOUND)),
        lambda s: (literature.bias_le(s), literature.variance_le(s)),
        (literature.HALFWAY,),
        literature.DEFINITIONS,
        LITERATURE,
    ),
}
IDS = tuple(LEMMAS)


def variants(theorem_id: str) -> tuple[str, ...]:
    """One proof each."""
    return VARIANTS


def method(theorem_id: str, variant: str) -> Method | None:
    """A lemma is about no method in particular."""
    return None


def statement(theorem_id: str, variant: str = "lemma") -> Statement:
    """The statement with the given id."""
    lemma = LEMMAS[theorem_id]
    return Statement(
        id=theorem_id,
        variant=variant,
        title=lemma.title,
        source=lemma.source,
        integers={},
        parameters=PARAMETERS,
        vectors={"x0": "the start"},
        functions={"grad": ("vector", "any function of a vector"), "clip": ("vector", "clipping at level lam")},
        noise="xi",
        processes=processes(CLIP_SGD),
        definitions=common.clip() | dict(lemma.definitions or {}),
        assumptions={k: v for k, v in common.ranges().items() if k != "delta_range"} | common.noise(),
        conditions={"rho_split": le(rho + rho1, 1), "rho_plus": le(1 + rho, rho2)},
        free_parameters=(),
        bound=None,
        conclusion=forall({"t": "nat"}, lemma.premises, _all(lemma.facts)),
    )


def _all(facts: tuple[Term, ...]) -> Term:
    return facts[0] if len(facts) == 1 else both(*facts)


def proof(theorem_id: str, variant: str = "lemma", of: Statement | None = None) -> Proof:
    """The statement with its proof; ``of`` tries the same proof on another statement (a mutant, in tests)."""
    lemma = LEMMAS[theorem_id]
    s = Script(of or statement(theorem_id, variant))
    lines = lemma.lines(s)
    s.intro(lines[0] if len(lines) == 1 else s.conj(*lines), lemma.premises, t="nat")
    return s.proof()
