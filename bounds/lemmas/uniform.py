"""From fixed numbers to the conditions of the convex theorem, for every tail index at once (theory, section 4).

With u = chi kappa^2 R^2/(2 N epsilon) and lam = t0 R/(A u), u lam/R = t0/A; the two conditions on epsilon,

    C1 L R^2 A <= N epsilon,        C2 sigma R (A/N)^((alpha-1)/alpha) <= epsilon,

say that L u A <= chi kappa^2/(2 C1) and N sigma^alpha <= y0^alpha A lam^alpha, y0 = chi kappa^2/(2 t0 C2).  The powers
that depend on alpha are bounded by the weighted inequality of the means, x^(alpha-1) z^(2-alpha) <= (alpha-1) x +
(2-alpha) z, and by k_alpha <= 1/alpha <= (3-alpha)/2; then alpha, A and N are gone and numbers are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from bounds.exponents import ALPHA
from bounds.lemmas.scheme import L, R
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import BIAS, HP, ONE, TWO, VARIANCE, N, largest_stepsize
from bounds.statement import Statement
from bounds.terms import Term, eq, le, lt, n, num, par

A, delta, epsilon, sigma = (par(k) for k in ("A", "delta", "epsilon", "sigma"))
FROM_LN = Fraction(1, 2)  # A = ln(2/delta) >= 1/2
RATE = (ALPHA - ONE) / ALPHA
UP, DOWN = par("alpha") - 1, 2 - par("alpha")


@dataclass(frozen=True)
class Numbers:
    """The free parameters of the convex theorem as numbers; rho1 = 1 - rho, rho2 = 1 + rho, q1 = 1 - chi kappa^2/C1."""

    kappa: Fraction
    rho: Fraction
    t0: Fraction
    C1: Fraction
    C2: Fraction
    z1: Fraction
    z2: Fraction
    chi: Fraction = Fraction(1)
    young: Fraction = Fraction(1)

    @property
    def y0(self) -> Fraction:
        return self.chi * self.kappa**2 / (2 * self.t0 * self.C2)

    @property
    def level(self) -> Fraction:
        """lam = level N epsilon/(R A)."""
        return 2 * self.t0 / (self.chi * self.kappa**2)

    @property
    def q(self) -> Fraction:
        """L u <= q."""
        return self.chi * self.kappa**2 / (2 * self.C1 * FROM_LN)

    def values(self, method: Method) -> dict[str, Fraction]:
        """The parameters that are defined to be numbers."""
        out = {"kappa": self.kappa, "rho": self.rho, "rho1": 1 - self.rho, "rho2": 1 + self.rho}
        out |= {"q1": 1 - self.q, "z1": self.z1, "z2": self.z2}
        if method.accumulator != "none":
            out |= {"chi": self.chi, "young": self.young}
            out |= {} if method.delayed else {"fall": 1 - 1 / self.chi}
        return out


def schedule(method: Method, c: Numbers) -> dict[str, Term]:
    """Definitions: gamma and lam (and eta) from epsilon."""
    u = c.chi * c.kappa**2 / 2 * R**2 / (n(N) * epsilon)
    out = {"schedule_gamma": eq(HP.gamma, u if method.accumulator == "none" else par("b0") * u)}
    out["schedule_lam"] = eq(HP.lam, c.level * n(N) * epsilon / (R * A))
    if method.accumulator != "none":
        out["schedule_weight"] = eq(HP.eta, HP.gamma**2 / R**2)
    return out


def conditions(c: Numbers) -> dict[str, Term]:
    """What epsilon has to satisfy."""
    return {
        "smooth_part": le(c.C1 * L * R**2 * A / n(N), epsilon),
        "noise_part": le(c.C2 * sigma * R * (A / n(N)) ** RATE, epsilon),
    }


class Derived(Script):
    """A script whose ``given`` also knows the ``wanted`` conditions of the convex theorem (Freedman budget), derived
    from those of the statement."""

    def __init__(self, statement: Statement, method: Method, c: Numbers, wanted: Mapping[str, Term]) -> None:
        super().__init__(statement)
        self._derived: dict[str, Line] = {}
        self._derived = _Derivation(self, method, c).conditions(wanted)

    def given(self, name: str) -> Line:
        return self._derived[name] if name in self._derived else super().given(name)


class _Derivation:
    """The lines, in the order in which they are needed; ``u`` is the largest stepsize, 1/A <= g."""

    def __init__(self, s: Derived, method: Method, c: Numbers) -> None:
        self.s, self.method, self.c, self.values = s, method, c, c.values(method)
        self.u, self.g, self.level = largest_stepsize(method), 1 / FROM_LN, c.level * n(N) * epsilon / (R * A)
        self.per_b0 = num(1) if method.accumulator == "none" else par("b0") ** -1
        self.is_ = {name: s.given(f"{name}_is") for name in self.values}
        s.know(s.combine(le(0, UP), s.given("alpha_range_low")))
        s.know(s.combine(le(0, DOWN), s.given("alpha_range_high")))
        self.inverse_a = self._inverse_a()
        self.length = s.combine(  # u lam = t0 R/A
            eq(self.u * HP.lam, c.t0 * R / A),
            (s.given("schedule_gamma"), self.level * self.per_b0),
            (s.given("schedule_lam"), self.u),
        )
        twice = self.u * HP.lam + c.t0 * R / A
        self.squared = s.combine(eq((self.u * HP.lam) ** 2, (c.t0 * R / A) ** 2), (self.length, twice))
        self.small = s.combine(le(c.C1 * L * R**2 * A, n(N) * epsilon), (s.given("smooth_part"), n(N)))
        self.rare = self._rare()
        self.W, self.variance = self._variance()
        self.G, self.bias = self._bias()
        self.smooth = self._smooth()

    # --- a parameter that is a number ---

    def square(self, name: str) -> Line:
        """name^2 = its number^2."""
        value = self.values[name]
        return self.s.combine(eq(par(name) ** 2, value**2), (self.is_[name], par(name) + value))

    def inverse(self, name: str) -> Line:
        """1/name = 1/its number."""
        value = self.values[name]
        return self.s.combine(eq(par(name) ** -1, 1 / value), (self.is_[name], -1 * par(name) ** -1 / value))

    # --- the lines ---

    def _inverse_a(self) -> Line:
        """1/A <= g: 1 - A <= exp(-A) = delta/2 < 1/2."""
        s = self.s
        half = s.exp_neg_ln(s.combine(lt(0, 2 / delta)))
        small = s.exp_mono(s.combine(le(-A, half.fact.args[0].args[0]), (s.given("confidence"), -1)))
        tangent = s.exp_tangent(-A)
        large = s.combine(le(FROM_LN, A), tangent, small, half, (s.given("delta_range"), Fraction(1, 2)))
        return s.combine(le(A**-1, self.g), (large, self.g * A**-1))

    def _rare(self) -> Line:
        """N sigma^alpha <= y0^alpha A lam^alpha."""
        s, y0 = self.s, self.c.y0
        root = sigma * (n(N) / A) ** (ONE / ALPHA)
        scaled = y0 * self.c.level * n(N) / (R * A)
        line = s.combine(le(root, y0 * HP.lam), (s.given("noise_part"), scaled), (s.given("schedule_lam"), -y0))
        power = s.pow_mono(s.combine(le(0, root)), line, ALPHA)
        return s.combine(le(n(N) * sigma**ALPHA, num(y0) ** ALPHA * A * HP.lam**ALPHA), (power, A))

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
        """G, the largest Bernstein coefficient of (3-alpha)/2 ((alpha-1) a + (2-alpha) b), a = y0^2/(1-rho), b = y0,
        and N u B/R <= t0 G."""
        s, c, e = self.s, self.c, ALPHA - ONE
        a, b, power = c.y0**2 / (1 - c.rho), c.y0, num(c.y0) ** ALPHA
        first, mixed, last = b, (a + b / 2) / 2, a / 2
        bound = max(first, mixed, last)
        alpha, alpha_m1, rho1 = par("alpha"), par("alpha_m1"), par("rho1")
        high, low = s.nonneg(UP), s.nonneg(DOWN)
        nearly = s.combine(le(alpha_m1, alpha), s.given("alpha_minus_one"))
        root = s.pow_mono(s.combine(le(0, alpha_m1)), nearly, e)  # k_alpha <= 1/alpha
        half = s.combine(le(0, DOWN / 2), (low, Fraction(1, 2)))
        inverse = s.combine(le(alpha**-1, (3 - alpha) / 2), (high, DOWN / 2, half), scale=(alpha, None))
        mean = s.amgm(s.combine(le(0, a)), s.combine(le(0, b)), e)
        rest = s.combine(le(1 - c.rho, rho1), (self.is_["rho1"], -1))
        clipped = s.pow_mono(s.combine(lt(0, 1 - c.rho)), rest, ONE - ALPHA)
        chord = UP * a + DOWN * b
        positive = s.combine(le(0, chord * c.t0), (high, a * c.t0), (low, b * c.t0))
        cross = 2 * (bound - mixed) * DOWN
        top = s.combine(
            le((3 - alpha) / 2 * chord, bound),
            (high, cross, s.combine(le(0, cross), (low, 2 * (bound - mixed)))),
            squares=((bound - first, DOWN), (bound - last, UP)),
        )
        k_alpha, thinner = alpha_m1**e * alpha**-ALPHA, rho1 ** (ONE - ALPHA)
        line = s.combine(
            le(n(N) * self.u * BIAS / R, c.t0 * bound),
            (self.rare, self.u * k_alpha * thinner * HP.lam ** (ONE - ALPHA) / R),
            (self.length, power * A * k_alpha * thinner / R),
            (root, alpha**-ALPHA * thinner * power * c.t0),
            (clipped, alpha**-1 * power * c.t0),
            (mean, alpha**-1 * c.t0),
            (inverse, chord * c.t0, positive),
            (top, c.t0),
        )
        return bound, line

    def _smooth(self) -> Line:
        """L u <= q."""
        s, c = self.s, self.c
        share = c.chi * c.kappa**2 / (2 * c.C1)
        return s.combine(
            le(L * self.u, c.q),
            (s.given("schedule_gamma"), L * self.per_b0),
            (self.small, share / (A * n(N) * epsilon)),
            (self.inverse_a, share),
        )

    # --- the conditions ---

    def conditions(self, wanted: Mapping[str, Term]) -> dict[str, Line]:
        """All of them; KeyError for one that is not known here."""
        known = {
            "grad": self._grad,
            "rho_split": lambda goal: self.s.combine(goal, self.is_["rho"], self.is_["rho1"]),
            "rho_plus": lambda goal: self.s.combine(goal, self.is_["rho"], (self.is_["rho2"], -1)),
            "q_split": lambda goal: self.s.combine(goal, self.smooth, self.is_["q1"]),
            "freedman1": self._freedman1,
            "freedman2": self._freedman2,
            "budget": self._budget,
            "chi": self._chi,
            "fall": lambda goal: self.s.combine(goal, (self.is_["fall"], -1), (self.inverse("chi"), -1)),
        }
        return {name: known[name](goal) for name, goal in wanted.items()}

    def _grad(self, goal: Term) -> Line:
        c, is_ = self.c, self.is_
        return self.s.combine(
            goal,
            (is_["kappa"], L * R),
            (self.small, c.rho * c.level / (R * A)),
            (self.s.given("schedule_lam"), -c.rho),
            (is_["rho"], -1 * HP.lam),
        )

    def _freedman1(self, goal: Term) -> Line:
        c, is_ = self.c, self.is_
        kappa, z1, third = par("kappa"), par("z1"), Fraction(8, 3)
        return self.s.combine(
            goal,
            (self.variance, 8 * A * kappa**2),
            (self.length, third * kappa * z1 * A / R),
            (self.square("kappa"), 8 * self.W * c.t0**2),
            (is_["kappa"], third * c.t0 * z1),
            (is_["z1"], third * c.t0 * c.kappa),
            (self.square("z1"), -1),
        )

    def _freedman2(self, goal: Term) -> Line:
        c, g, w = self.c, self.g, self.W
        rho2, z2, third = par("rho2"), par("z2"), Fraction(1, 3)
        noise = n(N) * self.u**2 * VARIANCE / R**2
        return self.s.combine(
            goal,
            (self.squared, 2 * A * rho2**2 / R**2 * (noise + third * z2)),
            (self.variance, 2 * c.t0**2 * rho2**2 / A),
            (self.inverse_a, 2 * c.t0**4 * w * rho2**2 / A),
            (self.inverse_a, rho2**2 * (2 * g * c.t0**4 * w + 2 * third * c.t0**2 * z2)),
            (self.square("rho2"), 2 * g**2 * c.t0**4 * w + 2 * g * third * c.t0**2 * z2),
            (self.is_["z2"], 2 * g * third * c.t0**2 * (1 + c.rho) ** 2),
            (self.square("z2"), -1),
        )

    def _budget(self, goal: Term) -> Line:
        c, g, is_ = self.c, self.g, self.is_
        kappa, q1 = par("kappa"), par("q1")
        items = [
            (self.bias, 2 * kappa),
            (self.variance, q1**-1),
            (self.inverse_a, self.W * c.t0**2 * q1**-1),
            (is_["z2"], q1**-1),
            (self.inverse("q1"), g * self.W * c.t0**2 + c.z2),
            (is_["z1"], num(1)),
        ]
        factor = self.G
        if "fall" in self.values:  # the drift 2 kappa u lam fall/R
            fall = self.values["fall"]
            items += [
                (self.length, 2 * kappa * par("fall") / R),
                (self.inverse_a, 2 * c.t0 * kappa * par("fall")),
                (is_["fall"], 2 * g * c.t0 * kappa),
            ]
            factor += g * fall
        return self.s.combine(goal, *items, (is_["kappa"], 2 * c.t0 * factor), (self.square("kappa"), -1))

    def _chi(self, goal: Term) -> Line:
        c, g, is_ = self.c, self.g, self.is_
        chi, young, kappa, z2 = (par(k) for k in ("chi", "young", "kappa", "z2"))
        noise = n(N) * self.u**2 * VARIANCE / R**2
        energy = (1 + young) * chi * L * self.u * kappa**2 + (1 + 1 / young) * (noise + z2)
        paid = g * self.W * c.t0**2
        return self.s.combine(
            goal,
            (self.s.given("schedule_weight"), R**2 / HP.gamma**2 * energy),
            (self.smooth, (1 + young) * chi * kappa**2),
            (self.variance, 1 + 1 / young),
            (self.inverse_a, (1 + 1 / young) * self.W * c.t0**2),
            (is_["young"], c.q * chi * kappa**2),
            (self.inverse("young"), paid + z2),
            (is_["chi"], c.q * (1 + c.young) * kappa**2),
            (self.square("kappa"), c.q * (1 + c.young) * c.chi),
            (is_["z2"], 1 + 1 / c.young),
            (self.square("chi"), -1),
        )


def at_the_numbers(s: Derived, method: Method, c: Numbers, last: Line) -> tuple[tuple[Line, Term], ...]:
    """The items that turn gap <= chi kappa^2 R^2/(2 N u), times gamma, into gap <= epsilon."""
    b0 = num(1) if method.accumulator == "none" else par("b0")
    kappa, size = par("kappa"), b0 * R**2 / (2 * n(N))
    chi_is = () if method.accumulator == "none" else ((s.given("chi_is"), size * kappa**2),)
    return (
        (last, HP.gamma),
        *chi_is,
        (s.given("kappa_is"), c.chi * size * (kappa + c.kappa)),
        (s.given("schedule_gamma"), -1 * epsilon),
    )
