"""`trl-rlvr convert NAME --output FILE`: any data set that is understood, as JSONL in this package's own schema.

Nothing of the data set runs. Rows that are no problem are left out, and listed in a file beside the output.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from trl_rlvr.cli.options import CommandParser, add_config_options, config_from
from trl_rlvr.data import DataConfig, problems_to_dataset, write_set_aside
from trl_rlvr.data.load import load_data
from trl_rlvr.data.loaded import SET_ASIDE_FILE, LoadedData
from trl_rlvr.data.rows import problem_row
from trl_rlvr.errors import DataError
from trl_rlvr.terminal import printable

_OPTIONS = (
    *("data_columns", "data_filter", "data_unusable", "data_unusable_share", "data_heldout_share", "data_split_seed"),
    *("data_io_numbers", "data_io_case"),
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of this command."""
    parser = CommandParser(
        prog="trl-rlvr convert",
        description="Write a data set as JSONL that data_name takes, in the schema that docs/data.md lists.",
    )
    parser.add_argument("data", help="a short name, a Hub id, a local file or a folder, as data_name takes it")
    parser.add_argument("--output", required=True, help="JSONL file to write")
    parser.add_argument("--split", help="convert only this split")
    parser.add_argument("--push_to_hub", metavar="ID", help="write a private data set of prompts on the Hub as well")
    add_config_options(parser, DataConfig, only=_OPTIONS)
    return parser


def main(argv: Sequence[str]) -> int:
    """Write the file, say what was left out, and return the exit status.

    Raises:
        ConfigError: an option cannot be understood.
        DataError: the data set cannot be used, or the output cannot be written.
    """
    options = build_parser().parse_args(argv)
    data = config_from(DataConfig, options)
    loaded = load_data(options.data, options.split, data.load_options)
    output = Path(options.output)
    aside = output.with_name(f"{output.stem}-{SET_ASIDE_FILE}")
    try:
        _write(loaded, output)
        left_out = write_set_aside([loaded], aside)
    except OSError as error:
        raise DataError(f"cannot write {output}: {error.strerror}") from error
    print("\n".join(map(printable, loaded.describe().split("\n"))), file=sys.stderr)
    listed = f"; {left_out} rows are listed in {aside}" if left_out else ""
    print(printable(f"{len(loaded.problems)} problems are written to {output}{listed}"), file=sys.stderr)
    if options.push_to_hub is not None:
        problems_to_dataset(loaded.problems, push_to_hub=options.push_to_hub)
        print(printable(f"and to {options.push_to_hub} on the Hub"), file=sys.stderr)
    return 0


def _write(loaded: LoadedData, output: Path) -> None:
    """Write to another name first, so that a failure leaves an older file whole."""
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(problem_row(problem)) + "\n" for problem in loaded.problems)
        os.replace(part, output)
    finally:
        part.unlink(missing_ok=True)
