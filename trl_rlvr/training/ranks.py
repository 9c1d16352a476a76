"""What stops one rank stops all: the others would wait for it until a collective times out, half an hour later."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from accelerate.utils import gather_object

from trl_rlvr.errors import RlvrError

T = TypeVar("T")


def agreed(share: Callable[[], T], instead: Callable[[], T]) -> T:
    """Do this rank's share of something; every rank must call this.

    Args:
        share: does it.
        instead: called where `share` raises an `RlvrError`; takes part in the collectives that it has missed.

    Raises:
        RlvrError: of this rank, or else of the first that has one.
    """
    fault: RlvrError | None = None
    try:
        done = share()
    except RlvrError as error:
        fault = error
        done = instead()
    faults: list[Any] = gather_object([(type(fault), str(fault))] if fault else [])
    if fault is not None:
        raise fault
    if faults:
        kind, message = faults[0]
        raise kind(message)
    return done


class StopsTogether:
    """Mixed into a trainer of TRL: rewards that one rank cannot compute end the run on all of them, with the reason."""

    accelerator: Any
    reward_funcs: list[Any]

    def _calculate_rewards(self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any) -> torch.Tensor:
        """As in TRL, whose one collective a rank with an error would miss."""

        def missed() -> Any:
            shape = len(prompts), len(self.reward_funcs)
            return self.accelerator.gather(torch.full(shape, float("nan"), device=self.accelerator.device))

        def share() -> Any:
            return super(StopsTogether, self)._calculate_rewards(inputs, prompts, completions, completion_ids_list)  # type: ignore[misc]

        return agreed(share, missed) if self.accelerator.num_processes > 1 else share()
