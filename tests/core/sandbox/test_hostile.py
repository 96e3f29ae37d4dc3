from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable

import pytest

from core.sandbox.run import CaseStatus, Limits, TestRun, Verdict
from core.sandbox.zygote import paths
from core.sandbox.zygote.wire import ServerKind

Call = Callable[..., Awaitable[TestRun]]
TWO = (("(1,)", "1"), ("(2,)", "2"))


async def test_code_that_ignores_signals_ends_at_the_limit(call: Call) -> None:
    program = (
        "import signal\n"
        "for n in range(1, 65):\n"
        "    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\n"
        "def f(a):\n    while True: pass"
    )
    run = await call(program, *TWO, limits=Limits(cpu_s=0.2, wall_s=30))
    assert run.verdict is Verdict.TIMEOUT
    assert [case.status for case in run.cases] == [CaseStatus.HUNG, CaseStatus.NOT_RUN]
    assert run.wall_s < 20


async def test_switching_the_timer_off_gains_nothing(call: Call) -> None:
    program = "import signal, time\ndef f(a):\n    signal.setitimer(signal.ITIMER_PROF, 0)\n"
    program += "    while time.process_time() < 0.8: pass\n    return a"
    run = await call(program, *TWO, limits=Limits(cpu_s=0.2, wall_s=30))
    assert run.verdict is Verdict.TIMEOUT


async def test_sleep_ends_at_the_wall_clock(call: Call) -> None:
    program = "import time\ndef f(a):\n    time.sleep(1000)"
    run = await call(program, *TWO, limits=Limits(cpu_s=1, wall_s=0.4))
    assert run.verdict is Verdict.TIMEOUT
    assert [case.status for case in run.cases] == [CaseStatus.HUNG, CaseStatus.NOT_RUN]
    assert run.cases[0].detail == "still running after 0.4 s"
    assert run.cpu_s < 0.3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the memory limit")
async def test_ten_gigabytes_are_refused(call: Call) -> None:
    run = await call("def f(a):\n    return len(bytearray(10 << 30))", *TWO)
    assert run.verdict is Verdict.FAILED
    assert "MemoryError" in run.cases[0].detail


async def test_printing_without_end_is_cut(call: Call) -> None:
    program = "def f(a):\n    if a == 2: print('x' * 400_000_000)\n    return a"
    run = await call(program, *TWO, limits=Limits(cpu_s=5, wall_s=20))
    assert run.verdict is Verdict.OUTPUT_FLOOD
    assert [case.status for case in run.cases] == [CaseStatus.PASSED, CaseStatus.ERROR]
    assert 60_000 < len(run.stdout) <= 1 << 16


async def test_values_without_end_are_cut(call: Call) -> None:
    program = "def f(a):\n    return 'x' * 200_000"
    cases = [("(1,)", "1")] * 30
    run = await call(program, *cases, limits=Limits(cpu_s=5, report_bytes=1 << 20))
    assert run.verdict is Verdict.REPORT_FLOOD
    run = await call("def f(a):\n    a = []\n    for _ in range(75): a = [a, a]\n    return a")
    assert run.cases[0].detail.endswith("got a value too large to report")


