"""Simulation of the methods of ``bounds.methods`` on the instances of ``counterexamples``.

``simulate`` runs many independent trajectories; the result depends on the seed only, bit for bit, and not
on block size, batch size or number of workers.  Heavy modules are loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.simulate.engine import simulate
    from verify.simulate.own import OwnStep
    from verify.simulate.records import HyperParameters, Result

__all__ = ["HyperParameters", "OwnStep", "Result", "simulate"]

_HOME = {"HyperParameters": "records", "OwnStep": "own", "Result": "records", "simulate": "engine"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
