"""Convex upper bounds (theory, sections 4, 6): Clip-SGD, Clip-AdaGrad-Norm, Clip-Adam-Norm; delayed or not.

With probability at least 1 - delta, f(xbar_N) - f* <= chi kappa^2 R^2 / (2 N u), for any choice of the free parameters
that satisfies the conditions; ``-corrected`` has mass for N.  Two variants differ in how the noise is paid for:
``freedman`` bounds bias and two martingales separately and adds up squares of distances, ``joint`` puts everything into
one exponential supermartingale (section 4.1) and adds up distances (``bounds.lemmas.radial``; much smaller constants).
With momentum (``freedman-momentum``, ``joint-momentum``; beta1 in (0, 1), c = beta1/(1 - beta1)) the budget grows by
c L u.  Where a step depends on how stepsizes change, it also grows by what their fall, from u to at least u/chi, can
cost: 2 kappa (u lam/R) (1 - 1/chi), without the kappa in the joint one, times c for a delayed stepsize and 1 + c for
one that is not delayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bounds.lemmas import adam, budget, correction, scheme
from bounds.lemmas.accumulator import stepsize_bounds
from bounds.lemmas.budget import Energy
from bounds.lemmas.descent import fall, small_step
from bounds.lemmas.drift import shares
from bounds.lemmas.scheme import RADIUS, L, R, kappa
from bounds.lemmas.skeleton import bound, conclude, conclusions
from bounds.lemmas.stale import nu, nu1
from bounds.lemmas.stepsizes import chi, chi_condition, young
from bounds.lemmas.sums import T
from bounds.methods import (
    CLIP_ADAGRAD_NORM,
    CLIP_ADAGRAD_NORM_DELAYED,
    CLIP_ADAM_NORM,
    CLIP_ADAM_NORM_DELAYED,
    CLIP_SGD,
    Method,
)
from bounds.script import Line, Script
from bounds.setting import HP, VARIANCE, N, f, grad, largest_stepsize, processes, stepsize, t, xstar
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import Term, both, forall, inner, le, mk, n, norm, par, veq, whp
from bounds.theorems import common

SOURCE = "Chezhegov et al., ICML 2025 (arXiv 2406.04443); explicit constants: theory, section 4"
METHODS: Mapping[str, Method] = {
    "convex-clip-sgd": CLIP_SGD,
    "convex-clip-adagrad-norm": CLIP_ADAGRAD_NORM,
    "convex-clip-adagrad-norm-delayed": CLIP_ADAGRAD_NORM_DELAYED,
    "convex-clip-adam-norm": CLIP_ADAM_NORM,
    "convex-clip-adam-norm-delayed": CLIP_ADAM_NORM_DELAYED,
}


def _given() -> dict[str, Term]:
    """The setting: f, the noise, the start (assumptions)."""
    v, w = (mk("vvar", k) for k in ("v", "w"))
    ball = tuple(le(norm(y - xstar), RADIUS) for y in (v, w))
    both_vectors = {"v": "vec", "w": "vec"}
    return {
        **common.ranges(),
        "start": le(norm(mk("vpar", "x0") - xstar), R),
        "minimiser": veq(grad(xstar), 0 * xstar),
        "convex": forall(both_vectors, ball, le(f(w) + inner(grad(w), v - w), f(v))),
        "smooth": forall(both_vectors, ball, le(f(v), f(w) + inner(grad(w), v - w) + L / 2 * inner(v - w, v - w))),
        "smooth_gradient": forall(both_vectors, ball, le(norm(grad(v) - grad(w)), L * norm(v - w))),
        **common.noise(),
    }


def _definitions(method: Method, variant: str) -> dict[str, Term]:
    out = common.clip() | (common.confidence() if variant.startswith("freedman") else {})
    out |= scheme.definitions(method)
    out |= adam.definitions() if method.accumulator == "adam" else {}
    return out | (correction.definitions(method) if method.corrected else {})


def _conditions(method: Method, variant: str) -> dict[str, Term]:
    """The premises on the numbers; u = gamma/b0, B and V as in Lemma C."""
    u, z2 = largest_stepsize(method), par("z2")
    out = {
        "grad": le(L * RADIUS, par("rho") * HP.lam),
        "rho_split": le(par("rho") + par("rho1"), 1),
        "rho_plus": le(1 + par("rho"), par("rho2")),
        **({"nu_split": le(nu + nu1, 1)} if method.stale else {}),
        "q_split": le(small_step(method) + par("q1"), 1),
        **({"memory": le(HP.beta1, HP.beta2)} if method.momentum and method.corrected else {}),
        **_budget(variant)[0](method),
    }
    if method.accumulator != "none":
        squares = n(N) * u**2 * VARIANCE / R**2 + z2
        energy = (1 + young) * chi * L * u * kappa**2 + (1 + 1 / young) * squares
        if method.corrected:
            energy = energy + (1 + young) * (L * u * kappa) ** 2 * correction.DEFECT
        out["chi"] = chi_condition(method, R**2 / HP.gamma**2 * energy)
        if shares(method):
            out["fall"] = le(1, fall + 1 / chi)
    return out


BUDGETS = {
    "freedman": (budget.freedman_conditions, budget.freedman_energy),
    "joint": (budget.joint_conditions, budget.joint_energy),
}
VARIANTS = tuple(BUDGETS)
CORRECTED = tuple(f"{variant}-corrected" for variant in VARIANTS)
MOMENTUM = tuple(f"{variant}-momentum" for variant in VARIANTS)
BOTH = tuple(f"{variant}-corrected" for variant in MOMENTUM)
IDS = tuple(METHODS)
KIND = "convex"

# name -> (sign, meaning): those of the setting, then those that whoever applies a theorem may choose
GIVEN = {
    "alpha": ("pos", "tail index, in (1, 2]"),
    "alpha_m1": ("pos", "alpha - 1"),
    "sigma": ("nonneg", "noise level: E[||xi_t||^alpha | F_{t-1}] <= sigma^alpha"),
    "delta": ("pos", "failure probability, in (0, 1)"),
    "A": ("pos", "ln(2/delta)"),
    "L": ("pos", "smoothness"),
    "R": ("pos", "bound of ||x_0 - x*||"),
    "b0": ("pos", "initial accumulator"),
    "eta": ("nonneg", "weight of the accumulator (0 is SGD)"),
    "beta1": ("pos", "momentum, below 1"),
    "beta1_c": ("pos", "1 - beta1"),
    "c": ("pos", "beta1/(1 - beta1)"),
    "beta2": ("pos", "decay of the accumulator, below 1"),
    "beta2_c": ("pos", "1 - beta2, the weight of the accumulator"),
    "growth": ("pos", "beta2^(-N/2): how much a stepsize may grow in N steps"),
    "sbar": ("pos", "s_N, the largest bias correction s_t = (1 - beta2^(t+1))^(1/2)"),
    "mass": ("pos", "sum over t < N of (s_t/sbar)^2"),
    "defect": ("pos", "N - mass"),
}
FREE = {
    "gamma": ("pos", "stepsize numerator (the stepsize itself for SGD)"),
    "lam": ("pos", "clipping level"),
    "kappa": ("pos", "radius of the good event in units of R"),
    "rho": ("pos", "||grad f(x_t)|| <= rho lam on the good event"),
    "rho1": ("pos", "at most 1 - rho"),
    "rho2": ("pos", "at least 1 + rho"),
    "q1": ("pos", "at most 1 - L u, with stale gradients 1 - L u/nu1"),
    "z1": ("pos", "quantile of the first martingale"),
    "z2": ("pos", "quantile of the second martingale"),
    "h": ("pos", "exponent of the supermartingale"),
    "K": ("pos", "growth of the supermartingale per (sigma/lam)^alpha"),
    "C": ("pos", "margin of the clipped low end"),
    "A1": ("pos", "ln(1/failure probability) of the supermartingale"),
    "A2": ("pos", "ln(1/failure probability) of the second martingale"),
    "chi": ("pos", "u_t >= u/chi"),
    "fall": ("pos", "at least 1 - 1/chi, by which share the stepsizes may fall"),
    "nu": ("pos", "share of ||grad f(x_t)||^2 that pays for the age of the gradient"),
    "nu1": ("pos", "at most 1 - nu"),
    "share": ("pos", "weight in Young's inequality for the length of the path"),
    "young": ("pos", "weight in Young's inequality for the accumulator"),
}
# with momentum s_t = (1 - beta2^(t+1))^(1/2)/(1 - beta1^(t+1)) falls, then rises; s_{-1} = s_0
BOTH_GIVEN = {
    "sbar": ("pos", "(s_{-1}^2 + s_N^2)^(1/2), at least every bias correction s_t with t <= N"),
    "mass": ("pos", "sum over t < N of (1 - beta2^(t+1))/sbar^2, at most (s_t/sbar)^2 each"),
}
STALE_ONLY = {"nu", "nu1", "share"}
CORRECTED_ONLY = {"sbar", "mass", "defect"}
ADAM_ONLY = {"beta2", "beta2_c", "growth"}
MOMENTUM_ONLY = {"beta1", "beta1_c", "c"}
ADAPTIVE_ONLY = {"b0", "eta", "chi", "young"}
ONLY = {"freedman": {"A", "z1"}, "joint": {"h", "K", "C", "A1", "A2"}}


def meanings(method: Method, usual: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """The parameters with their signs and meanings; momentum and bias correction together change two of them."""
    return {**usual, **(BOTH_GIVEN if method.momentum and method.corrected else {})}


def _names(method: Method, variant: str) -> tuple[str, ...]:
    """The parameters that occur in the statement."""
    absent = set().union(*(names for v, names in ONLY.items() if not variant.startswith(v)))
    absent |= set() if method.momentum else MOMENTUM_ONLY
    absent |= set() if shares(method) else {"fall"}
    absent |= set() if method.stale else STALE_ONLY
    absent |= {"eta"} if method.accumulator == "adam" else ADAM_ONLY
    absent |= set() if method.corrected else CORRECTED_ONLY
    if method.accumulator == "none":
        absent |= ADAPTIVE_ONLY | ({"A2", "z2"} if variant.startswith("joint") else set())
    return tuple(k for k in (*GIVEN, *FREE) if k not in absent)


def variants(theorem_id: str) -> tuple[str, ...]:
    """The two budgets; with momentum, and for Adam-type methods with bias correction, or both, the same again."""
    return VARIANTS + MOMENTUM + (CORRECTED + BOTH if METHODS[theorem_id].accumulator == "adam" else ())


def method(theorem_id: str, variant: str) -> Method:
    """The method of a theorem."""
    return _method(theorem_id, variant)


def _method(theorem_id: str, variant: str) -> Method:
    return replace(METHODS[theorem_id], momentum="momentum" in variant, corrected="corrected" in variant)


def _budget(variant: str) -> tuple[Any, Any]:
    return BUDGETS[variant.split("-")[0]]


def name(method: Method) -> str:
    """What a title calls the method."""
    return f"{method.name} with momentum" if method.momentum else method.name


def statement(theorem_id: str, variant: str = "freedman") -> Statement:
    """The statement with the given id and variant."""
    return statement_about(theorem_id, variant, _method(theorem_id, variant))


def proof(theorem_id: str, variant: str = "freedman", of: Statement | None = None) -> Proof:
    """The statement with its proof; ``of`` tries the same proof on another statement (a mutant, in tests)."""
    return proof_about(variant, _method(theorem_id, variant), of or statement(theorem_id, variant))


def statement_about(theorem_id: str, variant: str, method: Method, source: str = SOURCE) -> Statement:
    """The statement about any method of the scheme."""
    integers = {"N": (1, "number of steps")}
    if method.delayed or method.stale:
        integers["d"] = (1, "age of the gradient" if method.stale else "delay of the stepsize")
    names = _names(method, variant)
    return Statement(
        id=theorem_id,
        variant=variant,
        title=f"High-probability convergence of {name(method)}, convex and smooth f",
        source=source,
        integers=integers,
        parameters={k: Parameter(*meanings(method, GIVEN | FREE)[k]) for k in names},
        vectors={"xstar": "a minimiser of f", "x0": "the start"},
        functions={
            "f": ("scalar", "the objective"),
            "grad": ("vector", "its gradient"),
            "clip": ("vector", "clipping at level lam"),
        },
        noise="xi",
        processes=processes(method),
        definitions=_definitions(method, variant),
        assumptions=_given(),
        conditions=_conditions(method, variant),
        free_parameters=tuple(k for k in names if k in FREE),
        bound=bound(method),
        conclusion=whp(par("delta"), both(*conclusions(method))),
    )


def proof_about(variant: str, method: Method, of: Statement) -> Proof:
    """The proof of a statement about a method of the scheme."""
    s = Script(of)
    energy, conclusion = argue(s, variant, method)
    s.whp(par("delta"), energy.events, conclusion, energy.confidence)
    return s.proof()


def argue(s: Script, variant: str, method: Method) -> tuple[Energy, Line]:
    """The high-probability events, and events |- all conclusions."""
    positive, cap = stepsize_bounds(s, method)
    s.know(s.generalise(s.know(s.combine(le(0, stepsize(method, t)), positive)), "t", T))
    energy: Energy = _budget(variant)[1](s, method, cap)
    return energy, conclude(s, method, positive, energy)
