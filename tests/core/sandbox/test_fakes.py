"""Wrong programs that try to be taken for right ones."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

import pytest

from core.sandbox.run import CaseStatus, TestRun, Verdict
from core.sandbox.scan import suspicions
from tests.core.sandbox.forgeries import FORGERIES, LIMITS, dedented

Call = Callable[..., Awaitable[TestRun]]
HONEST = "def f(a):\n    return a\n"


@pytest.mark.parametrize("name", FORGERIES)
async def test_no_forgery_passes_a_case(call: Call, name: str) -> None:
    gold = f"gold-{secrets.token_hex(8)}"
    program = dedented(FORGERIES[name])
    run = await call(program, ("(1,)", repr(gold)), limits=LIMITS)
    assert run.verdict is not Verdict.PASSED
    assert run.verdict is not Verdict.WORKER_LOST
    assert [case.status for case in run.cases] != [CaseStatus.PASSED]
    assert "SyntaxError" not in run.cases[0].detail
    assert f"got '{gold}" not in run.cases[0].detail


async def test_the_same_case_is_passed_by_the_right_value(call: Call) -> None:
    gold = f"gold-{secrets.token_hex(8)}"
    run = await call(f"def f(a): return {gold!r}", ("(1,)", repr(gold)))
    assert run.verdict is Verdict.PASSED


TESTS = "from it import f\ndef test_one(): assert f(1) == 1\ndef test_two(): assert f(2) == 2\n"
IDS = ("test_it.py::test_one", "test_it.py::test_two")

MEDDLING = {
    "lets every test pass": """
        import _pytest.python
        _pytest.python.Function.runtest = lambda self: None
        def f(a): return 0
    """,
    "lets every call pass": """
        import _pytest.runner
        call = _pytest.runner.CallInfo.from_call.__func__
        def always(cls, func, when, reraise=None):
            info = call(cls, (lambda: None) if when == 'call' else func, when, reraise)
            return info
        _pytest.runner.CallInfo.from_call = classmethod(always)
        def f(a): return 0
    """,
    "forges every outcome": """
        import gc
        for thing in gc.get_objects():
            if type(thing).__name__ == '_Reporter':
                def forged(record, send=thing._send):
                    send({**record, 'outcome': 'passed'} if 'outcome' in record else record)
                thing._send = forged
        def f(a): return 0
    """,
    "takes assertions away": """
        import builtins
        class Never(BaseException): pass
        builtins.AssertionError = Never
        import _pytest.runner
        _pytest.runner.check_interactive_exception = lambda *a: False
        import _pytest.python
        run = _pytest.python.Function.runtest
        def runtest(self):
            try: run(self)
            except BaseException: pass
        _pytest.python.Function.runtest = runtest
        def f(a): return 0
    """,
}

DISGUISED = {
    "equals everything": """
        class Yes:
            def __eq__(self, other): return True
        def f(a): return Yes()
    """,
    "spares the sentinel": """
        import _pytest.python
        run = _pytest.python.Function.runtest
        def runtest(self):
            if self.name not in ('test_one', 'test_two'): run(self)
        _pytest.python.Function.runtest = runtest
        def f(a): return 0
    """,
    "reads the expected value in the caller": """
        import sys
        def f(a):
            return sys._getframe(1).f_code.co_consts[1]
    """,
}

REWRITES = {
    "the tests": "open('test_it.py', 'w').write('def test_one(): pass\\ndef test_two(): pass\\n')",
    "a conftest": "open('conftest.py', 'w').write('')",
    "a module of the same name": "open('json.py', 'w').write('')",
    "the settings": "open('pytest.ini', 'w').write('')",
    "a bytecode cache": "import os; os.mkdir('__pycache__')",
    "start-up code": "open('sitecustomize.py', 'w').write('')",
}


@pytest.mark.parametrize("name", MEDDLING)
async def test_the_sentinel_sees_what_lets_everything_pass(run_file: Call, name: str) -> None:
    program = dedented(MEDDLING[name])
    assert (await run_file(program, TESTS, *IDS)).verdict is Verdict.TAMPERED
    assert suspicions(HONEST, program)


@pytest.mark.parametrize("name", DISGUISED)
async def test_what_only_cases_could_see_is_at_least_suspicious(run_file: Call, name: str) -> None:
    program = dedented(DISGUISED[name])
    assert (await run_file(program, TESTS, *IDS)).verdict is Verdict.PASSED
    assert suspicions(HONEST, program)


@pytest.mark.parametrize("name", REWRITES)
async def test_a_run_rewrites_nothing_of_its_tests(run_file: Call, name: str) -> None:
    tests = "from it import f\ndef test_one(): f(1)\ndef test_two(): pass\n"
    run = await run_file(f"def f(a):\n    {REWRITES[name]}\n", tests, *IDS)
    assert run.verdict is Verdict.FAILED
    assert "PermissionError" in run.cases[0].detail


async def test_a_sentinel_is_nobodys_test(run_file: Call) -> None:
    tests = "import pytest\npytestmark = pytest.mark.skip\n" + TESTS
    run = await run_file(HONEST, tests)
    assert run.verdict is Verdict.WRONG_TESTS
    assert [case.name for case in run.cases] == list(IDS)
