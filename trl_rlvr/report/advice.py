"""What a run's own metrics say went wrong, and which field to change: one table of rules.

The same table is the troubleshooting page (`as_markdown`). A rule is silent where a run is too short to tell.
"""

from collections.abc import Callable
from dataclasses import dataclass

from trl_rlvr.report.history import History, percent

MANY = 0.3
"""Share of completions from which a way to fail is more than noise."""

NOISE = 5
"""Standard errors that the best of many windows may lie above the last one by chance."""


@dataclass(frozen=True)
class Rule:
    """One way in which a run goes wrong."""

    name: str
    symptom: str
    """In words, for the page."""
    look_at: tuple[str, ...]
    """Keys of `docs/metrics.md` that show it."""
    do: str
    """Which field to change; options between backquotes."""
    evidence: Callable[[History], str | None]
    """The figures that show it in a run; None where they do not."""


@dataclass(frozen=True)
class Advice:
    """A rule that a run's metrics have met."""

    rule: Rule
    evidence: str

    def __str__(self) -> str:
        return f"{self.rule.symptom} ({self.evidence}): {self.rule.do.replace('`', '')}"


def _late(key: str, least: float) -> Callable[[History], str | None]:
    """Return what tells when the mean of a share over the second half of a run is `least` or more."""

    def evidence(run: History) -> str | None:
        found = run.late(key)
        return f"{key} {percent(found)}" if found is not None and found >= least else None

    return evidence


def _never_passes(run: History) -> str | None:
    rates = run.values("pass_rate")
    if len(rates) < 5 or max(rates) > 0:
        return None
    return f"pass_rate is 0 in all {len(rates)} logged updates"


def _flat(run: History) -> str | None:
    ends = run.thirds("pass_rate")
    if ends is None or not 0 < ends.last < 0.9 or ends.last - ends.first > max(0.01, ends.noise):
        return None
    better_told = (run.alike or 0.0) >= 0.8 or _collapsed(run) is not None
    if better_told or run.heldout_gain > 0.02:
        return None
    return f"pass_rate {percent(ends.first)} in the first third, {percent(ends.last)} in the last"


def _no_signal(run: History) -> str | None:
    flat, rate = run.alike, run.late("pass_rate")
    if flat is None or flat < 0.8 or rate is None or rate >= 0.9:
        return None
    return f"frac_reward_zero_std {percent(flat)}"


def _solved(run: History) -> str | None:
    flat, rate = run.alike, run.late("pass_rate")
    if flat is None or flat < 0.8 or rate is None or rate < 0.9:
        return None
    return f"pass_rate {percent(rate)}, frac_reward_zero_std {percent(flat)}"


def _collapsed(run: History) -> str | None:
    return _fell_from_its_best(run) or _fell_from_the_start(run)


def _fell_from_the_start(run: History) -> str | None:
    """Find a collapse so early that there was no best before it: it shows on held-out problems, and in training too."""
    ends, heldout = run.thirds("pass_rate"), run.heldout_ends
    if ends is None or heldout is None or ends.last > 0.6 * ends.first:
        return None
    before, after = heldout
    if before - after < 0.1 or after > 0.6 * before:
        return None
    return f"held-out pass@1 {percent(before)} at the start, {percent(after)} at the end"


def _fell_from_its_best(run: History) -> str | None:
    smooth = run.smoothed("pass_rate")
    if not smooth or max(smooth) < 0.1 or smooth[-1] > 0.6 * max(smooth):
        return None
    if max(smooth) - smooth[-1] < max(0.1, NOISE * run.noise("pass_rate")):
        return None
    norms = run.values("grad_norm")
    spike = f", grad_norm up to {max(norms):.3g}" if norms else ""
    return f"pass_rate {percent(max(smooth))} at its best, {percent(smooth[-1])} at the end{spike}"


def _sandbox_fails(run: History) -> str | None:
    faults, rows = run.values("verdict/sandbox_error"), run.values("sandbox/faults")
    share = sum(faults) / len(faults) if faults else 0.0
    return f"verdict/sandbox_error {percent(share)}, {sum(rows):.0f} programs" if share >= 0.01 else None


def _hard_codes(run: History) -> str | None:
    found = run.late("reward_hacking/hard_coded")
    return f"reward_hacking/hard_coded {percent(found)}" if found is not None and found >= 0.05 else None


def _tricks(run: History) -> str | None:
    keys = [key for key in run.keys("reward_hacking/") if not key.endswith("/hard_coded")]
    found = {key: run.late(key) or 0.0 for key in keys}
    high = {key: share for key, share in found.items() if share >= 0.05}
    return ", ".join(f"{key} {percent(share)}" for key, share in high.items()) or None


def _does_not_transfer(run: History) -> str | None:
    ends = run.thirds("pass_rate")
    if ends is None or not run.has_heldout or ends.last - ends.first < max(0.1, 2 * ends.noise) or run.heldout_gain > 0:
        return None
    return f"pass_rate {100 * (ends.last - ends.first):+.1f}pp, held-out {100 * run.heldout_gain:+.1f}pp"


