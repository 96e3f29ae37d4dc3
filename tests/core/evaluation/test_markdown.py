"""The report that is pasted elsewhere: complete, and no name in it acts as markup."""

from __future__ import annotations

from datetime import datetime

from core.evaluation.markdown import markdown
from core.evaluation.operations import BudgetResult, EvaluationReport, FrozenRule
from core.evaluation.report import ArmDetails, EvaluationDetails, family_rows
from core.evaluation.result import SuiteResult, TaskResult, summarise
from core.evaluation.verdict import Rule, judge
from core.store.evaluations import ArmTotals

_HOSTILE = "s/a|b`<script>[x](y)\x1b[2J\n# head"


def details(test: SuiteResult, heldout: SuiteResult | None = None) -> EvaluationDetails:
    name = heldout.suite if heldout is not None else ""
    rule = FrozenRule(Rule(0.10, heldout is not None), (5, 20), (test.suite,), name)
    report = EvaluationReport(
        evaluation_id="eval-1",
        run_id="evalrun-1",
        base_arm="a",
        tuned_arm="b",
        rule=rule,
        test=test,
        heldout=heldout,
        budgets=(BudgetResult(20, test, heldout),),
        judgement=judge(test, heldout, rule.rule),
        n_lost=3,
    )
    families = {row.task_id: row.task_id.split("-")[0] for row in test.rows}
    return EvaluationDetails(
        report=report,
        split_id="split-0123456789",
        side="test",
        seeds=(0, 1),
        started_at=datetime.fromisoformat("2026-11-23T12:00:00"),
        base=_arm("base", "builtin"),
        tuned=_arm("tuned", "builtin:feed", "job-7"),
        families=family_rows(report, families),
        n_calls=900,
        n_tokens=123_456,
        cost_microusd=4_500_000,
    )


def _arm(role: str, policy: str, job_id: str = "") -> ArmDetails:
    totals = ArmTotals(role, 40, 10, 300, 60_000, 2_000_000)
    return ArmDetails(
        role, policy, role, "edit", "edit-1", "on_write", 1.0, 20, totals, job_id, "builtin", 49, 24
    )


def _suite(name: str, passes: list[tuple[str, int, int]]) -> SuiteResult:
    return summarise(name, [TaskResult(task, base, 2, tuned, 2) for task, base, tuned in passes])


TEST = _suite("s", [("s/one-1", 0, 2), ("s/one-2", 2, 2), ("s/two-1", 2, 0), ("s/three-1", 1, 1)])


def test_a_report_has_all_that_the_verdict_stands_on() -> None:
    text = markdown(details(TEST, _suite("h", [("h/a", 1, 1), ("h/b", 2, 2)])))
    for part in (
        "**inconclusive**: nobody knows yet",
        "`builtin:feed` against `builtin`",
        "`job-7` from `builtin` on 49 pairs of 24 tasks",
        "one-sided 95 % bound is above -10.0 points",
        "| `s` | 20 iterations | 4 | 62.5 % | 62.5 % | +0.0 |",
        "| `s/one` | 2 | 50.0 % | 100.0 % | +50.0 |",
        "| `s/one-1` | 0/2 | 2/2 | won |",
        "| `s/two-1` | 2/2 | 0/2 | lost |",
        "| tuned | 40 | 10 | 300 | 60,000 | $2.00 | $0.20 |",
        "In all 900 calls, 123,456 tokens, $4.50.",
        "3 rollouts were lost to infrastructure",
        "seeds 0, 1",
    ):
        assert part in text
    assert all(row.task_id in text for row in TEST.rows if row.difference)


def test_families_stand_with_the_largest_change_first_and_sum_their_tasks() -> None:
    found = details(TEST).families
    assert [(row.family, row.n_tasks) for row in found] == [
        ("s/one", 2), ("s/three", 1), ("s/two", 1),
    ]  # fmt: skip
    table = [line for line in markdown(details(TEST)).splitlines() if line.startswith("| `s/")]
    families = [line.split("`")[1] for line in table if "-" not in line.split("`")[1]]
    assert families == ["s/two", "s/one", "s/three"]


def test_no_name_leaves_its_place() -> None:
    hostile = _suite("s", [(_HOSTILE, 0, 2), ("s/fine", 1, 1)])
    text = markdown(details(hostile))
    rows = [line for line in text.splitlines() if "script" in line]
    assert rows
    for line in rows:
        assert line.startswith("| `")
        assert line.count("`") == 2
        assert "a\\|b'" in line
    assert "\x1b" not in text
    assert not any(line.startswith("# head") for line in text.splitlines())


def test_a_task_whose_family_is_unknown_stands_for_itself() -> None:
    report = details(TEST).report
    assert {row.family for row in family_rows(report, {})} == {row.task_id for row in TEST.rows}
