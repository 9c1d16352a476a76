"""The curriculum on the embedded policy, with rewards that run code in the sandbox."""

import pytest
from tiny_policy import grpo_config
from transformers import AutoTokenizer

from trl_rlvr.data import load_problems, problems_to_dataset
from trl_rlvr.rewards import build_rewards
from trl_rlvr.training.curriculum import Curriculum, CurriculumConfig
from trl_rlvr.training.embedded import EMBEDDED_POLICY
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.verifier import CodeVerifier


@pytest.mark.slow
def test_verdicts_of_the_sandbox_feed_the_curriculum(tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED_POLICY, padding_side="left")
    found = load_problems("starter", "train")[:24]
    dataset = problems_to_dataset(found, prompt_style="completion", visible_tests=1, tokenizer=tokenizer)
    config = CurriculumConfig(curriculum_focus=2.0, curriculum_refill_rounds=1)
    curriculum = Curriculum.for_dataset(config, dataset, group_size=4)
    settings = {"per_device_train_batch_size": 24, "max_completion_length": 48, "optim": "adamw_torch"}
    with CodeVerifier() as verifier:
        rewards = build_rewards(verifier=verifier, observers=[curriculum.memory], max_completion_tokens=48)
        trainer = EfficientGRPOTrainer(
            model=str(EMBEDDED_POLICY),
            reward_funcs=[reward for reward, _ in rewards],
            args=grpo_config(tmp_path, learning_rate=1e-4, loss_type="dr_grpo", **settings),
            train_dataset=dataset,
            processing_class=tokenizer,
            curriculum=curriculum,
        )
        trainer.train()

    records = curriculum.memory.records.values()
    history = [row for row in trainer.state.log_history if "pass_rate" in row]
    assert set(curriculum.memory.records) <= {problem.task_id for problem in found}
    assert all(record.passes + record.fails == 4 for record in records if record.iteration == 0)
    assert any(record.passes for record in records)
    assert any(record.fails for record in records)
    assert len(history) == 2
    assert max(row["forwarded/tokens"] for row in history) < 1.0