def _verification_dominates(run: History) -> str | None:
    steps, verified = run.late("step_time"), run.late("verification_s")
    if steps is None or verified is None or steps < 1 or verified < 0.5 * steps or len(run.values("step_time")) < 3:
        return None
    return f"verification_s {verified:.1f} of step_time {steps:.1f}"


RULES: tuple[Rule, ...] = (
    Rule(
        "never_passes",
        "no completion passes",
        ("pass_rate", "extraction/no_code", "verdict/missing_entry_point"),
        "a `data_prompt_style` that fits the model: `chat` for instruct models, `completion` for base models; show the "
        "tests (`data_visible_tests: all`); start from fine-tuned weights (`adapter_name_or_path`)",
        _never_passes,
    ),
    Rule(
        "flat",
        "the pass rate stays flat",
        ("pass_rate", "learning_rate", "frac_reward_zero_std"),
        "a higher `learning_rate`, more `max_steps`, or more completions a step (`num_generations`, "
        "`gradient_accumulation_steps`), so that the trend shows above the noise",
        _flat,
    ),
    Rule(
        "no_signal",
        "few groups of completions teach anything",
        ("frac_reward_zero_std", "reward_std"),
        "raise `temperature` or `num_generations`, keep the problems that the model solves sometimes "
        "(`trl-rlvr filter`), or set `curriculum_focus: 1.0`",
        _no_signal,
    ),
    Rule(
        "solved",
        "nearly all is solved, and nothing is left to learn",
        ("pass_rate", "frac_reward_zero_std"),
        "harder problems (`data_name`), or a lower `max_steps`",
        _solved,
    ),
    Rule(
        "unstable",
        "the pass rate collapsed",
        ("pass_rate", "grad_norm", "entropy"),
        "halve `learning_rate`, lower `max_grad_norm`; with several updates a generation also `epsilon`",
        _collapsed,
    ),
    Rule(
        "invalid_code",
        "much code does not parse",
        ("extraction/syntax_error", "completions/clipped_ratio"),
        "`reward_preset: strict_syntax`; a longer `max_completion_length`; a lower `temperature`; start from "
        "fine-tuned weights",
        _late("extraction/syntax_error", MANY),
    ),
    Rule(
        "no_code",
        "many completions hold no code",
        ("extraction/no_code",),
        "`data_prompt_style: chat_code` for instruct models, `completion` for base models; "
        "`reward_preset: strict_syntax`",
        _late("extraction/no_code", MANY),
    ),
    Rule(
        "wrong_name",
        "much code does not define the name that the tests call",
        ("extraction/missing_entry_point",),
        "show a test (`data_visible_tests: 1`), or a `data_system_prompt` that asks for the given name",
        _late("extraction/missing_entry_point", MANY),
    ),
    Rule(
        "truncated",
        "many completions are cut off before there is usable code",
        ("extraction/truncated", "completions/clipped_ratio"),
        "a longer `max_completion_length`",
        _late("extraction/truncated", 0.1),
    ),
    Rule(
        "sandbox_fails",
        "programs could not be run",
        ("verdict/sandbox_error", "sandbox/faults", "sandbox/restarts"),
        "`trl-rlvr doctor` names what this host lacks; fewer `sandbox_workers` where memory is short",
        _sandbox_fails,
    ),
    Rule(
        "timeouts",
        "many programs run out of time",
        ("verdict/timeout", "verification_s"),
        "the policy learns loops: `reward_preset: efficient`, a lower `sandbox_cpu_s`",
        _late("verdict/timeout", 0.15),
    ),
    Rule(
        "hard_coding",
        "the policy answers the tests that it is shown",
        ("reward_hacking/hard_coded", "data_visible_tests"),
        "show fewer tests (`data_visible_tests: 1`): the hidden ones count all the same; `trl-rlvr harden` adds more",
        _hard_codes,
    ),
    Rule(
        "tricks",
        "the policy tries to get round the tests",
        ("reward_hacking/exit", "reward_hacking/equality", "reward_hacking/forged_report"),
        "read such completions in the report; nothing of it is paid, and `beta: 0.04` holds the policy near its start",
        _tricks,
    ),
    Rule(
        "does_not_transfer",
        "the pass rate rises, on held-out problems it does not",
        ("pass_rate", "heldout/pass@1"),
        "more and other problems (`data_train_limit`, `data_mix`), fewer visible tests (`data_visible_tests`), a "
        "smaller `max_steps`",
        _does_not_transfer,
    ),
    Rule(
        "slow_verification",
        "verification takes most of a step",
        ("verification_s", "step_time"),
        "raise `sandbox_workers` to the cores that are free, lower `sandbox_cpu_s`",
        _verification_dominates,
    ),
)
"""In the order in which they are said."""


def advise(run: History) -> list[Advice]:
    """Return what a run's metrics call for; empty for a healthy run, and for one too short to tell."""
    return [Advice(rule, found) for rule in RULES if (found := rule.evidence(run)) is not None]


def as_markdown() -> str:
    """Return the rules as the table of `docs/troubleshooting.md`."""
    rows = [f"| {rule.symptom} | {', '.join(f'`{key}`' for key in rule.look_at)} | {rule.do} |" for rule in RULES]
    return "\n".join(["| symptom | look at | do |", "| --- | --- | --- |", *rows])
