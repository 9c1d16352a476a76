"""TRL's parser of options, with a YAML file read beside it, one sentence for an error, and a help in groups.

A value of the file is held to its field's type here: argparse converts the texts of a command line only.
"""

import argparse
import dataclasses
import difflib
import os
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml
from trl import TrlParser

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.bounds import require_in_range

_FEW_CHOICES = 4
"""Up to so many choices stand in the help in place of the word TEXT."""

_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    dict: "a mapping",
    list: "a list",
    types.NoneType: "null",
}


class _OneSpelling(argparse.HelpFormatter):
    """Shows `--option VALUE` once, in place of each spelling with its value, and a default where there is one."""

    is_brief = False
    """Only the first sentence about an option, with its default."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=34)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if action.nargs == 0:
            return ", ".join(action.option_strings)
        kind = getattr(action.type, "__name__", "text")
        shown = action.metavar or {"int": "N", "float": "X", "string_to_bool": "BOOL"}.get(kind, "TEXT")
        if action.choices and len(list(action.choices)) <= _FEW_CHOICES:
            shown = "|".join(map(str, action.choices))
        return f"{action.option_strings[0]} {shown}{' ...' if action.nargs == '+' else ''}"

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        if self.is_brief:
            text = re.sub(r"(?<=[^.][.])\s.*", "", text, flags=re.DOTALL)
        is_told = "default" in text.lower() or action.default in (None, False, "", []) or action.nargs == 0
        return text if is_told else f"{text} (default: %(default)s)"


class RunParser(TrlParser):  # type: ignore[misc]  # mypy does not follow imports of trl
    """Reads options into dataclasses, as TRL's parser does.

    Args:
        groups: each group of the help: its title, and its dataclass.
        most_used: names of the fields that the short help shows of a dataclass; all where it is not named.
        **keywords: as `argparse.ArgumentParser` takes them.
    """

    def __init__(
        self, groups: Sequence[tuple[str, type]], most_used: Mapping[type, Sequence[str]], **keywords: Any
    ) -> None:
        self.groups, self.most_used = groups, most_used
        more = {"allow_abbrev": False, "add_help": False, **keywords}
        super().__init__([kind for _, kind in groups], **more)

    def error(self, message: str) -> NoReturn:
        """Raise what argparse found wrong, in place of printing the whole usage.

        Raises:
            ConfigError: always.
        """
        raise ConfigError(f"{message}; `--help` lists the most used options, `--help-all` all of them")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as argparse does, and look at the numbers before TRL computes with them.

        Raises:
            ConfigError: an option is out of its range.
        """
        found, rest = super().parse_known_args(args, namespace)
        require_in_range(vars(found))
        return found, rest

    def read(self, file: Path | None, arguments: Sequence[str]) -> tuple[Any, ...]:
        """Return one instance of each dataclass, from the file and the arguments, which win.

        Raises:
            ConfigError: an unknown key or option, or a value that its field does not take.
        """
        given = {} if file is None else read_config(file)
        environment = given.pop("env", {})
        if not isinstance(environment, dict):
            raise ConfigError(f"{file}: env is {environment!r:.60}; give a mapping of environment variables")
        os.environ.update({str(name): str(value) for name, value in environment.items()})
        self._refuse_unknown(given, f"{file}: unknown key ", "")
        self.set_defaults_with_config(**{name: self._value(name, value, file) for name, value in given.items()})
        try:
            *found, rest = self.parse_args_into_dataclasses(
                list(arguments), return_remaining_strings=True, look_for_args_file=False
            )
        except ConfigError:
            raise
        except (ValueError, TypeError, ArithmeticError, ImportError) as error:
            raise ConfigError(f"cannot use these options: {error}") from error
        self._refuse_unknown([text for text in rest if text.startswith("--")], "unknown option ", "--")
        if rest:
            raise ConfigError(f"unexpected argument {rest[0]!r}; options look like `--name value`")
        return tuple(found)

    def _refuse_unknown(self, names: Iterable[str], what: str, dashes: str) -> None:
        known = {action.dest for action in self._actions}
        for name in names:
            plain = str(name).removeprefix("--").partition("=")[0].replace("-", "_") if dashes else str(name)
            if plain not in known or dashes:
                near = difflib.get_close_matches(plain, known, 1)
                hint = f"; did you mean {dashes}{near[0]}?" if near else "; `--help-all` lists all options"
                raise ConfigError(f"{what}{name}{hint}")

    def _value(self, name: str, value: Any, file: Path | None) -> Any:
        """Return a value of the file as its field takes it."""
        action = next(action for action in self._actions if action.dest == name)
        arms = self._arms(name)
        try:
            return _converted(value, arms, action)
        except (ValueError, TypeError, argparse.ArgumentTypeError) as error:
            if action.choices:
                allowed = "one of " + ", ".join(map(str, action.choices))
            else:
                allowed = " or ".join(dict.fromkeys(_words(arm) for arm in arms))
            shown = "unusable" if name.endswith(("_token", "_key")) else f"{value!r:.100}"
            raise ConfigError(f"{file}: {name} is {shown}; give {allowed}") from error

    def _arms(self, name: str) -> tuple[Any, ...]:
        """Return the types that a field takes."""
        kind = next(kind for _, kind in self.groups if name in {field.name for field in dataclasses.fields(kind)})
        hint = typing.get_type_hints(kind)[name]
        is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
        return typing.get_args(hint) if is_union else (hint,)

    def help_text(self, front: argparse.ArgumentParser, *, everything: bool) -> str:
        """Return the help: `front`'s options first, then ours, then TRL's.

        Args:
            front: the parser of the options that are read before all others.
            everything: show all fields, not only the most used ones.
        """
        formatter = _OneSpelling(self.prog)
        for title, kind in [("first", None), *self.groups]:
            names = [field.name for field in dataclasses.fields(kind)] if kind else []
            shown = names if everything or kind is None else self.most_used.get(kind, names)
            left = f"; {len(names) - len(shown)} more by --help-all" if len(shown) < len(names) else ""
            formatter.is_brief = not everything and kind in self.most_used
            formatter.start_section(f"{title}{left}" if kind else "options")
            formatter.add_arguments(_one_a_name(self._actions, shown) if kind else front._actions)
            formatter.end_section()
        return f"usage: {self.prog} [--config FILE] [--option value ...]\n\n{formatter.format_help()}"


