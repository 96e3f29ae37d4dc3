"""An evaluation as a text that explains itself where it is pasted: in a pull request, a mail.

Names come from files and models: they stand as code, and what would be markup is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from core.evaluation.report import ArmDetails, EvaluationDetails, FamilyRow
from core.evaluation.result import SuiteResult, TaskResult
from core.evaluation.verdict import Verdict
from core.money import usd
from core.text import clean, one_line, plural

_LONGEST = 300
_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\|`*_<>[]#~"})
_MEANING = {
    Verdict.KEEP: "the tuned policy is shown to be better, and nothing held out got worse",
    Verdict.ROLLBACK: "the tuned policy is shown to be worse",
    Verdict.INCONCLUSIVE: "nobody knows yet; base goes on serving",
}


def markdown(details: EvaluationDetails) -> str:
    """The whole report."""
    return "\n".join(_lines(details)) + "\n"


def _lines(details: EvaluationDetails) -> Iterator[str]:
    report, judgement = details.report, details.report.judgement
    verdict = judgement.verdict
    yield f"# {code(details.tuned.policy)} against {code(details.base.policy)}: {verdict.value}"
    yield ""
    yield f"**{verdict.value}**: {_MEANING[verdict]}."
    yield ""
    yield from (f"- {plain(reason)}" for reason in judgement.reasons)
    if judgement.n_more_runs is not None:
        yield f"- {plural(judgement.n_more_runs, 'more run')} per task and arm may decide it"
    if judgement.n_more_tasks is not None:
        yield f"- {plural(judgement.n_more_tasks, 'more task')} may decide it"
    if report.n_lost:
        yield f"- {report.n_lost:,} rollouts were lost to infrastructure and count nowhere"
    yield from _section("Estimates", _estimates(details))
    yield from _section("Rule, fixed before the first call", _rule(details))
    yield from _section("Arms", _arms(details))
    yield from _section("Flips", _flips(details))
    yield from _section("Families", _families(details.families))
    yield from _section("Cost", _cost(details))
    yield ""
    yield (
        f"{code(report.evaluation_id)}, run {code(report.run_id)}, "
        f"{details.started_at:%Y-%m-%d %H:%M} UTC. Rates count each task once. Intervals: t over "
        "tasks; p: exact sign-flip test over tasks."
    )


def _section(heading: str, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield f"## {heading}"
    yield ""
    yield from lines


def _estimates(details: EvaluationDetails) -> Iterator[str]:
    heads = ("suite", "within", "tasks", "base", "tuned", "points", "interval", "p", "won", "lost")
    rows = [
        (
            code(suite.suite),
            f"{result.budget} iterations",
            f"{len(suite.rows):,}",
            _percent(suite.base_rate),
            _percent(suite.tuned_rate),
            _points(suite.delta),
            f"{_points(suite.ci_low)} to {_points(suite.ci_high)}",
            f"{suite.p_value:.2g}",
            f"{len(suite.won)}",
            f"{len(suite.lost)}",
        )
        for result in details.report.budgets
        for suite in _suites(result.test, result.heldout)
    ]
    yield from _table(heads, rows)


def _rule(details: EvaluationDetails) -> Iterator[str]:
    frozen = details.report.rule
    level = f"{100 * frozen.rule.level:g} %"
    yield f"- keep: the two-sided {level} interval on the test suite is above 0"
    if frozen.heldout:
        yield (
            f"  and on {code(frozen.heldout)} the one-sided {level} bound is above "
            f"{_points(-frozen.rule.margin)} points"
        )
    yield f"- rollback: a one-sided {level} upper bound is below 0 on either suite"
    yield "- inconclusive: everything else"
    yield f"- success within {max(frozen.budgets)} iterations decides"
    seeds = ", ".join(str(seed) for seed in details.seeds)
    yield f"- {plain(details.side)} side of the split {code(details.split_id[:12])}; seeds {seeds}"


def _arms(details: EvaluationDetails) -> Iterator[str]:
    heads = ("arm", "policy", "protocol", "prompts", "tests", "temperature", "calls", "made by")
    rows = [
        (
            arm.role,
            code(arm.policy),
            code(arm.protocol),
            code(arm.prompts),
            code(arm.test_policy),
            f"{arm.temperature:g}",
            f"at most {arm.n_iterations}",
            _origin(arm),
        )
        for arm in (details.base, details.tuned)
    ]
    yield from _table(heads, rows)


def _origin(arm: ArmDetails) -> str:
    if not arm.job_id:
        return "no job here"
    pairs = f"{arm.n_pairs:,} pairs of {arm.n_pair_tasks:,} tasks" if arm.n_pairs else "pairs"
    return f"{code(arm.job_id)} from {code(arm.parent)} on {pairs}"


def _families(families: Sequence[FamilyRow]) -> Iterator[str]:
    heads = ("family", "tasks", "base", "tuned", "points")
    rows = [
        (
            code(row.family),
            f"{row.n_tasks:,}",
            _percent(row.base_rate),
            _percent(row.tuned_rate),
            _points(row.delta),
        )
        for row in sorted(families, key=lambda row: (-abs(row.delta), row.family))
    ]
    n_moved = sum(bool(row.delta) for row in families)
    yield f"<details><summary>{len(families):,} families, {n_moved:,} with a change</summary>"
    yield ""
    yield from _table(heads, rows)
    yield ""
    yield "</details>"


def _flips(details: EvaluationDetails) -> Iterator[str]:
    report = details.report
    heads = ("task", "base", "tuned", "flip")
    rows = [
        (code(row.task_id), *_counts(row), word)
        for suite in _suites(report.test, report.heldout)
        for word, names in (("won", suite.won), ("lost", suite.lost))
        for row in suite.rows
        if row.task_id in names
    ]
    if not rows:
        yield "No task turned from mostly failed to mostly solved, or back."
        return
    yield from _table(heads, rows)


def _cost(details: EvaluationDetails) -> Iterator[str]:
    heads = ("arm", "rollouts", "passed", "iterations", "tokens", "cost", "per passed")
    rows = []
    for arm in (details.base, details.tuned):
        if (done := arm.totals) is not None:
            each = usd(done.cost_microusd // done.n_passed) if done.n_passed else "-"
            counts = (done.n_rollouts, done.n_passed, done.n_iterations, done.n_tokens)
            rows.append((arm.role, *(f"{n:,}" for n in counts), usd(done.cost_microusd), each))
    yield from _table(heads, rows)
    yield ""
    yield (
        f"In all {details.n_calls:,} calls, {details.n_tokens:,} tokens, "
        f"{usd(details.cost_microusd)}."
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def plain(text: str) -> str:
    """Untrusted text as one line in which nothing is markup."""
    return one_line(clean(text), _LONGEST).translate(_SPECIAL)


def code(text: str) -> str:
    """An untrusted name as a code span, which neither a backtick nor a bar can leave."""
    name = one_line(clean(text), _LONGEST).replace("`", "'").replace("|", "\\|")
    return f"`{name}`" if name else ""


def _suites(test: SuiteResult, heldout: SuiteResult | None) -> list[SuiteResult]:
    return [test, *([heldout] if heldout is not None else [])]


def _counts(row: TaskResult) -> tuple[str, str]:
    return f"{row.base_passed}/{row.base_n}", f"{row.tuned_passed}/{row.tuned_n}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def _points(rate: float) -> str:
    return f"{100 * rate:+.1f}"
