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
STANDARD_NAMES: dict[str, str] = {name: module for module, names in _BY_MODULE.items() for name in names.split()}
"""Bare names that tests use without importing them, and the module each comes from."""
STANDARD_MODULES: frozenset[str] = frozenset((
    "array", "bisect", "cmath", "collections", "copy", "datetime", "decimal", "enum", "fractions", "functools",
    "heapq", "itertools", "json", "math", "numbers", "operator", "random", "re", "statistics", "string", "sys",
    "time", "typing", "unittest", "uuid",
))  # fmt: skip
"""Modules that tests use without importing them."""
IMPORTED_NAMES: frozenset[str] = frozenset((
    "ABC", "BytesIO", "Callable", "Enum", "Generator", "IntEnum", "Iterable", "Iterator", "Literal", "Mapping",
    "NamedTuple", "ROUND_DOWN", "ROUND_HALF_EVEN", "ROUND_HALF_UP", "Sequence", "SimpleNamespace", "StringIO",
    "abstractmethod", "asdict", "ascii_letters", "ascii_lowercase", "ascii_uppercase", "attrgetter", "auto", "bisect",
    "bisect_left", "bisect_right", "cache", "combinations_with_replacement", "contextmanager", "dataclass", "degrees",
    "dropwhile", "field", "fsum", "getcontext", "heapify", "heappop", "heappush", "hypot", "insort", "isfinite",
    "isqrt", "itemgetter", "lru_cache", "mean", "median", "methodcaller", "nlargest", "nsmallest", "pairwise",
    "perf_counter", "radians", "redirect_stdout", "sleep", "starmap", "stdev", "suppress", "takewhile", "wraps",
))  # fmt: skip
"""Names of the library that a test must import: beside its entry point a solution does not answer for them either."""
IMPORTED_MODULES: frozenset[str] = frozenset((
    "abc", "asyncio", "base64", "binascii", "calendar", "contextlib", "csv", "dataclasses", "difflib", "hashlib",
    "html", "inspect", "io", "ipaddress", "logging", "os", "pathlib", "pprint", "queue", "secrets", "struct",
    "tempfile", "textwrap", "threading", "traceback", "types", "unicodedata", "warnings", "weakref", "zlib", "zoneinfo",
))  # fmt: skip
"""The same of modules."""
TEST_SIDE_NAMES: frozenset[str] = frozenset((
    "AsyncMock", "TestCase", "approx", "assert_allclose", "Mock", "MagicMock", "mock", "np", "numpy", "patch", "pd",
    "pytest", "raises", "unittest",
))  # fmt: skip
"""Names of test tools: whether or not a test imports them, a solution never answers for them."""