@pytest.mark.parametrize(
    ("last_act", "how"),
    [
        ("os._exit(0)", "exit code 0"),
        ("os._exit(7)", "exit code 7"),
        ("ctypes.string_at(0)", "signal SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "signal SIGKILL"),
        ("os.kill(os.getpid(), 27)", "signal SIGPROF"),
        ("os.closerange(0, 256)", "exit code"),
    ],
)
async def test_a_process_that_vanishes_reports_nothing_more(
    call: Call, last_act: str, how: str
) -> None:
    program = f"import os, ctypes\ndef f(a):\n    if a == 2: {last_act}\n    return a"
    run = await call(program, *TWO, ("(3,)", "3"))
    assert run.verdict is Verdict.NO_REPORT
    statuses = [CaseStatus.PASSED, CaseStatus.ERROR, CaseStatus.NOT_RUN]
    assert [case.status for case in run.cases] == statuses
    assert how in run.cases[1].detail


async def test_leaving_at_load_passes_nothing(call: Call) -> None:
    run = await call("import os\nos._exit(0)", *TWO)
    assert run.verdict is Verdict.NO_REPORT
    assert run.n_passed == 0


async def test_sys_exit_in_a_call_is_an_error_of_that_call(call: Call) -> None:
    run = await call("import sys\ndef f(a):\n    if a == 1: sys.exit(0)\n    return a", *TWO)
    assert run.verdict is Verdict.FAILED
    assert [case.status for case in run.cases] == [CaseStatus.ERROR, CaseStatus.PASSED]


async def test_fake_reports_are_seen(call: Call) -> None:
    fake = '{"case": 0, "kind": "value", "text": "1"}'
    program = f"import os\nprint({fake!r})\ndef f(a):\n"
    program += f"    for fd in range(256):\n        try: os.write(fd, {fake.encode()!r})\n"
    program += "        except OSError: pass\n    os._exit(0)"
    run = await call(program, *TWO)
    assert run.verdict is Verdict.TAMPERED
    assert run.n_passed == 0


async def test_a_wrong_program_cannot_report_itself_right(call: Call) -> None:
    """It finds the reporter and sends what it likes: only right values would help."""
    program = (
        "import gc\n"
        "for thing in gc.get_objects():\n"
        "    if type(thing).__name__ == 'Report': report = thing\n"
        "import sys\n"
        "frame = sys._getframe()\n"
        "while frame:\n"
        "    report = frame.f_locals.get('report', None) or report\n"
        "    frame = frame.f_back\n"
        "def f(a):\n"
        "    report.send({'case': 0, 'kind': 'passed', 'text': '1'})\n"
        "    report.send({'case': 1, 'kind': 'value', 'text': 'True'})\n"
        "    return 0"
    )
    run = await call(program, *TWO)
    assert run.verdict is Verdict.FAILED
    assert run.n_passed == 0


@pytest.mark.parametrize(
    "value",
    [
        "type('Yes', (), {'__eq__': lambda s, o: True, '__repr__': lambda s: '1'})()",
        "type('Int', (int,), {'__repr__': lambda s: '1'})(1)",
        "type('Str', (str,), {'__eq__': lambda s, o: True, '__hash__': str.__hash__})('1')",
        "[type('Yes', (), {'__eq__': lambda s, o: True})()]",
    ],
)
async def test_objects_with_an_opinion_about_equality_fail(call: Call, value: str) -> None:
    run = await call(f"def f(a):\n    return {value}")
    assert run.verdict is Verdict.FAILED
    assert "an opaque value of type" in run.cases[0].detail


async def test_patched_builtins_do_not_change_what_is_reported(call: Call) -> None:
    program = (
        "import builtins, json, os, sys, time\n"
        "def f(a): return [a, 'x', 1.5]\n"
        "for name in ('repr', 'len', 'type', 'str', 'isinstance', 'list', 'memoryview', 'dict',"
        " 'enumerate', 'sorted', 'getattr', 'callable', 'min', 'max', 'tuple', 'map'):\n"
        "    setattr(builtins, name, lambda *a, **k: 1 / 0)\n"
        "json.dumps = os.write = time.perf_counter = sys.settrace = lambda *a: 1 / 0\n"
    )
    cases = (("(1,)", "[1, 'x', 1.5]"), ("(2,)", "[2, 'x', 1.5]"))
    assert (await call(program, *cases)).verdict is Verdict.PASSED
    assert (await call(program, *cases, traces=True)).verdict is Verdict.PASSED


async def test_a_thread_that_never_ends_delays_nothing(call: Call) -> None:
    program = "import threading, time\ndef f(a):\n"
    program += "    threading.Thread(target=time.sleep, args=(60,)).start()\n    return a"
    run = await call(program, *TWO)
    assert run.verdict is Verdict.PASSED
    assert run.wall_s < 3


async def test_the_environment_is_the_same_everywhere(call: Call) -> None:
    program = "import os, time\ndef f(a):\n    names = sorted(os.environ)\n"
    program += "    return names, time.localtime(0).tm_hour, os.environ['TZ']"
    assert (await call(program, ("(1,)", "(['LANG', 'TMPDIR', 'TZ'], 0, 'UTC')"))).n_passed == 1


async def test_programs_may_import_what_the_standard_library_has(call: Call) -> None:
    program = (
        "import asyncio, collections, ctypes, decimal, fractions, itertools, json, random, re\n"
        "import concurrent.futures, email, socket, sqlite3, statistics, unittest, zoneinfo\n"
        "async def g(a):\n    return await asyncio.to_thread(lambda: a)\n"
        "def f(a):\n    with concurrent.futures.ThreadPoolExecutor(2) as pool:\n"
        "        squares = list(pool.map(lambda n: n * n, range(3)))\n"
        "    near, far = socket.socketpair()\n    near.send(b'x')\n    assert far.recv(1) == b'x'\n"
        "    one = sqlite3.connect(':memory:').execute('SELECT 1').fetchone()\n"
        "    return asyncio.run(g(a)), squares, one"
    )
    limits = Limits(cpu_s=5, wall_s=30)
    assert (await call(program, ("(7,)", "(7, [0, 1, 4], (1,))"), limits=limits)).n_passed == 1


def test_no_place_that_packages_may_live_in_is_readable_as_a_whole() -> None:
    places = [f"{folder}/{name}" for folder in paths.standard_library() for name in paths.PACKAGES]
    for kind in ServerKind:
        given = paths.readable(kind)
        for place in (*places, *paths.packages()):
            assert not [path for path in given if f"{place}/".startswith(f"{path}/")]
    assert not [path for path in given if os.path.basename(path) in paths.OWN]


async def test_installed_packages_are_out_of_reach_of_cases(call: Call) -> None:
    run = await call(f"def f(a): return open({pytest.__file__!r}).read()")
    assert "PermissionError" in run.cases[0].detail
