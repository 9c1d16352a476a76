"""Refinement in real trainers: what was sampled, masked, rewarded and learned from."""

import math

import pytest
import torch
from datasets import Dataset
from marks import ENDS, marked_tokenizer, template
from tiny_policy import grpo_config
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from trl import GRPOConfig

from trl_rlvr.data import DataConfig, problems_to_dataset
from trl_rlvr.errors import ConfigError
from trl_rlvr.problem import CodeProblem
from trl_rlvr.rewards import named_reward, scores
from trl_rlvr.sandbox import Sandbox, SandboxStats
from trl_rlvr.training.embedded import EMBEDDED_POLICY
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.ppo import PPOConfig, PPOTrainer
from trl_rlvr.training.refinement import Refinement, RefinementConfig
from trl_rlvr.training.refinement.frames import ChatFrame, PlainFrame
from trl_rlvr.training.rows import loss_mask
from trl_rlvr.verdict import ExecutionResult, Verdict
from trl_rlvr.verifier import CodeVerifier

SETTINGS = {
    "use_cpu": True,
    "bf16": False,
    "num_generations": 4,
    "per_device_train_batch_size": 8,
    "max_completion_length": 200,
    "learning_rate": 1e-3,
    "max_steps": 1,
    "logging_steps": 1,
    "save_strategy": "no",
    "report_to": "none",
    "disable_tqdm": True,
    "seed": 3,
}


@pytest.fixture(scope="module")
def verifier():
    with CodeVerifier(memory=1000) as opened:
        yield opened


def noting(kind):
    """Return a trainer's class that keeps what each call of `_generate_single_turn` was given and gave."""

    class Noting(kind):
        def _generate_single_turn(self, prompt_ids, *rest, **named):
            ids, logprobs = super()._generate_single_turn(prompt_ids, *rest, **named)
            self.__dict__.setdefault("calls", []).append((prompt_ids, ids))
            return ids, logprobs

    return Noting


def trainer_of(kind, folder, verifier, *, rewards=None, config=None, **options):
    refinement = RefinementConfig(**{"refinement_turns": 2, "refinement_turn_tokens": 40, **options})
    settings = {**SETTINGS, **(config or {})}
    args = PPOConfig(str(folder), **settings) if kind is PPOTrainer else GRPOConfig(str(folder), **settings)
    return noting(kind)(
        model=AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY, dtype=torch.float32),
        reward_funcs=rewards or [named_reward("graded", verifier=verifier)],
        args=args,
        train_dataset=problems_to_dataset(DataConfig().load_train()[:6], prompt_style="completion", visible_tests="1"),
        processing_class=AutoTokenizer.from_pretrained(EMBEDDED_POLICY),
        refinement=Refinement(refinement, verifier, "1", seed=3),
    )


def rows_of(trainer, groups=2):
    return [trainer.train_dataset[group] for group in range(groups) for _ in range(4)]


def assert_token_in_token_out(trainer, frame_ids):
    """Check every trajectory of the latest batch against the calls of the model and the frames."""
    sampled = {}
    for contexts, answers in trainer.calls:
        for context, answer in zip(contexts, answers, strict=True):
            sampled.setdefault(tuple(context), []).append(answer)
    several = 0
    for row in trainer._trajectories:
        sequence, mask = list(row.prompt_ids), []
        for place, turn in enumerate(row.turns):
            assert turn.ids in [answer[: len(turn.ids)] for answer in sampled[tuple(sequence)]]
            sequence, mask = sequence + turn.ids, mask + [1] * len(turn.ids)
            if place + 1 < len(row.turns):
                fed = frame_ids(turn.feedback, turn.ids[-1])
                sequence, mask = sequence + fed, mask + [0] * len(fed)
        assert sequence == row.prompt_ids + row.ids
        assert mask == row.mask
        several += len(row.turns) > 1
    assert several


@pytest.fixture(scope="module")
def grpo(tmp_path_factory, verifier):
    torch.manual_seed(0)
    trainer = trainer_of(
        EfficientGRPOTrainer, tmp_path_factory.mktemp("grpo"), verifier, refinement_reward="discounted"
    )
    trainer.model.train()
    return trainer, trainer._generate_and_score_completions(rows_of(trainer))


def test_a_plain_completion_is_what_was_sampled_and_fed_back(grpo):
    trainer, batch = grpo
    frame = PlainFrame(trainer._tokenizer)

    assert_token_in_token_out(trainer, frame.ids)
    for row, ids, mask in zip(trainer._trajectories, batch["completion_ids"], loss_mask(batch), strict=True):
        assert ids[: len(row.ids)].tolist() == row.ids
        assert mask.tolist() == row.mask + [0] * (len(mask) - len(row.mask))


def test_log_probabilities_are_those_of_each_turn_by_itself(grpo):
    trainer, _ = grpo
    row = next(row for row in trainer._trajectories if len(row.turns) == 2)
    start = len(row.prompt_ids)
    whole = torch.tensor([row.prompt_ids + row.ids])

    def logps(ids, kept):
        with torch.no_grad():
            return trainer._get_per_token_logps_and_entropies(trainer.model, ids, torch.ones_like(ids), kept)[0][0]

    once = logps(whole, len(row.ids))
    by_turn, end = [], start
    for number, turn in enumerate(row.turns):
        end = start + (len(turn.ids) if number == 0 else len(row.ids))
        by_turn.append(logps(whole[:, :end], len(turn.ids)))
    torch.testing.assert_close(once[torch.tensor(row.mask).bool()], torch.cat(by_turn), rtol=1e-4, atol=1e-4)


