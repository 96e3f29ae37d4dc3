"""The compact state: what it shows, what it never shows, and that the policy can read it back."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.agent.state import Attempt, Baseline, baseline_of, build_state, load_prompts, state_hash
from core.chat import Role
from core.edits.block import EditBlock
from core.policies.reader import read_state
from core.sandbox.run import CaseResult, CaseStatus, TestRun, Verdict
from core.task import Case, Oracle, SourceFile, Task

PROGRAM = "def f(x):\n    return x - 1\n"
CASES = (Case("(1,)", "2", shown=True), Case("(41,)", "'only held back'", shown=False))
TASK = Task(
    "s/f", "s", "f", "f", SourceFile("f.py", PROGRAM), "Adds one.", Oracle.CASES, cases=CASES
)
BASELINE = Baseline(1, 2, "f(1)\nexpected 2\ngot 0", "2:1/1")
PROMPTS = load_prompts()

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n`$#*-+<>="),
    max_size=80,
)
_LINES = st.lists(_TEXT.map(lambda t: t.replace("\n", " ").rstrip()), min_size=1, max_size=4)


def test_the_first_state_depends_on_task_and_prompts_alone() -> None:
    one = build_state(TASK, BASELINE, (), PROMPTS)
    other = build_state(replace(TASK, cpu_limit_s=9.0), BASELINE, (), PROMPTS)
    assert state_hash(one) == state_hash(other)
    assert [message.role for message in one] == [Role.SYSTEM, Role.USER]


def test_held_back_cases_are_never_shown() -> None:
    text = "".join(message.content for message in build_state(TASK, BASELINE, (), PROMPTS))
    assert "only held back" not in text
    assert "41" not in text


def test_coverage_counts_failing_and_passing_tests_per_line() -> None:
    run = TestRun(
        Verdict.FAILED,
        (
            CaseResult("a", CaseStatus.FAILED, "expected 1\ngot 2", frozenset({2, 3})),
            CaseResult("b", CaseStatus.PASSED, "", frozenset({2})),
            CaseResult("c", CaseStatus.SKIPPED, "", frozenset({9})),
        ),
    )
    baseline = baseline_of(run)
    assert baseline == Baseline(1, 2, "a\nexpected 1\ngot 2", "2:1/1 3:1/0")


@given(description=_TEXT, failures=_TEXT, lines=_LINES, note=_TEXT)
def test_the_policy_reads_back_program_coverage_and_attempts_whatever_stands_around_them(
    description: str, failures: str, lines: list[str], note: str
) -> None:
    task = replace(TASK, description=description, target=SourceFile("f.py", PROGRAM))
    find = "\n".join(lines)
    attempts = (
        Attempt("invalid: no edit block"),
        Attempt("1 of 2 tests fail", EditBlock("f.py", find, note.replace("\n", " ").rstrip())),
    )
    messages = build_state(task, replace(BASELINE, failures=failures), attempts, PROMPTS)
    read = read_state(messages)
    assert read.path == "f.py"
    assert read.program.rstrip("\n") == PROGRAM.rstrip("\n")
    assert [(c.line, c.n_failing, c.n_passing) for c in read.coverage] == [(2, 1, 1)]
    assert len(read.tried) == 1
