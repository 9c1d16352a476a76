"""Containers that a test and a solution share behave as in one process, whatever either does with them."""

import collections
import random

import pytest
from support.programs import run_or_fail

from trl_rlvr.problem import CodeProblem
from trl_rlvr.sandbox.base import Program, Sandbox
from trl_rlvr.sandbox.codec import Decoder, Encoder, RefusedValue, Shared, tags
from trl_rlvr.verdict import Verdict

SOLUTION = """
kept = {}
def keep(place, x): kept[place] = x
def give(place): return kept[place]
def push(place, x):
    kept[place].append(x)
    return kept[place]
def turn(x):
    x.reverse()
    return x
def forget(place): kept.pop(place, None)
def inner(place):
    return [row for row in kept[place] if isinstance(row, list)]
def cross(one, other):
    kept[one].append(kept[other])
def each(f, place):
    for row in inner(place): f(row)
"""


def random_script(seed: int) -> tuple[str, ...]:
    """Return statements, `SHOW expression` among them; containers of a higher number never hold one of a lower."""
    dice = random.Random(seed)
    lines = [f"x{n} = [{n}]" for n in range(4)] + [f"keep({n}, x{n})" for n in range(4) if dice.random() < 0.7]
    lines += [f"forget({n})\nkeep({n}, [{n}, [{n}]])" for n in range(4) if f"keep({n}, x{n})" not in lines]
    forms = [
        "x{low}.append({number})",
        "x{low}.append(x{high})",
        "give({low}).append({number})",
        "give({low}).insert(0, x{high})",
        "push({low}, {number})",
        "push({low}, [x{high}, ({number}, x{high})])",
        "keep({low}, x{low})",
        "cross({low}, {high})",
        "x{low} = give({low})",
        "turn(x{low})",
        "for row in inner({low}): row.append({number})",
        "each(lambda row: row.append({number}), {low})",
        "each(lambda row: push({high}, {number}), {low})",
        "del x{low}[1:]",
        "SHOW turn(x{low})",
        "y = [turn(x{low}), push({high}, {number})]\nkeep({low}, y[0])",
        "SHOW [push({low}, {number}), push({low}, x{high}), give({low})]",
        "SHOW give({low})",
        "SHOW inner({low})",
        "SHOW [x0, x1, x2, x3]",
        "SHOW [give({low}) is x{low}, give({high}) is x{low}]",
    ]
    for _ in range(40):
        low, high = sorted(dice.sample(range(4), 2))
        lines.append(dice.choice(forms).format(low=low, high=high, number=dice.randrange(10)))
    return (*lines, "SHOW [x0, x1, x2, x3]", "SHOW [give(n) for n in range(4)]")


def as_in_one_process(script: tuple[str, ...]) -> str:
    """Return a test that asserts what the script shows where solution and test share one process."""
    names: dict[str, object] = {}
    exec(SOLUTION, names)
    lines = []
    for line in script:
        if line.startswith("SHOW "):
            lines.append(f"assert repr({line[5:]}) == {eval(f'repr({line[5:]})', names)!r}")
        else:
            exec(line, names)
            lines.append(line)
    return "\n".join(lines)


def test_random_scripts_show_what_they_show_in_one_process(sandbox: Sandbox) -> None:
    tests = [as_in_one_process(random_script(seed)) for seed in range(150)]
    problems = [CodeProblem(task_id="scripts", prompt="", tests=(test,)) for test in tests]

    results = run_or_fail(sandbox, [Program(SOLUTION, problem) for problem in problems])

    failed = [
        (seed, result.tests) for seed, result in enumerate(results) if result.tests[0].verdict is not Verdict.PASSED
    ]
    assert not failed


def send(sender: Shared, receiver: Shared, *values: object) -> list[object]:
    """Send one message from end to end; returns the values as they arrive."""
    encoder = Encoder(table=sender.table)
    sender.write_head(encoder)
    for value in values:
        encoder.value(value)
    sender.agree()
    message = Decoder(bytes(encoder.out), table=receiver.table)
    receiver.read_head(message)
    arrived = message.rest()
    receiver.agree(message.costs)
    return arrived