def test_the_discounted_reward_counts_the_turns(grpo, verifier):
    trainer, _ = grpo
    problems = {problem.task_id: problem for problem in DataConfig().load_train()}
    for row, given, rewards in zip(trainer._trajectories, rows_of(trainer), trainer.turn_rewards.tolist(), strict=True):
        whole = [problems[given["task_id"]]] * len(row.turns)
        due = [scores.graded(found) for found in verifier.verify([turn.text for turn in row.turns], whole)]
        for place, turn in enumerate(row.turns[:-1]):
            due[place] += 0.0 if turn.has_code else -0.2
        assert rewards[: len(due)] == pytest.approx(due)


def test_the_figures_are_logged(grpo):
    trainer, _ = grpo

    names = {name for name in trainer._metrics["train"] if name.startswith("refinement/")}

    assert {"refinement/pass_rate_1", "refinement/pass_rate_2", "refinement/turns", "refinement/tokens_1"} <= names
    assert trainer._metrics["train"]["pass_rate"][-1] <= 1.0
    assert len(trainer._metrics["train"]["pass_rate"]) == 1


@pytest.mark.parametrize("kind", [EfficientGRPOTrainer, PPOTrainer])
def test_a_step_moves_the_policy(tmp_path, verifier, kind):
    trainer = trainer_of(kind, tmp_path, verifier, refinement_reward="discounted")
    before = {name: weight.detach().clone() for name, weight in trainer.model.named_parameters()}

    trainer.train()

    logged = trainer.state.log_history[0]
    assert logged["refinement/turns"] > 1.0
    assert math.isfinite(logged["loss"])
    assert any(not torch.equal(before[name], weight) for name, weight in trainer.model.named_parameters())


def test_ppo_puts_each_turns_reward_on_its_last_token(tmp_path, verifier):
    trainer = trainer_of(
        PPOTrainer,
        tmp_path,
        verifier,
        refinement_reward="discounted",
        refinement_gamma=0.5,
        config={"whiten_advantages": False},
    )
    trainer.model.train()

    batch = trainer._generate_and_score_completions(rows_of(trainer))

    several = 0
    for place, row in enumerate(trainer._trajectories):
        rewards = trainer.turn_rewards[place].tolist()
        ends = [step for step, kept in enumerate(row.mask) if kept and row.mask[step + 1 : step + 2] != [1]]
        due = [rewards[0] + 0.5 * rewards[1], rewards[1]] if len(row.turns) == 2 else rewards[:1]
        several += len(row.turns) == 2
        assert batch["returns"][place][ends].tolist() == pytest.approx(due, abs=1e-5)
        fed = ~torch.tensor(row.mask).bool()
        assert batch["advantages"][place][: len(row.mask)][fed].abs().sum() == 0
    assert several


class Broken(Sandbox):
    """A user's own sandbox that can run nothing."""

    name = "broken"

    def __init__(self):
        self.stats = SandboxStats()

    def run(self, programs, *, deadline_s=None):
        return [ExecutionResult.uniform(Verdict.SANDBOX_ERROR, program.problem.total) for program in programs]

    def close(self):
        pass


def test_a_turn_that_could_not_be_run_leaves_the_row_out(tmp_path, verifier):
    broken = CodeVerifier(Broken(), fault_rate=1.0)
    trainer = trainer_of(EfficientGRPOTrainer, tmp_path, broken, rewards=[named_reward("graded", verifier=verifier)])
    trainer.model.train()

    batch = trainer._generate_and_score_completions(rows_of(trainer))

    unknown = [place for place, row in enumerate(trainer._trajectories) if row.is_unknown]
    assert len(unknown) >= 6
    assert trainer.turn_rewards[unknown].isnan().all()
    assert batch["advantages"][unknown].abs().sum() == 0


def test_a_second_rollout_func_is_refused(tmp_path, verifier):
    with pytest.raises(ConfigError, match="rollout_func"):
        EfficientGRPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(EMBEDDED_POLICY),
            reward_funcs=[named_reward("graded", verifier=verifier)],
            args=grpo_config(tmp_path),
            train_dataset=Dataset.from_dict({"prompt": ["x"]}),
            processing_class=AutoTokenizer.from_pretrained(EMBEDDED_POLICY),
            rollout_func=lambda prompts, trainer: {},
            refinement=Refinement(RefinementConfig(refinement_turns=2), verifier),
        )


@pytest.mark.parametrize("compact", [True, False])
def test_chats_under_every_template(tmp_path, verifier, compact):
    tokenizer = marked_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=2048,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    problem = CodeProblem("add", "Add.", tests=("assert add(1, 2) == 3",))
    trainer = noting(EfficientGRPOTrainer)(
        model=LlamaForCausalLM(config),
        reward_funcs=[named_reward("graded", verifier=verifier)],
        args=grpo_config(tmp_path, max_completion_length=400, per_device_train_batch_size=4),
        train_dataset=problems_to_dataset([problem]),
        processing_class=tokenizer,
        compact_generation=compact,
        refinement=Refinement(RefinementConfig(refinement_turns=2, refinement_turn_tokens=12), verifier),
    )
    trainer.model.train()
    for name in ENDS:
        trainer.chat_template, trainer.calls = template(name), []

        batch = trainer._generate_and_score_completions([trainer.train_dataset[0]] * 4)

        assert_token_in_token_out(trainer, ChatFrame(tokenizer, template(name)).ids)
        assert batch["tool_mask"].shape == batch["completion_ids"].shape
