"""The conditions of the non-convex theorem, derived at the numbers of ``uniform_nonconvex``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from bounds.exponents import ALPHA
from bounds.lemmas.below import Delta, L
from bounds.lemmas.every_alpha import DOWN, LEAST, UP, A, Known, inverse_a_le, k_alpha_le, know_range
from bounds.lemmas.uniform_nonconvex import OF_RANGE, PER_STEP, RATE, ROOT2, Numbers, S, epsilon, parts, sigma
from bounds.script import Line, Script
from bounds.setting import BIAS, HALF, HP, K_ALPHA, ONE, TWO, VARIANCE, N
from bounds.terms import Term, eq, le, lt, n, num, par

HALVED = Fraction(1, 2)


class Steps:
    """The lines, in the order in which they are needed; 1/A <= inv."""

    def __init__(self, s: Script, c: Numbers) -> None:
        self.s, self.c, self.inv = s, c, 1 / LEAST
        self.known = Known(s, c.values())
        self.is_ = self.known.is_
        self.first, self.second = parts(c)
        know_range(s)
        self.inverse_a = inverse_a_le(s)
        self.root2 = s.pow_mono(s.combine(le(0, 2)), s.combine(le(2, ROOT2**2)), HALF)  # 2^(1/2) <= ROOT2
        self.small = s.combine(le(c.C1 * L * Delta * A, n(N) * epsilon), (s.given("smooth_part"), n(N)))
        self.root = s.pow_mono(s.combine(le(0, epsilon)), s.given("not_trivial"), HALF)
        self.far, self.inside = self._far(), self._inside()
        self.clipped = self._clipped()
        self.length = self._length()
        self.variance, self.first_variance = self._variance(), self._first_variance()
        self.bias = self._bias()
        self.smooth = s.combine(  # L u <= q
            le(L * HP.gamma, c.size / c.C1 * self.inv),
            (s.given("schedule_gamma"), L),
            (self.small, c.size / c.C1 / (A * n(N) * epsilon)),
            (self.inverse_a, c.size / c.C1),
        )

    def _far(self) -> Line:
        """l2 <= g c2^-3 epsilon^(3/2) N/S^2."""
        s, c, e = self.s, self.c, ONE / RATE
        part = s.given("noise_part")
        power = s.pow_mono(s.combine(le(0, part.fact.args[0])), part, e)
        size = c.g / c.c2**3
        goal = le(self.second, size * epsilon ** (ONE + HALF) / PER_STEP)
        return s.combine(goal, (power, size * epsilon ** (ONE + HALF - e) / PER_STEP))

    def _inside(self) -> Line:
        """l2 <= (g/C3) epsilon N/(A S)."""
        s, e, size = self.s, ONE / OF_RANGE / (ALPHA - ONE) / TWO, self.c.g / self.c.C3 * n(N) / (A * S)
        part = s.given("range_part")
        power = s.pow_mono(s.combine(le(0, part.fact.args[0])), part, e)
        return s.combine(le(self.second, size * epsilon), (power, size * epsilon ** (ONE - e)))

    def _clipped(self) -> Line:
        """sigma^alpha lam^(1-alpha) <= g^(1-alpha) epsilon^(1/2)/c2."""
        s, c, e = self.s, self.c, ALPHA - ONE
        above = s.combine(le(self.second, HP.lam), (s.given("schedule_lam"), -1))
        power = s.pow_mono(s.combine(le(0, self.second)), above, e)
        goal = le(sigma**ALPHA * HP.lam**-e, num(c.g) ** -e * epsilon**HALF / c.c2)
        return s.combine(goal, (power, num(c.g) ** -e * epsilon**HALF / c.c2 * HP.lam**-e))

    def _length(self) -> Line:
        """(L/Delta)^(1/2) u lam A <= t0."""
        s, c = self.s, self.c
        each = c.size * S * A / (n(N) * epsilon)
        return s.combine(
            le((L / Delta) ** HALF * HP.gamma * HP.lam * A, c.t0),
            (s.given("schedule_gamma"), (L / Delta) ** HALF * HP.lam * A),
            (s.given("schedule_lam"), each),
            (self.small, c.size * c.ell / c.C1 / (n(N) * epsilon)),
            (self.inside, each),
        )

    def _variance(self) -> Line:
        """N L u^2 V/Delta <= w."""
        s, c, e = self.s, self.c, TWO - ALPHA
        plus, last, rho2 = num(1 + c.rho) ** e, c.g * (1 + c.rho), par("rho2")
        most, rare, f = max(Fraction(1), last), sigma**ALPHA, c.size**2 * L * Delta / (n(N) * epsilon**2)
        size = s.pow_mono(s.combine(le(0, rho2)), s.combine(le(rho2, 1 + c.rho), self.is_["rho2"]), e)
        above = s.combine(le(self.first, HP.lam), (s.given("schedule_lam"), -1), (s.nonneg(self.second), 1))
        narrow = s.pow_mono(s.combine(lt(0, self.first)), above, ONE - ALPHA)
        early = s.given("early_part")
        twice = early.fact.args[0] + epsilon
        squared = s.combine(le(early.fact.args[0] ** 2, epsilon**2), (early, twice))
        mean = s.combine(
            le(num(last) ** e, most),
            s.amgm(s.combine(le(0, 1)), s.combine(le(0, last)), ALPHA - ONE),
            (s.nonneg(UP), most - 1),
            (s.nonneg(DOWN), most - last),
        )
        unit = c.size * Delta / (n(N) * epsilon)
        steps = s.combine(eq(HP.gamma**2, unit**2), (s.given("schedule_gamma"), HP.gamma + unit))
        return s.combine(
            le(n(N) * L * HP.gamma**2 * VARIANCE / Delta, c.w),
            (steps, n(N) * L * VARIANCE / Delta),
            (size, f * HP.lam**e * rare),
            (s.given("schedule_lam"), f * plus * HP.lam ** (ONE - ALPHA) * rare),
            (narrow, f * plus * rare * self.first),
            (squared, c.size**2 / c.C2**2 / epsilon**2),
            (self.clipped, f * plus * self.second),
            (self.far, f * plus * num(c.g) ** (ONE - ALPHA) * epsilon**HALF / c.c2),
            (mean, c.size**2 / c.C2**2),
        )

    def _first_variance(self) -> Line:
        """A u V/Delta <= first: V <= (1 + rho)^(2-alpha) lam sigma^alpha lam^(1-alpha)."""
        s, c, e, rho2 = self.s, self.c, TWO - ALPHA, par("rho2")
        low, high = 1 + c.rho, 1 / c.g
        most, share = max(low, high), A * HP.gamma * HP.lam / Delta
        size = s.pow_mono(s.combine(le(0, rho2)), s.combine(le(rho2, low), self.is_["rho2"]), e)
        mean = s.combine(
            le(num(high) ** (ALPHA - ONE) * num(low) ** e, most),
            s.amgm(s.combine(le(0, high)), s.combine(le(0, low)), ALPHA - ONE),
            (s.nonneg(UP), most - high),
            (s.nonneg(DOWN), most - low),
        )
        return s.combine(
            le(A * HP.gamma * VARIANCE / Delta, c.first),
            (size, share * HP.lam ** (ONE - ALPHA) * sigma**ALPHA),
            (self.clipped, share * num(low) ** e),
            (mean, share * epsilon**HALF / c.c2),
            (self.root, share * most / c.c2),
            (self.root2, share * most / c.c2 * S),
            (self.length, most * ROOT2 / c.c2),
        )

    def _bias(self) -> Line:
        """B <= bias epsilon^(1/2)."""
        s, c, thin = self.s, self.c, num(1 - self.c.rho)
        rest = s.combine(le(1 - c.rho, par("rho1")), (self.is_["rho1"], -1))
        narrow = s.pow_mono(s.combine(lt(0, 1 - c.rho)), rest, ONE - ALPHA)
        return s.combine(
            le(BIAS, c.bias * epsilon**HALF),
            (narrow, K_ALPHA * HP.lam ** (ONE - ALPHA) * sigma**ALPHA),
            (self.clipped, K_ALPHA * thin ** (ONE - ALPHA)),
            (k_alpha_le(s, 1 / ((1 - c.rho) * c.g), Fraction(1)), epsilon**HALF / c.c2),
        )

    # --- the conditions ---

    def conditions(self, wanted: Mapping[str, Term]) -> dict[str, Line]:
        """All of them; KeyError for one that is not known here."""
        s, is_ = self.s, self.is_
        known = {
            "grad": self._grad,
            "rho_split": lambda goal: s.combine(goal, is_["rho"], is_["rho1"]),
            "rho_plus": lambda goal: s.combine(goal, is_["rho"], (is_["rho2"], -1)),
            "q_small": lambda goal: s.combine(goal, self.smooth),
            "descent": lambda goal: s.combine(goal, is_["a0"], (is_["phi"], HALVED), (self.smooth, HALVED)),
            "freedman1": self._freedman1,
            "freedman2": self._freedman2,
            "budget": self._budget,
        }
        return {name: known[name](goal) for name, goal in wanted.items()}

    def _grad(self, goal: Term) -> Line:
        return self.s.combine(
            goal,
            (self.is_["kappa"], (2 * L * Delta) ** HALF),
            (self.root2, self.c.kappa * S),
            (self.s.given("schedule_lam"), -self.c.rho),
            (self.is_["rho"], -1 * HP.lam),
        )

    def _freedman1(self, goal: Term) -> Line:
        c, is_, kappa, z1, third = self.c, self.is_, par("kappa"), par("z1"), Fraction(4, 3)
        return self.s.combine(
            goal,
            (self.first_variance, 2 * kappa**2 / par("a0")),
            (self.length, third * num(2) ** HALF * kappa * z1),
            (self.root2, third * c.t0 * kappa * z1),
            (self.known.inverse("a0"), 2 * c.first * kappa**2),
            (self.known.square("kappa"), 2 * c.first / c.a0),
            (is_["kappa"], third * c.t0 * ROOT2 * z1),
            (is_["z1"], third * c.t0 * ROOT2 * c.kappa),
            (self.known.square("z1"), -1),
        )

    def _freedman2(self, goal: Term) -> Line:
        s, c, inv, rho2, z2 = self.s, self.c, self.inv, par("rho2"), par("z2")
        path, noise = self.length.fact.args[0], self.variance.fact.args[0]
        squared = s.combine(le(path**2, c.t0**2), (self.length, path + c.t0))
        share = 2 * c.t0**2 * rho2**2 / A
        return s.combine(
            goal,
            (squared, 2 * rho2**2 / A * (noise + z2 / 3)),
            (self.variance, share),
            (self.inverse_a, 2 * c.t0**2 * rho2**2 * (c.w + z2 / 3)),
            (self.known.square("rho2"), 2 * c.t0**2 * inv * (c.w + z2 / 3)),
            (self.is_["z2"], Fraction(2, 3) * c.t0**2 * inv * (1 + c.rho) ** 2),
            (self.known.square("z2"), -1),
        )

    def _budget(self, goal: Term) -> Line:
        s, c, phi = self.s, self.c, par("phi")
        squared = s.combine(le(BIAS**2, c.bias**2 * epsilon), (self.bias, BIAS + c.bias * epsilon**HALF))
        share = n(N) / (2 * phi * Delta)
        return s.combine(
            goal,
            (squared, share * HP.gamma),
            (s.given("schedule_gamma"), share * c.bias**2 * epsilon),
            (self.known.inverse("phi"), c.size * c.bias**2 / 2),
            (self.variance, HALVED),
            self.is_["z1"],
            (self.is_["z2"], HALVED),
            (self.known.square("kappa"), -1),
        )

    def last(self, bound: Line) -> tuple[tuple[Line, Term], ...]:
        """The items that turn mean <= kappa^2 Delta/(a0 N u), times gamma, into mean <= epsilon."""
        share = Delta / n(N)
        return (
            (bound, HP.gamma),
            (self.known.square("kappa"), share / par("a0")),
            (self.known.inverse("a0"), self.c.kappa**2 * share),
            (self.s.given("schedule_gamma"), -1 * epsilon),
        )
