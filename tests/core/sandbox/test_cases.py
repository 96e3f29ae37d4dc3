from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from core.errors import SandboxError
from core.sandbox.pool import Sandbox
from core.sandbox.run import CallCases, CaseStatus, Limits, TestRun, Verdict
from core.task import Case, Comparator

Call = Callable[..., Awaitable[TestRun]]


async def test_right_values_pass(call: Call) -> None:
    run = await call("def f(a, b):\n    return [a, (b,)]", ("(1, 'x')", "[1, ('x',)]"))
    assert run.verdict is Verdict.PASSED
    assert [case.name for case in run.cases] == ["f(1, 'x')"]


async def test_a_wrong_value_fails_and_shows_both(call: Call) -> None:
    run = await call("def f(a):\n    return a + 1", ("(1,)", "2"), ("(2,)", "4"))
    assert run.verdict is Verdict.FAILED
    assert [case.status for case in run.cases] == [CaseStatus.PASSED, CaseStatus.FAILED]
    assert run.cases[1].name == "f(2)"
    assert run.cases[1].detail == "expected 4\ngot 3"


async def test_an_exception_names_type_message_and_line_of_the_program(call: Call) -> None:
    run = await call("def f(a):\n    return max(\n        a)\n", ("([],)", "0"))
    assert run.cases[0].status is CaseStatus.ERROR
    assert run.cases[0].detail.startswith("raised ValueError: max() ")
    assert run.cases[0].detail.endswith("(line 2)")


async def test_endless_recursion_is_an_error_and_later_cases_run(call: Call) -> None:
    program = "def f(a):\n    return f(a) if a else 0"
    run = await call(program, ("(1,)", "0"), ("(0,)", "0"))
    assert run.verdict is Verdict.FAILED
    assert "RecursionError" in run.cases[0].detail
    assert run.cases[1].status is CaseStatus.PASSED


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("def f(:\n", "SyntaxError"),
        ("x = 1\ny = x / 0\ndef f(a): return a", "ZeroDivisionError: division by zero (line 2)"),
        ("def g(a): return a", "NameError: the program defines no function f"),
        ("f = 3", "NameError"),
        ("import sys\nsys.exit(0)", "SystemExit: 0 (line 2)"),
        ("def f(a): return a\nimport core", "ModuleNotFoundError: No module named 'core'"),
        ("def f(a): return a\nimport pytest", "ModuleNotFoundError"),
        ("def f(a): return a\n# \ud800", "UnicodeEncodeError"),
        ("def f(a): return a\0", "raised"),
    ],
)
async def test_a_program_that_does_not_load_fails_every_case(
    call: Call, program: str, message: str
) -> None:
    run = await call(program, ("(1,)", "1"), ("(2,)", "2"))
    assert run.verdict is Verdict.FAILED
    assert [case.status for case in run.cases] == [CaseStatus.ERROR] * 2
    assert all(message in case.detail for case in run.cases)


async def test_a_hang_keeps_the_results_before_it(call: Call) -> None:
    program = "def f(a):\n    while a == 3:\n        pass\n    return a"
    run = await call(program, *[(f"({n},)", f"{n}") for n in range(1, 6)])
    assert run.verdict is Verdict.TIMEOUT
    passed, hung, not_run = CaseStatus.PASSED, CaseStatus.HUNG, CaseStatus.NOT_RUN
    assert [case.status for case in run.cases] == [passed, passed, hung, not_run, not_run]
    assert run.cases[2].detail == "still running after 0.5 s of CPU time"
    assert run.wall_s < 3


async def test_what_a_generator_yields_is_compared(call: Call) -> None:
    iterates = Comparator.ITERATES
    program = "def f(n):\n    for i in range(n):\n        yield i, i"
    run = await call(program, ("(2,)", "[(0, 0), (1, 1)]"), comparator=iterates)
    assert run.verdict is Verdict.PASSED
    run = await call("def f(n):\n    while True:\n        yield n", comparator=iterates)
    assert "an iterator of more than" in run.cases[0].detail
    run = await call("def f(n):\n    yield n\n    raise KeyError(n)", comparator=iterates)
    assert "raised KeyError: 1 (line 3)" in run.cases[0].detail


