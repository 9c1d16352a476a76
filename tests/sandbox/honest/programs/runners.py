"""Tests as they are written for pytest and unittest, in the forms in which a look at the source does not find them.

Also tests among helpers: what has a test's name and needs arguments, is a callback, or is called from somewhere else.
"""

from support.honest import honest

ADD = "def add(a, b): return a + b"
WRONG = ("a + b", "0")
CASE = "def test_case(a, b, c): assert add(a, b) == c\n"

SOURCES = {
    "called_by_what_nobody_calls": """
        def test_add(): assert add(1, 2) == 3
        def run_tests(): test_add()
        if __name__ == '__main__': run_tests()
    """,
    "in_a_suite_that_nobody_runs": """
        import unittest
        class TestAdd(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        def suite():
            s = unittest.TestSuite(); s.addTest(TestAdd('test_a')); return s
    """,
    "awaited_under_the_guard": """
        import asyncio
        async def test_a(): assert add(1, 2) == 3
        async def main(): await test_a()
        if __name__ == '__main__': asyncio.run(main())
    """,
    "class_that_is_only_mentioned": """
        import unittest
        class TestAdd(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        TestAdd.maxDiff = None
        unittest.main()
    """,
    "name_of_a_variable_elsewhere": """
        def test_empty_list(): assert add(1, 2) == 3
        def test_b():
            test_empty_list = []
            assert not test_empty_list
    """,
    "failures_that_the_source_only_prints": """
        def test_a(): assert add(1, 2) == 3
        def test_b(): assert add(2, 2) == 4
        ok = 0
        for t in (test_a, test_b):
            try:
                t(); ok += 1
            except AssertionError: print('FAIL')
    """,
    "static_and_class_methods": """
        class TestS:
            @staticmethod
            def test_a(): assert add(1, 2) == 3
            @classmethod
            def test_b(cls): assert add(1, 1) == 2
    """,
    "asynchronous_case": """
        import unittest
        class T(unittest.IsolatedAsyncioTestCase):
            async def test_a(self): self.assertEqual(add(1, 2), 3)
    """,
    "expected_failure": """
        import unittest
        class T(unittest.TestCase):
            @unittest.expectedFailure
            def test_a(self): self.assertEqual(add(1, 2), 4)
            def test_b(self): self.assertEqual(add(1, 2), 3)
    """,
    "patched": """
        from unittest.mock import patch
        @patch('time.time', return_value=3)
        def test_a(t): assert add(1, 2) == 3
    """,
    "inherited": """
        class BaseTest:
            def test_a(self): assert add(1, self.N) == self.M
        class TestOne(BaseTest):
            N, M = 1, 2
        class TestTwo(BaseTest):
            N, M = 2, 3
    """,
    "hooks_of_pytest": """
        LOG = []
        def setup_module(module): LOG.append('m')
        def setup_function(f): LOG.append(f.__name__)
        def teardown_function(): LOG.append('t')
        def test_a():
            assert LOG == ['m', 'test_a'] and add(1, 2) == 3
        def test_b():
            assert LOG == ['m', 'test_a', 't', 'test_b'] and add(1, 2) == 3
    """,
    "hooks_of_unittest": """
        import unittest
        X = []
        def setUpModule(): X.append(1)
        class T(unittest.TestCase):
            def test_a(self): self.assertEqual(add(X[0], 2), 3)
    """,
    "main_that_is_read": """
        import unittest
        class T(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        if not unittest.main(exit=False, argv=['x']).result.wasSuccessful(): raise SystemExit(1)
    """,
    "main_that_is_kept": """
        import unittest
        class T(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        r = unittest.main(exit=False).result
    """,
    "called_by_a_test": CASE + "def test_all(): test_case(1, 2, 3)",
    "run_for_one_class_only": """
        class Base:
            def test_a(self): assert add(self.n, 2) == self.n + 2
        class TestZero(Base): n = -2
        class TestOne(Base): n = 1
        TestZero().test_a()
    """,
}
"""A single source of tests each."""
PROGRAMS = {name: honest(ADD, source, wrong=WRONG, entry_point="add") for name, source in SOURCES.items()} | {
    "some_calls_fail_and_that_is_only_printed": honest(
        ADD,
        CASE + "for case in [(1, 2, 3), (2, 2, 4)]:\n    try: test_case(*case)\n    except Exception as e: print(e)",
        wrong=("a + b", "a + b if a == 1 else 0"),
        entry_point="add",
    ),
    "helper_with_a_tests_name": honest(
        ADD, CASE + "test_case(1, 2, 3)", "test_case(2, 2, 4)", wrong=WRONG, entry_point="add"
    ),
    "other_name_in_a_later_source": honest(
        ADD, CASE + "test_case(1, 2, 3)", "test_same = test_case\nassert add(1, 1) == 2", wrong=WRONG, entry_point="add"
    ),
    "hooks_that_check": honest(
        ADD,
        "LEFT = [1]\ndef setup_module(): LEFT.pop()\ndef test_one(): assert add(0, 0) == 0",
        "def test_two(): assert add(0, 0) == 0",
        "SEEN = []\ndef teardown_module(module): assert SEEN == [3]\ndef test_a(): SEEN.append(add(1, 2))",
        "import unittest\nSEEN = []\ndef tearDownModule(): assert SEEN == [3]\n"
        "class T(unittest.TestCase):\n    def test_a(self): SEEN.append(add(1, 2))",
        wrong=WRONG,
        entry_point="add",
    ),
}
