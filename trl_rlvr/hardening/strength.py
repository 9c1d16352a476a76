"""How many small mistakes a problem's tests catch.

A mutant that no test at hand tells from the reference counts as no mistake, neither for nor against: it may do the same
as the reference, and nobody can tell. So a strength of 1 says that the tests catch all that far more inputs catch.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from trl_rlvr.errors import ConfigError
from trl_rlvr.hardening.augment import Augmentation
from trl_rlvr.hardening.mutants import Mutant, make_mutants
from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox import Program, Sandbox
from trl_rlvr.verdict import ExecutionResult, Verdict


@dataclass(frozen=True, slots=True)
class Strength:
    """What the tests of one problem, or of several, make of mutants."""

    mutants: int = 0
    """Mutants that the sandbox could judge."""
    caught: int = 0
    """Those that fail one of the problem's own tests."""
    caught_augmented: int = 0
    """Those that fail one of its own or of its new tests."""
    mistaken: int = 0
    """Those that fail any test at hand, probes included; the others may do the same as the reference."""
    missed: tuple[str, ...] = ()
    """Mistakes that the problem's own tests let pass, in words."""

    @property
    def before(self) -> float:
        """Share of the mistakes that the problem's own tests catch; NaN without any."""
        return self.caught / self.mistaken if self.mistaken else math.nan

    @property
    def after(self) -> float:
        """Share of the mistakes that its own and its new tests catch together; NaN without any."""
        return self.caught_augmented / self.mistaken if self.mistaken else math.nan

    @classmethod
    def total(cls, strengths: Iterable["Strength"]) -> "Strength":
        """Add up those of several problems."""
        listed = list(strengths)
        return cls(
            sum(strength.mutants for strength in listed),
            sum(strength.caught for strength in listed),
            sum(strength.caught_augmented for strength in listed),
            sum(strength.mistaken for strength in listed),
            tuple(what for strength in listed for what in strength.missed),
        )


def measure_strength(
    augmentations: Sequence[Augmentation], sandbox: Sandbox, *, mutants: int = 20, seed: int = 0
) -> list[Strength | None]:
    """Run mutants of each problem's reference against its own tests, its new tests and the probes.

    Args:
        augmentations: of `augment_problems`.
        sandbox: where the mutants run.
        mutants: how many a problem, at most.
        seed: of their draw.

    Returns:
        One strength a problem, in order; None where there were no new tests to measure by.

    Raises:
        ConfigError: `mutants` is below 1.
        SandboxError: the sandbox is closed or cannot start.
    """
    if mutants < 1:
        raise ConfigError(f"mutants is {mutants!r}; give how many mutants a problem to try, 1 or more")
    made = [_mutants(augmentation, mutants, seed) for augmentation in augmentations]
    programs = [
        Program(mutant.code, _with_all_tests(augmentation))
        for augmentation, own in zip(augmentations, made, strict=True)
        for mutant in own
    ]
    results = iter(sandbox.run(programs))
    return [
        _strength(augmentation, [(mutant, next(results)) for mutant in own]) if augmentation.tests else None
        for augmentation, own in zip(augmentations, made, strict=True)
    ]


def _mutants(augmentation: Augmentation, count: int, seed: int) -> list[Mutant]:
    problem = augmentation.problem
    if not augmentation.tests:
        return []
    return make_mutants(problem.reference_solution or "", count, f"{seed}:{problem.task_id}")


def _with_all_tests(augmentation: Augmentation) -> CodeProblem:
    problem = augmentation.problem
    return replace(problem, tests=(*problem.tests, *augmentation.tests, *augmentation.probes))


def _strength(augmentation: Augmentation, shown: Sequence[tuple[Mutant, ExecutionResult]]) -> Strength:
    own, new = augmentation.problem.total, len(augmentation.tests)
    judged = [(mutant, _failures(result)) for mutant, result in shown if result.verdict is not Verdict.SANDBOX_ERROR]
    return Strength(
        mutants=len(judged),
        caught=sum(any(failed[:own]) for _, failed in judged),
        caught_augmented=sum(any(failed[: own + new]) for _, failed in judged),
        mistaken=sum(any(failed) for _, failed in judged),
        missed=tuple(mutant.what for mutant, failed in judged if any(failed) and not any(failed[:own])),
    )


def _failures(result: ExecutionResult) -> list[bool]:
    return [test.verdict is not Verdict.PASSED for test in result.tests]
