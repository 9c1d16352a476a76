"""TRL's contract for reward functions, on top of a verified batch.

A row whose verdict is SANDBOX_ERROR gets None from every reward. TRL leaves a row out only if all of them say None: one
that returned a number would make the others count as 0.
"""

import atexit
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from trl_rlvr.data import problems_from_columns
from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards.batch import BatchEntry, BatchRequest, Observer, VerifiedBatch, registry_of
from trl_rlvr.rewards.metrics import batch_columns, batch_metrics
from trl_rlvr.verifier import CodeVerifier

Completion = str | Sequence[Mapping[str, Any]]
"""The model's text, or the messages that it wrote."""

Rewards = list[float | None]

EARLIER_TURN = "earlier_turn"
"""A column that marks answers which were repaired later: they are scored, and neither logged nor told to observers."""

_SUBMIT = "submit"
"""The tool of `CodeEnvironment`."""

_SHARED_VERIFIER = CodeVerifier()
atexit.register(_SHARED_VERIFIER.close)


def shared_verifier() -> CodeVerifier:
    """Return the verifier of all rewards that were given none; it starts its sandbox when first used."""
    return _SHARED_VERIFIER


def completion_text(completion: Completion) -> str:
    """Return what the model wrote: the string itself, or the content of its last message.

    Content that is None is empty; of content in parts, the text parts count. A message that only calls tools is the
    calls' JSON: the code may be an argument. Where the last message holds no code block, and `submit` was called, what
    was handed in last is the answer.

    Raises:
        ConfigError: it is neither a string nor a list of messages.
    """
    if isinstance(completion, str):
        return completion
    try:
        spoken = [message for message in completion if message.get("role") == "assistant"]
        content = spoken[-1].get("content") if spoken else None
        if content and not isinstance(content, str):
            content = "".join(part["text"] for part in content if part.get("type") == "text")
        if "```" not in (content or "") and (handed_in := _last_submission(spoken)) is not None:
            return handed_in
        if spoken and not content and (calls := spoken[-1].get("tool_calls")):
            return json.dumps(calls, default=str)
        return content or ""
    except (AttributeError, TypeError, KeyError) as error:
        raise ConfigError(f"completion {completion!r} is neither a string nor a list of messages") from error


def _last_submission(spoken: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the code that was handed in last by calling `submit`; None: none was."""
    for message in reversed(spoken):
        for call in reversed(message.get("tool_calls") or []):
            function = call.get("function") or {}
            arguments = function.get("arguments")
            if function.get("name") == _SUBMIT and isinstance(arguments, Mapping) and "code" in arguments:
                return str(arguments["code"])
    return None


class VerifiedReward(ABC):
    """A reward that scores a verified batch.

    Rewards with the same verifier share one execution of each batch; the first of them logs it. Thread-safe; pickles if
    its arguments do.

    Args:
        name: what TRL calls it in its logs.
        verifier: None: one that all such rewards of the process share.
        observers: called once for each batch with its problems and verifications, also where several rewards have them.
        max_completion_tokens: length at which completions are cut short, to tell them apart where their token ids are
            known; None: no completion counts as cut short.
    """

    def __init__(
        self,
        *,
        name: str,
        verifier: CodeVerifier | None = None,
        observers: Sequence[Observer] = (),
        max_completion_tokens: int | None = None,
    ) -> None:
        self._verifier = verifier
        self._observers = tuple(observers)
        self._max_completion_tokens = max_completion_tokens
        self.__name__ = name

    @property
    def verifier(self) -> CodeVerifier:
        """The verifier whose facts it scores."""
        return self._verifier or shared_verifier()

    def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Completion] = (),
        completion_ids: Sequence[Sequence[int]] | None = None,
        log_extra: Any = None,
        log_metric: Any = None,
        trainer_state: Any = None,
        **columns: Any,
    ) -> Rewards:
        """Score a batch, as TRL asks for it.

        Args:
            prompts: one a row, where known; a program that continues its prompt is put behind it.
            completions: one a row, strings or lists of messages.
            completion_ids: token ids of each completion, where known.
            log_extra: TRL's `(column, values)` logger, where there is one.
            log_metric: TRL's `(name, value)` logger, where there is one.
            trainer_state: not used.
            **columns: the data set's columns, one value a row; of TRL's `environments` those count that say by
                `is_unknown` that the sandbox failed in one of their turns.

        Returns:
            One number a completion; None where the sandbox could not run it, or a turn of it.

        Raises:
            DataError: the columns hold no problems.
            ConfigError: the score of a completion is no finite number.
            SandboxFaultRateError: too many programs could not be run.
        """
        del trainer_state
        request = self.request(prompts, completions, completion_ids, columns)
        entry = registry_of(self.verifier).verified(self.verifier, request)
        return self.scored(entry, log_extra, log_metric)

    def request(
        self,
        prompts: Sequence[Any] | None,
        completions: Sequence[Completion],
        completion_ids: Sequence[Sequence[int]] | None,
        columns: Mapping[str, Any],
    ) -> BatchRequest:
        """Return what is to be verified.

        Raises:
            DataError: the columns hold no problems.
        """
        texts = [completion_text(completion) for completion in completions]
        truncated = None
        if completion_ids is not None and self._max_completion_tokens is not None:
            truncated = [len(ids) >= self._max_completion_tokens for ids in completion_ids]
        if prompts is not None:
            columns = {"prompts": prompts, **columns}
        problems = problems_from_columns(columns, len(texts))
        return BatchRequest(completions, texts, truncated, completion_ids, columns, problems)

    def scored(self, entry: BatchEntry, log_extra: Any, log_metric: Any) -> Rewards:
        """Score a verified batch, having told observers and loggers where nobody has yet."""
        batch = entry.facts
        is_earlier = EARLIER_TURN in entry.request.columns
        for observer in () if is_earlier else self._observers:
            if entry.claim_observer(observer):
                observer(batch.problems, batch.verifications)
        if (log_extra or log_metric) and batch.texts and not is_earlier and entry.claim_log():
            for column, values in batch_columns(batch).items() if log_extra else ():
                log_extra(column, values)
            done = registry_of(self.verifier).new_stats(self.verifier.stats)
            for name, value in batch_metrics(batch, done).items() if log_metric else ():
                log_metric(name, value)
        scores = self.scores(batch)
        environments = entry.request.columns.get("environments") or [None] * len(batch.texts)
        unknown = [getattr(environment, "is_unknown", False) for environment in environments]
        return [
            self._checked(scores[row], row) if batch.is_known(row) and not unknown[row] else None
            for row in range(len(batch.texts))
        ]

    def _checked(self, score: object, row: int) -> float:
        """Return a score that a trainer can sum up; NaN or text would spoil the whole step far from here."""
        if isinstance(score, Real) and math.isfinite(score):
            return float(score)
        raise ConfigError(
            f"score {self.__name__!r} is {score!r:.60} ({type(score).__name__}) for row {row}; "
            "give a finite number for each completion"
        )

    @abstractmethod
    def scores(self, batch: VerifiedBatch) -> list[float]:
        """Score every row that the sandbox could judge; what stands in the other rows is not used."""
