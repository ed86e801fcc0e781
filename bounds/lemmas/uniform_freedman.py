"""The conditions of the Freedman budget, derived at the numbers of ``uniform``."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from bounds.exponents import ALPHA
from bounds.lemmas.adam import BETA2_C
from bounds.lemmas.every_alpha import A, k_alpha_le
from bounds.lemmas.scheme import L, R
from bounds.lemmas.uniform import Numbers, growth
from bounds.lemmas.uniform_steps import Derived, Steps
from bounds.methods import Method
from bounds.script import Line
from bounds.setting import BIAS, HALF, HP, K_ALPHA, ONE, TWO, VARIANCE, N
from bounds.terms import Term, eq, le, lt, n, num, par


class FreedmanSteps(Steps):
    """The lines of two Freedman inequalities."""

    def __init__(self, s: Derived, method: Method, c: Numbers) -> None:
        super().__init__(s, method, c)
        self.c: Any = c
        self.W, self.variance = self._variance()
        self.G, self.bias = self._bias()

    def derivable(self) -> dict[str, Callable[[Term], Line]]:
        """The budget, and what an accumulator needs."""
        return super().derivable() | {
            "freedman1": self._freedman1,
            "freedman2": self._freedman2,
            "budget": self._budget,
            "chi": self._chi,
            "fall": lambda goal: self.s.combine(goal, (self.is_["fall"], -1), (self.known.inverse("chi"), -1)),
        }

    def _variance(self) -> tuple[Fraction, Line]:
        """W, the larger of y0^2 and (1 + rho) y0, and N u^2 V/R^2 <= W t0^2/A."""
        s, c, e = self.s, self.c, TWO - ALPHA
        rho2, power, plus = par("rho2"), num(c.y0) ** ALPHA, num(1 + c.rho)
        first, second = c.y0**2, (1 + c.rho) * c.y0
        bound = max(first, second)
        mean = s.combine(
            le(plus**e * power, bound),
            s.amgm(s.combine(le(0, first)), s.combine(le(0, second)), ALPHA - ONE),
            (s.given("alpha_range_high"), bound - second),
            (s.given("alpha_range_low"), bound - first),
        )
        size = s.pow_mono(s.combine(le(0, rho2)), s.combine(le(rho2, plus), self.is_["rho2"]), e)
        line = s.combine(
            le(n(N) * self.u**2 * VARIANCE / R**2, bound * c.t0**2 / A),
            (self.rare, self.u**2 * rho2**e * HP.lam**e / R**2),
            (self.squared, power * A * rho2**e / R**2),
            (size, power * c.t0**2 / A),
            (mean, c.t0**2 / A),
        )
        return bound, line

    def _bias(self) -> tuple[Fraction, Line]:
        """G = max(y0, y0^2/(4 (1-rho))), and N u B/R <= t0 G."""
        s, c, power = self.s, self.c, num(self.c.y0) ** ALPHA
        rest = s.combine(le(1 - c.rho, par("rho1")), (self.is_["rho1"], -1))
        clipped = s.pow_mono(s.combine(lt(0, 1 - c.rho)), rest, ONE - ALPHA)
        top = k_alpha_le(s, c.y0**2 / (1 - c.rho), c.y0)
        bound, thinner = top.fact.args[1].args[0], par("rho1") ** (ONE - ALPHA)
        line = s.combine(
            le(n(N) * self.u * BIAS / R, c.t0 * bound),
            (self.rare, self.u * K_ALPHA * thinner * HP.lam ** (ONE - ALPHA) / R),
            (self.length, power * A * K_ALPHA * thinner / R),
            (clipped, K_ALPHA * power * c.t0),
            (top, c.t0),
        )
        return bound, line

    def _freedman1(self, goal: Term) -> Line:
        c, is_ = self.c, self.is_
        kappa, z1, third = par("kappa"), par("z1"), Fraction(8, 3)
        return self.s.combine(
            goal,
            (self.variance, 8 * A * kappa**2),
            (self.length, third * kappa * z1 * A / R),
            (self.known.square("kappa"), 8 * self.W * c.t0**2),
            (is_["kappa"], third * c.t0 * z1),
            (is_["z1"], third * c.t0 * c.kappa),
            (self.known.square("z1"), -1),
        )

    def _freedman2(self, goal: Term) -> Line:
        c, g, w = self.c, self.g, self.W
        rho2, z2, third = par("rho2"), par("z2"), Fraction(1, 3)
        noise = n(N) * self.u**2 * VARIANCE / R**2
        return self.s.combine(
            goal,
            *self.second_level(2 * rho2**2 * (self.u * HP.lam) ** 2 / R**2 * (noise + third * z2)),
            (self.squared, 2 * A * rho2**2 / R**2 * (noise + third * z2)),
            (self.variance, 2 * c.t0**2 * rho2**2 / A),
            (self.inverse_a, 2 * c.t0**4 * w * rho2**2 / A),
            (self.inverse_a, rho2**2 * (2 * g * c.t0**4 * w + 2 * third * c.t0**2 * z2)),
            (self.known.square("rho2"), 2 * g**2 * c.t0**4 * w + 2 * g * third * c.t0**2 * z2),
            (self.is_["z2"], 2 * g * third * c.t0**2 * (1 + c.rho) ** 2),
            (self.known.square("z2"), -1),
        )

    def second_level(self, size: Term) -> tuple[tuple[Line, Term], ...]:
        """The items that turn size times the level of the second inequality into size times A."""
        return ()

    def _budget(self, goal: Term) -> Line:
        c, g, is_ = self.c, self.g, self.is_
        kappa, q1 = par("kappa"), par("q1")
        items = [
            (self.bias, 2 * kappa),
            (self.variance, q1**-1),
            (self.inverse_a, self.W * c.t0**2 * q1**-1),
            (is_["z2"], q1**-1),
            (self.known.inverse("q1"), g * self.W * c.t0**2 + c.z2),
            (is_["z1"], num(1)),
        ]
        items += [(is_["kappa"], 2 * c.t0 * self.G), *self.drift()]
        return self.s.combine(goal, *items, (self.known.square("kappa"), -1))

    def _chi(self, goal: Term) -> Line:
        c, g, is_ = self.c, self.g, self.is_
        chi, young, kappa, z2 = (par(k) for k in ("chi", "young", "kappa", "z2"))
        noise = n(N) * self.u**2 * VARIANCE / R**2
        energy = (1 + young) * chi * L * self.u * kappa**2 + (1 + 1 / young) * (noise + z2)
        paid = g * self.W * c.t0**2
        bounded = [
            (self.smooth, (1 + young) * chi * kappa**2),
            (self.variance, 1 + 1 / young),
            (self.inverse_a, (1 + 1 / young) * self.W * c.t0**2),
            (is_["young"], c.q * chi * kappa**2),
            (self.known.inverse("young"), paid + z2),
            (is_["chi"], c.q * (1 + c.young) * kappa**2),
            (self.known.square("kappa"), c.q * (1 + c.young) * c.chi),
            (is_["z2"], 1 + 1 / c.young),
        ]
        most = c.q * (1 + c.young) * c.chi * c.kappa**2 + (1 + 1 / c.young) * (paid + c.z2)
        last = (self.known.square("chi"), -1)
        if self.method.accumulator != "adam":
            unit_weight = (self.s.given("schedule_weight"), R**2 / HP.gamma**2 * energy)
            return self.s.combine(goal, unit_weight, *bounded, last)
        unit = R * BETA2_C**HALF / growth
        weight = self.s.combine(  # beta2_c R^2/gamma^2 = growth^2
            eq(BETA2_C * R**2 * HP.gamma**-2, growth**2),
            (self.s.given("schedule_gamma"), -1 * growth**2 * HP.gamma**-2 * (HP.gamma + unit)),
        )
        grown = [(line, growth**2 * m) for line, m in bounded]
        return self.s.combine(goal, (weight, energy), *grown, (self.s.given("decay"), 1 + most), last)
