"""Non-convex upper bounds (theory, sections 5, 6.1 - 6.3): Clip-SGD, Clip-AdaGrad-Norm, Clip-Adam-Norm.

With probability at least 1 - delta, the u-weighted mean of ||grad f(x_t)||^2 over t < N is at most
chi kappa^2 Delta / (a0 N u), for any choice of the free parameters that satisfies the conditions.  Two variants differ
in how the first martingale, whose variance is a multiple of u_t ||grad f(x_t)||^2, is paid for: ``self-bounded`` bounds
the sum of that by the energy inequality itself, for Freedman's; ``exponential`` takes the variance in the exponent of a
supermartingale out of the descent of the same step, for Ville's (smaller bounds).
With momentum (``exponential-momentum``, ``self-bounded-momentum``; beta1 in (0, 1), c = beta1/(1 - beta1)) f is
measured at y_t = x_t + c (x_t - x_{t-1}); that the gradient is asked at x_t costs terms of order c^2 (L u)^2 in a0
and c^2 L u in the budget, through the free weights mix and split, and not the factor 2 of theory, section 5.
With bias correction (``-corrected``) mass takes the place of N; with both, ``-momentum-corrected``, the rises of the
correction are paid for once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bounds.lemmas import adam, correction, scheme
from bounds.lemmas import nonconvex_budget as budget
from bounds.lemmas import nonconvex_momentum as momentum
from bounds.lemmas.accumulator import stepsize_bounds
from bounds.lemmas.below import CEILING, SLOPE, Delta, L, a0, excess
from bounds.lemmas.large import energy, spared
from bounds.lemmas.nonconvex_descent import phi
from bounds.lemmas.nonconvex_momentum import gradient_price, reach
from bounds.lemmas.nonconvex_skeleton import bound, conclude, conclusions
from bounds.lemmas.nonconvex_variance import stretched
from bounds.lemmas.stepsizes import chi_condition
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
from bounds.setting import HP, f, grad, largest_stepsize, processes, stepsize, t
from bounds.statement import Parameter, Proof, Statement
from bounds.terms import Term, both, forall, inner, le, mk, norm, par, whp
from bounds.theorems import common, convex

SOURCE = "Chezhegov et al., ICML 2025 (arXiv 2406.04443); explicit constants: theory, section 5"
METHODS: Mapping[str, Method] = {
    "nonconvex-clip-sgd": CLIP_SGD,
    "nonconvex-clip-adagrad-norm": CLIP_ADAGRAD_NORM,
    "nonconvex-clip-adagrad-norm-delayed": CLIP_ADAGRAD_NORM_DELAYED,
    "nonconvex-clip-adam-norm": CLIP_ADAM_NORM,
    "nonconvex-clip-adam-norm-delayed": CLIP_ADAM_NORM_DELAYED,
}
IDS = tuple(METHODS)
KIND = "nonconvex"
VARIANTS = budget.VARIANTS
MOMENTUM = tuple(f"{variant}-momentum" for variant in VARIANTS)
CORRECTED = tuple(f"{variant}-corrected" for variant in VARIANTS)
BOTH = tuple(f"{variant}-corrected" for variant in MOMENTUM)


def _given(method: Method) -> dict[str, Term]:
    """The setting: f, the noise, the start (assumptions); with momentum gradients at two points are compared."""
    v, w = (mk("vvar", k) for k in ("v", "w"))
    lipschitz = forall({"v": "vec", "w": "vec"}, (), le(norm(grad(v) - grad(w)), L * norm(v - w)))
    smooth = le(f(v), f(w) + inner(grad(w), v - w) + L / 2 * inner(v - w, v - w))
    return {
        **common.ranges(),
        "start": le(excess(mk("vpar", "x0")), Delta),
        "bounded_below": forall({"v": "vec"}, (), le(par("fmin"), f(v))),
        "smooth": forall({"v": "vec", "w": "vec"}, (), smooth),
        **({"smooth_gradient": lipschitz} if method.momentum else {}),
        **common.noise(),
    }


def _definitions(method: Method) -> dict[str, Term]:
    out = common.clip() | common.confidence() | scheme.definitions(method) | momentum.definitions(method)
    out |= adam.definitions() if method.accumulator == "adam" else {}
    return out | (correction.definitions(method) if method.corrected else {})


def _conditions(method: Method, variant: str) -> dict[str, Term]:
    """The premises on the numbers; u = gamma/b0, B and V as in Lemma C."""
    u = largest_stepsize(method)
    out = {
        "grad": le(SLOPE + reach(method) if method.momentum else SLOPE, par("rho") * HP.lam),
        "rho_split": le(par("rho") + par("rho1"), 1),
        "rho_plus": le(1 + par("rho"), par("rho2")),
        "q_small": le(L * u, 1),
        "descent": le(_kept(method, variant), 1),
        **({"phi_small": le(phi, 1), "mix_small": le(par("mix"), 1)} if method.momentum else {}),
        **budget.conditions(method, variant),
    }
    if method.accumulator != "none":
        spent = energy(method, CEILING / a0, par("z2"), Delta / L)
        steepest = SLOPE + reach(method) if method.momentum else SLOPE
        spent = spent + spared(method, steepest) if method.corrected else spent
        out["chi"] = chi_condition(method, spent / HP.gamma**2)
    return out


def _kept(method: Method, variant: str) -> Term:
    """a0 and what else a step takes of u_t ||grad f(x_t)||^2."""
    kept = a0 + phi / 2 + L * largest_stepsize(method) / 2
    kept = kept + gradient_price(method) if method.momentum else kept
    return kept + stretched(method, budget.tilt(method)) if variant.startswith(budget.EXPONENTIAL) else kept


# name -> (sign, meaning): those of the setting, then those that whoever applies a theorem may choose
GIVEN = {
    "alpha": convex.GIVEN["alpha"],
    "alpha_m1": convex.GIVEN["alpha_m1"],
    "sigma": convex.GIVEN["sigma"],
    "delta": convex.GIVEN["delta"],
    "A": convex.GIVEN["A"],
    "L": convex.GIVEN["L"],
    "Delta": ("pos", "bound of f(x_0) - fmin"),
    "fmin": ("real", "lower bound of f"),
    "b0": convex.GIVEN["b0"],
    **{
        k: convex.GIVEN[k]
        for k in ("eta", "beta1", "beta1_c", "c", "beta2", "beta2_c", "growth", "sbar", "mass", "defect")
    },
    "kept": ("pos", "1 - beta1/beta2"),
}
FREE = {
    "gamma": convex.FREE["gamma"],
    "lam": convex.FREE["lam"],
    "kappa": ("pos", "f(x_t) - fmin <= kappa^2 Delta on the good event"),
    "rho": convex.FREE["rho"],
    "rho1": convex.FREE["rho1"],
    "rho2": convex.FREE["rho2"],
    "phi": ("pos", "weight in Young's inequality for the bias"),
    "a0": ("pos", "at most 1 - phi/2 - L u/2: the part of ||grad f(x_t)||^2 that is left"),
    "mix": ("pos", "weight in Young's inequality for the distance between x_t and y_t"),
    "split": ("pos", "weight in Young's inequality for the length of a step"),
    "z1": convex.FREE["z1"],
    "h": convex.FREE["h"],
    "z2": convex.FREE["z2"],
    "chi": convex.FREE["chi"],
    "young": convex.FREE["young"],
}

MOMENTUM_FREE = FREE | {
    "kappa": ("pos", "f(x_t + c (x_t - x_{t-1})) - fmin <= kappa^2 Delta on the good event"),
    "a0": ("pos", "the part of ||grad f(x_t)||^2 that is left, see descent"),
}


def _names(method: Method, variant: str) -> tuple[str, ...]:
    """The parameters that occur in the statement."""
    absent = {"eta"} if method.accumulator == "adam" else convex.ADAM_ONLY
    absent = absent | ({"z1"} if variant.startswith(budget.EXPONENTIAL) else {"h"})
    if method.accumulator == "none":
        absent = absent | convex.ADAPTIVE_ONLY
    if not method.corrected:
        absent = absent | convex.CORRECTED_ONLY
    if not method.momentum:
        absent = absent | convex.MOMENTUM_ONLY | {"mix", "split"}
    if not method.momentum or method.accumulator != "adam":
        absent = absent | {"kept"}
    return tuple(k for k in (*GIVEN, *FREE) if k not in absent)


def variants(theorem_id: str) -> tuple[str, ...]:
    """The two variance programs; with momentum, and for Adam-type methods with bias correction, or both, again."""
    return VARIANTS + MOMENTUM + (CORRECTED + BOTH if METHODS[theorem_id].accumulator == "adam" else ())


def method(theorem_id: str, variant: str) -> Method:
    """The method of a theorem."""
    return _method(theorem_id, variant)


def _method(theorem_id: str, variant: str) -> Method:
    return replace(METHODS[theorem_id], momentum="momentum" in variant, corrected="corrected" in variant)


def statement(theorem_id: str, variant: str = budget.SELF_BOUNDED) -> Statement:
    """The statement with the given id and variant."""
    method = _method(theorem_id, variant)
    integers = {"N": (1, "number of steps")}
    if method.delayed:
        integers["d"] = (1, "delay of the stepsize")
    names = _names(method, variant)
    meanings = convex.meanings(method, GIVEN | (MOMENTUM_FREE if method.momentum else FREE))
    return Statement(
        id=theorem_id,
        variant=variant,
        title=f"High-probability convergence of {convex.name(method)}, smooth f bounded below",
        source=SOURCE,
        integers=integers,
        parameters={k: Parameter(*meanings[k]) for k in names},
        vectors={"x0": "the start"},
        functions={
            "f": ("scalar", "the objective"),
            "grad": ("vector", "its gradient"),
            "clip": ("vector", "clipping at level lam"),
        },
        noise="xi",
        processes=processes(method),
        definitions=_definitions(method),
        assumptions=_given(method),
        conditions=_conditions(method, variant),
        free_parameters=tuple(k for k in names if k in FREE),
        bound=bound(method),
        conclusion=whp(par("delta"), both(*conclusions(method))),
    )


def proof(theorem_id: str, variant: str = budget.SELF_BOUNDED, of: Statement | None = None) -> Proof:
    """The statement with its proof; ``of`` tries the same proof on another statement (a mutant, in tests)."""
    method = _method(theorem_id, variant)
    s = Script(of or statement(theorem_id, variant))
    paid, conclusion = argue(s, variant, method)
    s.whp(par("delta"), paid.events, conclusion, paid.confidence)
    return s.proof()


def argue(s: Script, variant: str, method: Method) -> tuple[budget.Paid, Line]:
    """The high-probability events, and events |- all conclusions."""
    positive, cap = stepsize_bounds(s, method)
    s.know(s.generalise(s.know(s.combine(le(0, stepsize(method, t)), positive)), "t", T))
    paid = budget.energy(s, method, variant, cap)
    return paid, conclude(s, method, positive, paid.line, paid.z_small)
