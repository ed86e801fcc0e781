"""The joint budget with an accumulator: a second Freedman inequality bounds the squares that it adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from bounds.exponents import ALPHA
from bounds.lemmas import joint
from bounds.lemmas.adam import BETA2_C
from bounds.lemmas.budget import A2
from bounds.lemmas.drift import shares
from bounds.lemmas.every_alpha import A, delta
from bounds.lemmas.rounding import up
from bounds.lemmas.scheme import L, R
from bounds.lemmas.uniform import growth
from bounds.lemmas.uniform_joint import JointNumbers, JointSteps
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HALF, HP, ONE, TWO, VARIANCE, N
from bounds.terms import Term, eq, le, lt, n, num, par


@dataclass(frozen=True)
class AdaptiveNumbers(JointNumbers):
    """The free parameters of the joint budget with an accumulator as numbers; A1 = A2 = ln(2/delta)."""

    z2: Fraction
    chi: Fraction = Fraction(1)
    young: Fraction = Fraction(1)
    grown: Fraction | None = None  # Adam: growth^2 <= grown

    @property
    def W(self) -> Fraction:
        """N u^2 V/R^2 <= W t0^2/A."""
        return up(max(self.y0**2, (1 + self.rho) * self.y0))

    def values(self, method: Method) -> dict[str, Fraction]:
        """The parameters that are defined to be numbers."""
        own = {"z2": self.z2, "chi": self.chi, "young": self.young}
        fall = {"fall": 1 - 1 / self.chi} if shares(method) else {}
        return super().values(method) | own | fall

    def definitions(self) -> dict[str, Term]:
        """The other free parameters."""
        return super().definitions() | {"joint_A2": eq(A2, A)}

    def conditions(self) -> dict[str, Term]:
        """How far an accumulator may decay."""
        return {} if self.grown is None else {"decay": le(growth**2, self.grown)}


class AdaptiveSteps(JointSteps):
    """The lines of the joint budget, and what an accumulator needs."""

    def __init__(self, s: Script, method: Method, c: AdaptiveNumbers) -> None:
        super().__init__(s, method, c)
        self.is_["A2"] = s.given("joint_A2")
        self.variance = self._variance()

    def derivable(self) -> dict[str, Callable[[Term], Line]]:
        """The premises on the accumulator, too."""
        return super().derivable() | {
            "freedman2": self._freedman2,
            "chi": self._chi,
            "fall": lambda goal: self.s.combine(goal, (self.is_["fall"], -1), (self.known.inverse("chi"), -1)),
        }

    def _variance(self) -> Line:
        """N u^2 V/R^2 <= W t0^2/A."""
        s, c, e = self.s, self.c, TWO - ALPHA
        rho2, power, plus = par("rho2"), num(c.y0) ** ALPHA, num(1 + c.rho)
        first, second = c.y0**2, (1 + c.rho) * c.y0
        bound = c.W
        mean = s.combine(
            le(plus**e * power, bound),
            s.amgm(s.combine(le(0, first)), s.combine(le(0, second)), ALPHA - ONE),
            (s.given("alpha_range_high"), bound - second),
            (s.given("alpha_range_low"), bound - first),
        )
        size = s.pow_mono(s.combine(le(0, rho2)), s.combine(le(rho2, plus), self.is_["rho2"]), e)
        return s.combine(
            le(n(N) * self.u**2 * VARIANCE / R**2, bound * c.t0**2 / A),
            (self.rare, self.u**2 * rho2**e * HP.lam**e / R**2),
            (self.squared, power * A * rho2**e / R**2),
            (size, power * c.t0**2 / A),
            (mean, c.t0**2 / A),
        )

    def _freedman2(self, goal: Term) -> Line:
        c, g, w = self.c, self.g, self.c.W
        rho2, z2, third = par("rho2"), par("z2"), Fraction(1, 3)
        noise = n(N) * self.u**2 * VARIANCE / R**2
        return self.s.combine(
            goal,
            (self.is_["A2"], 2 * rho2**2 * (self.u * HP.lam) ** 2 / R**2 * (noise + third * z2)),
            (self.squared, 2 * A * rho2**2 / R**2 * (noise + third * z2)),
            (self.variance, 2 * c.t0**2 * rho2**2 / A),
            (self.inverse_a, 2 * c.t0**4 * w * rho2**2 / A),
            (self.inverse_a, rho2**2 * (2 * g * c.t0**4 * w + 2 * third * c.t0**2 * z2)),
            (self.known.square("rho2"), 2 * g**2 * c.t0**4 * w + 2 * g * third * c.t0**2 * z2),
            (self.is_["z2"], 2 * g * third * c.t0**2 * (1 + c.rho) ** 2),
            (self.known.square("z2"), -1),
        )

    def _chi(self, goal: Term) -> Line:
        c, g, is_ = self.c, self.g, self.is_
        chi, young, kappa, z2 = (par(k) for k in ("chi", "young", "kappa", "z2"))
        noise = n(N) * self.u**2 * VARIANCE / R**2
        energy = (1 + young) * chi * L * self.u * kappa**2 + (1 + 1 / young) * (noise + z2)
        paid = g * self.c.W * c.t0**2
        bounded = [
            (self.smooth, (1 + young) * chi * kappa**2),
            (self.variance, 1 + 1 / young),
            (self.inverse_a, (1 + 1 / young) * self.c.W * c.t0**2),
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

    def _confidence(self, goal: Term) -> Line:
        """exp(-A1) + exp(-A2) <= delta/2 + delta/2."""
        s = self.s
        half = s.exp_neg_ln(s.combine(lt(0, 2 / delta)))
        log = half.fact.args[0].args[0]
        same = s.given("confidence"), -1
        parts = (s.exp_mono(s.combine(le(-a, log), (self.is_[k], -1), same)) for k, a in (("A1", joint.A1), ("A2", A2)))
        return s.combine(goal, *parts, (half, 2))
