"""What is published of options: no secret at any depth, and no folder of this host."""

import socket
from dataclasses import dataclass, field
from typing import Any

import pytest

from trl_rlvr.training.recorded import redacted
from trl_rlvr.training.redact import is_secret, published, published_command, without_secrets


@pytest.mark.parametrize("name", ["token", "hub_token", "api_key", "password", "client_secret", "Authorization"])
def test_names_of_secrets_are_known(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["eos_token", "pad_token", "max_tokens", "num_tokens", "keys_to_ignore", "monkey"])
def test_names_that_only_look_like_secrets_stay(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"hub_token": "a", "seed": 1}, {"seed": 1}),
        ({"model_init_kwargs": {"token": "a", "dtype": "auto"}}, {"model_init_kwargs": {"dtype": "auto"}}),
        ({"list": [{"password": "a"}, 2]}, {"list": [{}, 2]}),
        ({"url": "http://user:pw@host:8000/v1"}, {"url": "http://***@host:8000/v1"}),
        ({"url": "https://host/x?token=abc&n=1"}, {"url": "https://host/x?token=***&n=1"}),
        ({"text": "use hf_abcdefghijk0 now"}, {"text": "use *** now"}),
        ({"json": '{"token": "abc", "n": 1}'}, {"json": '{"token": "***", "n": 1}'}),
        ({"header": "Authorization: Bearer abc"}, {"header": "Authorization: ***"}),
    ],
)
def test_secrets_are_left_out_at_any_depth(given, left):
    assert without_secrets(given) == left


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("/home/alice/models/llama", "llama"),
        ("~/models/llama", "llama"),
        ("file:///home/alice/x.jsonl", "x.jsonl"),
        ("outputs/run", "outputs/run"),
        ("owner/name", "owner/name"),
        ("https://host/a/b", "https://host/a/b"),
        ("1/2 of all", "1/2 of all"),
        ("{% if '</think>' in m %}", "{% if '</think>' in m %}"),
    ],
)
def test_folders_of_this_host_are_cut_down_to_their_last_part(given, left):
    assert published(given) == left


def test_the_hosts_name_is_not_published(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "alices-box")

    assert published("started on alices-box") == "started on host"


def test_a_command_line_is_shown_without_its_secrets():
    given = ["/usr/bin/trl-rlvr", "train", "--hub_token", "abc", "--api_key=def", "--data_name", "/data/mine.jsonl"]

    assert published_command(given) == [
        "trl-rlvr", "train", "--hub_token", "***", "--api_key=***", "--data_name", "mine.jsonl",
    ]  # fmt: skip


@dataclass
class Arguments:
    hub_token: str | None = "abc"
    output_dir: str = "/home/alice/out"
    model_init_kwargs: dict[str, Any] = field(default_factory=lambda: {"token": "abc", "n": 1})
    seed: int = 3


def test_arguments_are_copied_without_secrets_and_the_original_keeps_them():
    whole = Arguments()

    shown = redacted(whole, published)

    assert shown == Arguments(None, "out", {"n": 1}, 3)
    assert whole == Arguments()
