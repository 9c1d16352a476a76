"""Every exception that trl_rlvr raises on purpose.

    RlvrError
    ├── ConfigError (ValueError)              an option or argument out of its range
    ├── DataError (ValueError)                a problem or completion file, or a row of it, that cannot be used
    │   └── RowError                          one row of it, where others can be
    ├── SandboxError (RuntimeError)           the sandbox could not do its work
    │   ├── SandboxUnavailableError           it cannot start here, or a required layer is missing
    │   └── SandboxFaultRateError             too large a share of programs went unverified
    ├── TrainingError (RuntimeError)          a run that cannot train, or did not
    └── RunInterruptedError (RuntimeError)    a signal asked the run to stop, and it did

`exit_status` is the status of a command that such an error ends: 2 where the input is at fault, else 1.

What an untrusted *program* does is never an exception: it is a `Verdict`.
"""


class RlvrError(Exception):
    """Root of all exceptions of this package."""

    exit_status = 1


class ConfigError(RlvrError, ValueError):
    """An option or argument that is out of its range."""

    exit_status = 2


class DataError(RlvrError, ValueError):
    """A file or row that cannot be used; the message names file, line and field."""

    exit_status = 2


class RowError(DataError):
    """One row that cannot be used, where others may be.

    Args:
        where: file and line.
        field: the field at fault; None: the row as a whole.
        what: what is wrong.
    """

    def __init__(self, where: str, field: str | None, what: str) -> None:
        super().__init__(where, field, what)
        self.where, self.field, self.what = where, field, what

    def __str__(self) -> str:
        return f"{self.where}{'' if self.field is None else f', field {self.field!r}'}: {self.what}"


class SandboxError(RlvrError, RuntimeError):
    """The sandbox could not do its work: a fault of ours or of the host, never of the program."""


class SandboxUnavailableError(SandboxError):
    """The sandbox cannot start here, or lacks a layer that was required."""


class SandboxFaultRateError(SandboxError):
    """So many programs went unverified that training on the rest would mislead."""


class TrainingError(RlvrError, RuntimeError):
    """A run that cannot train, or that did not change the weights it was to change."""


class RunInterruptedError(RlvrError, RuntimeError):
    """A signal asked the run to stop, and it stopped.

    Args:
        message: says what was saved and how to go on.
        signum: the signal; a shell reports a process that it ended by 128 more.
    """

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_status = 128 + signum
