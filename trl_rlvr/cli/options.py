"""Command-line options from the fields of a configuration dataclass, without transformers' parser.

`train` and `eval` use TRL's parser; the commands here must start without importing it.
"""

import argparse
import dataclasses
import sys
import types
import typing
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from trl_rlvr.errors import ConfigError
from trl_rlvr.sandbox import SandboxConfig

Config = TypeVar("Config")


class CommandParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence, in place of its whole usage before it."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"{message}; `{self.prog} --help` lists the options")


def _scalar(annotation: Any) -> tuple[Any, bool]:
    """Return the type of one value, and whether the option takes several."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        arms = [arm for arm in typing.get_args(annotation) if arm is not type(None)]
        annotation = str if str in arms else arms[0]  # an object comes as JSON
    if typing.get_origin(annotation) is list:
        return typing.get_args(annotation)[0], True
    return annotation, False


def add_config_options(parser: argparse.ArgumentParser, config: type, *, only: Iterable[str] | None = None) -> None:
    """Give `parser` one `--field` for each field of the dataclass `config`, or for those named in `only`."""
    hints = typing.get_type_hints(config)
    group = parser.add_argument_group(config.__name__)
    for field in dataclasses.fields(config):
        if only is not None and field.name not in only:
            continue
        kind, several = _scalar(hints[field.name])
        more: dict[str, Any] = {"nargs": "*"} if several else {}
        if kind is bool:
            more["action"] = argparse.BooleanOptionalAction
        else:
            more["type"] = kind
        group.add_argument(f"--{field.name}", default=argparse.SUPPRESS, help=field.metadata.get("help"), **more)


def config_from(config: type[Config], options: argparse.Namespace) -> Config:
    """Build `config` from the options that were given; the others keep the dataclass's defaults."""
    names = {field.name for field in dataclasses.fields(config)}  # type: ignore[arg-type]  # Config is a dataclass
    return config(**{name: value for name, value in vars(options).items() if name in names})


def sandbox_from(options: argparse.Namespace) -> SandboxConfig:
    """Build the sandbox's configuration, and say aloud where no program will run.

    Raises:
        ConfigError: an option is out of its range.
    """
    config = config_from(SandboxConfig, options)
    config.require_verifying()
    if config.sandbox_backend == "fake":
        print("warning: sandbox_backend is fake: no program runs, and every verdict is made up", file=sys.stderr)
    return config
