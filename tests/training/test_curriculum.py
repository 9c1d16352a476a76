from collections import Counter

import pytest

from trl_rlvr.errors import ConfigError, DataError
from trl_rlvr.training.curriculum import Curriculum, CurriculumConfig, allowed_tests


def curriculum(count=10, tests=None, seed=0, **options):
    config = CurriculumConfig(**{f"curriculum_{name}": value for name, value in options.items()})
    ids = [f"p{n}" for n in range(count)]
    return Curriculum(config, ids, tests or [3] * count, group_size=4, seed=seed)


def visit(made, *visits):
    """Let generation batches pass, each given as {row: passes of 4}."""
    for batch in visits:
        made.advance([(f"p{row}", n < passes) for row, passes in batch.items() for n in range(4)])


def test_everything_is_off_by_default():
    assert not CurriculumConfig().enabled
    assert CurriculumConfig(curriculum_by_tests=True).enabled


@pytest.mark.parametrize(
    ("option", "value"), [("focus", -1.0), ("focus", float("nan")), ("retire_after", -1), ("revive_after", 0)]
)
def test_options_out_of_range_are_refused(option, value):
    with pytest.raises(ConfigError, match=f"curriculum_{option} is {value!r}"):
        CurriculumConfig(**{f"curriculum_{option}": value})


def test_a_filter_score_without_refilling_is_refused():
    with pytest.raises(ConfigError, match="nothing is replaced; give curriculum_refill_rounds of 1 or more"):
        CurriculumConfig(curriculum_filter_score="binary")


def test_the_same_seed_and_past_give_the_same_choice():
    one, other, third = curriculum(), curriculum(), curriculum(seed=1)

    assert one.choose(5) == other.choose(5)
    assert one.choose(10) != third.choose(10)


def test_each_draw_is_a_new_one():
    made = curriculum()
    first, second = made.choose(10), made.choose(10)
    visit(made, {})

    assert first != second
    assert made.choose(10) not in (first, second)


def test_a_choice_has_no_row_twice_while_there_are_enough():
    assert sorted(curriculum().choose(10)) == list(range(10))


def test_rows_come_again_only_when_there_are_too_few():
    assert Counter(curriculum(count=3).choose(7)).most_common() in (
        [(row, 3), (other, 2), (last, 2)] for row in range(3) for other in range(3) for last in range(3)
    )


def test_excluded_rows_stay_out_unless_nothing_else_is_left():
    made = curriculum(count=4)

    assert sorted(made.choose(2, exclude={0, 1})) == [2, 3]
    assert set(made.choose(2, exclude={0, 1, 2, 3})) <= {0, 1, 2, 3}


def test_focus_draws_the_problems_that_are_neither_always_nor_never_solved():
    made = curriculum(count=4, focus=4.0)
    visit(made, *[{0: 4, 1: 0, 2: 2, 3: 2}] * 3)

    drawn = Counter(row for _ in range(200) for row in made.choose(2))

    assert drawn[2] + drawn[3] > 380  # of 400; by chance it would be 200
    assert drawn[0] + drawn[1] > 0


def test_without_focus_all_are_drawn_alike():
    made = curriculum(count=4, retire_after=9)
    visit(made, *[{0: 4, 1: 0, 2: 2, 3: 2}] * 3)

    drawn = Counter(made.choose(1)[0] for _ in range(400))

    assert min(drawn.values()) > 70  # 100 each by chance


def test_a_problem_retires_after_as_many_settled_visits_as_asked_for():
    made = curriculum(count=3, retire_after=2)

    visit(made, {0: 4, 1: 0})
    assert sorted(made.choose(3)) == [0, 1, 2]
    visit(made, {0: 4, 1: 1})
    assert sorted(made.choose(2)) == [1, 2]
    assert made.metrics()["curriculum/resting"] == pytest.approx(1 / 3)


def test_a_retired_problem_is_revived_and_retires_again_if_nothing_changed():
    made = curriculum(count=2, retire_after=1, revive_after=3)
    visit(made, {0: 4})
    assert [made.choose(1) for _ in range(9)] == [[1]] * 9

    visit(made, {1: 2}, {1: 2}, {1: 2})
    assert {made.choose(1)[0] for _ in range(40)} == {0, 1}

    visit(made, {0: 4})
    assert [made.choose(1) for _ in range(9)] == [[1]] * 9


def test_when_all_rest_the_longest_rested_come_first():
    made = curriculum(count=3, retire_after=1)
    visit(made, {2: 0}, {0: 0}, {1: 0})

    assert made.choose(2) == [2, 0]


@pytest.mark.parametrize(("iteration", "tests"), [(0, 3), (4, 3), (5, 4), (34, 9), (35, 10), (1000, 10)])
def test_the_schedule_lets_in_one_more_test_every_five_batches(iteration, tests):
    assert allowed_tests(iteration) == tests


def test_problems_with_more_tests_wait_for_their_time():
    made = curriculum(count=3, tests=[3, 4, 11], by_tests=True)
    assert made.choose(1) == [0]
    assert made.metrics()["curriculum/open"] == pytest.approx(1 / 3)

    visit(made, *[{}] * 5)
    assert sorted(made.choose(2)) == [0, 1]

    visit(made, *[{}] * 95)
    assert sorted(made.choose(2)) == [0, 1]  # more than ten tests: never, as in the original schedule


def test_a_schedule_that_would_let_nothing_in_starts_with_the_fewest_tests():
    made = curriculum(count=3, tests=[12, 7, 7], by_tests=True)

    assert sorted(made.choose(2)) == [1, 2]


def test_a_restored_curriculum_goes_on_as_the_saved_one():
    made = curriculum(focus=2.0, retire_after=2)
    visit(made, {0: 4, 1: 0, 2: 2}, {0: 4, 3: 1})
    other = curriculum(focus=2.0, retire_after=2)

    other.load_state_dict(made.state_dict())

    assert other.iteration == 2
    assert [other.choose(5), other.choose(5)] == [made.choose(5), made.choose(5)]


@pytest.mark.parametrize(
    "state", [{}, {"iteration": "x", "pass_rates": {}}, {"iteration": 1, "pass_rates": {"a": 1}}, []]
)
def test_a_foreign_state_is_refused(state):
    with pytest.raises(DataError, match="saved"):
        curriculum().load_state_dict(state)


def test_metrics_speak_of_the_problems_that_were_visited():
    made = curriculum(count=4)
    visit(made, {0: 4, 1: 0})

    metrics = made.metrics()

    assert metrics["curriculum/seen"] == 0.5
    assert metrics["curriculum/pass_rate"] == 0.5  # 0.9 and 0.1


def test_a_data_set_gives_task_ids_and_test_counts():
    from datasets import Dataset

    rows = {"task_id": ["a", "b"], "tests": [["t"] * 5, []], "io_tests": [[], [{"input": "", "output": ""}] * 2]}
    config = CurriculumConfig(curriculum_by_tests=True)
    made = Curriculum.for_dataset(config, Dataset.from_dict(rows), group_size=4)

    assert len(made) == 2
    assert made.choose(1) == [1]  # two tests against five


def test_a_data_set_without_task_ids_is_refused():
    from datasets import Dataset

    with pytest.raises(ConfigError, match="'task_id'"):
        Curriculum.for_dataset(CurriculumConfig(), Dataset.from_dict({"prompt": ["a"]}), group_size=4)


def test_a_curriculum_over_nothing_is_refused():
    with pytest.raises(ConfigError, match="over 0 task ids"):
        Curriculum(CurriculumConfig(), [], [], group_size=4)
