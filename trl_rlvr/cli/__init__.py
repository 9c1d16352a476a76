"""The `trl-rlvr` command: one module of this package a sub-command, loaded only when it is asked for.

`trl_rlvr.cli.errors` has the exit statuses.
"""

import importlib
import sys
from collections.abc import Sequence

import trl_rlvr
from trl_rlvr.cli.errors import run_command, split_debug

COMMANDS = {
    "train": "train a model on problems, measured before and after",
    "eval": "measure a model on held-out problems",
    "push": "put the model of a finished run on the Hub",
    "report": "write a page that shows a run, and say what to change",
    "compare": "hold finished runs against each other",
    "score": "score completions or solutions from a file",
    "rescore": "score the completions of a run again, under other options",
    "filter": "keep the problems that a model solves sometimes",
    "convert": "write a data set as one clean file of problems",
    "check": "list the problems that the sandbox cannot score fairly",
    "harden": "add tests to problems, and measure what they catch",
    "gap": "compare pass rates on visible, hidden and augmented tests",
    "doctor": "show what this host can enforce around a program",
}


def usage() -> str:
    """Return the help text of the command itself."""
    rows = "\n".join(f"  {name:<8}{summary}" for name, summary in COMMANDS.items())
    return (
        f"usage: trl-rlvr COMMAND [options]\n\n{rows}\n\n`trl-rlvr COMMAND --help` says more, `trl-rlvr --version` the "
        "version; --debug shows the traceback of an error.\n"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        argv: arguments without the program's name; None: those of this process.
    """
    debug, arguments = split_debug(sys.argv[1:] if argv is None else argv)
    name = arguments.pop(0) if arguments else "--help"
    if name in ("-h", "--help"):
        print(usage(), end="")
        return 0
    if name in ("-V", "--version"):
        print(f"trl-rlvr {trl_rlvr.__version__}")
        return 0
    if name not in COMMANDS:
        print(f"trl-rlvr: unknown command {name!r}; choose one of {', '.join(sorted(COMMANDS))}", file=sys.stderr)
        return 2
    return run_command(
        f"trl-rlvr {name}", lambda: importlib.import_module(f"trl_rlvr.cli.{name}").main(arguments), debug=debug
    )
