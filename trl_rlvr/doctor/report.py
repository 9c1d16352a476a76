"""Shows what this host can enforce around a program: each layer and why it is off, then attacks, run live.

A layer that is off is no error in itself: what counts is what the attacks achieve with the layers that are on.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import replace

from trl_rlvr.doctor.attacks import ATTACKS, Attack, surroundings
from trl_rlvr.sandbox.backends.honest_programs import HONEST_PROGRAMS
from trl_rlvr.sandbox.base import Sandbox
from trl_rlvr.sandbox.config import SandboxConfig, open_sandbox
from trl_rlvr.verdict import ExecutionResult, Verdict

_CPU_S = 1.0
_WIDTH = 116
_WORTH = {
    "rlimits": "no bound on memory, file size and CPU time but our clock",
    "no_new_privs": "seccomp and Landlock need it",
    "dumpable": "processes of the same id can read each other's memory",
    "ids": "programs run under the trainer's own id: only seccomp and Landlock keep them apart from it",
    "capabilities": "programs keep rights that they do not need",
    "seccomp": "network, processes and all of the kernel's interface are open to programs",
    "landlock": "programs read and write whatever their id may",
    "user_ns": "",
    "pid_ns": "programs see that other processes exist",
    "mount_ns": "programs see which files exist, and cannot get a limited scratch",
    "net_ns": "only seccomp keeps programs off the network",
    "ipc_ns": "only seccomp keeps programs from shared memory",
    "uts_ns": "programs see the host's name",
    "scratch_tmpfs": "what programs store is measured from time to time and not bounded by the kernel",
}
"""The consequence of each layer's absence."""


def show(config: SandboxConfig | None = None, *, layers_only: bool = False) -> int:
    """Print the report.

    Args:
        config: which sandbox to look at; None: the default one.
        layers_only: print the table of layers and run nothing.

    Returns:
        0 if honest programs passed and every attack was held, 1 if one did not, got through or ended without a verdict.

    Raises:
        SandboxUnavailableError: no program can be run or pass here, or a layer that is required is off.
    """
    config = replace(config or SandboxConfig(), sandbox_workers=1, sandbox_cpu_s=_CPU_S)
    with surroundings() as known, open_sandbox(config) as sandbox:
        print(f"sandbox backend: {sandbox.name}\n")
        print(layer_table(getattr(sandbox, "layers", [])))
        if layers_only:
            return 0
        print(f"\n{len(HONEST_PROGRAMS)} honest programs, which must pass:\n")
        passed = [_judged(sandbox, kind) for kind in HONEST_PROGRAMS]
        print(f"\n{len(ATTACKS)} attacks, run here and now:\n")
        outcomes = [_attack(sandbox, attack, known) for attack in ATTACKS]
    failed = outcomes.count(False)
    print(f"\n{passed.count(True)} of {len(passed)} honest programs passed.")
    print(f"{len(outcomes) - failed} of {len(outcomes)} attacks were held.")
    return 0 if all(passed) and not failed else 1


def layer_table(layers: Sequence[tuple[str, bool, str]]) -> str:
    """Return the table of layers: name, on or off, and why; with what the lack of one means."""
    lines = [f"{'layer':<14} {'':<4} detail, or why not"]
    for name, on, why in layers:
        worth = "" if on else _WORTH.get(name, "")
        text = f"{why} ({worth})" if worth else why
        first, *more = textwrap.wrap(text, _WIDTH - 20) or [""]
        lines.append(f"{name:<14} {'on' if on else 'off':<4} {first}".rstrip())
        lines += [" " * 20 + line for line in more]
    return "\n".join(lines)


def outcome_line(attack: Attack, result: ExecutionResult) -> tuple[bool, str]:
    """Return whether the sandbox held, and the line that says what the attack achieved."""
    if result.verdict is Verdict.PASSED:
        held, word = False, "GOT THROUGH"
    elif result.verdict is Verdict.SANDBOX_ERROR:
        held, word = False, "NO VERDICT"
    else:
        held, word = True, "held"
    text = f"{word:<12} {attack.aim}: {result.verdict.value}"
    return held, f"{text}; {result.error}" if result.error else text


def _judged(sandbox: Sandbox, kind: str) -> bool:
    (result,) = sandbox.run([HONEST_PROGRAMS[kind]])
    if result.verdict is Verdict.PASSED:
        print(f"passed       with {kind}")
    else:
        print(f"FAILED       with {kind}: {result.verdict.value}; {result.error}")
    return result.verdict is Verdict.PASSED


def _attack(sandbox: Sandbox, attack: Attack, known: dict[str, object]) -> bool:
    *_, result = sandbox.run(attack.programs(known))
    held, line = outcome_line(attack, result)
    print("\n".join(textwrap.wrap(line, _WIDTH, subsequent_indent=" " * 13)), flush=True)
    return held
