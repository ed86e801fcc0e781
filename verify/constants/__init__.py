"""Bounds at given numbers: good constants are searched, then certified in balls.

>>> import verify
>>> b = verify.bound("convex-clip-sgd", alpha="1.5", delta="0.01", N=10_000)
>>> b.upper[:8], b.vacuous, b.proof.axioms
('0.203985', False, ('ville',))
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from verify.constants.inputs import BadInput
from verify.constants.question import MATCHED, REWEIGHTED, question

if TYPE_CHECKING:
    from bounds.statement import Statement
    from verify.constants.certify import Certified
    from verify.decimals import Enclosure
    from verify.kernel.replay import Replay

__all__ = ["MATCHED", "REWEIGHTED", "BadInput", "Bound", "NoBound", "bound"]

VACUOUS = Fraction(9, 10)  # of the trivial bound
FORGOTTEN = 100  # N (1 - beta2), which is 1 as a rule


class NoBound(ValueError):
    """No choice of the free parameters was certified at these numbers."""


@dataclass(frozen=True)
class Bound:
    """A proved theorem at certified numbers: f(xbar) - f* <= bound with probability >= 1 - delta.

    For a non-convex theorem it is the weighted mean of ||grad f(x_t)||^2 that is bounded.  Decimal strings are rounded
    outward; ``parameters`` are exact (tau, q and u follow from the others), ``enclosures`` hold what is not rational.
    ``vacuous``: the bound exceeds 9/10 of the trivial one, L R^2/2, or 2 L Delta >= ||grad f(x_0)||^2.
    """

    theorem: str
    variant: str
    lower: str
    upper: str
    trivial_lower: str
    trivial_upper: str
    vacuous: bool
    parameters: Mapping[str, Fraction]
    enclosures: Mapping[str, Enclosure]
    proof: Replay = field(repr=False)
    certificate: Mapping[str, Any] = field(repr=False)

    @property
    def lower_exact(self) -> Fraction:
        """``lower`` as a rational."""
        return Fraction(self.lower)

    @property
    def upper_exact(self) -> Fraction:
        """``upper`` as a rational."""
        return Fraction(self.upper)


def bound(theorem: str | Statement, *, variant: str | None = None, **numbers: Any) -> Bound:
    """The certified bound of a theorem at exact numbers (int, Fraction, or a string such as "1.5" or "3/2").

    ``numbers``: alpha, delta, N, and where they are not 1: L, R, sigma, delay; ``Delta`` >= f(x_0) - inf f for a
    non-convex theorem, which has no R; ``beta1`` (0); ``beta2`` of an Adam-type method (1 - 1/N); ``b0``, a number or
    "matched": 1, and for an Adam-type method as in ``parameters.matched``; ``eta``, a number or "reweighted":
    (gamma/R)^2, for a non-convex theorem L gamma^2/Delta.  What a theorem does not speak about is ignored, except
    ``beta1``.  Without a ``variant`` all variants about this ``beta1`` (none with bias correction) are tried and the
    smallest certified bound is returned.  ``theorem`` is an id, a ``Statement`` identical to the library's own, or the
    name of a method: its convex theorem, or with ``Delta`` its non-convex one.  Raises ``BadInput``, ``TypeError``
    (a float), ``bounds.UnknownTheorem``, ``NoBound``, and ``verify.kernel.replay.Refused`` if the proof does not check.
    """
    asked = question(theorem, variant, **numbers)
    tried: list[tuple[Certified, Replay]] = []
    failures: dict[str, list[str]] = {}
    for name in asked.variants:
        statement, proof = proved(asked.theorem, name)
        try:
            tried.append((_certified(statement, asked.values(statement)), proof))
        except NoBound as error:
            failures.setdefault(str(error), []).append(name)
    if not tried:
        told = (
            f"{asked.theorem} ({', '.join(names)}): no bound at these numbers: {why}" for why, names in failures.items()
        )
        raise NoBound("; ".join(told))
    return _record(*min(tried, key=lambda found: found[0].upper))


@cache
def proved(theorem_id: str, variant: str) -> tuple[Statement, Replay]:
    """The statement of a theorem with the replay of its proof, once per process."""
    from verify.prove import prove

    replay = prove(theorem_id, variant).replay
    return replay.statement, replay


def _certified(statement: Statement, values: dict[str, Fraction]) -> Certified:
    """The best point that certifies; a point that does not is never reported.  Raises ``NoBound`` with the reason."""
    from verify.constants.certify import NotCertified, certify
    from verify.constants.needs import unmet
    from verify.constants.parameters import candidates

    if why := unmet(statement, values):
        raise NoBound(why)
    reason = "the search found nothing to try"
    try:
        for free in candidates(statement, values):
            try:
                return certify(statement, values | free)
            except NotCertified as error:
                reason = str(error)
    except (ArithmeticError, ValueError) as error:
        reason = _forgotten(values) or f"{reason}; the search ended ({error})"
    raise NoBound(reason)


def _forgotten(values: Mapping[str, Fraction]) -> str:
    """Why an Adam-type bound, which has the factor beta2^(-N/2), is out of reach; empty if it need not be."""
    times = values["N"] * (1 - values["beta2"]) if "beta2" in values else 0
    return f"beta2^(-N/2) exceeds e^{math.floor(times / 2)}; try beta2 near 1 - 1/N" * (times > FORGOTTEN)


def trivial_bound(values: Mapping[str, Fraction]) -> Fraction:
    """What holds at x_0: f - f* <= L R^2/2; where f need not be convex, ||grad f||^2 <= 2 L Delta."""
    return 2 * values["L"] * values["Delta"] if "Delta" in values else values["L"] * values["R"] ** 2 / 2


def _record(found: Certified, proof: Replay) -> Bound:
    from verify.constants.certify import certificate
    from verify.decimals import finite, outward

    values = dict(found.values)
    trivial = trivial_bound(values)
    derived: dict[str, Fraction] = {}
    if "beta2" not in values:  # with Adam-type accumulators u is not rational
        u = values["gamma"] / values.get("b0", Fraction(1))
        derived = {"u": u, "q": values["L"] * u}
        if "R" in values:
            derived["tau"] = u * values["lam"] / values["R"]
    around = outward(trivial, trivial)
    return Bound(
        theorem=found.statement.id,
        variant=found.statement.variant,
        lower=finite(found.lower),
        upper=finite(found.upper),
        trivial_lower=around.lower,
        trivial_upper=around.upper,
        vacuous=found.upper > VACUOUS * trivial,
        parameters=values | derived,
        enclosures={name: outward(*ends) for name, ends in found.defined.items()},
        proof=proof,
        certificate=certificate(found),
    )
