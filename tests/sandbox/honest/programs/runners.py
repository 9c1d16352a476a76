"""Tests as they are written for pytest and unittest, in the forms in which a look at the source does not find them."""

from support.honest import honest

ADD = "def add(a, b): return a + b"
WRONG = ("a + b", "0")

PROGRAMS = {
    "called_by_what_nobody_calls": honest(
        ADD,
        """
        def test_add(): assert add(1, 2) == 3
        def run_tests(): test_add()
        if __name__ == '__main__': run_tests()
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "in_a_suite_that_nobody_runs": honest(
        ADD,
        """
        import unittest
        class TestAdd(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        def suite():
            s = unittest.TestSuite(); s.addTest(TestAdd('test_a')); return s
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "awaited_under_the_guard": honest(
        ADD,
        """
        import asyncio
        async def test_a(): assert add(1, 2) == 3
        async def main(): await test_a()
        if __name__ == '__main__': asyncio.run(main())
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "class_that_is_only_mentioned": honest(
        ADD,
        """
        import unittest
        class TestAdd(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        TestAdd.maxDiff = None
        unittest.main()
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "name_of_a_variable_elsewhere": honest(
        ADD,
        """
        def test_empty_list(): assert add(1, 2) == 3
        def test_b():
            test_empty_list = []
            assert not test_empty_list
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "failures_that_the_source_only_prints": honest(
        ADD,
        """
        def test_a(): assert add(1, 2) == 3
        def test_b(): assert add(2, 2) == 4
        ok = 0
        for t in (test_a, test_b):
            try:
                t(); ok += 1
            except AssertionError: print('FAIL')
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "helper_with_a_tests_name": honest(
        ADD,
        """
        def test_case(a, b, c): assert add(a, b) == c
        test_case(1, 2, 3)
        """,
        """
        test_case(2, 2, 4)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "static_and_class_methods": honest(
        ADD,
        """
        class TestS:
            @staticmethod
            def test_a(): assert add(1, 2) == 3
            @classmethod
            def test_b(cls): assert add(1, 1) == 2
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "asynchronous_case": honest(
        ADD,
        """
        import unittest
        class T(unittest.IsolatedAsyncioTestCase):
            async def test_a(self): self.assertEqual(add(1, 2), 3)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "expected_failure": honest(
        ADD,
        """
        import unittest
        class T(unittest.TestCase):
            @unittest.expectedFailure
            def test_a(self): self.assertEqual(add(1, 2), 4)
            def test_b(self): self.assertEqual(add(1, 2), 3)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "patched": honest(
        ADD,
        """
        from unittest.mock import patch
        @patch('time.time', return_value=3)
        def test_a(t): assert add(1, 2) == 3
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "inherited": honest(
        ADD,
        """
        class BaseTest:
            def test_a(self): assert add(1, self.N) == self.M
        class TestOne(BaseTest):
            N, M = 1, 2
        class TestTwo(BaseTest):
            N, M = 2, 3
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "hooks_of_pytest": honest(
        ADD,
        """
        LOG = []
        def setup_module(module): LOG.append('m')
        def setup_function(f): LOG.append(f.__name__)
        def teardown_function(): LOG.append('t')
        def test_a():
            assert LOG == ['m', 'test_a'] and add(1, 2) == 3
        def test_b():
            assert LOG == ['m', 'test_a', 't', 'test_b'] and add(1, 2) == 3
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "hooks_of_unittest": honest(
        ADD,
        """
        import unittest
        X = []
        def setUpModule(): X.append(1)
        class T(unittest.TestCase):
            def test_a(self): self.assertEqual(add(X[0], 2), 3)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "main_that_is_read": honest(
        ADD,
        """
        import unittest
        class T(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        if not unittest.main(exit=False, argv=['x']).result.wasSuccessful(): raise SystemExit(1)
        """,
        wrong=WRONG,
        entry_point="add",
    ),
    "main_that_is_kept": honest(
        ADD,
        """
        import unittest
        class T(unittest.TestCase):
            def test_a(self): self.assertEqual(add(1, 2), 3)
        r = unittest.main(exit=False).result
        """,
        wrong=WRONG,
        entry_point="add",
    ),
}