async def test_traced_lines_are_those_each_case_ran(call: Call) -> None:
    program = "LIMIT = 2\n\ndef f(a):\n    if a > LIMIT:\n        return 1\n    return g()\n"
    program += "\ndef g():\n    return 0\n"
    run = await call(program, ("(3,)", "1"), ("(1,)", "0"), traces=True)
    assert [case.lines for case in run.cases] == [{4, 5}, {4, 6, 9}]
    run = await call(program, ("(3,)", "1"))
    assert run.cases[0].lines == frozenset()


async def test_lines_of_a_hung_case_are_known(call: Call) -> None:
    program = "def f(a):\n    while a:\n        a += 1\n    return a"
    run = await call(program, traces=True)
    assert run.cases[0].status is CaseStatus.HUNG
    assert run.cases[0].lines == {2, 3}


async def test_tracing_does_not_turn_a_long_run_into_a_timeout(call: Call) -> None:
    program = "def f(n):\n    t = 0\n    for i in range(n):\n        t += i\n    return t"
    run = await call(program, ("(2_000_000,)", f"{sum(range(2_000_000))}"), traces=True)
    assert run.verdict is Verdict.PASSED


async def test_printed_text_is_kept_and_cleaned(call: Call) -> None:
    program = "import sys\ndef f(a):\n    print('\\x1b[2J')\n"
    program += "    print('x' * 70_000, file=sys.stderr)\n    return a"
    run = await call(program)
    assert run.verdict is Verdict.PASSED
    assert run.stdout.startswith("␛[2J\nxxx")
    assert len(run.stdout.encode()) < 70_000


async def test_equal_runs_read_equal(call: Call) -> None:
    program = "import os, random\ndef f(a):\n    if a: raise KeyError(object(), os.getcwd())\n"
    program += "    return list({'a', 'b', 'c', 'd'}), random.random(), os.getcwd()"
    runs = [await call(program, ("(1,)", "1"), ("(0,)", "1")) for _ in range(3)]
    assert len({tuple(case.detail for case in run.cases) for run in runs}) == 1
    assert "object at 0x…" in runs[0].cases[0].detail


async def test_large_programs_and_arguments_pass_through(call: Call) -> None:
    program = "def f(a):\n    return len(a)\n" + f"# {'x' * 1000}\n" * 5000
    limits = Limits(cpu_s=5, wall_s=20)
    run = await call(program, (f"({'y' * 2_000_000!r},)", "2000000"), limits=limits)
    assert run.verdict is Verdict.PASSED


async def test_no_cases_are_no_pass(sandbox: Sandbox) -> None:
    run = await sandbox.call_cases(CallCases("def f(): pass", "f", ()), (), Comparator.EXACT)
    assert run.verdict is Verdict.WRONG_TESTS


async def test_a_case_without_literals_is_no_verdict(call: Call) -> None:
    with pytest.raises(SandboxError, match="no literal"):
        await call("def f(a): return a", ("(open('x'),)", "1"))
    with pytest.raises(SandboxError, match="cannot be judged"):
        await call("def f(a): return a", ("(1,)", "open('x')"))


async def test_cases_and_request_must_agree(sandbox: Sandbox) -> None:
    case = Case("(1,)", "1", True)
    with pytest.raises(ValueError, match="other arguments"):
        await sandbox.call_cases(CallCases("", "f", ("(2,)",)), (case,), Comparator.EXACT)


async def test_a_generator_that_never_ends_is_a_wrong_value(call: Call) -> None:
    program = "def f(a):\n    while True: yield a"
    run = await call(program, ("(1,)", "[1]"), comparator=Comparator.ITERATES)
    assert run.verdict is Verdict.FAILED
    assert "an iterator of more than" in run.cases[0].detail
