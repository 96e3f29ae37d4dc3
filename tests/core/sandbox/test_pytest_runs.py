from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from core.errors import SandboxError
from core.sandbox.client import Reply
from core.sandbox.pytest_grades import grade
from core.sandbox.run import CaseStatus, Limits, RunPytest, TestRun, Verdict
from core.sandbox.zygote.wire import End

RunFile = Callable[..., Awaitable[TestRun]]
TESTS = "from it import f\ndef test_one(): assert f(1) == 1\ndef test_two(): assert f(2) == 2\n"
IDS = ("test_it.py::test_one", "test_it.py::test_two")
GOOD = "def f(a):\n    return a\n"


async def test_passing_tests_pass(run_file: RunFile) -> None:
    run = await run_file(GOOD, TESTS, *IDS)
    assert run.verdict is Verdict.PASSED
    assert [case.name for case in run.cases] == list(IDS)


async def test_a_failure_says_what_was_compared(run_file: RunFile) -> None:
    run = await run_file("def f(a):\n    return 1\n", TESTS, *IDS)
    assert run.verdict is Verdict.FAILED
    assert [case.status for case in run.cases] == [CaseStatus.PASSED, CaseStatus.FAILED]
    assert "assert 1 == 2" in run.cases[1].detail


async def test_an_exception_is_an_error(run_file: RunFile) -> None:
    run = await run_file("def f(a):\n    return a.x\n", TESTS, *IDS)
    assert [case.status for case in run.cases] == [CaseStatus.ERROR] * 2
    assert "it.py:2: in f" in run.cases[0].detail


async def test_a_hang_keeps_the_tests_before_it(run_file: RunFile) -> None:
    program = "def f(a):\n    while a == 2: pass\n    return a\n"
    tests = TESTS + "def test_three(): pass\n"
    run = await run_file(program, tests, limits=Limits(cpu_s=0.5), traces=True)
    assert run.verdict is Verdict.TIMEOUT
    statuses = [CaseStatus.PASSED, CaseStatus.HUNG, CaseStatus.NOT_RUN]
    assert [case.status for case in run.cases] == statuses
    assert run.cases[1].lines == {2}


async def test_a_hang_at_import_is_a_timeout(run_file: RunFile) -> None:
    run = await run_file("while True: pass", TESTS, *IDS, limits=Limits(cpu_s=0.3))
    assert run.verdict is Verdict.TIMEOUT
    assert [case.status for case in run.cases] == [
        CaseStatus.HUNG,
        CaseStatus.NOT_RUN,
        CaseStatus.NOT_RUN,
    ]


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("import os\nos._exit(0)", Verdict.NO_REPORT),
        ("import os\nprint('6 passed')\nos._exit(0)", Verdict.NO_REPORT),
        ("import os\ndef f(a): os._exit(0)", Verdict.NO_REPORT),
        ("import sys\nsys.exit(0)", Verdict.FAILED),
        ("import sys\ndef f(a): sys.exit(0)", Verdict.FAILED),
        ("import atexit, os\natexit.register(os._exit, 0)\ndef f(a): return 0", Verdict.FAILED),
        ("import pytest\ndef f(a): pytest.skip()", Verdict.WRONG_TESTS),
        ("import pytest\ndef f(a): pytest.xfail()", Verdict.WRONG_TESTS),
        ("import pytest\npytest.skip(allow_module_level=True)", Verdict.WRONG_TESTS),
        ("import pytest\npytest.exit('done', 0)", Verdict.FAILED),
        ("import pytest\ndef f(a): pytest.exit('done', 0)", Verdict.WRONG_TESTS),
        ("def f(a) return a", Verdict.FAILED),
    ],
)
async def test_only_real_passes_pass(run_file: RunFile, program: str, verdict: Verdict) -> None:
    run = await run_file(program, TESTS, *IDS)
    assert run.verdict is verdict


@pytest.mark.parametrize(("exit_code", "verdict"), [(1, Verdict.PASSED), (0, Verdict.NO_REPORT)])
def test_a_report_and_an_exit_status_that_differ_are_no_pass(
    exit_code: int, verdict: Verdict
) -> None:
    records = (
        '{"kind": "test", "id": "test_it.py::test_one", "outcome": "passed"}',
        '{"kind": "test", "id": "test_it.py::test_x", "outcome": "failed"}',
        '{"kind": "end", "status": 1}',
        "[]",
        '{"kind": 7}',
    )
    reply = Reply(End.EXIT, exit_code, records, True, "", 0.1, 0.1)
    assert grade(reply, RunPytest((), "test_it.py", "it.py"), "test_x").verdict is verdict


async def test_removed_tests_are_missed(run_file: RunFile) -> None:
    program = GOOD + "import gc\nfor thing in gc.get_objects():\n"
    program += "    if type(thing).__name__ == 'Session':\n"
    program += "        thing.config.option.deselect = ['test_it.py::test_two']\n"
    run = await run_file(program, TESTS, *IDS)
    assert run.verdict is Verdict.WRONG_TESTS
    assert run.cases[-1].status is CaseStatus.NOT_RUN


async def test_other_tests_than_expected_are_wrong(run_file: RunFile) -> None:
    assert (await run_file(GOOD, TESTS, IDS[0])).verdict is Verdict.WRONG_TESTS
    run = await run_file(GOOD, TESTS, *IDS, "test_it.py::test_three")
    assert run.verdict is Verdict.WRONG_TESTS


