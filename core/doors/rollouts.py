"""Runs of rollouts."""

from __future__ import annotations

from core import joins
from core.chat import Message
from core.doors.door import Door
from core.evaluation import operations as evaluation
from core.live import LiveRun
from core.operation import operation
from core.rollouts import board
from core.rollouts import operations as rollouts
from core.rollouts.board import RunGrid
from core.rollouts.operations import RolloutTrace, RunOptions, RunReport
from core.store.runs import RunSummary, list_runs


class RolloutsDoor(Door):
    """Many attempts of an arm at tasks, and what came of them."""

    @operation(is_long=True)
    async def run_rollouts(
        self, options: RunOptions, split_id: str = "latest", side: str = "train"
    ) -> RunReport:
        """Run one arm over a side of a split."""
        n_tasks, seed = options.n_tasks, options.first_seed
        split, tasks = await joins.side_of(self.context, split_id, side, n_tasks, seed)
        return await rollouts.start_rollouts(self.context, options, tasks, split, side)

    @operation(is_long=True)
    async def resume_run(self, run_id: str) -> RunReport:
        """Do what is missing of a run; an evaluation's run also gets its verdict."""
        run = await rollouts.get_run(self.context, run_id)
        plan = await rollouts.load_plan(self.context, run.run_id)
        tasks = await joins.tasks_of(self.context, plan)
        report = await rollouts.drive(self.context, run.run_id, tasks)
        if run.kind == "evaluation":
            row = await evaluation.of_run(self.context, run.run_id)
            if row.verdict is None:
                await evaluation.conclude(self.context, row.evaluation_id, tasks)
        return report

    @operation
    async def stop_run(self, run_id: str) -> RunReport:
        """Stop a run that is going on; what it finished is stored, `resume_run` does the rest."""
        run = await rollouts.get_run(self.context, run_id)
        await self.context.live.stop(run.run_id)
        return await rollouts.report_run(self.context, run.run_id)

    @operation
    async def live_runs(self) -> tuple[LiveRun, ...]:
        """The runs that are going on, each with its running rollouts."""
        return self.context.live.runs()

    @operation
    async def list_runs(self) -> list[RunSummary]:
        """All runs."""
        return await list_runs(self.context.store)

    @operation
    async def show_run(self, run_id: str) -> RunReport:
        """One run."""
        return await rollouts.report_run(self.context, run_id)

    @operation
    async def show_rollout(self, rollout_id: str) -> RolloutTrace:
        """One rollout, step by step."""
        return await rollouts.show_rollout(self.context, rollout_id)

    @operation
    async def show_state(self, state: str) -> tuple[Message, ...]:
        """The exact messages that a policy saw."""
        return await rollouts.show_state(self.context, state)

    @operation
    async def run_grid(self, run_id: str = "latest") -> RunGrid:
        """What came of a run, by task, arm and seed."""
        return await board.run_grid(self.context, run_id)
