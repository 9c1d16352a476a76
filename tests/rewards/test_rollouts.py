"""The awaited reward in the rollout loop of TRL's asynchronous trainer, against a server that speaks as vLLM does."""

import json
import multiprocessing
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from accelerate import PartialState
from datasets import Dataset
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

from trl_rlvr.rewards import AsyncCodeReward, named_reward
from trl_rlvr.sandbox import SandboxConfig
from trl_rlvr.verifier import CodeVerifier

GOOD = "def f(x): return x"
TOKENS = ["<pad>", "<|im_end|>", "answer", "quick", "slow", GOOD, "def f(x): return 1"]
ANSWERS = {TOKENS.index("quick"): TOKENS.index(GOOD), TOKENS.index("slow"): TOKENS.index("def f(x): return 1")}
PATIENCE_S = 120


class CompletionServer:
    """Answers `/v1/completions`; what is asked about the slow problem waits until it is let go."""

    def __init__(self) -> None:
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["prompt"]
                topic = next(token for token in asked if token in ANSWERS)
                if topic == TOKENS.index("slow"):
                    outer.released.wait(PATIENCE_S)
                ids = [ANSWERS[topic], TOKENS.index("<|im_end|>")]
                body = json.dumps({"choices": [{"token_ids": ids, "logprobs": {"token_logprobs": [-1.0, -1.0]}}]})
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[CompletionServer]:
    server = CompletionServer()
    yield server
    server.close()


def chat_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(WordLevel({token: number for number, token in enumerate(TOKENS)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("\n", "removed")
    chat = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<|im_end|>")
    chat.chat_template = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}answer"
    chat.response_template = {
        "defaults": {"role": "assistant"},
        "start_anchor": "answer",
        "fields": {"content": {"close_pattern": r"<\|im_end\|>", "content": "text"}},
    }
    return chat


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_group_is_rewarded_while_another_is_still_being_generated(server: CompletionServer) -> None:
    rollouts = pytest.importorskip("trl.experimental.async_grpo.async_rollout_worker", reason="needs aiohttp")
    PartialState()  # the loop logs through accelerate, as in the process that TRL starts it in
    tests = ["assert f(1) == 1", "assert f(2) == 2"]
    rows = [
        {"prompt": [{"role": "user", "content": topic}], "task_id": topic, "tests": tests, "entry_point": "f"}
        for topic in ("slow", "quick")
    ]
    spawn = multiprocessing.get_context("spawn")
    samples: Any = spawn.Queue()
    with CodeVerifier(config=SandboxConfig(sandbox_workers=1)) as verifier:
        loop = rollouts._AsyncRolloutLoop(
            model_name="policy",
            dataset=Dataset.from_list(rows),
            reward_funcs=[AsyncCodeReward(named_reward("graded", verifier=verifier))],
            processing_class=chat_tokenizer(),
            eos_token_ids=[TOKENS.index("<|im_end|>")],
            rollout_buffer=samples,
            model_version_value=spawn.Value("i", 0),
            heartbeat_value=spawn.Value("d", 0.0),
            failed_event=spawn.Event(),
            exception_info_queue=spawn.Queue(maxsize=1),
            metrics_queue=spawn.Queue(maxsize=64),
            num_generations=2,
            max_inflight_tasks=4,
            vllm_server_url=server.url,
        )
        thread = threading.Thread(target=loop.run, daemon=True)
        thread.start()
        try:
            first = [samples.get(timeout=PATIENCE_S) for _ in range(2)]
            was_released = server.released.is_set()
            server.released.set()
            second = rewards_of("slow", samples)
        finally:
            loop._loop.call_soon_threadsafe(loop._stop_event.set)
            thread.join(PATIENCE_S)

    assert not was_released
    assert [(sample.prompt[0]["content"], sample.metrics["rewards/graded"]) for sample in first] == [("quick", 1.0)] * 2
    assert second == [0.25, 0.25]


def rewards_of(topic: str, samples: Any) -> list[float]:
    """Return the rewards of the first two samples of a problem."""
    found: list[float] = []
    while len(found) < 2:
        try:
            sample = samples.get(timeout=PATIENCE_S)
        except queue.Empty:
            break
        if sample.prompt[0]["content"] == topic:
            found.append(sample.metrics["rewards/graded"])
    return found
