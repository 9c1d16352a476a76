"""What TensorBoard gets: figures under the names of the glossary, and completions that stay text."""

from types import SimpleNamespace

import pytest
import transformers
from transformers.integrations import TensorBoardCallback

from trl_rlvr.training.tensorboard import TensorBoardTable, as_markdown

ROW = {
    "task_id": "p1",
    "prompt": [{"role": "user", "content": "Add one."}],
    "completion": "def inc(x):\n    return x | 1  # <b>",
    "code": "def inc(x):\n    return x | 1  # <b>",
    "verdict": "wrong_answer",
    "isolation": "apart",
    "passed": 1,
    "total": 2,
    "reward_hacking": "",
    "rewards": {"graded": 0.25},
    "advantage": -0.5,
}


def test_a_cell_holds_text_in_one_line_whatever_a_model_wrote():
    head, _, row = as_markdown([ROW]).splitlines()

    assert head.startswith("| task_id | prompt | completion | code | verdict |")
    assert row.count(" | ") == head.count(" | ")
    assert "x &#124; 1  # &#60;b&#62;".replace("  ", "&nbsp; ") in row
    assert "user: Add one." in row


def test_event_files_hold_the_figures_and_the_table(tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator", reason="no tensorboard")
    arguments = transformers.TrainingArguments(output_dir=str(tmp_path), report_to=["tensorboard"], logging_steps=2)
    state = transformers.TrainerState(global_step=2, is_world_process_zero=True)
    callback = TensorBoardCallback()
    table = TensorBoardTable(SimpleNamespace(args=arguments, callback_handler=SimpleNamespace(callbacks=[callback])))

    callback.on_train_begin(arguments, state, None)
    table(1, [ROW])
    table(2, [ROW])
    callback.on_log(arguments, state, None, logs={"pass_rate": 0.25, "heldout/pass@1": 0.5})
    folder = callback.logging_dir
    callback.on_train_end(arguments, state, None)

    events = reading.EventAccumulator(folder).Reload()
    assert [event.value for event in events.Scalars("train/pass_rate")] == [0.25]
    assert [event.value for event in events.Scalars("train/heldout/pass@1")] == [0.5]
    assert [event.step for event in events.Tensors("completions/text_summary")] == [2]
    assert b"| p1 | user: Add one. |" in events.Tensors("completions/text_summary")[0].tensor_proto.string_val[0]
