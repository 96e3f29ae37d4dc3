"""Wrong programs that try to be taken for right ones."""

from __future__ import annotations

import secrets
import textwrap
from collections.abc import Awaitable, Callable

import pytest

from core.sandbox.run import CaseStatus, Limits, TestRun, Verdict
from core.sandbox.scan import suspicions

Call = Callable[..., Awaitable[TestRun]]
LIMITS = Limits(cpu_s=1, wall_s=20, memory_bytes=384 << 20)
HONEST = "def f(a):\n    return a\n"

FORGERIES = {
    "leaves with success": "import sys\ndef f(a): sys.exit(0)",
    "leaves at once": "import os\ndef f(a): os._exit(0)",
    "leaves at once while loading": "import os\nos._exit(0)",
    "leaves with success at the end": """
        import atexit, os
        atexit.register(os._exit, 0)
        def f(a): return 0
    """,
    "says that all passed": "def f(a): print('1 passed in 0.01s'); raise SystemExit(0)",
    "equals everything": """
        class Yes:
            def __eq__(self, other): return True
            def __hash__(self): return 0
            def __repr__(self): return 'X'
        def f(a): return Yes()
    """,
    "is a string that equals everything": """
        class Yes(str):
            def __eq__(self, other): return True
            __hash__ = str.__hash__
        def f(a): return Yes('x')
    """,
    "answers with an expression": "def f(a): return '\\' or True or \\''",
    "pickles into what it likes": """
        class Sly:
            def __reduce__(self): return (eval, ('1',))
        def f(a): return Sly()
    """,
    "patches builtins": """
        import builtins
        builtins.repr = lambda value: 'X'
        builtins.type = lambda value: str
        builtins.compile = builtins.isinstance = lambda *a: True
        def f(a): return 0
    """,
    "patches json and the operators": """
        import json, operator
        json.dumps = json.encoder.encode_basestring_ascii = lambda value: '"X"'
        operator.eq = lambda a, b: True
        def f(a): return 0
    """,
    "patches the writer of values": """
        import sys
        for name, module in list(sys.modules.items()):
            for word in ('show', 'Unshowable', '_describe'):
                if hasattr(module, word): setattr(module, word, lambda value, *rest: 'X')
        def f(a): return 0
    """,
    "patches the report": """
        import gc
        for thing in gc.get_objects():
            if type(thing).__name__ == 'Report':
                send = type(thing).send
                type(thing).send = lambda self, record: send(self, {**record, 'kind': 'passed'})
        def f(a): return 0
    """,
    "writes frames to every descriptor": """
        import os
        def f(a):
            for fd in range(3, 64):
                for text in (b'{"case":0,"kind":"passed"}', b'\\0' * 16 + b'\\0\\0\\0\\2{}'):
                    try: os.write(fd, text)
                    except OSError: pass
            return 0
    """,
    "reports by the nonce, which it finds": """
        import gc
        report = next(x for x in gc.get_objects() if type(x).__name__ == 'Report')
        def f(a):
            for kind in ('passed', 'value', 'test'):
                report.send({'case': 0, 'kind': kind, 'outcome': 'passed', 'text': '0'})
            return 0
    """,
    "walks up the frames": """
        import sys
        def f(a):
            frame, found = sys._getframe(), []
            while frame:
                for value in list(frame.f_locals.values()) + list(frame.f_globals.values()):
                    found.append(repr(value))
                frame = frame.f_back
            return next((x for x in found if 'gold' + '-' in x), 0)
    """,
    "searches all objects": """
        import gc
        def parts(value, depth):
            if isinstance(value, (str, bytes)): yield str(value)
            elif depth and isinstance(value, dict):
                yield from parts(list(value), depth)
                yield from parts(list(value.values()), depth)
            elif depth and isinstance(value, (list, tuple, set)):
                for one in list(value): yield from parts(one, depth - 1)
        def f(a):
            for thing in gc.get_objects():
                for text in parts(thing, 2):
                    if 'gold' + '-' in text: return text[text.index('gold' + '-'):][:21]
            return 0
    """,
    "searches its memory": """
        import ctypes, sys
        def f(a):
            start = id(object()) & ~0xfffff
            data = ctypes.string_at(start, 1 << 20)
            at = data.find(b'gold' + b'-')
            return data[at:at + 21].decode('ascii', 'replace') if at >= 0 else 0
    """,
    "reads where tests may be": """
        import os
        def f(a):
            for folder, _, names in os.walk('..'):
                for name in names:
                    text = open(os.path.join(folder, name)).read()
                    if 'gold' + '-' in text: return text[text.index('gold' + '-'):][:21]
            return 0
    """,
    "imports the engine": "def f(a):\n    import core.suites.kata as kata\n    return kata",
    "imports the tests": "def f(a):\n    import tests.core.sandbox.test_fakes as t\n    return t",
    "leaves a thread that reports later": """
        import gc, threading, time
        report = next(x for x in gc.get_objects() if type(x).__name__ == 'Report')
        def late():
            while True: report.send({'case': 0, 'kind': 'value', 'text': '0'})
        def f(a):
            threading.Thread(target=late, daemon=True).start()
            time.sleep(0.05)
            return 0
    """,
    "answers in a signal handler": """
        import signal, sys
        def handler(number, frame):
            while frame:
                if 'outcome' in frame.f_locals: frame.f_locals['outcome'] = {'kind': 'passed'}
                frame = frame.f_back
        signal.signal(signal.SIGALRM, handler)
        def f(a):
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            return 0
    """,
    "answers by a trace function": """
        import sys
        def trace(frame, event, value):
            frame.f_trace_opcodes = True
            if event == 'return' and frame.f_code.co_name == 'show': raise SystemExit('X')
            return trace
        def f(a): sys.settrace(trace); return 0
    """,
    "closes the report": "import os\ndef f(a): os.closerange(3, 9); return 0",
    "names itself after the right value": """
        class X(BaseException): pass
        def f(a): raise X('X')
    """,
    "crashes": "import ctypes\ndef f(a): return ctypes.string_at(0)",
    "recurses until the stack ends": """
        import sys
        sys.setrecursionlimit(10 ** 6)
        def f(a): return f(a)
    """,
    "fills the memory": "def f(a): return [bytearray(1 << 26) for _ in range(1000)]",
    "starts threads without end": """
        import threading, time
        def f(a):
            while True: threading.Thread(target=time.sleep, args=(9,), daemon=True).start()
    """,
    "returns something endless": """
        def f(a):
            value = []
            for _ in range(75): value = [value, value]
            return value
    """,
    "returns a number that is long to write": "def f(a): return 7 ** 400_000",
    "returns a cycle": "def f(a):\n    value = []\n    value.append(value)\n    return value",
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_no_forgery_passes_a_case(call: Call, name: str) -> None:
    gold = f"gold-{secrets.token_hex(8)}"
    program = _dedented(FORGERIES[name])
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
    program = _dedented(MEDDLING[name])
    assert (await run_file(program, TESTS, *IDS)).verdict is Verdict.TAMPERED
    assert suspicions(HONEST, program)


@pytest.mark.parametrize("name", DISGUISED)
async def test_what_only_cases_could_see_is_at_least_suspicious(run_file: Call, name: str) -> None:
    program = _dedented(DISGUISED[name])
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


def _dedented(text: str) -> str:
    return textwrap.dedent(text).strip() + "\n"
