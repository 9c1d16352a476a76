"""The model with its LoRA adapter merged in, made from the saved adapter and its base, on the CPU.

From disk, so that it does not matter whether the run sharded or quantized the base: the base is loaded whole.
"""

from pathlib import Path

from trl_rlvr.errors import TrainingError

MERGED = "merged"
"""The folder, in a run's, of the merged model."""


def merge_adapter(folder: Path) -> Path:
    """Write the merged model into `folder/merged`, and return that; one that is newer than the adapter is kept.

    Raises:
        TrainingError: the base cannot be loaded, or the adapter is no such that can be merged.
    """
    place, adapter = folder / MERGED, folder / "adapter_config.json"
    config = place / "config.json"
    if config.is_file() and config.stat().st_mtime >= adapter.stat().st_mtime:
        return place
    from peft import AutoPeftModelForCausalLM

    try:
        model = AutoPeftModelForCausalLM.from_pretrained(str(folder), dtype="auto", device_map={"": "cpu"})
        model.merge_and_unload(safe_merge=True).save_pretrained(str(place))
    except (OSError, ValueError, RuntimeError, AttributeError) as error:
        raise TrainingError(
            f"the adapter in {str(folder)!r} cannot be merged into its base ({str(error).splitlines()[0][:300]}); "
            "push the adapter by hub_weights adapter"
        ) from error
    return place
