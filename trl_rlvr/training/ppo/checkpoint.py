"""The critic's files: weights of its own beside the policy's, which stays a model that anyone can load.

They lie in a folder of their own, because vLLM reads every `*.safetensors` that lies beside a model.
"""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trl_rlvr.errors import ConfigError
from trl_rlvr.training.ppo.critic import Critic, is_critics

FOLDER = "critic"
_WEIGHTS = "weights.safetensors"
_DESCRIPTION = "critic.json"
STATE_NAME = "ppo_state.json"
"""The file, in a checkpoint, of what else moves while PPO trains."""


def critic_weights(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the critic's share of a policy's state, by names that do not tell whether the policy has an adapter."""
    return {name.removeprefix("base_model.model."): tensor for name, tensor in state.items() if is_critics(name)}


def save_critic(folder: str | Path, kind: str, weights: dict[str, Tensor]) -> None:
    """Write the critic into a folder that holds, or will hold, the policy."""
    from safetensors.torch import save_file

    place = Path(folder) / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}, place / _WEIGHTS)
    (place / _DESCRIPTION).write_text(json.dumps({"kind": kind}))


def load_critic(critic: Critic, name: str | Path) -> None:
    """Fill a critic with saved weights.

    Args:
        critic: Of the same kind, on a policy of the same shape.
        name: Folder or Hub id of the model that it was saved with, or its own folder.

    Raises:
        ConfigError: There is no critic at this place, or it is another one.
    """
    place = _find(name)
    kind = json.loads((place / _DESCRIPTION).read_text())["kind"]
    if kind != critic.kind:
        raise ConfigError(f"the critic in {str(name)!r} is of the kind {kind!r}, and this run's is {critic.kind!r}")
    from safetensors.torch import load_file

    saved, own = load_file(place / _WEIGHTS), critic_weights(critic.named_parameters())
    with whole(own.values()), torch.no_grad():
        wrong = [key for key in own if key not in saved or saved[key].shape != own[key].shape]
        if wrong or len(saved) != len(own):
            raise ConfigError(
                f"the critic in {str(name)!r} has other weights than this run's, such as "
                f"{(wrong or sorted(saved.keys() - own.keys()))[0]!r}; give one of the same model and LoRA options"
            )
        for key, weight in own.items():
            weight.copy_(saved[key])


def whole(weights: Iterable[Tensor]) -> contextlib.AbstractContextManager[Any]:
    """Gather weights that ZeRO-3 has cut up, and hand out again what becomes of them."""
    cut = [weight for weight in weights if hasattr(weight, "ds_id")]
    if not cut:
        return contextlib.nullcontext()
    import deepspeed

    gathered: contextlib.AbstractContextManager[Any] = deepspeed.zero.GatheredParameters(cut, modifier_rank=0)
    return gathered


def _find(name: str | Path) -> Path:
    folders = [Path(name) / FOLDER, Path(name)]
    if not Path(name).exists():
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

        try:
            folders = [Path(snapshot_download(str(name), allow_patterns=f"{FOLDER}/*")) / FOLDER]
        except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
            raise ConfigError(f"no folder and no Hub repository {str(name)!r} with a critic: {error}") from error
    for folder in folders:
        if (folder / _DESCRIPTION).is_file():
            return folder
    raise ConfigError(f"{str(name)!r} holds no critic; give a folder in which PPOTrainer has saved one")


def read_state(checkpoint: str | Path) -> dict[str, Any]:
    """Return what `write_state` wrote into a checkpoint.

    Raises:
        ConfigError: The checkpoint is none of PPO's.
    """
    file = Path(checkpoint) / STATE_NAME
    if not file.is_file():
        raise ConfigError(f"checkpoint {str(checkpoint)!r} holds no {STATE_NAME}; PPO resumes from its own checkpoints")
    state: dict[str, Any] = json.loads(file.read_text())
    return state


def write_state(checkpoint: str | Path, state: dict[str, Any]) -> None:
    """Write what else moves while PPO trains into a checkpoint."""
    (Path(checkpoint) / STATE_NAME).write_text(json.dumps(state))
