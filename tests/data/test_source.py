"""Where a data set came from, without asking the network."""

import hashlib

import pytest
from huggingface_hub import constants

from trl_rlvr.data.source import source_of

SHA = "4bb6404fdc6cacfda99d4ac4205087b89d32030c"


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """The Hub's cache with one data set, as the Hub's client leaves it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))
    kept = tmp_path / "datasets--google-research-datasets--mbpp"
    (kept / "snapshots" / SHA).mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(SHA)
    (kept / "snapshots" / SHA / "README.md").write_text("---\nlicense:\n- cc-by-4.0\n---\n# MBPP\n")


def test_a_set_of_the_hub_has_the_revision_and_licence_of_what_was_loaded(cache):
    assert source_of("mbpp", "train") == {
        "name": "mbpp",
        "hub_id": "google-research-datasets/mbpp",
        "configuration": "full",
        "split": "train",
        "revision": SHA,
        "licence": "cc-by-4.0",
    }


def test_what_the_cache_does_not_hold_is_not_known(cache):
    source = source_of("someone/other:hard", "test")

    assert (source["hub_id"], source["configuration"]) == ("someone/other", "hard")
    assert (source["revision"], source["licence"]) == (None, None)


def test_a_file_is_known_by_its_sum_and_its_folder_is_not_told(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"{}\n")
    source = source_of(str(path), "all")

    assert (source["name"], source["hub_id"]) == ("mine.jsonl", None)
    assert source["revision"] == f"sha256:{hashlib.sha256(b'{}' + bytes([10])).hexdigest()[:32]}"


def test_the_starter_set_is_of_this_package():
    source = source_of("starter", "train")

    assert (source["hub_id"], source["licence"]) == (None, "mit")
    assert source["revision"].startswith("trl-rlvr ")
