"""Exact statistics of a Bernoulli count: how often did a run exceed its bound, and what does that prove?

Inputs are integers and rationals, decisions are made by Arb balls or by exact integers, never by floats.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.statistics.detection import critical_count, power, sequential_critical_count, sequential_power
    from verify.statistics.interval import lower_limit, upper_limit
    from verify.statistics.quantile import Band, quantile_band
    from verify.statistics.sequence import excluded, fewest_runs, sequential_limits, sequential_status
    from verify.statistics.verdict import (
        INCONCLUSIVE,
        SUPPORTED,
        VIOLATED,
        attack_status,
        exceedances,
        split_level,
    )

_HOME = {
    "lower_limit": "interval",
    "upper_limit": "interval",
    "critical_count": "detection",
    "power": "detection",
    "sequential_critical_count": "detection",
    "sequential_power": "detection",
    "Band": "quantile",
    "quantile_band": "quantile",
    "excluded": "sequence",
    "fewest_runs": "sequence",
    "sequential_limits": "sequence",
    "sequential_status": "sequence",
    "INCONCLUSIVE": "verdict",
    "SUPPORTED": "verdict",
    "VIOLATED": "verdict",
    "attack_status": "verdict",
    "exceedances": "verdict",
    "split_level": "verdict",
}

__all__ = [
    "INCONCLUSIVE",
    "SUPPORTED",
    "VIOLATED",
    "Band",
    "attack_status",
    "critical_count",
    "exceedances",
    "excluded",
    "fewest_runs",
    "lower_limit",
    "power",
    "quantile_band",
    "sequential_critical_count",
    "sequential_limits",
    "sequential_power",
    "sequential_status",
    "split_level",
    "upper_limit",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
