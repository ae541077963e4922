"""The command ``autofix``: arguments in, exit codes out. Heavy imports wait until a command runs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from autofix.cli.dashboard import dashboard
from autofix.cli.diagnose import diagnose
from autofix.cli.exits import INTERRUPTED, UNREAD, WELL, WRONG_USE
from autofix.cli.fix import fix
from autofix.cli.inspect import inspect
from autofix.cli.interrupt import like_ctrl_c
from autofix.cli.lint import lint
from autofix.cli.unread import drop, unread
from autofix.errors import AutofixError

_GARBAGE = 50_000  # new objects until a look for garbage; imports make many and none of it, and 700 would slow them
COMMANDS = {
    fix: "Repair a training, and prove the repair.",
    lint: "What the prototxts alone tell of a training.",
    diagnose: "What the log of a training tells, live too.",
    inspect: "What snapshots and data sets hold.",
    dashboard: "Open optuna-dashboard on a study.",
}


class FixByDefault(click.Group):
    """``autofix SOLVER`` is short for ``autofix fix SOLVER``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h", "--version"):
            if not ctx.resilient_parsing:
                self._doubt(ctx, args[0])
            args = ["fix", *args]
        return super().parse_args(ctx, args)

    def _doubt(self, ctx: click.Context, word: str) -> None:
        """Refuse what looks like a misspelt command: no file, and no name of one."""
        meant = get_close_matches(word, self.commands, 1, cutoff=0.7)
        if meant and "." not in word and not Path(word).exists():
            raise click.UsageError(f"No such command or file: {word}. Did you mean {meant[0]}?", ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 -- click's own
        """In the order in which they are of use."""
        return list(self.commands)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The first word may be a command, and a solver as well."""
        return [*super().shell_complete(ctx, incomplete), CompletionItem(incomplete, type="file")]


@click.group(
    cls=FixByDefault,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example:  autofix solver.prototxt --budget 20",
)
@click.version_option(package_name="caffe-autofix", prog_name="autofix")
def cli() -> None:
    """Repair Caffe trainings that go NaN or do not learn, and prove the repair on real Caffe.

    `autofix SOLVER` is short for `autofix fix SOLVER`. Each command has a --help of its own.
    """


for command, summary in COMMANDS.items():
    command.short_help = summary
    cli.add_command(command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    gc.set_threshold(_GARBAGE)
    like_ctrl_c()
    try:
        return _written(_run(argv))
    except SystemExit as error:
        if not unread(error):
            raise
        return UNREAD
    except BrokenPipeError as error:
        return UNREAD if unread(error) else _failed(error)


def _run(argv: Sequence[str] | None) -> int:
    try:
        code = cli.main(args=argv, prog_name="autofix", standalone_mode=False)
    except AutofixError as error:
        _complain(str(error), error.hint)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return WRONG_USE
    except BrokenPipeError:
        raise
    except OSError as error:  # a full disk, a folder that is gone
        return _failed(error)
    except (KeyboardInterrupt, click.Abort):
        _complain("interrupted", "")
        return INTERRUPTED
    return code if isinstance(code, int) else WELL


def _written(code: int) -> int:
    """Write what is left to write, and return ``code``; on a full disk that of a failure, told once."""
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        drop(sys.stdout.fileno())
        return code if code == WRONG_USE else _failed(error)
    return code


def _failed(error: OSError) -> int:
    _complain(f"{error.filename or 'a file'}: {error.strerror or error}", "")
    return WRONG_USE


def _complain(message: str, hint: str) -> None:
    print(f"autofix: {message}", *([f"  {hint}"] if hint else []), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
