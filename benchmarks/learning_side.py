"""Train one side of `learning_speed.py` in this process and write down what its clock and its marks showed.

Usage:

    python benchmarks/learning_side.py SIDE EVERY FILE [options of the run]

FILE is written anew at each mark: a run that is cut short leaves what it had measured.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trl import GRPOTrainer

    from trl_rlvr.training.run import Run

SIDES: dict[str, list[str]] = {
    "ours": [],
    "plain": [],
    "ours, 40 an update": ["--per_device_train_batch_size", "40"],
    "plain, 40 an update": ["--per_device_train_batch_size", "40"],
    "plain, continuous batching": [
        *("--use_transformers_continuous_batching", "true"),
        *("--transformers_continuous_batching_config", '{"max_memory_percent": 0.05}'),
    ],
    "ours, same draws": ["--compact_generation", "false"],
    "ours, 8 a group": ["--num_generations", "8", "--per_device_train_batch_size", "80"],
    "refilled": ["--curriculum_refill_rounds", "1"],
    "focused": ["--curriculum_focus", "1"],
    "every row forwarded": ["--skip_zero_gradient", "false"],
    "prompts repeated": ["--share_prompts", "false"],
    "subprocess reward": [],
}
"""Side -> options of the run that it differs in; those called plain have another trainer and reward, the last another
reward.

Continuous batching reserves half of the memory by default, which on a CPU is the machine's.

Dropping ended rows gives the random numbers to other rows. Without it ours samples what `plain` samples, which shows
that the updates are the same; with it, two runs differ as two seeds do.
"""

_METHODS = {"generation": "_generate", "verification": "_calculate_rewards"}


class Clock:
    """Seconds of training, without those in which it is stopped, and where they went."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.phases = dict.fromkeys(_METHODS, 0.0)
        self._since = 0.0

    def start(self) -> None:
        """Go on."""
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Stand still."""
        self.seconds += time.perf_counter() - self._since

    def timed(self, phase: str, method: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a method whose seconds belong to a phase."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self.phases[phase] += time.perf_counter() - start

        return wrapped


def open_trainer(side: str, run: "Run") -> "GRPOTrainer":
    """Return the trainer of a side, on the problems of the run."""
    from plain_script import plain_trainer, subprocess_reward

    from trl_rlvr.training.policy import policy_arguments

    if side.startswith("plain"):
        spec, ours = run.spec, run.trainer
        spec.grpo.reward_weights = None
        given = policy_arguments(spec.model, spec.run, spec.grpo)
        return plain_trainer(given.pop("model"), spec.grpo, ours.train_dataset, ours.processing_class, **given)
    if side == "subprocess reward":
        run.trainer.reward_funcs = [subprocess_reward]
    return run.trainer


def train(
    side: str,
    every: int,
    file: Path,
    arguments: list[str],
    prepare: Callable[["GRPOTrainer"], None] = lambda trainer: None,
) -> None:
    """Train, with a mark at the start, every `every` updates and at the end; write the figures to a file."""
    from transformers import PrinterCallback, TrainerCallback
    from transformers.trainer import DEFAULT_PROGRESS_CALLBACK

    from trl_rlvr.training.measure import measure
    from trl_rlvr.training.run import open_run
    from trl_rlvr.training.spec import parse

    spec = parse([*arguments, *SIDES[side]])
    clock, marks, rewards, sums = Clock(), [], [], Counter[str]()

    def write(steps: int) -> None:
        phases = {**clock.phases, "update": clock.seconds - sum(clock.phases.values())}
        rows = sums["rows"] / max(1, steps)
        figures = {"marks": marks, "seconds": clock.seconds, "steps": steps, "phases": phases, **sums, "rows": rows}
        file.write_text(json.dumps({**figures, "rewards": rewards}))

    with open_run(spec) as run:
        trainer = open_trainer(side, run)
        prepare(trainer)
        for shown in (PrinterCallback, DEFAULT_PROGRESS_CALLBACK):
            trainer.remove_callback(shown)
        for phase, method in _METHODS.items():
            setattr(trainer, method, clock.timed(phase, getattr(trainer, method)))

        class Marks(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
            def mark(self, step: int) -> None:
                evaluation = measure(trainer, run.heldout, run.verifier, spec.run, label="")
                marks.append((step, clock.seconds, evaluation.pass_at(1)))
                print(f"mark {step}: {clock.seconds:.1f} s, pass@1 {100 * evaluation.pass_at(1):.1f} %", flush=True)
                write(step)

            def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                if every:
                    self.mark(0)
                clock.start()

            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                clock.stop()
                if every and (state.global_step % every == 0 or state.global_step == state.max_steps):
                    self.mark(state.global_step)
                clock.start()

            def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
                if "completions/mean_length" in logs:
                    batch = args.per_device_train_batch_size * args.gradient_accumulation_steps
                    sums["tokens"] += logs["completions/mean_length"] * batch
                    sums["rows"] += logs.get("forwarded/rows", 1.0)
                    rewards.append(logs["reward"])

        trainer.add_callback(Marks())
        trainer.train()
        write(trainer.state.global_step)


if __name__ == "__main__":
    train(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
