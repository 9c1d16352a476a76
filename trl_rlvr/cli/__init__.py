"""The `trl-rlvr` command: one module of this package a sub-command, loaded only when it is asked for.

Exit status: 0 done, 1 a fault of the run or the host, 2 malformed input or options (said in one sentence, before
anything ran).
"""

import importlib
import os
import sys
from collections.abc import Sequence

from trl_rlvr.errors import ConfigError, DataError, RlvrError

COMMANDS = {
    "train": "train a model on problems, measured before and after",
    "eval": "measure a model on held-out problems",
    "score": "score completions or solutions from a file",
    "filter": "keep the problems that a model solves sometimes",
    "check": "list the problems that the sandbox cannot score fairly",
    "harden": "add tests to problems, and measure what they catch",
    "gap": "compare pass rates on visible, hidden and augmented tests",
    "doctor": "show what this host can enforce around a program",
}


def usage() -> str:
    """Return the help text of the command itself."""
    rows = "\n".join(f"  {name:<8}{summary}" for name, summary in COMMANDS.items())
    return f"usage: trl-rlvr COMMAND [options]\n\n{rows}\n\n`trl-rlvr COMMAND --help` says more.\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        argv: arguments without the program's name; None: those of this process.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments.pop(0) if arguments else "--help"
    if name in ("-h", "--help"):
        print(usage(), end="")
        return 0
    if name not in COMMANDS:
        print(f"trl-rlvr: unknown command {name!r}; choose one of {', '.join(sorted(COMMANDS))}", file=sys.stderr)
        return 2
    command = importlib.import_module(f"trl_rlvr.cli.{name}")
    try:
        return int(command.main(arguments))
    except RlvrError as error:
        print(f"trl-rlvr {name}: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError | DataError) else 1
    except BrokenPipeError:  # the reader of our output has gone, as in `trl-rlvr score ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains once more at its exit
        return 1
