"""Forks and graded pairs: what may stand on which side, and that nothing else is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.edits.block import parse
from core.pairs.building import build_pairs
from core.pairs.candidates import Built, DropReason, PairKind, PairOptions
from core.store.pairs import OutputRow
from core.store.runs import RolloutRow
from tests.core.pairs.test_candidates import GOOD, TASK, build, rollout

FORKS = PairOptions(forks=True)
GRADED = PairOptions(graded=True)


def fork(*rows: RolloutRow, outputs: list[OutputRow], options: PairOptions = FORKS) -> Built:
    return build_pairs("b", rows, {"s/f": (TASK, "fam")}, options, outputs)


def said(name: str, state: str, replacement: str, iteration: int = 3) -> OutputRow:
    return OutputRow(name, iteration, state, "x - 1", replacement)


def reasons(built: Built, kind: DropReason) -> list[str]:
    return [row.rejected_rollout for row in built.dropped if row.reason == kind]


def graded(name: str, n_passed: int, replacement: str, outcome: str = "failed") -> RolloutRow:
    return replace(rollout(name, outcome, replacement), n_passed=n_passed, n_tests=10)


def test_two_answers_to_one_state_are_a_fork_when_one_of_them_passed() -> None:
    lost = rollout("lost", "limit", "x * 9", n_iterations=5)
    built = fork(GOOD, lost, outputs=[said("good", "met", "x + 1"), said("lost", "met", "x * 1")])
    (pair,) = [p for p in built.pairs if p.kind == PairKind.FORK]
    assert (pair.state, pair.chosen_iteration, pair.rejected_iteration) == ("met", 3, 3)
    assert parse(pair.chosen, "f.py").replace == "x + 1"
    assert parse(pair.rejected, "f.py").replace == "x * 1"


def test_an_edit_that_failed_on_the_way_to_a_pass_is_never_chosen() -> None:
    lost = rollout("lost", "limit", "x * 9", n_iterations=5)
    early = [said("good", "met", "x // 2", iteration=1), said("lost", "met", "x * 1", iteration=1)]
    built = fork(GOOD, lost, outputs=early)
    assert [p.kind for p in built.pairs] == [PairKind.PATCH]


def test_a_rollout_that_passed_later_is_no_rejected_side_of_a_fork() -> None:
    late = rollout("late", "passed", "1 + x", n_iterations=7)
    built = fork(GOOD, late, outputs=[said("good", "met", "x + 1"), said("late", "met", "x * 1")])
    assert built.pairs == []
    assert reasons(built, DropReason.TIE) == ["late", "late"]


def test_a_fork_that_repeats_a_patch_is_counted_and_not_made() -> None:
    lost = rollout("lost", "limit", "x * 1", n_iterations=1)
    met = [said("good", "first", "x + 1"), said("lost", "first", "x * 1", iteration=1)]
    built = fork(GOOD, lost, outputs=met)
    assert [p.kind for p in built.pairs] == [PairKind.PATCH]
    assert reasons(built, DropReason.DUPLICATE) == ["lost"]


def test_the_cap_counts_patches_and_forks_together() -> None:
    rows = [rollout(f"r{n}", "limit", f"x * {n}") for n in range(3)]
    met = [said("good", "met", "x + 1"), *(said(f"r{n}", "met", f"x - {n + 5}") for n in range(3))]
    built = fork(GOOD, *rows, outputs=met, options=PairOptions(4, forks=True))
    assert Counter(p.kind for p in built.pairs) == {PairKind.PATCH: 3, PairKind.FORK: 1}
    assert len(reasons(built, DropReason.OVER_CAP)) == 2


def test_without_being_asked_for_there_are_only_patches() -> None:
    built = build(GOOD, graded("a", 9, "x * 1"), graded("b", 1, "x * 2"))
    assert {p.kind for p in built.pairs} == {PairKind.PATCH}
    assert build(graded("a", 9, "x * 1"), graded("b", 1, "x * 2")).pairs == []


def test_where_nobody_passed_the_best_failure_stands_against_clearly_worse_ones() -> None:
    rows = [graded("best", 8, "x * 1"), graded("near", 6, "x * 2"), graded("bad", 2, "x * 3")]
    built = fork(*rows, outputs=[], options=GRADED)
    (pair,) = built.pairs
    assert (pair.kind, pair.chosen_rollout, pair.rejected_rollout) == ("graded", "best", "bad")
    assert reasons(built, DropReason.CLOSE) == ["near"]


def test_a_task_that_somebody_solved_has_no_graded_pair() -> None:
    rows = [GOOD, graded("best", 8, "x * 1"), graded("bad", 2, "x * 3")]
    built = fork(*rows, outputs=[], options=GRADED)
    assert {(p.kind, p.chosen_rollout) for p in built.pairs} == {("patch", "good")}


_NAMES = [f"r{n}" for n in range(6)]
_EDITS = ["x + 1", "x + 2", "x * 1", "(x + 2)", "x"]
_OUTCOMES = ["passed", "failed", "limit", "invalid", "error", "tampered"]


@st.composite
def _runs(draw: st.DrawFn) -> tuple[list[RolloutRow], list[OutputRow]]:
    """Rollouts of one task whose histories meet: equal ways, then answers of their own."""
    rows, outputs = [], []
    for name in draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=6)):
        way = draw(st.lists(st.sampled_from(_EDITS), min_size=1, max_size=3))
        row = rollout(name, draw(st.sampled_from(_OUTCOMES)), way[-1], n_iterations=len(way))
        n_passed = draw(st.integers(0, 2)) if row.outcome != "passed" else 2
        rows.append(replace(row, n_passed=n_passed))
        outputs += [
            said(name, "first" if not n else "|".join(way[:n]), edit, n + 1)
            for n, edit in enumerate(way)
        ]
    return rows, outputs


@given(run=_runs(), cap=st.integers(1, 5), graded_too=st.booleans())
def test_whatever_is_made_shares_its_state_and_never_chooses_a_failure_or_a_cheat(
    run: tuple[list[RolloutRow], list[OutputRow]], cap: int, graded_too: bool
) -> None:
    rows, outputs = run
    options = PairOptions(cap, forks=True, graded=graded_too, min_margin=0.5)
    built = fork(*rows, outputs=outputs, options=options)
    by_name = {row.rollout_id: row for row in rows}
    answered = {(o.rollout_id, o.state, o.replacement) for o in outputs}
    for pair in built.pairs:
        good, bad = by_name[pair.chosen_rollout], by_name[pair.rejected_rollout]
        chosen, rejected = parse(pair.chosen, "f.py"), parse(pair.rejected, "f.py")
        assert chosen.apply(TASK.target.text) != rejected.apply(TASK.target.text)
        assert {good.outcome, bad.outcome}.isdisjoint({"error", "tampered"})
        assert bad.outcome != "passed"
        assert chosen.replace == good.replacement
        if pair.kind == PairKind.GRADED:
            assert good.n_passed - bad.n_passed >= 1
            assert "passed" not in {row.outcome for row in rows}
        else:
            assert good.outcome == "passed"
        if pair.kind == PairKind.FORK:
            assert (pair.chosen_rollout, pair.state, chosen.replace) in answered
            assert (pair.rejected_rollout, pair.state, rejected.replace) in answered
        else:
            assert pair.state == good.first_state == bad.first_state
    assert len(built.pairs) <= cap
    assert len({p.pair_id for p in built.pairs}) == len(built.pairs)
    turned = fork(*reversed(rows), outputs=outputs[::-1], options=options)
    assert [p.pair_id for p in turned.pairs] == [p.pair_id for p in built.pairs]


@pytest.mark.parametrize("outcome", ["error", "tampered", "invalid"])
def test_infrastructure_cheats_and_bad_answers_are_in_no_fork(outcome: str) -> None:
    lost = rollout("lost", outcome, "x * 9" if outcome != "invalid" else "", find="x - 1")
    lost = replace(lost, find="" if outcome == "invalid" else lost.find)
    built = fork(GOOD, lost, outputs=[said("good", "met", "x + 1"), said("lost", "met", "x * 1")])
    assert built.pairs == []
