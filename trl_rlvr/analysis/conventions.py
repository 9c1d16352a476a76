"""Names that this package and the tests of a problem agree on."""

MODULE = "solution"
"""The module from which tests import the solution."""
FILE = "solution.py"
"""The file that a solution seems to be loaded from; tracebacks and `inspect` name it."""
CHECKER = "check_output"
"""The function by which a standard-input problem judges what was printed."""
