"""The verdict on every claim of ``bounds.claims``, each with the witness it rests on.

HOLDS, HOLDS ON a range of alpha and FAILS rest on proofs that are replayed here and now, on exact comparisons of
exponents, or on an instance with certified numbers; a row says where a step is by hand, cited or measured.
OPEN: nothing here decides it; the row says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import bounds
from bounds.claims import Claim
from bounds.exponents import ALPHA, Exponent, exponent
from bounds.ledger import MINIMAX
from bounds.terms import Term, eq, mk, par, subterms
from verify.claims import NotShown
from verify.claims.ranges import ALL, NONE, Range, where_nonneg
from verify.claims.rates import NoRate, convex_schedule, nonconvex_schedule, rate
from verify.claims.threshold import biased_instance
from verify.constants import proved
from verify.kernel.replay import Refused

HOLDS, HOLDS_ON, FAILS, OPEN = "HOLDS", "HOLDS ON", "FAILS", "OPEN"
ADAM = " (Adam-Norm while beta2^T >= 1/4, which beta2 = 1 - 1/T has)"
LOWER = ("lower-adagrad-norm", "lower-adagrad-norm-delayed", "lower-adam-norm", "lower-adam-norm-delayed")


@dataclass(frozen=True)
class Judgement:
    """A verdict, the exact set of alphas where the claim holds, why, and the command that shows it again."""

    id: str
    claim: str
    verdict: str
    range: str
    reason: str
    witness: dict[str, Any] = field(default_factory=dict)
    rerun: str = ""


def judge(claim: Claim) -> Judgement:
    """The verdict on one claim; OPEN where no judge exists or a proof it needs is refused."""
    decide = JUDGES.get(claim.id)
    if decide is None:
        return Judgement(claim.id, claim.text, OPEN, "unknown", MISSING[claim.id])
    try:
        return decide(claim)
    except Refused as error:
        return Judgement(claim.id, claim.text, OPEN, "unknown", f"a proof it needs does not check: {error}")
    except NoRate as error:
        return Judgement(claim.id, claim.text, OPEN, "unknown", f"a rate it needs is not established: {error}")
    except NotShown as error:
        return Judgement(claim.id, claim.text, OPEN, "unknown", f"what it rests on does not show it: {error}")


def _row(claim: Claim, found: Range, reason: str, witness: dict[str, Any], rerun: str) -> Judgement:
    verdict = HOLDS if found.everything else HOLDS_ON if found.intervals else FAILS
    return Judgement(claim.id, claim.text, verdict, str(found), reason, witness, rerun)


def _proofs(*ids: str) -> dict[str, str]:
    """The digests of the certificates of the first variants, replayed; raises ``Refused``."""
    return {i: proved(i, bounds.variants(i)[0])[1].sha256 for i in ids}


def _asserted(claim: Claim) -> Exponent:
    if claim.exponent is None:
        raise ValueError(f"claim {claim.id} asserts no exponent")
    return claim.exponent


# --- rates of clipped methods --------------------------------------------------------------------------


def _proved_rates(kind: str) -> dict[str, Exponent]:
    """The rate in 1/N of the first variant of every theorem of a kind, checked along the schedule of the theory."""
    schedule = {"convex": convex_schedule, "nonconvex": nonconvex_schedule}[kind]
    return {i: rate(bounds.theorem(i), schedule(i)).in_steps for i in bounds.theorem_ids(kind)}


def _rate_claim(claim: Claim, kind: str) -> Judgement:
    """N^(-e) for e at most the proved rate; FAILS where e exceeds the cited minimax rate."""
    claimed, rates, best = _asserted(claim), _proved_rates(kind), MINIMAX[kind].decay
    slowest = set(rates.values())
    if len(slowest) != 1:
        raise ValueError(f"the {kind} theorems have different rates: {', '.join(map(str, slowest))}")
    proved = slowest.pop()
    if proved != best:
        raise ValueError(f"{claim.id}: the proved rate N^-({proved}) is not the minimax rate N^-({best})")
    holds = where_nonneg(proved - claimed)
    witness = {
        "claimed": str(claimed),
        "proved": str(proved),
        "minimax": str(best),
        "minimax_reference": MINIMAX[kind].reference,
        "proofs": _proofs(*rates),
    }
    reason = (
        f"proved rate N^-({proved}), here; that N^-({claimed}) fails elsewhere rests on a cited lower bound that is"
        f" not proved here: no method beats N^-({best}) ({MINIMAX[kind].short})"
    )
    return _row(claim, holds, reason, witness, f"verify axioms {next(iter(rates))}")


def _steps_claim(claim: Claim, kind: str) -> Judgement:
    """epsilon^(-1/e) steps are enough: the proved rate is at least e."""
    claimed, rates = _asserted(claim), _proved_rates(kind)
    found = [where_nonneg(r - claimed) for r in rates.values()]
    holds = ALL if all(r == ALL for r in found) else NONE
    witness = {"claimed": str(claimed), "proved": {i: str(r) for i, r in rates.items()}, "proofs": _proofs(*rates)}
    return _row(claim, holds, "the proved theorems have this rate in N for every alpha", witness, "verify theorems")


# --- lower bounds ---------------------------------------------------------------------------------------


def _delta_exponent() -> Exponent:
    """Failure with probability delta forces T of order delta^(-e): e read off the lower-bound statements.

    They say P = D^(-alpha), H = sigma D - nu and failure with probability P/2 up to a T that is at least linear in H:
    T nu <= H for AdaGrad-Norm; nu g (g^T - 1) <= (g - 1) H, g = beta2^(-1/2), for Adam-Norm, which follows from
    2 T nu <= H when g^T <= 2.
    """
    for i in LOWER:
        given = bounds.theorem(i).definitions
        wanted: dict[str, Term] = {
            "probability": eq(par("P"), par("D") ** -ALPHA),
            "escape": eq(par("H"), par("sigma") * par("D") - par("nu")),
        }
        for name, fact in wanted.items():
            if given[name] is not fact:
                raise ValueError(f"{i}: the definition {name} is not the one this reading is for")
    return exponent([1]) / ALPHA


def _power_of_delta(claim: Claim) -> Judgement:
    e = _delta_exponent()
    return _row(
        claim, where_nonneg(e), f"each method fails with probability delta for T of order delta^-({e}){ADAM}",
        {"exponent": str(e), "proofs": _proofs(*LOWER)}, "verify show lower-adagrad-norm",
    )  # fmt: skip


def _p1(claim: Claim) -> Judgement:
    e = _delta_exponent()
    holds = ALL if e.at(Fraction(2)) == _asserted(claim).at(Fraction(2)) else NONE
    return _row(
        claim, holds, f"at alpha = 2 the proved forced number of steps has the exponents 1/2 and 1/2{ADAM}",
        {"exponent": str(e), "at alpha = 2": str(e.at(Fraction(2))), "proofs": _proofs(*LOWER)},
        "verify show lower-adam-norm-delayed",
    )  # fmt: skip


def _p2(claim: Claim) -> Judgement:
    e = _delta_exponent()
    return _row(
        claim, where_nonneg(e - _asserted(claim)), f"delta^-({e}) is a larger power than delta^-(1/2){ADAM}",
        {"exponent": str(e), "proofs": _proofs(*LOWER)}, "verify show lower-adagrad-norm",
    )  # fmt: skip


def _s3(claim: Claim) -> Judgement:
    """With T fixed, nu = sigma D/(T + 1) and epsilon = nu^2/2: the gap exceeds a multiple of delta^(-2/alpha)."""
    grows, claimed = exponent([2]) * _delta_exponent(), _asserted(claim)
    smaller = where_nonneg(claimed - grows)
    reason = (
        f"at fixed T the gap exceeds sigma^2 (2 delta)^-({grows}) / (2 (T+1)^2) with probability delta, as long as this"
        f" is below R^2/2: a larger power than ({claimed})"
    )
    witness = {"claimed": str(claimed), "proved": str(grows), "proofs": _proofs("lower-adagrad-norm")}
    return _row(claim, smaller, reason, witness, "verify show lower-adagrad-norm")


# --- the class, the step, the constants ---------------------------------------------------------------


def _s2(claim: Claim) -> Judgement:
    """E|X|^a of a stable law of index s increases beyond all bounds as a tends to s."""
    from counterexamples.moments import AssumptionViolated, Stable, unit_moment

    index, seen = Fraction(3, 2), {}
    for k in (2, 6, 10):
        lower = unit_moment(Stable(index), index - Fraction(1, 10**k)).lower()
        seen[f"alpha = index - 1e-{k}"] = f"moment >= {int(float(lower))}"
    try:
        unit_moment(Stable(index), index)
    except AssumptionViolated as refused:
        seen["alpha = index"] = f"refused: {refused}"
    else:
        raise ValueError("a stable law of index alpha was accepted with the tail index alpha")
    reason = (
        "a stable law of index s < 2 has E|xi|^a finite for a < s only; at s = 2 it is normal and E|xi|^2 is finite; "
        "at alpha 3/2 the attacks draw from the index 7/4"
    )
    return _row(claim, NONE, reason, {"index 3/2": seen}, "verify bound-check --alpha 1.5")


def _s4(claim: Claim) -> Judgement:
    reason = "eta ||x_{t+1} - x_t||^2 <= gamma^2 always: one noise cannot make the step long; it freezes later steps"
    return _row(
        claim, NONE, reason, {"proofs": _proofs("norm-step-le-adagrad-norm")}, "verify show norm-step-le-adagrad-norm"
    )


def _s7(claim: Claim) -> Judgement:
    instance = biased_instance()
    reason = (
        "a level of order N^(1/(2 alpha)) leaves a bias that no stepsize can undo: on this instance the expected gap of"
        " Clip-SGD stays above what is proved with the level of order N^(1/alpha)"
    )
    return _row(claim, NONE, reason, instance, "python -m verify.claims.threshold")


def _s8(claim: Claim) -> Judgement:
    ids = tuple(f"convex-clip-adagrad-norm{which}" for which in ("", "-delayed", "-stale"))
    rates = {rate(bounds.theorem(i), convex_schedule(i)) for i in ids}
    reason = (
        "all three have the same rate in N/A, A = ln(2/delta): a delay of the stepsize costs nothing, and one of the"
        " gradient a term of order d^2 in the budget"
    )
    return _row(claim, ALL if len(rates) == 1 else NONE, reason, {"proofs": _proofs(*ids)}, f"verify show {ids[1]}")


def _s9(claim: Claim) -> Judgement:
    from verify.claims.tuned import witness

    found = witness()
    sgd, clipped = (found["measured"][name]["quantile at n = 1000"] for name in ("SGD", "Clip-SGD"))
    reason = (
        "with a suitable stepsize SGD converges, too: by hand for every noise (verify/claims/tuned.py), and measured:"
        f" after 1000 steps its quantile is in [{', '.join(sgd)}], that of Clip-SGD in [{', '.join(clipped)}],"
        f" from {found['start']} at the start; the measurement supports that the clipped methods are better"
    )
    return _row(claim, NONE, reason, found, "python -m verify.claims.tuned")


def _s10(claim: Claim) -> Judgement:
    """N is a constant times ln(2/delta) at the theory's level; without a clip it is a power of 1/delta."""
    from verify.claims.ablation import witness

    rates = {i: rate(bounds.theorem(i), convex_schedule(i)) for i in bounds.theorem_ids("convex")}
    if any(r.a != exponent([]) for r in rates.values()):
        raise NotShown("a proved bound is not a power of N/ln(2/delta)")
    reason = (
        "none: L4 and S1; too large, of the order delta^-(1/alpha) of the jump: never clips; too small: certified floor"
        " of the expected gap; theory's level: a constant times ln(2/delta) steps, proved"
    )
    found = witness() | {"exponent": str(_delta_exponent()), "proofs": _proofs(*LOWER, *rates)}
    return _row(claim, ALL, reason, found, "python -m verify.claims.ablation")


