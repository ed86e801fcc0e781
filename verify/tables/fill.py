"""Making a table: the grid, and the certified bound of each cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from verify import __version__
from verify.constants import BadInput, Bound, NoBound, bound
from verify.decimals import plain
from verify.kernel.replay import Refused
from verify.tables.numbers import count, printed
from verify.tables.record import FORGETTING, FORMAT, MISSING, where

REFUTED = "REFUTED "  # begins the reason of a cell whose proof is refused
Place = tuple[str, Fraction, int, Fraction, Fraction, int]


@dataclass(frozen=True)
class Grid:
    """The cells of a table and the numbers they share; in a fixed order."""

    theorem: tuple[str, ...]
    beta1: tuple[Fraction, ...]
    delay: tuple[int, ...]
    alpha: tuple[Fraction, ...]
    delta: tuple[Fraction, ...]
    N: tuple[int, ...]
    settings: Mapping[str, Fraction | int | str]
    digits: int

    @property
    def cells(self) -> list[Place]:
        return list(product(self.theorem, self.beta1, self.delay, self.alpha, self.delta, self.N))

    @property
    def axes(self) -> dict[str, list[Any]]:
        """What the cells run through, exact numbers as strings."""
        exact = {"beta1": self.beta1, "alpha": self.alpha, "delta": self.delta}
        whole: dict[str, list[Any]] = {"theorem": list(self.theorem), "delay": list(self.delay), "N": list(self.N)}
        return whole | {name: [plain(x) for x in values] for name, values in exact.items()}

    @property
    def command(self) -> str:
        """A command line that makes this table again."""
        lists = {"alpha": map(plain, self.alpha), "delta": map(plain, self.delta), "steps": map(count, self.N)}
        lists |= {"beta1": map(plain, self.beta1), "delay": map(str, self.delay)}
        words = [f"--{name} {','.join(x)}" for name, x in lists.items()]
        words += [f"--theorem {theorem}" for theorem in self.theorem]
        words += [f"--{name} {x}" for name, x in written(self.settings).items()]
        return " ".join(["verify table", *words, f"--digits {self.digits}"])


def written(settings: Mapping[str, Fraction | int | str]) -> dict[str, str]:
    """Exact numbers as strings."""
    return {name: x if isinstance(x, str) else plain(Fraction(x)) for name, x in settings.items()}


def fill(grid: Grid, progress: Callable[[int, int, str], None]) -> dict[str, Any]:
    """The record of a table (format tailcert-table/1); ``progress`` is told (done, all, cell).

    Raises ``BadInput`` where no theorem speaks about any cell.
    """
    found: list[Bound | str] = []
    unfit: list[str] = []
    for k, (theorem, beta1, delay, alpha, delta, n) in enumerate(grid.cells):
        progress(k, len(grid.cells), f"{theorem}, alpha {plain(alpha)}, delta {plain(delta)}, N {n}")
        numbers: dict[str, Any] = dict(grid.settings)
        numbers |= {"beta1": beta1, "delay": delay, "alpha": alpha, "delta": delta, "N": n}
        numbers["beta2"] = None if numbers["beta2"] == FORGETTING else numbers["beta2"]
        try:
            found.append(attempt(theorem, **numbers))
        except BadInput as error:  # no theorem speaks about these numbers
            unfit.append(str(error))
            found.append(unfit[-1])
    if len(unfit) == len(grid.cells):
        raise BadInput(unfit[0])
    return {
        "format": FORMAT,
        "provenance": {"versions": {"tailcert": __version__}},
        "command": grid.command,
        "settings": written(grid.settings),
        "digits": grid.digits,
        "grid": grid.axes,
        "statements": statements(b for b in found if not isinstance(b, str)),
        "cells": [cell(point, b, grid.digits) for point, b in zip(grid.cells, found, strict=True)],
    }


def attempt(theorem: str, **numbers: Any) -> Bound | str:
    """The certified bound, or why there is none; raises ``BadInput``."""
    try:
        return bound(theorem, **numbers)
    except NoBound as error:
        return str(error)
    except Refused as error:
        return f"{REFUTED}at {error}"


def statements(found: Iterable[Bound]) -> dict[str, Any]:
    """The statements of the certificates, once each, by their sha256."""
    return {
        b.certificate["statement_sha256"]: {
            "id": b.theorem,
            "variant": b.variant,
            "axioms": sorted(b.proof.axioms),
            "statement": b.certificate["statement"],
            "terms": b.certificate["terms"],
        }
        for b in found
    }


def cell(point: Place, found: Bound | str, digits: int) -> dict[str, Any]:
    """One cell: what is printed, and its certificate without the shared statement."""
    theorem, beta1, delay, alpha, delta, n = point
    here = {"theorem": theorem, "beta1": plain(beta1), "delay": delay}
    here |= {"alpha": plain(alpha), "delta": plain(delta), "N": n}
    if isinstance(found, str):
        return here | {"bound": MISSING, "vacuous": False, "certificate": None, "reason": " ".join(found.split())}
    own = {k: found.certificate[k] for k in ("values", "bound", "statement_sha256", "sha256")}
    shown = printed(found.upper_exact, digits)
    return here | {"bound": shown, "vacuous": found.vacuous, "certificate": own, "reason": ""}


def complaints(record: Mapping[str, Any]) -> list[str]:
    """A line for each cell without a bound."""
    return [f"no bound at {where(c)}: {c['reason']}" for c in record["cells"] if c["certificate"] is None]
