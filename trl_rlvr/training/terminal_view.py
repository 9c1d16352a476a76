"""A run on a terminal: its lines, below them a bar with the time left and running curves, now and then completions.

What a model wrote is shown with every character that does not print escaped: it could move the cursor.
"""

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text
from transformers import TrainerControl, TrainerState, TrainingArguments

from trl_rlvr.json_lines import Row
from trl_rlvr.terminal import printable
from trl_rlvr.training.iteration_log import PASS_RATE, IterationLog
from trl_rlvr.training.spec import RunSpec

_BARS = "▁▂▃▄▅▆▇█"
_CURVES = (
    (PASS_RATE, "pass rate", "{:.1%}"),
    ("reward", "reward", "{:+.3f}"),
    ("heldout/pass@1", "held-out", "{:.1%}"),
)
"""Key of `docs/metrics.md`, name and format."""

CURVE_WIDTH = 40
"""Characters of a running curve."""

MOST_COMPLETIONS, MOST_LINES = 3, 8
"""Completions in a table, and lines of the code of each."""


class TerminalView(IterationLog):
    """Shows a run on a terminal.

    Args:
        completions_every: updates between two tables of completions; 0: none.
        console: where to; None: standard output.
    """

    def __init__(self, *, completions_every: int = 0, console: Console | None = None) -> None:
        super().__init__()
        self._every = completions_every
        self._console = console or Console()
        self._rows: list[Row] = []
        self._series: dict[str, list[float]] = {key: [] for key, _, _ in _CURVES}
        self._live: Live | None = None
        self._progress = Progress(
            TextColumn("iteration"),
            MofNCompleteColumn(),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(compact=True),
            console=self._console,
        )
        self._task = self._progress.add_task("run", total=None)

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Keep bar and curves at the bottom of the terminal, and leave it as it was at the end, whatever comes."""
        self._live = Live(get_renderable=self._bottom, console=self._console, refresh_per_second=2)
        try:
            with self._live:
                yield
        finally:
            self._live = None

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take bar and curves away while another bar is there."""
        if self._live is None:
            yield
            return
        self._live.transient = True
        self._live.stop()
        try:
            yield
        finally:
            self._live.transient = False
            self._live.start()

    def on_scored(self, step: int, rows: list[Row]) -> None:
        """Keep the latest completions for the next table."""
        self._rows = rows

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Start the clock and the bar."""
        super().on_train_begin(args, state, control, **kwargs)
        self._progress.reset(self._task, total=state.max_steps, completed=state.global_step)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        """Move the bar."""
        super().on_step_end(args, state, control, **kwargs)
        self._progress.update(self._task, completed=state.global_step)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Print the line, and a table of completions where it is time for one."""
        for key, values in self._series.items():
            if isinstance(value := (logs or {}).get(key), int | float):
                values.append(float(value))
        super().on_log(args, state, control, logs, **kwargs)
        if self._every and "reward" in (logs or {}) and state.global_step % self._every == 0 and self._rows:
            self._console.print(completions_table(self._rows, state.global_step))

    def _write(self, line: str) -> None:
        self._console.print(Text(line), highlight=False)

    def _bottom(self) -> Group:
        curves = Table.grid(padding=(0, 2))
        for key, name, form in _CURVES:
            if values := self._series[key]:
                curves.add_row(name, Text(sparkline(values), style="cyan"), form.format(values[-1]))
        return Group(curves, self._progress)


def sparkline(values: Sequence[float], width: int = CURVE_WIDTH) -> str:
    """Draw values as one line of at most `width` characters, from the least of them to the greatest.

    More values than characters are averaged over stretches of equal length.
    """
    count = min(width, len(values))
    stretches = [values[len(values) * at // count : len(values) * (at + 1) // count] for at in range(count)]
    means = [sum(stretch) / len(stretch) for stretch in stretches]
    low, span = min(means), max(means) - min(means)
    return "".join(_BARS[int((mean - low) / span * (len(_BARS) - 1) + 0.5) if span else 0] for mean in means)


def completions_table(rows: Sequence[Row], step: int) -> Table:
    """Return a few completions of an update: the one with most advantage, the one with least, and one between."""
    ranked = sorted(rows, key=lambda row: -(row.get("advantage") or 0.0))
    places = sorted({round(part * (len(ranked) - 1) / (MOST_COMPLETIONS - 1)) for part in range(MOST_COMPLETIONS)})
    table = Table(title=f"completions of update {step}", title_justify="left", expand=False)
    for name in ("problem", "verdict", "tests", "advantage", "code"):
        table.add_column(name, no_wrap=name not in ("problem", "code"))
    for row in (ranked[place] for place in places):
        verdict = printable(str(row.get("verdict")))
        table.add_row(
            Text(printable(str(row.get("task_id")))),
            Text(verdict, style="green" if verdict == "passed" else "red"),
            f"{row.get('passed', '-')}/{row.get('total', '-')}",
            f"{row['advantage']:+.2f}" if row.get("advantage") is not None else "-",
            Syntax(_excerpt(row.get("code") or ""), "python", theme="ansi_dark", background_color="default"),
        )
    return table


def _excerpt(code: str) -> str:
    lines = [printable(line.replace("\t", "    ")) for line in code.rstrip().splitlines()]
    return "\n".join([*lines[:MOST_LINES], *(["..."] if len(lines) > MOST_LINES else [])])


def open_view(spec: RunSpec, *, is_main: bool) -> IterationLog:
    """Return what shows a run: on a terminal a bar and curves as well, else plain lines.

    Args:
        spec: of the run; `disable_tqdm` asks for lines.
        is_main: whether this process prints.
    """
    if not is_main or spec.grpo.disable_tqdm or not sys.stdout.isatty():
        return IterationLog()
    return TerminalView(completions_every=spec.run.show_completions_every)