def _s12(claim: Claim) -> Judgement:
    level = {i: convex_schedule(i)["lam"] for i in bounds.theorem_ids("convex")[:1]}
    (theorem, lam), *_ = level.items()
    powers = [x.args[1] for x in subterms(lam) if x.head == "pow" and _mentions_scale(x)]
    if not powers or any(e.constant is not None for e in powers):
        raise ValueError(f"{theorem}: the level {lam!r} does not depend on alpha through its exponent of M")
    reason = f"the level that gives the minimax rate is lam = {lam!r}: its exponent of M = N/A depends on alpha"
    return _row(claim, ALL, reason, {"proofs": _proofs(theorem)}, f"verify show {theorem}")


def _mentions_scale(term: Term) -> bool:
    return term is par("M") or any(_mentions_scale(x) for x in subterms(term))


def _s13(claim: Claim) -> Judgement:
    clipped = ("convex-clip-adam-norm", "convex-clip-adam-norm-delayed")
    reason = f"without a clip Adam-Norm needs a power of 1/delta steps, with it ln(2/delta) is enough{ADAM}"
    return _row(claim, ALL, reason, {"proofs": _proofs(*LOWER[2:], *clipped)}, "verify show lower-adam-norm")


def _p5(claim: Claim) -> Judgement:
    theorem = "nonconvex-clip-adagrad-norm"
    facts = bounds.theorem(theorem).assumptions
    below = facts["bounded_below"]
    others = {k for k, fact in facts.items() if _mentions(fact, "f")} - {"bounded_below", "start", "smooth"}
    if others or below.args[2].args[0] is not par("fmin"):
        raise ValueError(f"{theorem} assumes more about f: {', '.join(sorted(others))}")
    reason = "proved with f bounded below only: no assumption of the theorem bounds f from above"
    return _row(claim, NONE, reason, {"proofs": _proofs(theorem)}, f"verify show {theorem}")


