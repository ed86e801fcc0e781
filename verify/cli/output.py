"""What every command prints: JSON objects on stdout, notes on stderr."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

SCHEMA_VERSION = 1


def print_json(obj: Mapping[str, Any]) -> None:
    """One object with sorted keys and a schema version."""
    click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **obj}, sort_keys=True, indent=2))


def note(line: str) -> None:
    """A line on stderr."""
    click.echo(f"verify: {line}", err=True)


def provenance(**more: Any) -> dict[str, Any]:
    """The versions of everything that computes, and whatever else reproduces the result."""
    from verify import __version__

    found = {"python": platform.python_version(), "tailcert": __version__}
    for package in ("python-flint", "numpy", "numba", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return {"versions": found, "platform": sys.platform, **more}
