"""What a run leaves: a policy that anyone can load, a critic beside it, and a checkpoint to go on from."""

import json

import pytest
import torch
from peft import AutoPeftModelForCausalLM, LoraConfig
from ppo_runs import ppo_trainer, weights
from safetensors.torch import load_file
from tiny_policy import tiny_llama
from transformers import AutoModelForCausalLM

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.ppo.checkpoint import load_critic
from trl_rlvr.training.ppo.critic import is_critics

KINDS = [("head", False), ("head", True), ("adapter", True), ("model", False), ("model", True)]
RUN = {
    "optim": "adamw_torch",
    "learning_rate": 0.01,
    "critic_learning_rate": 0.03,
    "save_strategy": "steps",
    "save_steps": 2,
    "beta": 0.1,
    "kl_target": 1e-3,
    "kl_horizon": 50,
    "lively": 6,
}


def trainer_of(folder, critic, lora, **changes):
    model = tiny_llama(folder)
    kind = str(folder / "policy") if critic == "model" else critic
    more = {"peft_config": LoraConfig(r=4)} if lora else {}
    return ppo_trainer(folder, model=model, critic=kind, **more, **{**RUN, **changes})


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: "-".join(map(str, kind)))
def run(request, tmp_path_factory):
    """Four updates in one go, with a checkpoint behind the second."""
    folder = tmp_path_factory.mktemp("run")
    trainer = trainer_of(folder, *request.param, max_steps=4)
    trainer.train()
    trainer.save_model(str(folder / "out"))
    return folder, trainer, request.param


def test_a_resumed_run_ends_with_the_weights_and_the_optimizer_of_an_unbroken_one(run):
    folder, unbroken, kind = run
    resumed = trainer_of(folder, *kind, max_steps=4)

    resumed.train(resume_from_checkpoint=str(folder / "checkpoint-2"))

    assert resumed.beta == pytest.approx(unbroken.beta)
    assert resumed.beta != 0.1
    ends = weights(resumed)
    for name, weight in weights(unbroken).items():
        torch.testing.assert_close(ends[name], weight, rtol=1e-4, atol=1e-6, msg=f"{name}: {{}}".format)
    ours, theirs = (trainer.optimizer.state_dict() for trainer in (resumed, unbroken))
    assert [group["lr"] for group in ours["param_groups"]] == [0.01, 0.01, 0.03]
    for index, state in theirs["state"].items():
        torch.testing.assert_close(ours["state"][index]["exp_avg"], state["exp_avg"], rtol=1e-3, atol=1e-6)


def test_the_critics_weights_are_in_its_own_group_and_all_of_them_moved(run):
    folder, trainer, (critic, lora) = run
    own = trainer.critic.named_parameters()
    fresh = trainer_of(folder, critic, lora).critic.named_parameters()

    assert {id(p) for p in trainer.optimizer.param_groups[-1]["params"]} == {id(p) for p in own.values()}
    assert not {id(p) for p in own.values()} & {id(p) for g in trainer.optimizer.param_groups[:-1] for p in g["params"]}
    assert [name for name, weight in own.items() if torch.equal(weight, fresh[name])] == []


def test_the_exported_policy_is_without_the_critic_and_says_what_the_trained_one_says(run):
    folder, trainer, (_, lora) = run
    files = sorted(path.name for path in (folder / "out").glob("*.safetensors"))
    stored = load_file(folder / "out" / files[0])
    kind = AutoPeftModelForCausalLM if lora else AutoModelForCausalLM

    loaded = kind.from_pretrained(folder / "out")

    assert files == ["adapter_model.safetensors" if lora else "model.safetensors"]
    assert [name for name in stored if is_critics(name)] == []
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        wanted = trainer.model.eval()(input_ids=ids).logits
        torch.testing.assert_close(loaded.eval()(input_ids=ids).logits, wanted, rtol=1e-4, atol=1e-5)
    assert json.loads((folder / "out" / "critic" / "critic.json").read_text())["kind"] == trainer.critic.kind


def test_a_critic_starts_from_a_saved_one(run, tmp_path):
    folder, trained, kind = run
    trainer = trainer_of(folder, *kind, critic_name_or_path=str(folder / "out"))

    for name, weight in trained.critic.named_parameters().items():
        assert torch.equal(trainer.critic.named_parameters()[name], weight)


def test_an_engine_is_given_the_policys_weights_alone(run):
    trainer = run[1]
    before = [name for name, _ in trainer.model.named_parameters()]
    seen = []

    trainer._without_critic(lambda: seen.extend(name for name, _ in trainer.model.named_parameters()))()

    assert [name for name in seen if is_critics(name) and "lora_" not in name] == []  # engines skip every adapter
    assert len(seen) < len(before)
    assert [name for name, _ in trainer.model.named_parameters()] == before


def test_a_critic_of_another_kind_is_refused(tmp_path):
    trainer = trainer_of(tmp_path, "head", False)
    trainer.save_model(str(tmp_path / "out"))
    other = trainer_of(tmp_path, "model", False)

    with pytest.raises(ConfigError, match="is of the kind 'head', and this run's is 'model'"):
        load_critic(other.critic, tmp_path / "out")


def test_a_place_without_a_critic_is_named(tmp_path):
    with pytest.raises(ConfigError, match="holds no critic; give a folder in which PPOTrainer has saved one"):
        trainer_of(tmp_path, "head", False, critic_name_or_path=str(tmp_path))


def test_a_checkpoint_of_grpo_is_refused(run, tmp_path):
    folder, _, kind = run
    (folder / "checkpoint-2" / "ppo_state.json").rename(tmp_path / "ppo_state.json")
    try:
        with pytest.raises(ConfigError, match=r"holds no ppo_state\.json"):
            trainer_of(folder, *kind, max_steps=4).train(resume_from_checkpoint=str(folder / "checkpoint-2"))
    finally:
        (tmp_path / "ppo_state.json").rename(folder / "checkpoint-2" / "ppo_state.json")