def _mentions(term: Any, function: str) -> bool:
    if isinstance(term, tuple):
        return any(_mentions(x, function) for x in term)
    if not isinstance(term, Term):
        return False
    return (term.head == "app" and term.args[0] == function) or any(_mentions(x, function) for x in term.args)


def _p6(claim: Claim) -> Judgement:
    theorem = "convex-clip-adam-norm-delayed"
    given = bounds.theorem(theorem)
    fixed = [
        k
        for k, f in [*given.definitions.items(), *given.assumptions.items()]
        if f.head == "eq" and par("beta2") in f.args
    ]
    if fixed:
        raise ValueError(f"{theorem} fixes beta2 by {fixed[0]}")
    reason = (
        "the theorem is proved for every beta2 in (0, 1); its constant grows with beta2^(-N/2), so the bound is useful"
        " when N (1 - beta2) stays bounded, which 1 - 1/N is only one way to have"
    )
    return _row(claim, NONE, reason, {"proofs": _proofs(theorem)}, f"verify show {theorem}")


def _l1(claim: Claim) -> Judgement:
    reason = "both constants follow from the sharper ones of Lemma C at rho = 1/2"
    theorem = "clip-literature-constants"
    return _row(claim, ALL, reason, {"proofs": _proofs(theorem)}, f"verify show {theorem}")


