"""The conditions of the convex theorem that no budget changes, derived at the numbers of ``uniform``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bounds.exponents import ALPHA
from bounds.lemmas.descent import total_drift
from bounds.lemmas.every_alpha import LEAST, A, Known, inverse_a_le, know_range
from bounds.lemmas.scheme import L, R
from bounds.lemmas.uniform import Rate, b0, epsilon, growth, largest, sigma
from bounds.methods import Method
from bounds.script import Line, Script
from bounds.setting import HP, ONE, N, largest_stepsize
from bounds.terms import Term, eq, le, n, num, par


class Steps:
    """The lines, in the order in which they are needed; ``u`` is the largest stepsize, 1/A <= g."""

    def __init__(self, s: Script, method: Method, c: Rate) -> None:
        self.s, self.method, self.c = s, method, c
        self.u, self.g, self.level = largest_stepsize(method), 1 / LEAST, c.level * n(N) * epsilon / (R * A)
        self.known = Known(s, c.values(method))
        self.values, self.is_ = self.known.values, self.known.is_
        know_range(s)
        self.inverse_a = inverse_a_le(s)
        self.size = self._size()
        self.length = s.combine(  # u lam = t0 R/A
            eq(self.u * HP.lam, c.t0 * R / A),
            (self.size, self.level),
            (s.given("schedule_lam"), self.u),
        )
        twice = self.u * HP.lam + c.t0 * R / A
        self.squared = s.combine(eq((self.u * HP.lam) ** 2, (c.t0 * R / A) ** 2), (self.length, twice))
        self.small = s.combine(le(c.C1 * L * R**2 * A, n(N) * epsilon), (s.given("smooth_part"), n(N)))
        self.rare = self._rare()
        self.smooth = self._smooth()

    # --- the lines ---

    def _size(self) -> Line:
        """u = (chi kappa^2/2) R^2/(N epsilon)."""
        s, u, gamma = self.s, largest(self.c), self.s.given("schedule_gamma")
        if self.method.accumulator == "adam":
            return s.combine(eq(self.u, u), (gamma, growth / b0), (s.given("schedule_b0"), -1 * u / b0))
        return s.combine(eq(self.u, u), (gamma, num(1) if self.method.accumulator == "none" else b0**-1))

    def _rare(self) -> Line:
        """N sigma^alpha <= y0^alpha A lam^alpha."""
        s, y0 = self.s, self.c.y0
        root = sigma * (n(N) / A) ** (ONE / ALPHA)
        scaled = y0 * self.c.level * n(N) / (R * A)
        line = s.combine(le(root, y0 * HP.lam), (s.given("noise_part"), scaled), (s.given("schedule_lam"), -y0))
        power = s.pow_mono(s.combine(le(0, root)), line, ALPHA)
        return s.combine(le(n(N) * sigma**ALPHA, num(y0) ** ALPHA * A * HP.lam**ALPHA), (power, A))

    def _smooth(self) -> Line:
        """L u <= q."""
        s, c = self.s, self.c
        share = c.chi * c.kappa**2 / (2 * c.C1)
        return s.combine(
            le(L * self.u, c.q),
            (self.size, L),
            (self.small, share / (A * n(N) * epsilon)),
            (self.inverse_a, share),
        )

    # --- the conditions ---

    def conditions(self, wanted: Mapping[str, Term]) -> dict[str, Line]:
        """All of them; KeyError for one that is not known here."""
        known = self.derivable()
        return {name: known[name](goal) for name, goal in wanted.items()}

    def derivable(self) -> dict[str, Callable[[Term], Line]]:
        """What does not depend on the budget."""
        return {
            "grad": self._grad,
            "rho_split": lambda goal: self.s.combine(goal, self.is_["rho"], self.is_["rho1"]),
            "rho_plus": lambda goal: self.s.combine(goal, self.is_["rho"], (self.is_["rho2"], -1)),
            "q_split": lambda goal: self.s.combine(goal, self.smooth, self.is_["q1"]),
        }

    def _grad(self, goal: Term) -> Line:
        c, is_ = self.c, self.is_
        return self.s.combine(
            goal,
            (is_["kappa"], L * R),
            (self.small, c.rho * c.level / (R * A)),
            (self.s.given("schedule_lam"), -c.rho),
            (is_["rho"], -1 * HP.lam),
        )

    def drift(self) -> list[tuple[Line, Term]]:
        """The items that bound 2 u lam/R, less what the stepsizes keep, by a number; none without a drift."""
        if total_drift(self.method) is num(0):
            return []
        share = par("fall") if "fall" in self.values else num(1)
        size = 2 * self.g * self.c.t0
        falls = [(self.is_["fall"], num(size))] if "fall" in self.values else []
        return [(self.length, 2 * share / R), (self.inverse_a, 2 * self.c.t0 * share), *falls]

    def last(self, bound: Line) -> tuple[tuple[Line, Term], ...]:
        """The items that turn gap <= chi kappa^2 R^2/(2 N u), times u, into gap <= epsilon."""
        c, kappa, share = self.c, par("kappa"), R**2 / (2 * n(N))
        chi_is = () if self.method.accumulator == "none" else ((self.is_["chi"], share * kappa**2),)
        return (bound, self.u), *chi_is, (self.known.square("kappa"), c.chi * share), (self.size, -1 * epsilon)
