"""From rollouts to pairs: which become one, which are dropped, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from core.edits.block import EditBlock
from core.pairs.building import build_pairs
from core.pairs.candidates import Built, DropReason, PairOptions, changed_share, normalised
from core.store.runs import RolloutRow
from core.task import Oracle, SourceFile, Task

PROGRAM = "def f(x):\n    return x - 1\n"
TASK = Task("s/f", "s", "f", "f", SourceFile("f.py", PROGRAM), "", Oracle.CASES)


def rollout(
    name: str,
    outcome: str,
    replacement: str,
    n_iterations: int = 3,
    state: str = "first",
    find: str = "x - 1",
) -> RolloutRow:
    return RolloutRow(
        rollout_id=name,
        run_id="run",
        arm_id="arm",
        task_id="s/f",
        seed=0,
        outcome=outcome,
        reason="",
        n_iterations=n_iterations,
        first_state=state,
        find=find,
        replacement=replacement,
        n_passed=0,
        n_tests=2,
        n_prompt_tokens=0,
        n_completion_tokens=0,
        cost_microusd=0,
        wall_s=0.0,
        sandbox_level="",
        finished_at=datetime.fromisoformat("2026-01-01"),
    )


def build(*rows: RolloutRow, n_per_task: int = 8) -> Built:
    return build_pairs("b", rows, {"s/f": (TASK, "fam")}, PairOptions(n_per_task))


def reasons(built: Built) -> Counter[str]:
    return Counter(row.reason for row in built.dropped)


GOOD = rollout("good", "passed", "x + 1")


def test_the_best_pass_meets_each_distinct_failure() -> None:
    built = build(GOOD, rollout("a", "limit", "x * 1"), rollout("b", "failed", "x * 2"))
    assert {(p.chosen_rollout, p.rejected_rollout) for p in built.pairs} == {
        ("good", "a"),
        ("good", "b"),
    }
    assert {p.state for p in built.pairs} == {"first"}
    assert built.pairs[0].chosen == EditBlock("f.py", "x - 1", "x + 1").render()
    assert built.dropped == []


def test_the_pass_with_fewest_iterations_is_best() -> None:
    slow = rollout("slow", "passed", "1 + x", n_iterations=9)
    built = build(slow, GOOD, rollout("a", "limit", "x * 1"))
    assert [p.chosen_rollout for p in built.pairs] == ["good"]
    assert reasons(built) == {DropReason.TIE: 1}


def test_identical_rollouts_become_one() -> None:
    built = build(GOOD, *(rollout(name, "limit", "x * 1") for name in "abc"))
    assert len(built.pairs) == 1
    assert reasons(built) == {DropReason.DUPLICATE: 2}


def test_failures_that_differ_in_layout_alone_are_one() -> None:
    built = build(GOOD, rollout("a", "limit", "x * 1"), rollout("b", "limit", "(x  *  1)"))
    assert len(built.pairs) == 1
    assert reasons(built) == {DropReason.DUPLICATE: 1}


def test_a_failure_with_the_chosen_program_is_dropped_as_identical() -> None:
    built = build(GOOD, rollout("flaky", "failed", "(x + 1)"))
    assert (built.pairs, reasons(built)) == ([], {DropReason.IDENTICAL: 1})


def test_a_task_nobody_solved_has_no_pair() -> None:
    built = build(rollout("a", "limit", "x * 1"), rollout("b", "limit", "x * 2"))
    assert (built.pairs, reasons(built)) == ([], {DropReason.NO_PASS: 2})


def test_infrastructure_and_cheats_are_never_a_side() -> None:
    built = build(
        GOOD,
        rollout("lost", "error", "x * 1"),
        rollout("cheat", "tampered", "x * 2"),
        rollout("mute", "invalid", "", find=""),
    )
    assert built.pairs == []
    assert reasons(built) == {
        DropReason.INFRASTRUCTURE: 1,
        DropReason.TAMPERED: 1,
        DropReason.NO_EDIT: 1,
    }


def test_a_suspicious_pass_is_never_chosen() -> None:
    built = build(rollout("sly", "passed", "eval('x + 1')"), rollout("a", "limit", "x * 1"))
    assert built.pairs == []
    assert reasons(built) == {DropReason.SUSPICIOUS: 1, DropReason.NO_PASS: 1}
    built = build(GOOD, rollout("sly", "passed", "eval('x')"), rollout("a", "limit", "x * 1"))
    assert [pair.chosen_rollout for pair in built.pairs] == [GOOD.rollout_id]


def test_sides_on_different_states_are_no_pair() -> None:
    built = build(GOOD, rollout("a", "limit", "x * 1", state="other"))
    assert (built.pairs, reasons(built)) == ([], {DropReason.OTHER_STATE: 1})


def test_the_cap_holds_and_what_it_drops_is_counted() -> None:
    rows = [rollout(f"r{n}", "limit", f"x * {n}") for n in range(6)]
    built = build(GOOD, *rows, n_per_task=4)
    assert len(built.pairs) == 4
    assert reasons(built) == {DropReason.OVER_CAP: 2}


_ROWS = st.lists(
    st.builds(
        rollout,
        st.uuids().map(str),
        st.sampled_from(["passed", "failed", "limit", "error", "tampered"]),
        st.sampled_from(["x + 1", "x + 2", "x * 1", "(x + 2)", "x"]),
        st.integers(1, 5),
        st.sampled_from(["first", "other"]),
    ),
    max_size=12,
    unique_by=lambda row: row.rollout_id,
)


@given(rows=_ROWS, cap=st.integers(1, 4))
def test_every_rollout_is_a_side_or_dropped_and_order_does_not_matter(
    rows: list[RolloutRow], cap: int
) -> None:
    built = build(*rows, n_per_task=cap)
    sides = {p.rejected_rollout for p in built.pairs} | {p.chosen_rollout for p in built.pairs}
    dropped = [d.rejected_rollout for d in built.dropped]
    assert len(dropped) == len(set(dropped))
    best_alone = len(rows) - len(sides) - len(dropped)
    assert best_alone in (0, 1)
    assert len(built.pairs) <= cap
    assert len({p.pair_id for p in built.pairs}) == len(built.pairs)
    turned = build(*reversed(rows), n_per_task=cap)
    assert [p.pair_id for p in turned.pairs] == [p.pair_id for p in built.pairs]


def test_the_changed_share_runs_from_none_to_all() -> None:
    assert changed_share("a b c", "a b c") == 0.0
    assert changed_share("a b c d", "a b c e") == 0.25
    assert changed_share("a b", "c d") == 1.0


def test_rollouts_of_a_task_that_is_gone_are_dropped_and_counted() -> None:
    gone = [replace(row, task_id="s/gone") for row in (GOOD, rollout("bad", "failed", "x"))]
    built = build(GOOD, rollout("other", "failed", "x * 2"), *gone)
    assert len(built.pairs) == 1
    assert reasons(built) == {DropReason.TASK_GONE: 2}


def test_programs_that_differ_in_layout_alone_are_one() -> None:
    one = normalised("def f(x):\n    return (x + 1)\n")
    assert one == normalised("def f( x ):\n\n  # a comment\n  return x+1\n")
    for other in ("x + True", "x + 1.0", "x - 1", "1 + x", "x, 1", "[x, 1]", "x + '1'"):
        assert normalised(f"def f(x):\n    return {other}\n") != one
    assert normalised("def f(:") == "def f(:"
