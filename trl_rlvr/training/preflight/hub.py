"""Whether the model is where it is said to be, and whether the Hub would take the trained one; in seconds, not minutes.

Only the first process of each machine asks the network: the others would ask the same.
"""

import os
from pathlib import Path
from typing import Any

from trl_rlvr.training.hub.commit import one_line, status_of
from trl_rlvr.training.hub.completions import completions_repo
from trl_rlvr.training.policy import base_path
from trl_rlvr.training.spec import RunSpec

TIMEOUT_S = 15.0


def model(spec: RunSpec) -> str | None:
    """Ask whether a path is there, or whether the Hub has the model or it is in the cache."""
    adapter = spec.run.adapter_name_or_path
    if adapter is not None and (complaint := _found("adapter_name_or_path", adapter, "adapter_config.json", None)):
        return complaint
    path = base_path(spec.model, spec.run)
    return _found("model_name_or_path", path, "config.json", spec.model.model_revision)


def _found(option: str, name: str, file: str, revision: str | None) -> str | None:
    if Path(name).expanduser().is_dir():
        if (Path(name).expanduser() / file).is_file() or (Path(name).expanduser() / "adapter_config.json").is_file():
            return None
        return f"{option} {name!r} holds no {file}; give the folder of a saved model"
    if name.startswith((".", "/", "~")) or name.count("/") > 1 or os.sep + os.sep in name:
        return f"{option} {name!r} does not exist; give a folder, or the id of a model on the Hub (owner/name)"
    return _on_hub(option, name, file, revision)


def _on_hub(option: str, name: str, file: str, revision: str | None) -> str | None:
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import (
        GatedRepoError,
        HFValidationError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if os.environ.get("LOCAL_RANK", "0") != "0":
        return None
    try:
        if isinstance(try_to_load_from_cache(name, file, revision=revision), str):
            return None
        HfApi().model_info(name, revision=revision, timeout=TIMEOUT_S)
    except HFValidationError:
        return f"{option} {name!r} is neither a folder here nor an id of the Hub (owner/name)"
    except GatedRepoError:
        return f"{option} {name!r} is gated: accept its terms on the Hub, and log in with `hf auth login` or HF_TOKEN"
    except RevisionNotFoundError:
        return f"{option} {name!r} has no revision {revision!r} on the Hub"
    except RepositoryNotFoundError:
        return f"{option} {name!r} is neither a folder here nor a model on the Hub that this machine may read"
    except Exception as error:
        return (
            f"{option} {name!r} is no folder here, not in the cache, and the Hub cannot be reached "
            f"({one_line(error)}); give a folder, or try again with a network"
        )
    return None


def push(spec: RunSpec) -> str | None:
    """Ask whether there is a token, make the repositories with it, and ask whether it may write to them."""
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HFValidationError

    grpo = spec.grpo
    if not grpo.push_to_hub or os.environ.get("RANK", "0") != "0":
        return None
    token = grpo.hub_token or get_token()
    if not token:
        return "push_to_hub needs a token; log in with `hf auth login`, set HF_TOKEN, or leave push_to_hub out"
    name = grpo.hub_model_id or Path(grpo.output_dir).resolve().name
    api = HfApi(token=token)
    try:
        repo = _writable(api, name, grpo.hub_private_repo, None)
        if spec.run.hub_completions:
            _writable(api, completions_repo(repo), grpo.hub_private_repo, "dataset")
    except HFValidationError:
        return f"hub_model_id {name!r} is no name for a repository; give owner/name"
    except Exception as error:
        return _refused(name, error)
    return None


def _writable(api: Any, name: str, private: bool | None, kind: str | None) -> str:
    """Make a repository, and ask what a commit to it would ask first, which needs the right to write; return its id.

    `create_repo` alone does not tell: it takes a repository that the token may only read for one that is there.
    """
    from huggingface_hub import CommitOperationAdd

    repo = str(api.create_repo(name, private=private, exist_ok=True, repo_type=kind).repo_id)
    api.preupload_lfs_files(repo, additions=[CommitOperationAdd("README.md", b"")], repo_type=kind)
    return repo


def _refused(name: str, error: Exception) -> str:
    status = status_of(error)
    if status in (401, 403):
        return f"the Hub does not let this token write to {name!r} ({status}); give another token or hub_model_id"
    if status:
        return f"the Hub cannot make the repository {name!r} ({one_line(error)}); try again, or leave push_to_hub out"
    return f"push_to_hub needs the Hub, which cannot be reached ({one_line(error)}); leave it out, push later"
