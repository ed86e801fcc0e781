"""Which theorems a command is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import click

import bounds
from bounds.methods import Method
from verify.cli.output import note
from verify.decimals import plain

EXAMPLE = "--theorem convex-clip-adam-norm --variant joint-corrected"


def about(theorem: str) -> Method:
    """The method of an upper bound; a usage error for other theorems."""
    method = bounds.method(theorem)
    if method is None or bounds.kind(theorem) not in ("convex", "nonconvex"):
        known = ", ".join((*bounds.theorem_ids("convex"), *bounds.theorem_ids("nonconvex")))
        raise click.UsageError(f"--theorem: expected an upper bound, got {theorem}; try one of {known}")
    return method


def settle(named: Sequence[str], numbers: dict[str, Any]) -> tuple[str, ...]:
    """The theorems to check; fills in Adam's beta2 and notes what is left out."""
    _one_variant(named, numbers)
    ids, remark = choose(named, numbers)
    if numbers["beta2"] is None and any(about(i).accumulator == "adam" for i in ids):
        numbers["beta2"] = 1 - Fraction(1, numbers["steps"])
    if remark:
        note(remark)
    return ids


def _one_variant(named: Sequence[str], numbers: Mapping[str, Any]) -> None:
    """A variant belongs to one theorem, and speaks about this momentum."""
    variant, beta1 = numbers["variant"], numbers["beta1"]
    if variant is None:
        return
    if len(named) != 1:
        raise click.UsageError(f"--variant: expected one --theorem that has it, got {len(named)}; try {EXAMPLE}")
    try:
        method = bounds.method(named[0], variant)
    except bounds.UnknownTheorem as error:
        raise click.UsageError(f"--variant: {error}") from None
    if method is not None and method.momentum != (beta1 > 0):
        words = "a --beta1 above 0" if method.momentum else "--beta1 0"
        raise click.UsageError(f"--variant: {variant} speaks about {words}, got {plain(beta1)}; leave out --variant")


def choose(named: Sequence[str], numbers: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """The theorems to check, and a note where they are not those that were named (or all convex ones by default).

    With eta = 0 every AdaGrad-type method is Clip-SGD; by default it alone is checked then.  By default theorems that
    do not speak about these numbers are left out; where one is named, or none is left, it is a usage error.
    """
    if numbers["eta"] == 0:
        ids = dispatch(named or ["convex-clip-sgd"], numbers["eta"])
        _refuse(ids, numbers)
        return ids, "" if ids == tuple(named) else f"eta = 0 is Clip-SGD: checking {', '.join(ids)}"
    if named:
        _refuse(named, numbers)
        return dispatch(named, numbers["eta"]), ""
    default = [i for i in bounds.theorem_ids("convex") if not about(i).stale]
    ids = tuple(i for i in default if not obstacle(i, numbers))
    if not ids:
        _refuse(default, numbers)
    left_out = [i for i in default if i not in ids]
    return ids, f"leaving out {', '.join(left_out)}: {obstacle(left_out[0], numbers)}" if left_out else ""


def dispatch(ids: Iterable[str], eta: Fraction | str) -> tuple[str, ...]:
    """The theorems without repetition; with eta = 0 every AdaGrad-type method is Clip-SGD."""

    def as_sgd(theorem: str) -> str:
        method = about(theorem)
        is_sgd = method.accumulator == "adagrad" and not method.stale
        return f"{bounds.kind(theorem)}-clip-sgd" if is_sgd else theorem

    return tuple(dict.fromkeys(map(as_sgd, ids) if eta == 0 else ids))


def _refuse(ids: Sequence[str], numbers: Mapping[str, Any]) -> None:
    for theorem in ids:
        if why := obstacle(theorem, numbers):
            raise click.UsageError(why)


def obstacle(theorem: str, numbers: Mapping[str, Any]) -> str:
    """Why a theorem does not speak about these numbers; empty if it does."""
    method, beta1 = about(theorem), numbers["beta1"]
    if bounds.kind(theorem) == "nonconvex" and numbers["Delta"] is None:
        return f"--Delta: expected a bound of f(x_0) - inf f for {theorem}, got none; try --Delta 1"
    if method.accumulator == "adam" and numbers["steps"] == 1 and numbers["beta2"] is None:
        return f"--steps: expected at least 2 for {theorem}, whose beta2 is 1 - 1/steps; got 1; try --steps 2"
    if beta1 and not any(m.momentum for v in bounds.variants(theorem) if (m := bounds.method(theorem, v))):
        return f"--beta1: expected 0, momentum is not proved for {theorem}; got {plain(beta1)}; try --beta1 0"
    return ""
