"""Exact numbers and theorem ids from the command line.  Nothing is ever read as a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import click

import bounds
from verify.constants.inputs import MAX_DIGITS, TINY_DELTA

DECIMAL = re.compile(r"[+-]?([0-9]{1,500}(\.[0-9]{0,500})?|\.[0-9]{1,500})([eE][+-]?[0-9]{1,3})?")
RATIO = re.compile(r"[+-]?[0-9]{1,500}/[0-9]{1,500}")


def exact(text: str) -> Fraction | None:
    """The rational number that a decimal such as 0.01 or 1e-6, or a ratio such as 3/2, denotes; None otherwise.

    >>> exact("1e-2"), exact("3/2"), exact("nan"), exact("1/0")
    (Fraction(1, 100), Fraction(3, 2), None, None)
    """
    text = text.strip()
    if not (DECIMAL.fullmatch(text) or RATIO.fullmatch(text)):
        return None
    try:
        return Fraction(text)
    except ZeroDivisionError:
        return None


@dataclass(frozen=True)
class Range:
    """Rationals between two ends, and perhaps 0; ``expected`` and ``example`` word the complaint."""

    expected: str
    example: str
    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    integer: bool = False
    or_zero: bool = False
    digits: int = MAX_DIGITS  # of a numerator or denominator

    def contains(self, x: Fraction) -> bool:
        above = self.low is None or x > self.low or (x == self.low and not self.low_open)
        below = self.high is None or x < self.high or (x == self.high and not self.high_open)
        return (above and below and (not self.integer or x.denominator == 1)) or (self.or_zero and x == 0)


class Exact(click.ParamType):
    """A number in a range, parsed exactly; ``words`` are accepted as they stand."""

    name = "number"

    def __init__(self, allowed: Range, *words: str) -> None:
        self.allowed, self.words = allowed, words
        self.name = "integer" if allowed.integer else "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str) or value in self.words:
            return value
        number = exact(value)
        if number is None or not self.allowed.contains(number):
            shown = value if len(value) <= 40 else value[:37] + "..."
            try_this = f"{param.opts[0]} {self.allowed.example}" if param is not None else self.allowed.example
            self.fail(f"expected {self.allowed.expected}, got {shown!r}; try {try_this}", param, ctx)
        if max(abs(number.numerator), number.denominator) > 10**self.allowed.digits:
            most = f"at most {self.allowed.digits} digits above and below the fraction bar"
            self.fail(f"expected {most}; try a rounder number", param, ctx)
        return int(number) if self.allowed.integer else number


ONE, SMALL, LARGE = Fraction(1), Fraction(1, 10**60), Fraction(10**60)
ALPHA = Range("a tail index in (1, 2]", "1.5", ONE, Fraction(2), low_open=True)
PROBABILITY = Range(
    "a probability in (0, 1)", "0.01", Fraction(0), ONE, low_open=True, high_open=True, digits=TINY_DELTA
)
POSITIVE = Range("a number in [1e-60, 1e60]", "1", SMALL, LARGE)
NONNEGATIVE = Range("0 or a number in [1e-60, 1e60]", "1", SMALL, LARGE, or_zero=True)
FORGETTING = Range("a number in [1e-60, 1)", "0.9999", SMALL, ONE, high_open=True)
MOMENTUM = Range("0 or a number in [1e-60, 1)", "0.9", SMALL, ONE, high_open=True, or_zero=True)


def integers(low: int, high: int, example: int) -> Range:
    """The integers of an interval."""
    return Range(f"an integer in [{low}, {high}]", str(example), Fraction(low), Fraction(high), integer=True)


class TheoremId(click.ParamType):
    """The id of a theorem; an unknown one is answered with the nearest."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            bounds.theorem(value)
        except bounds.UnknownTheorem as error:
            raise click.UsageError(str(error), ctx) from None
        return str(value)


STEPS, RUNS, SEED = integers(1, 10**18, 10000), integers(0, 10**9, 10000), integers(0, 2**64 - 1, 0)

FORMAT = click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Output format."
)


def number(name: str, allowed: Any, default: str | None, text: str, *words: str, **more: Any) -> Any:
    """An exact option."""
    if default is not None:
        more |= {"default": default, "show_default": True}
    return click.option(name, name.removeprefix("--"), type=Exact(allowed, *words), help=text, **more)


QUESTION = (
    number("--alpha", ALPHA, None, "Tail index: E||xi||^alpha <= sigma^alpha, in (1, 2].", required=True),
    click.option("--theorem", multiple=True, type=TheoremId(), help="Theorem id (repeatable). [default: all convex]"),
    click.option("--variant", help="Of the one theorem named, e.g. joint-corrected. [default: the best one]"),
    number("--delta", PROBABILITY, "0.01", "Failure probability."),
    number("--steps", STEPS, "10000", "Number of steps N."),
    number("--L", POSITIVE, "1", "Smoothness."),
    number("--R", POSITIVE, "1", "Bound of ||x_0 - x*||."),
    number("--sigma", NONNEGATIVE, "1", "Noise level."),
    number("--b0", POSITIVE, "matched", "Initial accumulator; matched: 1, for Adam R/(u N^(1/2)).", "matched"),
    number("--beta1", MOMENTUM, "0", "Momentum."),
    number("--beta2", FORGETTING, None, "Forgetting of Adam's accumulator. [default: 1 - 1/steps]"),
    number("--Delta", POSITIVE, None, "Bound of f(x_0) - inf f, for non-convex theorems."),
    number(
        "--eta", NONNEGATIVE, "reweighted", "Accumulator weight; reweighted: (gamma/R)^2; 0: Clip-SGD.", "reweighted"
    ),
    number("--delay", integers(1, 64, 1), "1", "Delay of the stepsize."),
    number("--dim", integers(1, 10**6, 1), "1", "Dimension; above 1 also noise in up to 64 directions."),
)


def question(command: Any) -> Any:
    """The options that say which bounds are meant, and at which numbers."""
    return reduce(lambda made, option: option(made), reversed(QUESTION), command)
