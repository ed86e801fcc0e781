"""The command line.  Nothing heavy is imported until a command that needs it runs."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

COMMANDS = {  # name -> (module, one line of help)
    "bound-check": ("verify.cli.bound_check", "Replay the proofs, certify the bounds, attack them by simulation."),
    "adversary": ("verify.cli.adversary", "Search for the hardest instance: how tight the bounds are."),
    "theorems": ("verify.cli.theorems", "List the theorems."),
    "show": ("verify.cli.theorems", "Print a statement: everything a human must judge."),
    "axioms": ("verify.cli.theorems", "Replay a proof and print what it rests on."),
    "prove": ("verify.cli.prove", "Replay proofs in the kernel; write certificates."),
    "recheck": ("verify.cli.prove", "Check certificates with the independent checker, in a fresh process."),
    "counterexample": ("verify.cli.counterexample", "The instance on which a method without clipping fails."),
    "separation": ("verify.cli.separation", "Below which delta clipping certainly needs fewer steps."),
    "experiment": ("verify.cli.experiment", "Simulations with confidence bands, tables and figures."),
    "export": ("verify.cli.export", "Write the proofs for Coq: data for a checker that is proved there."),
    "claims": ("verify.cli.claims", "Where published claims hold, fail, or are open, with witnesses."),
    "steps": ("verify.cli.steps", "The fewest steps that are certified to be enough for an accuracy."),
    "simulate": ("verify.cli.simulate", "Quantiles of a method on one instance; long runs can be resumed."),
    "rare": ("verify.cli.rare", "Failure probabilities and quantiles down to delta = 1e-9 and less."),
    "schedule": ("verify.cli.schedule", "Stepsize and clipping level as closed formulas, for every tail index."),
    "optimizer": ("verify.cli.optimizer", "Test somebody's own optimizer: what it does, and heavy-tailed noise."),
    "table": ("verify.cli.table", "Tables of certified bounds for a paper: LaTeX, CSV, Markdown, JSON."),
}


class Commands(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name.replace("-", "_"))
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=2, cutoff=0.4) or list(COMMANDS)
            ctx.fail(f"unknown command {args[0]!r}; did you mean {', '.join(near)}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from verify import __version__

        click.echo(f"tailcert {__version__}")
        ctx.exit()


@click.group(
    "verify",
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 every claim checked holds, 1 refuted or violated, 2 usage, 3 undecided.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
@click.pass_context
def cli(ctx: click.Context) -> int | None:
    """Machine-checked high-probability bounds for clipped gradient methods under heavy-tailed noise."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return 2
    return None


INTERNAL_ERROR = 70  # EX_SOFTWARE
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def run(args: Sequence[str]) -> int:
    """Run one command line and return its exit code; every expected error is one line on stderr."""
    try:
        with cli.make_context("verify", list(args)) as context:
            return int(cli.invoke(context) or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _complain(error.format_message())
    except KeyboardInterrupt:
        print("verify: interrupted", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in UNWRITABLE:
            return _bug()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries once more when it ends
        return _complain(f"cannot write: {error.strerror}; try another place")
    except Exception:  # a bug must not look like a verdict (0, 1, 3)
        return _bug()


def _bug() -> int:
    """Report the exception at hand."""
    import traceback

    traceback.print_exc()
    print("verify: internal error; please report it with the command line", file=sys.stderr)
    return INTERNAL_ERROR


def _complain(message: str) -> int:
    print(f"verify: error: {' '.join(message.split())}", file=sys.stderr)
    return 2


def main() -> NoReturn:
    """The console script."""
    import gc
    import signal

    gc.set_threshold(20_000, 20, 20)  # a proof is many small terms without cycles: rarely worth a search for some
    if hasattr(signal, "SIGPIPE"):  # die quietly in `verify ... | head`, like every other filter
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGINT, _interrupted)
    sys.exit(run(sys.argv[1:]))


def _interrupted(*_: object) -> NoReturn:
    """Stop at once: a KeyboardInterrupt can be swallowed by compiled code and callbacks, and a long run would go on."""
    show_cursor = b"\x1b[?25h\n" if sys.stderr.isatty() else b""  # a progress bar hides it
    os.write(2, show_cursor + b"verify: interrupted\n")
    os._exit(130)
