"""Relations, answers, splits and certificates over a real engine and its store."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.agent.limits import Limits
from core.digest import digest
from core.engine import Engine, open_engine
from core.errors import RefusedError, UsageError
from core.events import Event, ProgressMade
from core.pairs.formats import PairFormat
from core.rollouts.operations import RunOptions
from core.splits.answers import Answer
from core.splits.links import LinkKind
from core.splits.operations import refuse_leaks
from core.splits.questions import Relation, Standing
from core.splits.sides import Member, Side, split_hash
from core.store.splits import MemberRow, SplitRow, load_members, save_split
from core.workspace import Workspace
from tests.core.splits.small import kata, more, opened, put, task_of

RATIOS = (0.5, 0.2, 0.3)


async def relation(engine: Engine, one: str, other: str) -> Relation:
    rows = (await engine.list_relations()).rows
    (row,) = [row for row in rows if {row.one, row.other} == {one, other}]
    return row


async def question(engine: Engine) -> Relation:
    return await relation(engine, "kata/p0-100", "more/q0-50")


async def test_nothing_is_said_of_tasks_before_they_are_compared(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        before = await engine.list_relations()
        assert (before.is_compared, before.rows, before.n_tasks) == (False, (), 15)
        after = await engine.compare_tasks()
        assert after.is_compared
        assert after == await engine.list_relations()
        await put(engine, [replace(task, description="other words") for task in more()])
        assert not (await engine.list_relations()).is_compared


async def test_an_answer_stands_until_it_is_undone_and_outlives_a_closed_store(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        await engine.compare_tasks()
        assert (await question(engine)).standing is Standing.OPEN
        await engine.answer_relation("more/q0-50", "kata/p0-100", Answer.YES, "same tulip")
        await engine.answer_relation("more/q0-50", "kata/p0-100", Answer.NO, "no stalk")
    async with open_engine(Workspace(tmp_path), n_workers=1) as engine:
        row = await question(engine)
        assert (row.standing, row.reason) == (Standing.NO, "no stalk")
        undone = await engine.undo_answer()
        assert (undone.answer, undone.is_undone) == (Answer.NO, True)
        assert (await question(engine)).standing is Standing.YES
        await engine.undo_answer()
        assert (await question(engine)).standing is Standing.OPEN
        assert await engine.list_answers() == []
        with pytest.raises(UsageError, match="no answer"):
            await engine.undo_answer()


async def test_an_answer_holds_for_programs_whose_tasks_are_made_anew(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        await engine.compare_tasks()
        await engine.answer_relation("more/q0-50", "kata/p0-100", Answer.NO)
        fresh = [replace(t, task_id=t.task_id.replace("-1", "-2")) for t in kata()]
        await put(engine, fresh)
        await engine.compare_tasks()
        row = await relation(engine, "kata/p0-200", "more/q0-50")
        assert row.standing is Standing.NO


async def test_what_is_certain_cannot_be_denied_and_bugs_of_one_program_are_no_question(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        await engine.compare_tasks()
        row = await relation(engine, "kata/p1-102", "more/q1-51")
        assert (row.standing, row.kinds) == (Standing.CERTAIN, (LinkKind.EXACT,))
        with pytest.raises(UsageError, match="certain and cannot be denied"):
            await engine.answer_relation("kata/p1-102", "more/q1-51", Answer.NO)
        with pytest.raises(UsageError, match="bugs of kata/p0"):
            await engine.answer_relation("kata/p0-100", "kata/p0-101", Answer.YES)
        with pytest.raises(UsageError, match="no admitted task 'kata/nonsense'"):
            await engine.answer_relation("kata/nonsense", "kata/p0-101", Answer.YES)


async def test_a_yes_joins_families_in_the_next_split_and_a_no_lets_them_part(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        await engine.compare_tasks()
        plain = await engine.make_split(("kata", "more"), RATIOS, 1)
        await engine.answer_relation("kata/p0-100", "more/q0-50", Answer.YES)
        joined = await engine.make_split(("kata", "more"), RATIOS, 1)
        assert joined.n_families == plain.n_families - 1
        await engine.answer_relation("kata/p0-100", "more/q0-50", Answer.NO)
        assert (await engine.make_split(("kata", "more"), RATIOS, 1)).split_id == plain.split_id


async def test_a_held_out_suite_loses_the_relatives_of_the_divided_one_and_says_which(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        report = await engine.make_split(("kata",), RATIOS, 1, ("more",))
        assert [one.task_id for one in report.left_out] == ["more/q1-51"]
        assert report.left_out[0].family == "kata/p1"
        assert report.sides["heldout"] == 2
        certificate = await engine.check_split()
        assert certificate.is_clean
        assert certificate.sides == report.sides
        alone = await engine.make_split(("kata",), RATIOS, 1)
        places = [await members(engine, split.split_id) for split in (report, alone)]
        assert places[1].items() <= places[0].items()


async def members(engine: Engine, split_id: str) -> dict[str, str]:
    rows = await load_members(engine.context.store, split_id)
    return {row.task_id: row.side for row in rows}


async def test_moving_a_family_makes_a_new_split_with_its_reason_and_keeps_the_old_one(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        old = await engine.make_split(("kata",), RATIOS, 1)
        before = await members(engine, old.split_id)
        target = Side.TEST if before["kata/p0-100"] != "test" else Side.TRAIN
        moved = await engine.move_families(("kata/p0-101",), target, "too easy")
        assert (moved.parent, moved.reason) == (old.split_id, "too easy")
        after = await members(engine, moved.split_id)
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"kata/p0-100", "kata/p0-101"}
        assert await members(engine, old.split_id) == before
        assert (await engine.check_split(moved.split_id)).is_clean
        assert [split.split_id for split in await engine.list_splits()] == [
            moved.split_id, old.split_id,
        ]  # fmt: skip
        with pytest.raises(UsageError, match="needs a reason"):
            await engine.move_families(("kata/p0",), Side.TRAIN, " ")


async def test_a_certificate_is_the_same_for_the_same_and_tells_what_was_compared(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        split = await engine.make_split(("kata",), RATIOS, 1)
        one, again = await engine.check_split(), await engine.check_split(split.split_id[:9])
        assert one == again
        assert one.hash == digest(replace(one, hash=""))
        kinds = [test.kind for test in one.tests]
        assert {LinkKind.SHAPE, LinkKind.CONTRACT, LinkKind.KNOWN} < set(kinds)
        (listed,) = await engine.list_splits()
        assert (listed.n_leaks, listed.n_questions) == (0, 0)
        other = await engine.check_split(heldout=("more",))
        assert other.hash != one.hash


async def test_a_copy_in_a_held_out_suite_is_a_leak_and_a_likeness_a_question(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        await engine.make_split(("kata",), RATIOS, 1)
        found = await engine.check_split(heldout=("more",))
        (leak,) = found.leaks
        assert {leak.one, leak.other} == {"kata/p1-102", "more/q1-51"}
        assert "the same text" in str(leak)
        (unsure,) = found.questions
        assert {unsure.one, unsure.other} == {"kata/p0-100", "more/q0-50"}
        await engine.answer_relation("kata/p0-100", "more/q0-50", Answer.NO)
        answered = await engine.check_split(heldout=("more",))
        assert (answered.questions, answered.n_denied) == ((), 1)


async def test_a_torn_family_is_found_with_both_tasks_and_the_evidence(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        store = engine.context.store
        made = await engine.make_split(("kata",), RATIOS, 1)
        rows = await load_members(store, made.split_id)
        torn = [
            Member(r.task_id, r.task_id, Side.TEST if r.task_id == "kata/p0-100" else Side.TRAIN)
            for r in rows
        ]
        name = split_hash(torn, 1, RATIOS)
        row = SplitRow(name, "kata", 1, "0.5,0.2,0.3", made.created_at + timedelta(hours=1))
        await save_split(store, row, [MemberRow(name, m.task_id, m.family, m.side) for m in torn])
        (leak,) = (await engine.check_split(name)).leaks
        assert str(leak) == (
            "kata/p0-100 (test) and kata/p0-101 (train): both are bugs of the program kata/p0"
        )
        with pytest.raises(RefusedError, match=r"kata/p0-100 .* and kata/p0-101"):
            await refuse_leaks(engine.context, name, ())


async def test_a_split_that_was_changed_in_the_store_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        split = await engine.make_split(("kata",), RATIOS, 1)
        rows = await load_members(engine.context.store, split.split_id)
        torn = [replace(r, side="test") if r.task_id == "kata/p0-100" else r for r in rows]
        torn = [replace(r, side="train") if r.task_id == "kata/p0-101" else r for r in torn]
        await engine.context.store.replace("split_members", "split_id", [split.split_id], torn)
        with pytest.raises(RefusedError, match="its hash does not fit"):
            await engine.check_split()


async def test_bugs_that_a_person_joined_later_stop_only_what_uses_them(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        await engine.compare_tasks()
        split = await engine.make_split(("kata", "more"), (0.4, 0.3, 0.3), 1)
        places = await members(engine, split.split_id)
        if places["kata/p0-100"] == places["more/q0-50"]:
            side = next(Side(s) for s in ("train", "test") if s != places["more/q0-50"])
            split = await engine.move_families(("more/q0",), side, "to be apart")
        await engine.answer_relation("kata/p0-100", "more/q0-50", Answer.YES)
        context = engine.context
        assert (await refuse_leaks(context, split.split_id, {"kata/p3-106"})).leaks
        with pytest.raises(RefusedError, match="said to be one task"):
            await refuse_leaks(context, split.split_id, {"kata/p0-100"})


async def test_behaviour_is_compared_when_asked_and_remembered(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        found = await engine.compare_tasks(with_behaviour=True)
        tests = {test.kind: test for test in found.tests}
        assert tests[LinkKind.BEHAVIOUR].n_compared > 0
        assert found == await engine.compare_tasks(with_behaviour=True)
        assert found == await engine.list_relations()


async def test_a_stopped_comparison_leaves_nothing_and_the_next_one_does_it_all(
    tmp_path: Path,
) -> None:
    told: list[ProgressMade] = []
    begun = asyncio.Event()

    def take(event: Event) -> None:
        if isinstance(event, ProgressMade):
            told.append(event)
            begun.set()

    async with opened(tmp_path, take) as engine:
        work = asyncio.create_task(engine.compare_tasks(with_behaviour=True))
        await begun.wait()
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        found = await engine.compare_tasks(with_behaviour=True)
        assert any(test.kind is LinkKind.BEHAVIOUR for test in found.tests)
        assert told[-1].n_done == told[-1].n_total


async def test_training_export_and_evaluation_refuse_a_split_that_leaks(
    workspace_with_pairs: Path,
) -> None:
    async with open_engine(Workspace(workspace_with_pairs)) as engine:
        store = engine.context.store
        (split,) = await engine.list_splits()
        rows: list[MemberRow] = await load_members(store, split.split_id)
        tested = next(row for row in rows if row.side == "test")
        moved = [replace(r, side="train") if r is tested else r for r in rows]
        await store.replace("split_members", "split_id", [split.split_id], moved)
        target = workspace_with_pairs / "pairs.jsonl"
        for work in (
            engine.export_pairs("latest", target, PairFormat.TOGETHER),
            engine.train("latest"),
            engine.evaluate("builtin:nonsense"),
        ):
            with pytest.raises(RefusedError, match="does not fit"):
                await work
        assert not target.exists()


async def test_a_rollout_of_difficulty_divides_by_what_the_newest_run_measured(
    tmp_path: Path,
) -> None:
    async with opened(tmp_path) as engine:
        extra = [task_of("kata", f"p{n}", 100 + 2 * n) for n in range(6, 12)]
        await put(engine, [*kata(), *extra])
        await engine.make_split(("kata",), RATIOS, 1)
        options = RunOptions(n_seeds=1, limits=Limits(n_iterations=1))
        run = await engine.run_rollouts(options)
        report = await engine.make_split(("kata",), RATIOS, 2, by_difficulty=True)
        assert report.strata is not None
        assert sum(report.strata.values()) == report.n_families
        assert report.strata["unmeasured"] == report.n_families - sum(
            n for name, n in report.strata.items() if name != "unmeasured"
        )
        assert run.n_rollouts > 0
        again = await engine.make_split(("kata",), RATIOS, 2, by_difficulty=True)
        assert again.split_id == report.split_id
