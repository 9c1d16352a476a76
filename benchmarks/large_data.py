"""Measure time and memory of a large set: load it, divide it, and make the trainer's data set, in a process of its own.

The problems are made up: each has a text of 400 characters and ten literal asserts with a reference, or, with
`--programs`, two cases of standard input. Memory is what the process has for itself (`RssAnon`), beyond what it had
with everything imported; pages of mapped files are the kernel's.

    python benchmarks/large_data.py --rows 5000 20000 100000
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEADINGS = ("problems", "file MiB", "held", "first load CPU s", "later load CPU s", "trainer's data set CPU s", "MiB")


def rows(count: int, *, programs: bool) -> Iterator[str]:
    """Yield the lines of a set."""
    for number in range(count):
        row: dict[str, Any] = {
            "task_id": f"add-{number}",
            "prompt": f"Write `add_{number}(x)`, which adds {number}. " + "Some more words say more of the task. " * 10,
        }
        if programs:
            row["io_tests"] = [{"input": f"{x}\n", "output": f"{number + x}\n"} for x in range(2)]
        else:
            row["tests"] = [f"assert add_{number}({x}) == {number + x}" for x in range(10)]
            row["reference_solution"] = f"def add_{number}(x):\n    return x + {number}\n"
        yield json.dumps(row) + "\n"


def load(name: str, cache: str | None) -> None:
    """Load a set and make the trainer's data set; print CPU seconds of both, and MiB of the most memory seen."""
    import datasets

    from trl_rlvr.data import LoadOptions, load_data, problems_to_dataset

    datasets.disable_progress_bars()
    before_mib, begun_s = _own_mib(), _cpu_s()
    train = load_data(name, "train", LoadOptions(unusable="skip", heldout_share=0.1, cache=cache))
    loaded_s = _cpu_s()
    most_mib = _own_mib()
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        dataset = problems_to_dataset(train.problems, folder=folder if cache else None)
        most_mib = max(most_mib, _own_mib())
    print(json.dumps([len(dataset), loaded_s - begun_s, _cpu_s() - loaded_s, most_mib - before_mib]))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _own_mib() -> float:
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("RssAnon")).split()[1]) / 1024


def measured(name: str, cache: str | None) -> tuple[float, float, float]:
    """Return what `load` prints, in a process of its own."""
    command = [sys.executable, __file__, "--load", name, *([cache] if cache else [])]
    _, loaded_s, made_s, mib = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return loaded_s, made_s, mib


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 20_000, 100_000])
    parser.add_argument("--programs", action="store_true", help="problems of standard input, which load faster")
    parser.add_argument("--load", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        load(*(options.load if len(options.load) > 1 else (options.load[0], None)))
        return
    print("| " + " | ".join(HEADINGS) + " |\n|" + " --- |" * len(HEADINGS))
    with tempfile.TemporaryDirectory() as folder:
        for count in options.rows:
            path = Path(folder, f"{count}.jsonl")
            with path.open("w") as stream:
                stream.writelines(rows(count, programs=options.programs))
            first, later = (measured(str(path), f"{folder}/cache") for _ in range(2))
            in_memory = measured(str(path), None)
            size = f"{path.stat().st_size / (1 << 20):.0f}"
            most = max(first[2], later[2])
            on_disk = (f"{first[0]:.1f}", f"{later[0]:.1f}", f"{first[1]:.1f}", f"{most:.0f}")
            alone = (f"{in_memory[0]:.1f}", "", f"{in_memory[1]:.1f}", f"{in_memory[2]:.0f}")
            for held, cells in (("on disk", on_disk), ("in memory", alone)):
                print("| " + " | ".join((f"{count:,}", size, held, *cells)) + " |", flush=True)


if __name__ == "__main__":
    main()
