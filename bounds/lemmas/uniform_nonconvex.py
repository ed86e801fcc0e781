"""From fixed numbers to the conditions of the non-convex theorem (Clip-SGD), for every tail index at once.

With S = (L Delta)^(1/2), u = (kappa^2/a0) Delta/(N epsilon), C2 = c2^2 and M = (1 + rho) ell, lam is the sum of

    l1 = ell S    and    l2 = g (c2 sigma^alpha/epsilon^(1/2))^(1/(alpha-1)):

l1 keeps the clip above the gradients; l2 keeps the bias below a multiple of epsilon^(1/2), as lam^(alpha-1) is at least
l2^(alpha-1).  The variance sigma^alpha lam^(2-alpha) is at most sigma^alpha lam^(1-alpha) (l1 + l2): the condition
``early_part`` pays for the first part, ``noise_part`` for the second, as it says, raised to the power
(3 alpha-2)/(2 alpha-2), that l2 <= g c2^-3 epsilon^(3/2) N/S^2.  ``range_part``, raised to the power
(2 alpha-1)/(2 alpha-2), says that l2 <= (g/C3) epsilon N/(A S): the range of the martingales, the only place of A.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bounds.exponents import ALPHA, exponent
from bounds.lemmas.below import Delta, L
from bounds.lemmas.every_alpha import A
from bounds.setting import HALF, HP, ONE, TWO, N
from bounds.terms import Term, eq, le, n, par

epsilon, sigma = par("epsilon"), par("sigma")
S = (L * Delta) ** HALF
PER_STEP = L * Delta / n(N)
RATE = exponent([-2, 2], [-2, 3])  # (2 alpha-2)/(3 alpha-2)
OF_SIGMA = exponent([0, 2], [-2, 3])  # 2 alpha/(3 alpha-2)
OF_RANGE = exponent([1], [-1, 2])  # 1/(2 alpha-1)
ROOT = exponent([1], [-1, 1])  # 1/(alpha-1)
ROOT2 = Fraction(141422, 100000)  # at least 2^(1/2)


@dataclass(frozen=True)
class Numbers:
    """The free parameters of the non-convex theorem as numbers; rho1 = 1 - rho, rho2 = 1 + rho, C2 = c2^2."""

    kappa: Fraction
    rho: Fraction
    phi: Fraction
    a0: Fraction
    g: Fraction
    ell: Fraction
    C1: Fraction
    c2: Fraction
    C3: Fraction
    z1: Fraction
    z2: Fraction

    @property
    def C2(self) -> Fraction:
        return self.c2**2

    @property
    def M(self) -> Fraction:
        """Noise clipped at M S is what the early part pays for."""
        return (1 + self.rho) * self.ell

    @property
    def size(self) -> Fraction:
        """gamma = size Delta/(N epsilon)."""
        return self.kappa**2 / self.a0

    @property
    def t0(self) -> Fraction:
        """(L/Delta)^(1/2) u lam A <= t0."""
        return self.size * (self.ell / self.C1 + self.g / self.C3)

    @property
    def w(self) -> Fraction:
        """N L u^2 V/Delta <= w."""
        return self.size**2 / self.C2**2 * (1 + max(Fraction(1), (1 + self.rho) * self.g))

    @property
    def first(self) -> Fraction:
        """A u V/Delta <= first, the variance of the first martingale without kappa^2/a0."""
        return ROOT2 * self.t0 / self.c2 * max(1 + self.rho, 1 / self.g)

    @property
    def bias(self) -> Fraction:
        """B <= bias epsilon^(1/2)."""
        return max(Fraction(1), 1 / ((1 - self.rho) * self.g) / 4) / self.c2

    def values(self) -> dict[str, Fraction]:
        """The parameters that are defined to be numbers."""
        plain = {k: getattr(self, k) for k in ("kappa", "rho", "phi", "a0", "z1", "z2")}
        return plain | {"rho1": 1 - self.rho, "rho2": 1 + self.rho}


def parts(c: Numbers) -> tuple[Term, Term]:
    """l1 and l2."""
    return c.ell * S, c.g * (c.c2 * sigma**ALPHA * epsilon**-HALF) ** ROOT


def schedule(c: Numbers) -> dict[str, Term]:
    """Definitions: gamma and lam from epsilon."""
    first, second = parts(c)
    return {
        "schedule_gamma": eq(HP.gamma, c.size * Delta / (n(N) * epsilon)),
        "schedule_lam": eq(HP.lam, first + second),
    }


def conditions(c: Numbers) -> dict[str, Term]:
    """What epsilon has to satisfy; the last one says that ||grad f(x_0)||^2 is not known to be below it."""
    clipped, far = sigma**ALPHA * (c.M * S) ** (TWO - ALPHA), c.C3 * A * S / n(N)
    return {
        "smooth_part": le(c.C1 * PER_STEP * A, epsilon),
        "noise_part": le(c.C2 * sigma**OF_SIGMA * PER_STEP**RATE, epsilon),
        "early_part": le(c.C2 * (clipped * PER_STEP) ** HALF, epsilon),
        "range_part": le((c.C2 * sigma ** (TWO * ALPHA) * far ** (TWO * (ALPHA - ONE))) ** OF_RANGE, epsilon),
        "not_trivial": le(epsilon, 2 * L * Delta),
    }
