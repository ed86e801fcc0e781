"""Unclipped methods on the Huber function with one jump of the noise: the quantities of theory, section 8, as terms.

With xi_0 = -sigma D e and H = sigma D - nu > 0 the first step moves away from x*, and later, for t >= 1,

    <e, m_t> <= c_t := nu - beta1^t (nu + (1-beta1) H)          (without momentum m_t = g_t and c_t := nu).

W_t := w_t beta2^(t/2) never grows (beta2 = 1 for AdaGrad-type accumulators), and K W_1 <= W_0.
"""

from __future__ import annotations

from bounds.lemmas.geometric import power
from bounds.lemmas.huber import nu
from bounds.methods import Method, State, update
from bounds.setting import HALF, HP, TWO, SymbolicOps, b_sq, g, m, t, x
from bounds.statement import Process
from bounds.terms import Term, eq, le, lt, mk, n, num, par, shift

sigma, D, H, b0 = (par(k) for k in ("sigma", "D", "H", "b0"))
ONE = num(1)


def step(method: Method, s: Term) -> tuple[Term, Term, Term]:
    """(x_{s+1}, m_s, b_s^2); a delayed stepsize uses b_{s-1}."""
    before = b_sq(shift(s, -1))
    return update(method, SymbolicOps(), State(x(s), m(shift(s, -1)), before, before), g(s), HP)


def processes(method: Method) -> tuple[Process, ...]:
    """The iterates, the momentum if there is one, the accumulator."""
    out = [Process("x", "vector", -1, 1, mk("vpar", "x0"), step(method, shift(t, -1))[0], "the iterates")]
    if method.momentum:
        out.append(Process("m", "vector", 0, 0, 0 * mk("vpar", "x0"), step(method, t)[1], "the momentum m_t"))
    out.append(Process("b_sq", "scalar", 0, 0, b0**2, step(method, t)[2], "the accumulator b_t^2"))
    return tuple(out)


def direction(method: Method, s: Term) -> Term:
    """m_s, or g_s without momentum."""
    return m(s) if method.momentum else g(s)


def acc(method: Method, s: Term) -> Term:
    """The accumulator that divides step s: b_s^2 written out, or b_{s-1}^2."""
    return b_sq(shift(s, -1)) if method.delayed else step(method, s)[2]


def decay(method: Method) -> Term:
    """b_{t+1}^2 >= decay b_t^2."""
    return HP.beta2 if method.accumulator == "adam" else ONE


def share(method: Method) -> Term:
    """What ||g_t||^2 adds to b_t^2, as a factor."""
    return 1 - HP.beta2 if method.accumulator == "adam" else HP.eta


def growth(method: Method) -> Term:
    """decay^(-1/2)."""
    return par("step_growth") if method.accumulator == "adam" else ONE


def grown(method: Method, s: Term) -> Term:
    """growth^s."""
    return power(growth(method), s) if method.accumulator == "adam" else ONE


def weight(method: Method, s: Term) -> Term:
    """W_s = w_s / growth^s, where w_s = gamma / b."""
    return HP.gamma * acc(method, s) ** -HALF * grown(method, s) ** -1


def complement(method: Method) -> Term:
    """1 - beta1."""
    return par("beta1_c") if method.momentum else ONE


def gain(method: Method) -> Term:
    """K: the first stepsize divided by the largest later one."""
    return par("gain") if method.delayed else ONE


def cap(method: Method, s: Term) -> Term:
    """c_s, for s >= 1."""
    return nu - power(HP.beta1, s) * (nu + complement(method) * H) if method.momentum else nu


def factor(method: Method) -> Term:
    """k, the denominator of the closed form of the sum."""
    grows = method.accumulator == "adam"
    k = complement(method) if method.momentum and not grows else ONE
    if grows:
        k = growth(method) - 1
        k = k * (1 - HP.beta1 * growth(method)) if method.momentum else k
    return k


def spent(method: Method, upto: Term) -> Term:
    """G(T) = k sum_{t=1..T} growth^t c_t in closed form; G(0) = 0."""
    head, r = nu + complement(method) * H, growth(method)
    if method.accumulator == "adagrad":
        if not method.momentum:
            return n(upto) * nu
        return n(upto) * nu * complement(method) - HP.beta1 * (1 - power(HP.beta1, upto)) * head
    steps = nu * r * (power(r, upto) - 1)
    if not method.momentum:
        return steps
    q = HP.beta1 * r
    return steps * (1 - q) - head * q * (1 - power(HP.beta1, upto) * power(r, upto)) * (r - 1)


def budget(method: Method) -> Term:
    """k K (1-beta1) H."""
    return factor(method) * gain(method) * complement(method) * H


def enough(method: Method, upto: Term) -> Term:
    """G(T) <= k K (1-beta1) H: after T + 1 steps the iterate is still beyond its start."""
    return le(spent(method, upto), budget(method))


def definitions(method: Method) -> dict[str, Term]:
    """The parameters that stand for terms."""
    out = {"escape": eq(H, sigma * D - nu)}
    if method.momentum:
        out["momentum"] = eq(par("beta1_c"), 1 - HP.beta1)
    if method.accumulator == "adam":
        out["forgetting"] = eq(par("beta2_c"), 1 - HP.beta2)
        out["step_growth"] = eq(par("step_growth"), HP.beta2**-HALF)
    if method.delayed:
        added = HP.eta if method.accumulator == "adagrad" else par("beta2_c") / HP.beta2
        out["gain_of_delay"] = eq(par("gain"), (1 + added * (H / b0) ** TWO) ** HALF)
    return out


def conditions(method: Method) -> dict[str, Term]:
    """b_0 > 0; momentum forgets faster than the accumulator."""
    out = {}
    if method.accumulator == "adagrad" and not method.delayed:
        out["divisible"] = lt(0, b0**2 + HP.eta * H**2)
    if method.accumulator == "adam" and method.momentum:
        out["momentum_short"] = lt(HP.beta1 * growth(method), 1)
    return out
