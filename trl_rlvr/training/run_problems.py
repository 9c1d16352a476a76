"""The problems that a run needs, by what they are for; rows that were left out are listed in its folder."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from accelerate import PartialState

from trl_rlvr.data import write_set_aside
from trl_rlvr.data.loaded import SET_ASIDE_FILE
from trl_rlvr.problem import CodeProblem
from trl_rlvr.training.preflight import require_no_overlap
from trl_rlvr.training.spec import RunSpec

TRAINING, HELDOUT = "training", "held-out"


def problems_of(spec: RunSpec, measures: str | None) -> dict[str, Sequence[CodeProblem]]:
    """Load what a run trains and measures on: `training`, `held-out`, and each set of `heldout_data` by its name.

    Args:
        spec: what was asked for.
        measures: only measure, on `held-out` or on `training` problems; None: train.

    Raises:
        DataError: they cannot be loaded.
        ConfigError: a problem to train on is also one to measure on, which was not allowed.
    """
    with PartialState().local_main_process_first() if spec.data.data_cache else contextlib.nullcontext():
        problems = _loaded(spec, measures)
    if measures is None:
        if not spec.data.data_allow_overlap:
            for name in problems.keys() - {TRAINING}:
                require_no_overlap(problems[TRAINING], problems[name])
        _list_set_aside(spec)
    return problems


def _loaded(spec: RunSpec, measures: str | None) -> dict[str, Sequence[CodeProblem]]:
    if measures is not None:
        return {measures: spec.data.load_train() if measures == TRAINING else spec.data.load_test()}
    problems = {TRAINING: spec.data.load_train()}
    if spec.run.heldout_samples or spec.grpo.eval_strategy != "no":
        problems[HELDOUT] = spec.data.load_test()
    if spec.run.heldout_samples:
        problems |= {name: spec.data.load_heldout(name) for name in spec.run.heldout_data}
    return problems


def _list_set_aside(spec: RunSpec) -> None:
    if PartialState().is_main_process:
        for loaded in spec.data.loaded:
            if loaded.set_aside:
                print(loaded.describe(), flush=True)
        write_set_aside(spec.data.loaded, Path(spec.grpo.output_dir) / SET_ASIDE_FILE)
