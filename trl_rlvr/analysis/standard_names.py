"""Names of the standard library and of test tools that tests use without importing them."""

_BY_MODULE = {
    "collections": "ChainMap Counter OrderedDict defaultdict deque namedtuple",
    "copy": "copy deepcopy",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "cmp_to_key partial reduce",
    "itertools": "accumulate chain combinations count cycle groupby islice permutations product zip_longest",
    "math": "ceil comb cos exp factorial floor gcd inf isclose isinf isnan lcm log log10 log2 nan pi prod sin sqrt tan",
    "pathlib": "Path PurePath",
    "typing": "Any Dict List Optional Set Tuple Union",
    "uuid": "UUID",
}
_AMBIGUOUS_BY_MODULE = {
    "abc": "ABC abstractmethod",
    "bisect": "bisect bisect_left bisect_right insort",
    "collections.abc": "Callable Generator Iterable Iterator Mapping Sequence",
    "contextlib": "contextmanager redirect_stdout suppress",
    "dataclasses": "asdict dataclass field",
    "decimal": "ROUND_DOWN ROUND_HALF_EVEN ROUND_HALF_UP getcontext",
    "enum": "Enum IntEnum auto",
    "functools": "cache lru_cache wraps",
    "heapq": "heapify heappop heappush nlargest nsmallest",
    "io": "BytesIO StringIO",
    "itertools": "combinations_with_replacement dropwhile pairwise starmap takewhile",
    "math": "degrees fsum hypot isfinite isqrt radians",
    "operator": "attrgetter itemgetter methodcaller",
    "statistics": "mean median stdev",
    "string": "ascii_letters ascii_lowercase ascii_uppercase",
    "time": "perf_counter sleep",
    "types": "SimpleNamespace",
    "typing": "Literal NamedTuple",
    "unittest": "TestCase",
    "unittest.mock": "AsyncMock MagicMock Mock patch",
}
STANDARD_NAMES: dict[str, str] = {name: module for module, names in _BY_MODULE.items() for name in names.split()}
"""Bare names that tests use without importing them, and the module each comes from."""
AMBIGUOUS_NAMES: dict[str, str] = {
    name: module for module, names in _AMBIGUOUS_BY_MODULE.items() for name in names.split()
}
"""The same of names that a task may well ask for: they are the library's beside another name of the candidate's."""
STANDARD_MODULES: frozenset[str] = frozenset((
    "array", "bisect", "cmath", "collections", "copy", "datetime", "decimal", "enum", "fractions", "functools",
    "heapq", "itertools", "json", "math", "numbers", "operator", "random", "re", "statistics", "string", "sys",
    "time", "typing", "uuid",
))  # fmt: skip
"""Modules that tests use without importing them."""
AMBIGUOUS_MODULES: frozenset[str] = frozenset((
    "abc", "asyncio", "base64", "binascii", "calendar", "contextlib", "csv", "dataclasses", "difflib", "hashlib",
    "html", "inspect", "io", "ipaddress", "logging", "os", "pathlib", "pprint", "queue", "secrets", "struct",
    "tempfile", "textwrap", "threading", "traceback", "types", "unicodedata", "unittest", "warnings", "weakref", "zlib",
    "zoneinfo",
))  # fmt: skip
"""The same of modules; they are meant where an attribute of one is read."""
TEST_SIDE_NAMES: frozenset[str] = frozenset((
    "AsyncMock", "TestCase", "approx", "assert_allclose", "Mock", "MagicMock", "mock", "np", "numpy", "patch", "pd",
    "pytest", "raises", "unittest",
))  # fmt: skip
"""Names of test tools: whether or not a test imports them, a solution never answers for them."""
