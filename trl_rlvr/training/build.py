"""The trainer of a run, put together from its specification; the trainer is TRL's but for what its own class says."""

from typing import Any

from transformers import PrinterCallback
from transformers.trainer import DEFAULT_PROGRESS_CALLBACK
from trl import GRPOConfig

from trl_rlvr.rewards import build_rewards, named_reward
from trl_rlvr.training.algorithms import named_algorithm, trainer_options
from trl_rlvr.training.callbacks import FiniteGradients
from trl_rlvr.training.curriculum import Curriculum
from trl_rlvr.training.grpo import EfficientGRPOTrainer
from trl_rlvr.training.policy import model_path, policy_arguments
from trl_rlvr.training.ppo import PPOConfig
from trl_rlvr.training.problem_set import ProblemSet
from trl_rlvr.training.refinement import Refinement
from trl_rlvr.training.spec import RunSpec
from trl_rlvr.training.stopping import fence_ids, stop_trainer_at, stop_vllm_at
from trl_rlvr.verifier import CodeVerifier


def build_trainer(
    spec: RunSpec, verifier: CodeVerifier, training: ProblemSet, heldout: ProblemSet | None, processor: Any
) -> EfficientGRPOTrainer:
    """Build the trainer, without TRL's bar and its dump of all keys: `IterationLog` takes their place."""
    curriculum = None
    if spec.curriculum.enabled:
        curriculum = Curriculum.for_dataset(
            spec.curriculum, training.dataset, group_size=spec.grpo.num_generations, seed=spec.grpo.seed
        )
    rewards = build_rewards(
        spec.reward,
        verifier,
        observers=[curriculum.memory] if curriculum else [],
        max_completion_tokens=spec.grpo.max_completion_length,
    )
    weights = spec.grpo.reward_weights or [weight for _, weight in rewards]
    score = spec.curriculum.curriculum_filter_score
    if score and score not in [reward.__name__ for reward, _ in rewards]:
        decides = named_reward(score, spec.reward, verifier=verifier)
        rewards, weights = [*rewards, (decides, 0.0)], [*weights, 0.0]
    spec.grpo.reward_weights = weights
    if isinstance(spec.grpo, PPOConfig) and spec.grpo.critic is not None:
        spec.grpo.critic = model_path(spec.grpo.critic)
    ends = fence_ids(getattr(processor, "tokenizer", processor)) if spec.data.data_prompt_style == "chat_code" else []
    stop_vllm_at(ends, spec.grpo)
    options = {
        "skip_zero_gradient": spec.run.skip_zero_gradient,
        "compact_generation": spec.run.compact_generation,
        "share_prompts": spec.run.share_prompts,
        "curriculum": curriculum,
        "refinement": _refinement(spec, verifier),
    }
    trainer: EfficientGRPOTrainer = named_algorithm(spec.run.algorithm).trainer(
        reward_funcs=[reward for reward, _ in rewards],
        args=spec.grpo,
        train_dataset=training.dataset,
        eval_dataset=heldout.dataset if heldout is not None and spec.grpo.eval_strategy != "no" else None,
        processing_class=processor,
        **trainer_options(spec.run.algorithm, options),
        **policy_arguments(spec.model, spec.run, spec.grpo),
    )
    stop_trainer_at(ends, trainer)
    for kind in (PrinterCallback, DEFAULT_PROGRESS_CALLBACK):
        trainer.remove_callback(kind)
    trainer.add_callback(FiniteGradients(trainer.model.parameters(), trainer.accelerator))
    return trainer


def _refinement(spec: RunSpec, verifier: CodeVerifier) -> Refinement | None:
    """Return how completions are repaired, or None where they are not."""
    if not spec.refinement.enabled:
        return None
    visible = spec.refinement.refinement_visible_tests or spec.data.data_visible_tests
    return Refinement(spec.refinement, verifier, visible, spec.grpo.seed)


def describe_iteration(grpo: GRPOConfig) -> str:
    """Say what one iteration is, since it follows from five of TRL's fields and the number of processes."""
    completions = grpo.per_device_train_batch_size * grpo.gradient_accumulation_steps * grpo.world_size
    updates = grpo.num_iterations * grpo.generation_batch_size / completions
    return (
        f"an iteration: {completions} completions, {completions / grpo.num_generations:g} problems x "
        f"{grpo.num_generations}, on {grpo.world_size} process(es); {updates:g} update(s) from each generation"
    )
