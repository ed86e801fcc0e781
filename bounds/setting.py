"""The setting of the convex theorems as terms: one object per method, its recursion taken from ``bounds.methods``.

Letters are those of the theory; ``s`` stands for a time.  The symbolic recursion is obtained by running
``bounds.methods.update`` on terms, so that the statement cannot drift away from the method that is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache

from bounds.exponents import ALPHA, Exponent, exponent
from bounds.methods import Method, State, update
from bounds.statement import Process
from bounds.terms import Term, ind, le, mk, n, num, par, shift, sq, time

HALF = exponent([Fraction(1, 2)])
ONE = exponent([1])
TWO = exponent([2])
t, T, N, d = (time(0, **{v: 1}) for v in ("t", "T", "N", "d"))
xstar = mk("vpar", "xstar")
DELAYED = time(0, t=1, d=-1)


class SymbolicOps:
    """``bounds.methods.Ops`` on terms."""

    def clip(self, v: Term, lam: Term) -> Term:
        return mk("vapp", "clip", v)

    def sq_norm(self, v: Term) -> Term:
        return sq(v)

    def inv_sqrt(self, s: Term) -> Term:
        return s**-HALF


@dataclass(frozen=True)
class HyperParameters:
    gamma: Term
    eta: Term
    lam: Term
    beta1: Term
    beta2: Term
    correction: Term


HP = HyperParameters(**{k: par(k) for k in ("gamma", "eta", "lam", "beta1", "beta2")}, correction=num(1))


def beta2_power(s: Term) -> Term:
    """beta2^s, as exp(s ln beta2)."""
    return mk("exp", n(s) * mk("ln", HP.beta2))


def correction(s: Term) -> Term:
    """Adam's bias correction s_s without momentum: (1 - beta2^(s+1))^(1/2)."""
    return (1 - beta2_power(shift(s, 1))) ** HALF


def beta1_power(s: Term) -> Term:
    """beta1^s, as exp(s ln beta1)."""
    return mk("exp", n(s) * mk("ln", HP.beta1))


def factor(method: Method, s: Term) -> Term:
    """Adam's bias correction s_s; with momentum ``momentum_factor``, as a process with s_{-1} := s_0."""
    return mk("proc", "bias", s) if method.momentum else correction(s)


def first_factor() -> Term:
    """s_0 with momentum."""
    return par("beta2_c") ** HALF * par("beta1_c") ** -ONE


def momentum_factor(s: Term) -> Term:
    """s_s with momentum, s >= 0."""
    return correction(s) * (1 - beta1_power(shift(s, 1))) ** -ONE


def x(s: Term) -> Term:
    return mk("vproc", "x", s)


def y(s: Term) -> Term:
    """Stale gradients: the iterate y_s; then x_s = y_{s-d} is where the oracle is asked at time s."""
    return mk("vproc", "y", s)


def xi(s: Term) -> Term:
    return mk("vproc", "xi", s)


def m(s: Term) -> Term:
    """The momentum m_s."""
    return mk("vproc", "m", s)


def b_sq(s: Term) -> Term:
    return mk("proc", "b_sq", s)


def f(v: Term) -> Term:
    return mk("app", "f", v)


def grad(v: Term) -> Term:
    return mk("vapp", "grad", v)


def p(s: Term) -> Term:
    """grad f(x_s)."""
    return grad(x(s))


def g(s: Term) -> Term:
    """The oracle's answer at time s."""
    return p(s) + xi(s)


def gc(s: Term) -> Term:
    """The clipped answer."""
    return SymbolicOps().clip(g(s), HP.lam)


def theta(s: Term) -> Term:
    """The error gc_s - p_s of the clipped estimator."""
    return gc(s) - p(s)


def gap(v: Term) -> Term:
    """f(v) - f(x*)."""
    return f(v) - f(xstar)


def step_of(method: Method, s: Term) -> tuple[Term, Term, Term]:
    """(x_{s+1}, m_s, b_s^2) as terms in the state before step s."""
    delayed = b_sq(mk("time", s.args[0], _minus_d(s)))
    state = State(y(s) if method.stale else x(s), m(shift(s, -1)), b_sq(shift(s, -1)), delayed)
    return update(method, SymbolicOps(), state, g(s), replace(HP, correction=factor(method, s)))


def _minus_d(s: Term) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((*s.args[1], ("d", -1))))


ITERATES = {False: "x", True: "y"}


def processes(method: Method) -> tuple[Process, ...]:
    """x (level -1: x_t is known before the answer at time t) then m and b^2 (level 0), if any; y if it is not x."""
    x0 = mk("vpar", "x0")
    _, momentum, accumulator = step_of(method, t)
    found = [Process(ITERATES[method.stale], "vector", -1, 1, x0, step_of(method, shift(t, -1))[0], "the iterates")]
    if method.stale:
        found.append(Process("x", "vector", -1, 1, x0, y(DELAYED), "where the oracle is asked"))
    if method.momentum:
        found.append(Process("m", "vector", 0, 0, 0 * x0, momentum, "the momentum m_t"))
    if method.accumulator != "none":
        found.append(Process("b_sq", "scalar", 0, 0, par("b0") ** 2, accumulator, "the accumulator b_t^2"))
    if method.momentum and method.corrected:
        step = momentum_factor(t)
        found.append(Process("bias", "scalar", -1, 0, first_factor(), step, "the bias correction s_t"))
    return tuple(found)


def numerator(method: Method) -> Term:
    """u_s b: gamma; where b_s^2 >= beta2 b_{s-1}^2 is all that is known before step s, gamma beta2^(-1/2)."""
    return HP.gamma * HP.beta2**-HALF if method.accumulator == "adam" and not method.delayed else HP.gamma


@cache
def stepsize(method: Method, s: Term) -> Term:
    """u_s: predictable, and at least the stepsize w_s; the weight of x_s in the average."""
    if method.accumulator == "none":
        return HP.gamma
    at = mk("time", s.args[0], _minus_d(s)) if method.delayed else shift(s, -1)
    u = numerator(method) * b_sq(at) ** -HALF
    return factor(method, s) * u if method.corrected else u


def within(s: Term) -> Term:
    """s < N."""
    return le(n(shift(s, 1)), n(N))


def bounded_stepsize(method: Method, s: Term) -> Term:
    """u_s, but 0 from time N on where u is a bound only before: predictable, and at most u at all times."""
    u = stepsize(method, s)
    return ind(within(s)) * u if method.accumulator == "adam" else u


def largest_stepsize(method: Method) -> Term:
    """u, the deterministic upper bound of every u_s (Adam: of those with s < N)."""
    if method.accumulator == "adam":
        u = HP.gamma * par("growth") / par("b0")
        return u * par("sbar") if method.corrected else u
    return HP.gamma if method.accumulator == "none" else HP.gamma / par("b0")


B0_SQ = par("b0") ** 2
POWER = sq(gc(t))

# Lemma C: k_alpha, the bias B and the variance V of the clipped estimator
K_ALPHA = par("alpha_m1") ** (ALPHA - ONE) * par("alpha") ** -ALPHA


def moment(base: Term, e: Exponent) -> Term:
    """base^e sigma^alpha."""
    return base**e * par("sigma") ** ALPHA


BIAS = K_ALPHA * moment(par("rho1") * HP.lam, ONE - ALPHA)
VARIANCE = moment(par("rho2") * HP.lam, TWO - ALPHA)