async def test_a_file_without_tests_is_no_pass(run_file: RunFile) -> None:
    assert (await run_file(GOOD, "from it import f\n")).verdict is Verdict.WRONG_TESTS


async def test_a_skipped_test_neither_passes_nor_spoils(run_file: RunFile) -> None:
    tests = TESTS + "import pytest\n@pytest.mark.skip\ndef test_three(): pass\n"
    run = await run_file(GOOD, tests, *IDS)
    assert run.verdict is Verdict.PASSED
    assert run.n_counted == 2


async def test_conftest_of_the_tree_is_honoured(run_file: RunFile) -> None:
    conftest = "import pytest\n@pytest.fixture\ndef one(): return 1\n"
    tests = "from it import f\ndef test_one(one): assert f(one) == 1\n"
    run = await run_file(GOOD, tests, support=(("conftest.py", conftest),))
    assert run.verdict is Verdict.PASSED


async def test_settings_outside_the_tree_do_not_matter(run_file: RunFile) -> None:
    ini = ("pytest.ini", "[pytest]\npython_functions = nothing_*\n")
    assert (await run_file(GOOD, TESTS, *IDS, support=(ini,))).verdict is Verdict.PASSED


async def test_usual_fixtures_work(run_file: RunFile) -> None:
    tests = (
        "import pytest, unittest\nfrom it import f\n"
        "def test_one(tmp_path, monkeypatch, capsys):\n"
        "    (tmp_path / 'x').write_text('1')\n    print('hi')\n"
        "    assert capsys.readouterr().out == 'hi\\n'\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_generator(n):\n    assert list(f(n) for _ in range(2)) == [n, n]\n"
        "class TestOld(unittest.TestCase):\n"
        "    def test_tuple(self): self.assertEqual((f(1),), (1,))\n"
    )
    run = await run_file(GOOD, tests, limits=Limits(cpu_s=2, scratch_bytes=1 << 20))
    assert (run.verdict, run.n_passed) == (Verdict.PASSED, 4)


WRITES = "import os, tempfile\ndef f(a):\n    folder = tempfile.gettempdir()\n"


async def test_temporary_files_are_for_those_who_ask_and_gone_afterwards(run_file: RunFile) -> None:
    program = WRITES + "    seen = os.listdir(folder)\n"
    program += "    os.symlink('/', folder + '/link'); os.mkdir(folder + '/sub')\n"
    program += "    open(folder + '/sub/file', 'w').close()\n    return a if not seen else 0\n"
    limits = Limits(cpu_s=2, scratch_bytes=1 << 20)
    tests = "from it import f\ndef test_one(): assert f(1) == 1\n"
    for _ in range(2):
        assert (await run_file(program, tests, limits=limits)).verdict is Verdict.PASSED
    assert (await run_file(program, tests)).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    "act",
    [
        "    for n in range(9999): open(f'{folder}/{n}', 'w').close()\n    return a\n",
        "    for n in range(9): open(f'{folder}/{n}', 'wb').write(b'x' * 900_000)\n    return a\n",
        "    os.chdir(folder)\n    while True:\n        os.mkdir('d' * 200); os.chdir('d' * 200)\n",
    ],
)
async def test_temporary_files_have_an_end(run_file: RunFile, act: str) -> None:
    tests = "from it import f\ndef test_one(): assert f(1) == 1\n"
    limits = Limits(cpu_s=5, wall_s=20, scratch_bytes=1 << 20)
    run = await run_file(WRITES + act, tests, limits=limits)
    assert run.verdict is Verdict.OUTPUT_FLOOD
    assert run.cases[-1].detail == "wrote more than 1048576 bytes of files"


async def test_one_file_has_an_end(run_file: RunFile) -> None:
    program = WRITES + "    open(folder + '/big', 'wb').write(b'x' * (8 << 20))\n"
    limits = Limits(cpu_s=2, scratch_bytes=1 << 26)
    run = await run_file(program, TESTS, limits=limits)
    assert "File too large" in run.cases[0].detail


async def test_traced_lines_are_those_of_the_target(run_file: RunFile) -> None:
    program = "def f(a):\n    if a == 1:\n        return 1\n    return 2\n"
    run = await run_file(program, TESTS, *IDS, traces=True)
    assert [case.lines for case in run.cases] == [{2, 3}, {2, 4}]
    late = "def test_one():\n    import it\n    assert it.f(1) == 1\n"
    run = await run_file(program, late, IDS[0], traces=True)
    assert [case.lines for case in run.cases] == [{2, 3}]


async def test_equal_pytest_runs_read_equal(run_file: RunFile) -> None:
    program = "import os\ndef f(a):\n    raise OSError(os.getcwd() + '/x', object())\n"
    runs = [await run_file(program, TESTS) for _ in range(3)]
    assert len({(run.stdout, tuple(case.detail for case in run.cases)) for run in runs}) == 1


@pytest.mark.parametrize("path", ["../x.py", "/tmp/x.py", "a/../../x.py", ""])
async def test_no_file_is_written_outside_the_tree(run_file: RunFile, path: str) -> None:
    with pytest.raises(SandboxError, match="no path inside a task"):
        await run_file(GOOD, TESTS, support=((path, ""),))


async def test_runs_share_no_modules_and_no_files(run_file: RunFile) -> None:
    assert (await run_file(GOOD, TESTS, *IDS)).verdict is Verdict.PASSED
    assert (await run_file("def f(a): return 0\n", TESTS, *IDS)).verdict is Verdict.FAILED
    assert (await run_file(GOOD, TESTS, *IDS)).verdict is Verdict.PASSED
