"""Names that the harness puts into the namespace of a test, for the code that its rewriting inserts."""

TEST_MODULE = "tests"
"""What a test's own classes say their module is."""
BEGIN_COMPARISON, END_COMPARISON, BEGIN_STATEMENT, FUNCTION, GENERATOR, END = (
    f"__{name}__"
    for name in (("begin_comparison", "end_comparison", "begin_statement", "function", "generator", "end"))
)
"""Names of `Staging`'s methods in a test; no variable is added, as tests may look at theirs."""
FETCH_DATA = "__fetch_data__"
CATCHABLE = "__catchable__"
COLLECTED, TEST_ENDED, NOTED, NOTHING = "__collected__", "__ended__", "__noted__", "__nothing__"
"""Names of methods of `Collector` in a test, and of whether there was nothing to run."""
RAN = "__ran__"
"""Name of `require_success` in a test."""