def _l2(claim: Claim) -> Judgement:
    theorem = "convex-clip-sgd"
    if bounds.theorem(theorem).definitions["confidence"] is not eq(par("A"), mk("ln", 2 / par("delta"))):
        raise ValueError(f"{theorem}: the confidence is not ln(2/delta)")
    reason = "all steps at once by a maximal inequality (Ville): A = ln(2/delta), without ln N"
    return _row(claim, NONE, reason, {"proofs": _proofs(theorem)}, f"verify show {theorem}")


def _l3(claim: Claim) -> Judgement:
    theorem = "convex-clip-sgd"
    found = rate(bounds.theorem(theorem), convex_schedule(theorem))
    same = found.in_steps == _asserted(claim) and found.a == exponent([])
    reason = "the proved bound is of order ((A/N))^((alpha-1)/alpha) with the smaller A = ln(2/delta)"
    return _row(claim, ALL if same else NONE, reason, {"proofs": _proofs(theorem)}, f"verify show {theorem}")


def _l4(claim: Claim) -> Judgement:
    """SGD is AdaGrad-Norm with eta = 0: the accumulator stays b0, the stepsize gamma/b0."""
    from verify.claims.sgd import escape

    theorem = "lower-adagrad-norm"
    if bounds.theorem(theorem).parameters["eta"].sign != "nonneg":
        raise NotShown(f"{theorem} does not allow eta = 0, so it says nothing about SGD")
    e = _delta_exponent()
    reason = (
        f"SGD is AdaGrad-Norm with eta = 0: it fails with probability delta for T of order delta^-({e}), any stepsize"
    )
    return _row(
        claim, where_nonneg(e), reason, {"exponent": str(e), "instance": escape(), "proofs": _proofs(theorem)},
        "verify counterexample adagrad-norm --eta 0 --alpha 1.5 --delta 1e-3",
    )  # fmt: skip


def _l5(claim: Claim) -> Judgement:
    from verify.claims.plateau import witness

    if _asserted(claim) != exponent(["1/2"]):
        raise NotShown(f"(delta T)^-({_asserted(claim)}) is not what the plateau of height (delta T)^(-1/4) shows")
    reason = (
        "by hand for all T >= 4, delta <= 1/4 and c not too small, f(x_0) - f* of order c (verify/claims/plateau.py); "
        "one instance with its exact probability in balls"
    )
    return _row(claim, ALL, reason, witness(), "python -m verify.claims.plateau")


JUDGES: dict[str, Callable[[Claim], Judgement]] = {
    "S1": _power_of_delta, "S2": _s2, "S3": _s3, "S4": _s4, "S5": lambda c: _rate_claim(c, "convex"),
    "S6": lambda c: _rate_claim(c, "nonconvex"), "S7": _s7, "S8": _s8, "S9": _s9, "S10": _s10, "S12": _s12,
    "S13": _s13, "P1": _p1, "P2": _p2, "P3": lambda c: _steps_claim(c, "convex"),
    "P4": lambda c: _steps_claim(c, "nonconvex"), "P5": _p5, "P6": _p6, "L1": _l1, "L2": _l2, "L3": _l3,
    "L4": _l4, "L5": _l5,
}  # fmt: skip
MISSING = {
    "S11": "no experiment of this library has been run for it",
}
