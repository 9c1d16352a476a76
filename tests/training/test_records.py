"""What is written while a run goes on, and who is told about its completions."""

import pytest
import transformers

from trl_rlvr.training.folder import RunFolder
from trl_rlvr.training.records import PageFile, to_each


@pytest.fixture
def state():
    return transformers.TrainerState(global_step=3, is_world_process_zero=True)


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def test_each_checkpoint_renews_the_page_of_the_run(folder, state):
    folder.add_metrics(3, {"reward": 0.5, "pass_rate": 0.25})

    PageFile(folder).on_save(None, state, None)

    assert "1 logged updates, the last of them 3" in folder.page.read_text()


def test_other_processes_write_no_page(folder, state):
    folder.add_metrics(3, {"reward": 0.5})
    state.is_world_process_zero = False

    PageFile(folder).on_save(None, state, None)

    assert not folder.page.exists()


def test_a_page_that_cannot_be_written_stops_no_run(folder, state, caplog):
    PageFile(folder).on_save(None, state, None)

    assert "report.html cannot be written at update 3" in caplog.text


def test_every_listener_is_told_in_order():
    told = []

    to_each(
        [lambda step, rows: told.append(("first", step, rows)), lambda step, rows: told.append(("second", step, rows))]
    )(2, [{}])

    assert told == [("first", 2, [{}]), ("second", 2, [{}])]
