"""Checking, evaluating and attacking the bounds of ``bounds``.  Names are loaded when they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_WHERE = {
    "bound": "verify.constants",
    "check_optimizer": "verify.optimizers.check",
    "limit": "verify.constants.steps",
    "schedule": "verify.constants.schedule",
    "posterior": "verify.constants.steps",
    "smallest_steps": "verify.constants.steps",
}
__all__ = ["__version__", *_WHERE]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'verify' has no attribute {name!r}")
