"""A forecast graded by what came."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.costs.book import load_book
from core.costs.grade import grade
from core.costs.library import load_scenario
from core.costs.whatif import forecast
from core.evaluation.planning import STATISTICS
from core.store.ledger import Measured

FOUND = forecast(load_scenario("student-as-generator"), load_book(), STATISTICS)
AS_FORETOLD = Measured(
    n_rollouts=100,
    n_calls=FOUND.tokens.n_calls,
    n_prompt_tokens=FOUND.tokens.n_prompt,
    n_completion_tokens=FOUND.tokens.n_completion,
    pass_rate=FOUND.scenario.pass_rate,
    cost_microusd=round(100 * FOUND.bill.rollouts.mean_microusd / FOUND.scenario.n_rollouts),
    ledger_microusd=100_000_000,
    unseen_microusd=0,
)


def test_what_came_as_foretold_lies_inside_and_the_sums_agree() -> None:
    graded = grade(FOUND, "run-1", AS_FORETOLD)
    assert all(figure.is_inside for figure in graded.figures)
    assert graded.forecast_microusd == pytest.approx(graded.measured_microusd, abs=100)
    assert graded.ledger_microusd == 100_000_000


def test_each_figure_is_judged_by_itself() -> None:
    dear = replace(AS_FORETOLD, cost_microusd=100 * AS_FORETOLD.cost_microusd, pass_rate=0.9)
    outside = {f.name for f in grade(FOUND, "run-1", dear).figures if not f.is_inside}
    assert outside == {"cost", "pass rate"}


def test_a_run_without_a_verdict_is_graded_without_a_pass_rate() -> None:
    names = [f.name for f in grade(FOUND, "run-1", replace(AS_FORETOLD, pass_rate=None)).figures]
    assert names == ["calls", "prompt", "answer", "cost"]
