"""The card of a trained model: what the run measured and what made it, as the `README.md` of its repository.

It is made from `rlvr_report.json` alone, so a run can be published again long after it ended.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

CURVE_NAME = "rlvr_curve.svg"
MADE_BY = "<!-- Made by trl-rlvr from rlvr_report.json. Without this line the card is left as it is. -->"
"""What tells a card that may be written anew from one that its owner has edited."""

_ALGORITHMS = {"grpo": "GRPO", "ppo": "PPO", "rloo": "RLOO"}
_PAPERS = {"grpo": "2402.03300", "ppo": "1707.06347", "rloo": "2402.14740"}

Report = Mapping[str, Any]


def model_card(report: Report, *, repo: str, weights: str, has_curve: bool) -> str:
    """Return the text of the card.

    Args:
        report: `rlvr_report.json`; with `rlvr` null it is the card of a run in progress, or of one without a measure.
        repo: owner/name on the Hub, or the folder's name.
        weights: what the repository holds: `adapter`, `full`, `merged`, or `both`: that and the adapter.
        has_curve: whether `rlvr_curve.svg` lies beside it.
    """
    sections = [
        _introduction(report, repo),
        _results(report),
        f"![Reward and pass rate of the run]({CURVE_NAME})" if has_curve else "",
        _loading(report, repo, weights),
        _making(report),
        "A figure is of this run's held-out problems, as this run's sandbox judged them; nobody else has verified it.",
    ]
    head = f"---\n{card_data(report, repo=repo, weights=weights).to_yaml()}\n---\n{MADE_BY}\n"
    return head + "\n" + "\n\n".join(section for section in sections if section) + "\n"


def card_data(report: Report, *, repo: str, weights: str) -> ModelCardData:
    """Return the metadata of the card; the arguments are those of `model_card`."""
    algorithm, base = _option(report, "algorithm") or "grpo", report.get("base_model") or {}
    names = {source["hub_id"]: None for source in _sources(report, "training") if source.get("hub_id")}
    results = _eval_results(report)
    more: dict[str, Any] = {}
    if base.get("id"):
        more = {"base_model_relation": "adapter" if weights == "adapter" else "finetune"}
    return ModelCardData(
        base_model=base.get("id"),
        datasets=list(names) or None,
        library_name="peft" if weights == "adapter" else "transformers",
        pipeline_tag="text-generation",
        tags=["trl", "rlvr", algorithm, "code"],
        model_name=repo.rpartition("/")[2],
        eval_results=results or None,
        **more,
    )


def _option(report: Report, name: str) -> Any:
    """Return an option of the run by its name, whatever dataclass has it."""
    groups = (report.get("configuration") or {}).values()
    return next((group[name] for group in groups if isinstance(group, Mapping) and name in group), None)


def _sources(report: Report, kind: str) -> list[Mapping[str, Any]]:
    found = (report.get("data") or {}).get(kind) or []
    return list(found)


def _eval_results(report: Report) -> list[EvalResult]:
    """Return pass@1 after training on each set that was measured."""
    after = {None: report.get("rlvr"), **{k: v["rlvr"] for k, v in (report.get("heldout_data") or {}).items()}}
    results = []
    for index, (name, measure) in enumerate(after.items()):
        value = ((measure or {}).get("pass_at") or {}).get("1")
        if value is None:
            continue
        sources = _sources(report, "held-out")
        source = sources[index] if index < len(sources) else {"name": name or "held-out"}
        results.append(
            EvalResult(
                task_type="text-generation",
                task_name="Code generation",
                dataset_type=source.get("hub_id") or "custom",
                dataset_name=str(source["name"]),
                dataset_config=source.get("configuration"),
                dataset_split=source.get("split"),
                dataset_revision=source.get("revision") if source.get("hub_id") else None,
                metric_type="pass@1",
                metric_name="pass@1",
                metric_value=round(value, 4),
                verified=False,
            )
        )
    return results


def _introduction(report: Report, repo: str) -> str:
    algorithm, base = _option(report, "algorithm") or "grpo", (report.get("base_model") or {}).get("id")
    start = f"[{base}](https://huggingface.co/{base})" if base else f"`{_option(report, 'model_name_or_path')}`"
    paper = f"[{_ALGORITHMS.get(algorithm, algorithm)}](https://huggingface.co/papers/{_PAPERS.get(algorithm, '')})"
    steps = report.get("steps")
    return (
        f"# {repo.rpartition('/')[2]}\n\n"
        f"{start}, trained to write code by reinforcement learning with verifiable rewards: each completion ran "
        f"against its problem's tests in a sandbox, and {paper} of [TRL](https://github.com/huggingface/trl) learned "
        f"from the verdicts{f', for {steps} updates' if steps is not None else ''}."
    )


def _results(report: Report) -> str:
    """Return the table of before and after, or what there is of it."""
    before, after = report.get("baseline"), report.get("rlvr")
    if not before:
        return "## Results\n\nNothing was measured on held-out problems."
    heading = "## Results" if after else "## Results\n\nTraining has not ended; this is the measure before it."
    rows = ["| | before | after | change |", "| --- | --- | --- | --- |"]
    sets = {"": (before, after or {}), **_others(report)}
    for name, (first, last) in sets.items():
        where = f" on {_cell(name)}" if name else ""
        for k in first.get("pass_at") or {}:
            rows.append(_rate_row(f"pass@{k}{where}", first, last, k, report if not name else {}))
        if not name and first.get("format_mended_pass_at_1") is not None:
            rows.append(_mended_row(first, last))
        rows.append(_reward_row(f"mean reward{where}", first, last))
        rows.append(f"| problems, samples{where} | {_counts(first)} | {_counts(last)} | |")
    return "\n".join([heading, "", *rows, "", _how_measured(report)])


def _others(report: Report) -> dict[str, tuple[Report, Report]]:
    return {name: (both["baseline"], both["rlvr"]) for name, both in (report.get("heldout_data") or {}).items()}


def _rate_row(label: str, before: Report, after: Report, k: str, report: Report) -> str:
    cells = [_rate(measure, k) for measure in (before, after)]
    first, last = (((measure or {}).get("pass_at") or {}).get(k) for measure in (before, after))
    change = "" if first is None or last is None else f"{100 * (last - first):+.1f} points"
    low, high = (
        ((report.get("improvement") or {}).get("pass_at_1_interval") or (None, None)) if k == "1" else (None, None)
    )
    if low is not None and high is not None and change:
        change += f" [{100 * low:+.1f}, {100 * high:+.1f}]"
    return f"| {label} | {cells[0]} | {cells[1]} | {change} |".replace("|  |", "| |")


def _rate(measure: Report, k: str) -> str:
    value = (measure.get("pass_at") or {}).get(k)
    if value is None:
        return "n/a"
    low, high = (measure.get("pass_at_1_interval") or (None, None)) if k == "1" else (None, None)
    return f"{100 * value:.1f} %" + (
        f" [{100 * low:.1f}, {100 * high:.1f}]" if low is not None and high is not None else ""
    )


def _mended_row(before: Report, after: Report) -> str:
    first, last = (measure.get("format_mended_pass_at_1") for measure in (before, after))
    shown = ["n/a" if value is None else f"{100 * value:.1f} %" for value in (first, last)]
    change = "" if first is None or last is None else f"{100 * (last - first):+.1f} points"
    return f"| pass@1, format mended | {shown[0]} | {shown[1]} | {change} |".replace("|  |", "| |")


def _reward_row(label: str, before: Report, after: Report) -> str:
    first, last = before.get("mean_reward"), after.get("mean_reward")
    shown = ["n/a" if value is None else f"{value:.3f}" for value in (first, last)]
    change = "" if first is None or last is None else f"{last - first:+.3f}"
    return f"| {label} | {shown[0]} | {shown[1]} | {change} |".replace("|  |", "| |")


def _counts(measure: Report) -> str:
    if not measure:
        return "n/a"
    unjudged = f", {measure['not_judged']} not judged" if measure.get("not_judged") else ""
    return f"{measure.get('problems')}, {measure.get('samples')}{unjudged}"


def _how_measured(report: Report) -> str:
    samples, temperature = _option(report, "heldout_samples"), _option(report, "heldout_temperature")
    how = f"{samples} sample(s) of each problem at temperature {temperature}; " if samples is not None else ""
    return f"{how}brackets: 95 % bootstrap intervals over the problems, of the paired difference in the last column."


def _loading(report: Report, repo: str, weights: str) -> str:
    """Return the code that loads what the repository holds."""
    base = report.get("base_model") or {}
    if weights == "adapter" and not base.get("id"):
        code = (
            "from peft import PeftModel\n"
            "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
            f'base = AutoModelForCausalLM.from_pretrained("PATH OF {_option(report, "model_name_or_path")}")\n'
            f'model = PeftModel.from_pretrained(base, "{repo}")\n'
        )
    elif weights == "adapter":
        code = (
            "from peft import AutoPeftModelForCausalLM\n"
            "from transformers import AutoTokenizer\n\n"
            f'model = AutoPeftModelForCausalLM.from_pretrained("{repo}")\n'
        )
    else:
        code = (
            "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
            f'model = AutoModelForCausalLM.from_pretrained("{repo}")\n'
        )
    code += f'tokenizer = AutoTokenizer.from_pretrained("{repo}")'
    note = {
        "adapter": "The repository holds a LoRA adapter; "
        + ("its base model is loaded with it." if base.get("id") else "its base model is not on the Hub."),
        "merged": "The repository holds the whole model, its LoRA adapter merged into it.",
        "both": "The repository holds the whole model, and the LoRA adapter by itself in `adapter/`.",
    }.get(weights, "The repository holds the whole model.")
    style = _option(report, "data_prompt_style")
    prompts = f" Prompts were of the style `{style}` of trl-rlvr's `data_prompt_style`." if style else ""
    return f"## Use\n\n{note}{prompts}\n\n```python\n{code}\n```"


def _making(report: Report) -> str:
    """Return what made the figures: data, reward, sandbox, versions, hardware, time and command."""
    rows = [
        *(("trained on", _described(source)) for source in _sources(report, "training")),
        *(("measured on", _described(source)) for source in _sources(report, "held-out")),
        ("reward", _reward(report)),
        ("sandbox", _sandbox(report)),
        ("hardware", _hardware(report.get("hardware") or {})),
        ("time", ", ".join(f"{part} {seconds:.0f} s" for part, seconds in (report.get("timing_s") or {}).items())),
        ("versions", ", ".join(f"{name} {version}" for name, version in (report.get("versions") or {}).items())),
        ("seed", str(report.get("seed", ""))),
    ]
    lines = [f"| {name} | {_cell(text)} |" for name, text in rows if text]
    command = " ".join(map(str, report.get("command") or ()))
    shown = f"\n\n```bash\n{_unfenced(command)}\n```" if command else ""
    table = "\n".join(["| | |", "| --- | --- |", *lines])
    return f"## How it was made\n\n{table}{shown}\n\nEvery option is in `rlvr_report.json`."


def _described(source: Report) -> str:
    hub_id = source.get("hub_id")
    name = f"[{hub_id}](https://huggingface.co/datasets/{hub_id})" if hub_id else f"`{source['name']}`"
    more = [
        f"configuration {source['configuration']}" if source.get("configuration") else "",
        f"split {source['split']}" if source.get("split") else "",
        f"revision `{source['revision']}`" if source.get("revision") else "revision not known",
        f"licence {source['licence']}" if source.get("licence") else "licence not stated",
    ]
    return ", ".join([name, *(part for part in more if part)])


def _reward(report: Report) -> str:
    scores, preset = _option(report, "reward_scores"), _option(report, "reward_preset")
    weights = _option(report, "reward_weights")
    named = ", ".join(f"`{score}`" for score in scores) if scores else f"preset `{preset}`" if preset else ""
    return f"{named}, weights {', '.join(map(str, weights))}" if named and weights else named


def _sandbox(report: Report) -> str:
    sandbox = report.get("sandbox") or {}
    layers = sandbox.get("layers") or {}
    on, off = ([name for name, is_on in layers.items() if is_on is state] for state in (True, False))
    parts = [
        f"backend `{sandbox['backend']}`" if sandbox.get("backend") else "",
        f"layers on: {', '.join(on)}" if on else "",
        f"off: {', '.join(off)}" if off else "",
    ]
    return "; ".join(part for part in parts if part)


def _hardware(hardware: Report) -> str:
    gpus: Sequence[str] = hardware.get("gpus") or ()
    counted = ", ".join(f"{gpus.count(name)} x {name}" for name in dict.fromkeys(gpus)) or "no GPU"
    return f"{counted}, {hardware.get('cores')} cores, {hardware.get('processes')} process(es)" if hardware else ""


def _cell(text: str) -> str:
    """Return text that ends no cell of a table."""
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def _unfenced(text: str) -> str:
    """Return text that ends no block of code."""
    return text.replace("```", "'''")
