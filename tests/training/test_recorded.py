"""What `Recorded` adds to a trainer of TRL, on a trainer that only does what it is told."""

from types import SimpleNamespace

import pytest

from trl_rlvr.errors import TrainingError
from trl_rlvr.training.recorded import Recorded


class Told:
    """A trainer that logs what its rewards said, and cannot save."""

    def __init__(self):
        self.args = SimpleNamespace(output_dir="out", should_save=True)
        self.state = SimpleNamespace(global_step=4)
        self.model = SimpleNamespace(training=True)
        self.accelerator = SimpleNamespace(num_processes=2)
        self._logs = {
            "prompt": ["old", "a", "b"],
            "completion": ["old", "x", "y"],
            "advantages": [9, 1, -1],
            "rewards": {"graded": [9, 0.5, None]},
            "extra": {"task_id": ["old", "t1", "t2"]},
        }

    def _generate_and_score_completions(self, inputs):
        return "batch"

    def _save_checkpoint(self, model, trial):
        raise OSError(28, "No space left on device")


class Trainer(Recorded, Told):
    pass


def test_the_rows_of_all_ranks_are_handed_out_for_the_update_that_follows():
    trainer, heard = Trainer(), []
    trainer.on_scored = lambda step, rows: heard.append((step, rows))

    assert trainer._generate_and_score_completions([{}]) == "batch"

    step, rows = heard[0]
    assert (step, [row["task_id"] for row in rows]) == (5, ["t1", "t2"])
    assert rows[1] == {
        "prompt": "b", "completion": "y", "task_id": "t2", "code": None, "verdict": None, "isolation": None,
        "passed": None, "total": None, "test_verdicts": None, "test_tiers": None, "reward_hacking": None, "turns": None,
        "error": None, "test_errors": None,
        "rewards": {"graded": None}, "advantage": -1,
    }  # fmt: skip


def test_what_is_only_measured_is_not_handed_out():
    trainer = Trainer()
    trainer.on_scored = lambda step, rows: pytest.fail("nobody trains on these")
    trainer.model.training = False

    trainer._generate_and_score_completions([{}])


def test_a_checkpoint_that_finds_no_room_says_what_is_left():
    with pytest.raises(TrainingError, match=r"checkpoint-4 cannot be saved .*No space left.*older checkpoints are as"):
        Trainer()._save_checkpoint(None, None)
