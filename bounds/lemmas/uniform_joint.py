"""The conditions of the joint budget, derived at numbers for every tail index at once (Clip-SGD; theory, section 4.1).

With h = h0 A and u lam = t0 R/A, M = 2 h u lam/R is the number m = 2 h0 t0, and e0 = h (u lam rho2/R)^2/q1
is at most e = h0 t0^2 (1 + rho)^2 (100/69)/q1, as 1/A <= 100/69.  K = w y0^-alpha, so N K (sigma/lam)^alpha <= w A,
and the entries of K say that

    (exp(m (1 + rho) + e) - 1 - m (1 + rho)) (y0/(1 + rho))^alpha <= w,    k_alpha (m y0)^alpha C^(1-alpha) <= w.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bounds.exponents import ALPHA
from bounds.lemmas import joint
from bounds.lemmas.every_alpha import DOWN, LEAST, UP, A, delta, k_alpha_le
from bounds.lemmas.exponentials import above, exp_le, exp_neg_le
from bounds.lemmas.rounding import down, up
from bounds.lemmas.scheme import R
from bounds.lemmas.uniform import Rate, sigma
from bounds.lemmas.uniform_steps import Steps
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HP, K_ALPHA, ONE, N
from bounds.terms import Term, eq, le, lt, n, num, par

lam = HP.lam
ROOM = Fraction(1000001, 1000000)  # so that K still fits where gamma and lam are rounded


@dataclass(frozen=True)
class JointNumbers(Rate):
    """The free parameters of the joint budget as numbers, or as numbers times A or y0^-alpha."""

    h0: Fraction
    C: Fraction

    @property
    def m(self) -> Fraction:
        """M."""
        return 2 * self.h0 * self.t0

    @property
    def e(self) -> Fraction:
        """e0 <= e."""
        return up(self.h0 * self.t0**2 * (1 + self.rho) ** 2 / LEAST / (1 - self.q))

    @property
    def x(self) -> Fraction:
        """M rho2 + e0 <= x."""
        return up(self.m * (1 + self.rho) + self.e)

    @property
    def share(self) -> Fraction:
        """(y0/(1 + rho))^alpha <= share."""
        ratio = self.y0 / (1 + self.rho)
        return up(max(ratio, ratio**2))

    @property
    def w(self) -> Fraction:
        """K = w y0^-alpha."""
        low = self.m * self.y0
        first = (above(self.x) - 1 - self.m * (1 + self.rho)) * self.share
        return up(ROOM * max(first, low, low**2 / self.C / 4))

    def values(self, method: Method) -> dict[str, Fraction]:
        """The parameters that are defined to be numbers."""
        return super().values(method) | {"C": self.C}

    def definitions(self) -> dict[str, Term]:
        """The other free parameters: A1 = A, h = h0 A, K = w y0^-alpha."""
        return {
            "joint_A1": eq(joint.A1, A),
            "joint_h": eq(joint.h, self.h0 * A),
            "joint_K": eq(joint.K, self.w * num(self.y0) ** -ALPHA),
        }

    def conditions(self) -> dict[str, Term]:
        """What is asked of an accumulator: there is none."""
        return {}


class JointSteps(Steps):
    """The lines of the joint budget."""

    def __init__(self, s: Script, method: Method, c: JointNumbers) -> None:
        super().__init__(s, method, c)
        self.c: Any = c
        self.is_ |= {name: s.given(f"joint_{name}") for name in ("A1", "h", "K")}
        self.scale = s.combine(  # M = m
            eq(joint.scale_m(self.u), c.m),
            (self.is_["h"], 2 * self.u * lam / R),
            (self.length, 2 * c.h0 * A / R),
        )
        self.excess = self._excess()

    def derivable(self) -> dict[str, Callable[[Term], Line]]:
        """The budget and the premises on h, K and C."""
        return super().derivable() | {
            "first_entry": self._first_entry,
            "second_entry": self._second_entry,
            "margin": self._margin,
            "low_end": self._low_end,
            "rho_half": lambda goal: self.s.combine(goal, self.is_["rho"]),
            "confidence": self._confidence,
            "budget": self._budget,
        }

    def _excess(self) -> Line:
        """e0 <= e."""
        c, rho2, q1, size = self.c, par("rho2"), par("q1"), self.c.h0 * self.c.t0**2
        return self.s.combine(
            le(joint.excess(self.u), c.e),
            (self.is_["h"], (self.u * lam * rho2 / R) ** 2 / q1),
            (self.squared, c.h0 * A * rho2**2 / (q1 * R**2)),
            (self.inverse_a, size * rho2**2 / q1),
            (self.known.square("rho2"), size * self.g / q1),
            (self.known.inverse("q1"), size * self.g * (1 + c.rho) ** 2),
        )

    def _first_entry(self, goal: Term) -> Line:
        s, c, rho2 = self.s, self.c, par("rho2")
        x, ratio, weight = joint.scale_m(self.u) * rho2, c.y0 / (1 + c.rho), c.w * num(c.y0) ** -ALPHA
        reach = s.combine(le(x + joint.excess(self.u), c.x), (self.scale, rho2), (self.is_["rho2"], c.m), self.excess)
        plus = s.pow_mono(s.combine(le(0, 1 + c.rho)), s.combine(le(1 + c.rho, rho2), (self.is_["rho2"], -1)), ALPHA)
        mean = s.combine(
            le(num(ratio) ** ALPHA, c.share),
            s.amgm(s.combine(le(0, ratio**2)), s.combine(le(0, ratio)), ALPHA - ONE),
            (s.nonneg(UP), c.share - ratio**2),
            (s.nonneg(DOWN), c.share - ratio),
        )
        return s.combine(
            goal,
            s.exp_mono(reach),
            exp_le(s, c.x),
            (self.scale, -1 * rho2),
            (self.is_["rho2"], -c.m),
            (self.is_["K"], -1 * rho2**ALPHA),
            (plus, weight),
            (mean, c.w / c.share * num(ratio) ** -ALPHA),
        )

    def _second_entry(self, goal: Term) -> Line:
        s, c, low, back = self.s, self.c, num(self.c.C), num(self.c.y0) ** -ALPHA
        m, b = joint.scale_m(self.u), c.m * c.y0
        power = s.pow_mono(s.combine(le(0, m)), s.combine(le(m, c.m), self.scale), ALPHA)
        clipped = s.pow_mono(s.combine(lt(0, low)), s.combine(le(low, joint.C), (self.is_["C"], -1)), ONE - ALPHA)
        return s.combine(
            goal,
            (power, K_ALPHA * joint.C ** (ONE - ALPHA)),
            (clipped, K_ALPHA * num(c.m) ** ALPHA),
            (k_alpha_le(s, b / c.C, Fraction(1)), b * back),
            (self.is_["K"], -1),
        )

    def _margin(self, goal: Term) -> Line:
        s, c, rho, m = self.s, self.c, par("rho"), joint.scale_m(self.u)
        y = down(c.m * (1 + c.rho) - c.e)
        reach = s.combine(
            le(-m * (1 + rho) + joint.excess(self.u), -y),
            (self.scale, -1 * (1 + rho)),
            (self.is_["rho"], -c.m),
            self.excess,
        )
        return s.combine(
            goal,
            s.exp_mono(reach),
            exp_neg_le(s, y),
            (self.scale, 2 * rho),
            (self.is_["rho"], 2 * c.m),
            self.is_["C"],
        )

    def _low_end(self, goal: Term) -> Line:
        return self.s.combine(goal, self.excess, (self.scale, -1 * (1 - par("rho"))), (self.is_["rho"], self.c.m))

    def _confidence(self, goal: Term) -> Line:
        """exp(-A1) <= delta/2 <= delta."""
        s = self.s
        half = s.exp_neg_ln(s.combine(lt(0, 2 / delta)))
        log = half.fact.args[0].args[0]
        least = s.exp_mono(s.combine(le(-joint.A1, log), (self.is_["A1"], -1), (s.given("confidence"), -1)))
        return s.combine(goal, least, half)

    def _budget(self, goal: Term) -> Line:
        s, c, back = self.s, self.c, num(self.c.y0) ** -ALPHA
        inverse = s.combine(  # 1/h = 1/(h0 A)
            eq(joint.h**-1, A**-1 / c.h0), (self.is_["h"], -1 * joint.h**-1 * A**-1 / c.h0)
        )
        return s.combine(
            goal,
            (self.is_["A1"], joint.h**-1),
            (self.is_["K"], n(N) * (sigma / lam) ** ALPHA / joint.h),
            (self.rare, c.w * back * lam**-ALPHA / joint.h),
            (inverse, (1 + c.w) * A),
            *self.drift(),
            (self.is_["kappa"], -2),
        )
