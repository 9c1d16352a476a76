"""The rewards: one score each, by row, among siblings, on the text, or awaited.

Siblings are the rows of one problem in *this process's* part of the batch: a group that a trainer splits over two ranks
is two sets of siblings.
"""

from collections.abc import Callable, Sequence
from typing import Any

from trl_rlvr.errors import ConfigError
from trl_rlvr.rewards.base import Completion, Rewards, VerifiedReward
from trl_rlvr.rewards.batch import VerifiedBatch, registry_of
from trl_rlvr.rewards.scores import Score, SiblingScore


def _name_of(score: Callable[..., Any], name: str | None) -> str:
    found = name or getattr(score, "__name__", None)
    if not found:
        raise ConfigError(f"score {score!r} has no __name__; give the reward a name")
    return str(found)


class CodeReward(VerifiedReward):
    """Scores each completion by what its code showed.

    Args:
        score: facts of one completion -> number; pure.
        name: what TRL calls it in its logs; None: the score's own name.
        **options: those of `VerifiedReward`.

    Raises:
        ConfigError: the score has no name and none was given.
    """

    def __init__(self, score: Score, *, name: str | None = None, **options: Any) -> None:
        super().__init__(name=_name_of(score, name), **options)
        self._score = score

    def scores(self, batch: VerifiedBatch) -> list[float]:
        """Score row by row."""
        return [self._score(v) if batch.is_known(row) else 0.0 for row, v in enumerate(batch.verifications)]


class SiblingReward(VerifiedReward):
    """Compares the completions of one problem with each other.

    Args:
        score: facts of all completions of one problem -> one number each; pure.
        name: what TRL calls it in its logs; None: the score's own name.
        **options: those of `VerifiedReward`.
    """

    def __init__(self, score: SiblingScore, *, name: str | None = None, **options: Any) -> None:
        super().__init__(name=_name_of(score, name), **options)
        self._score = score

    def scores(self, batch: VerifiedBatch) -> list[float]:
        """Score problem by problem, leaving out what the sandbox could not judge."""
        scores = [0.0] * len(batch.texts)
        for siblings in batch.siblings():
            known = [row for row in siblings if batch.is_known(row)]
            values = self._score([batch.verifications[row] for row in known])
            if len(values) != len(known):
                raise ConfigError(
                    f"score {self.__name__!r} gave {len(values)} numbers for {len(known)} completions; give one each"
                )
            for row, value in zip(known, values, strict=True):
                scores[row] = value
        return scores


class TextReward(VerifiedReward):
    """Scores the text of each completion, whatever its code does.

    Args:
        score: text -> number; pure.
        name: what TRL calls it in its logs; None: the score's own name.
        **options: those of `VerifiedReward`.
    """

    def __init__(self, score: Callable[[str], float], *, name: str | None = None, **options: Any) -> None:
        super().__init__(name=_name_of(score, name), **options)
        self._score = score

    def scores(self, batch: VerifiedBatch) -> list[float]:
        """Score row by row."""
        return [self._score(text) for text in batch.texts]


class OverlongReward(VerifiedReward):
    """TRL's soft punishment of overlong completions, with None on the rows that the sandbox could not judge.

    Args:
        max_completion_tokens: length at which completions are cut short; scored -1.0 there.
        soft_punish_tokens: the last so many tokens before it over which the score falls from 0.0 to -1.0.
        **options: those of `VerifiedReward`.
    """

    def __init__(self, max_completion_tokens: int, soft_punish_tokens: int, **options: Any) -> None:
        super().__init__(name="overlong", max_completion_tokens=max_completion_tokens, **options)
        self._lengths = (max_completion_tokens, soft_punish_tokens)

    def scores(self, batch: VerifiedBatch) -> list[float]:
        """Score row by row.

        Raises:
            ConfigError: the caller gave no token ids.
        """
        from trl.rewards import get_soft_overlong_punishment

        if batch.completion_ids is None:
            raise ConfigError("the overlong reward needs completion_ids; call it from a TRL trainer, or leave it out")
        punish = get_soft_overlong_punishment(*self._lengths)
        return [float(score) for score in punish(completion_ids=batch.completion_ids)]


class AsyncCodeReward:
    """Any of the rewards for callers that await their rewards; it shares batches with the synchronous ones.

    Args:
        reward: the reward to await.
    """

    def __init__(self, reward: VerifiedReward) -> None:
        self._reward = reward
        self.__name__ = reward.__name__

    async def __call__(
        self,
        prompts: Sequence[Any] | None = None,
        completions: Sequence[Completion] = (),
        completion_ids: Sequence[Sequence[int]] | None = None,
        log_extra: Any = None,
        log_metric: Any = None,
        trainer_state: Any = None,
        **columns: Any,
    ) -> Rewards:
        """Score a batch; see `VerifiedReward`."""
        del trainer_state
        request = self._reward.request(prompts, completions, completion_ids, columns)
        entry = await registry_of(self._reward.verifier).averified(self._reward.verifier, request)
        return self._reward.scored(entry, log_extra, log_metric)
