"""Attacks on judging that do not deceive even a naive grader, each group with its reason to be there."""

WRONG = "an ordinary wrong answer, kept because ours computes with it, or once let it pass"
CRASH = "a crash, which every grader sees; kept because the executor must survive it"
OURS = "aims at a part that only our executor has, such as a proxy, a handle or the names of a problem"
STALLS = "hangs; kept because the executor must end it"
CHANCE = "finds the answer in freed memory, or not, as chance has it"
RACE = "ends the process between the answer and its comparison, or too late"
CONFINED = "the naive grader is confined as well, so the kernel refuses what this would do"

UNDECEIVING: dict[str, dict[str, str]] = {
    "equality": {
        WRONG: "eq_by_getattr function_instead_of_a_value not_implemented generator_of_liars nan_is_not_unequal",
        OURS: "answers_with_what_it_was_compared_with claims_to_equal_anything differs_from_nothing"
        " does_not_ask_what_it_is_compared_with truth_that_is_no_bool",
    },
    "arithmetic": {
        WRONG: "bool_subclassing_tricks infinity nan complex_nan decimal_nan decimal_signalling_nan numpy_nan"
        " numpy_infinity str_whose_encode_lies string_of_format_fields bytes_for_text"
        " set_subclass_containing_everything counter_with_lying_subtraction mapping_proxy memoryview",
    },
    "exceptions": {
        WRONG: "value_error_by_a_lying_class tuple_that_holds_a_base_of_it exception_that_cannot_be_shown"
        " assert_raises_helper_and_death index_error_in_a_sequence_protocol assertion_error_raised_by_the_candidate",
        OURS: "error_of_an_object_that_is_none error_of_a_class_that_may_be_derived_from"
        " error_of_operators_that_are_withheld error_of_arguments_that_are_not_passed_on"
        " refused_value_where_an_overflow_is_expected deep_value_where_a_recursion_error_is_expected"
        " closed_channel_where_an_exception_is_expected",
        STALLS: "hang_where_any_exception_is_expected",
    },
    "exits": {
        WRONG: "raise_base_exception raise_keyboard_interrupt raise_generator_exit exception_whose_str_exits"
        " exception_whose_class_lies stop_iteration_at_top_level syntax_error nothing_at_all only_nul_bytes"
        " lone_surrogate_in_the_code exit_in_atexit exit_from_excepthook",
        CRASH: "segfault_by_ctypes segfault_in_import segfault_by_bytecode stack_overflow_in_c"
        " stack_overflow_in_a_thread os_abort faulthandler_sigabrt interpreter_finalized_by_ctypes"
        " fatal_error_by_ctypes",
        CONFINED: "kills_itself exec_replaces_the_process stops_itself",
        RACE: "exit_in_other_thread_during_the_answer",
    },
    "expected_side": {
        OURS: "object_that_was_never_handed_over name_of_a_builtin_taken_away",
        WRONG: "setup_names_of_the_next_test",
    },
    "introspection": {
        WRONG: "argv_and_flags interned_strings_by_globals_of_subclasses trace_of_the_caller weakrefs_and_finalizers",
        CHANCE: "dead_objects_in_free_lists",
    },
    "names": {
        OURS: "names_that_a_pattern_of_the_test_binds check_defined_by_the_solution candidate_defined_by_the_solution"
        " helper_of_the_test_defined_by_the_solution tests_in_the_solution test_code_by_string"
        " entry_point_looked_up_lazily module_dictionary_replaced",
        WRONG: "entry_point_missing entry_point_is_no_function entry_point_imported",
    },
    "runners": {
        OURS: "names_of_the_tests imported_exception_that_catches_checks module_handed_back"
        " approximation_of_what_iterates_nothing call_of_its_own_main names_beside_those_that_are_imported",
    },
    "state": {
        OURS: "argument_emptied_before_the_loop bools_for_numbers_in_a_long_list callback_searched_for_the_answer"
        " handle_used_as_a_path_into_the_harness callback_kept_and_called_in_the_next_test"
        " answer_by_the_line_number_of_the_caller",
        WRONG: "mock_made_to_say_that_it_was_called argument_changed_to_the_answer clone_that_is_the_original"
        " shallow_copy_for_a_deep_one copy_for_the_very_object expected_list_shared_with_the_argument"
        " answer_that_changes_after_it_was_given set_of_own_objects_that_is_no_copy different_answers_by_count"
        " argument_changed_where_a_generator_or_a_callback_looks list_subclass_that_grows_later"
        " list_subclass_for_a_list view_that_shows_later_changes",
        STALLS: "callback_called_for_ever awaitable_that_never_ends",
    },
}
"""By family and reason, the names."""
