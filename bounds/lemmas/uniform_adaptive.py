"""The joint budget with an accumulator: a second Freedman inequality bounds the squares that it adds up."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from bounds.lemmas import joint
from bounds.lemmas.budget import A2
from bounds.lemmas.drift import shares
from bounds.lemmas.every_alpha import A, delta
from bounds.lemmas.uniform_freedman import FreedmanSteps
from bounds.lemmas.uniform_joint import JointNumbers, JointSteps
from bounds.lemmas.uniform_steps import Derived
from bounds.methods import Method
from bounds.script import Line
from bounds.terms import Term, eq, le, lt


@dataclass(frozen=True)
class AdaptiveNumbers(JointNumbers):
    """The free parameters of the joint budget with an accumulator (AdaGrad) as numbers."""

    z2: Fraction
    chi: Fraction = Fraction(1)
    young: Fraction = Fraction(1)

    def values(self, method: Method) -> dict[str, Fraction]:
        """The parameters that are defined to be numbers."""
        own = {"z2": self.z2, "chi": self.chi, "young": self.young}
        fall = {"fall": 1 - 1 / self.chi} if shares(method) else {}
        return super().values(method) | own | fall


class AdaptiveSteps(JointSteps, FreedmanSteps):
    """The lines of both; A1 = A2 = ln(2/delta)."""

    def __init__(self, s: Derived, method: Method, c: AdaptiveNumbers) -> None:
        super().__init__(s, method, c)
        self.is_["A2"] = s.given("joint_A2")

    def second_level(self, size: Term) -> tuple[tuple[Line, Term], ...]:
        return ((self.is_["A2"], size),)

    def _confidence(self, goal: Term) -> Line:
        """exp(-A1) + exp(-A2) <= delta/2 + delta/2."""
        s = self.s
        half = s.exp_neg_ln(s.combine(lt(0, 2 / delta)))
        log = half.fact.args[0].args[0]
        same = s.given("confidence"), -1
        parts = (s.exp_mono(s.combine(le(-a, log), (self.is_[k], -1), same)) for k, a in (("A1", joint.A1), ("A2", A2)))
        return s.combine(goal, *parts, (half, 2))


def definitions() -> dict[str, Term]:
    """What is defined besides the numbers of the joint budget."""
    return {"joint_A2": eq(A2, A)}
