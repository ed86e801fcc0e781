"""Somebody's own optimizer: what it does, and whether it survives heavy-tailed noise.  Names are loaded when used.

>>> from verify.optimizers import ClipAdaGradNorm, ClipAdamNorm, ClipSGD  # needs torch
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "ClipAdaGradNorm": "verify.optimizers.reference",
    "ClipAdamNorm": "verify.optimizers.reference",
    "ClipSGD": "verify.optimizers.reference",
}


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'verify.optimizers' has no attribute {name!r}")
