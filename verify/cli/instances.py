"""A file of instances: JSON lines, each an object of options that take the place of those on the command line.

    {"gamma": "0.1", "noise": "pareto"}
    {"gamma": 0.1, "lam": "inf", "stale": true, "delay": 3}

Numbers are read as the digits that stand there, as on the command line; nothing is read as a float.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import click

ONCE = ("style", "workers", "scheduler", "out", "resume", "instances", "help")  # these are for the whole call
EXAMPLE = 'try {"gamma": "0.1", "noise": "pareto"}'


class Line(NamedTuple):
    """An instance of the file: where it stands, what it says, and all parameters of its run."""

    number: int
    place: str
    said: str
    asked: dict[str, Any]


@contextmanager
def at(place: str) -> Iterator[None]:
    """Errors of what is asked for are one line that begins with the place."""
    try:
        yield
    except click.ClickException as error:
        raise click.UsageError(place + error.format_message()) from None
    except (ValueError, ArithmeticError) as error:  # noise that cannot be drawn
        raise click.UsageError(f"{place}{error}") from None


def read(path: Path, context: click.Context, given: Mapping[str, Any]) -> list[Line]:
    """The lines that are not blank; UsageError with the number of the first bad one."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--instances: expected a text file that can be read, got {path} ({error})") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            place = f"{path}, line {number}: "
            with at(place):
                options = _object(line)
                changed = dict(_option(key, value, context) for key, value in options.items())
            said = " ".join(f"{key}={_shown(value)}" for key, value in options.items()) or "as on the command line"
            found.append(Line(number, place, f"line {number}: {said}", {**given, **changed}))
    if not found:
        raise click.UsageError(f"--instances: expected a line for each instance, got none in {path}; {EXAMPLE}")
    return found


def _object(line: str) -> dict[str, str | bool]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"expected each option once, got {name!r} twice")
        return dict(pairs)

    try:
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=_constant, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected a JSON object ({error.msg} at column {error.colno}); {EXAMPLE}") from None
    except RecursionError:
        raise ValueError(f"expected a JSON object of options; {EXAMPLE}") from None
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object of options; {EXAMPLE}")
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"expected numbers, got {name}")


def _option(key: str, text: Any, context: click.Context) -> tuple[str, Any]:
    """The parameter of the command that an option is, and its value."""
    known = {_spelled(param): param for param in context.command.params if param.name not in ONCE}
    param = known.get(key)
    if param is None or param.name is None:
        raise ValueError(f"expected options of {', '.join(known)}, got {key!r}")
    flag = isinstance(param, click.Option) and param.is_flag
    if not isinstance(text, bool if flag else str):
        raise ValueError(
            f"{key}: expected {'true or false' if flag else 'a string or a number'}, got {json.dumps(text)}"
        )
    return param.name, param.process_value(context, text)


def _shown(value: str | bool) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _spelled(param: click.Parameter) -> str:
    return param.opts[0].removeprefix("--")
