"""What the run asserts while TRL trains: that the weights move and stay numbers.

Movement is looked at with TRL's own log records, so with `logging_steps: 10` every ten iterations.
"""

import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from trl_rlvr.errors import TrainingError

logger = logging.getLogger(__name__)


class WeightsMove(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Stops a run whose weights stay as they were although a gradient flowed.

    A gradient of zero (no group of completions had differing rewards) and a learning rate of zero (warm-up) are no
    evidence: the check waits for a log record with both above zero, and is done when it has seen one.

    Args:
        parameters: the trainable parameters.
        accelerator: of the trainer; one rank that saw a change speaks for all, as shards may be empty on others.

    Raises:
        TrainingError: the first record with a gradient came, and no weight on any rank had changed.
    """

    PROBES = 1024
    """Elements looked at in each parameter; all of them would mean a second copy of the model."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], accelerator: Any) -> None:
        self._parameters = list(parameters)
        self._accelerator = accelerator
        self._before: list[torch.Tensor] | None = None
        self.moved: bool | None = None
        """None until there was evidence either way."""
        self._rates: list[bool] = []
        self._flat: list[bool] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Remember the weights as they are, after a checkpoint was loaded."""
        self._before = self._probe()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Compare, once there was a gradient to move them."""
        logs = logs or {}
        if "reward" in logs:
            self._rates.append(bool(logs.get("learning_rate")))
            self._flat.append(logs.get("frac_reward_zero_std") == 1.0)
        if self.moved is not None or self._before is None:
            return
        norm, rate = logs.get("grad_norm"), logs.get("learning_rate")
        if not norm or not math.isfinite(norm) or not rate:
            return
        changed = any(not torch.equal(old, new) for old, new in zip(self._before, self._probe(), strict=True))
        votes = self._accelerator.reduce(torch.tensor(float(changed), device=self._accelerator.device), "sum")
        self.moved, self._before = bool(votes.item()), None
        if not self.moved:
            raise TrainingError(
                f"after {state.global_step} iterations no trainable weight has changed, with a gradient norm of "
                f"{norm!r} and a learning rate of {rate!r}; check that the adapter is trainable, that the optimizer "
                "holds it, and that the learning rate is not below what the weights' dtype can show"
            )

    def nothing_learned(self) -> str | None:
        """Say why no logged iteration could move a weight; None where one did."""
        if self.moved is not None:
            return None
        if not self._rates:
            return "no iteration was logged, and whether the weights moved is not known; lower logging_steps"
        if not any(self._rates):
            return "the learning rate was 0 in every logged iteration: nothing was learned"
        if all(self._flat):
            return "no logged iteration had a gradient: every group was rewarded alike, and nothing was learned"
        return "no logged iteration had a gradient, and nothing was learned"

    def _probe(self) -> list[torch.Tensor]:
        return [_elements(parameter, self.PROBES) for parameter in self._parameters]


class FiniteGradients(TrainerCallback):  # type: ignore[misc]  # transformers is not type-checked here
    """Leaves out an update whose gradient holds NaN or infinity, which would make every weight NaN for good.

    A policy of such weights still generates, still is rewarded, and learns nothing more: without this the loss of a
    week shows in the reward alone. With DeepSpeed and with float16's scaler nothing is done here: the former has
    updated the weights before it can be asked, and both look for such gradients themselves.

    Args:
        parameters: of the model.
        accelerator: of the trainer; what one rank finds, all leave out.

    Raises:
        TrainingError: so many updates in a row were left out that the run cannot go on.
    """

    PATIENCE = 10
    """Updates in a row that may be left out."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], accelerator: Any) -> None:
        self._parameters = list(parameters)
        self._accelerator = accelerator
        self._in_a_row = 0

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Drop the gradients if one of them is not finite: an optimizer leaves alone what has none."""
        if self._accelerator.scaler is not None or self._accelerator.state.deepspeed_plugin is not None:
            return
        if not self._broken():
            self._in_a_row = 0
            return
        for parameter in self._parameters:
            parameter.grad = None
        self._in_a_row += 1
        step = state.global_step + 1
        if self._in_a_row > self.PATIENCE:
            raise TrainingError(
                f"the gradients of {self._in_a_row} updates in a row, up to {step}, hold NaN or infinity; the weights "
                "are as they were before; look at the rewards for NaN, try dtype float32, a lower learning rate or "
                "attn_implementation eager, and go on from a checkpoint with resume_from_checkpoint"
            )
        if state.is_world_process_zero:
            logger.warning("update %d is left out: its gradient holds NaN or infinity", step)

    def _broken(self) -> bool:
        device = self._accelerator.device
        found = [~_held(p.grad).isfinite().all() for p in self._parameters if p.grad is not None]
        broken = torch.stack([one.to(device) for one in found]).any() if found else torch.tensor(False, device=device)
        return bool(self._accelerator.reduce(broken.float(), "sum").item())


def _held(tensor: torch.Tensor) -> torch.Tensor:
    """Return what this rank holds of a tensor."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor  # FSDP2


def _elements(parameter: torch.nn.Parameter, count: int) -> torch.Tensor:
    """Copy up to `count` evenly spread elements of what this rank holds of a parameter."""
    held = getattr(parameter, "ds_tensor", parameter)  # ZeRO-3 keeps this rank's shard there
    flat = _held(held).detach().reshape(-1)
    return flat[:: max(1, flat.numel() // count)].clone().cpu()
