"""How a proved bound scales: conditions checked along a schedule, exactly and for every alpha in (1, 2].

A schedule writes each free parameter of a theorem as a monomial in four scales, with exponents in Q(alpha):

    A >= ln 2,   M = N/A >= 1,   eps > 0 (small),   and the fixed numbers of the problem (L, R, sigma, ...).

Substituted into the statement, a condition ``left <= right`` becomes a difference of monomials.  It holds for every
M and A, once eps is small enough (depending on alpha and the fixed numbers only), if some positive monomial dominates
every negative one: in M and A its exponents are at least as large, in eps its exponent is strictly smaller.  Like
monomials are merged before, so that 1 <= kappa^2 is decided by 1 <= 4.  What the bound becomes is its rate in M and A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import bounds
from bounds.exponents import ALPHA, Exponent, exponent
from bounds.show import text
from bounds.statement import Parameter, Statement
from bounds.terms import Term, mk, num, par
from verify.claims.ranges import where_nonneg
from verify.kernel.normal import Mono, Normal, as_exponent

ONE, ZERO, HALF = exponent([1]), exponent([]), exponent(["1/2"])
HALF_NUMBER = num("1/2")
SCALES = ("M", "A", "eps")
STEPS = mk("n", mk("time", 0, (("N", 1),)))


class NoRate(ValueError):
    """A condition that the schedule does not meet in the limit; the message names it."""


@dataclass(frozen=True)
class Rate:
    """The bound is at most a constant times M^m A^a, M = N/A, for every N >= A."""

    m: Exponent
    a: Exponent

    @property
    def in_steps(self) -> Exponent:
        """The rate e of N^(-e) at fixed A."""
        return -self.m


def rate(statement: Statement, schedule: Mapping[str, Term]) -> Rate:
    """The rate of a theorem's bound along a schedule; raises ``NoRate`` if a condition is not met in the limit."""
    if statement.bound is None:
        raise NoRate(f"{statement.id} has no bound")
    positive = {k: replace(p, sign="pos") for k, p in statement.parameters.items()}  # noise there is: sigma > 0
    normal = Normal(replace(statement, parameters=positive | dict.fromkeys(SCALES, Parameter("pos", "a scale"))))
    missing = set(statement.free_parameters) - schedule.keys()
    if missing:
        raise NoRate(f"the schedule gives no {', '.join(sorted(missing))}")
    for name, fact in statement.conditions.items():
        left, right = (_insert(side, schedule) for side in fact.args)
        _holds(normal, name, normal.difference(left, right))
    exponents = {_scales(normal, m)[:2] for m in normal.scalar(_insert(statement.bound, schedule))}
    if len(exponents) != 1:
        raise NoRate(f"the bound of {statement.id} is not a single power along this schedule")
    return Rate(*exponents.pop())


def _insert(term: Term, schedule: Mapping[str, Term]) -> Term:
    """The term along the schedule, N written as M A."""
    if term is STEPS:
        return par("M") * par("A")
    if term.head == "par":
        return schedule.get(term.args[0], term)
    return mk(term.head, *(_insert(x, schedule) if isinstance(x, Term) else x for x in term.args))


def _scales(normal: Normal, monomial: Mono) -> tuple[Exponent, Exponent, Exponent]:
    """The exponents of M, A and eps; every other atom must be a fixed positive number."""
    found = dict.fromkeys(SCALES, ZERO)
    for atom, e in monomial:
        term = normal.term(atom)
        if term.head == "par" and term.args[0] in found:
            found[term.args[0]] = as_exponent(e)
        elif term.head not in ("par", "q", "n") or normal.sign(atom) != "pos":
            raise NoRate(f"{text(term)} is not a positive number of the problem")
    return found["M"], found["A"], found["eps"]


def _holds(normal: Normal, name: str, difference: Mapping[Mono, object]) -> None:
    """Some positive monomial dominates every negative one."""
    signed = [(_scales(normal, m), c) for m, c in difference.items()]
    positive = [e for e, c in signed if c > 0]  # type: ignore[operator]
    negative = [e for e, c in signed if c < 0]  # type: ignore[operator]
    if not negative or any(all(_dominates(p, q) for q in negative) for p in positive):
        return
    raise NoRate(f"the condition {name} is not met in the limit")


def _dominates(p: tuple[Exponent, ...], q: tuple[Exponent, ...]) -> bool:
    """M^p0 A^p1 eps^p2 exceeds any multiple of M^q0 A^q1 eps^q2, uniformly in M and A, once eps is small."""
    grows = all(where_nonneg(x - y).everything for x, y in zip(p[:2], q[:2], strict=True))
    gain = q[2] - p[2]
    return grows and where_nonneg(gain).everything and not where_nonneg(-gain).intervals


def convex_schedule(theorem: str) -> dict[str, Term]:
    """tau = eps/A, y = eps A (theory, section 4): lam = sigma (M/eps)^(1/alpha), u = tau R/lam."""
    lam = par("sigma") * (par("M") / par("eps")) ** (ONE / ALPHA)
    u = par("eps") / par("A") * par("R") / lam
    quarter = num("1/4")  # a stale gradient shares what is left of 1 - q
    more = {"q1": quarter, "nu": quarter, "nu1": HALF_NUMBER, "share": quarter, "z1": par("eps") ** exponent(["3/4"])}
    return _schedule(theorem, u, lam, par("R")) | more


def nonconvex_schedule(theorem: str) -> dict[str, Term]:
    """q = L u of order (A/N)^(alpha/(3 alpha-2)), tau of order A^-1 (A/N)^((alpha-1)/(3 alpha-2)) (section 5)."""
    eps, long = par("eps"), exponent([-2, 3])
    u = eps**2 / (par("A") * par("L")) * par("M") ** (-ALPHA / long)
    radius = (par("Delta") / par("L")) ** HALF
    tau = eps / par("A") * par("M") ** ((ONE - ALPHA) / long)
    more = {"a0": HALF_NUMBER, "phi": HALF_NUMBER, "z1": eps ** exponent(["9/20"])}
    more |= {"mix": num("1/4"), "split": num(1)}  # momentum
    return _schedule(theorem, u, tau * radius / u, radius) | more


def _schedule(theorem: str, u: Term, lam: Term, radius: Term) -> dict[str, Term]:
    """What both kinds have.  The accumulator is weighted so that its sum counts in units of radius:

    eta = (gamma/radius)^2, or for Adam, with 1 - beta2 = 1/N, a b0 such that gamma = radius N^(-1/2) / growth, where
    growth = beta2^(-N/2) is at most 2.
    """
    method = bounds.method(theorem)
    out = {
        "lam": lam, "kappa": num(2), "rho": HALF_NUMBER, "rho1": HALF_NUMBER, "rho2": num("3/2"),
        "z2": par("eps") ** exponent(["3/2"]), "chi": num(2), "fall": num(1), "young": num(1),
    }  # fmt: skip
    if method is not None and method.accumulator == "adam":
        steps, growth = par("M") * par("A"), par("growth")
        gamma = radius / growth * steps**-HALF
        return out | {"gamma": gamma, "b0": gamma * growth / u, "beta2_c": 1 / steps, "chi": 2 * growth}
    gamma = u if method is None or method.accumulator == "none" else par("b0") * u
    return out | {"gamma": gamma, "eta": (gamma / radius) ** 2}
