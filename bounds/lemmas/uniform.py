"""From fixed numbers to the conditions of the convex theorem, for every tail index at once (theory, section 4).

With u = chi kappa^2 R^2/(2 N epsilon) and lam = t0 R/(A u), u lam/R = t0/A; the two conditions on epsilon,

    C1 L R^2 A <= N epsilon,        C2 sigma R (A/N)^((alpha-1)/alpha) <= epsilon,

say that L u A <= chi kappa^2/(2 C1) and N sigma^alpha <= y0^alpha A lam^alpha, y0 = chi kappa^2/(2 t0 C2).

Where a larger number will do as well, it is rounded up: to nine decimals; y0, of which powers are taken, to five.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bounds.exponents import ALPHA
from bounds.lemmas.adam import BETA2_C
from bounds.lemmas.every_alpha import LEAST, A
from bounds.lemmas.rounding import up
from bounds.lemmas.scheme import L, R
from bounds.methods import Method
from bounds.setting import HALF, HP, ONE, N
from bounds.terms import Term, eq, le, n, par

b0, epsilon, sigma, growth = (par(k) for k in ("b0", "epsilon", "sigma", "growth"))
RATE = (ALPHA - ONE) / ALPHA


@dataclass(frozen=True)
class Rate:
    """The numbers of the schedule and of the closed form."""

    kappa: Fraction
    rho: Fraction
    t0: Fraction
    C1: Fraction
    C2: Fraction

    @property
    def chi(self) -> Fraction:
        return Fraction(1)

    @property
    def y0(self) -> Fraction:
        return up(self.chi * self.kappa**2 / (2 * self.t0 * self.C2), 10**5)

    @property
    def level(self) -> Fraction:
        """lam = level N epsilon/(R A)."""
        return 2 * self.t0 / (self.chi * self.kappa**2 if self.chi != 1 else self.kappa**2)

    @property
    def q(self) -> Fraction:
        """L u <= q."""
        return up(self.chi * self.kappa**2 / (2 * self.C1 * LEAST))

    def values(self, method: Method) -> dict[str, Fraction]:
        """The parameters that are defined to be numbers."""
        return {"kappa": self.kappa, "rho": self.rho, "rho1": 1 - self.rho, "rho2": 1 + self.rho, "q1": 1 - self.q}


def largest(c: Rate) -> Term:
    """u = (chi kappa^2/2) R^2/(N epsilon)."""
    return c.chi * c.kappa**2 / 2 * R**2 / (n(N) * epsilon)


def schedule(method: Method, c: Rate) -> dict[str, Term]:
    """Definitions: gamma and lam from epsilon; eta, or for Adam b0, by which the accumulator counts in units of R."""
    u, unit = largest(c), R * BETA2_C**HALF
    if method.accumulator == "adam":
        start = 2 / (c.chi * c.kappa**2) * BETA2_C**HALF * n(N) * epsilon / R  # unit/u
        out = {"schedule_gamma": eq(HP.gamma, unit / growth), "schedule_b0": eq(b0, start)}
    else:
        out = {"schedule_gamma": eq(HP.gamma, u if method.accumulator == "none" else b0 * u)}
    out["schedule_lam"] = eq(HP.lam, c.level * n(N) * epsilon / (R * A))
    if method.accumulator == "adagrad":
        out["schedule_weight"] = eq(HP.eta, HP.gamma**2 / R**2)
    return out


def conditions(c: Rate) -> dict[str, Term]:
    """What epsilon has to satisfy."""
    return {
        "smooth_part": le(c.C1 * L * R**2 * A / n(N), epsilon),
        "noise_part": le(c.C2 * sigma * R * (A / n(N)) ** RATE, epsilon),
    }
