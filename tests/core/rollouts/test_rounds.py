"""Contrast runs: rounds follow from the store alone, wherever a run was cut."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.outcome import Outcome
from core.rollouts.plan import RunPlan
from core.rollouts.planner import ContrastOptions, Planner, Tally
from core.rollouts.rounds import due, pairs_of, tally_of
from core.store.verdicts import VerdictRow

_TASKS = tuple(f"kata/t{n}" for n in range(6))
_OPTIONS = ContrastOptions(n_rollouts=60, n_most=12, n_batch=8)
_PLAN = RunPlan(("arm",), _TASKS, tuple(range(12)), contrast=_OPTIONS)


def _row(task_id: str, seed: int, *, is_pass: bool, program: str = "p") -> VerdictRow:
    outcome = Outcome.PASSED if is_pass else Outcome.FAILED
    return VerdictRow(task_id, seed, outcome, "find", program, 10)


def _rollout(task_id: str, seed: int) -> VerdictRow:
    """What a rollout at this place always comes to."""
    rng = random.Random(f"{task_id}/{seed}")
    rate = int(task_id[-1]) / 5
    return _row(task_id, seed, is_pass=rng.random() < rate, program=str(rng.randrange(5)))


def _finish(rows: list[VerdictRow]) -> list[VerdictRow]:
    while slots := due("run", _PLAN, _OPTIONS, rows).slots:
        rows = rows + [_rollout(slot.task_id, slot.seed) for slot in slots]
    return rows


def test_a_run_probes_all_tasks_first_and_ends_within_its_budget() -> None:
    first = due("run", _PLAN, _OPTIONS, [])
    assert len(first.slots) == 4 * len(_TASKS)
    assert {slot.seed for slot in first.slots} == {0, 1, 2, 3}
    assert first.probes is None
    rows = _finish([])
    assert 4 * len(_TASKS) < len(rows) <= 60
    end = due("run", _PLAN, _OPTIONS, rows)
    assert end.probes is not None
    assert sum(tally.n for tally in end.probes.values()) == 4 * len(_TASKS)
    outlook = Planner(end.probes, _OPTIONS).predict(end.probes)
    pairs = pairs_of(end.tallies, _OPTIONS.n_per_task)
    assert outlook.n_pairs.low <= pairs <= outlook.n_pairs.high


def test_probes_are_dealt_in_turn_so_that_every_task_has_its_first_one() -> None:
    small = ContrastOptions(n_rollouts=10, n_most=10)
    plan = RunPlan(("arm",), _TASKS, tuple(range(10)), contrast=small)
    places = [(slot.task_id, slot.seed) for slot in due("run", plan, small, []).slots]
    assert places == [(name, 0) for name in _TASKS] + [(name, 1) for name in _TASKS[:4]]
    whole = [slot.seed for slot in due("run", _PLAN, _OPTIONS, []).slots]
    assert whole == sorted(whole)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_a_run_that_is_cut_anywhere_ends_with_the_same_rollouts(data: st.DataObject) -> None:
    rows: list[VerdictRow] = []
    while slots := due("run", _PLAN, _OPTIONS, rows).slots:
        n = data.draw(st.integers(1, len(slots)))
        some = data.draw(st.permutations(slots))[:n]
        rows = rows + [_rollout(slot.task_id, slot.seed) for slot in some]
    key = [(row.task_id, row.seed) for row in rows]
    assert len(key) == len(set(key)), "no rollout is done twice"
    assert sorted(key) == sorted((row.task_id, row.seed) for row in _finish([]))


def test_an_outage_makes_no_task_look_hard_and_the_budget_holds_when_it_is_made_good() -> None:
    out = [
        replace(_rollout(task_id, seed), outcome=Outcome.ERROR)
        for task_id in _TASKS
        for seed in range(4)
    ]
    stand = due("run", _PLAN, _OPTIONS, out)
    assert stand.probes is not None
    assert {(t.n_passed, t.n_failed, t.n) for t in stand.probes.values()} == {(0, 0, 4)}
    assert stand.slots, "a task of which nothing is known is still worth a rollout"
    rows = _finish(out)
    assert len(rows) <= _OPTIONS.n_rollouts
    again = [row for row in rows if row.outcome != Outcome.ERROR]
    assert len(_finish(again)) <= _OPTIONS.n_rollouts


@pytest.mark.parametrize(
    ("rows", "tally"),
    [
        ([], Tally()),
        ([_row("t", 0, is_pass=True), _row("t", 1, is_pass=False)], Tally(1, 1, 1, 20.0)),
        ([_row("t", 0, is_pass=False), _row("t", 1, is_pass=False)], Tally(0, 2, 1, 20.0)),
        ([VerdictRow("t", 0, Outcome.ERROR, "f", "r", 3)], Tally(cost=3.0, n_lost=1)),
        ([VerdictRow("t", 0, Outcome.UNGRADED, "f", "r", 3)], Tally(cost=3.0, n_lost=1)),
        ([VerdictRow("t", 0, Outcome.INVALID, "", "", 3)], Tally(0, 1, 0, 3.0)),
    ],
)
def test_only_distinct_failing_programs_count_towards_pairs(
    rows: list[VerdictRow], tally: Tally
) -> None:
    assert tally_of(rows) == tally
