"""Families, leaks and splits."""

from __future__ import annotations

from contextlib import suppress

from core.doors.door import Door
from core.errors import UsageError
from core.operation import operation
from core.selection import Selection, choose
from core.splits import certificate, operations, questions, relations, reports
from core.splits.answers import Answer
from core.splits.certificate import Certificate
from core.splits.operations import SplitOptions
from core.splits.questions import Answered, Relations
from core.splits.relations import Related
from core.splits.reports import SplitColumns, SplitReport
from core.splits.sides import Ratios, Side
from core.splits.stored import get_split
from core.store.splits import list_splits
from core.suites import operations as suites
from core.task import Task


class SplitsDoor(Door):
    """Which tasks belong together, which side each stands on, and whether that leaks."""

    @operation(is_long=True)
    async def make_split(
        self,
        names: tuple[str, ...],
        ratios: Ratios = (0.6, 0.1, 0.3),
        seed: int = 0,
        heldout: tuple[str, ...] = (),
        *,
        by_difficulty: bool = False,
        selection: Selection = Selection(),
    ) -> SplitReport:
        """Split the chosen admitted tasks of suites by family, and hold others out as a whole."""
        if both := set(names) & set(heldout):
            raise UsageError(f"{min(both)} cannot be divided and held out as well.")
        options = SplitOptions(ratios, seed, heldout, by_difficulty)
        inside = choose(await self._admitted(names), selection)
        outside = await self._admitted(heldout)
        async with self.context.live.turn("splits"):
            return await operations.make(self.context, inside, outside, options)

    @operation
    async def move_families(
        self, names: tuple[str, ...], side: Side, reason: str, split_id: str = "latest"
    ) -> SplitReport:
        """Put the families of some tasks on another side, in a new split; the old one stays."""
        async with self.context.live.turn("splits"):
            return await operations.move_families(self.context, split_id, names, side, reason)

    @operation(only_reads=True)
    async def list_splits(self) -> list[SplitReport]:
        """All splits."""
        return await reports.splits(self.context)

    @operation(only_reads=True)
    async def show_split(self, split_id: str) -> SplitReport:
        """One split."""
        return await reports.report(self.context, split_id)

    @operation(only_reads=True)
    async def split_columns(self, split_id: str = "latest") -> SplitColumns:
        """One split side by side, with families and what is held out."""
        return await reports.columns(self.context, split_id)

    @operation(is_long=True)
    async def check_split(
        self,
        split_id: str = "latest",
        heldout: tuple[str, ...] = (),
        *,
        with_behaviour: bool = False,
    ) -> Certificate:
        """Look for leaks afresh; `heldout` names suites that nobody trains on."""
        outside = await self._admitted(heldout)
        return await certificate.certify(
            self.context, split_id, outside, with_behaviour=with_behaviour
        )

    @operation(is_long=True)
    async def compare_tasks(
        self,
        names: tuple[str, ...] = (),
        split_id: str = "latest",
        *,
        with_behaviour: bool = False,
    ) -> Relations:
        """Compare the tasks of suites (of all checked ones, if none is named) and list relations.

        What was compared before is not compared again.
        """
        tasks = await self._tasks(names)
        async with self.context.live.turn("relations"):
            related = await relations.relate(self.context, tasks, with_behaviour=with_behaviour)
        return await self._listed(tasks, related, split_id)

    @operation(only_reads=True)
    async def list_relations(
        self, names: tuple[str, ...] = (), split_id: str = "latest"
    ) -> Relations:
        """Related tasks with the evidence, as far as they were compared."""
        tasks = await self._tasks(names)
        related = await relations.remembered(self.context, tasks)
        return await self._listed(tasks, related, split_id)

    @operation
    async def answer_relation(
        self, one: str, other: str, said: Answer, reason: str = ""
    ) -> Answered:
        """Say whether two tasks are one; kept for their programs, undoable for ever."""
        tasks = await self._tasks(())
        pair = _pick(tasks, one), _pick(tasks, other)
        related = await relations.remembered(self.context, tasks)
        async with self.context.live.turn("answers"):
            return await questions.answer(self.context, pair, said, reason, related)

    @operation
    async def undo_answer(self) -> Answered:
        """Take back the newest yes or no."""
        async with self.context.live.turn("answers"):
            return await questions.undo(self.context)

    @operation(only_reads=True)
    async def list_answers(self) -> list[Answered]:
        """Every yes and no that stands."""
        return await questions.answers(self.context)

    async def _admitted(self, names: tuple[str, ...]) -> list[Task]:
        return await suites.divisible_tasks(self.context, names)

    async def _tasks(self, names: tuple[str, ...]) -> list[Task]:
        """The tasks of the named suites; of all but those that are not checked, if none is."""
        if names:
            return await self._admitted(tuple(sorted(names)))
        found: list[Task] = []
        for row in await suites.suites(self.context):
            with suppress(UsageError):
                found += await self._admitted((row.suite,))
        return found

    async def _listed(self, tasks: list[Task], related: Related | None, split_id: str) -> Relations:
        if not await list_splits(self.context.store):
            return questions.list_relations(tasks, related, {}, "")
        row = await get_split(self.context, split_id)
        members = await operations.members_of(self.context, row.split_id)
        places = {name: member.side for name, member in members.items()}
        sides = questions.sides_of(places, tasks, row.suites)
        return questions.list_relations(tasks, related, sides, row.split_id)


def _pick(tasks: list[Task], task_id: str) -> Task:
    for task in tasks:
        if task.task_id == task_id:
            return task
    raise UsageError(f"There is no admitted task {task_id!r}: `gemel suite show SUITE` lists them.")
