"""Failure probabilities and quantiles far beyond the number of trajectories, with a guarantee that assumes nothing.

The noise of a run is cut into strata by how large its largest draws are and how many of them there are (``strata``).
Their probabilities are known exactly, each is sampled exactly (``planned``), and the limits of all of them together
(``limits``) hold whatever the method does.  ``failure`` and ``quantiles`` are what one calls (``estimate``).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.rare.case import Case
    from verify.rare.estimate import Failure, Quantile, failure, quantiles

_HOME = {"Case": "case", "Failure": "estimate", "Quantile": "estimate", "failure": "estimate", "quantiles": "estimate"}
__all__ = ["Case", "Failure", "Quantile", "failure", "quantiles"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
