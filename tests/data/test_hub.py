import pytest

from trl_rlvr.data import load_problems
from trl_rlvr.errors import DataError

datasets = pytest.importorskip("datasets")

ROW = {"task_id": 1, "text": "Add.", "test_list": ["assert add(1, 2) == 3"]}


@pytest.fixture
def asked(monkeypatch):
    """Every call for a Hub data set, answered from memory."""
    calls = []

    def load_dataset(path, name, *, split):
        calls.append((path, name, split))
        rows = [ROW, {**ROW, "task_id": 2}]
        if split is None:
            return datasets.DatasetDict(
                {"train": datasets.Dataset.from_list(rows[:1]), "test": datasets.Dataset.from_list(rows[1:])}
            )
        return datasets.Dataset.from_list(rows)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return calls


@pytest.mark.parametrize(
    ("name", "hub_id", "configuration"),
    [
        ("mbpp", "google-research-datasets/mbpp", "full"),
        ("mbpp_sanitized", "google-research-datasets/mbpp", "sanitized"),
        ("humaneval", "openai/openai_humaneval", None),
        ("someone/some-set", "someone/some-set", None),
        ("someone/some-set:hard", "someone/some-set", "hard"),
    ],
)
def test_a_name_asks_the_hub_for_its_id_and_configuration(asked, name, hub_id, configuration):
    load_problems(name, "test")

    assert asked == [(hub_id, configuration, "test")]


def test_mbppplus_has_the_splits_of_mbpp(asked, monkeypatch):
    monkeypatch.setitem(ROW, "test", "assert add(0, 0) == 0")
    monkeypatch.setitem(ROW, "task_id", 601)

    assert [problem.task_id for problem in load_problems("mbppplus", "train")] == ["601"]
    assert asked == [("evalplus/mbppplus", None, None)]


def test_without_a_split_all_splits_are_joined(asked):
    assert [problem.task_id for problem in load_problems("mbpp", "all")] == ["1", "2"]
    assert asked == [("google-research-datasets/mbpp", "full", None)]


def test_a_missing_network_says_to_give_a_file(monkeypatch):
    def load_dataset(*_, **__):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)

    with pytest.raises(DataError, match=r"'google-research-datasets/mbpp:full'.*no route to host.*local file"):
        load_problems("mbpp", "train")


def test_a_broken_row_names_data_set_split_and_row(asked, monkeypatch):
    monkeypatch.setitem(ROW, "text", None)

    with pytest.raises(DataError, match=r"someone/some-set, split test, row 0, field 'prompt': is missing"):
        load_problems("someone/some-set", "test")
