"""The result of ``bound-check`` as one JSON-ready record: integers and strings only, no floats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from verify.attack import Attack, Twin
from verify.decimals import decimal, plain, shown
from verify.simulate.metric import Metric
from verify.statistics import Band

DIGITS = 12
VACUOUS = Fraction(9, 10)  # of the trivial bound


@dataclass(frozen=True)
class Finding:
    """What was found about one theorem; ``bound`` is None if no parameters could be certified."""

    theorem: str
    variant: str
    metric: Metric
    proof: Mapping[str, Any]
    bound: tuple[Fraction, Fraction] | None
    trivial: Fraction
    parameters: Mapping[str, Fraction]
    attacks: Sequence[Attack]
    certificate: str = ""  # digest of the numerical certificate
    note: str = ""  # why something is missing

    @property
    def vacuous(self) -> bool:
        return self.bound is None or self.bound[1] > VACUOUS * self.trivial


def finding(f: Finding) -> dict[str, Any]:
    """One entry of "theorems"."""
    return {
        "id": f.theorem,
        "variant": f.variant,
        "metric": f.metric,
        "proof": dict(f.proof),
        "bound": None if f.bound is None else enclosure(*f.bound),
        "trivial_bound": enclosure(f.trivial, f.trivial),
        "vacuous": f.vacuous,
        "certificate_sha256": f.certificate or None,
        "parameters": {k: plain(v) for k, v in f.parameters.items()},
        "attacks": [attack(a) for a in f.attacks],
        "note": f.note,
    }


def attack(a: Attack) -> dict[str, Any]:
    """One entry of "attacks"."""
    low, high = a.violation_rate
    return {
        "problem": a.problem,
        "noise": a.noise,
        "noise_moment_upper": decimal(a.drawn.moment, DIGITS, up=True),
        "noise_mean_upper": decimal(a.drawn.mean, 2, up=True),
        "noise_distance_upper": decimal(a.distance, 2, up=True),
        "engine": a.engine,
        "runs": a.runs,
        "violations": a.violations,
        "violation_rate_lower": decimal(low, DIGITS, up=False),
        "violation_rate_upper": decimal(high, DIGITS, up=True),
        "status": a.status,
        "nonfinite": a.nonfinite,
        "quantile": band(a.quantile),
        "tightness": None if a.tightness is None else statistic(a.tightness),
        "unclipped": None if a.twin is None else twin(a.twin),
    }


def twin(t: Twin) -> dict[str, Any]:
    """The unclipped method on the same instance."""
    return {"runs": t.runs, "violations": t.violations, "quantile": band(t.quantile)}


def enclosure(low: Fraction, high: Fraction) -> dict[str, str]:
    """Two decimals with low and high between them."""
    return {"lower": decimal(low, DIGITS, up=False), "upper": decimal(high, DIGITS, up=True)}


def band(b: Band | None) -> dict[str, str] | None:
    """A quantile with its distribution-free confidence band."""
    if b is None:
        return None
    return {
        "lower": shown(b.lower, 7, up=False),
        "estimate": statistic(b.estimate),
        "upper": shown(b.upper, 7, up=True),
    }


def statistic(x: float) -> str:
    """A simulated number: "inf", "-inf" or seven digits."""
    return repr(x) if math.isinf(x) else f"{x:.7g}"
