"""Runs of rollouts."""

from __future__ import annotations

from core import guards, joins, serving
from core.chat import Message
from core.doors.door import Door
from core.errors import RefusedError
from core.evaluation import operations as evaluation
from core.leases.planning import LeaseWish
from core.live import LiveRun
from core.operation import operation
from core.pairs.candidates import PairOptions
from core.rollouts import board, control, patch, spending, trace
from core.rollouts import operations as rollouts
from core.rollouts.board import RunGrid
from core.rollouts.contrast import ContrastReport, checked, report_contrast, start_contrast
from core.rollouts.divergence import Comparison, compare
from core.rollouts.operations import Pace, RunOptions, RunReport
from core.rollouts.patch import RolloutPatch
from core.rollouts.planner import ContrastOptions
from core.rollouts.preview import RunPreview, preview_resume, preview_run
from core.rollouts.regrade import RegradeReport, regrade
from core.rollouts.spending import Released, SpendingView
from core.rollouts.trace import RolloutTrace
from core.store.rollout_pages import (
    EVERY_ROLLOUT,
    RolloutFilter,
    RolloutPage,
    RolloutSort,
    load_rollout_page,
)
from core.store.runs import RunSummary, list_runs, load_rollout


class RolloutsDoor(Door):
    """Many attempts of an arm at tasks, and what came of them."""

    @operation(is_long=True)
    async def run_rollouts(
        self, options: RunOptions, split_id: str = "latest", side: str = "train"
    ) -> RunReport:
        """Run one arm over a side of a split."""
        split, tasks = await self._chosen(options, split_id, side, ungraded=True)
        await guards.refuse_policies(self.context, options.policies)
        async with serving.borrow(self.context, options.policies):
            return await rollouts.start_rollouts(self.context, options, tasks, split, side)

    @operation(is_long=True)
    async def plan_rollouts(
        self,
        options: RunOptions,
        contrast: ContrastOptions,
        split_id: str = "latest",
        side: str = "train",
    ) -> ContrastReport:
        """Spend a budget of rollouts on a side of a split where it makes pairs."""
        split, tasks = await self._chosen(options, split_id, side)
        await guards.refuse_policies(self.context, options.policies)
        async with serving.borrow(self.context, options.policies):
            return await start_contrast(self.context, options, contrast, tasks, split, side)

    @operation(only_reads=True)
    async def show_contrast(
        self, run_id: str = "latest", n_per_task: int = PairOptions().n_per_task
    ) -> ContrastReport:
        """Pairs and contrast of a run by task, and what is expected of it when it is over.

        At most `n_per_task` pairs of a task count; of a planned run, as many as its plan says.
        """
        return await report_contrast(self.context, run_id, n_per_task)

    @operation(only_reads=True)
    async def preview_run(
        self, options: RunOptions, split_id: str = "latest", side: str = "train"
    ) -> RunPreview:
        """What `run_rollouts` would do and cost at most; nothing is begun."""
        split, tasks = await self._chosen(options, split_id, side, ungraded=True)
        return await preview_run(self.context, options, tasks, split, side)

    @operation(only_reads=True)
    async def preview_plan(
        self,
        options: RunOptions,
        contrast: ContrastOptions,
        split_id: str = "latest",
        side: str = "train",
    ) -> RunPreview:
        """What `plan_rollouts` would do, give and cost at most; nothing is begun."""
        split, tasks = await self._chosen(options, split_id, side)
        return await preview_run(self.context, options, tasks, split, side, checked(contrast))

    @operation(only_reads=True)
    async def preview_resume(
        self, run_id: str = "latest", *, retries_errors: bool = False, rollout_id: str = ""
    ) -> RunPreview:
        """What `resume_run` would do and cost at most, or `requeue_rollout` for one rollout."""
        plan = await rollouts.load_plan(self.context, run_id)
        tasks = await joins.tasks_of(self.context, plan)
        return await preview_resume(
            self.context, run_id, tasks, retries_errors=retries_errors, rollout_id=rollout_id
        )

    @operation(only_reads=True)
    async def spending(self, run_id: str = "") -> SpendingView:
        """What was spent, and what may be: of a run, or of the workspace."""
        return await spending.spending(self.context, run_id)

    @operation
    async def set_ceiling(self, limit_microusd: int | None, run_id: str = "") -> SpendingView:
        """Limit what a run, or the workspace, may spend from now on; None lifts the limit."""
        return await spending.set_ceiling(self.context, run_id, limit_microusd)

    @operation
    async def release_unseen(self, run_id: str) -> Released:
        """Count no longer under the ceilings what lost calls of a run may have cost.

        Whoever asks has seen that they were not billed; a run that goes on is refused.
        """
        return await spending.release(self.context, run_id)

    @operation(is_long=True)
    async def resume_run(
        self, run_id: str, *, retries_errors: bool = False, pace: Pace = Pace()
    ) -> RunReport:
        """Do what is missing of a run; an evaluation's run also gets its verdict.

        A rollout that infrastructure ended counts as missing when `retries_errors` is true.
        """
        run = await rollouts.get_run(self.context, run_id)
        plan = await rollouts.load_plan(self.context, run.run_id)
        row = None
        if retries_errors:
            await self._refuse_judged(run)
        if run.kind == "evaluation":
            row = await evaluation.of_run(self.context, run.run_id)
        arms = [await rollouts.load_arm(self.context, name) for name in plan.arms]
        await guards.refuse_policies(self.context, [arm.policy for arm in arms])
        tasks = await joins.tasks_of(self.context, plan)
        report = await joins.drive_again(
            self.context, run.run_id, LeaseWish(), retries_errors=retries_errors, pace=pace
        )
        if row is not None and row.verdict is None:
            await evaluation.conclude(self.context, row.evaluation_id, tasks)
        return report

    @operation
    async def stop_run(self, run_id: str = "", by: str = "") -> RunReport:
        """Stop a run that is going on; what it finished is stored, `resume_run` does the rest.

        Without a name the one that is going on is meant. `by` says who asks, for the record.
        """
        stopped = await control.stop(self.context, run_id, by)
        return await rollouts.report_run(self.context, stopped)

    @operation
    async def pause_run(self, run_id: str = "", by: str = "") -> LiveRun:
        """Begin no new call of a run; its rollouts keep their place until `continue_run`."""
        return await control.pause(self.context, run_id, by)

    @operation
    async def continue_run(self, run_id: str = "", by: str = "") -> LiveRun:
        """End a pause."""
        return await control.go_on(self.context, run_id, by)

    @operation
    async def set_concurrency(self, n_concurrent: int, run_id: str = "") -> LiveRun:
        """Let so many rollouts of a run go on at once, from now on."""
        return await control.set_concurrency(self.context, run_id, n_concurrent)

    @operation
    async def put_rollout_aside(self, rollout_id: str) -> LiveRun:
        """End one running rollout; `resume_run` does it later, from where it stood."""
        return await control.put_aside(self.context, rollout_id)

    @operation
    async def drain_run(self, run_id: str = "", by: str = "") -> LiveRun:
        """Let a run finish what is begun and begin nothing new; then it stops."""
        return await control.drain(self.context, run_id, by)

    @operation
    async def requeue_rollout(self, rollout_id: str) -> RunReport:
        """Do one rollout again that was put aside, or that infrastructure ended.

        At once when its run goes on, else when that is resumed; nothing answered is asked again.
        """
        row = await load_rollout(self.context.store, rollout_id)
        if row is not None:
            await self._refuse_judged(await rollouts.get_run(self.context, row.run_id))
        run_id = await control.requeue(self.context, rollout_id)
        return await rollouts.report_run(self.context, run_id)

    @operation(is_long=True)
    async def regrade_run(self, run_id: str = "latest", *, anew: bool = False) -> RegradeReport:
        """Run the tests of a run's stored patches again, without a model; the old verdict is kept.

        A pass that was cut off goes on where it stood, unless it is begun `anew`.
        """
        run = await rollouts.get_run(self.context, run_id)
        await self._refuse_judged(run)
        plan = await rollouts.load_plan(self.context, run.run_id)
        tasks = await joins.tasks_of(self.context, plan)
        return await regrade(self.context, run.run_id, tasks, anew=anew)

    async def _chosen(
        self, options: RunOptions, split_id: str, side: str, *, ungraded: bool = False
    ) -> tuple[str, joins.Tasks]:
        return await joins.side_of(
            self.context,
            split_id,
            side,
            options.n_tasks,
            options.first_seed,
            selection=options.selection,
            ungraded=ungraded,
        )

    async def _refuse_judged(self, run: RunSummary) -> None:
        """A verdict stands on its rollouts as they are."""
        if run.kind != "evaluation":
            return
        if (await evaluation.of_run(self.context, run.run_id)).verdict is not None:
            raise RefusedError("Its verdict stands: what it is made of is not done again.")

    @operation(only_reads=True)
    async def live_runs(self) -> tuple[LiveRun, ...]:
        """The runs that are going on, each with its running rollouts."""
        return self.context.live.runs()

    @operation(only_reads=True)
    async def list_runs(self) -> list[RunSummary]:
        """All runs."""
        return await list_runs(self.context.store)

    @operation(only_reads=True)
    async def show_run(self, run_id: str) -> RunReport:
        """One run."""
        return await rollouts.report_run(self.context, run_id)

    @operation(only_reads=True)
    async def rollouts_page(
        self,
        run_id: str = "latest",
        wanted: RolloutFilter = EVERY_ROLLOUT,
        sort: RolloutSort = RolloutSort.TASK,
        offset: int = 0,
        limit: int = 50,
    ) -> RolloutPage:
        """Some of a run's finished rollouts, filtered and in an order."""
        run = await rollouts.get_run(self.context, run_id)
        return await load_rollout_page(self.context.store, run.run_id, wanted, sort, offset, limit)

    @operation(only_reads=True)
    async def show_rollout(self, rollout_id: str) -> RolloutTrace:
        """One rollout, step by step."""
        return await trace.show_rollout(self.context, rollout_id)

    @operation(only_reads=True)
    async def compare_rollouts(self, one: str, other: str) -> Comparison:
        """Two rollouts of one task, and the step from which on they differ."""
        traces = [await trace.show_rollout(self.context, name) for name in (one, other)]
        return compare(*traces)

    @operation(only_reads=True)
    async def show_patch(self, rollout_id: str) -> RolloutPatch:
        """What a rollout changed in the end, file by file."""
        return await patch.show_patch(self.context, rollout_id)

    @operation(only_reads=True)
    async def show_state(self, state: str) -> tuple[Message, ...]:
        """The exact messages that a policy saw."""
        return await trace.show_state(self.context, state)

    @operation(only_reads=True)
    async def run_grid(self, run_id: str = "latest") -> RunGrid:
        """What came of a run, by task, arm and seed."""
        return await board.run_grid(self.context, run_id)