def read_config(file: Path) -> dict[str, Any]:
    """Read a flat YAML file of options.

    Raises:
        ConfigError: it cannot be read, or is no YAML mapping.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{file} is not YAML: {' '.join(str(error).split())}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {file}: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{file} holds {type(content).__name__}, not lines of `option: value`")
    return {str(name): value for name, value in content.items()}


def _converted(value: Any, arms: Sequence[Any], action: argparse.Action) -> Any:
    """Convert what YAML gave as argparse would convert its text.

    Raises:
        ValueError, TypeError, argparse.ArgumentTypeError: the field does not take it.
    """
    kinds = {typing.get_origin(arm) or arm for arm in arms}
    if type(value) in kinds and not (action.choices or isinstance(value, list)):
        return value
    if isinstance(value, list) and list in kinds:
        return [_scalar(item, action) for item in value]
    if value is None or isinstance(value, list | dict):
        raise TypeError(type(value).__name__)
    if isinstance(value, bool) and str in kinds:
        return value  # TRL reads `scale_rewards: false` itself
    scalar = _scalar(value, action)
    return [scalar] if list in kinds and str not in kinds else scalar


def _scalar(value: Any, action: argparse.Action) -> Any:
    if isinstance(value, list | dict) or value is None:
        raise TypeError(type(value).__name__)
    convert: Any = action.type or str
    found = convert(str(value))
    if action.choices is not None and found not in action.choices:
        raise ValueError(value)
    return found


def _words(arm: Any) -> str:
    """Name a type in plain words."""
    return _WORDS.get(typing.get_origin(arm) or arm, str(getattr(arm, "__name__", arm)))


def _one_a_name(actions: Iterable[argparse.Action], names: Sequence[str]) -> list[argparse.Action]:
    """Return the first action of each name: the second one of a switch is its `--no_` form."""
    first: dict[str, argparse.Action] = {}
    for action in actions:
        first.setdefault(action.dest, action)
    return [first[name] for name in names if name in first]