def test_changes_travel_both_ways_in_place():
    here, there = Shared(), Shared()
    row, rows = [1], {"row": None}
    rows["row"] = row
    (theirs,) = send(here, there, rows)
    theirs["row"].append(2)
    theirs["more"] = theirs["row"]

    send(there, here)

    assert rows == {"row": [1, 2], "more": [1, 2]}
    assert rows["more"] is row
    row.append(3)
    send(here, there)
    assert theirs == {"row": [1, 2, 3], "more": [1, 2, 3]}


def test_what_only_one_end_still_holds_is_forgotten_by_both():
    here, there = Shared(), Shared()
    for number in range(100):
        send(here, there, [[number], (number,)])
        send(there, here)
        send(here, there)

    assert len(here.numbers) == len(there.numbers) == 0


def test_what_changed_just_before_it_is_forgotten_still_arrives():
    here, there = Shared(), Shared()
    mine = [3, 1]
    send(here, there, mine)[0].sort()

    send(there, here)

    assert mine == [1, 3]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", [list, dict, collections.deque, collections.OrderedDict, set, bytearray])
def test_any_change_arrives(kind, seed):
    dice = random.Random(seed)
    here, there = Shared(), Shared()
    mine = kind() if kind is bytearray else kind((n, n) for n in range(dice.randrange(6)))
    (theirs,) = send(here, there, mine)
    for _ in range(30):
        fresh = [(dice.randrange(9), dice.randrange(3)) for _ in range(dice.randrange(4))]
        kept = list(theirs.items() if isinstance(theirs, dict) else theirs)
        first, last = sorted(dice.choices(range(len(kept) + 1), k=2))
        changed = kept[:first] + fresh * (kind is not bytearray) + kept[last:]
        theirs.clear()
        theirs.update(changed) if kind in (dict, collections.OrderedDict, set) else theirs.extend(changed or b"")

        send(there, here)

        assert mine == theirs
        assert kind is set or list(mine) == list(theirs)
        here, there, mine, theirs = there, here, theirs, mine


def test_an_unchanged_container_costs_nothing():
    here, there = Shared(), Shared()
    (theirs,) = send(here, there, list(range(10_000)))
    encoder = Encoder(table=there.table)

    there.write_head(encoder)

    assert len(theirs) == 10_000
    assert len(encoder.out) == 2


def test_a_mapping_with_more_keys_than_values_is_refused() -> None:
    shared, mine = Shared(), {1: 2}
    send(shared, Shared(), mine)
    message = Decoder(bytes([1, shared.numbers[id(mine)], 1, tags.INT, 66, 0, 0]), table=shared.table)

    with pytest.raises(RefusedValue, match="more or fewer keys"):
        shared.read_head(message)


def test_a_container_cannot_be_changed_twice_in_one_message():
    shared, mine = Shared(), [1]
    send(shared, Shared(), mine)
    number = shared.numbers[id(mine)]
    message = Decoder(bytes([2, *2 * [number, 0], 0]), table=shared.table)

    with pytest.raises(RefusedValue, match="changes one twice"):
        shared.read_head(message)


def test_a_change_cannot_make_a_counter_a_flood():
    here, there = Shared(), Shared()
    mine = collections.Counter("ab")
    (theirs,) = send(here, there, mine)
    theirs["a"] = 10**9

    with pytest.raises(RefusedValue, match="counts more than"):
        send(there, here)


@pytest.mark.parametrize("head", [[1, 9, 0, 0], [1, 0, 0, 0], [0, 1], [0, 1, 9], [1], [255, 1, 2]])
def test_malformed_heads_are_refused(head: list[int]) -> None:
    shared = Shared()
    send(Shared(), shared, (1, 2))
    message = Decoder(bytes(head), table=shared.table)

    with pytest.raises(RefusedValue):
        shared.read_head(message)
