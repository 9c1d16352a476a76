"""`trl-rlvr doctor`: what this host can enforce, shown by the sandbox itself."""

import argparse
from collections.abc import Sequence

from trl_rlvr.cli.options import CommandParser, add_config_options, config_from
from trl_rlvr.doctor.report import show
from trl_rlvr.sandbox import SandboxConfig

_OPTIONS = ("sandbox_backend", "sandbox_docker_image", "sandbox_docker_runtime", "sandbox_require")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(prog="trl-rlvr doctor", description="Show what this host can enforce.")
    parser.add_argument("--layers-only", action="store_true", help="Show the table and run no attacks.")
    add_config_options(parser, SandboxConfig, only=_OPTIONS)
    return parser


def main(argv: Sequence[str]) -> int:
    """Print the table of layers, honest programs and attacks, and return the exit status.

    Raises:
        ConfigError: an option is out of its range.
        SandboxUnavailableError: no program can be run or pass here, or a layer that is required is off.
    """
    options = build_parser().parse_args(argv)
    return show(config_from(SandboxConfig, options), layers_only=options.layers_only)
